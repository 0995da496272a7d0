/**
 * A session with one peer: who it is, which scopes are in common, and an exchange for each of them.
 *
 * Invariants
 * - Whoever is on the other side learns nothing of a scope that it does not hold the secret of, not even that it exists.
 * - What cannot be read ends the session and is counted; what the log refuses is counted and shown, and the session
 *   goes on: others' records come by this peer too.
 * - Ephemeral values go to the peer they were meant for and no further.
 */
import { toHex } from '../crypto/bytes.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { SESSION_LEAST, blindedScope, decodeSession, encodeSession } from '../protocol/session.ts';
import type { SessionMessage } from '../protocol/session.ts';
import type { Timers } from '../protocol/timers.ts';
import { ScopeExchange } from './exchange.ts';
import type { ScopeProgress } from './exchange.ts';
import { Handshake, VersionError } from './handshake.ts';
import type { PeerProof, SelfProof } from './handshake.ts';
import type { SyncScope, SyncStore } from './store.ts';
import type { Channel, Lane } from './transport/transport.ts';

/** Milliseconds until the handshake must be done. */
const HANDSHAKE = 10_000;

/** Milliseconds that records which are not typed live wait for company. */
const COLLECT = 50;

/** Milliseconds that others' records wait before they are passed on: the peer may get them from their author. */
const FORWARD = 300;

/** A scope and the database that holds it. */
export interface SharedScope {
	scope: SyncScope;
	store: SyncStore;
}

export interface SessionInit {
	channel: Channel;
	localPeerId: string;
	self: SelfProof;
	/** Scopes of this device, by hex of their true id. */
	scopes: ReadonlyMap<string, SharedScope>;
	timers: Timers;
	randomBytes: (size: number) => Uint8Array;
	/** Something to show has changed. */
	onChange: () => void;
}

export class PeerSession {
	readonly channel: Channel;
	readonly #init: SessionInit;
	readonly #handshake: Handshake;
	readonly #over = Promise.withResolvers<string | undefined>();
	readonly #ready = Promise.withResolvers<PeerProof>();
	/** Exchanges by the true id of the scope. */
	readonly #exchanges = new Map<string, ScopeExchange>();
	readonly #cancelHandshake: () => void;
	#theirTags = new Set<string>();
	/** The scope that the other side means by a tag. */
	readonly #scopeByTheirTag = new Map<string, string>();
	#peer: PeerProof | undefined;
	#waiting = new Map<string, () => void>();
	#fault: ProtocolError | undefined;
	readonly since: number;

