/**
 * Live queries on the wire from the engine to a tab.
 *
 * The first update of a query is `reset`: all rows. Later ones say how to get from the rows sent before to those of
 * now. A diff is applied in this order:
 *
 * 1. take out the old rows at the indexes in `remove`, and those at the first index of each `move`;
 * 2. put in, from left to right, the rows of `insert` and those taken out by `move`, each at its index among the NEW rows;
 * 3. in the rows named by `update` (indexes among the new rows) set the changed columns.
 *
 * Rows that are only pushed aside by an insertion above them are in none of the lists.
 */

/** Integers beyond 2^53 are bigint, all others number. */
export type LiveValue = null | number | bigint | string | Uint8Array;
export type LiveValues = readonly LiveValue[];

export interface LiveDiff {
	/** Indexes among the old rows, ascending. */
	readonly remove: readonly number[];
	/** `[index among the old rows, index among the new rows]`, ascending by the second. */
	readonly move: readonly (readonly [from: number, to: number])[];
	/** `[index among the new rows, values]`, ascending. */
	readonly insert: readonly (readonly [index: number, values: LiveValues])[];
	/** `[index among the new rows, changed columns by position, their values]`, ascending. */
	readonly update: readonly (readonly [index: number, columns: readonly number[], values: LiveValues])[];
}

/**
 * Who made a change, where one commit has one maker: 'tab:' and a tab's id, 'device' (another device of this person,
 * or 'device:' and what is known of it), or the hex identity of another person.
 */
export type LiveOrigin = string;

export type LiveUpdate =
	| {
			readonly columns: readonly string[];
			readonly reset: true;
			readonly rows: readonly LiveValues[];
			readonly origin?: LiveOrigin;
	  }
	| {
			readonly columns: readonly string[];
			readonly reset?: false;
			readonly diff: LiveDiff;
			readonly origin?: LiveOrigin;
	  };

/** Folds a diff into an array of rows in place; `set` makes the row with some columns changed. */
export function foldDiff<Row>(
	rows: Row[],
	diff: LiveDiff,
	make: (values: LiveValues) => Row,
	set: (row: Row, columns: readonly number[], values: LiveValues) => Row
): void {
	const taken = diff.move.map(([from]) => rows[from] as Row);
	const out = [...diff.remove, ...diff.move.map(([from]) => from)].sort((a, b) => b - a);
	const put: [number, Row][] = diff.insert.map(([index, values]) => [index, make(values)]);
	diff.move.forEach(([, to], at) => put.push([to, taken[at] as Row]));
	put.sort((a, b) => a[0] - b[0]);
	spliceAll(rows, out, put);
	for (const [index, columns, values] of diff.update) rows[index] = set(rows[index] as Row, columns, values);
}

/**
 * Takes out the rows at `out` (descending) and puts in `put` (ascending, indexes among the new rows). Few of them are
 * spliced, so that an observed array is told little; many are written anew in one pass, which keeps it linear.
 */
export function spliceAll<Row>(rows: Row[], out: readonly number[], put: readonly (readonly [number, Row])[]): void {
	if (out.length + put.length <= 32) {
		for (const index of out) rows.splice(index, 1);
		for (const [index, row] of put) rows.splice(index, 0, row);
		return;
	}
	const gone = new Set(out);
	const kept = rows.filter((_, index) => !gone.has(index));
	const next: Row[] = [];
	let from = 0;
	for (const [index, row] of put) {
		while (next.length < index) next.push(kept[from++] as Row);
		next.push(row);
	}
	while (from < kept.length) next.push(kept[from++] as Row);
	for (let index = 0; index < next.length; index++) {
		if (rows[index] !== next[index]) rows[index] = next[index] as Row;
	}
	rows.length = next.length;
}
