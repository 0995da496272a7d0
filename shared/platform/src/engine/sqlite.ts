// The synchronous binding to SQLite with cr-sqlite (crsqlite-sync.wasm): prepare, bind, step, functions, authorizer.
//
// Written instead of the package's own API because that one awaits every step, binds integers beyond 2^31 as REAL, cuts
// text at NUL and lets an exception in a function unwind through wasm. Invariants here:
// - integers cross exactly: |n| < 2^53 as number, beyond as bigint, both ways;
// - text keeps NUL and a leading byte order mark;
// - whatever a JS callback throws is held beside the connection while SQLite unwinds, and is thrown again, the same
//   object, from the call that failed (SQLite can only carry a text, and merges lose even that);
// - a statement is compiled once and reused; it is out of the cache while it runs, so a function may run the same SQL.
import type { SqliteModule } from './crsqlite-module.ts';
import { PlatformError } from '../protocol/errors.ts';
import { SQLITE, sqliteError } from './sqlite-error.ts';
import { readValue, setResult, type SqlParams, type SqlValue } from './sqlite-values.ts';
import { Statement } from './statement.ts';

export type { SqlParams, SqlValue } from './sqlite-values.ts';
export type { Statement } from './statement.ts';

export interface QueryResult {
	columns: string[];
	rows: SqlValue[][];
}
/** Arguments as in sqlite3_set_authorizer; answers 0 (allow), 1 (deny) or 2 (ignore). */
export type Authorizer = (
	action: number,
	a: string | null,
	b: string | null,
	database: string | null,
	trigger: string | null
) => number;
export interface FunctionOptions {
	/** Same arguments, same result: may be used in generated columns and hoisted out of loops. */
	deterministic?: boolean;
	/** Apps may not call it by name; triggers and generated columns may. */
	internal?: boolean;
	/** Only statements may call it, not triggers, views or generated columns. */
	direct?: boolean;
}

const OPEN_FLAGS = 0x02 | 0x04 | 0x40; // READWRITE | CREATE | URI
const UTF8_FUNCTION = 1;
const DETERMINISTIC = 0x800;
const DIRECT_ONLY = 0x80000;
const CACHED_STATEMENTS = 200;
const encoder = new TextEncoder();

/** One connection. Every call is synchronous; failures are PlatformErrors without values of parameters. */
export class Database {
	/** Names of functions that only the engine's own SQL may call (the authorizer reads it). */
	readonly internalFunctions = new Set<string>();
	readonly #functions = new Set<string>();
	readonly #module: SqliteModule;
	readonly #db: number;
	readonly #out: number;
	/** Apart, so that an app never gets a statement that was compiled with the engine's rights. */
	readonly #engineCache = new Map<string, Statement>();
	readonly #appCache = new Map<string, Statement>();
	#appMode = false;
	#compiling = false;
	readonly #storeError: () => unknown;
	#thrown: unknown;
	#closed = false;
	/** Runs after SQLite let go of the file: whoever opened the store closes it here. */
	onClose: (() => void) | undefined;
	/** Sees the text of an app's statement before it is compiled; throws to refuse it. */
	beforeAppPrepare: ((sql: string) => void) | undefined;

