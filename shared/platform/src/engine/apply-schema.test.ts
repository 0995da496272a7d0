import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cryptoReady } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import { applySchema, storedSchema } from './apply-schema.ts';
import { installWriteGuard, type WriteDecision } from './guards.ts';
import { openDatabase } from './open.ts';
import { loadSchema } from './schema.ts';
import type { Database } from './sqlite.ts';

const BLOCKS = `CREATE TABLE blocks (id TEXT PRIMARY KEY, scope_id TEXT, content REALTIME_TEXT, cursor EPHEMERAL_INT, title LWW_TEXT);
SELECT crsql_as_crr('blocks');
SELECT crsql_policy('blocks', 'OWNER:RW, EDITOR:RW, VIEWER:R');`;

let db: Database;
let decision: WriteDecision;
let asked: string[];
beforeAll(() => cryptoReady());
beforeEach(async () => {
	db = await openDatabase({ store: ':memory:' });
	decision = { allowed: true };
	asked = [];
	installWriteGuard(db, (scope, table, verb) => {
		asked.push(`${verb} ${table} ${scope}`);
		return decision;
	});
});
afterEach(() => db.close());

function apply(...parts: string[]): void {
	applySchema(db, loadSchema(parts.join('\n')));
}

function caught(fn: () => unknown): PlatformError {
	try {
		fn();
	} catch (error) {
		expect(error).toBeInstanceOf(PlatformError);
		return error as PlatformError;
	}
	throw new Error('nothing was thrown');
}

const columns = (table: string) => db.all('SELECT name FROM pragma_table_xinfo(?) ORDER BY cid', [table]).flat();
const exchange = (from: Database, to: Database) =>
	to.transaction(() => {
		for (const change of from.all(
			'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes'
		))
			to.run('INSERT INTO crsql_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', change);
	});

test('the key is (scope_id, id), columns keep their order, inserting by position works [E-40]', () => {
	apply(BLOCKS);
	expect(columns('blocks')).toEqual(['id', 'scope_id', 'content', 'cursor', 'title']);
	expect(db.all(`SELECT name FROM pragma_table_info('blocks') WHERE pk > 0 ORDER BY pk`).flat()).toEqual([
		'scope_id',
		'id'
	]);
	db.run(`INSERT INTO peer_requests VALUES (?, 'srv:ai:alice', 'ai.assistant', ?, 'pending', NULL, ?, ?)`, [
		'r1',
		'{}',
		'me',
		1
	]);
	expect(db.get('SELECT * FROM peer_requests')).toEqual([
		'r1',
		'srv:ai:alice',
		'ai.assistant',
		'{}',
		'pending',
		null,
		'me',
		1
	]);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 'one', 't'), ('a', 'two', 't')`);
	expect(db.value('SELECT count(*) FROM blocks')).toBe(2);
	expect(caught(() => db.run(`INSERT INTO blocks (id, title) VALUES ('b', 't')`))).toMatchObject({
		code: 'CONSTRAINT',
		table: 'blocks',
		column: 'scope_id'
	});
});

test('ephemeral values are looked up, shown by SELECT *, and never enter the feed [E-41]', () => {
	db.createFunction('slf_ephemeral', 3, (column, scope, id) => `${column}/${scope}/${id}`, { deterministic: true });
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 's', 't')`);
	expect(db.get('SELECT * FROM blocks')).toEqual(['a', 's', '', 'cursor/s/a', 't']);
	expect(db.all('SELECT DISTINCT cid FROM crsql_changes').flat().sort()).toEqual(['content', 'title']);
});

test('each local write is asked for with scope, table and verb; a merge is not [E-42]', async () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id) VALUES ('a', 's')`);
	db.run(`UPDATE blocks SET title = 'x'`);
	db.run('DELETE FROM blocks');
	expect(asked).toEqual(['I blocks s', 'U blocks s', 'D blocks s']);
	const other = await openDatabase({ store: ':memory:' });
	installWriteGuard(other, () => ({ allowed: true }));
	applySchema(other, loadSchema(BLOCKS));
	other.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('z', 's', 'x')`);
	asked.length = 0;
	decision = { allowed: false, role: 'VIEWER' };
	exchange(other, db);
	expect(asked).toEqual([]);
	expect(db.value(`SELECT title FROM blocks WHERE id = 'z'`)).toBe('x');
	other.close();
});

