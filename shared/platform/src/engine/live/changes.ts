/**
 * Which rows a transaction changed: TEMP triggers on every watched table tell a function of ours the rowid and the
 * scope before and after. They fire for SQL, for merges and for texts written into their columns alike.
 *
 * REPLACE deletes rows without firing delete triggers (unless triggers may recurse, which would break those of
 * cr-sqlite), so a trigger before each insert reports the rows that a unique index would make give way. A row that is
 * reported without having changed costs one look; one that is not reported would stay on screen.
 */

import type { Database, SqlValue } from '../sqlite.ts';
import { GUARD_PREFIX } from '../guards.ts';
import { quoteName } from '../sql-tokens.ts';

export type RowId = number | bigint;

/** What happened to one table since the last commit. */
export class TableChanges {
	readonly rows = new Set<RowId>();
	readonly byScope = new Map<SqlValue, Set<RowId>>();
	/** Rows changed that can not be named. */
	all = false;

	add(rowid: RowId, scope: SqlValue): void {
		this.rows.add(rowid);
		if (scope === null) return;
		const rows = this.byScope.get(scope);
		if (rows) rows.add(rowid);
		else this.byScope.set(scope, new Set([rowid]));
	}
}

export class ChangeTracker {
	readonly #db: Database;
	readonly #tracked = new Map<string, { sql: string; scoped: boolean }>();
	#pending = new Map<string, TableChanges>();
	/** A rollback takes triggers back that were made inside the transaction. */
	#uncertain = false;

	constructor(db: Database) {
		this.#db = db;
		db.createFunction(
			'slf_live_changed',
			4,
			(table, rowid, before, after) => this.#changed(table, rowid, before, after),
			{
				internal: true
			}
		);
	}

	/** Puts triggers on a table. Returns false if none can stand there. */
	track(table: string): boolean {
		const key = table.toLowerCase();
		if (this.#tracked.has(key)) return true;
		const shape = this.#db.all('SELECT name FROM pragma_table_xinfo(?)', [table]).map(([name]) => name as string);
		const names = new Set(shape.map((name) => name.toLowerCase()));
		if (shape.length === 0 || names.has('rowid')) return false;
		const scoped = names.has('scope_id');
		const hasRowId = this.#hasRowId(table);
		const sql = this.#triggers(table, scoped, hasRowId);
		this.#db.exec(sql);
		if (this.#db.inTransaction) this.#uncertain = true;
		this.#tracked.set(key, { sql, scoped });
		return true;
	}

	/** Reports a change that SQLite does not see: a value that is not stored. */
	touch(table: string, rowid: RowId, scope: string): void {
		if (this.#tracked.has(table.toLowerCase())) this.#of(table.toLowerCase()).add(rowid, scope);
	}

	/** Everything since the last call, by table name in lower case. */
	take(): Map<string, TableChanges> {
		const taken = this.#pending;
		this.#pending = new Map();
		this.#uncertain = false;
		return taken;
	}

	discard(): void {
		this.#pending = new Map();
		if (!this.#uncertain) return;
		this.#uncertain = false;
		for (const { sql } of this.#tracked.values()) this.#db.exec(sql);
	}

	#changed(table: SqlValue, rowid: SqlValue, before: SqlValue, after: SqlValue): null {
		const changes = this.#of(table as string);
		if (rowid === null) {
			changes.all = true;
		} else {
			changes.add(rowid as RowId, before);
			changes.add(rowid as RowId, after);
		}
		return null;
	}

	#of(key: string): TableChanges {
		let changes = this.#pending.get(key);
		if (!changes) this.#pending.set(key, (changes = new TableChanges()));
		return changes;
	}

	#hasRowId(table: string): boolean {
		try {
			this.#db.prepareColumns(`SELECT rowid FROM main.${quoteName(table)}`);
			return true;
		} catch {
			return false;
		}
	}

	#triggers(table: string, scoped: boolean, hasRowId: boolean): string {
		const key = table.toLowerCase();
		const on = `ON main.${quoteName(table)}`;
		const name = (event: string): string =>
			`CREATE TEMP TRIGGER IF NOT EXISTS ${quoteName(`${GUARD_PREFIX}live_${key}_${event}`)}`;
		const call = (row: string, before: string, after: string): string => {
			const scope = (of: string): string => (scoped && of ? `${of}.scope_id` : 'NULL');
			const rowid = hasRowId ? `${row}.rowid` : 'NULL';
			return `SELECT slf_live_changed('${key.replaceAll("'", "''")}', ${rowid}, ${scope(before)}, ${scope(after)})`;
		};
		const triggers = [
			`${name('insert')} AFTER INSERT ${on} BEGIN ${call('new', '', 'new')}; END;`,
			`${name('update')} AFTER UPDATE ${on} BEGIN ${call('new', 'old', 'new')}; ${
				hasRowId
					? `SELECT slf_live_changed('${key}', old.rowid, ${scoped ? 'old.scope_id' : 'NULL'}, NULL) WHERE old.rowid <> new.rowid;`
					: ''
			} END;`,
			`${name('delete')} AFTER DELETE ${on} BEGIN ${call('old', 'old', '')}; END;`
		];
		const unique = this.#uniqueKeys(table);
		if (unique.length > 0 && hasRowId) {
			const giving = (more: string): string =>
				unique
					.map((columns) => {
						const same = columns.map((column) => `t.${quoteName(column)} = new.${quoteName(column)}`).join(' AND ');
						return `${call('t', 't', '')} FROM main.${quoteName(table)} AS t WHERE ${same}${more};`;
					})
					.join(' ');
			const columns = [...new Set(unique.flat())].map(quoteName).join(', ');
			triggers.push(
				`${name('before_insert')} BEFORE INSERT ${on} BEGIN ${giving('')} END;`,
				`${name('before_update')} BEFORE UPDATE OF ${columns} ${on} BEGIN ${giving(' AND t.rowid <> old.rowid')} END;`
			);
		}
		return triggers.join('\n');
	}

	/** The columns of each unique index. One over expressions can not be looked up; such a row would need a full run. */
	#uniqueKeys(table: string): string[][] {
		const indexes = this.#db.all('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1', [table]);
		const keys: string[][] = [];
		for (const [index] of indexes) {
			const columns = this.#db.all('SELECT name FROM pragma_index_xinfo(?) WHERE key = 1', [index as string]);
			if (columns.every(([column]) => column !== null)) keys.push(columns.map(([column]) => column as string));
		}
		return keys;
	}
}
