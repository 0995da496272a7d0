/** Who wrote what into a row, told from the signed log. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../crypto/bytes.ts';
import { loadSchema } from '../engine/schema.ts';
import type { SqlValue } from '../engine/sqlite.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { Change } from '../protocol/batch.ts';
import { Forger } from '../testing/forge.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { exchange, openTestReplica, testClock, type TestReplica } from '../testing/replica.ts';

const PLAIN = `
	CREATE TABLE fields (id TEXT PRIMARY KEY, scope_id TEXT, label LWW_TEXT, value LWW_BLOB, n LWW_REAL, body REALTIME_TEXT);
	SELECT crsql_as_crr('fields');
	SELECT crsql_policy('fields', 'OWNER:RW, EDITOR:RW, VIEWER:R');
	CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT);
	SELECT crsql_as_crr('items');
	SELECT crsql_policy('items', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;
const SCHEMA = `${PLAIN} SELECT crsql_history('fields');`;
const random = new Random(41);
const clock = testClock();
let laptop: PersonKeys;
let phone: PersonKeys;
let bob: PersonKeys;

beforeAll(async () => {
	const alice = new TestPerson('Alice', random, clock);
	[laptop, phone] = [await alice.device(), await alice.device()];
	bob = await new TestPerson('Bob', random, clock).device();
});

const open = (person: PersonKeys, options = {}) =>
	openTestReplica({ person, schema: SCHEMA, clock, random, ...options });

interface Three {
	peers: TestReplica[];
	/** True id of a scope that Alice, on both devices, and Bob have. */
	id: string;
	/** Its local name, here the same everywhere. */
	name: string;
}

async function three(options = {}): Promise<Three> {
	const peers = [await open(laptop, options), await open(phone, options), await open(bob, options)];
	const { scope, id } = peers[0]!.replica.createScope('vault', { name: 'family' });
	peers[0]!.replica.grant(scope, bob.card, 'EDITOR');
	for (const { replica } of peers.slice(1)) {
		expect(replica.joinScope(peers[0]!.replica.directory()[0]!)).toBe(scope);
		exchange(peers[0]!.replica, replica, toHex(id));
	}
	return { peers, id: toHex(id), name: scope };
}

function sync({ peers, id }: Three): void {
	for (let round = 0; round < 2; round++) {
		for (const [a, b] of [
			[0, 1],
			[1, 2],
			[0, 2]
		] as const)
			exchange(peers[a]!.replica, peers[b]!.replica, id);
	}
}

const labels = ({ replica }: TestReplica, name: string) =>
	replica
		.history('fields', name, 'f')
		.filter(({ column }) => column === 'label')
		.map(({ value, name, own, current }) => `${name}${own ? ' (own)' : ''}: ${String(value)}${current ? ' *' : ''}`);

