/**
 * Synchronisation as a whole: keeps this device findable for the members of its scopes, a session with each peer that is
 * there, and the mailbox fed and read. Several databases, one network.
 *
 * Without a home node everything else goes on; the status says so, and nothing here throws at anybody.
 */
import { toHex } from '../crypto/bytes.ts';
import type { Timers } from '../protocol/timers.ts';
import { Beacon } from './beacon.ts';
import { Courier } from './courier.ts';
import { Dialler } from './dialler.ts';
import { headOf } from './frontiers.ts';
import type { SelfProof } from './handshake.ts';
import { PeerSession } from './session.ts';
import type { SharedScope } from './session.ts';
import { SessionTable } from './session-table.ts';
import { peerStatus, scopeStatus } from './status.ts';
import type { EngineStatus, PeerStatus, ScopeFacts } from './status.ts';
import type { StoreCommit, SyncStore } from './store.ts';
import type { Channel, Transport } from './transport/transport.ts';

export interface SyncEngineInit {
	transport: Transport;
	self: SelfProof;
	timers: Timers;
	/** From 0 to 1, for jitter. */
	random: () => number;
	randomBytes: (size: number) => Uint8Array;
}

/** Milliseconds within which changes are told together. */
const TELL = 100;

export class SyncEngine {
	readonly #init: SyncEngineInit;
	readonly #stores = new Map<SyncStore, () => void>();
	readonly #scopes = new Map<string, SharedScope>();
	readonly #couriers = new Map<string, Courier>();
	readonly #sessions = new SessionTable();
	readonly #beacon: Beacon;
	readonly #dialler: Dialler;
	readonly #stop: (() => void)[] = [];
	readonly #listeners = new Set<(status: EngineStatus) => void>();
	readonly #facts = new Map<string, ScopeFacts>();
	readonly #reading = new Set<string>();
	#loading: Promise<void> = Promise.resolve();
	#faults = 0;
	#telling: (() => void) | undefined;
	#stopped = false;
	#problem: string | undefined;

