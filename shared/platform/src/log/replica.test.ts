import { beforeAll, expect, test } from 'vitest';
import { toHex } from '../crypto/bytes.ts';
import { openDatabase } from '../engine/open.ts';
import { MemoryDisk } from '../engine/storage/memory.ts';
import { Store } from '../engine/store.ts';
import { databaseKeyring, type PersonKeys } from '../identity/index.ts';
import type { LiveUpdate } from '../protocol/live.ts';
import { recordHeader } from '../protocol/record.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { deliver, exchange, openTestReplica, TEST_SCHEMA, testClock } from '../testing/replica.ts';
import type { Commit } from './replica.ts';

const random = new Random(5);
const clock = testClock();
let laptop: PersonKeys;
let phone: PersonKeys;
let bob: PersonKeys;

beforeAll(async () => {
	const alice = new TestPerson('Alice', random, clock);
	[laptop, phone] = [await alice.device(), await alice.device()];
	bob = await new TestPerson('Bob', random, clock).device();
});

const open = (person: PersonKeys, options = {}) => openTestReplica({ person, clock, random, ...options });
const idOf = (replica: { scopes(): { scope: string; id: string }[] }, name: string) =>
	replica.scopes().find(({ scope }) => scope === name)!.id;
const INSERT = 'INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)';

test('[G-1] two devices of a person have the same personal scope without having spoken', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	expect(b.replica.personalScope()).toBe(name);
	expect(idOf(b.replica, name)).toBe(idOf(a.replica, name));
	a.replica.run(INSERT, ['1', name, 'from the laptop']);
	b.replica.run(INSERT, ['2', name, 'from the phone']);
	exchange(a.replica, b.replica, idOf(a.replica, name));
	for (const { replica } of [a, b]) {
		expect(replica.run('SELECT title FROM blocks ORDER BY id').rows.flat()).toEqual([
			'from the laptop',
			'from the phone'
		]);
		expect(replica.refusals()).toEqual([]);
	}
	expect(a.replica.stateHash(idOf(a.replica, name))).toEqual(b.replica.stateHash(idOf(b.replica, name)));
});

test('[G-2] every committed write has its batch, and a transaction that is undone leaves nothing', async () => {
	const { replica, database } = await open(laptop);
	const name = replica.personalScope();
	const batches = () => Number(database.value('SELECT count(*) FROM slf_records WHERE log = 1'));
	replica.run(INSERT, ['1', name, 'a']);
	expect(batches()).toBe(1);
	replica.begin();
	replica.run(INSERT, ['2', name, 'b']);
	replica.run('UPDATE blocks SET title = ?', ['c']);
	replica.commit();
	expect(batches()).toBe(2);
	replica.begin();
	replica.run('DELETE FROM blocks');
	replica.rollback();
	expect(() => replica.run('UPDATE blocks SET pos = ?', ['not a number'])).toThrow(
		expect.objectContaining({ code: 'TYPE', table: 'blocks', column: 'pos' })
	);
	replica.run('SELECT * FROM blocks');
	replica.run('UPDATE blocks SET title = title');
	replica.run('INSERT INTO drafts (id, words) VALUES (?, ?)', ['local', 'stays here']);
	expect(batches()).toBe(2);
	expect(replica.run('SELECT id, title FROM blocks ORDER BY id').rows).toEqual([
		['1', 'c'],
		['2', 'c']
	]);
});

