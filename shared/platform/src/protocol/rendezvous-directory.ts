/**
 * What a relay keeps for devices that look for each other: sealed notes under blinded tags, for two minutes.
 *
 * A tag is an HMAC of a scope's secret and a time slot, a note is sealed under the same secret. So a relay learns which
 * of its sessions belong to one tag, and when, and nothing else: neither who, nor which scope, nor that two tags of
 * different slots are one. Pure: the relay gives it the clock and the wire, tests and simulations give it theirs.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';

export interface RendezvousLimits {
	/** Bytes of one sealed note. */
	blob: number;
	/** Tags that one session may hold. */
	tagsPerSession: number;
	/** Sessions under one tag. */
	sessionsPerTag: number;
	/** Notes in all; bounds the memory together with `blob`. */
	entries: number;
	/** Registrations per session and minute; each may be told to all others of the tag. */
	putsPerMinute: number;
	/** Milliseconds until a note that is not renewed is forgotten. */
	ttl: number;
}

export const RENDEZVOUS_LIMITS: RendezvousLimits = {
	blob: 2048,
	tagsPerSession: 512,
	sessionsPerTag: 64,
	entries: 20_000,
	putsPerMinute: 2048,
	ttl: 120_000
};

export type PutOutcome = 'ok' | 'too-large' | 'too-many-tags' | 'tag-full' | 'directory-full' | 'too-fast';

interface Entry {
	blob: Uint8Array;
	expires: number;
	push: (tag: Uint8Array, blob: Uint8Array) => void;
}

export class RendezvousDirectory {
	readonly #tags = new Map<string, Map<RendezvousSession, Entry>>();
	readonly #now: () => number;
	readonly limits: RendezvousLimits;
	#entries = 0;

	constructor(now: () => number, limits: RendezvousLimits = RENDEZVOUS_LIMITS) {
		this.#now = now;
		this.limits = limits;
	}

	/** @param push tells this session of another's note under a tag that it holds */
	join(push: (tag: Uint8Array, blob: Uint8Array) => void): RendezvousSession {
		return new RendezvousSession(this, push);
	}

	get entries(): number {
		return this.#entries;
	}

	/** Forgets what was not renewed. To be called now and then; a put clears its own tag. */
	sweep(): void {
		for (const [key, entries] of this.#tags) this.#expire(key, entries);
	}

	/** @internal */
	put(session: RendezvousSession, push: Entry['push'], tag: Uint8Array, blob: Uint8Array): PutOutcome {
		const key = toHex(tag);
		const entries = this.#tags.get(key) ?? new Map<RendezvousSession, Entry>();
		this.#expire(key, entries);
		const before = entries.get(session);
		if (!before && entries.size >= this.limits.sessionsPerTag) return 'tag-full';
		if (!before && this.#entries >= this.limits.entries) return 'directory-full';
		if (!before) this.#entries++;
		entries.set(session, { blob, expires: this.#now() + this.limits.ttl, push });
		this.#tags.set(key, entries);
		if (before && equalBytes(before.blob, blob)) return 'ok';
		for (const [other, entry] of entries) {
			if (other === session) continue;
			entry.push(tag, blob);
			if (!before) push(tag, entry.blob);
		}
		return 'ok';
	}

	/** @internal */
	drop(session: RendezvousSession, key: string): void {
		const entries = this.#tags.get(key);
		if (!entries?.delete(session)) return;
		this.#entries--;
		if (entries.size === 0) this.#tags.delete(key);
	}

	#expire(key: string, entries: Map<RendezvousSession, Entry>): void {
		const now = this.#now();
		for (const [session, entry] of entries) {
			if (entry.expires > now) continue;
			entries.delete(session);
			this.#entries--;
			session.expired(key);
		}
		if (entries.size === 0) this.#tags.delete(key);
	}

	/** @internal */
	now(): number {
		return this.#now();
	}
}

/** One connected device. Close it when its connection is over. */
export class RendezvousSession {
	readonly #directory: RendezvousDirectory;
	readonly #push: (tag: Uint8Array, blob: Uint8Array) => void;
	readonly #tags = new Set<string>();
	#minute = { since: 0, puts: 0 };
	#closed = false;

	constructor(directory: RendezvousDirectory, push: (tag: Uint8Array, blob: Uint8Array) => void) {
		this.#directory = directory;
		this.#push = push;
	}

	/** Registers or renews a note under a tag; others of the tag are told when it is new or changed. */
	put(tag: Uint8Array, blob: Uint8Array): PutOutcome {
		if (this.#closed) return 'ok';
		const { limits } = this.#directory;
		const now = this.#directory.now();
		if (now - this.#minute.since >= 60_000) this.#minute = { since: now, puts: 0 };
		if (++this.#minute.puts > limits.putsPerMinute) return 'too-fast';
		if (blob.length > limits.blob) return 'too-large';
		const key = toHex(tag);
		if (!this.#tags.has(key) && this.#tags.size >= limits.tagsPerSession) return 'too-many-tags';
		const outcome = this.#directory.put(this, this.#push, tag, blob);
		if (outcome === 'ok') this.#tags.add(key);
		return outcome;
	}

	drop(tag: Uint8Array): void {
		const key = toHex(tag);
		if (this.#tags.delete(key)) this.#directory.drop(this, key);
	}

	close(): void {
		this.#closed = true;
		for (const key of this.#tags) this.#directory.drop(this, key);
		this.#tags.clear();
	}

	/** @internal */
	expired(key: string): void {
		this.#tags.delete(key);
	}
}
