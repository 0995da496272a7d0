/** Sealed cells and the history of cells as an app uses them: through the real client, ports, engine and files. */
import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, type Platform } from './node.ts';

const SCHEMA = `
CREATE TABLE fields (id TEXT PRIMARY KEY, scope_id TEXT, label LWW_TEXT, value LWW_BLOB, picture LWW_BLOB);
SELECT crsql_as_crr('fields');
SELECT crsql_policy('fields', 'OWNER:RW, EDITOR:RW, VIEWER:R');
SELECT crsql_history('fields');
`;
const INSERT = `INSERT INTO fields (id, scope_id, label, value, picture)
	VALUES (?1, ?2, ?3, seal_value(?2, 'fields', ?1, 'value', ?4), ?5)`;
const OPEN = "SELECT label, open_value(scope_id, 'fields', id, 'value', value) AS secret, picture FROM fields";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function open(
	dir = mkdtempSync(join(tmpdir(), 'slf-cells-')),
	mnemonic?: string
): Promise<{ dir: string; platform: Platform }> {
	const platform = await openPlatform({ dir, app: 'docs', schema: SCHEMA, ...(mnemonic ? { mnemonic } : {}) });
	cleanUp.push(async () => {
		await platform.close();
		rmSync(dir, { recursive: true, force: true });
	});
	return { dir, platform };
}

test('[G-20] [G-21] an app seals, asks who wrote what, and opens what stood there before', async () => {
	const { dir, platform } = await open();
	await platform.identity.setName('Alice');
	const scope = await platform.scopes.personal();
	const id = platform.id();
	await platform.exec(INSERT, [id, scope, 'pin', 'old', null]);
	await platform.transaction(async (tx) => {
		await tx.exec("UPDATE fields SET value = seal_value(scope_id, 'fields', id, 'value', ?)", ['new']);
	});
	const entries = await platform.history('fields', scope, id);
	const { identity, deviceName } = await platform.identity.get();
	expect(entries).toHaveLength(4);
	for (const entry of entries) expect(entry).toMatchObject({ author: identity, own: true, device: deviceName });
	const before = entries.find(({ column, current }) => column === 'value' && !current)!;
	const sql = "SELECT open_value(?, 'fields', ?, 'value', ?) AS secret";
	expect(await platform.exec(sql, [scope, id, before.value])).toEqual([{ secret: 'old' }]);
	await expect(platform.history('fields', 'doc:none', id)).rejects.toMatchObject({ code: 'DENIED' });

	await platform.close();
	const again = (await open(dir)).platform;
	expect(await again.exec(OPEN)).toEqual([{ label: 'pin', secret: 'new', picture: null }]);
	expect(await again.history('fields', scope, id)).toHaveLength(4);
});

test('[W-20] rows that move to a restored identity keep what they sealed: it is opened there and sealed here', async () => {
	const words = await (await open()).platform.identity.words();
	const { platform } = await open();
	const scope = await platform.scopes.personal();
	const picture = Uint8Array.of(0, 0, 1, 1, 5);
	await platform.exec(INSERT, [platform.id(), scope, 'pin', 'a secret', picture]);
	expect(await platform.identity.restore(words!.join(' '))).toEqual({ ok: true });
	expect(await platform.scopes.personal()).not.toBe(scope);
	expect(await platform.exec(OPEN)).toEqual([{ label: 'pin', secret: 'a secret', picture }]);
});
