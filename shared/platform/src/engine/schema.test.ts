import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { cryptoReady, toHex } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import { loadSchema, type Schema } from './schema.ts';
import { affinityOf } from './schema-table.ts';
import { openDatabase } from './open.ts';

beforeAll(() => cryptoReady());

const CONCEPT = `
CREATE TABLE blocks (
  id       TEXT PRIMARY KEY,      -- the loader makes the key (scope_id, id): D7
  scope_id TEXT,
  content  REALTIME_TEXT,         -- merged per character, sent within 5 ms
  cursor   EPHEMERAL_INT,         -- sent at once, expires, never stored on disk or in the log
  title    LWW_TEXT               -- last writer wins, batched at 50 ms
);
SELECT crsql_as_crr('blocks');
SELECT crsql_policy('blocks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;

function caught(fn: () => unknown): PlatformError {
	try {
		fn();
	} catch (error) {
		expect(error).toBeInstanceOf(PlatformError);
		return error as PlatformError;
	}
	throw new Error('nothing was thrown');
}

const names = (schema: Schema, table: string) =>
	schema.tables.find(({ name }) => name === table)!.columns.map(({ name }) => name);

test('the schema of the promise: classes, affinities, order, policy [E-30]', () => {
	const schema = loadSchema(CONCEPT);
	const blocks = schema.tables[0]!;
	expect(blocks.columns.map(({ name, class: c, affinity }) => [name, c, affinity])).toEqual([
		['id', 'key', 'TEXT'],
		['scope_id', 'scope', 'TEXT'],
		['content', 'REALTIME', 'TEXT'],
		['cursor', 'EPHEMERAL', 'INTEGER'],
		['title', 'LWW', 'TEXT']
	]);
	expect(blocks.policyText).toBe('OWNER:RW, EDITOR:RW, VIEWER:R');
	expect([...blocks.policy.get('EDITOR')!].sort()).toEqual(['D', 'I', 'R', 'U']);
	expect([...blocks.policy.get('VIEWER')!]).toEqual(['R']);
	expect(schema.version).toBe(1);
	expect([...schema.declaration.get('blocks')!.columns]).toHaveLength(3);
});

test('every app has peer_requests, its columns in the order that apps insert by [E-31]', () => {
	const schema = loadSchema(CONCEPT);
	expect(names(schema, 'peer_requests')).toEqual(
		'id scope_id service request status result requested_by created_at'.split(' ')
	);
	expect(loadSchema(CONCEPT, { peerRequests: false }).tables).toHaveLength(1);
	expect(caught(() => loadSchema('CREATE TABLE peer_requests (id TEXT PRIMARY KEY)')).message).toContain(
		'leave it out'
	);
});

test('the hash follows what peers must agree on, and nothing else [E-32]', () => {
	const hash = (sql: string) => toHex(loadSchema(sql).hash);
	const base = hash(CONCEPT);
	expect(hash(CONCEPT)).toBe(base);
	expect(hash(CONCEPT.replace(/--.*/g, '').replaceAll('\n', ' '))).toBe(base);
	expect(hash(`${CONCEPT} CREATE TABLE mine (a); CREATE INDEX i ON blocks (title);`)).toBe(base);
	expect(hash(CONCEPT.replace('OWNER:RW, EDITOR:RW', 'EDITOR:RWU, OWNER:IUDR'))).toBe(base);
	expect(hash(CONCEPT.replace('title', 'name'))).not.toBe(base);
	expect(hash(CONCEPT.replace('VIEWER:R', 'VIEWER:RI'))).not.toBe(base);
	expect(hash(CONCEPT.replace('LWW_TEXT', 'WRITE_ONCE_TEXT'))).not.toBe(base);
});

test('the schemas that ship are accepted and run in plain SQLite [E-30]', async () => {
	for (const path of ['../../../../apps/notes/src/lib/schema.sql']) {
		const text = readFileSync(new URL(path, import.meta.url), 'utf8');
		expect(loadSchema(text).tables.length).toBeGreaterThan(1);
		const plain = await openDatabase({ store: ':memory:' });
		const statements = text.replace(/^SELECT crsql_\w+\(.*\);$/gm, '');
		expect(() => plain.exec(statements)).not.toThrow();
		plain.close();
	}
});

const crr = (columns: string, rest = '') =>
	`CREATE TABLE t (id TEXT PRIMARY KEY, scope_id TEXT, ${columns})${rest};\nSELECT crsql_as_crr('t');`;

test.each<[string, string, string]>([
	['a plain column', crr('title TEXT'), 'Write: title LWW_TEXT'],
	['a plain number', crr('n INTEGER'), 'Write: n LWW_INTEGER'],
	['a plain boolean', crr('done BOOLEAN'), 'Write: done LWW_INTEGER'],
	['a date', crr('at DATETIME'), 'Write: at LWW_INTEGER'],
	['a column without a type', crr('x'), 'Write: x LWW_TEXT'],
	[
		'REALTIME_JSON, which is REAL to SQLite',
		crr('data REALTIME_JSON'),
		'SQLite takes the name for REAL and would change values'
	],
	['... with the line to write', crr('data REALTIME_JSON'), 'Write: data REALTIME_TEXT'],
	['LWW_BOOL, which is NUMERIC', crr('done LWW_BOOL'), 'Write: done LWW_INTEGER'],
	['a type with a length', crr('name LWW_TEXT(20)'), 'Write: name LWW_TEXT'],
	['a realtime number', crr('n REALTIME_INTEGER'), 'Write: n REALTIME_TEXT'],
	['NOT NULL alone', crr('title LWW_TEXT NOT NULL'), `Write: title LWW_TEXT NOT NULL DEFAULT ''`],
	['NOT NULL for a number', crr('n LWW_INTEGER NOT NULL'), 'NOT NULL DEFAULT 0'],
	['NOT NULL DEFAULT NULL', crr('n LWW_INTEGER NOT NULL DEFAULT NULL'), 'NOT NULL DEFAULT 0'],
	['UNIQUE on a column', crr('slug LWW_TEXT UNIQUE'), 'Write: slug LWW_TEXT'],
	['UNIQUE on the table', crr('slug LWW_TEXT, UNIQUE (slug)'), 'Leave this line out'],
	['a UNIQUE index', `${crr('slug LWW_TEXT')} CREATE UNIQUE INDEX i ON t (slug)`, 'Write: CREATE INDEX i ON t'],
	['a UNIQUE index above', `CREATE UNIQUE INDEX i ON t (slug); ${crr('slug LWW_TEXT')}`, 'Write: CREATE INDEX i ON t'],
	['a foreign key', crr('parent LWW_TEXT REFERENCES t(id)'), 'Write: parent LWW_TEXT'],
	['a foreign key of the table', crr('p LWW_TEXT, FOREIGN KEY (p) REFERENCES t(id)'), 'Leave this line out'],
	['CHECK', crr('n LWW_INTEGER CHECK (n > 0)'), 'Write: n LWW_INTEGER'],
	['CHECK of the table', crr('n LWW_INTEGER, CHECK (n > 0)'), 'Leave this line out'],
	['a generated column', crr('n LWW_INTEGER GENERATED ALWAYS AS (1)'), 'cannot be used in a replicated table'],
	['a computed default', crr('at LWW_INTEGER DEFAULT (unixepoch())'), 'differs on every device'],
	['the time as default', crr('at LWW_TEXT DEFAULT CURRENT_TIMESTAMP'), 'differs on every device'],
	['an ephemeral default', crr('c EPHEMERAL_INT DEFAULT 0'), 'Write: c EPHEMERAL_INT'],
	['a text that does not begin empty', crr(`b REALTIME_TEXT DEFAULT 'x'`), 'begins empty'],
	[
		'AUTOINCREMENT',
		`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, scope_id TEXT); SELECT crsql_as_crr('t')`,
		'Write: id TEXT PRIMARY KEY'
	],
	[
		'a number as id',
		`CREATE TABLE t (id INTEGER PRIMARY KEY, scope_id TEXT); SELECT crsql_as_crr('t')`,
		'Write: id TEXT PRIMARY KEY'
	],
	['no id', `CREATE TABLE t (scope_id TEXT PRIMARY KEY); SELECT crsql_as_crr('t')`, 'id TEXT PRIMARY KEY'],
	['no scope', `CREATE TABLE t (id TEXT PRIMARY KEY); SELECT crsql_as_crr('t')`, 'Write: scope_id TEXT'],
	['no key', `CREATE TABLE t (id TEXT, scope_id TEXT); SELECT crsql_as_crr('t')`, 'Write: id TEXT PRIMARY KEY'],
	['another key', crr('a LWW_TEXT, PRIMARY KEY (a, id)'), 'Write: PRIMARY KEY (scope_id, id)'],
	['WITHOUT ROWID', crr('a LWW_TEXT', ' WITHOUT ROWID'), 'Write: CREATE TABLE t (...);'],
	['STRICT', crr('a LWW_TEXT', ' STRICT'), 'STRICT cannot be used'],
	[
		'NOCASE ids',
		`CREATE TABLE t (id TEXT PRIMARY KEY COLLATE NOCASE, scope_id TEXT); SELECT crsql_as_crr('t')`,
		'Write: id TEXT PRIMARY KEY'
	],
	['a name of the platform', 'CREATE TABLE slf_mine (a)', `platform's own`],
	['a name of the platform in vaults', 'CREATE TABLE vault_mine (a)', `platform's own`],
	['a name of the platform, quoted', 'CREATE TABLE "SLF_mine" (a)', `platform's own`],
	['a name of cr-sqlite', 'CREATE TABLE t__crsql_clock (a)', `platform's own`],
	['an index name of the platform', 'CREATE TABLE t (a); CREATE INDEX slf_i ON t (a)', `platform's own`],
	[
		'a trigger that reaches inside',
		'CREATE TABLE t (a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT crsql_internal_sync_bit(1); END',
		`platform's own`
	],
	[
		'RAISE on a replicated table',
		`${crr('a LWW_TEXT')} CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE); END`,
		'crsql_policy'
	],
	['a table twice', 'CREATE TABLE t (a); CREATE TABLE T (b)', 'made twice'],
	['a column twice', 'CREATE TABLE t (a, A)', 'stands twice'],
	['a rowid column', crr('rowid LWW_TEXT'), 'hides the row number'],
	[
		'a CRR that was forgotten',
		'CREATE TABLE t (id TEXT PRIMARY KEY, scope_id TEXT, a LWW_TEXT)',
		`Write after it: SELECT crsql_as_crr('t');`
	],
	['a CRR of nothing', `SELECT crsql_as_crr('nowhere')`, 'no table "nowhere"'],
	['a policy of nothing', `SELECT crsql_policy('nowhere', 'OWNER:RW')`, 'no table "nowhere"'],
	[
		'a policy of a column that is not there',
		`${crr('a LWW_TEXT')} SELECT crsql_policy('t.b', 'OWNER:U')`,
		'no column "b"'
	],
	[
		'a policy of a local table',
		`CREATE TABLE t (a); SELECT crsql_policy('t', 'OWNER:RW')`,
		`SELECT crsql_as_crr('t');`
	],
	['a role that is not there', `${crr('a LWW_TEXT')} SELECT crsql_policy('t', 'OWNER:RW, WIZARD:R')`, 'at "WIZARD"'],
	['a verb that is not there', `${crr('a LWW_TEXT')} SELECT crsql_policy('t', 'OWNER:RW, EDITOR:RX')`, 'at "X"'],
	['a statement that is no schema', 'DELETE FROM t', 'this is none of them'],
	['a quote that is not closed', `CREATE TABLE t (a DEFAULT 'x)`, 'not closed'],
	['a comment that is not closed', 'CREATE TABLE t (a); /* and', 'not closed'],
	['another virtual table', 'CREATE VIRTUAL TABLE v USING rtree(a, b, c)', 'USING fts5']
])('refused, with the line to write: %s [E-33]', (_what, sql, message) => {
	const error = caught(() => loadSchema(sql));
	expect(error.message).toContain(message);
	expect(error.message).toMatch(/^schema, line \d+: /);
	expect(error.position).toBeGreaterThanOrEqual(0);
});