test('a refusal names scope, table and role, and nothing is written [E-42]', () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 'doc:1', 'before')`);
	decision = { allowed: false, role: 'VIEWER' };
	for (const sql of [
		`INSERT INTO blocks (id, scope_id) VALUES ('b', 'doc:1')`,
		`UPDATE blocks SET title = 'secret'`,
		'DELETE FROM blocks'
	]) {
		const error = caught(() => db.run(sql));
		expect(error).toMatchObject({ code: 'DENIED', scope: 'doc:1', table: 'blocks', role: 'VIEWER' });
		expect(error.message).not.toContain('secret');
	}
	expect(db.all('SELECT id, title FROM blocks')).toEqual([['a', 'before']]);
	decision = { allowed: false, unknown: true };
	const unknown = caught(() => db.run(`INSERT INTO blocks (id, scope_id) VALUES ('b', 'doc:9')`));
	expect(unknown).toMatchObject({ code: 'DENIED', scope: 'doc:9' });
	expect(unknown.message).toContain('platform.scopes.create');
});

test('a row keeps its key, since a changed one would arrive empty at everybody else [E-42]', () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 's', 't')`);
	for (const change of [`id = 'b'`, `scope_id = 'other'`]) {
		const error = caught(() => db.run(`UPDATE blocks SET ${change}`));
		expect(error).toMatchObject({ code: 'KEY', table: 'blocks', scope: 's' });
		expect(error.message).toContain('insert it anew');
	}
	db.run(`UPDATE blocks SET id = id, scope_id = scope_id, title = 'u'`);
	expect(db.get('SELECT id, scope_id, title FROM blocks')).toEqual(['a', 's', 'u']);
});

test('without a log nothing may be written [E-42]', async () => {
	const bare = await openDatabase({ store: ':memory:' });
	applySchema(bare, loadSchema(BLOCKS));
	expect(caught(() => bare.run(`INSERT INTO blocks (id, scope_id) VALUES ('a', 's')`)).code).toBe('DENIED');
	bare.close();
});

test('a write-once value is set with its row and not changed, not even from NULL [E-43]', () => {
	apply(
		`CREATE TABLE t (id TEXT PRIMARY KEY, scope_id TEXT, made WRITE_ONCE_INTEGER, note LWW_TEXT); SELECT crsql_as_crr('t');`
	);
	db.run(`INSERT INTO t VALUES ('a', 's', 1, 'n'), ('b', 's', NULL, 'n')`);
	for (const id of ['a', 'b'])
		expect(caught(() => db.run('UPDATE t SET made = 2 WHERE id = ?', [id]))).toMatchObject({
			code: 'WRITE_ONCE',
			table: 't',
			column: 'made'
		});
	db.run(`UPDATE t SET made = made, note = 'other'`);
	expect(db.all('SELECT made, note FROM t ORDER BY id')).toEqual([
		[1, 'other'],
		[null, 'other']
	]);
});

test('applying the same schema again changes nothing [E-44]', () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 's', 't')`);
	const before = [db.value('PRAGMA schema_version'), db.value('SELECT crsql_db_version()')];
	apply(BLOCKS);
	apply(`-- another comment\n${BLOCKS.replace('TEXT, content', 'TEXT,\n\t/* here */ content')}`);
	expect([db.value('PRAGMA schema_version'), db.value('SELECT crsql_db_version()')]).toEqual(before);
	expect(storedSchema(db)).toEqual({ version: 1, hash: loadSchema(BLOCKS).hash });
});

test('new tables and new columns behind the last come in without a change in the feed; cached statements see them [E-44]', async () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 's', 't')`);
	expect(db.query('SELECT * FROM blocks').columns).toHaveLength(5);
	const feed = db.value('SELECT count(*) FROM crsql_changes');
	const grown = BLOCKS.replace(
		'title LWW_TEXT',
		'title LWW_TEXT, done LWW_INTEGER NOT NULL DEFAULT 0, mark EPHEMERAL_TEXT'
	);
	const tags = `CREATE TABLE tags (id TEXT PRIMARY KEY, scope_id TEXT, name LWW_TEXT); SELECT crsql_as_crr('tags'); SELECT crsql_policy('tags', 'OWNER:RW, EDITOR:RW, VIEWER:R');`;
	apply(grown, tags);
	expect(db.value('SELECT count(*) FROM crsql_changes')).toBe(feed);
	expect(db.query('SELECT * FROM blocks').columns).toEqual([
		'id',
		'scope_id',
		'content',
		'cursor',
		'title',
		'done',
		'mark'
	]);
	asked.length = 0;
	db.run(`UPDATE blocks SET done = 1`);
	db.run(`INSERT INTO tags VALUES ('x', 's', 'n')`);
	expect(asked).toEqual(['U blocks s', 'I tags s']);
	// The grown database and one made today exchange changes.
	const fresh = await openDatabase({ store: ':memory:' });
	installWriteGuard(fresh, () => ({ allowed: true }));
	applySchema(fresh, loadSchema(`${grown}${tags}`));
	exchange(db, fresh);
	expect(fresh.get('SELECT title, done FROM blocks')).toEqual(['t', 1]);
	fresh.run(`UPDATE blocks SET done = 5, title = 'u'`);
	exchange(fresh, db);
	expect(db.get('SELECT title, done FROM blocks')).toEqual(['u', 5]);
	expect(db.all('PRAGMA table_xinfo(blocks)').map((row) => row[1])).toEqual(
		fresh.all('PRAGMA table_xinfo(blocks)').map((row) => row[1])
	);
	fresh.close();
});

