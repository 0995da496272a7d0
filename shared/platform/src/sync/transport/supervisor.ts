/**
 * Keeps one thing connected: tries, holds, and tries again after 0.5 s, doubling up to 30 s, each with 30 % of jitter so
 * that many devices do not come back in step. A hint (online again, page visible) tries at once. Own code, since
 * libp2p's reconnect queue gives up after five attempts and forgets the peer.
 */
import type { Timers } from '../../protocol/timers.ts';
import type { TransportStatus } from './transport.ts';

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
const JITTER = 0.3;

/** A connection that lasted this long was good: the next failure starts with the short delay again. */
const STEADY = 10_000;

/** What was connected. In an object, since a promise of a promise would wait for both. */
export interface Held {
	/** Resolves when the connection is over, with the reason in words. */
	over: Promise<string | undefined>;
}

export class Supervisor {
	readonly #connect: (signal: AbortSignal) => Promise<Held>;
	readonly #timers: Timers;
	readonly #random: () => number;
	readonly #listeners = new Set<(status: TransportStatus) => void>();
	#status: TransportStatus;
	#delay = FIRST_DELAY;
	#stopped: AbortController | undefined;
	#wake: (() => void) | undefined;

	/**
	 * @param connect makes the connection, or rejects with a reason in words
	 * @param random gives numbers from 0 to 1
	 */
	constructor(connect: (signal: AbortSignal) => Promise<Held>, timers: Timers, random: () => number) {
		this.#random = random;
		this.#connect = connect;
		this.#timers = timers;
		this.#status = { homeNode: 'offline', since: timers.now(), reason: 'not started' };
	}

	get status(): TransportStatus {
		return this.#status;
	}

	onStatus(listener: (status: TransportStatus) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	start(): void {
		if (this.#stopped) return;
		this.#stopped = new AbortController();
		void this.#run(this.#stopped.signal);
	}

	stop(): void {
		this.#stopped?.abort(new Error('stopped'));
		this.#stopped = undefined;
		this.#wake?.();
		this.#set('offline', 'stopped');
	}

	/** Now is a good time: the next try is at once, and the delays begin anew. */
	hint(): void {
		this.#delay = FIRST_DELAY;
		this.#wake?.();
	}

	async #run(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			const reason = await this.#once(signal);
			if (signal.aborted) return;
			this.#set('offline', reason);
			await this.#sleep();
		}
	}

	/** Connects and stays until it is over. Returns why. */
	async #once(signal: AbortSignal): Promise<string> {
		this.#set('connecting', this.#status.reason);
		try {
			const { over } = await this.#connect(signal);
			if (signal.aborted) return 'stopped';
			this.#set('connected');
			const since = this.#timers.now();
			const reason = (await over) ?? 'the connection was closed';
			if (this.#timers.now() - since >= STEADY) this.#delay = FIRST_DELAY;
			return reason;
		} catch (error) {
			return error instanceof Error ? error.message : 'unknown';
		}
	}

	#sleep(): Promise<void> {
		const jitter = 1 + JITTER * (2 * this.#random() - 1);
		const delay = this.#delay * jitter;
		this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
		return new Promise((resolve) => {
			const cancel = this.#timers.after(delay, () => this.#wake?.());
			this.#wake = () => {
				cancel();
				this.#wake = undefined;
				resolve();
			};
		});
	}

	#set(homeNode: TransportStatus['homeNode'], reason?: string): void {
		const before = this.#status;
		if (before.homeNode === homeNode && before.reason === reason) return;
		const since = before.homeNode === homeNode ? before.since : this.#timers.now();
		this.#status = { homeNode, since, ...(reason === undefined ? {} : { reason }) };
		for (const listener of this.#listeners) listener(this.#status);
	}
}