	/**
	 * @param filename ':memory:', or a name that was mounted in the VFS
	 * @param storeError takes the error behind the last I/O failure; it is thrown in place of SQLite's "disk I/O error"
	 */
	constructor(
		module: SqliteModule,
		filename: string,
		{ vfs, storeError }: { vfs?: string; storeError?: () => unknown } = {}
	) {
		this.#module = module;
		this.#storeError = storeError ?? (() => undefined);
		this.#out = module._malloc(16);
		const name = this.#cString(filename);
		const vfsName = vfs ? this.#cString(vfs) : 0;
		const resultCode = module._sqlite3_open_v2(name, this.#out, OPEN_FLAGS, vfsName);
		this.#db = module.HEAPU32[this.#out >> 2]!;
		module._sqlite3_free(name);
		if (vfsName) module._sqlite3_free(vfsName);
		if (resultCode !== SQLITE.OK) {
			const error = this.#failure(resultCode, '');
			module._sqlite3_close(this.#db);
			module._free(this.#out);
			throw error;
		}
		module._RegisterExtensionFunctions(this.#db);
	}

	/** Runs any number of statements; takes no parameters. */
	exec(sql: string): void {
		refuseNul(sql);
		if (this.#appMode) this.beforeAppPrepare?.(sql);
		const module = this.#module;
		const text = this.#cString(sql);
		try {
			let at = text;
			for (;;) {
				const { statement, tail } = this.#compile(at, sql);
				if (statement === 0) return;
				at = tail;
				const compiled = new Statement(this, module, statement, sql);
				try {
					compiled.run();
				} finally {
					compiled.finalize();
				}
			}
		} finally {
			module._sqlite3_free(text);
		}
	}

	/** Runs one statement to its end; rows it yields are dropped. */
	run(sql: string, params?: SqlParams): void {
		this.#use(sql, (statement) => statement.run(params));
	}

	/** All rows of one statement, values in column order. */
	all(sql: string, params?: SqlParams): SqlValue[][] {
		return this.#use(sql, (statement) => statement.all(params));
	}

	/** The first row, or undefined. */
	get(sql: string, params?: SqlParams): SqlValue[] | undefined {
		return this.all(sql, params)[0];
	}

	/** The first value of the first row, or undefined where there is no row. */
	value(sql: string, params?: SqlParams): SqlValue | undefined {
		return this.get(sql, params)?.[0];
	}

	/** Rows with their column names, in one go. */
	query(sql: string, params?: SqlParams): QueryResult {
		return this.#use(sql, (statement) => {
			const rows = statement.all(params);
			return { columns: statement.columns(), rows };
		});
	}

	/** Column names of a statement without running it; empty for one that yields no rows. */
	prepareColumns(sql: string): string[] {
		return this.#use(sql, (statement) => statement.columns());
	}

	/** A statement of one's own, outside the cache. The caller finalizes it. */
	prepare(sql: string): Statement {
		refuseNul(sql);
		if (this.#appMode) this.beforeAppPrepare?.(sql);
		const module = this.#module;
		const text = this.#cString(sql);
		try {
			const { statement, tail } = this.#compile(text, sql);
			if (statement === 0) throw new PlatformError('SQL', 'the statement is empty');
			if (this.#hasMore(tail)) {
				module._sqlite3_finalize(statement);
				throw new PlatformError('SQL', 'one statement at a time: there is more after the first one');
			}
			return new Statement(this, module, statement, sql);
		} finally {
			module._sqlite3_free(text);
		}
	}

	/**
	 * BEGIN IMMEDIATE, fn, COMMIT; rolled back when fn or COMMIT throws. Inside an open transaction a savepoint takes its
	 * place, so that an inner failure undoes the inner part only.
	 */
	transaction<T>(fn: () => T): T {
		const inner = this.inTransaction;
		this.run(inner ? 'SAVEPOINT slf_inner' : 'BEGIN IMMEDIATE');
		try {
			const result = fn();
			this.run(inner ? 'RELEASE slf_inner' : 'COMMIT');
			return result;
		} catch (error) {
			// SQLite ends a transaction by itself on some errors (full disk, I/O).
			if (this.inTransaction) {
				if (inner) this.exec('ROLLBACK TO slf_inner; RELEASE slf_inner');
				else this.run('ROLLBACK');
			}
			throw error;
		}
	}

	get inTransaction(): boolean {
		return this.#module._sqlite3_get_autocommit(this.#db) === 0;
	}

	/** Rows changed by the last INSERT, UPDATE or DELETE. */
	changes(): number {
		return this.#module._sqlite3_changes(this.#db);
	}

	/** Rows changed since the connection was opened, those of triggers and merges included. */
	get totalChanges(): number {
		return Number(this.value('SELECT total_changes()'));
	}

	/**
	 * Registers an SQL function. It returns a value of a column (booleans become 0 and 1). What it throws reaches the
	 * caller of the statement as the same object.
	 */
	createFunction(
		name: string,
		argc: number,
		fn: (...args: SqlValue[]) => SqlValue | boolean | undefined,
		{ deterministic = false, internal = false, direct = false }: FunctionOptions = {}
	): void {
		const module = this.#module;
		const flags = UTF8_FUNCTION | (deterministic ? DETERMINISTIC : 0) | (direct ? DIRECT_ONLY : 0);
		const resultCode = module.createFunction(this.#db, name, argc, flags, 0, (context, pointers) => {
			try {
				const args: SqlValue[] = [];
				// Copied first: the array is a view on a heap that moves when it grows.
				for (const pointer of Array.from(pointers)) args.push(readValue(module, pointer));
				setResult(
					module,
					context,
					this.#inMode(false, () => fn(...args))
				);
			} catch (error) {
				this.#thrown = error;
				const text = this.#cString(`${name} failed`);
				module._sqlite3_result_error(context, text, -1);
				module._sqlite3_free(text);
			}
		});
		if (resultCode !== SQLITE.OK) throw this.#failure(resultCode, '');
		this.#functions.add(name.toLowerCase());
		if (internal) this.internalFunctions.add(name.toLowerCase());
	}

	/** Whether createFunction was called for this name. */
	hasFunction(name: string): boolean {
		return this.#functions.has(name.toLowerCase());
	}

	/**
	 * One authorizer for the connection, asked while statements are compiled. Setting it makes SQLite compile every
	 * statement anew: set it once and switch inside (authorizer.ts). What it throws reaches the caller.
	 */
	setAuthorizer(fn: Authorizer | undefined): void {
		const guarded =
			fn &&
			((
				_: unknown,
				action: number,
				a: string | null,
				b: string | null,
				database: string | null,
				trigger: string | null
			) => {
				try {
					return fn(action, a, b, database, trigger);
				} catch (error) {
					this.#thrown = error;
					return 1;
				}
			});
		this.#module.setAuthorizer(this.#db, guarded ?? null);
	}

	/** Told of every row written: action 18 insert, 23 update, 9 delete. The rowid is exact. */
	setUpdateHook(fn: (action: number, table: string, rowid: bigint) => void): void {
		this.#module.updateHook(this.#db, (action, _database, table, rowid) => {
			try {
				this.#inMode(false, () => fn(action, table, rowid));
			} catch (error) {
				this.#thrown = error;
			}
		});
	}

	/** Asked every `steps` virtual machine steps; true interrupts the statement with code 'INTERRUPTED'. */
	setProgressHandler(steps: number, fn: (() => boolean) | undefined): void {
		this.#module.progressHandler(this.#db, steps, fn ? () => (fn() ? 1 : 0) : null);
	}

	/** Statements compiled within `fn` are an app's: the authorizer checks them. Functions they call run as the engine. */
	asApp<T>(fn: () => T): T {
		return this.#inMode(true, fn);
	}

	/** The engine's own statements, in the midst of an app's. */
	asEngine<T>(fn: () => T): T {
		return this.#inMode(false, fn);
	}

	/** Whether SQL of an app is being compiled at this moment, rather than SQL that the engine or an extension prepares. */
	get compilingForApp(): boolean {
		return this.#appMode && this.#compiling;
	}

	/** Forgets compiled statements. Call after a migration: their column lists are those of the old tables. */
	clearStatements(): void {
		for (const cache of [this.#engineCache, this.#appCache]) {
			for (const statement of cache.values()) statement.finalize();
			cache.clear();
		}
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		let failure: unknown;
		try {
			if (this.inTransaction) this.exec('ROLLBACK');
			this.exec('SELECT crsql_finalize()'); // cr-sqlite keeps statements of its own
		} catch (error) {
			failure = error;
		}
		this.clearStatements();
		const resultCode = this.#module._sqlite3_close(this.#db);
		this.#module._free(this.#out);
		this.onClose?.();
		if (failure !== undefined) throw failure;
		if (resultCode !== SQLITE.OK) throw new PlatformError('SQL', 'the database still has open statements');
	}

	/** For Statement: forget what an earlier callback threw. */
	forgetThrown(): void {
		this.#thrown = undefined;
	}

	/** For Statement: the error behind a result code. */
	failure(resultCode: number, sql: string): unknown {
		return this.#failure(resultCode, sql);
	}

	#failure(resultCode: number, sql: string): unknown {
		const thrown = this.#thrown;
		this.#thrown = undefined;
		if (thrown !== undefined) return thrown;
		const primary = resultCode & 0xff;
		if (primary === SQLITE.IOERR || primary === SQLITE.FULL || primary === SQLITE.CANTOPEN) {
			const cause = this.#storeError();
			if (cause !== undefined) return cause;
		}
		return sqliteError(resultCode, this.#module.UTF8ToString(this.#module._sqlite3_errmsg(this.#db)), sql);
	}

	#inMode<T>(appMode: boolean, fn: () => T): T {
		const [outerMode, outerCompiling] = [this.#appMode, this.#compiling];
		this.#appMode = appMode;
		this.#compiling = false;
		try {
			return fn();
		} finally {
			this.#appMode = outerMode;
			this.#compiling = outerCompiling;
		}
	}

	#use<T>(sql: string, fn: (statement: Statement) => T): T {
		const cache = this.#appMode ? this.#appCache : this.#engineCache;
		let statement = cache.get(sql);
		if (statement) cache.delete(sql);
		else statement = this.prepare(sql);
		try {
			return fn(statement);
		} finally {
			this.#keep(cache, sql, statement);
		}
	}

	#keep(cache: Map<string, Statement>, sql: string, statement: Statement): void {
		if (this.#closed || cache.has(sql)) {
			statement.finalize();
			return;
		}
		cache.set(sql, statement);
		if (cache.size > CACHED_STATEMENTS) {
			const [oldest, unused] = cache.entries().next().value!;
			cache.delete(oldest);
			unused.finalize();
		}
	}