	constructor(init: SessionInit) {
		this.#init = init;
		this.channel = init.channel;
		this.since = init.timers.now();
		const ends = { localPeerId: init.localPeerId, remotePeerId: init.channel.peerId, nonce: init.randomBytes(32) };
		this.#handshake = new Handshake(init.self, ends, (message) => void this.#send(message));
		this.#cancelHandshake = init.timers.after(HANDSHAKE, () => {
			if (!this.#peer) this.close('the other side did not say who it is');
		});
		// Nobody may be waiting for it when the session ends early.
		this.#ready.promise.catch(() => {});
		void this.channel.closed.then((reason) => this.#end(reason));
		this.channel.onMessage((bytes, lane) => this.#receive(bytes, lane));
		this.#handshake.start();
	}

	/** Resolves when the other side has proven who it is; rejects when the session ends before. */
	get ready(): Promise<PeerProof> {
		return this.#ready.promise;
	}

	/** Undefined until proven. */
	get peer(): PeerProof | undefined {
		return this.#peer;
	}

	get closed(): Promise<string | undefined> {
		return this.#over.promise;
	}

	/** What the other side sent that could not be read; the session has ended because of it. */
	get fault(): ProtocolError | undefined {
		return this.#fault;
	}

	/** Scopes in common, by hex of their true id. */
	get progress(): Map<string, ScopeProgress> {
		return new Map([...this.#exchanges].map(([id, exchange]) => [id, exchange.progress]));
	}

	/** True if the other side has stored a record. */
	has(scope: string, log: 'access' | 'data', author: Uint8Array, seq: number): boolean {
		return this.#exchanges.get(scope)?.has(log, author, seq) ?? false;
	}

	/** The set of scopes of this device, or a key of one, has changed. */
	scopesChanged(): void {
		if (!this.#peer) return;
		this.#tellScopes();
		this.#match();
	}

	/** Records were added to a scope here. */
	committed(scope: string, how: { realtime: boolean; local: boolean }): void {
		const exchange = this.#exchanges.get(scope);
		if (!exchange) return;
		if (how.realtime && how.local) return this.#pump(exchange);
		if (!how.local) this.#later(`${scope}/announce`, COLLECT, () => exchange.announce());
		this.#later(`${scope}/pump`, how.local || how.realtime ? COLLECT : FORWARD, () => exchange.pump());
	}

	/** Shows a sealed value to the other side. Dropped if it is not connected or does not share the scope. */
	sendEphemeral(scope: string, sealed: Uint8Array): void {
		const exchange = this.#exchanges.get(scope);
		if (!exchange) return;
		void this.#send({ type: 'EPHEMERAL', scope: this.#ourTag(exchange.scope), sealed });
	}

	close(reason?: string): void {
		this.channel.close(reason);
		this.#end(reason);
	}

	async #receive(bytes: Uint8Array, _lane: Lane): Promise<void> {
		try {
			const message = decodeSession(bytes);
			if (message.type === 'BYE') {
				this.channel.close();
				return this.#end(message.reason);
			}
			if (this.#peer) await this.#handle(message);
			else this.#greet(message);
		} catch (error) {
			const reason = error instanceof Error ? error.message : 'unknown';
			if (error instanceof ProtocolError) this.#fault = error;
			if (!(error instanceof VersionError)) return this.close(reason);
			// In peace, so that the other side hears why.
			await this.#send({ type: 'BYE', reason: `needs at least version ${SESSION_LEAST} of the sync protocol` });
			this.channel.close();
			this.#end(reason);
		}
	}

	#greet(message: SessionMessage): void {
		const peer = this.#handshake.receive(message);
		if (!peer) return;
		this.#peer = peer;
		this.#cancelHandshake();
		this.#ready.resolve(peer);
		this.#tellScopes();
		this.#init.onChange();
	}

	async #handle(message: SessionMessage): Promise<void> {
		if (message.type === 'SCOPES') {
			this.#theirTags = new Set(message.tags.map(toHex));
			return this.#match();
		}
		if (!('scope' in message)) throw new ProtocolError('WRONG_SHAPE', 'type', `${message.type} does not belong here`);
		const scope = this.#scopeByTheirTag.get(toHex(message.scope));
		const exchange = scope === undefined ? undefined : this.#exchanges.get(scope);
		// A scope that was left here a moment ago, or whose key has just changed: the next SCOPES tells the other side.
		if (!exchange) return;
		await this.#handleScope(message, exchange);
	}

	async #handleScope(message: SessionMessage, exchange: ScopeExchange): Promise<void> {
		const from = toHex((this.#peer as PeerProof).identity);
		switch (message.type) {
			case 'FRONTIER':
				return exchange.heard({ access: message.access, data: message.data });
			case 'RECORDS':
				return exchange.receive(message.records, from);
			case 'ACK':
				return exchange.acknowledged(message.count);
			case 'STATE':
				return exchange.compare(message.frontier, message.state);
			case 'EPHEMERAL':
				await exchange.store.receiveEphemeral?.(exchange.scope.id, message.sealed, from);
				return;
			default:
				throw new ProtocolError('WRONG_SHAPE', 'type', `${message.type} does not belong here`);
		}
	}

	#ourTag(scope: SyncScope): Uint8Array {
		return blindedScope(scope.session, this.#handshake.local, this.#handshake.remote);
	}

	#tellScopes(): void {
		const tags = [...this.#init.scopes.values()].map(({ scope }) => this.#ourTag(scope));
		void this.#send({ type: 'SCOPES', tags });
	}

	/** Finds the scopes that both sides have. */
	#match(): void {
		this.#scopeByTheirTag.clear();
		const inCommon = new Set<string>();
		for (const [id, { scope, store }] of this.#init.scopes) {
			const theirTag = toHex(blindedScope(scope.session, this.#handshake.remote, this.#handshake.local));
			if (!this.#theirTags.has(theirTag)) continue;
			this.#scopeByTheirTag.set(theirTag, id);
			inCommon.add(id);
			const before = this.#exchanges.get(id);
			if (before && toHex(before.scope.session) === toHex(scope.session)) continue;
			before?.close();
			this.#begin(id, scope, store);
		}
		for (const [id, exchange] of this.#exchanges) {
			if (inCommon.has(id)) continue;
			exchange.close();
			this.#exchanges.delete(id);
		}
		this.#init.onChange();
	}

	#begin(id: string, scope: SyncScope, store: SyncStore): void {
		const exchange = new ScopeExchange(scope, store, this.#ourTag(scope), {
			send: (message, lane) => this.channel.send(encodeSession(message), lane),
			changed: this.#init.onChange,
			failed: (error) => this.close(error instanceof Error ? error.message : 'unknown'),
			timers: this.#init.timers,
			compares: this.channel.dialled
		});
		this.#exchanges.set(id, exchange);
		this.#guard(exchange.announce());
	}

	#pump(exchange: ScopeExchange): void {
		this.#guard(exchange.pump());
	}

	/** Once after some time, however often it is asked for meanwhile. */
	#later(key: string, milliseconds: number, act: () => Promise<void>): void {
		if (this.#waiting.has(key)) return;
		const cancel = this.#init.timers.after(milliseconds, () => {
			this.#waiting.delete(key);
			this.#guard(act());
		});
		this.#waiting.set(key, cancel);
	}

	/** A store that fails ends the session; it begins anew with the next connection. */
	#guard(work: Promise<void>): void {
		work.catch((error: unknown) => this.close(error instanceof Error ? error.message : 'unknown'));
	}

	async #send(message: SessionMessage, lane: Lane = 'control'): Promise<void> {
		try {
			await this.channel.send(encodeSession(message), lane);
		} catch {
			// The channel is over, which `closed` tells.
		}
	}

	#end(reason: string | undefined): void {
		this.#cancelHandshake();
		for (const cancel of this.#waiting.values()) cancel();
		this.#waiting.clear();
		for (const exchange of this.#exchanges.values()) exchange.close();
		this.#ready.reject(new Error(reason ?? 'the session was closed'));
		this.#over.resolve(reason);
	}
}