describe('history', () => {
	test('[G-21] tells every value of a cell with its author, the loser of a concurrent write too, alike on all devices', async () => {
		const world = await three();
		const [a, b, c] = world.peers as [TestReplica, TestReplica, TestReplica];
		a.replica.run('INSERT INTO fields (id, scope_id, label) VALUES (?, ?, ?)', ['f', world.name, 'first']);
		sync(world);
		a.replica.run('UPDATE fields SET label = ?', ['by the laptop']);
		c.replica.run('UPDATE fields SET label = ?', ['by Bob']);
		sync(world);
		b.replica.run('UPDATE fields SET label = ?', ['last']);
		sync(world);
		const seen = (own: (who: string) => string) => [
			`${own('Alice')}: last *`,
			`${own('Bob')}: by Bob`,
			`${own('Alice')}: by the laptop`,
			`${own('Alice')}: first`
		];
		for (const at of [a, b]) {
			expect(labels(at, world.name)).toEqual(seen((who) => (who === 'Alice' ? 'Alice (own)' : who)));
		}
		expect(labels(c, world.name)).toEqual(seen((who) => (who === 'Bob' ? 'Bob (own)' : who)));
		const [last] = c.replica.history('fields', world.name, 'f');
		expect(last).toMatchObject({
			device: 'Alice 2',
			deviceId: toHex(phone.device.publicKey),
			author: a.replica.identity
		});
		expect(last!.time).toBeGreaterThan(1_795_000_000_000);
		expect(a.replica.history('fields', world.name, 'none')).toEqual([]);
	});

	test('[G-21] sealed values come back sealed, and open as what they were', async () => {
		const { peers, name } = await three();
		const { replica } = peers[0]!;
		const seal = "seal_value(?1, 'fields', 'f', 'value', ?2)";
		replica.run(`INSERT INTO fields (id, scope_id, value) VALUES ('f', ?1, ${seal})`, [name, 'old secret']);
		replica.run(`UPDATE fields SET value = ${seal}`, [name, 'new secret']);
		const values = replica.history('fields', name, 'f').filter(({ column }) => column === 'value');
		const opened = values.map(({ value }) =>
			replica.sealed.open({ scope: name, table: 'fields', id: 'f', column: 'value' }, value)
		);
		expect(opened).toEqual(['new secret', 'old secret']);
		expect(values.map(({ current }) => current)).toEqual([true, false]);
	});

	test('[G-21] a deletion is in it, and what the row was before; of a row that came back only the new values stand now', async () => {
		const { peers, name } = await three();
		const { replica } = peers[0]!;
		replica.run('INSERT INTO fields (id, scope_id, label, n) VALUES (?, ?, ?, ?)', ['f', name, 'first', 1.5]);
		replica.run("DELETE FROM fields WHERE id = 'f'");
		const entries = () =>
			replica.history('fields', name, 'f').map(({ column, value, current }) => [column, value, current]);
		expect(entries()).toEqual([
			['', null, true],
			['label', 'first', false],
			['n', 1.5, false],
			['value', null, false]
		]);
		replica.run('INSERT INTO fields (id, scope_id, label, n) VALUES (?, ?, ?, ?)', ['f', name, 'again', 2]);
		expect(entries().slice(0, 4)).toEqual([
			['label', 'again', true],
			['n', 2, true],
			['value', null, true],
			['', null, false]
		]);
	});

	test('[G-21] a time that lies in the future is shown as five minutes ahead at most, and what nobody applied is not shown', async () => {
		const world = await three();
		const [a, , c] = world.peers as [TestReplica, TestReplica, TestReplica];
		a.replica.run('INSERT INTO fields (id, scope_id, label) VALUES (?, ?, ?)', ['f', world.name, 'first']);
		sync(world);
		const forger = new Forger(c, world.name);
		const change = (value: SqlValue): Change => ['fields', 'f', 'label', value, 2, 1, 0];
		const tomorrow = forger.batch({ changes: [change('later')], time: clock() + 86_400_000 });
		const refused = forger.batch({ changes: [change(7)], time: clock() });
		expect(a.replica.receive(world.id, [tomorrow, refused]).refused).toMatchObject([{ rule: 'R9' }]);
		expect(labels(a, world.name)).toEqual(['Bob: later *', 'Alice (own): first']);
		expect(a.replica.history('fields', world.name, 'f')[0]!.time).toBeLessThanOrEqual(clock() + 300_000);
	});

	test('[G-21] a rolled back transaction leaves nothing in it, and a table without one says what to write', async () => {
		const { peers, name } = await three();
		const { replica } = peers[0]!;
		replica.run('INSERT INTO fields (id, scope_id, label) VALUES (?, ?, ?)', ['f', name, 'kept']);
		replica.begin();
		replica.run('UPDATE fields SET label = ?', ['undone']);
		replica.rollback();
		expect(labels(peers[0]!, name)).toEqual(['Alice (own): kept *']);
		expect(() => replica.history('items', name, 'f')).toThrow(
			expect.objectContaining({
				code: 'NO_HISTORY',
				message: expect.stringContaining("SELECT crsql_history('items');")
			})
		);
		expect(() => replica.history('fields', 'doc:none', 'f')).toThrow(expect.objectContaining({ code: 'DENIED' }));
	});

	test('[G-21] a database from before gets its index at opening; one that no longer wants it loses it', async () => {
		const world = await three({ schema: PLAIN });
		const [a, , c] = world.peers as [TestReplica, TestReplica, TestReplica];
		a.replica.run('INSERT INTO fields (id, scope_id, label) VALUES (?, ?, ?)', ['f', world.name, 'first']);
		sync(world);
		c.replica.run('UPDATE fields SET label = ?', ['by Bob']);
		a.replica.run('UPDATE fields SET label = ?', ['by Alice']);
		sync(world);
		const rows = () => Number(a.database.value('SELECT count(*) FROM slf_history'));
		expect(rows()).toBe(0);
		const reopen = (schema: string) => open(laptop, { schema, database: a.database });
		const expected = ['Bob: by Bob *', 'Alice (own): by Alice', 'Alice (own): first'];
		const upgraded = await reopen(SCHEMA);
		expect(labels(upgraded, world.name).sort()).toEqual(expected.sort());
		expect(rows()).toBe(3);
		upgraded.replica.run('UPDATE fields SET label = ?', ['third']);
		expect(rows()).toBe(4);
		await reopen(PLAIN);
		expect(rows()).toBe(0);
		expect(labels(await reopen(SCHEMA), world.name)).toHaveLength(4);
		expect(labels(await reopen(SCHEMA), world.name)).toHaveLength(4);
	});

	test('[G-21] the schema asks for it by table, and only of what replicates', () => {
		expect(
			loadSchema(SCHEMA)
				.tables.filter(({ history }) => history)
				.map(({ name }) => name)
		).toEqual(['fields']);
		expect(loadSchema(SCHEMA).hash).toEqual(loadSchema(PLAIN).hash);
		for (const [line, why] of [
			["SELECT crsql_history('nothing');", 'there is no table'],
			["CREATE TABLE drafts (id TEXT); SELECT crsql_history('drafts');", 'local to the device'],
			["SELECT crsql_history('fields', 'label');", 'takes 1 text']
		] as const) {
			expect(() => loadSchema(PLAIN + line)).toThrow(
				expect.objectContaining({ code: 'SCHEMA', message: expect.stringContaining(why) })
			);
		}
	});
});

