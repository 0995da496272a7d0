/**
 * Rows of a live query in the page: folds the engine's updates into rows by column name, and gives apps `applyDiff`.
 *
 * Row objects are never changed once an app has seen them. A row that a diff does not name stays the same object, so
 * that a list keyed by object, a memo or a test by `===` sees what really changed; an updated row is a new object.
 */

import type { LiveDiff, LiveRows, Row } from './platform.ts';
import { foldDiff, spliceAll, type LiveUpdate, type LiveValues } from '../protocol/live.ts';

/** Holds the rows of one live query as the engine's updates come in. */
export class LiveRowsKeeper<R extends object = Row> {
	readonly #rows: R[] = [];
	#columns: readonly string[] = [];

	/** Takes one update and gives what the app's callback gets: an array of its own, with `.diff`. */
	receive(update: LiveUpdate): LiveRows<R> {
		this.#columns = update.columns;
		const rows = this.#rows;
		if (update.reset) {
			rows.length = 0;
			for (const values of update.rows) rows.push(this.#make(values));
			return this.#hand({ reset: true, remove: [], move: [], insert: [], update: [] }, update.origin);
		}
		const { diff } = update;
		foldDiff(
			rows,
			diff,
			(values) => this.#make(values),
			(row, columns, values) => this.#with(row, columns, values)
		);
		const at = (index: number): R => rows[index] as R;
		return this.#hand(
			{
				reset: false,
				remove: diff.remove,
				move: diff.move.map(([from, to]) => ({ from, to })),
				insert: diff.insert.map(([index]) => ({ index, row: at(index) })),
				update: diff.update.map(([index, columns]) => ({
					index,
					row: at(index),
					columns: columns.map((column) => this.#columns[column] as string)
				}))
			},
			update.origin
		);
	}

	#hand(diff: LiveDiff<R>, origin: string | undefined): LiveRows<R> {
		const rows = this.#rows.slice() as R[] & { diff: LiveDiff<R> };
		const value = origin === undefined ? diff : { ...diff, origin };
		// Not enumerable: a spread or a JSON of the rows is rows alone.
		Object.defineProperty(rows, 'diff', { value, enumerable: false });
		return rows;
	}

	#make(values: LiveValues): R {
		const row: Record<string, unknown> = {};
		this.#columns.forEach((column, index) => (row[column] = values[index]));
		return row as R;
	}

	#with(row: R, columns: readonly number[], values: LiveValues): R {
		const changed = { ...row } as Record<string, unknown>;
		columns.forEach((column, index) => (changed[this.#columns[column] as string] = values[index]));
		return changed as R;
	}
}

/**
 * Brings `rows` to where a live query is, in place, by the changes alone: rows that did not change keep their object.
 *
 *     const blocks = [];
 *     await platform.live('blocks', sql, params, (diffs) => { applyDiff(blocks, diffs); render(blocks); });
 *
 * @param rows what the last call left; the first call (`diff.reset`) replaces whatever is in it
 * @param diffs the argument of the live query's callback
 * @returns `rows`
 */
export function applyDiff<R extends object>(rows: R[], diffs: LiveRows<R>): R[] {
	const { diff } = diffs;
	const before = diffs.length - diff.insert.length + diff.remove.length;
	if (diff.reset || rows.length !== before) {
		// Also where a callback was left out and `rows` is not what the diff starts from.
		for (let index = 0; index < diffs.length; index++) {
			if (rows[index] !== diffs[index]) rows[index] = diffs[index] as R;
		}
		rows.length = diffs.length;
		return rows;
	}
	const moved = diff.move.map(({ from, to }): [number, R] => [to, rows[from] as R]);
	const out = [...diff.remove, ...diff.move.map(({ from }) => from)].sort((a, b) => b - a);
	const put = [...diff.insert.map(({ index, row }): [number, R] => [index, row]), ...moved];
	put.sort((a, b) => a[0] - b[0]);
	spliceAll(rows, out, put);
	for (const { index, row } of diff.update) rows[index] = row;
	return rows;
}
