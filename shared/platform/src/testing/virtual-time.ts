/**
 * A clock that only moves when it is told to: minutes pass in microseconds, and a run repeats exactly. Between two
 * timers, everything that promises have set going runs to its end.
 */
import type { Timers } from '../protocol/timers.ts';

interface Timer {
	at: number;
	order: number;
	callback: () => void;
}

export class VirtualTime implements Timers {
	#now: number;
	#order = 0;
	readonly #timers = new Set<Timer>();

	constructor(start = 1_700_000_000_000) {
		this.#now = start;
	}

	/** Whole milliseconds, as the machine's clock gives them. */
	now(): number {
		return this.#now;
	}

	after(milliseconds: number, callback: () => void): () => void {
		// Whole ones too: with fractions, what is due at one time of the clock would come in another order than it was sent.
		const timer = { at: this.#now + Math.max(0, Math.ceil(milliseconds)), order: this.#order++, callback };
		this.#timers.add(timer);
		return () => this.#timers.delete(timer);
	}

	/** Lets so much time pass, running the timers that fall due in their order. */
	async advance(milliseconds: number): Promise<void> {
		const end = this.#now + Math.ceil(milliseconds);
		await settle();
		for (let next = this.#next(end); next; next = this.#next(end)) {
			this.#timers.delete(next);
			this.#now = Math.max(this.#now, next.at);
			next.callback();
			await settle();
		}
		this.#now = end;
	}

	#next(end: number): Timer | undefined {
		let first: Timer | undefined;
		for (const timer of this.#timers) {
			if (timer.at > end) continue;
			if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
		}
		return first;
	}
}

/** Lets promises run until they wait for something else: a macrotask comes after all microtasks. */
function settle(): Promise<void> {
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(null);
	});
}
