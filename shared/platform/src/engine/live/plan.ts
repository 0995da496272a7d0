/**
 * How one live query is kept up to date. Worked out once, from its text and from the schema; whatever can not be
 * proved falls back to running it again on every change of a table that it reads.
 */

import { VirtualSources } from '../sources.ts';
import type { Database, SqlValue } from '../sqlite.ts';
import { quoteName } from '../sql-tokens.ts';
import type { Direction } from './order.ts';
import { parseSelect, type OrderTerm, type Select } from './select.ts';

export interface Plan {
	/** What is run: the query, perhaps with the rowid and the order's values behind its own columns. */
	readonly sql: string;
	/** The query's own columns. */
	readonly columns: readonly string[];
	/** What identifies a row: positions of columns, the rowid behind the columns, or the whole row. */
	readonly key: readonly number[] | 'rowid' | 'row';
	readonly follow: {
		/** The query for one row; the rowid is its last parameter. */
		readonly probe: string;
		readonly directions: readonly Direction[];
		/** Where the values of the ORDER BY terms stand in a row. */
		readonly orderColumns: readonly number[];
	} | null;
	/** Tables to track, in lower case, each with the one scope that matters, or null for every row. */
	readonly tables: ReadonlyMap<string, string | null>;
	/** It reads something whose changes nobody reports. */
	readonly always: boolean;
}

export class Planner {
	readonly #db: Database;
	readonly #sources: VirtualSources;

	constructor(db: Database) {
		this.#db = db;
		this.#sources = new VirtualSources(db);
	}

	/** @param read tables that the authorizer saw the query read */
	plan(sql: string, params: readonly SqlValue[], read: ReadonlySet<string>): Plan {
		const columns = this.#db.prepareColumns(sql);
		const { tables, always } = this.#tablesOf(read);
		const select = parseSelect(sql);
		const scopes = select ? this.#scopes(select, params, tables) : new Map<string, string>();
		const routed = new Map([...tables].map((table) => [table, scopes.get(table) ?? null]));
		const base = { columns, tables: routed, always };
		const single = select?.rowByRow && select.tables.length === 1 && tables.size === 1 && !always;
		const [table] = tables;
		if (select && single && table !== undefined && table === select.tables[0]?.name.toLowerCase()) {
			const plan = this.#single(select, columns, table);
			if (plan) return { ...base, ...plan };
		}
		return { ...base, sql, key: keyOf(columns), follow: null };
	}

	#single(select: Select, columns: readonly string[], table: string): Pick<Plan, 'sql' | 'key' | 'follow'> | null {
		const rowid = `${quoteName((select.tables[0] as { alias: string }).alias)}.rowid`;
		const where = select.where ? `(${select.where})` : '1';
		const terms = select.terms;
		const backwards = terms?.at(-1)?.descending ? ' DESC' : '';
		const order = `ORDER BY ${select.order ? `${select.order}, ` : ''}${rowid}${backwards}`;
		const build = (extra: readonly string[], rest: string): string =>
			`SELECT ${[select.list, rowid, ...extra].join(', ')} FROM ${select.from} ${rest}`;