test('[G-2] a full disk undoes rows and batches together, and the chain goes on where it was', async () => {
	const disk = new MemoryDisk({ quota: 3_000_000 });
	const account = { generation: laptop.accountGeneration, key: laptop.accountKey };
	const store = Store.open(disk.files('notes'), databaseKeyring(account));
	const a = await open(laptop, { database: await openDatabase({ store }) });
	const b = await open(phone);
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	let committed = 0;
	const write = () => {
		const data = random.bytes(100_000);
		a.replica.run('INSERT INTO blocks (id, scope_id, data) VALUES (?, ?, ?)', [`${committed}`, name, data]);
		committed++;
	};
	expect(() => {
		for (let count = 0; count < 50; count++) write();
	}).toThrow(expect.objectContaining({ code: 'QUOTA' }));
	expect(committed).toBeGreaterThan(0);
	expect(a.replica.run('SELECT count(*) FROM blocks').rows).toEqual([[committed]]);
	disk.quota = Number.POSITIVE_INFINITY;
	write();
	expect(deliver(a.replica, b.replica, id)).toMatchObject({ refused: [] });
	expect(b.replica.run('SELECT count(*) FROM blocks').rows).toEqual([[committed]]);
});

test('[G-2] a transaction over two scopes makes one batch in each, and neither says anything of the other', async () => {
	const { replica } = await open(laptop);
	const { scope } = replica.createScope('doc', { name: 'both' });
	const commits: Commit[] = [];
	replica.onCommit((commit) => commits.push(commit));
	replica.begin();
	replica.run(INSERT, ['1', scope, 'a']);
	replica.run(INSERT, ['1', replica.personalScope(), 'b']);
	replica.commit();
	expect(commits).toHaveLength(1);
	expect(commits[0]!.scopes.sort()).toEqual(
		replica
			.scopes()
			.map(({ id }) => id)
			.sort()
	);
	expect(commits[0]).toMatchObject({ local: true, realtime: false, directory: false });
});

test('[G-12] an operation is committed once: a retry gives nothing and does nothing, one too old is refused', async () => {
	const { replica } = await open(laptop);
	const name = replica.personalScope();
	const operation = `${clock().toString(36).padStart(9, '0')}-tab-1`;
	expect(replica.wasCommitted(operation)).toBe(false);
	replica.run('INSERT INTO drafts (id, words) VALUES (?, ?)', ['x', 'once'], operation);
	expect(replica.wasCommitted(operation)).toBe(true);
	expect(replica.run(INSERT, ['x', name, 'twice'], operation)).toMatchObject({ repeated: true, changes: 0 });
	replica.begin(operation);
	replica.run(INSERT, ['y', name, 'twice']);
	expect(replica.commit()).toBe(false);
	expect(replica.run('SELECT * FROM blocks').rows).toEqual([]);
	const old = `${(clock() - 25 * 3600 * 1000).toString(36).padStart(9, '0')}-tab-1`;
	expect(replica.wasCommitted(old)).toBe('too-old');
	expect(() => replica.run(INSERT, ['z', name, 'late'], old)).toThrow(expect.objectContaining({ code: 'TOO_OLD' }));
	expect(replica.run('SELECT * FROM blocks').rows).toEqual([]);
});

test('[G-12] an edit on a stale version is not remembered: rebased and sent again it counts', async () => {
	const { replica } = await open(laptop);
	const name = replica.personalScope();
	replica.run('INSERT INTO texts (id, scope_id, body) VALUES (?, ?, ?)', ['t', name, 'abc']);
	const ref = { table: 'texts', scope: name, id: 't', column: 'body' };
	const { version } = replica.text.open(ref);
	const operation = `${clock().toString(36).padStart(9, '0')}-tab-9`;
	replica.editText(ref, [[0, 0, 'x']], version);
	expect(replica.editText(ref, [[3, 3, 'd']], version, { operation })).toMatchObject({ stale: true });
	expect(replica.wasCommitted(operation)).toBe(false);
	replica.editText(ref, [[4, 4, 'd']], replica.text.open(ref).version, { operation });
	expect(replica.wasCommitted(operation)).toBe(true);
	replica.editText(ref, [[4, 4, 'd']], replica.text.open(ref).version, { operation });
	expect(replica.text.open(ref).text).toBe('xabcd');
});

