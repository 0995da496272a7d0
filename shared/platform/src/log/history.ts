/**
 * Who wrote what into a row: every value that its cells had, the losers of concurrent writes among them.
 *
 * The log is the history; beside it stands an index, for the tables whose schema says `crsql_history`: which record changed
 * which row (slf_history). It is filled in the transaction that puts a batch into the tables. slf_history_tables lists the
 * tables whose index is complete: one that is not there yet is indexed from the log at opening, one that the schema no
 * longer names is dropped.
 */
import type { Hex } from '../access/operation.ts';
import type { DeclaredTable, Declaration } from '../access/policy.ts';
import { isReplicatedCell } from '../access/verdict.ts';
import { toHex } from '../crypto/bytes.ts';
import type { Schema } from '../engine/schema.ts';
import type { Database, SqlValue } from '../engine/sqlite.ts';
import { decodeBatch, type BatchBody, type Change } from '../protocol/batch.ts';
import { PlatformError } from '../protocol/errors.ts';
import { recordHeader } from '../protocol/record.ts';
import type { HistoryEntry } from '../protocol/shapes.ts';
import { quoted, SENTINEL } from './changes.ts';
import { openRecord } from './open-record.ts';
import type { RecordStore } from './record-store.ts';
import type { ScopeRegistry } from './scope-registry.ts';
import type { Scope } from './scope.ts';
import { RecordState } from './tables.ts';

/** A time that lies further ahead than this is shown as now and this. */
const MOST_AHEAD = 5 * 60_000;

export interface HistoryOptions {
	db: Database;
	records: RecordStore;
	scopes: ScopeRegistry;
	schema: Schema;
	/** Of this device's person. */
	identity: Hex;
	clock: () => number;
}

interface Written {
	entry: Omit<HistoryEntry, 'current'>;
	version: number;
	causalLength: number;
	/** Author and place in its chain: to tell apart what is otherwise equal, on every device alike. */
	order: string;
}

export class History {
	readonly #options: HistoryOptions;
	readonly #declaration: Declaration;
	/** Number of each table that has an index. */
	readonly #tables = new Map<string, number>();

