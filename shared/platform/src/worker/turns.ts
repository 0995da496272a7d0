/**
 * Who may use a database now. There is one connection, so while an interactive transaction is open nobody else's
 * statement may run: it would become part of it, or read what may be rolled back.
 *
 * Invariants
 * - Work runs at once when nothing is open and nobody waits; else in the order of asking.
 * - A transaction ends by its owner, after IDLE_LIMIT without a statement, or TOTAL_LIMIT after it began; then the
 *   next in line gets its turn, whatever the owner does.
 */

import { PlatformError } from '../protocol/errors.ts';

/** Longest pause between two statements of a transaction, in ms. */
export const IDLE_LIMIT = 2000;
/** Longest transaction, in ms. */
export const TOTAL_LIMIT = 10_000;

/** Timers, so that tests can set the clock. Returns the function that cancels. */
export type After = (ms: number, work: () => void) => () => void;

export const realTimers: After = (ms, work) => {
	const timer = setTimeout(work, ms);
	return () => clearTimeout(timer);
};

interface Held {
	id: number;
	/** Rolls back what is open. */
	undo: () => void;
	stopIdle: () => void;
	stopTotal: () => void;
}

export class Turns {
	readonly #after: After;
	readonly #queue: (() => void)[] = [];
	/** Why transactions ended that their owner does not know of yet; a few, so that the map stays small. */
	readonly #ended = new Map<number, PlatformError>();
	#held: Held | undefined;
	#next = 1;
	#giving = false;
	#closedWith: PlatformError | undefined;

	constructor(after: After = realTimers) {
		this.#after = after;
	}

	/** Runs `work`, alone. */
	run<T>(work: () => T): Promise<T> {
		return new Promise((resolve, reject) => {
			this.#take(() => resolve(work()), reject);
		});
	}

	/** Waits for a turn and keeps it. `undo` is called when time is up. */
	begin(start: () => void, undo: () => void): Promise<number> {
		return new Promise((resolve, reject) => {
			this.#take(() => {
				start();
				const id = this.#next++;
				const held: Held = { id, undo, stopIdle: () => {}, stopTotal: () => {} };
				held.stopTotal = this.#after(TOTAL_LIMIT, () =>
					this.#timeOut(id, `The transaction took longer than ${TOTAL_LIMIT / 1000} s and was rolled back`)
				);
				this.#held = held;
				this.#watchIdle(held);
				resolve(id);
			}, reject);
		});
	}

	/** A statement of the transaction `id`. @throws PlatformError TIMEOUT, TRANSACTION_OVER */
	step<T>(id: number, work: () => T): T {
		const held = this.#owned(id);
		held.stopIdle();
		try {
			return work();
		} finally {
			if (this.#held === held) this.#watchIdle(held);
		}
	}

	/** The last statement of the transaction: commit or rollback. The turn is over even if it throws. */
	end<T>(id: number, work: () => T): T {
		const held = this.#owned(id);
		held.stopIdle();
		held.stopTotal();
		try {
			return work();
		} finally {
			this.#release();
		}
	}

	/** Nothing runs and nobody waits. */
	get isIdle(): boolean {
		return this.#held === undefined && this.#queue.length === 0;
	}

	/** Ends the open transaction, refuses everything that waits and comes later. */
	close(error: PlatformError): void {
		this.#closedWith = error;
		const held = this.#held;
		if (held) {
			held.stopIdle();
			held.stopTotal();
			this.#undo(held, error);
			this.#release();
		}
	}

	#take(turn: () => void, reject: (error: unknown) => void): void {
		this.#queue.push(() => {
			try {
				if (this.#closedWith) throw this.#closedWith;
				turn();
			} catch (error) {
				reject(error);
			}
		});
		this.#advance();
	}

	/** Gives turns until somebody keeps one. What a turn sets off waits for that turn to end. */
	#advance(): void {
		if (this.#giving) return;
		this.#giving = true;
		while (!this.#held) {
			const turn = this.#queue.shift();
			if (!turn) break;
			turn();
		}
		this.#giving = false;
	}

	#release(): void {
		this.#held = undefined;
		this.#advance();
	}

	#owned(id: number): Held {
		if (this.#held?.id === id) return this.#held;
		const why = this.#ended.get(id);
		throw why ?? new PlatformError('TRANSACTION_OVER', 'This transaction is over');
	}

	#watchIdle(held: Held): void {
		held.stopIdle = this.#after(IDLE_LIMIT, () =>
			this.#timeOut(
				held.id,
				`The transaction waited longer than ${IDLE_LIMIT / 1000} s for its next statement and was rolled back. ` +
					'Inside a transaction use its tx alone: a call on the platform itself waits for the transaction to end'
			)
		);
	}

	#timeOut(id: number, message: string): void {
		const held = this.#held;
		if (held?.id !== id) return;
		held.stopIdle();
		held.stopTotal();
		this.#undo(held, new PlatformError('TIMEOUT', message));
		this.#release();
	}

	#undo(held: Held, why: PlatformError): void {
		this.#ended.set(held.id, why);
		for (const id of this.#ended.keys()) {
			if (this.#ended.size <= 100) break;
			this.#ended.delete(id);
		}
		try {
			held.undo();
		} catch {
			// Rolled back by SQLite itself already (disk full): nothing is open.
		}
	}
}
