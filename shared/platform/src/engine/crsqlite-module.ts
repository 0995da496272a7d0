// What engine/ uses of the emscripten module in @vlcn.io/wa-sqlite/dist/crsqlite-sync.mjs (its own types cover only the
// asynchronous API). A 64-bit integer crosses as two signed 32-bit halves: arguments as (low, high), a result as low with
// the high half in getTempRet0().

/** Pointer into the module's heap, or a handle that SQLite gave us. */
type Pointer = number;

export interface SqliteModule {
	HEAPU8: Uint8Array<ArrayBuffer>;
	HEAPU32: Uint32Array<ArrayBuffer>;
	UTF8ToString(pointer: Pointer): string;
	getTempRet0(): number;

	_malloc(size: number): Pointer;
	_free(pointer: Pointer): void;
	_sqlite3_malloc(size: number): Pointer;
	_sqlite3_free(pointer: Pointer): void;
	_getSqliteFree(): Pointer;

	_sqlite3_open_v2(name: Pointer, out: Pointer, flags: number, vfs: Pointer): number;
	_RegisterExtensionFunctions(db: Pointer): void;
	_sqlite3_close(db: Pointer): number;
	_sqlite3_errmsg(db: Pointer): Pointer;
	_sqlite3_changes(db: Pointer): number;
	_sqlite3_get_autocommit(db: Pointer): number;
	_sqlite3_limit(db: Pointer, id: number, value: number): number;

	_sqlite3_prepare_v2(db: Pointer, sql: Pointer, length: number, out: Pointer, tail: Pointer): number;
	_sqlite3_step(statement: Pointer): number;
	_sqlite3_reset(statement: Pointer): number;
	_sqlite3_finalize(statement: Pointer): number;
	_sqlite3_clear_bindings(statement: Pointer): number;

	_sqlite3_bind_parameter_count(statement: Pointer): number;
	_sqlite3_bind_null(statement: Pointer, index: number): number;
	_sqlite3_bind_int(statement: Pointer, index: number, value: number): number;
	_sqlite3_bind_int64(statement: Pointer, index: number, low: number, high: number): number;
	_sqlite3_bind_double(statement: Pointer, index: number, value: number): number;
	_sqlite3_bind_text(statement: Pointer, index: number, text: Pointer, length: number, free: Pointer): number;
	_sqlite3_bind_blob(statement: Pointer, index: number, bytes: Pointer, length: number, free: Pointer): number;

	_sqlite3_column_count(statement: Pointer): number;
	_sqlite3_column_name(statement: Pointer, column: number): Pointer;
	_sqlite3_column_type(statement: Pointer, column: number): number;
	_sqlite3_column_int64(statement: Pointer, column: number): number;
	_sqlite3_column_double(statement: Pointer, column: number): number;
	_sqlite3_column_text(statement: Pointer, column: number): Pointer;
	_sqlite3_column_blob(statement: Pointer, column: number): Pointer;
	_sqlite3_column_bytes(statement: Pointer, column: number): number;

	_sqlite3_value_type(value: Pointer): number;
	_sqlite3_value_int64(value: Pointer): number;
	_sqlite3_value_double(value: Pointer): number;
	_sqlite3_value_text(value: Pointer): Pointer;
	_sqlite3_value_blob(value: Pointer): Pointer;
	_sqlite3_value_bytes(value: Pointer): number;

	_sqlite3_result_null(context: Pointer): void;
	_sqlite3_result_int64(context: Pointer, low: number, high: number): void;
	_sqlite3_result_double(context: Pointer, value: number): void;
	_sqlite3_result_text(context: Pointer, text: Pointer, length: number, free: Pointer): void;
	_sqlite3_result_blob(context: Pointer, bytes: Pointer, length: number, free: Pointer): void;
	_sqlite3_result_error(context: Pointer, text: Pointer, length: number): void;

	createFunction(
		db: Pointer,
		name: string,
		argc: number,
		flags: number,
		data: number,
		fn: (context: Pointer, values: Uint32Array) => void
	): number;
	setAuthorizer(
		db: Pointer,
		fn:
			| ((
					data: unknown,
					action: number,
					a: string | null,
					b: string | null,
					database: string | null,
					trigger: string | null
			  ) => number)
			| null,
		data?: unknown
	): number;
	updateHook(db: Pointer, fn: (action: number, database: string, table: string, rowid: bigint) => void): void;
	progressHandler(db: Pointer, steps: number, fn: ((data: unknown) => number) | null, data?: unknown): void;
	registerVFS(vfs: { name: string }, makeDefault: boolean): Pointer;
}
