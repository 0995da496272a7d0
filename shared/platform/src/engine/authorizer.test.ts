import { afterEach, beforeEach, beforeAll, expect, test } from 'vitest';
import { cryptoReady } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import { applySchema } from './apply-schema.ts';
import { installAuthorizer, type AuthorizedSql } from './authorizer.ts';
import { installWriteGuard } from './guards.ts';
import { openDatabase } from './open.ts';
import { loadSchema } from './schema.ts';
import type { Database, SqlParams, SqlValue } from './sqlite.ts';

const SCHEMA = `
CREATE TABLE blocks (id TEXT PRIMARY KEY, scope_id TEXT, content REALTIME_TEXT, cursor EPHEMERAL_INT, title LWW_TEXT);
SELECT crsql_as_crr('blocks');
SELECT crsql_policy('blocks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE TABLE seen (id TEXT PRIMARY KEY, at INTEGER);
CREATE VIEW titles AS SELECT id, title FROM blocks;
CREATE VIRTUAL TABLE found USING fts5(title);
CREATE TRIGGER blocks_found AFTER INSERT ON blocks BEGIN INSERT INTO found(rowid, title) VALUES (NEW.rowid, NEW.title); END;
`;

let db: Database;
let sql: AuthorizedSql;
beforeAll(() => cryptoReady());
beforeEach(async () => {
	db = await openDatabase({ store: ':memory:' });
	installWriteGuard(db, () => ({ allowed: true }));
	applySchema(db, loadSchema(SCHEMA));
	db.exec('CREATE TABLE slf_keys(secret); INSERT INTO slf_keys VALUES (42)');
	sql = installAuthorizer(db);
});
afterEach(() => db.close());

const app = (text: string, params?: SqlParams): SqlValue[][] => sql.forApp(() => db.all(text, params));
const syncBit = () => db.value('SELECT crsql_internal_sync_bit()');
const changes = () => db.value('SELECT count(*) FROM crsql_changes');

test('an app writes and reads its tables, and every write is replicated [E-20]', () => {
	app(`INSERT INTO blocks (id, scope_id, title) VALUES ('1', 's', 'a'), ('2', 's', 'b')`);
	app(`UPDATE blocks SET title = 'c' WHERE id = '1'`);
	app(`DELETE FROM blocks WHERE id = '2'`);
	app(
		`INSERT INTO blocks (id, scope_id, title) VALUES ('1', 's', 'x') ON CONFLICT (scope_id, id) DO UPDATE SET title = 'y'`
	);
	app(`INSERT INTO seen VALUES ('1', 5)`);
	app(`INSERT INTO peer_requests VALUES (?, 'srv:ai:alice', 'ai.assistant', ?, 'pending', NULL, ?, ?)`, [
		'r',
		'q',
		'me',
		5
	]);
	expect(app('SELECT id, title, cursor FROM blocks')).toEqual([['1', 'y', null]]);
	expect(app(`SELECT title FROM found WHERE found MATCH 'a OR b'`)).toEqual([['a'], ['b']]);
	expect(app('SELECT * FROM titles')).toEqual([['1', 'y']]);
	expect(app(`WITH t AS (SELECT count(*) AS n FROM blocks) SELECT n FROM t`)).toEqual([[1]]);
	expect(app(`SELECT value FROM json_each('[1,2]')`)).toEqual([[1], [2]]);
	expect(app('SELECT name FROM pragma_table_info(?) WHERE pk = 1', ['blocks'])).toEqual([['scope_id']]);
	expect(changes()).toBeGreaterThan(8);
});