test('[G-13] a write into a scope that does not exist says how to make one', async () => {
	const { replica } = await open(laptop);
	expect(() => replica.run(INSERT, ['1', 'doc:none', 'x'])).toThrow(/scopes\.create/);
	expect(() => replica.grant('doc:none', bob.card, 'EDITOR')).toThrow(/scopes\.create/);
});

test('[G-13] a scope made with a name goes by kind and name; a name in use gives one by its hash', async () => {
	const { replica } = await open(laptop);
	expect(replica.createScope('doc', { name: 'abc123' }).scope).toBe('doc:abc123');
	const second = replica.createScope('doc', { name: 'abc123' });
	expect(second.scope).toBe(`doc:${toHex(second.id).slice(0, 32)}`);
	expect(replica.createScope('doc').scope).toMatch(/^doc:[0-9a-f]{32}$/);
	expect(() => replica.createScope('user', { name: 'x' })).toThrow(expect.objectContaining({ code: 'KIND' }));
});

test('[G-14] a scope is handed to the own phone and to another person, each under a name of its own', async () => {
	const [a, b, other] = [await open(laptop), await open(phone), await open(bob)];
	other.replica.createScope('doc', { name: 'trip' });
	const { scope, id } = a.replica.createScope('doc', { name: 'trip' });
	a.replica.run(INSERT, ['1', scope, 'tickets']);
	a.replica.grant(scope, bob.card, 'EDITOR');
	const [entry] = a.replica.directory();
	expect(b.replica.joinScope(entry!)).toBe('doc:trip');
	const bobs = other.replica.joinScope(entry!);
	expect(bobs).toBe(`doc:${toHex(id).slice(0, 32)}`);
	// Before anything was synced Bob has no role here, and cannot write.
	expect(other.replica.scopes().map(({ scope: name }) => name)).not.toContain(bobs);
	expect(() => other.replica.run(INSERT, ['2', bobs, 'x'])).toThrow(expect.objectContaining({ code: 'DENIED' }));
	for (const { replica } of [b, other]) exchange(a.replica, replica, toHex(id));
	expect(other.replica.scopes().find(({ id: hex }) => hex === toHex(id))).toMatchObject({
		role: 'EDITOR',
		name: 'trip'
	});
	other.replica.run(INSERT, ['2', bobs, 'hotel']);
	b.replica.run(INSERT, ['3', 'doc:trip', 'map']);
	for (const { replica } of [b, other, b]) exchange(a.replica, replica, toHex(id));
	const rows = ({ replica }: typeof a, name: string) =>
		replica.run('SELECT id, title FROM blocks WHERE scope_id = ? ORDER BY id', [name]).rows;
	expect(rows(other, bobs)).toEqual([
		['1', 'tickets'],
		['2', 'hotel'],
		['3', 'map']
	]);
	expect(rows(a, scope)).toEqual(rows(other, bobs));
	expect(a.replica.stateHash(toHex(id))).toEqual(other.replica.stateHash(toHex(id)));
	expect(a.replica.members(scope)).toMatchObject([
		{ name: 'Alice', role: 'OWNER', self: true },
		{ name: 'Bob', role: 'EDITOR', self: false }
	]);
	expect(other.replica.members(bobs)[0]).toMatchObject({ name: 'Bob', self: true });
});

test('[G-14] scopes, chains, texts and what waits survive a restart', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	for (const title of ['1', '2', '3'])
		a.replica.run('INSERT OR REPLACE INTO blocks (id, scope_id, title, content) VALUES (?, ?, ?, ?)', [
			'x',
			name,
			title,
			`text ${title}`
		]);
	const records = a.replica.missing(id, { access: [], data: [] }, 1e6);
	const data = records.filter((bytes) => recordHeader(bytes).header.log === 'data');
	b.replica.receive(id, data);
	expect(b.replica.run('SELECT * FROM blocks').rows).toEqual([]);
	const again = await open(phone, { database: b.database });
	expect(again.replica.receive(id, records)).toMatchObject({ refused: [] });
	expect(again.replica.run('SELECT title, content FROM blocks').rows).toEqual([['3', 'text 3']]);
	expect(again.replica.frontier(id).data).toEqual(a.replica.frontier(id).data);
	again.replica.run('UPDATE blocks SET content = ?', ['text 3, more']);
	exchange(a.replica, again.replica, id);
	expect(a.replica.run('SELECT content FROM blocks').rows).toEqual([['text 3, more']]);
	expect(again.replica.stateHash(id)).toEqual(a.replica.stateHash(id));
});