test('an older schema is refused with a sentence, by version or by what it lacks; nothing changes [E-45]', () => {
	apply(`PRAGMA user_version = 3;`, BLOCKS);
	for (const older of [
		`PRAGMA user_version = 2; ${BLOCKS}`,
		`PRAGMA user_version = 3; ${BLOCKS.replace(', title LWW_TEXT', '')}`
	]) {
		const error = caught(() => apply(older));
		expect(error.code).toBe('OUTDATED');
		expect(error.message).toContain('newer version of the app');
	}
	expect(columns('blocks')).toHaveLength(5);
	expect(storedSchema(db)?.version).toBe(3);
});

test('a migration that would split data is refused: a column gone, retyped, or not last [E-45]', () => {
	apply(BLOCKS);
	const next = 'PRAGMA user_version = 2;';
	expect(caught(() => apply(next, BLOCKS.replace(', title LWW_TEXT', '')))).toMatchObject({
		code: 'SCHEMA',
		column: 'title'
	});
	expect(caught(() => apply(next, BLOCKS.replace('title LWW_TEXT', 'title REALTIME_TEXT'))).message).toContain(
		'a type cannot change'
	);
	expect(
		caught(() => apply(next, BLOCKS.replace('title LWW_TEXT', 'done LWW_INTEGER, title LWW_TEXT'))).message
	).toContain('behind the last');
	expect(db.value('SELECT version FROM slf_schema')).toBe(1);
});

test('local tables, indexes, triggers and full text are made anew when their text changes, and filled [E-46]', () => {
	const search = (columns: string) => `CREATE VIRTUAL TABLE found USING fts5(${columns});
		INSERT INTO found(rowid, ${columns}) SELECT rowid, ${columns} FROM blocks;
		CREATE TRIGGER found_insert AFTER INSERT ON blocks BEGIN INSERT INTO found(rowid, ${columns}) VALUES (NEW.rowid, NEW.${columns}); END;`;
	apply(
		BLOCKS,
		search('title'),
		'CREATE TABLE mine (a, b TEXT); CREATE INDEX i ON blocks (title); CREATE VIEW v AS SELECT 1'
	);
	db.run(`INSERT INTO blocks (id, scope_id, title, content) VALUES ('a', 's', 'red', 'blue')`);
	db.run('INSERT INTO mine VALUES (1, 2)');
	expect(db.value(`SELECT count(*) FROM found WHERE found MATCH 'red'`)).toBe(1);
	apply(BLOCKS, search('content'), 'CREATE TABLE mine (b TEXT, c DEFAULT 7); CREATE INDEX j ON blocks (title, id)');
	expect(db.value(`SELECT count(*) FROM found WHERE found MATCH 'blue'`)).toBe(1);
	expect(db.all('SELECT b, c FROM mine')).toEqual([['2', 7]]);
	const made = db.all(`SELECT name FROM sqlite_master WHERE name IN ('i', 'j', 'v')`).flat();
	expect(made).toEqual(['j']);
	db.run(`INSERT INTO blocks (id, scope_id, content) VALUES ('b', 's', 'blue')`);
	expect(db.value(`SELECT count(*) FROM found WHERE found MATCH 'blue'`)).toBe(2);
});

test('a view with INSTEAD OF triggers, which goes together with them, is made anew [E-46]', () => {
	const count = (by: number) => `CREATE TABLE counts (n INTEGER); CREATE VIEW add_one AS SELECT NULL AS n WHERE FALSE;
		CREATE TRIGGER add_now INSTEAD OF INSERT ON add_one BEGIN INSERT INTO counts VALUES (new.n + ${by}); END;`;
	apply(BLOCKS, count(1));
	apply(BLOCKS, count(2));
	db.run('INSERT INTO add_one VALUES (5)');
	expect(db.all('SELECT n FROM counts')).toEqual([[7]]);
});

test('a migration that fails leaves the database as it was [E-44]', () => {
	apply(BLOCKS);
	db.run(`INSERT INTO blocks (id, scope_id, title) VALUES ('a', 's', 't')`);
	const grown = BLOCKS.replace('title LWW_TEXT', 'title LWW_TEXT, done LWW_INTEGER');
	expect(() => apply(grown, 'CREATE TABLE bad (a); CREATE INDEX i ON bad (nothing);')).toThrow();
	expect(columns('blocks')).toHaveLength(5);
	db.run(`UPDATE blocks SET title = 'still'`);
	expect(db.value('SELECT title FROM blocks')).toBe('still');
	expect(db.value(`SELECT count(*) FROM crsql_changes WHERE cid = 'title' AND val = 'still'`)).toBe(1);
	apply(grown);
	expect(columns('blocks')).toHaveLength(6);
});