test('an error says which table, which column and which line', () => {
	const error = caught(() =>
		loadSchema(
			`-- first\n\nCREATE TABLE t (\n id TEXT PRIMARY KEY,\n scope_id TEXT,\n title TEXT\n);\nSELECT crsql_as_crr('t')`
		)
	);
	expect(error).toMatchObject({ code: 'SCHEMA', table: 't', column: 'title' });
	expect(error.message).toContain('line 6');
	const policy = caught(() => loadSchema(`${CONCEPT}\n`.replace('EDITOR', 'EDTOR')));
	expect(policy).toMatchObject({ code: 'POLICY', table: 'blocks' });
	expect(CONCEPT.replace('EDITOR', 'EDTOR').slice(policy.position)).toMatch(/^EDTOR/);
});

test('a role that reads one table and not another is refused, since the key of a scope opens all [E-34]', () => {
	const other = `CREATE TABLE other (id TEXT PRIMARY KEY, scope_id TEXT); SELECT crsql_as_crr('other');`;
	expect(caught(() => loadSchema(`${CONCEPT}${other}`))).toMatchObject({ code: 'POLICY', table: 'other' });
});

test('local tables stay as they are written, UNIQUE and references included', () => {
	const schema = loadSchema(
		'CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT, y TEXT UNIQUE CHECK (y <> 1)); CREATE UNIQUE INDEX i ON a (y)'
	);
	expect(schema.tables[0]).toMatchObject({ replicated: false });
	expect(schema.objects).toMatchObject([{ kind: 'index', name: 'i' }]);
});

