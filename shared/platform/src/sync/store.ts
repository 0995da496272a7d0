/**
 * What synchronisation needs of a database: the sync surface of a Replica, as another worker sees it. `worker/` joins
 * the two. Scopes go by the hex of their true id.
 */
import type { Frontier } from '../protocol/session.ts';

export interface SyncScope {
	/** Hex of the true id. */
	id: string;
	kind: string;
	app: string;
	/** Mailbox tag of the epoch in use, 32 bytes. */
	tag: Uint8Array;
	/** Tags of older epochs, which are still fetched. */
	tags: Uint8Array[];
	/** Of `epochSecrets` for the epoch in use. */
	session: Uint8Array;
	rendezvous: Uint8Array;
	/** This device's pseudonym in the scope: the author of what it deposits. */
	author: Uint8Array;
}

export interface Received {
	applied: number;
	held: number;
	refused: { rule: string; reason: string }[];
}

export interface StoreCommit {
	/** Scopes that have new records. */
	scopes: string[];
	/** Someone is typing: goes out at once. */
	realtime: boolean;
	/** Written on this device; false for records that came from others. */
	local: boolean;
	/** The set of scopes or an epoch changed. */
	directory?: boolean;
}

/** Seqs up to which something was done, for each log. */
export interface ChainCursor {
	access: number;
	data: number;
}

type MaybePromise<T> = T | Promise<T>;

export interface SyncStore {
	/** For diagnostics: `account`, `notes`. */
	readonly name: string;
	scopes(): MaybePromise<SyncScope[]>;
	/** Sorted as `Frontier` says, so that equal contents are equal bytes. */
	frontier(scope: string): MaybePromise<Frontier>;
	/** Records that `theirs` lacks: access log first, chains in order; about `limit` bytes, at least one if any. */
	missing(scope: string, theirs: Frontier, limit: number): MaybePromise<Uint8Array[]>;
	/**
	 * Judges and stores, waiting while an app's transaction is open. Never throws for what the records are; throws when the
	 * database cannot store.
	 */
	receive(scope: string, records: Uint8Array[], from: string): MaybePromise<Received>;
	/** Own records after those seqs: access log first, in order; about `limit` bytes, at least one if any. */
	ownSince(scope: string, after: ChainCursor, limit: number): MaybePromise<Uint8Array[]>;
	/** 32 bytes; equal on every device with the same records applied. */
	stateHash(scope: string): MaybePromise<Uint8Array>;
	/** Batches that somebody says to have seen and that are not here: withheld, or still on their way. */
	gaps?(scope: string): MaybePromise<{ have: number; claimed: number }[]>;
	/** Small texts that survive a restart, kept in the same database as the records they speak of. */
	getCursor(key: string): MaybePromise<string | undefined>;
	setCursor(key: string, value: string): MaybePromise<void>;
	/** After each commit that added records. Returns what ends it. */
	onCommit(listener: (commit: StoreCommit) => void): () => void;
	/** Sealed values that this device shows to the others and nobody keeps. Returns what ends it. */
	onEphemeral?(listener: (scope: string, sealed: Uint8Array) => void): () => void;
	/** Such a value of another device. */
	receiveEphemeral?(scope: string, sealed: Uint8Array, from: string): MaybePromise<void>;
}
