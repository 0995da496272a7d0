/**
 * When an open vault locks by itself. It runs in the vault's worker and counts by itself, so that a page that is frozen,
 * or hangs, does not keep the vault open.
 *
 * - Without activity in any tab for `lockAfter`.
 * - With no tab in sight for `hiddenAfter`.
 * - When the clock jumps: the machine slept, or somebody set it. Time is looked at every few seconds; if more or less
 *   of it passed than that, nobody knows who sat there meanwhile.
 */

import type { After } from './turns.ts';

/** Between two looks at the clock, in ms. */
const LOOK = 5000;
/** More than timers are late on a busy machine, in ms. */
const JUMP = 30_000;

export interface AutoLockOptions {
	clock: () => number;
	after: After;
	/** Milliseconds; asked at each look. */
	lockAfter: () => number;
	hiddenAfter: () => number;
	lock: () => void;
}

export class AutoLock {
	readonly #options: AutoLockOptions;
	/** Tabs that said whether they are in sight. */
	readonly #tabs = new Map<object, boolean>();
	#activeAt = 0;
	/** Since when no tab is in sight; undefined while one is. */
	#hiddenSince: number | undefined;
	#cancel: (() => void) | undefined;

	constructor(options: AutoLockOptions) {
		this.#options = options;
	}

	/** The vault was opened. */
	start(): void {
		this.stop();
		this.activity();
		this.#noteHidden();
		this.#lookLater();
	}

	stop(): void {
		this.#cancel?.();
		this.#cancel = undefined;
	}

	activity(): void {
		this.#activeAt = this.#options.clock();
	}

	/** Until it says otherwise, a tab is in sight. */
	tab(tab: object, visible = true): void {
		this.#tabs.set(tab, visible);
		this.#noteHidden();
	}

	tabGone(tab: object): void {
		this.#tabs.delete(tab);
		this.#noteHidden();
	}

	/** The waits may be others now. */
	changed(): void {
		if (!this.#cancel) return;
		this.#cancel();
		this.#lookLater();
	}

	#noteHidden(): void {
		const isHidden = ![...this.#tabs.values()].includes(true);
		if (!isHidden) this.#hiddenSince = undefined;
		else this.#hiddenSince ??= this.#options.clock();
		this.changed();
	}

	#lookLater(): void {
		const { clock, after, lock } = this.#options;
		const from = clock();
		const wait = Math.max(0, Math.min(LOOK, this.#dueAt() - from));
		this.#cancel = after(wait, () => {
			this.#cancel = undefined;
			const now = clock();
			const jumped = Math.abs(now - from - wait) > JUMP;
			if (jumped || now >= this.#dueAt()) lock();
			else this.#lookLater();
		});
	}

	#dueAt(): number {
		const { lockAfter, hiddenAfter } = this.#options;
		const idle = this.#activeAt + lockAfter();
		return this.#hiddenSince === undefined ? idle : Math.min(idle, this.#hiddenSince + hiddenAfter());
	}
}