	#compile(at: number, sql: string): { statement: number; tail: number } {
		const module = this.#module;
		this.#thrown = undefined;
		this.#compiling = true;
		const resultCode = module._sqlite3_prepare_v2(this.#db, at, -1, this.#out, this.#out + 4);
		this.#compiling = false;
		const statement = module.HEAPU32[this.#out >> 2]!;
		const tail = module.HEAPU32[(this.#out + 4) >> 2]!;
		if (resultCode !== SQLITE.OK) throw this.#failure(resultCode, sql);
		return { statement, tail };
	}

	/** Whether another statement follows; comments and semicolons do not count. */
	#hasMore(tail: number): boolean {
		const module = this.#module;
		if (module.HEAPU8[tail] === 0) return false;
		const resultCode = module._sqlite3_prepare_v2(this.#db, tail, -1, this.#out, 0);
		const statement = module.HEAPU32[this.#out >> 2]!;
		if (statement !== 0) module._sqlite3_finalize(statement);
		return resultCode !== SQLITE.OK || statement !== 0;
	}

	#cString(text: string): number {
		const bytes = encoder.encode(text);
		const pointer = this.#module._sqlite3_malloc(bytes.length + 1) >>> 0;
		this.#module.HEAPU8.set(bytes, pointer);
		this.#module.HEAPU8[pointer + bytes.length] = 0;
		return pointer;
	}
}

function refuseNul(sql: string): void {
	const position = sql.indexOf('\0');
	if (position >= 0) throw new PlatformError('SQL', 'the statement contains a NUL character', { position });
}