test.each([
	['the log, keys and outbox', 'SELECT * FROM slf_keys'],
	['them under another spelling', 'SELECT * FROM "SLF_KEYS"'],
	['them as a quoted text', `SELECT * FROM 'slf_keys'`],
	['them in brackets', 'SELECT * FROM main.[slf_keys]'],
	['them in a subquery', 'SELECT (SELECT secret FROM `slf_keys`)'],
	['clock tables', 'SELECT * FROM blocks__crsql_clock'],
	['the feed', 'SELECT * FROM crsql_changes'],
	['the feed, by writing', `INSERT INTO crsql_changes VALUES ('blocks', x'00', 'title', 1, 1, 1, x'00', 1, 1)`],
	['the feed, by deleting', 'DELETE FROM crsql_changes'],
	['the engine tables of cr-sqlite', 'SELECT * FROM crsql_master'],
	['the sync bit', 'SELECT crsql_internal_sync_bit(1)'],
	['the sync bit in other letters', 'SELECT CRSQL_INTERNAL_SYNC_BIT(1)'],
	['the sync bit by a quoted name', 'SELECT "crsql_internal_sync_bit"(1)'],
	['the sync bit in a WHERE', 'UPDATE blocks SET title = 1 WHERE crsql_internal_sync_bit(1) = 1'],
	[
		'a name that a trigger of cr-sqlite has',
		'WITH blocks__crsql_utrig AS (SELECT crsql_internal_sync_bit(1) b) SELECT b FROM blocks__crsql_utrig'
	],
	[
		'such a name as a quoted text',
		`WITH 'x__crsql_utrig' AS (SELECT crsql_internal_sync_bit(1) b) SELECT b FROM 'x__crsql_utrig'`
	],
	['a name that a guard has', 'WITH slf_guard_x AS (SELECT crsql_internal_sync_bit(1) b) SELECT b FROM slf_guard_x'],
	[
		'a name that a trigger of the schema has',
		'WITH blocks_found AS (SELECT crsql_internal_sync_bit(1) b) SELECT b FROM blocks_found'
	],
	['the guard', `SELECT can_write('s', 'blocks', 'I')`],
	['the ephemeral values of others', `SELECT slf_ephemeral('cursor', 's', '1')`],
	['making CRRs', `SELECT crsql_as_crr('seen')`],
	['altering', `SELECT crsql_begin_alter('blocks')`],
	['tables', 'CREATE TABLE more(a)'],
	['temporary tables', 'CREATE TEMP TABLE more(a)'],
	['temporary triggers', 'CREATE TEMP TRIGGER g AFTER INSERT ON blocks BEGIN SELECT 1; END'],
	['temporary views', 'CREATE TEMP VIEW v AS SELECT 1'],
	['virtual tables', 'CREATE VIRTUAL TABLE v USING fts5(a)'],
	['dropping', 'DROP TABLE seen'],
	['dropping a guard', 'DROP TRIGGER blocks_found'],
	['ALTER', 'ALTER TABLE seen ADD COLUMN x'],
	['REINDEX', 'REINDEX'],
	['ANALYZE', 'ANALYZE'],
	['VACUUM', 'VACUUM'],
	['VACUUM INTO', `VACUUM INTO 'copy'`],
	['VACUUM behind comments', `/* a */ ; -- b\n vacuum`],
	['ATTACH', `ATTACH ':memory:' AS other`],
	['DETACH', 'DETACH main'],
	['PRAGMA that changes', 'PRAGMA writable_schema = 1'],
	['PRAGMA that changes quietly', 'PRAGMA user_version = 9'],
	['PRAGMA that switches triggers off', 'PRAGMA recursive_triggers = 0'],
	['PRAGMA journal_mode', 'PRAGMA journal_mode'],
	['the insides of a full-text table', 'DELETE FROM found_data'],
	['BEGIN', 'BEGIN'],
	['COMMIT', 'COMMIT'],
	['SAVEPOINT', 'SAVEPOINT a']
])('an app is refused: %s [E-21]', (_what, text) => {
	const before = changes();
	let error: unknown;
	try {
		app(text);
	} catch (thrown) {
		error = thrown;
	}
	expect(error).toBeInstanceOf(PlatformError);
	expect((error as PlatformError).code).toBe('FORBIDDEN');
	expect(syncBit()).toBe(0);
	expect(changes()).toBe(before);
	app(`INSERT INTO blocks (id, scope_id, title) VALUES ('after', 's', 'a')`);
	expect(changes()).toBeGreaterThan(Number(before));
});

test('an app cannot run a statement that the engine compiled before with the same text [E-22]', () => {
	expect(db.value('SELECT count(*) FROM crsql_changes')).toBe(0);
	expect(() => app('SELECT count(*) FROM crsql_changes')).toThrow(PlatformError);
	expect(() => app('SELECT count(*) FROM crsql_changes')).toThrow(PlatformError);
});

