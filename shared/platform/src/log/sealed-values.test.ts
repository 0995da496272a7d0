/** Secrets that stand sealed in their column. Numbers are those of the threat catalogue. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { toHex, utf8 } from '../crypto/bytes.ts';
import { ENVELOPE_OVERHEAD } from '../crypto/envelope.ts';
import { loadSchema } from '../engine/schema.ts';
import type { SqlParams, SqlValue } from '../engine/sqlite.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { LiveUpdate } from '../protocol/live.ts';
import { LIMITS } from '../protocol/limits.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { exchange, openTestReplica, testClock, type TestReplica } from '../testing/replica.ts';

const SCHEMA = `
	CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, note LWW_BLOB);
	SELECT crsql_as_crr('items');
	SELECT crsql_policy('items', 'OWNER:RW, EDITOR:RW, VIEWER:R');
	CREATE TABLE fields (id TEXT PRIMARY KEY, scope_id TEXT, item_id LWW_TEXT, value LWW_BLOB, other LWW_BLOB);
	SELECT crsql_as_crr('fields');
	SELECT crsql_policy('fields', 'OWNER:RW, EDITOR:RW, VIEWER:R');
	CREATE TABLE drafts (id TEXT PRIMARY KEY, value BLOB);
`;
const SECRET = 'correct horse battery staple';
const random = new Random(31);
const clock = testClock();
let laptop: PersonKeys;
let phone: PersonKeys;
let bob: PersonKeys;
let carol: PersonKeys;
let alice: TestReplica;
let scope: string;

beforeAll(async () => {
	const person = new TestPerson('Alice', random, clock);
	[laptop, phone] = [await person.device(), await person.device()];
	[bob, carol] = [
		await new TestPerson('Bob', random, clock).device(),
		await new TestPerson('Carol', random, clock).device()
	];
});

const open = (person: PersonKeys, options = {}) =>
	openTestReplica({ person, schema: SCHEMA, clock, random, ...options });
const INSERT = `INSERT INTO fields (id, scope_id, value) VALUES (?1, ?2, seal_value(?2, 'fields', ?1, 'value', ?3))`;
const OPEN = "SELECT open_value(scope_id, 'fields', id, 'value', value) FROM fields WHERE id = ?";
const value = ({ replica }: TestReplica, sql: string, params: SqlParams = []): SqlValue =>
	replica.run(sql, params).rows[0]![0]!;
const opened = (at: TestReplica, id: string) => value(at, OPEN, [id]);
const wrong = (code: string) => expect.objectContaining({ code, table: 'fields', column: 'value' });

beforeEach(async () => {
	alice = await open(laptop);
	scope = alice.replica.personalScope();
	alice.replica.run(INSERT, ['one', scope, SECRET]);
	alice.replica.run(INSERT, ['two', scope, 'another']);
});

test('[G-20] text and blobs come back as they were, of the same type; NULL stays NULL', () => {
	const values = ['', SECRET, 'é日本\u0000\ufeff😀', new Uint8Array(0), random.bytes(3000), 'x'.repeat(5000), null];
	values.forEach((secret, index) => {
		alice.replica.run(INSERT, [`v${index}`, scope, secret]);
		expect(opened(alice, `v${index}`)).toEqual(secret);
	});
	for (const other of [1, 1.5, 2n ** 60n]) {
		expect(() => alice.replica.run(INSERT, ['n', scope, other])).toThrow(wrong('SEALED_TYPE'));
	}
	const much = new Uint8Array(LIMITS.value + 1);
	expect(() => alice.replica.run(INSERT, ['n', scope, much])).toThrow(wrong('VALUE_TOO_BIG'));
});

test('[G-20] what is stored says nothing: two values of one size class have one length, equal values differ', () => {
	alice.replica.run(INSERT, ['long', scope, 'x'.repeat(240)]);
	alice.replica.run(INSERT, ['same', scope, SECRET]);
	const stored = alice.replica.run('SELECT value FROM fields').rows.flat() as Uint8Array[];
	expect(new Set(stored.map(({ length }) => length))).toEqual(new Set([256 + ENVELOPE_OVERHEAD + 2]));
	expect(new Set(stored.map(toHex)).size).toBe(stored.length);
	const needle = toHex(utf8(SECRET)).toUpperCase();
	for (const [table] of alice.database.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")) {
		const rows = alice.database.all(`SELECT * FROM "${String(table)}"`).flat();
		for (const cell of rows)
			expect(cell instanceof Uint8Array && toHex(cell).toUpperCase().includes(needle)).toBe(false);
	}
});

test('T10 [G-20] the sealed values of two items, swapped, open at neither', () => {
	const [one, two] = alice.replica.run('SELECT value FROM fields ORDER BY id').rows.flat();
	alice.replica.run("UPDATE fields SET value = iif(id = 'one', ?, ?)", [two!, one!]);
	for (const id of ['one', 'two']) expect(() => opened(alice, id)).toThrow(wrong('SEALED_WRONG'));
});

test('T11 [G-20] moved to another field of the same item, or another table, a sealed value does not open', () => {
	alice.replica.run("UPDATE fields SET other = value WHERE id = 'one'");
	const moved = "SELECT open_value(scope_id, 'fields', id, 'other', other) FROM fields WHERE id = 'one'";
	expect(() => alice.replica.run(moved)).toThrow(expect.objectContaining({ code: 'SEALED_WRONG', column: 'other' }));
	alice.replica.run("INSERT INTO items (id, scope_id, note) SELECT id, scope_id, value FROM fields WHERE id = 'one'");
	const elsewhere = "SELECT open_value(scope_id, 'items', id, 'note', note) FROM items";
	expect(() => alice.replica.run(elsewhere)).toThrow(expect.objectContaining({ code: 'SEALED_WRONG', table: 'items' }));
});

test('T21 [G-20] a sealed value of one scope does not open in another', () => {
	const { scope: other } = alice.replica.createScope('vault', { name: 'family' });
	const copy = "INSERT INTO fields (id, scope_id, value) SELECT id, ?, value FROM fields WHERE id = 'one'";
	alice.replica.run(copy, [other]);
	const sql = "SELECT open_value(scope_id, 'fields', id, 'value', value) FROM fields WHERE scope_id = ?";
	expect(() => alice.replica.run(sql, [other])).toThrow(wrong('SEALED_WRONG'));
	// The way to move it: opened there and sealed here, in one statement.
	const move = `UPDATE fields SET value = (SELECT seal_value(fields.scope_id, 'fields', fields.id, 'value',
		open_value(f.scope_id, 'fields', f.id, 'value', f.value)) FROM fields f WHERE f.id = 'one' AND f.scope_id = ?)
		WHERE scope_id = ?`;
	alice.replica.run(move, [scope, other]);
	expect(value(alice, sql, [other])).toBe(SECRET);
});

test('T08 T09 [G-20] cut off, altered, of an unknown version or key: refused with a code that tells which', () => {
	const sealed = value(alice, "SELECT value FROM fields WHERE id = 'one'") as Uint8Array;
	const check = "SELECT open_value(?, 'fields', 'one', 'value', ?)";
	const codeOf = (bytes: SqlValue): unknown => {
		try {
			return alice.replica.run(check, [scope, bytes]).rows;
		} catch (error) {
			expect(String(error)).not.toContain('horse');
			return (error as { code: string }).code;
		}
	};
	const altered = (at: number, byte: number) => sealed.map((old, index) => (index === at ? byte : old));
	expect(codeOf(sealed)).toEqual([[SECRET]]);
	for (let length = 0; length < sealed.length; length += 7) {
		expect(codeOf(sealed.subarray(0, length))).toBe('SEALED_WRONG');
	}
	for (let at = 4; at < sealed.length; at += 5) expect(codeOf(altered(at, sealed[at]! ^ 1))).toBe('SEALED_WRONG');
	expect(codeOf(altered(0, 1))).toBe('SEALED_KEY');
	expect(codeOf(altered(1, 1))).toBe('SEALED_WRONG');
	expect(codeOf(altered(1, 2))).toBe('SEALED_WRONG');
	expect(codeOf(altered(2, 2))).toBe('SEALED_NEWER');
	expect(codeOf(altered(3, 0))).toBe('SEALED_NEWER');
	// The epoch written longer than it needs.
	expect(codeOf(Uint8Array.from([0x80, 0, ...sealed.subarray(1)]))).toBe('SEALED_WRONG');
	expect(codeOf(new Uint8Array(6).fill(0xff))).toBe('SEALED_WRONG');
	for (const other of ['text', 7, new Uint8Array(0)]) expect(codeOf(other)).toBe('SEALED_WRONG');
});

test('[G-20] a list opens although one value in it does not: with a value to take instead', () => {
	alice.replica.run("UPDATE fields SET value = x'00' WHERE id = 'two'");
	const sql = "SELECT id, open_value(scope_id, 'fields', id, 'value', value, ?) FROM fields ORDER BY id";
	expect(alice.replica.run(sql, [null]).rows).toEqual([
		['one', SECRET],
		['two', null]
	]);
	expect(alice.replica.run(sql, ['?']).rows[1]).toEqual(['two', '?']);
});

test('[G-20] only for columns that can hold it and scopes that are here', () => {
	const seal = 'SELECT seal_value(?, ?, ?, ?, ?)';
	for (const [table, column] of [
		['fields', 'item_id'],
		['fields', 'values'],
		['fieldz', 'value'],
		['drafts', 'value']
	] as const) {
		const error = expect.objectContaining({ code: 'SEALED_COLUMN', table, column });
		expect(() => alice.replica.run(seal, [scope, table, 'one', column, SECRET])).toThrow(error);
	}
	for (const sql of [seal, seal.replace('seal', 'open')]) {
		expect(() => alice.replica.run(sql, ['doc:none', 'fields', 'one', 'value', SECRET])).toThrow(
			expect.objectContaining({ code: 'DENIED', scope: 'doc:none' })
		);
	}
});

test('[G-20] in a transaction, in a batch, in a live query, and after a restart', async () => {
	const updates: LiveUpdate[] = [];
	alice.replica.live.watch(
		"SELECT id, open_value(scope_id, 'fields', id, 'value', value) AS secret FROM fields ORDER BY id",
		[],
		(update) => void updates.push(update)
	);
	alice.replica.begin();
	alice.replica.runAll([
		{
			sql: "UPDATE fields SET value = seal_value(scope_id, 'fields', id, 'value', ?) WHERE id = 'one'",
			params: ['new']
		},
		{ sql: INSERT, params: ['three', scope, 'third'] }
	]);
	expect(opened(alice, 'one')).toBe('new');
	alice.replica.commit();
	expect(JSON.stringify(updates.at(-1))).toContain('third');
	alice.replica.begin();
	alice.replica.run(INSERT, ['four', scope, 'fourth']);
	alice.replica.rollback();
	const again = await open(laptop, { database: alice.database });
	expect(['one', 'two', 'three'].map((id) => opened(again, id))).toEqual(['new', 'another', 'third']);
	expect(value(again, 'SELECT count(*) FROM fields')).toBe(3);
});

test('[G-20] the own phone opens it, and so does another person in a shared scope, under whatever local name', async () => {
	const second = await open(phone);
	exchange(alice.replica, second.replica, alice.replica.scopes()[0]!.id);
	expect(opened(second, 'one')).toBe(SECRET);

	const made = alice.replica.createScope('vault', { name: 'family' });
	alice.replica.grant(made.scope, bob.card, 'EDITOR');
	alice.replica.run(INSERT, ['shared', made.scope, 'for both']);
	const his = await open(bob);
	his.replica.createScope('vault', { name: 'family' });
	const name = his.replica.joinScope(alice.replica.directory()[0]!);
	expect(name).not.toBe(made.scope);
	exchange(alice.replica, his.replica, toHex(made.id));
	expect(opened(his, 'shared')).toBe('for both');
	his.replica.run("UPDATE fields SET value = seal_value(scope_id, 'fields', id, 'value', ?) WHERE id = 'shared'", [
		'his'
	]);
	exchange(alice.replica, his.replica, toHex(made.id));
	expect(opened(alice, 'shared')).toBe('his');
});

test('T34 [G-20] a viewer opens and cannot seal; nobody seals in a scope that gave them no role', async () => {
	const made = alice.replica.createScope('vault', { name: 'family' });
	alice.replica.grant(made.scope, carol.card, 'VIEWER');
	alice.replica.run(INSERT, ['shared', made.scope, 'for both']);
	const hers = await open(carol);
	const name = hers.replica.joinScope(alice.replica.directory()[0]!);
	const seal = "SELECT seal_value(?, 'fields', 'shared', 'value', 'mine')";
	expect(() => hers.replica.run(seal, [name])).toThrow(expect.objectContaining({ code: 'DENIED', scope: name }));
	exchange(alice.replica, hers.replica, toHex(made.id));
	expect(opened(hers, 'shared')).toBe('for both');
	expect(() => hers.replica.run(seal, [name])).toThrow(
		expect.objectContaining({ code: 'DENIED', role: 'VIEWER', table: 'fields' })
	);
});

test('[G-20] where the log is not compressed, its lengths do not tell what repeats in it', async () => {
	const sizes = async (compress: boolean) => {
		const { replica } = await open(laptop, { compress });
		const [id] = replica.scopes().map((info) => info.id);
		const size = (text: string) => {
			const before = replica.ownSince(id!, { access: 9, data: 0 }, 1e9).length;
			replica.run('INSERT INTO items (id, scope_id, title) VALUES (?, ?, ?)', [
				text.slice(0, 8),
				replica.personalScope(),
				text
			]);
			return replica.ownSince(id!, { access: 9, data: before }, 1e9)[0]!.length;
		};
		return [size('x'.repeat(3000)), size(toHex(random.bytes(1500)))];
	};
	const [same, other] = await sizes(false);
	expect(same).toBe(other);
	const [small, large] = await sizes(true);
	expect(small).toBeLessThan(large!);
});

test('[G-20] no trigger and no view opens or seals: the schema is refused, and SQLite refuses it too', () => {
	for (const made of [
		"CREATE VIEW secrets AS SELECT open_value(scope_id, 'fields', id, 'value', value) FROM fields;",
		`CREATE TRIGGER leak AFTER UPDATE ON fields BEGIN
			INSERT INTO drafts (id, value) VALUES (new.id, open_value(new.scope_id, 'fields', new.id, 'value', new.value)); END;`
	]) {
		expect(() => loadSchema(SCHEMA + made)).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
		alice.database.exec(made);
	}
	expect(() => alice.replica.run('SELECT * FROM secrets')).toThrow('unsafe use of open_value');
	expect(() => alice.replica.run("UPDATE fields SET item_id = 'x'")).toThrow('unsafe use of open_value');
});