		const places = terms && select.plainParams && !select.limit ? this.#places(terms, select, columns, table) : null;
		if (terms && places) {
			const sql = build(places.extra, `WHERE ${where} ${order}`);
			const probe = build(places.extra, `WHERE ${where} AND ${rowid} = ?`);
			if (this.#width(sql) === columns.length + 1 + places.extra.length) {
				return { sql, key: 'rowid', follow: { probe, directions: terms, orderColumns: places.columns } };
			}
		}
		const sql = build([], `WHERE ${where} ${order} ${select.limit ?? ''}`);
		return this.#width(sql) === columns.length + 1 ? { sql, key: 'rowid', follow: null } : null;
	}

	/** Where to find the values of ORDER BY: in the query's own columns or behind them. */
	#places(
		terms: readonly OrderTerm[],
		select: Select,
		columns: readonly string[],
		table: string
	): { columns: number[]; extra: string[] } | null {
		// A column may be declared with a collation; then its order is not that of bytes.
		if (terms.length > 0 && this.#collates(table)) return null;
		const names = columns.map((column) => column.toLowerCase());
		const found: number[] = [];
		const extra: string[] = [];
		for (const { tokens } of terms) {
			const [first] = tokens;
			const named = tokens.length === 1 && first ? names.indexOf(first.value.toLowerCase()) : -1;
			if (tokens.length === 1 && first?.kind === 'number') {
				const position = Number(first.value);
				if (!(Number.isInteger(position) && position >= 1 && position <= columns.length)) return null;
				found.push(position - 1);
			} else if (named >= 0) {
				if (names.lastIndexOf((first as { value: string }).value.toLowerCase()) !== named) return null;
				found.push(named);
			} else {
				// Inside an expression a name may mean a column of the table or one of the list.
				if (tokens.some((token) => select.aliases.has(token.value.toLowerCase()))) return null;
				found.push(columns.length + 1 + extra.length);
				extra.push(`(${tokens.map((token) => token.text).join(' ')})`);
			}
		}
		return { columns: found, extra };
	}

	/** For each table that stands once in FROM, the scope it is bound to. */
	#scopes(select: Select, params: readonly SqlValue[], tables: ReadonlySet<string>): Map<string, string> {
		const scopes = new Map<string, string>();
		const uses = select.tables.map((use) => use.name.toLowerCase());
		// A view would bring tables of its own.
		if ([...tables].some((table) => !uses.includes(table))) return scopes;
		for (const { use, value } of select.routes) {
			const table = use.name.toLowerCase();
			const scope = typeof value === 'string' ? value : params[value.param];
			const once = uses.filter((name) => name === table).length === 1;
			if (typeof scope === 'string' && once && tables.has(table) && this.#scopeIsText(table)) {
				scopes.set(table, scope);
			}
		}
		return scopes;
	}

	#tablesOf(read: ReadonlySet<string>): { tables: Set<string>; always: boolean } {
		const tables = new Set<string>();
		let always = false;
		const virtual = [...read].filter((name) => this.#sources.of(name) !== undefined);
		for (const name of read) {
			const sources = this.#sources.of(name);
			if (sources) {
				for (const source of sources) tables.add(source);
				if (sources.size === 0) always = true;
				continue;
			}
			// What a virtual table keeps its index in changes with the virtual table.
			if (virtual.some((owner) => name.toLowerCase().startsWith(`${owner.toLowerCase()}_`))) continue;
			const type = this.#db.value('SELECT type FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE', [name]);
			if (type === 'table') tables.add(name.toLowerCase());
			else if (name.toLowerCase().startsWith('sqlite_')) always = true;
			// Views name the tables under them too; anything else is a name inside the query.
		}
		return { tables, always };
	}

	/** Width of the result, or 0 if it can not be compiled: there is no rowid, a name means something else. */
	#width(sql: string): number {
		try {
			return this.#db.prepareColumns(sql).length;
		} catch {
			return 0;
		}
	}

	#collates(table: string): boolean {
		return /collate/i.test(this.#ddl(table));
	}

	/** Values of the column compare as the texts they are. */
	#scopeIsText(table: string): boolean {
		const type = this.#db.value("SELECT type FROM pragma_table_xinfo(?) WHERE name = 'scope_id' COLLATE NOCASE", [
			table
		]);
		return typeof type === 'string' && /text/i.test(type) && !/int/i.test(type) && !this.#collates(table);
	}

	#ddl(table: string): string {
		const sql = this.#db.value('SELECT sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE', [table]);
		return typeof sql === 'string' ? sql : '';
	}
}

/** A scope and an id identify a row of a replicated table; so does `id` alone, nearly: equal keys are told apart by order. */
function keyOf(columns: readonly string[]): readonly number[] | 'row' {
	const names = columns.map((column) => column.toLowerCase());
	const at = (name: string): number => (names.indexOf(name) === names.lastIndexOf(name) ? names.indexOf(name) : -1);
	const [scope, id] = [at('scope_id'), at('id')];
	if (id < 0) return 'row';
	return scope < 0 ? [id] : [scope, id];
}