test('a function called by an app runs with the rights of the engine [E-22]', () => {
	db.createFunction('peek', 0, () => db.value('SELECT secret FROM slf_keys') ?? null);
	expect(app('SELECT peek()')).toEqual([[42]]);
	expect(() => app('SELECT secret FROM slf_keys')).toThrow(PlatformError);
});

test('a merge in the midst of app statements is not hindered [E-20]', async () => {
	const other = await openDatabase({ store: ':memory:' });
	installWriteGuard(other, () => ({ allowed: true }));
	applySchema(other, loadSchema(SCHEMA));
	other.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('9', 's', 'from afar')`);
	const rows = other.all('SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes');
	app(`INSERT INTO blocks (id, scope_id, title) VALUES ('1', 's', 'a')`);
	db.transaction(() => {
		for (const row of rows) db.run('INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', row);
	});
	expect(app('SELECT id FROM blocks ORDER BY id')).toEqual([['1'], ['9']]);
	expect(syncBit()).toBe(0);
	other.close();
});

test('dependencies: tables read and written, through views, subqueries and full text, without aliases [E-23]', () => {
	const sets = (text: string) => {
		const { tables, writes } = sql.dependenciesOf(text);
		return [[...tables].sort(), [...writes].sort()];
	};
	expect(sets('SELECT b.title FROM blocks b WHERE scope_id = ? AND EXISTS (SELECT 1 FROM seen)')).toEqual([
		['blocks', 'seen'],
		[]
	]);
	expect(sets('SELECT count(*) FROM blocks')).toEqual([['blocks'], []]);
	expect(sets('WITH c AS (SELECT 1) SELECT count(*) FROM c')).toEqual([[], []]);
	expect(sets('SELECT * FROM titles')[0]).toContain('blocks');
	expect(sets(`SELECT title FROM found WHERE found MATCH 'x'`)[0]).toContain('found');
	expect(sets(`UPDATE seen SET at = (SELECT count(*) FROM blocks)`)).toEqual([['blocks', 'seen'], ['seen']]);
	expect(sets(`INSERT INTO blocks (id, scope_id) VALUES ('1', 's')`)[1]).toEqual(['blocks', 'found']);
	expect(db.value('SELECT count(*) FROM blocks')).toBe(0);
	expect(() => sql.dependenciesOf('SELECT * FROM slf_keys')).toThrow(PlatformError);
	expect(() => sql.dependenciesOf('SELECT * FROM nowhere')).toThrow('nowhere');
});

test('an ephemeral column is read by SQL and not written by it [E-24]', () => {
	for (const text of [
		`UPDATE blocks SET cursor = 1`,
		`INSERT INTO blocks (id, scope_id, cursor) VALUES ('1', 's', 2)`
	]) {
		expect(() => app(text)).toThrow('platform.ephemeral.set');
	}
});

test("[K-21] an app neither reads nor writes the platform's tables in a vault, by whatever way", async () => {
	const vault = await openDatabase({ store: ':memory:' });
	installWriteGuard(vault, () => ({ allowed: true }));
	const withView = `${SCHEMA} CREATE VIEW through AS SELECT * FROM vault_scopes;`;
	applySchema(vault, loadSchema(withView, { vault: true }));
	const guarded = installAuthorizer(vault);
	vault.run(`INSERT INTO vault_scopes (id, scope_id, epoch_key) VALUES ('1', 's', x'01')`);
	for (const text of [
		'SELECT * FROM vault_scopes',
		'SELECT epoch_key FROM main.Vault_Scopes AS harmless',
		'SELECT * FROM through',
		'SELECT (SELECT hex(epoch_key) FROM vault_scopes) FROM blocks',
		`INSERT INTO vault_scopes (id, scope_id) VALUES ('2', 's')`,
		`UPDATE vault_keys SET key = x'00'`,
		'DELETE FROM vault_contacts'
	]) {
		expect(() => guarded.forApp(() => vault.all(text)), text).toThrow(/belongs to the platform/);
	}
	vault.close();
});
