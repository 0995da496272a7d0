/**
 * What a mailbox accepts and how long it keeps it. The rules only: where records lie is the storage's matter (SQLite in
 * the server, arrays in simulations), which clock is the caller's.
 *
 * A mailbox cannot read records and does not know who is a member. It knows a record's author by signature, so it can
 * refuse what would break a chain, and it bounds what a stranger who learnt a tag may put in:
 *
 * 1. The record is well formed, signed by the author its header names, and carries the tag under which it is deposited.
 * 2. Chains have no holes. A chain may begin at any seq: chains go on when an epoch changes the tag.
 * 3. Chains that are younger than ten minutes may hold 8 MiB of a tag together. A device that brings more comes back
 *    later; a flood of invented authors does not push out what is there.
 * 4. A record is kept for 90 days, a tag keeps 200 MB; then the oldest go first, and who fetches is told of the hole.
 */
import { equalBytes } from '../crypto/bytes.ts';
import type { DepositRefusal } from './mailbox.ts';
import { splitRecord } from './record.ts';
import type { RecordLog, SplitRecord } from './record.ts';

const DAY = 86_400_000;

export interface MailboxLimits {
	/** Milliseconds that a record is kept. */
	age: number;
	/** Bytes of records that a tag keeps. */
	tag: number;
	/** Bytes of records in all. */
	total: number;
	/** Bytes that all young chains of a tag may hold together, and milliseconds that a chain is young. */
	youngBytes: number;
	youngAge: number;
}

export const MAILBOX_LIMITS: MailboxLimits = {
	age: 90 * DAY,
	tag: 200_000_000,
	total: 50_000_000_000,
	youngBytes: 8 * 1024 * 1024,
	youngAge: 600_000
};

/** State of one tag: the newest position, the newest position that was dropped, bytes held. */
export interface TagState {
	latest: number;
	dropped: number;
	bytes: number;
}

/** State of one chain: its newest record, when it was first seen, bytes ever deposited. */
export interface ChainState {
	seq: number;
	hash: Uint8Array;
	since: number;
	bytes: number;
}

export interface ChainKey {
	tag: Uint8Array;
	log: RecordLog;
	author: Uint8Array;
}

export interface KeptRecord {
	position: number;
	bytes: Uint8Array;
}

/** Where records lie. Synchronous; `transaction` makes everything in it durable or nothing. */
export interface MailboxStorage {
	transaction<T>(body: () => T): T;
	tag(tag: Uint8Array): TagState;
	setTag(tag: Uint8Array, state: TagState): void;
	chain(key: ChainKey): ChainState | undefined;
	setChain(key: ChainKey, state: ChainState): void;
	/** Bytes of the chains of a tag that were first seen after a time. */
	youngBytes(tag: Uint8Array, since: number): number;
	/** Hash of a record that is kept; undefined if it is not. */
	hashOf(key: ChainKey, seq: number): Uint8Array | undefined;
	add(key: ChainKey, position: number, time: number, record: SplitRecord, bytes: Uint8Array): void;
	read(tag: Uint8Array, after: number, most: number): KeptRecord[];
	/** The oldest record of a tag. */
	oldest(tag: Uint8Array): { position: number; size: number } | undefined;
	drop(tag: Uint8Array, position: number): void;
	/** Tags that hold records from before a time, with the newest position of such a record. */
	olderThan(time: number): { tag: Uint8Array; position: number }[];
	totalBytes(): number;
}

export interface Deposited {
	stored: number;
	known: number;
	refused?: DepositRefusal;
}

export interface Fetched {
	records: Uint8Array[];
	/** Pass as `after` next time. */
	next: number;
	/** There is more beyond `next`. */
	more: boolean;
	gap: boolean;
}

type Refusal = Omit<DepositRefusal, 'index'>;

export class MailboxRules {
	readonly #storage: MailboxStorage;
	readonly #now: () => number;
	readonly #limits: MailboxLimits;

	constructor(storage: MailboxStorage, now: () => number, limits: MailboxLimits = MAILBOX_LIMITS) {
		this.#storage = storage;
		this.#now = now;
		this.#limits = limits;
	}