test('[G-15] tables that only an updated build knows are kept, passed on, and applied after the update', async () => {
	const newer = `${TEST_SCHEMA}
		CREATE TABLE tags (id TEXT PRIMARY KEY, scope_id TEXT, tag LWW_TEXT);
		SELECT crsql_as_crr('tags');
		SELECT crsql_policy('tags', 'OWNER:RW, EDITOR:RW, VIEWER:R');
		PRAGMA user_version = 2;`;
	const [a, b] = [await open(laptop, { schema: newer }), await open(phone)];
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	a.replica.run('INSERT INTO tags (id, scope_id, tag) VALUES (?, ?, ?)', ['t', name, 'new']);
	a.replica.run(INSERT, ['1', name, 'old']);
	expect(deliver(a.replica, b.replica, id)).toMatchObject({ held: 1, refused: [] });
	expect(b.replica.run('SELECT title FROM blocks').rows).toEqual([['old']]);
	const third = await open(laptop, { schema: newer });
	deliver(b.replica, third.replica, id);
	expect(third.replica.run('SELECT tag FROM tags').rows).toEqual([['new']]);
	const updated = await open(phone, { schema: newer, database: b.database });
	expect(updated.replica.run('SELECT tag FROM tags').rows).toEqual([['new']]);
	expect(updated.replica.stateHash(id)).toEqual(a.replica.stateHash(id));
	updated.replica.run('UPDATE tags SET tag = ?', ['newer']);
	exchange(a.replica, updated.replica, id);
	expect(a.replica.run('SELECT tag FROM tags').rows).toEqual([['newer']]);
});

test('[G-16] a row that came back is the same on devices that saw it deleted and on those that did not', async () => {
	const [a, b, c] = [await open(laptop), await open(phone), await open(laptop)];
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	a.replica.run('INSERT INTO blocks (id, scope_id, title, pos, content) VALUES (?, ?, ?, ?, ?)', [
		'x',
		name,
		'first',
		1,
		'words'
	]);
	for (const { replica } of [b, c]) exchange(a.replica, replica, id);
	a.replica.run('DELETE FROM blocks');
	deliver(a.replica, b.replica, id);
	a.replica.run(INSERT, ['x', name, 'second']);
	a.replica.run('UPDATE blocks SET pos = ?', [3]);
	const all = a.replica.missing(id, c.replica.frontier(id), 1e6);
	for (const record of [...all].reverse()) c.replica.receive(id, [record]);
	deliver(a.replica, b.replica, id);
	for (const { replica } of [a, b, c]) {
		expect(replica.run('SELECT title, pos FROM blocks').rows).toEqual([['second', 3]]);
		expect(replica.stateHash(id)).toEqual(a.replica.stateHash(id));
	}
});

test('[G-16] of two numbers written at once the bigger one wins everywhere, whole or not', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	for (const [one, other] of [
		[1, 7.25],
		[7.25, 1],
		[2, 2.5],
		[-1, -1.5]
	] as const) {
		a.replica.run('INSERT OR REPLACE INTO blocks (id, scope_id, weight) VALUES (?, ?, 0.5)', ['x', name]);
		exchange(a.replica, b.replica, id);
		a.replica.run('UPDATE blocks SET weight = ?', [one]);
		b.replica.run('UPDATE blocks SET weight = ?', [other]);
		exchange(a.replica, b.replica, id);
		for (const { replica } of [a, b]) {
			expect(replica.run('SELECT weight FROM blocks').rows).toEqual([[Math.max(one, other)]]);
		}
	}
});