/** One thing that a transaction does to a row: to each at most one. */
type Deed = { row: number; kind: 'insert' | 'update' | 'delete'; columns: string[] };
const COLUMNS = ['label', 'value', 'n'];
const deed = fc.record({
	row: fc.nat(2),
	kind: fc.constantFrom('insert', 'update', 'update', 'update', 'delete'),
	columns: fc.subarray(COLUMNS, { minLength: 1 })
}) as fc.Arbitrary<Deed>;
const step = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			peer: fc.nat(2),
			deeds: fc.uniqueArray(deed, { minLength: 1, maxLength: 3, selector: ({ row }) => row }),
			keep: fc.nat(9).map((dice) => dice > 0)
		})
	},
	{ weight: 3, arbitrary: fc.constantFrom([0, 1], [1, 2], [0, 2]).map((meet) => ({ meet })) }
) as fc.Arbitrary<{ peer: number; deeds: Deed[]; keep: boolean } | { meet: number[] }>;

test(
	'[G-21] [G-7] after sync every acknowledged value is in the history exactly once, on every device',
	{ timeout: 120_000 },
	async () => {
		let serial = 0;
		const values: Record<string, () => SqlValue> = {
			label: () => `v${serial++}`,
			value: () => Uint8Array.of(serial >> 8, serial++ & 255, 7),
			n: () => serial++ + 0.5
		};
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), fc.boolean(), async (steps, small) => {
				const world = await three(small ? { partSize: { growth: 4, bytes: 200, texts: 1 } } : {});
				const { peers, id, name } = world;
				const acknowledged = new Map<string, string[]>();
				for (const one of steps) {
					if ('meet' in one) {
						exchange(peers[one.meet[0]!]!.replica, peers[one.meet[1]!]!.replica, id);
						continue;
					}
					const { replica } = peers[one.peer]!;
					const written: [row: string, entry: string][] = [];
					replica.begin();
					for (const { row, kind, columns } of one.deeds) {
						const key = `r${row}`;
						const exists =
							replica.run('SELECT 1 FROM fields WHERE scope_id = ? AND id = ?', [name, key]).rows.length > 0;
						if (exists !== (kind !== 'insert')) continue;
						const fresh = columns.map((column) => values[column]!());
						if (kind === 'insert') {
							const marks = columns.map(() => '?').join(', ');
							replica.run(`INSERT INTO fields (id, scope_id, ${columns.join(', ')}) VALUES (?, ?, ${marks})`, [
								key,
								name,
								...fresh
							]);
							for (const column of COLUMNS) written.push([key, show(column, fresh[columns.indexOf(column)] ?? null)]);
						} else if (kind === 'update') {
							const sets = columns.map((column) => `${column} = ?`).join(', ');
							replica.run(`UPDATE fields SET ${sets} WHERE scope_id = ? AND id = ?`, [...fresh, name, key]);
							columns.forEach((column, index) => written.push([key, show(column, fresh[index]!)]));
						} else {
							replica.run('DELETE FROM fields WHERE scope_id = ? AND id = ?', [name, key]);
							written.push([key, show('', null)]);
						}
					}
					if (!one.keep) {
						replica.rollback();
						continue;
					}
					replica.commit();
					for (const [key, entry] of written) {
						acknowledged.set(key, [...(acknowledged.get(key) ?? []), `${replica.identity} ${entry}`]);
					}
				}
				sync(world);
				const looks = peers.map(({ replica }) => {
					const rows = ['r0', 'r1', 'r2'].map((key) => {
						const entries = replica.history('fields', name, key);
						expect(entries.map(({ author, column, value }) => `${author} ${show(column, value)}`).sort()).toEqual(
							[...(acknowledged.get(key) ?? [])].sort()
						);
						const [row] = replica.run('SELECT label, value, n FROM fields WHERE scope_id = ? AND id = ?', [
							name,
							key
						]).rows;
						const current = entries.filter((entry) => entry.current).map(({ column, value }) => show(column, value));
						const wanted = row
							? row.map((value, index) => show(COLUMNS[index]!, value))
							: entries.length > 0
								? [show('', null)]
								: [];
						expect(current.sort()).toEqual(wanted.sort());
						return entries.map(({ own: _, ...entry }) => entry);
					});
					return rows;
				});
				expect(looks[1]).toEqual(looks[0]);
				expect(looks[2]).toEqual(looks[0]);
			}),
			{ numRuns: 40 }
		);
	}
);

function show(column: string, value: SqlValue): string {
	return `${column}=${value instanceof Uint8Array ? toHex(value) : String(value)}`;
}