test('a type has the affinity that SQLite gives it [E-35]', async () => {
	const db = await openDatabase({ store: ':memory:' });
	for (const type of [
		'LWW_TEXT',
		'LWW_INTEGER',
		'LWW_REAL',
		'LWW_BLOB',
		'REALTIME_TEXT',
		'EPHEMERAL_INT',
		'EPHEMERAL_INTEGER',
		'EPHEMERAL_TEXT',
		'WRITE_ONCE_TEXT',
		'WRITE_ONCE_INTEGER',
		'WRITE_ONCE_BLOB',
		'REALTIME_JSON',
		'LWW_BOOL',
		'',
		'DOUBLE',
		'VARCHAR(3)',
		'FLOATING POINT'
	]) {
		db.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (a ${type}); INSERT INTO t VALUES ('05.10'), (1), (x'00')`);
		const stored = db.all('SELECT typeof(a), a FROM t').flat();
		const expected = {
			TEXT: ['text', '05.10', 'text', '1', 'blob', new Uint8Array(1)],
			INTEGER: ['real', 5.1, 'integer', 1, 'blob', new Uint8Array(1)],
			NUMERIC: ['real', 5.1, 'integer', 1, 'blob', new Uint8Array(1)],
			REAL: ['real', 5.1, 'real', 1, 'blob', new Uint8Array(1)],
			BLOB: ['text', '05.10', 'integer', 1, 'blob', new Uint8Array(1)]
		}[affinityOf(type)];
		expect([type, ...stored]).toEqual([type, ...expected]);
	}
	db.close();
});

test("[K-21] a vault has tables of the platform's own: owners write them, whoever reads the app's tables reads them too", () => {
	const { declaration } = loadSchema(CONCEPT, { vault: true });
	for (const name of ['vault_scopes', 'vault_contacts', 'vault_invitations', 'vault_keys']) {
		const { policy } = declaration.get(name)!;
		expect(policy.get('OWNER')).toEqual(new Set(['R', 'I', 'U', 'D']));
		expect(policy.get('EDITOR')).toEqual(new Set(['R']));
		expect(policy.get('VIEWER')).toEqual(new Set(['R']));
	}
	expect(loadSchema(CONCEPT).declaration.has('vault_scopes')).toBe(false);
});
