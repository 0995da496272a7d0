// What SQL of an app may do, decided while it is compiled.
//
// Setting an authorizer makes SQLite compile every statement anew, so one is installed once and consults a flag. It speaks
// only while an app's own text is compiled: what cr-sqlite, FTS5 and the engine prepare by themselves while that statement
// runs is not the app's. Statements of apps and of the engine are cached apart (sqlite.ts).
//
// Within our guards and cr-sqlite's triggers everything is allowed; SQLite tells their name. But it tells the name of a
// subquery in the same place, and an app chooses that: WITH "x__crsql_utrig" AS (SELECT crsql_internal_sync_bit(1)) would
// pass for a trigger. Therefore an app's text must not contain such a name at all, not even in a literal.
import { PlatformError, type ErrorPlace } from '../protocol/errors.ts';
import { GUARD_PREFIX } from './guards.ts';
import { isReservedName } from './schema-types.ts';
import type { Database } from './sqlite.ts';

/** What a statement touches. Names as in the schema, without aliases; what guards and cr-sqlite touch is left out. */
export interface Dependencies {
	/** Tables, virtual tables and views read or written. */
	tables: Set<string>;
	writes: Set<string>;
	/** Columns read, as `table.column`. */
	columns: Set<string>;
}

export interface AuthorizedSql {
	/** Runs `fn` with the rights of an app. */
	forApp<T>(fn: () => T): T;
	/** Compiles a statement of an app without running it. */
	dependenciesOf(sql: string): Dependencies;
}

const ACTION = {
	DELETE: 9,
	INSERT: 18,
	PRAGMA: 19,
	READ: 20,
	SELECT: 21,
	TRANSACTION: 22,
	UPDATE: 23,
	ATTACH: 24,
	DETACH: 25,
	FUNCTION: 31,
	SAVEPOINT: 32,
	RECURSIVE: 33
} as const;

