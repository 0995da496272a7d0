/** A clock that stands until it is told to go on, with everything that waits for it in order. */
import type { Timers } from '../protocol/timers.ts';

interface Waiting {
	at: number;
	order: number;
	callback: () => void;
}

export class SetTimers implements Timers {
	#now: number;
	#order = 0;
	#waiting: Waiting[] = [];

	constructor(start = 1_795_000_000_000) {
		this.#now = start;
	}

	readonly now = (): number => this.#now;

	after(milliseconds: number, callback: () => void): () => void {
		const waiting = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, callback };
		this.#waiting.push(waiting);
		return () => {
			this.#waiting = this.#waiting.filter((other) => other !== waiting);
		};
	}

	/** Lets time pass: calls back what is due in the order of its time, and lets promises settle in between. */
	async advance(milliseconds: number): Promise<void> {
		const end = this.#now + milliseconds;
		await settle();
		for (let next = this.#next(end); next; next = this.#next(end)) {
			this.#waiting = this.#waiting.filter((other) => other !== next);
			this.#now = Math.max(this.#now, next.at);
			next.callback();
			await settle();
		}
		this.#now = end;
	}

	#next(end: number): Waiting | undefined {
		let first: Waiting | undefined;
		for (const waiting of this.#waiting) {
			if (waiting.at > end) continue;
			if (!first || waiting.at < first.at || (waiting.at === first.at && waiting.order < first.order)) first = waiting;
		}
		return first;
	}
}

/** Lets every promise that can go on do so: a macrotask comes after all microtasks. */
function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
