import { afterEach, beforeEach, expect, test } from 'vitest';
import fc from 'fast-check';
import { PlatformError } from '../protocol/errors.ts';
import { openDatabase } from './open.ts';
import type { Database, SqlValue } from './sqlite.ts';

let db: Database;
beforeEach(async () => {
	db = await openDatabase({ store: ':memory:' });
});
afterEach(() => db.close());

function caught(fn: () => unknown): PlatformError {
	try {
		fn();
	} catch (error) {
		expect(error).toBeInstanceOf(PlatformError);
		return error as PlatformError;
	}
	throw new Error('nothing was thrown');
}

test('every integer of 64 bits comes back as it went in, as number up to 2^53 and as bigint beyond [E-1]', () => {
	const edge = [
		0n,
		-1n,
		2n ** 31n,
		-(2n ** 31n) - 1n,
		2n ** 53n - 1n,
		2n ** 53n,
		-(2n ** 53n),
		2n ** 63n - 1n,
		-(2n ** 63n)
	];
	fc.assert(
		fc.property(fc.oneof(fc.constantFrom(...edge), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), (exact) => {
			const safe = exact >= -(2n ** 53n) + 1n && exact <= 2n ** 53n - 1n;
			const given = safe ? Number(exact) : exact;
			expect(db.value('SELECT ?', [given])).toBe(given);
			expect(db.value('SELECT CAST(? AS TEXT)', [given])).toBe(String(exact));
			expect(db.value('SELECT typeof(?)', [given])).toBe('integer');
			expect(db.value('SELECT ?', [exact])).toBe(given); // a bigint may be given for a small one too
		})
	);
});

test('a time in milliseconds stored in a text column stays an integer in writing [E-1]', () => {
	db.exec('CREATE TABLE t(a LWW_TEXT)');
	db.run('INSERT INTO t VALUES (?)', [1700000000000]);
	expect(db.value('SELECT a FROM t')).toBe('1700000000000');
});

test('text keeps NUL, a leading byte order mark and every code point [E-2]', () => {
	for (const text of ['a\0b', '\0', '\uFEFFmark', '', '👩‍👩‍👧', 'x'.repeat(100_000)]) {
		expect(db.value('SELECT ?', [text])).toBe(text);
	}
	db.createFunction('echo', 1, (value) => value ?? null);
	expect(db.value('SELECT echo(?)', ['a\0\uFEFFb'])).toBe('a\0\uFEFFb');
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			expect(db.value('SELECT ?', [text])).toBe(text);
		})
	);
});

test('blobs and reals come back as they went in', () => {
	const bytes = new Uint8Array([0, 1, 255]);
	expect(db.value('SELECT ?', [bytes])).toEqual(bytes);
	expect(db.value('SELECT ?', [new Uint8Array(0)])).toEqual(new Uint8Array(0));
	for (const real of [0.1, -1e300, 2 ** 60, Infinity]) expect(db.value('SELECT ?', [real])).toBe(real);
});

test('booleans, undefined, NaN, dates, objects and too big integers are refused with their position [E-3]', () => {
	for (const bad of [true, undefined, NaN, new Date(), {}, [1], 2n ** 63n, new Float64Array(1)]) {
		const error = caught(() => db.all('SELECT ?, ?', [1, bad as SqlValue]));
		expect(error.code).toBe('PARAMETER');
		expect(error.position).toBe(1);
	}
	expect(caught(() => db.all('SELECT ?', [])).code).toBe('PARAMETER');
	expect(caught(() => db.all('SELECT ?', [1, 2])).position).toBe(1);
});

test('an exception in a function reaches the caller as the same object and the connection goes on [E-4]', () => {
	const thrown = new PlatformError('DENIED', 'no', { scope: 'doc:1', table: 't' });
	db.exec('CREATE TABLE t(a); CREATE TABLE log(a)');
	db.createFunction('guard', 1, (value) => {
		if (value === 'bad') throw thrown;
		return 1;
	});
	db.exec('CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT guard(NEW.a); END');
	expect(caught(() => db.run('INSERT INTO t VALUES (?)', ['bad']))).toBe(thrown);
	expect(caught(() => db.exec(`INSERT INTO t VALUES ('bad')`))).toBe(thrown);
	db.run('INSERT INTO t VALUES (?)', ['good']);
	expect(db.all('SELECT a FROM t')).toEqual([['good']]);
	const later = caught(() => db.run('INSERT INTO nowhere VALUES (1)'));
	expect(later.table).toBe('nowhere'); // not the old one
});

