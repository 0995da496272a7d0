/** Counts attempts at a vault, on disk, before they are made (identity/vault-attempts.ts). */

import {
	countAt,
	countAttempt,
	decodeAttempts,
	encodeAttempts,
	waitUntil,
	type Attempts
} from '../identity/vault-attempts.ts';
import type { ProfileStore } from '../identity/index.ts';

export interface AttemptCounterOptions {
	store: ProfileStore;
	/** Of the file. */
	name: string;
	clock: () => number;
	changed: () => void;
}

export class AttemptCounter {
	readonly #options: AttemptCounterOptions;
	#attempts: Attempts;

	private constructor(options: AttemptCounterOptions, attempts: Attempts) {
		this.#options = options;
		this.#attempts = attempts;
	}

	static async open(options: AttemptCounterOptions): Promise<AttemptCounter> {
		const bytes = await options.store.read(options.name).catch(() => undefined);
		return new AttemptCounter(options, decodeAttempts(bytes));
	}

	/** When the next one may be made, ms since 1970; undefined when at once. */
	waitUntil(kind: keyof Attempts): number | undefined {
		const until = waitUntil(this.#attempts[kind]);
		return until > this.#options.clock() ? until : undefined;
	}

	/** Takes an attempt for failed before it is made. False: it may not be made yet. */
	async count(kind: keyof Attempts): Promise<boolean> {
		const now = this.#options.clock();
		const count = countAt(this.#attempts[kind], now);
		if (count !== this.#attempts[kind]) await this.#write({ [kind]: count });
		if (waitUntil(count) > now) return false;
		await this.#write({ [kind]: countAttempt(count, now) });
		return true;
	}

	/** It opened. */
	async succeeded(kind: keyof Attempts): Promise<void> {
		await this.#write({ [kind]: { failed: 0, at: this.#options.clock() } });
	}

	async #write(change: Partial<Attempts>): Promise<void> {
		const { store, name, changed } = this.#options;
		const attempts = { ...this.#attempts, ...change };
		await store.write(name, encodeAttempts(attempts));
		this.#attempts = attempts;
		changed();
	}
}
