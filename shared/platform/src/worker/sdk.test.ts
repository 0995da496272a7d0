/**
 * The lines of the SDK that the project promises (architecture, "The SDK"), as an app writes them, in Node: the real
 * client, ports, engine host, log and encrypted store. Only the name of the opening function differs from a page's.
 */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootFromWords } from '../identity/root.ts';
import { checkWords } from '../identity/words.ts';
import { newOperation } from '../client/connection.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient } from '../protocol/link.ts';
import type { LocalSuite } from './local-suite.ts';
import type { AccountLink } from './network.ts';
import { applyDiff, openLocal, openPlatform, openSuite, type Platform, type Row } from './node.ts';

const SCHEMA = `
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
/** The same with a column to order by, as the example of `live` has. */
const ORDERED = SCHEMA.replace('title ', 'pos      LWW_INTEGER,\n  title ');

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function folder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'slf-sdk-'));
	cleanUp.push(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

async function open(schema = ORDERED, dir = folder()): Promise<Platform> {
	const platform = await openPlatform({ dir, app: 'docs', schema });
	cleanUp.push(() => platform.close());
	return platform;
}

/** What the hub does when two people met: the contact and its card stand in the account database. */
async function introduce(suite: LocalSuite, identity: string, name: string, card: Uint8Array): Promise<void> {
	const { port1, port2 } = new MessageChannel();
	(await suite.account()).serveNetwork(port2);
	const account: AccountLink = new LinkClient(port1);
	const scope = await account.call('personalScope', {});
	await account.call('exec', {
		op: newOperation(),
		sql: 'INSERT INTO contacts (id, scope_id, name, card) VALUES (?, ?, ?, ?)',
		params: [identity, scope, name, card]
	});
	account.lose(new PlatformError('CLOSED', 'done'));
}

/** The next value that `listen` is called with and that satisfies `wanted`. */
function next<T>(
	listen: (hear: (value: T) => void) => unknown,
	wanted: (value: T) => boolean = () => true
): Promise<T> {
	return new Promise((resolve) => void listen((value) => wanted(value) && resolve(value)));
}

test('[W-10] exec gives rows as objects, by the name of the column', async () => {
	const platform = await open();
	await platform.scopes.create('doc', { name: 'abc123' });
	await platform.exec('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['b1', 'doc:abc123', 'One']);
	const rows = await platform.exec('SELECT * FROM blocks WHERE scope_id = ?', ['doc:abc123']);
	expect(rows).toEqual([{ id: 'b1', scope_id: 'doc:abc123', content: '', cursor: null, pos: null, title: 'One' }]);
	expect(await platform.exec('SELECT * FROM blocks WHERE scope_id = ?', ['user:alice'])).toEqual([]);
});

test('[W-10] live: unsub is there before the first call; applyDiff keeps the rows', async () => {
	const platform = await open();
	await platform.scopes.create('doc', { name: 'abc123' });
	const blocks: Row[] = [];
	const seen: string[] = [];
	let render: (blocks: Row[]) => void = () => {};
	const unsub = await platform.live(
		'doc-blocks',
		'SELECT * FROM blocks WHERE scope_id = ? ORDER BY pos ASC',
		['doc:abc123'],
		(diffs) => {
			expect(typeof unsub).toBe('function');
			seen.push(diffs.diff.reset ? 'reset' : 'diff');
			applyDiff(blocks, diffs);
			render(blocks);
		}
	);
	const rendered = (titles: string) =>
		next<Row[]>(
			(hear) => (render = hear),
			(rows) => rows.map((row) => row['title']).join() === titles
		);
	const two = rendered('first,second');
	await platform.exec('INSERT INTO blocks (id, scope_id, pos, title) VALUES (?, ?, ?, ?)', [
		'b',
		'doc:abc123',
		2,
		'second'
	]);
	await platform.exec('INSERT INTO blocks (id, scope_id, pos, title) VALUES (?, ?, ?, ?)', [
		'a',
		'doc:abc123',
		1,
		'first'
	]);
	await two;
	const moved = rendered('second,first');
	await platform.exec('UPDATE blocks SET pos = ? WHERE id = ?', [3, 'a']);
	await moved;
	expect(seen[0]).toBe('reset');
	expect(seen.slice(1)).not.toContain('reset');
	unsub();
	const calls = seen.length;
	await platform.exec('DELETE FROM blocks WHERE scope_id = ?', ['doc:abc123']);
	await platform.exec('SELECT 1');
	expect(seen.length).toBe(calls);
});

test('[W-10] grant gives a known person a role by their root public key, and tells to invite a stranger', async () => {
	const alice = openSuite(folder());
	const platform = await openLocal(alice, 'docs', SCHEMA);
	cleanUp.push(() => platform.close());
	const bobSuite = openSuite(folder());
	const bob = await openLocal(bobSuite, 'docs', SCHEMA);
	cleanUp.push(() => bob.close());
	await platform.scopes.create('doc', { name: 'abc123' });

	const words = checkWords((await bob.identity.words())!.join(' '));
	const bobPublicKey = words.ok ? rootFromWords(words.words).sign.publicKey : new Uint8Array();
	await expect(platform.peers.grant(bobPublicKey, 'doc:abc123', 'EDITOR')).rejects.toMatchObject({
		code: 'UNKNOWN_PERSON',
		message: expect.stringContaining('invite'),
		scope: 'doc:abc123',
		role: 'EDITOR'
	});

	const { card, name } = (await bobSuite.account()).custodian.profile.person();
	await introduce(alice, (await bob.identity.get()).identity, name, card);
	await platform.peers.grant(bobPublicKey, 'doc:abc123', 'EDITOR');
	const members = await platform.scopes.members('doc:abc123');
	expect(members.map(({ identity, role }) => [identity, role])).toEqual([
		[(await platform.identity.get()).identity, 'OWNER'],
		[(await bob.identity.get()).identity, 'EDITOR']
	]);
	await platform.peers.grant((await bob.identity.get()).identity, 'doc:abc123', 'EDITOR');
});

test('[W-10] INSERT into and grant on an unknown scope fail with the hint to create it', async () => {
	const platform = await open();
	const insert = platform.exec('INSERT INTO blocks (id, scope_id) VALUES (?, ?)', ['b', 'doc:nowhere']);
	await expect(insert).rejects.toMatchObject({
		message: expect.stringContaining('scopes.create'),
		scope: 'doc:nowhere'
	});
});

test('[W-10] ephemeral values are read by SQL and live queries, are on no disk, and no SQL writes them', async () => {
	const dir = folder();
	const platform = await open(SCHEMA, dir);
	const scope = await platform.scopes.personal();
	await platform.exec('INSERT INTO blocks (id, scope_id) VALUES (?, ?)', ['b1', scope]);
	let told: (rows: Row[]) => void = () => {};
	await platform.live('cursors', 'SELECT id, cursor FROM blocks', [], (rows) => told(rows));
	const shown = next<Row[]>(
		(hear) => (told = hear),
		(rows) => rows[0]?.['cursor'] === 7
	);
	await platform.ephemeral.set('blocks', scope, 'b1', { cursor: 7 });
	await shown;
	expect(await platform.exec('SELECT cursor FROM blocks')).toEqual([{ cursor: 7 }]);
	await expect(platform.exec('UPDATE blocks SET cursor = 8')).rejects.toThrow(/cursor/);
	await expect(platform.ephemeral.set('blocks', scope, 'b1', { title: 'x' })).rejects.toMatchObject({
		code: 'NO_COLUMN'
	});
	await platform.close();
	const again = await open(SCHEMA, dir);
	expect(await again.exec('SELECT cursor FROM blocks')).toEqual([{ cursor: null }]);
});

test('[W-10] values: no booleans, no undefined, no lost digits; an error names the position, never the value', async () => {
	const platform = await open();
	const [row] = await platform.exec('SELECT ? AS big, ? AS bytes, ? AS text, ? AS number', [
		9007199254740993n,
		new Uint8Array([0, 255]),
		'ä',
		1.5
	]);
	expect(row).toEqual({ big: 9007199254740993n, bytes: new Uint8Array([0, 255]), text: 'ä', number: 1.5 });
	for (const value of [true, undefined, { secret: 'hush' }, Number.NaN]) {
		const error = await platform.exec('SELECT ?, ?', ['ok', value as never]).catch((thrown) => thrown);
		expect(error).toMatchObject({ code: 'BAD_VALUE', position: 1 });
		expect(error.message).not.toContain('hush');
	}
});

test('[W-10] what was written is there after closing and opening, and no file holds it readably', async () => {
	const dir = folder();
	const first = await open(SCHEMA, dir);
	const { identity } = await first.identity.get();
	const scope = await first.scopes.personal();
	const canary = 'CANARY-5d41402abc4b2a76';
	await first.exec('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['b1', scope, canary]);
	const text = await first.text('blocks', scope, 'b1', 'content');
	await text.edit([[0, 0, canary]], text.version);
	await first.close();
	for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		expect(readFileSync(join(entry.parentPath, entry.name)).includes(canary), entry.name).toBe(false);
	}
	const second = await open(SCHEMA, dir);
	expect((await second.identity.get()).identity).toBe(identity);
	expect(await second.exec('SELECT title, content FROM blocks')).toEqual([{ title: canary, content: canary }]);
	expect((await second.text('blocks', scope, 'b1', 'content')).text).toBe(canary);
});

test('[W-10] ids are unique over tabs of one device that make them in the same millisecond', async () => {
	const suite = openSuite(folder());
	const tabs = await Promise.all([1, 2, 3].map(() => openLocal(suite, 'docs', SCHEMA)));
	cleanUp.push(() => Promise.all(tabs.map((tab) => tab.close())));
	const ids = tabs.flatMap((tab) => Array.from({ length: 1000 }, () => tab.id()));
	expect(new Set(ids).size).toBe(3000);
	const own = ids.slice(0, 1000);
	expect([...own].sort()).toEqual(own);
});

test('[W-12] a damaged database file: the opening says which, and changes nothing', async () => {
	const dir = folder();
	const first = await open(SCHEMA, dir);
	const scope = await first.scopes.personal();
	await first.exec('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['b1', scope, 'kept']);
	await first.close();
	const databases = join(dir, 'databases');
	const file = readdirSync(databases).find((name) => name.endsWith('-docs.main'))!;
	const bytes = readFileSync(join(databases, file));
	for (let at = 4200; at < bytes.length; at += 97) bytes[at]! ^= 0xff;
	writeFileSync(join(databases, file), bytes);
	const logs = readdirSync(databases).map((name) => readFileSync(join(databases, name)));
	await expect(openPlatform({ dir, app: 'docs', schema: SCHEMA })).rejects.toMatchObject({
		code: 'DAMAGED',
		message: expect.stringContaining('docs')
	});
	expect(readFileSync(join(databases, file)).equals(bytes)).toBe(true);
	expect(readdirSync(databases).map((name) => readFileSync(join(databases, name)))).toEqual(logs);
});

test('[W-15] a schema older than the data is refused with OUTDATED, and the newer one still opens', async () => {
	const dir = folder();
	const older = `PRAGMA user_version = 1;\n${SCHEMA}`;
	await (await open(older, dir)).close();
	await (
		await open(`PRAGMA user_version = 2;\n${SCHEMA.replace('LWW_TEXT ', 'LWW_TEXT, pos LWW_INTEGER ')}`, dir)
	).close();
	await expect(openPlatform({ dir, app: 'docs', schema: older })).rejects.toMatchObject({ code: 'OUTDATED' });
});
