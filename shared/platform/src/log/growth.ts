/**
 * How much the versions in changes grew: an upper bound that a transaction can compute without knowing what was there
 * before, and that the sum over the scope's batches therefore always covers (rule R9).
 *
 * A first touch of a row raises each of its cells by one. Further touches of rows of the table, of which the guards count
 * all, raise at most every cell of a row and its causal length. Nothing grew above what it is.
 */
import type { Change } from '../protocol/batch.ts';

interface Tally {
	rows: number;
	marks: number;
	cells: number;
	versions: number;
}

export class Growth {
	readonly #again: ReadonlyMap<string, number>;
	readonly #width: (table: string) => number;
	readonly #tables = new Map<string, Tally>();
	#bound = 0;

	/**
	 * @param again how often rows of each table were written more than once, in the whole transaction
	 * @param width columns of a table
	 */
	constructor(again: ReadonlyMap<string, number>, width: (table: string) => number) {
		this.#again = again;
		this.#width = width;
	}

	get bound(): number {
		return this.#bound;
	}

	/** Adds all changes of one row. */
	addRow(table: string, changes: readonly Change[]): void {
		if (changes.length === 0) return;
		let tally = this.#tables.get(table);
		if (!tally) this.#tables.set(table, (tally = { rows: 0, marks: 0, cells: 0, versions: 0 }));
		this.#bound -= this.#boundOf(table, tally);
		tally.rows++;
		tally.versions += changes[0]![5];
		for (const [, , column, , version] of changes) {
			if (column === '') tally.marks++;
			else {
				tally.cells++;
				tally.versions += version;
			}
		}
		this.#bound += this.#boundOf(table, tally);
	}

	#boundOf(table: string, { rows, marks, cells, versions }: Tally): number {
		if (rows === 0) return 0;
		const again = Math.max(this.#again.get(table) ?? 0, 0);
		return Math.min(versions, rows + marks + cells + again * (this.#width(table) + 1));
	}
}
