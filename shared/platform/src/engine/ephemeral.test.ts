import { expect, test } from 'vitest';
import type { LiveUpdate } from '../protocol/live.ts';
import { applySchema } from './apply-schema.ts';
import { installAuthorizer } from './authorizer.ts';
import { EPHEMERAL_LIFE, EphemeralValues } from './ephemeral.ts';
import { LiveQueries } from './live.ts';
import { openDatabase } from './open.ts';
import { loadSchema } from './schema.ts';

const SCHEMA = `
	CREATE TABLE blocks (id TEXT PRIMARY KEY, scope_id TEXT, content REALTIME_TEXT, cursor EPHEMERAL_INT, who EPHEMERAL_TEXT);
	SELECT crsql_as_crr('blocks');
	SELECT crsql_policy('blocks', 'OWNER:RW');
`;

async function setup() {
	const db = await openDatabase({ store: ':memory:' });
	const schema = loadSchema(SCHEMA);
	db.createFunction('can_write', 3, () => 1, { internal: true });
	applySchema(db, schema);
	const auth = installAuthorizer(db);
	let now = 1000;
	const ephemeral = new EphemeralValues(db, schema, { clock: () => now });
	const live = new LiveQueries(db, schema, auth);
	ephemeral.onChange(({ table, scope, id, author }) => {
		live.touch(table, scope, id);
		live.afterCommit(author);
	});
	auth.forApp(() => db.run("INSERT INTO blocks (scope_id, id) VALUES ('s', 'a'), ('s', 'b')"));
	live.afterCommit();
	const set = (id: string, values: Record<string, string | number | null>, author = 'alice') =>
		ephemeral.set({ table: 'blocks', scope: 's', id, values }, author);
	return { db, auth, ephemeral, live, set, pass: (time: number) => (now += time) };
}

test('SQL reads the value, live queries are told of it, and it is gone 30 s after the last renewal [L-8]', async () => {
	const { db, ephemeral, live, set, pass } = await setup();
	const updates: LiveUpdate[] = [];
	live.watch(
		'SELECT id, cursor FROM blocks WHERE scope_id = ? ORDER BY id',
		['s'],
		(update) => void updates.push(update)
	);
	const other: LiveUpdate[] = [];
	live.watch('SELECT id FROM blocks', [], (update) => void other.push(update));
	set('a', { cursor: 5 });
	expect(db.value("SELECT cursor FROM blocks WHERE id = 'a'")).toBe(5);
	expect(updates.at(-1)).toMatchObject({ diff: { update: [[0, [1], [5]]] }, origin: 'alice' });
	pass(EPHEMERAL_LIFE - 1);
	set('a', { cursor: 5 });
	expect(updates).toHaveLength(2);
	pass(EPHEMERAL_LIFE - 1);
	expect(ephemeral.expire()).not.toBe(null);
	expect(ephemeral.get('blocks', 's', 'a')).toEqual({ cursor: 5 });
	pass(1);
	expect(db.value("SELECT cursor FROM blocks WHERE id = 'a'")).toBe(null);
	expect(ephemeral.expire()).toBe(null);
	expect(updates.at(-1)).toMatchObject({ diff: { update: [[0, [1], [null]]] } });
	expect(other).toHaveLength(1);
});

test('nothing of it is written: no clock row, no change, no page [L-8]', async () => {
	const { db, set } = await setup();
	const before = [db.value('SELECT crsql_db_version()'), db.totalChanges];
	set('a', { cursor: 5, who: 'Alice' });
	expect([db.value('SELECT crsql_db_version()'), db.totalChanges]).toEqual(before);
	expect(db.value("SELECT count(*) FROM crsql_changes WHERE cid IN ('cursor', 'who')")).toBe(0);
});

test('a leaving author takes its values along; what it holds can be listed for a peer that connects [L-8]', async () => {
	const { ephemeral, set } = await setup();
	set('a', { cursor: 1 }, 'alice');
	set('b', { cursor: 2, who: 'Bob' }, 'bob');
	expect(ephemeral.of('bob', 's')).toEqual([
		{ table: 'blocks', scope: 's', id: 'b', values: { cursor: 2, who: 'Bob' } }
	]);
	ephemeral.forget('bob');
	expect(ephemeral.get('blocks', 's', 'b')).toEqual({});
	expect(ephemeral.get('blocks', 's', 'a')).toEqual({ cursor: 1 });
});

test('other columns, long texts and a flood of values are refused; SQL can not write the column [L-8]', async () => {
	const { db, auth, set } = await setup();
	expect(() => set('a', { content: 'x' })).toThrow('not an EPHEMERAL column');
	expect(() => set('a', { who: 'x'.repeat(5000) })).toThrow('Too much');
	for (let index = 0; index < 1000; index++) set(`flood${index}`, { cursor: index });
	expect(() => set('one more', { cursor: 1 })).toThrow('Too much');
	set('flood0', { cursor: 2 });
	set('one more', { cursor: 1 }, 'bob');
	expect(() => auth.forApp(() => db.run('UPDATE blocks SET cursor = 1'))).toThrow();
});
