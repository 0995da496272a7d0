/**
 * One live query: its rows as the listener knows them, and how they are brought up to date.
 *
 * `follow` looks at the changed rows alone: one probe by rowid each, and binary search for the place. It needs a
 * query whose every result row is one row of one table, without LIMIT. `again` runs the query and compares by key.
 */

import type { LiveDiff, LiveUpdate } from '../../protocol/live.ts';
import type { Database, SqlValue } from '../sqlite.ts';
import type { RowId } from './changes.ts';
import { changedColumns, keyedDiff, type Keyed } from './keyed-diff.ts';
import { lowerBound, placeOrder, sameValues, type Place } from './order.ts';
import type { Plan } from './plan.ts';

/** Beyond this many changed rows running the query again is cheaper than looking at each. */
const MOST_PROBES = 200;

interface Entry extends Place {
	readonly values: SqlValue[];
}

export class LiveQuery {
	readonly plan: Plan;
	readonly columns: readonly string[];
	readonly #db: Database;
	readonly #params: readonly SqlValue[];
	readonly #compare: (a: Place, b: Place) => number;
	/** Rows that are followed by rowid. */
	#entries: Entry[] = [];
	readonly #byRowId = new Map<RowId, Entry>();
	/** Rows that are compared by key. */
	#keyed: Keyed = { keys: [], rows: [] };

	constructor(db: Database, plan: Plan, params: readonly SqlValue[]) {
		this.#db = db;
		this.plan = plan;
		this.columns = plan.columns;
		this.#params = params;
		this.#compare = placeOrder(plan.follow?.directions ?? []);
	}

	/** All rows. */
	start(): LiveUpdate {
		if (this.plan.follow) this.#setEntries(this.#runEntries());
		else this.#keyed = this.#runKeyed();
		const rows = this.plan.follow ? this.#entries.map((entry) => entry.values) : this.#keyed.rows;
		return { columns: this.columns, reset: true, rows };
	}

	/** What changed, given the rowids of rows that did; null for nothing. */
	update(rows: ReadonlySet<RowId> | 'all'): LiveDiff | null {
		if (this.plan.follow && rows !== 'all' && rows.size <= MOST_PROBES) return this.#follow(rows);
		return this.#again();
	}

	#again(): LiveDiff | null {
		if (!this.plan.follow) {
			const after = this.#runKeyed();
			const diff = keyedDiff(this.#keyed, after, this.plan.key === 'row');
			this.#keyed = after;
			return diff;
		}
		const before = this.#entries;
		const after = this.#runEntries();
		const keyed = (entries: readonly Entry[]): Keyed => ({
			keys: entries.map((entry) => entry.rowid),
			rows: entries.map((entry) => entry.values)
		});
		const diff = keyedDiff(keyed(before), keyed(after));
		this.#setEntries(after);
		return diff;
	}