test('[G-17] a merge that the tables do not take leaves local writes replicating', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const id = idOf(a.replica, name);
	b.database.exec(
		"CREATE TRIGGER broken BEFORE INSERT ON blocks WHEN NEW.id = '1' BEGIN SELECT RAISE(ABORT, 'broken'); END"
	);
	a.replica.run(INSERT, ['1', name, 'x']);
	expect(deliver(a.replica, b.replica, id)).toMatchObject({ held: 1 });
	b.replica.run(INSERT, ['2', name, 'y']);
	deliver(b.replica, a.replica, id);
	expect(a.replica.run('SELECT id FROM blocks ORDER BY id').rows.flat()).toEqual(['1', '2']);
	b.database.exec('DROP TRIGGER broken');
	const again = await open(phone, { database: b.database });
	expect(again.replica.run('SELECT id FROM blocks ORDER BY id').rows.flat()).toEqual(['1', '2']);
});

test('[G-18] live queries hear of own and of received writes, and of whose they are', async () => {
	const [a, b] = [await open(laptop), await open(phone)];
	const name = a.replica.personalScope();
	const updates: LiveUpdate[] = [];
	b.replica.live.watch(
		'SELECT id, title, content FROM blocks WHERE scope_id = ?',
		[name],
		(update) => void updates.push(update)
	);
	b.replica.run(INSERT, ['1', name, 'mine']);
	a.replica.run(INSERT, ['2', name, 'other']);
	deliver(a.replica, b.replica, idOf(a.replica, name));
	expect(updates).toHaveLength(3);
	expect(updates[2]).toMatchObject({ origin: 'device' });
	expect(JSON.stringify(updates[2])).toContain('other');
});

test(
	'[A-17] a transaction that writes one row more often than a batch may claim is refused whole',
	{ timeout: 60_000 },
	async () => {
		const { replica } = await open(laptop);
		replica.run(INSERT, ['1', replica.personalScope(), '']);
		const write = (times: number) => {
			replica.begin();
			for (let n = 0; n < times; n++) replica.run('UPDATE blocks SET title = ?', [`v${n}`]);
			replica.commit();
		};
		expect(() => write(65_600)).toThrow(expect.objectContaining({ code: 'TOO_LARGE', table: 'blocks' }));
		expect(replica.run('SELECT title FROM blocks').rows).toEqual([['']]);
		write(3);
		expect(replica.run('SELECT title FROM blocks').rows).toEqual([['v2']]);
	}
);

test('[G-11] a key of a row never changes: the write is refused here, since it would reach nobody whole', async () => {
	const { replica } = await open(laptop);
	const { scope } = replica.createScope('doc', { name: 'other' });
	replica.run(INSERT, ['1', replica.personalScope(), 'x']);
	expect(() => replica.run("UPDATE blocks SET id = '2'")).toThrow(expect.objectContaining({ table: 'blocks' }));
	expect(() => replica.run('UPDATE blocks SET scope_id = ?', [scope])).toThrow(
		expect.objectContaining({ table: 'blocks' })
	);
	expect(replica.run('SELECT id, scope_id FROM blocks').rows).toEqual([['1', replica.personalScope()]]);
});

test("[G-10] in the middle of an app's transaction nothing is received and no second one begins", async () => {
	const { replica } = await open(laptop);
	replica.begin();
	expect(() => replica.receive(replica.scopes()[0]!.id, [])).toThrow(expect.objectContaining({ code: 'BUSY' }));
	expect(() => replica.begin()).toThrow(expect.objectContaining({ code: 'NESTED' }));
	expect(() => replica.createScope('doc')).toThrow(expect.objectContaining({ code: 'NESTED' }));
	replica.rollback();
	expect(replica.receive(replica.scopes()[0]!.id, [])).toMatchObject({ applied: 0, held: 0, refused: [] });
});
