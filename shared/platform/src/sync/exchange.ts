/**
 * One scope in one session: what the other side has, and sending what it lacks until nothing is missing.
 *
 * Small and recent records go on the control lane, everything else on the bulk lane. While bulk is under way for the
 * scope, everything takes the bulk lane, so that a chain keeps its order (the lanes have none between them).
 */
import { equalBytes } from '../crypto/bytes.ts';
import { every } from '../protocol/timers.ts';
import { recordHeader } from '../protocol/record.ts';
import { SESSION_PAGE } from '../protocol/session.ts';
import type { Frontier, SessionMessage } from '../protocol/session.ts';
import type { Timers } from '../protocol/timers.ts';
import { KnownFrontier, countMissing, frontierHash } from './frontiers.ts';
import type { SyncScope, SyncStore } from './store.ts';

/** Records of at most so many bytes together may go on the control lane. */
const SMALL = 16 * 1024;

/** Milliseconds of quiet after which equal frontiers compare their tables. */
const QUIET = 1000;

/** Milliseconds between looks at whether the other side should hear anew what is here. */
const RENEW = 30_000;

export interface ScopeProgress {
	/** Records of this scope that the other side has and that are not here (yet). */
	behind: number;
	/** The other side has everything that is here. */
	synced: boolean;
	/** Equal frontiers, different tables: one of the two is damaged. */
	mismatch: boolean;
	refused: number;
}

export interface ExchangeLink {
	/** Sends a message; resolves when it is on its way. */
	send(message: SessionMessage, lane: 'control' | 'bulk'): Promise<void>;
	changed(): void;
	/** The store or the channel failed while nobody was waiting for the outcome. */
	failed(error: unknown): void;
	timers: Timers;
	/** This side starts comparisons; the other only answers. */
	compares: boolean;
}

export class ScopeExchange {
	readonly scope: SyncScope;
	readonly store: SyncStore;
	readonly #link: ExchangeLink;
	readonly #tag: Uint8Array;
	/** What the other side has. */
	readonly #known = new KnownFrontier();
	/** What the other side knows to be here: then it does not send it. */
	readonly #told = new KnownFrontier();
	readonly #stopRenewing: () => void;
	#heard = false;
	#pumping = false;
	#again = false;
	#closed = false;
	#bulkUnacked = 0;
	#sent = 0;
	#acked = 0;
	#received = 0;
	#refused = 0;
	#behind = 0;
	#synced = false;
	#mismatch = false;
	#announced = false;
	#compared: Uint8Array | undefined;
	#cancelQuiet: (() => void) | undefined;

	/** @param tag how this side names the scope in the session */
	constructor(scope: SyncScope, store: SyncStore, tag: Uint8Array, link: ExchangeLink) {
		this.scope = scope;
		this.store = store;
		this.#tag = tag;
		this.#link = link;
		this.#stopRenewing = every(link.timers, RENEW, () => this.#guard(this.announce()));
	}