	constructor(init: SyncEngineInit) {
		this.#init = init;
		const { transport, timers, random } = init;
		this.#dialler = new Dialler({
			localPeerId: transport.peerId,
			timers,
			random,
			dial: async (peerId) => this.#begin(await transport.dial(peerId, 'sync')),
			isConnected: (peerId) => this.#sessions.has(peerId)
		});
		this.#beacon = new Beacon(transport.rendezvous, timers, transport.peerId, (peerId) => this.#dialler.found(peerId));
	}

	/** Starts the transport. Resolves when it runs, not when it is connected. */
	async start(): Promise<void> {
		const { transport } = this.#init;
		this.#stop.push(
			transport.onChannel('sync', (channel) => this.#begin(channel)),
			transport.onStatus(() => this.#changed())
		);
		await transport.start();
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#telling?.();
		for (const stop of this.#stop) stop();
		for (const stop of this.#stores.values()) stop();
		for (const courier of this.#couriers.values()) courier.close();
		this.#dialler.close();
		this.#beacon.close();
		this.#sessions.closeAll();
		await this.#init.transport.stop();
	}

	/** Adds a database; its scopes are synchronised from now on. */
	async addStore(store: SyncStore): Promise<void> {
		const stops = [store.onCommit((commit) => this.#committed(commit))];
		const ephemeral = store.onEphemeral?.((scope, sealed) => this.sendEphemeral(scope, sealed));
		if (ephemeral) stops.push(ephemeral);
		this.#stores.set(store, () => stops.forEach((stop) => stop()));
		await this.#loadScopes();
	}

	/** Lets go of a database, as when it is locked or closed. */
	async removeStore(store: SyncStore): Promise<void> {
		this.#stores.get(store)?.();
		this.#stores.delete(store);
		await this.#loadScopes();
	}

	/** Shows a sealed value to the peers that share the scope. */
	sendEphemeral(scope: string, sealed: Uint8Array): void {
		for (const session of this.#sessions.all()) session.sendEphemeral(scope, sealed);
	}

	/** Now is a good time to try again: online, visible. */
	hint(): void {
		this.#init.transport.hint();
	}

	status(): EngineStatus {
		const { homeNode, since, reason } = this.#init.transport.status();
		const sessions = this.#sessions.all();
		const scopes = [...this.#scopes].map(([id, { scope, store }]) =>
			scopeStatus({
				scope,
				store: store.name,
				facts: this.#facts.get(id),
				courier: this.#couriers.get(id)?.progress,
				sessions
			})
		);
		return {
			homeNode: { state: homeNode, since, ...(reason === undefined ? {} : { reason }) },
			peers: this.presence.peers(),
			scopes,
			refused: scopes.reduce((sum, { refused }) => sum + refused, 0),
			faults: this.#faults,
			...(this.#problem === undefined ? {} : { problem: this.#problem })
		};
	}

	/** Connected devices that have proven who they are. */
	readonly presence = {
		peers: (): PeerStatus[] => this.#sessions.all().flatMap((session) => peerStatus(session)),
		onChange: (listener: () => void): (() => void) => this.onStatus(listener)
	};

	/** Told at most every 100 ms. Returns what ends it. */
	onStatus(listener: (status: EngineStatus) => void): () => void {
		this.#listeners.add(listener);
		for (const id of this.#scopes.keys()) void this.#readFacts(id);
		return () => this.#listeners.delete(listener);
	}

	#committed(commit: StoreCommit): void {
		if (commit.directory) void this.#loadScopes();
		for (const scope of commit.scopes) {
			for (const session of this.#sessions.all()) session.committed(scope, commit);
			if (commit.local) this.#couriers.get(scope)?.written();
			this.#readFactsSoon(scope);
		}
	}

	/** Reads the scopes of all stores anew, one reading after the other. */
	#loadScopes(): Promise<void> {
		this.#loading = this.#loading
			.then(() => this.#readScopes())
			.catch((error: unknown) => {
				this.#problem = error instanceof Error ? error.message : 'unknown';
				this.#changed();
			});
		return this.#loading;
	}

	async #readScopes(): Promise<void> {
		const found = new Map<string, SharedScope>();
		let problem: string | undefined;
		for (const store of this.#stores.keys()) {
			try {
				for (const scope of await store.scopes()) found.set(scope.id, { scope, store });
			} catch (error) {
				// One database that cannot be read must not keep the others from being synchronised.
				problem = `${store.name}: ${error instanceof Error ? error.message : 'unknown'}`;
				for (const [id, shared] of this.#scopes) if (shared.store === store) found.set(id, shared);
			}
		}
		if (this.#stopped) return;
		for (const id of this.#scopes.keys()) if (!found.has(id)) this.#scopes.delete(id);
		for (const [id, shared] of found) this.#scopes.set(id, shared);
		this.#problem = problem;
		this.#renewCouriers();
		this.#beacon.set([...found.values()].map(({ scope }) => scope.rendezvous));
		for (const session of this.#sessions.all()) session.scopesChanged();
		for (const id of found.keys()) void this.#readFacts(id);
		this.#changed();
	}

	#renewCouriers(): void {
		for (const [id, courier] of this.#couriers) {
			const shared = this.#scopes.get(id);
			if (shared && shared.store === courier.store && sameTags(shared, courier)) continue;
			courier.close();
			this.#couriers.delete(id);
		}
		const { transport, timers } = this.#init;
		for (const [id, { scope, store }] of this.#scopes) {
			if (this.#couriers.has(id)) continue;
			const courier = new Courier(scope, store, transport.mailbox, timers, () => this.#changed());
			this.#couriers.set(id, courier);
			courier.start();
		}
	}

	#readFactsSoon(id: string): void {
		if (this.#reading.has(id) || this.#listeners.size === 0) return;
		this.#reading.add(id);
		this.#init.timers.after(TELL, () => {
			this.#reading.delete(id);
			void this.#readFacts(id);
		});
	}

	async #readFacts(id: string): Promise<void> {
		const shared = this.#scopes.get(id);
		if (!shared || this.#stopped) return;
		const { store, scope } = shared;
		try {
			const { access, data } = await store.frontier(id);
			const head = { access: headOf(access, scope.author), data: headOf(data, scope.author) };
			const gaps = (await store.gaps?.(id)) ?? [];
			const withheld = gaps.reduce((total, { have, claimed }) => total + claimed - have, 0);
			this.#facts.set(id, { head, withheld });
			this.#changed();
		} catch {
			// The store is going away: so is what is said of it.
		}
	}

	#begin(channel: Channel): void {
		if (this.#stopped) return channel.close();
		const { transport, self, timers, randomBytes } = this.#init;
		const session = new PeerSession({
			channel,
			localPeerId: transport.peerId,
			self,
			scopes: this.#scopes,
			timers,
			randomBytes,
			onChange: () => this.#changed()
		});
		this.#sessions.add(session, transport.peerId);
		void session.closed.then(() => {
			if (session.fault) this.#faults++;
			const wasCurrent = this.#sessions.remove(session);
			this.#changed();
			if (wasCurrent && !this.#stopped && !session.fault) this.#dialler.lost(channel.peerId);
		});
	}

	#changed(): void {
		if (this.#telling || this.#stopped || this.#listeners.size === 0) return;
		this.#telling = this.#init.timers.after(TELL, () => {
			this.#telling = undefined;
			const status = this.status();
			for (const listener of this.#listeners) listener(status);
		});
	}
}

function sameTags({ scope }: SharedScope, courier: Courier): boolean {
	const tags = (one: { tag: Uint8Array; tags: Uint8Array[] }): string => [one.tag, ...one.tags].map(toHex).join();
	return tags(scope) === tags(courier.scope);
}