	/** Stores what may be stored; stops at the first record that may not. When this returns, it is durable. */
	deposit(tag: Uint8Array, records: readonly Uint8Array[]): Deposited {
		return this.#storage.transaction(() => {
			const done: Deposited = { stored: 0, known: 0 };
			for (const [index, bytes] of records.entries()) {
				const outcome = this.#depositOne(tag, bytes);
				if (outcome === 'stored') done.stored++;
				else if (outcome === 'known') done.known++;
				else return { ...done, refused: { index, ...outcome } };
			}
			return done;
		});
	}

	/** Records after a position, oldest first, about `most` bytes and at least one if there is one. */
	fetch(tag: Uint8Array, after: number, most: number): Fetched {
		const state = this.#storage.tag(tag);
		const kept = this.#storage.read(tag, after, most);
		// An empty answer moves the reader past what was dropped; it must not meet the same hole again.
		const next = kept.at(-1)?.position ?? Math.max(after, Math.min(state.dropped, state.latest));
		return { records: kept.map(({ bytes }) => bytes), next, more: next < state.latest, gap: after < state.dropped };
	}

	latest(tag: Uint8Array): number {
		return this.#storage.tag(tag).latest;
	}

	/** Drops what is too old. To be called now and then. */
	sweep(): void {
		for (const { tag, position } of this.#storage.olderThan(this.#now() - this.#limits.age)) {
			this.#storage.transaction(() => this.#dropTo(tag, position));
		}
	}

	#depositOne(tag: Uint8Array, bytes: Uint8Array): 'stored' | 'known' | Refusal {
		let record: SplitRecord;
		try {
			record = splitRecord(bytes);
		} catch {
			return { reason: 'malformed' };
		}
		const { header, hash } = record;
		if (!equalBytes(header.tag, tag)) return { reason: 'wrong-tag' };
		const key: ChainKey = { tag, log: header.log, author: header.author };
		const chain = this.#storage.chain(key);
		if (chain && header.seq <= chain.seq) {
			const stored = this.#storage.hashOf(key, header.seq);
			return stored && !equalBytes(stored, hash) ? { reason: 'fork' } : 'known';
		}
		if (chain && header.seq > chain.seq + 1) return { reason: 'gap', expected: chain.seq + 1 };
		if (chain && !equalBytes(header.prev, chain.hash)) return { reason: 'fork' };
		const refusal = this.#noRoomFor(tag, chain, bytes.length);
		if (refusal) return refusal;
		this.#store(key, chain, record, bytes);
		return 'stored';
	}

	#noRoomFor(tag: Uint8Array, chain: ChainState | undefined, size: number): Refusal | undefined {
		const { youngAge, youngBytes, total } = this.#limits;
		const youngSince = this.#now() - youngAge;
		const young = !chain || chain.since > youngSince;
		if (young && this.#storage.youngBytes(tag, youngSince) + size > youngBytes) return { reason: 'unknown-chains' };
		if (this.#storage.totalBytes() + size > total) return { reason: 'full' };
		return undefined;
	}

	#store(key: ChainKey, chain: ChainState | undefined, record: SplitRecord, bytes: Uint8Array): void {
		const now = this.#now();
		const state = this.#storage.tag(key.tag);
		state.latest++;
		state.bytes += bytes.length;
		this.#storage.add(key, state.latest, now, record, bytes);
		this.#storage.setTag(key.tag, state);
		this.#storage.setChain(key, {
			seq: record.header.seq,
			hash: record.hash,
			since: chain?.since ?? now,
			bytes: (chain?.bytes ?? 0) + bytes.length
		});
		while (this.#storage.tag(key.tag).bytes > this.#limits.tag) {
			const oldest = this.#storage.oldest(key.tag);
			if (!oldest || oldest.position === state.latest) break;
			this.#dropTo(key.tag, oldest.position);
		}
	}

	#dropTo(tag: Uint8Array, position: number): void {
		for (
			let oldest = this.#storage.oldest(tag);
			oldest && oldest.position <= position;
			oldest = this.#storage.oldest(tag)
		) {
			this.#storage.drop(tag, oldest.position);
			const state = this.#storage.tag(tag);
			this.#storage.setTag(tag, { ...state, dropped: oldest.position, bytes: state.bytes - oldest.size });
		}
	}
}
