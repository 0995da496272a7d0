/** Transactions that are larger than one batch may be. */
import { beforeAll, expect, test } from 'vitest';
import { toHex } from '../crypto/bytes.ts';
import type { PersonKeys } from '../identity/index.ts';
import { encodeBatch } from '../protocol/batch.ts';
import { LIMITS } from '../protocol/limits.ts';
import { recordHeader } from '../protocol/record.ts';
import { Forger } from '../testing/forge.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { deliver, exchange, openTestReplica, testClock, type TestReplica } from '../testing/replica.ts';
import { MOST_ROW } from './parts.ts';

const random = new Random(23);
const clock = testClock();
let laptop: PersonKeys;
let phone: PersonKeys;

beforeAll(async () => {
	const alice = new TestPerson('Alice', random, clock);
	[laptop, phone] = [await alice.device(), await alice.device()];
});

const SMALL = { growth: 20, bytes: 4096, texts: 2 };
const open = (person: PersonKeys, options = {}) => openTestReplica({ person, clock, random, ...options });
const count = ({ replica }: TestReplica) => replica.run('SELECT count(*) FROM blocks').rows[0]![0];
const idOf = ({ replica }: TestReplica) => replica.scopes()[0]!.id;
const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
	INSERT INTO blocks (id, scope_id, title) SELECT 'r' || i, ?, 'x' FROM n`;
/** Own data records, in the order of the chain. */
const batchesOf = ({ replica }: TestReplica) =>
	replica
		.ownSince(replica.scopes()[0]!.id, { access: 0, data: 0 }, 1e9)
		.filter((bytes) => recordHeader(bytes).header.log === 'data');

/** A laptop with one large transaction of 50 rows in small parts, and a phone that has the access log only. */
async function large() {
	const [a, b] = [await open(laptop, { partSize: SMALL }), await open(phone)];
	a.replica.run(fill, [50, a.replica.personalScope()]);
	const id = idOf(a);
	const records = a.replica.missing(id, b.replica.frontier(id), 1e9);
	const isData = (bytes: Uint8Array) => recordHeader(bytes).header.log === 'data';
	b.replica.receive(
		id,
		records.filter((bytes) => !isData(bytes))
	);
	return { a, b, id, batches: records.filter(isData) };
}

test('[G-19] a transaction above the limit of a batch becomes several, and others have all of it or none', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	a.replica.run(fill, [14_000, a.replica.personalScope()]);
	expect(count(a)).toBe(14_000);
	const id = idOf(a);
	expect(batchesOf(a).length).toBeGreaterThan(2);
	const records = a.replica.missing(id, b.replica.frontier(id), 1e9);
	const seen = new Set<unknown>();
	for (const record of records) {
		expect(b.replica.receive(id, [record]).refused).toEqual([]);
		seen.add(count(b));
	}
	expect([...seen]).toEqual([0, 14_000]);
	expect(b.replica.stateHash(id)).toEqual(a.replica.stateHash(id));
}, 60_000);

test('[G-19] [G-7] its parts may come in any order and repeated: never is it seen by halves', async () => {
	for (let round = 0; round < 10; round++) {
		const { a, b, id, batches } = await large();
		expect(batches.length).toBeGreaterThan(5);
		for (const record of random.shuffled([...batches, ...batches])) {
			b.replica.receive(id, [record]);
			expect([0, 50]).toContain(count(b));
		}
		expect(count(b)).toBe(50);
		expect(b.replica.refusals()).toEqual([]);
		expect(b.replica.stateHash(id)).toEqual(a.replica.stateHash(id));
	}
});

test('[G-19] what waits for the rest of its transaction waits over a restart too', async () => {
	const { a, b, id, batches } = await large();
	expect(b.replica.receive(id, batches.slice(0, -1))).toMatchObject({ applied: 0, held: batches.length - 1 });
	const again = await open(phone, { database: b.database });
	expect(count(again)).toBe(0);
	// What came later and what is written here does not wait for it.
	again.replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', [
		'own',
		again.replica.personalScope(),
		'y'
	]);
	expect(count(again)).toBe(1);
	expect(again.replica.receive(id, batches.slice(-1)).refused).toEqual([]);
	expect(count(again)).toBe(51);
	exchange(a.replica, again.replica, id);
	expect(again.replica.stateHash(id)).toEqual(a.replica.stateHash(id));
});

test('[G-19] rows with texts are cut between rows, and a text keeps the order of its updates', async () => {
	const [a, b] = [await open(laptop, { partSize: SMALL }), await open(phone)];
	const name = a.replica.personalScope();
	a.replica.begin();
	for (let n = 0; n < 9; n++) {
		a.replica.run('INSERT INTO blocks (id, scope_id, title, content) VALUES (?, ?, ?, ?)', [
			`${n}`,
			name,
			't',
			`one ${n}`
		]);
		a.replica.run('INSERT INTO texts (id, scope_id, body) VALUES (?, ?, ?)', [`${n}`, name, `two ${n}`]);
	}
	a.replica.run("UPDATE blocks SET content = content || ' and more'");
	a.replica.commit();
	expect(batchesOf(a).length).toBeGreaterThan(4);
	for (const record of random.shuffled(a.replica.missing(idOf(a), b.replica.frontier(idOf(a)), 1e9))) {
		expect(b.replica.receive(idOf(a), [record]).refused).toEqual([]);
	}
	expect(b.replica.run('SELECT id, content FROM blocks ORDER BY id').rows).toEqual(
		Array.from({ length: 9 }, (_, n) => [`${n}`, `one ${n} and more`])
	);
	expect(b.replica.stateHash(idOf(a))).toEqual(a.replica.stateHash(idOf(a)));
});

test('T26 [G-19] a transaction that never ends holds up nothing but itself', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	a.replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['one', name, 'first']);
	const id = idOf(a);
	exchange(a.replica, b.replica, id);
	const forger = new Forger(a, name);
	const change = (value: string, version: number) => ['blocks', 'one', 'title', value, version, 1, 0] as const;
	const endless = forger.batch({ changes: [[...change('never', 5)]], part: [1, LIMITS.parts] });
	const next = forger.batch({ changes: [[...change('second', 2)]] });
	expect(b.replica.receive(id, [endless, next])).toMatchObject({ applied: 1, held: 1, refused: [] });
	expect(b.replica.run('SELECT title FROM blocks').rows).toEqual([['second']]);
});

test('T26 [G-19] parts that no transaction has are refused', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	a.replica.run(fill, [1, a.replica.personalScope()]);
	const id = idOf(a);
	exchange(a.replica, b.replica, id);
	const forger = new Forger(a, a.replica.personalScope());
	const [own] = forger.own('data');
	for (const part of [
		[0, 2],
		[1, 1],
		[3, 2],
		[1, LIMITS.parts + 1]
	] as [number, number][]) {
		const record = forger.record('data', encodeBatch({ ...forger.read(own!), part }));
		expect(b.replica.receive(id, [record]).refused).toMatchObject([{ rule: 'R0' }]);
	}
});

test('[N-7] a page of records is what was asked for, or one record that is larger: it fits into one message', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const id = idOf(a);
	a.replica.run(fill, [1, name]);
	a.replica.run('UPDATE blocks SET data = ?', [random.bytes(200_000)]);
	exchange(a.replica, b.replica, id);
	b.replica.run('UPDATE blocks SET data = ?', [random.bytes(200_000)]);
	exchange(a.replica, b.replica, id);
	const pages = (next: (page: number) => Uint8Array[]) => {
		for (const limit of [1000, 50_000, 250_000]) {
			const records = next(limit);
			const size = records.reduce((sum, bytes) => sum + bytes.length, 0);
			expect(records.length === 1 || (records.length > 1 && size <= limit)).toBe(true);
		}
	};
	pages((limit) => a.replica.missing(id, { access: [], data: [] }, limit));
	pages((limit) => a.replica.ownSince(id, { access: 0, data: 0 }, limit));
});

test('[E-7] a blob of 5 MB in one row reaches another device; one that is too big says which column, and nothing is written', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const insert = 'INSERT INTO blocks (id, scope_id, title, data) VALUES (?, ?, ?, ?)';
	const blob = new Uint8Array(5_000_000).map((_, index) => (index * 2654435761) >>> 13);
	a.replica.run(insert, ['five', name, 'five', blob]);
	deliver(a.replica, b.replica, idOf(a));
	expect(toHex((b.replica.run('SELECT data FROM blocks').rows[0]![0] as Uint8Array).subarray(4_999_000))).toBe(
		toHex(blob.subarray(4_999_000))
	);
	const tooBig = expect.objectContaining({ code: 'VALUE_TOO_BIG', table: 'blocks', column: 'data' });
	expect(() => a.replica.run(insert, ['seven', name, '', new Uint8Array(LIMITS.value + 1)])).toThrow(tooBig);
	expect(() => a.replica.run(insert, ['both', name, 'x'.repeat(2_500_000), new Uint8Array(6_000_000)])).toThrow(tooBig);
	expect(count(a)).toBe(1);
	a.replica.run(insert, ['most', name, 'x'.repeat(MOST_ROW - LIMITS.value - 10_000), new Uint8Array(LIMITS.value)]);
	deliver(a.replica, b.replica, idOf(a));
	expect(count(b)).toBe(2);
	expect(b.replica.refusals()).toEqual([]);
}, 60_000);