test('an exception in the authorizer or in the update hook does not unwind through the engine [E-4]', () => {
	db.exec('CREATE TABLE t(a)');
	const thrown = new PlatformError('FORBIDDEN', 'no');
	db.setAuthorizer((action) => {
		if (action === 18) throw thrown;
		return 0;
	});
	expect(caught(() => db.run('INSERT INTO t VALUES (1)'))).toBe(thrown);
	db.setAuthorizer(undefined);
	db.setUpdateHook(() => {
		throw new Error('listener');
	});
	db.run('INSERT INTO t VALUES (1)');
	expect(db.value('SELECT count(*) FROM t')).toBe(1);
});

test('a function may run the very statement that called it [E-5]', () => {
	db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (3)');
	const sql = 'SELECT down(a - ?) FROM t';
	db.createFunction('down', 1, (left) => (Number(left) <= 0 ? 'end' : db.value(sql, [4 - Number(left)])));
	expect(db.value(sql, [1])).toBe('end');
});

test('cached statements see the columns of an altered table [E-5]', () => {
	db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1)');
	expect(db.query('SELECT * FROM t')).toEqual({ columns: ['a'], rows: [[1]] });
	db.exec('ALTER TABLE t ADD COLUMN b DEFAULT 2');
	expect(db.query('SELECT * FROM t')).toEqual({ columns: ['a', 'b'], rows: [[1, 2]] });
	db.exec('ALTER TABLE t DROP COLUMN a');
	expect(db.all('SELECT * FROM t')).toEqual([[2]]);
});

test('one statement at a time; comments and semicolons may follow', () => {
	expect(db.value('SELECT 1; -- done\n ;')).toBe(1);
	expect(caught(() => db.all('SELECT 1; SELECT 2')).code).toBe('SQL');
	expect(caught(() => db.all('  -- nothing')).code).toBe('SQL');
	expect(caught(() => db.all('SELECT 1 \0')).position).toBe(9);
});

test('errors name table, column and position, and never a bound value [E-6]', () => {
	db.exec('CREATE TABLE t(a NOT NULL); CREATE VIRTUAL TABLE f USING fts5(body)');
	expect(caught(() => db.run('INSERT INTO t VALUES (?)', [null]))).toMatchObject({
		code: 'CONSTRAINT',
		table: 't',
		column: 'a'
	});
	expect(caught(() => db.all('SELECT b FROM t'))).toMatchObject({ code: 'SQL', column: 'b' });
	expect(caught(() => db.all('SELECT FROMM t'))).toMatchObject({ code: 'SQL' });
	expect(caught(() => db.all('SELEC 1')).position).toBe(0);
	for (const secret of ['hunter2:x', '"hunter2', 'hunter2 AND', '^hunter2 (', 'hunter2)']) {
		const error = caught(() => db.all('SELECT * FROM f WHERE f MATCH ?', [secret]));
		expect(error.message).not.toContain('hunter2');
	}
	expect(caught(() => db.all('SELECT json_extract(?, ?)', ['{}', 'hunter2'])).message).not.toContain('hunter2');
});

test('a failing transaction leaves nothing, an inner one only its own part', () => {
	db.exec('CREATE TABLE t(a)');
	expect(() =>
		db.transaction(() => {
			db.run('INSERT INTO t VALUES (1)');
			throw new Error('stop');
		})
	).toThrow('stop');
	expect(db.inTransaction).toBe(false);
	db.transaction(() => {
		db.run('INSERT INTO t VALUES (2)');
		expect(() =>
			db.transaction(() => {
				db.run('INSERT INTO t VALUES (3)');
				throw new Error('inner');
			})
		).toThrow('inner');
	});
	expect(db.all('SELECT a FROM t')).toEqual([[2]]);
	db.run('UPDATE t SET a = 5');
	expect(db.changes()).toBe(1);
	expect(db.totalChanges).toBeGreaterThanOrEqual(3);
});

test('a long query can be interrupted', () => {
	let asked = 0;
	db.setProgressHandler(1000, () => ++asked > 10);
	const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
	expect(caught(() => db.value(endless)).code).toBe('INTERRUPTED');
	db.setProgressHandler(0, undefined);
	expect(db.value('SELECT 1')).toBe(1);
});