	#follow(rowids: ReadonlySet<RowId>): LiveDiff | null {
		const gone: Entry[] = [];
		const come: Entry[] = [];
		const moved: [before: Entry, after: Entry][] = [];
		const changed: [before: Entry, after: Entry][] = [];
		for (const rowid of rowids) {
			const before = this.#byRowId.get(rowid);
			const after = this.#probe(rowid);
			if (before && !after) gone.push(before);
			else if (!before && after) come.push(after);
			else if (before && after) {
				if (!sameValues(before.order, after.order)) moved.push([before, after]);
				else if (changedColumns(before.values, after.values)) changed.push([before, after]);
			}
		}
		const [only] = moved;
		if (only && moved.length + gone.length + come.length + changed.length === 1 && this.#staysBetween(...only)) {
			return this.#replaceInPlace(...only);
		}
		if (gone.length + come.length + moved.length + changed.length === 0) return null;
		return this.#rebuild(gone, come, moved, changed);
	}

	#rebuild(gone: Entry[], come: Entry[], moved: [Entry, Entry][], changed: [Entry, Entry][]): LiveDiff {
		const entries = this.#entries;
		const at = (entry: Entry): number => lowerBound(entries, entry, this.#compare);
		const remove = gone.map(at).sort(ascending);
		const from = new Map(moved.map(([before, after]) => [after, at(before)]));
		for (const [before, after] of changed) entries[at(before)] = after;
		for (const index of [...remove, ...from.values()].sort(ascending).reverse()) entries.splice(index, 1);
		for (const entry of gone) this.#byRowId.delete(entry.rowid);

		const put = [...come, ...from.keys()].sort(this.#compare);
		const insert: [number, SqlValue[]][] = [];
		const move: [number, number][] = [];
		for (const entry of put) {
			// Those before it are in already, those after it do not shift it.
			const index = at(entry);
			entries.splice(index, 0, entry);
			const old = from.get(entry);
			if (old === undefined) insert.push([index, entry.values]);
			else move.push([old, index]);
		}
		const update: [number, number[], SqlValue[]][] = [];
		for (const [before, after] of [...moved, ...changed]) {
			const change = changedColumns(before.values, after.values);
			if (change) update.push([at(after), ...change]);
			this.#byRowId.set(after.rowid, after);
		}
		for (const entry of come) this.#byRowId.set(entry.rowid, entry);
		update.sort((a, b) => a[0] - b[0]);
		return { remove, move, insert, update };
	}

	/** Its order changed, but not past its neighbours: a row that was edited again at the top of a list. */
	#staysBetween(before: Entry, after: Entry): boolean {
		const index = lowerBound(this.#entries, before, this.#compare);
		const above = this.#entries[index - 1];
		const below = this.#entries[index + 1];
		return (!above || this.#compare(above, after) < 0) && (!below || this.#compare(after, below) < 0);
	}

	#replaceInPlace(before: Entry, after: Entry): LiveDiff | null {
		const index = lowerBound(this.#entries, before, this.#compare);
		this.#entries[index] = after;
		this.#byRowId.set(after.rowid, after);
		const change = changedColumns(before.values, after.values);
		return change ? { remove: [], move: [], insert: [], update: [[index, ...change]] } : null;
	}

	#probe(rowid: RowId): Entry | undefined {
		const [row] = this.#db.all(this.plan.follow!.probe, [...this.#params, rowid]);
		return row && this.#entryOf(row);
	}

	#runEntries(): Entry[] {
		return this.#db.all(this.plan.sql, this.#params).map((row) => this.#entryOf(row));
	}

	#setEntries(entries: Entry[]): void {
		this.#entries = entries;
		this.#byRowId.clear();
		for (const entry of entries) this.#byRowId.set(entry.rowid, entry);
	}

	#entryOf(row: SqlValue[]): Entry {
		const width = this.columns.length;
		const order = this.plan.follow!.orderColumns.map((column) => row[column] as SqlValue);
		return { rowid: row[width] as RowId, order, values: row.length > width ? row.slice(0, width) : row };
	}

	#runKeyed(): Keyed {
		const width = this.columns.length;
		const rows = this.#db.all(this.plan.sql, this.#params);
		const { key } = this.plan;
		if (key === 'rowid') {
			return { keys: rows.map((row) => row[width] as RowId), rows: rows.map((row) => row.slice(0, width)) };
		}
		if (key === 'row') return { keys: rows.map(rowKey), rows };
		const [only] = key;
		const keys =
			key.length === 1 && rows.every((row) => typeof row[only!] === 'string')
				? rows.map((row) => row[only!] as string)
				: rows.map((row) => rowKey(key.map((column) => row[column] as SqlValue)));
		return { keys, rows };
	}
}

const ascending = (a: number, b: number): number => a - b;

/** Equal for equal rows only. */
function rowKey(values: readonly SqlValue[]): string {
	let key = '';
	for (const value of values) {
		if (typeof value === 'string') key += `s${value.length}:${value}`;
		else if (value instanceof Uint8Array) key += `b${value.length}:${value.join()}`;
		else key += `n${value};`;
	}
	return key;
}
