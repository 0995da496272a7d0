/** Many statements in one call, through the real client, ports and engine. */
import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newOperation } from '../client/connection.ts';
import type { EngineCalls, EngineStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { openLocal, openSuite } from './node.ts';

const SCHEMA = `
CREATE TABLE notes (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, n LWW_INTEGER);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;
const INSERT = 'INSERT INTO notes (id, scope_id, n) VALUES (?, ?, ?)';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function open() {
	const dir = mkdtempSync(join(tmpdir(), 'slf-batch-'));
	const suite = openSuite(dir);
	cleanUp.push(async () => {
		await suite.close();
		rmSync(dir, { recursive: true, force: true });
	});
	const platform = await openLocal(suite, 'notes', SCHEMA);
	const scope = await platform.scopes.personal();
	const insert = (id: string, n: number) => ({ sql: INSERT, params: [id, scope, n] });
	const ids = async () => (await platform.exec('SELECT id FROM notes ORDER BY id')).map(({ id }) => id).join('');
	return { suite, platform, scope, insert, ids };
}

test('[W-17] a batch runs in order, sees its own writes, and gives the rows of each statement', async () => {
	const { platform, insert, scope } = await open();
	const count = { sql: 'SELECT count(*) AS many FROM notes' };
	const add = 'INSERT INTO notes (id, scope_id, n) VALUES (?, ?, ?) RETURNING id';
	const rows = await platform.batch([count, insert('a', 1), count, { sql: add, params: ['b', scope, 2] }, count]);
	expect(rows).toEqual([[{ many: 0 }], [], [{ many: 1 }], [{ id: 'b' }], [{ many: 2 }]]);
	expect(await platform.batch([])).toEqual([]);
});

test('[W-17] where one statement fails nothing of the batch is written, and the error says which it was', async () => {
	const { platform, insert, ids } = await open();
	const failed = platform.batch([insert('a', 1), insert('b', 2), insert('a', 3), insert('c', 4)]);
	await expect(failed).rejects.toMatchObject({ code: 'CONSTRAINT', message: expect.stringMatching(/^statement 3: /) });
	expect(await ids()).toBe('');
	const wrong = platform.batch([insert('a', 1), { sql: INSERT, params: ['b', true as unknown as string, 2] }]);
	await expect(wrong).rejects.toMatchObject({
		code: 'BAD_VALUE',
		position: 1,
		message: expect.stringMatching(/statement 2: Parameter 2/)
	});
	await expect(platform.batch([{ sql: 'DROP TABLE notes' }])).rejects.toMatchObject({ code: 'FORBIDDEN' });
	expect(await ids()).toBe('');
});

test('[W-7] [W-17] a batch that comes again under its operation id is applied once', async () => {
	const { suite, ids, scope } = await open();
	const { link } = await suite.dial<EngineCalls, EngineStreams>('engine:notes');
	cleanUp.push(() => link.lose(new PlatformError('CLOSED', 'over')));
	const call = {
		op: newOperation(),
		texts: [INSERT, 'SELECT count(*) FROM notes'],
		steps: [[0, ['a', scope, 1]] as const, [1, []] as const]
	};
	expect(await link.call('batch', call)).toEqual([[1, { columns: ['count(*)'], rows: [[1]] }]]);
	expect(await link.call('batch', call)).toEqual([]);
	expect(await ids()).toBe('a');
});

test('[W-17] in a transaction a batch is part of it: kept by its commit, gone with its rollback', async () => {
	const { platform, insert, ids } = await open();
	await platform.transaction(async (tx) => {
		await tx.exec(INSERT, insert('a', 1).params);
		const [, rows] = await tx.batch([insert('b', 2), { sql: 'SELECT sum(n) AS total FROM notes' }]);
		expect(rows).toEqual([{ total: 3 }]);
		await expect(tx.batch([insert('c', 3), insert('a', 4)])).rejects.toMatchObject({ code: 'CONSTRAINT' });
	});
	expect(await ids()).toBe('abc');
	const undone = platform.transaction(async (tx) => {
		await tx.batch([insert('d', 4), insert('e', 5)]);
		throw new Error('no');
	});
	await expect(undone).rejects.toThrow('no');
	expect(await ids()).toBe('abc');
});
