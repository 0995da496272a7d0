/**
 * Operation ids: the memory that makes a retried call apply once.
 *
 * A call that writes carries an id `<milliseconds in base 36, 9 characters>-<anything>`; it is stored in the same
 * transaction. The newest 10,000 of the last 24 hours are kept. A call whose id is older than what is kept can no longer
 * be told from one that was never made, so it is refused instead of run.
 */
import type { Database } from '../engine/sqlite.ts';
import { PlatformError } from '../protocol/errors.ts';

const KEPT = 10_000;
const KEPT_MS = 24 * 3600 * 1000;
/** Old ids are dropped once in so many calls. */
const PRUNE_EVERY = 256;

export class Operations {
	readonly #db: Database;
	readonly #clock: () => number;
	#sincePrune = 0;
	/** Ids from before this time may have been dropped to keep the number bounded. */
	#droppedBefore: number;

	constructor(db: Database, clock: () => number) {
		this.#db = db;
		this.#clock = clock;
		const [count, oldest] = db.get('SELECT count(*), min(time) FROM slf_operations')!;
		this.#droppedBefore = Number(count) >= KEPT ? Number(oldest) : 0;
	}

	/** Whether the operation was committed, or that it is too old to know. */
	wasCommitted(id: string): boolean | 'too-old' {
		if (this.#db.value('SELECT 1 FROM slf_operations WHERE id = ?', [id]) !== undefined) return true;
		const time = timeOf(id);
		return time !== undefined && time < this.#oldestKnown() ? 'too-old' : false;
	}

	/** Stores an id inside the open transaction. Throws TOO_OLD; says whether it was there already. */
	remember(id: string): 'new' | 'repeated' {
		const known = this.wasCommitted(id);
		if (known === true) return 'repeated';
		if (known === 'too-old') {
			throw new PlatformError('TOO_OLD', 'this call is older than what is remembered of earlier calls; make it anew');
		}
		this.#db.run('INSERT INTO slf_operations (id, time) VALUES (?, ?)', [id, this.#clock()]);
		if (++this.#sincePrune >= PRUNE_EVERY) this.#prune();
		return 'new';
	}

	#prune(): void {
		this.#sincePrune = 0;
		this.#db.run('DELETE FROM slf_operations WHERE time < ?', [this.#clock() - KEPT_MS]);
		const surplus = Number(this.#db.value('SELECT count(*) FROM slf_operations')) - KEPT;
		if (surplus <= 0) return;
		const sql = 'DELETE FROM slf_operations WHERE id IN (SELECT id FROM slf_operations ORDER BY time, id LIMIT ?)';
		this.#db.run(sql, [surplus]);
		this.#droppedBefore = Number(this.#db.value('SELECT min(time) FROM slf_operations'));
	}

	/** Calls made before this time may have been forgotten. */
	#oldestKnown(): number {
		return Math.max(this.#clock() - KEPT_MS, this.#droppedBefore);
	}
}

function timeOf(id: string): number | undefined {
	const match = /^([0-9a-z]{8,9})-/.exec(id);
	return match ? Number.parseInt(match[1]!, 36) : undefined;
}