	get progress(): ScopeProgress {
		return { behind: this.#behind, synced: this.#synced, mismatch: this.#mismatch, refused: this.#refused };
	}

	/** True if the other side is known to have a record. */
	has(log: 'access' | 'data', author: Uint8Array, seq: number): boolean {
		return this.#known.has(log, author, seq) && this.#acked === this.#sent;
	}

	/** Says what is here, unless the other side knows. */
	async announce(): Promise<void> {
		if (this.#closed) return;
		const frontier = await this.store.frontier(this.scope.id);
		if (this.#announced && equalBytes(frontierHash(this.#told.value), frontierHash(frontier))) return;
		this.#announced = true;
		this.#told.replace(frontier);
		const { access, data } = frontier;
		await this.#link.send({ type: 'FRONTIER', scope: this.#tag, access, data }, 'control');
	}

	/** The other side said what it has. */
	async heard(theirs: Frontier): Promise<void> {
		// What is under way is not in what they said; it would be sent twice.
		if (this.#acked === this.#sent) this.#known.replace(theirs);
		else this.#known.include(theirs);
		this.#heard = true;
		this.#behind = countMissing(theirs, await this.store.frontier(this.scope.id));
		this.#link.changed();
		// Not awaited: what the other lacks may be much, and its next messages must not wait for that.
		this.#guard(this.pump());
	}

	/** Sends what the other side lacks. Called again while it runs, it looks again at the end. */
	async pump(): Promise<void> {
		this.#again = true;
		if (this.#pumping || !this.#heard) return;
		this.#pumping = true;
		try {
			while (this.#again && !this.#closed) {
				this.#again = false;
				await this.#sendMissing();
			}
			this.#synced = this.#acked === this.#sent;
			this.#quiet();
			this.#link.changed();
		} finally {
			this.#pumping = false;
		}
	}

	async #sendMissing(): Promise<void> {
		for (let round = 0; !this.#closed; round++) {
			const records = await this.store.missing(this.scope.id, this.#known.value, SESSION_PAGE);
			if (records.length === 0 || this.#closed) return;
			this.#synced = false;
			let size = 0;
			for (const bytes of records) {
				size += bytes.length;
				const { header } = recordHeader(bytes);
				this.#known.add(header.log, header.author, header.seq);
				this.#told.add(header.log, header.author, header.seq);
			}
			const lane = round === 0 && size <= SMALL && this.#bulkUnacked === 0 ? 'control' : 'bulk';
			if (lane === 'bulk') this.#bulkUnacked++;
			this.#sent++;
			await this.#link.send({ type: 'RECORDS', scope: this.#tag, records }, lane);
		}
	}

	/** Stores what came and says so. @throws when the database cannot store */
	async receive(records: Uint8Array[], from: string): Promise<void> {
		const outcome = await this.store.receive(this.scope.id, records, from);
		this.#received++;
		for (const bytes of records) this.#noteTheirs(bytes);
		this.#refused += outcome.refused.length;
		this.#behind = Math.max(0, this.#behind - records.length);
		const refused = outcome.refused.length;
		await this.#link.send({ type: 'ACK', scope: this.#tag, count: this.#received, refused }, 'control');
		this.#quiet();
		this.#link.changed();
	}

	/** The other side has stored so many of our RECORDS messages. */
	acknowledged(count: number): void {
		this.#acked = Math.min(count, this.#sent);
		if (this.#acked === this.#sent) this.#bulkUnacked = 0;
		this.#synced = this.#acked === this.#sent && !this.#pumping;
		this.#link.changed();
	}

	/** The other side's tables at a frontier. */
	async compare(frontier: Uint8Array, state: Uint8Array): Promise<void> {
		const mine = frontierHash(await this.store.frontier(this.scope.id));
		if (!equalBytes(mine, frontier)) return;
		const hash = await this.store.stateHash(this.scope.id);
		// Something may have been written between the two questions: then they do not belong together.
		if (!equalBytes(mine, frontierHash(await this.store.frontier(this.scope.id)))) return;
		this.#mismatch = !equalBytes(hash, state);
		if (!this.#link.compares) {
			await this.#link.send({ type: 'STATE', scope: this.#tag, frontier: mine, state: hash }, 'control');
		}
		this.#link.changed();
	}

	close(): void {
		this.#closed = true;
		this.#stopRenewing();
		this.#cancelQuiet?.();
	}

	#noteTheirs(bytes: Uint8Array): void {
		try {
			const { header } = recordHeader(bytes);
			this.#known.add(header.log, header.author, header.seq);
			this.#told.add(header.log, header.author, header.seq);
		} catch {
			// Unreadable: the store has refused it and counted it.
		}
	}

	/** After a while without news, equal frontiers compare their tables, once for each frontier. */
	#quiet(): void {
		if (!this.#link.compares || this.#closed) return;
		this.#cancelQuiet?.();
		this.#cancelQuiet = this.#link.timers.after(QUIET, () => {
			this.#guard(this.#sendState());
		});
	}

	#guard(work: Promise<void>): void {
		work.catch((error: unknown) => {
			if (!this.#closed) this.#link.failed(error);
		});
	}

	async #sendState(): Promise<void> {
		const mine = await this.store.frontier(this.scope.id);
		const hash = frontierHash(mine);
		if (this.#closed || (this.#compared && equalBytes(this.#compared, hash))) return;
		if (!equalBytes(hash, frontierHash(this.#known.value))) return;
		const state = await this.store.stateHash(this.scope.id);
		if (!equalBytes(hash, frontierHash(await this.store.frontier(this.scope.id)))) return;
		this.#compared = hash;
		await this.#link.send({ type: 'STATE', scope: this.#tag, frontier: hash, state }, 'control');
	}
}