	constructor(options: HistoryOptions) {
		this.#options = options;
		this.#declaration = options.schema.declaration;
		options.db.transaction(() => this.#prepare());
	}

	/** A record changed these cells. Inside the transaction that changes them. */
	add(scope: Scope, record: number, changes: readonly Change[], only?: ReadonlySet<string>): void {
		if (this.#tables.size === 0) return;
		const sql = 'INSERT OR IGNORE INTO slf_history (tbl, scope, row, record) VALUES (?, ?, ?, ?)';
		let before = '';
		for (const [table, id] of changes) {
			const n = this.#tables.get(table);
			// The changes of a row mostly stand together.
			if (n === undefined || (only && !only.has(table)) || before === `${table}\0${id}`) continue;
			before = `${table}\0${id}`;
			this.#options.db.run(sql, [n, scope.row.n, id, record]);
		}
	}

	/** Everything that was written into a row, newest first. Throws PlatformError NO_HISTORY. */
	of(scope: Scope, table: string, id: string): HistoryEntry[] {
		const n = this.#tables.get(table);
		if (n === undefined) {
			const sentence = `"${table}" keeps no history. Write in the schema: SELECT crsql_history('${table}');`;
			throw new PlatformError('NO_HISTORY', sentence, { table });
		}
		const sql = 'SELECT record FROM slf_history WHERE tbl = ? AND scope = ? AND row = ?';
		const written = this.#options.db
			.all(sql, [n, scope.row.n, id])
			.flatMap(([record]) => this.#read(scope, Number(record), table, id));
		written.sort(newestFirst);
		const isCurrent = this.#present(scope, this.#declaration.get(table)!, id);
		return written.map((one) => ({ ...one.entry, current: isCurrent(one) }));
	}

	#prepare(): void {
		const { db, schema, scopes } = this.#options;
		const wanted = new Set(schema.tables.filter(({ history }) => history).map(({ name }) => name));
		for (const [n, name] of db.all('SELECT n, name FROM slf_history_tables') as [number, string][]) {
			if (wanted.delete(name)) this.#tables.set(name, n);
			else {
				db.run('DELETE FROM slf_history WHERE tbl = ?', [n]);
				db.run('DELETE FROM slf_history_tables WHERE n = ?', [n]);
			}
		}
		if (wanted.size === 0) return;
		for (const name of wanted) {
			db.run('INSERT INTO slf_history_tables (name) VALUES (?)', [name]);
			this.#tables.set(name, Number(db.value('SELECT last_insert_rowid()')));
		}
		for (const scope of scopes.all()) this.#indexAll(scope, wanted);
	}

	#indexAll(scope: Scope, tables: ReadonlySet<string>): void {
		for (const record of this.#options.records.numbersIn(scope.row.n, 'data', RecordState.APPLIED)) {
			const body = this.#open(scope, record)?.body;
			if (body) this.add(scope, record, body.changes, tables);
		}
	}

	#open(scope: Scope, record: number): { body: BatchBody; author: Hex; seq: number } | undefined {
		const { header, ciphertext } = recordHeader(this.#options.records.byNumber(record)!.bytes);
		const opened = openRecord(scope, { header, ciphertext });
		if (opened.status !== 'open') return undefined;
		return { body: decodeBatch(opened.content), author: toHex(header.author), seq: header.seq };
	}

	#read(scope: Scope, record: number, table: string, id: string): Written[] {
		const opened = this.#open(scope, record);
		if (!opened) return [];
		const { body, author, seq } = opened;
		const binding = scope.access.bindingOf(author);
		const { identity, clock } = this.#options;
		const shared = {
			time: Math.min(body.time, clock() + MOST_AHEAD),
			author: binding?.identity ?? '',
			name: (binding && scope.names.get(binding.identity)) ?? '',
			deviceId: binding?.device ?? '',
			device: (binding && scope.deviceNames.get(binding.device)) ?? '',
			own: binding?.identity === identity
		};
		return body.changes
			.filter(([of, row, column, , , length]) => of === table && row === id && (column !== '' || length % 2 === 0))
			.map(([, , column, value, version, causalLength]) => ({
				entry: { column, value, ...shared },
				version,
				causalLength,
				order: `${author} ${String(seq).padStart(16, '0')}`
			}));
	}

	/** Tells which of the written values stands in its cell now: at most one for each. */
	#present(scope: Scope, table: DeclaredTable, id: string): (written: Written) => boolean {
		const { db } = this.#options;
		const place = [scope.row.name, id];
		const clock = quoted(`${table.name}__crsql_clock`);
		const keys = quoted(`${table.name}__crsql_pks`);
		const versions = new Map(
			db.all(
				`SELECT c.col_name, c.col_version FROM ${clock} c JOIN ${keys} k ON k.__crsql_key = c.key
					WHERE k.scope_id = ? AND k.id = ?`,
				place
			) as [string, number][]
		);
		const causalLength = versions.get(SENTINEL) ?? 1;
		const columns = table.columns.filter(isReplicatedCell).map(({ name }) => name);
		const list = columns.map((name) => `, ${quoted(name)}`).join('');
		const row = db.get(`SELECT 1${list} FROM ${quoted(table.name)} WHERE scope_id = ? AND id = ?`, place);
		const values = new Map(columns.map((name, index) => [name, row?.[index + 1] ?? null]));
		const found = new Set<string>();
		return ({ entry: { column, value }, version, causalLength: length }) => {
			const isNow =
				length === causalLength &&
				!found.has(column) &&
				(column === '' || (versions.get(column) === version && isSame(values.get(column)!, value)));
			if (isNow) found.add(column);
			return isNow;
		};
	}
}

function newestFirst(a: Written, b: Written): number {
	return (
		b.entry.time - a.entry.time ||
		b.causalLength - a.causalLength ||
		b.version - a.version ||
		(a.order < b.order ? 1 : a.order > b.order ? -1 : 0) ||
		(a.entry.column < b.entry.column ? -1 : 1)
	);
}

function isSame(a: SqlValue, b: SqlValue): boolean {
	if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
	return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