const TRUSTED = new RegExp(`^(?:${GUARD_PREFIX}.*|.*__crsql_[iud]trig)$`);
const HIDDEN_NAME = /__crsql_|(?<![A-Za-z0-9$])slf_/i;
const VACUUM = /^(?:[\s;\uFEFF]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*VACUUM(?![\w$])/i;
/** Functions of cr-sqlite that only compute. */
const PURE_FUNCTIONS = new Set(['crsql_fract_key_between']);
const READABLE_SYSTEM_TABLES = /^sqlite_(?:temp_)?(?:master|schema)$/i;
const OTHER_SYSTEM_TABLES = /^(?:sqlite_|crsql|slf_|vault_|dbstat$|bytecode$|tables_used$|fts5vocab$)|__crsql_/i;
/** Pragmas that only tell, however they are called. */
const TELLING = new Set(
	(
		'table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check ' +
		'integrity_check quick_check compile_options function_list module_list pragma_list collation_list database_list'
	).split(' ')
);
/** Pragmas that tell when they are given no value. */
const TELLING_WITHOUT_VALUE = new Set(
	'user_version schema_version page_count page_size freelist_count encoding data_version application_id'.split(' ')
);
const SHADOWS = ['data', 'idx', 'content', 'docsize', 'config'];

export function installAuthorizer(db: Database): AuthorizedSql {
	let collecting: Dependencies | undefined;
	let names = { version: undefined as unknown, known: new Set<string>(), shadows: new Set<string>() };

	const refresh = () => {
		const version = db.value('PRAGMA schema_version');
		if (version !== names.version) names = { version, ...namesOf(db) };
	};

	db.beforeAppPrepare = (sql) => {
		const hidden = HIDDEN_NAME.exec(sql);
		if (hidden)
			throw forbidden(
				'names of the platform itself (slf_..., __crsql_...) cannot stand in a statement, nor in its texts: bind those as parameters',
				{
					position: hidden.index
				}
			);
		// VACUUM is the one statement that is not authorized until it runs.
		if (VACUUM.test(sql)) throw forbidden('the database is tidied up by the platform, not by VACUUM');
		db.asEngine(refresh);
	};

	// cr-sqlite prepares statements of its own when this table is first named; here nothing is checked yet.
	db.prepareColumns('SELECT * FROM crsql_changes');
	refresh();

	db.setAuthorizer((action, a, b, _database, context) => {
		if (!db.compilingForApp) return 0;
		if (context !== null && TRUSTED.test(context)) return 0;
		if (collecting) collect(collecting, names.known, action, a, b);
		check(db, names.shadows, action, a ?? '', b ?? '');
		return 0;
	});

	return {
		forApp: (fn) => db.asApp(fn),
		dependenciesOf(sql) {
			const outer = collecting;
			const found: Dependencies = { tables: new Set(), writes: new Set(), columns: new Set() };
			try {
				db.asApp(() => {
					collecting = found;
					db.prepare(sql).finalize();
				});
			} finally {
				collecting = outer;
			}
			return found;
		}
	};
}

function namesOf(db: Database): { known: Set<string>; shadows: Set<string> } {
	const known = new Set<string>();
	const shadows = new Set<string>();
	for (const [name, virtual] of db.all(
		`SELECT name, type = 'table' AND rootpage = 0 FROM sqlite_schema WHERE type IN ('table', 'view')`
	)) {
		known.add(String(name));
		if (virtual) for (const suffix of SHADOWS) shadows.add(`${String(name)}_${suffix}`.toLowerCase());
	}
	return { known, shadows };
}

function collect(
	found: Dependencies,
	known: Set<string>,
	action: number,
	name: string | null,
	column: string | null
): void {
	// The names of subqueries come here too.
	if (name === null || !known.has(name) || isReservedName(name)) return;
	const writes = action === ACTION.INSERT || action === ACTION.UPDATE || action === ACTION.DELETE;
	if (writes) found.writes.add(name);
	if (writes || action === ACTION.READ) found.tables.add(name);
	if (action === ACTION.READ && column) found.columns.add(`${name}.${column}`);
}

function check(db: Database, shadows: Set<string>, action: number, a: string, b: string): void {
	switch (action) {
		case ACTION.SELECT:
		case ACTION.RECURSIVE:
			return;
		case ACTION.READ:
			if (READABLE_SYSTEM_TABLES.test(a)) return;
			if (OTHER_SYSTEM_TABLES.test(a)) throw forbidden(`the table "${a}" belongs to the platform`, { table: a });
			if (/^pragma_/i.test(a)) checkPragma(a.slice('pragma_'.length), '');
			return;
		case ACTION.INSERT:
		case ACTION.UPDATE:
		case ACTION.DELETE:
			if (OTHER_SYSTEM_TABLES.test(a) || shadows.has(a.toLowerCase()))
				throw forbidden(`the table "${a}" belongs to the platform`, { table: a });
			return;
		case ACTION.FUNCTION:
			return checkFunction(db, b);
		case ACTION.PRAGMA:
			return checkPragma(a, b);
		case ACTION.TRANSACTION:
		case ACTION.SAVEPOINT:
			throw forbidden('transactions are made with platform.transaction(fn), not with BEGIN, COMMIT or SAVEPOINT');
		case ACTION.ATTACH:
		case ACTION.DETACH:
			throw forbidden('other databases cannot be attached');
		default:
			throw forbidden('tables are made and changed in the schema file, not by statements');
	}
}

function checkFunction(db: Database, name: string): void {
	const lower = name.toLowerCase();
	if (PURE_FUNCTIONS.has(lower)) return;
	if (!db.internalFunctions.has(lower) && !/^(?:crsql|slf_|load_extension$|fts3_tokenizer$)/.test(lower)) return;
	throw forbidden(`the function ${name} belongs to the platform`);
}

function checkPragma(pragma: string, value: string): void {
	const name = pragma.toLowerCase();
	if (TELLING.has(name) || (TELLING_WITHOUT_VALUE.has(name) && value === '')) return;
	throw forbidden(`PRAGMA ${name} may change how the database works`);
}

function forbidden(message: string, place: ErrorPlace = {}): PlatformError {
	return new PlatformError('FORBIDDEN', message, place);
}
