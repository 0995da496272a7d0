/** Whole devices in this process, engines, custodian, hub and network, meeting on a network in memory. */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageAddresses } from '../protocol/origins.ts';
import { MemoryNetwork } from '../sync/transport/memory.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import type { LocalSuite } from './local-suite.ts';
import {
	openLocal,
	openPlatform,
	openSuite,
	type JoinRequest,
	type Platform,
	type Row,
	type TextCursor
} from './node.ts';

const SCHEMA = `
CREATE TABLE notes (
  id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, parent LWW_TEXT, made_at WRITE_ONCE_INTEGER,
  looking EPHEMERAL_TEXT, body REALTIME_TEXT
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE TABLE marks (id TEXT PRIMARY KEY, scope_id TEXT, cleared LWW_INTEGER);
SELECT crsql_as_crr('marks');
SELECT crsql_policy('marks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
`;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

interface Device {
	dir: string;
	suite: LocalSuite;
	platform: Platform;
}

let started = 0;

async function device(network?: MemoryNetwork, mnemonic?: string): Promise<Device> {
	const dir = mkdtempSync(join(tmpdir(), 'slf-two-'));
	const suite = openSuite(dir, mnemonic === undefined ? {} : { mnemonic });
	const platform = await openLocal(suite, 'notes', SCHEMA);
	cleanUp.push(async () => {
		await platform.close();
		rmSync(dir, { recursive: true, force: true });
	});
	if (network) {
		const name = `device-${++started}`;
		let starts = 0;
		await suite.startNetwork({
			home: 'ws://home.test/p2p',
			pages: pageAddresses('http://home.test'),
			timers: systemTimers,
			transport: () => network.device(`${name}-${++starts}`)
		});
	}
	return { dir, suite, platform };
}

const memoryNetwork = () => new MemoryNetwork({ timers: systemTimers, random: () => 0.5 });

/** Resolves with the rows of a live query when they are as wanted. */
function shows<R extends object = Row>(
	platform: Platform,
	sql: string,
	wanted: (rows: readonly R[]) => boolean
): Promise<readonly R[]> {
	return new Promise((resolve, reject) => {
		platform.live<R>('test', sql, [], (rows) => wanted(rows) && resolve(rows)).catch(reject);
	});
}

const words = async (platform: Platform) => (await platform.identity.words())!.join(' ');

test('[W-20] words on a device that was written on: its rows move to the restored identity, which has them once', async () => {
	const laptop = await device();
	const twelve = await words(laptop.platform);
	const { identity } = await laptop.platform.identity.get();
	const phone = await device();
	const former = await phone.platform.identity.get();
	const scope = await phone.platform.scopes.personal();
	const folder = await phone.platform.scopes.create('folder', { name: 'Trips' });
	const [parent, child, shared] = [phone.platform.id(), phone.platform.id(), phone.platform.id()];
	const add = 'INSERT INTO notes (id, scope_id, title, parent, made_at) VALUES (?, ?, ?, ?, ?)';
	await phone.platform.exec(add, [parent, scope, 'parent', null, 1]);
	await phone.platform.exec(add, [child, scope, 'child', parent, 2]);
	await phone.platform.exec(add, [shared, folder.scope, 'shared', null, 3]);
	const text = await phone.platform.text('notes', scope, child, 'body');
	await text.edit([[0, 0, 'every character']], text.version);
	text.close();

	expect(await phone.platform.identity.restore(twelve.replace(/ \w+$/, ' zzzz'))).toMatchObject({
		ok: false,
		index: 11
	});
	expect(await phone.platform.identity.restore(twelve)).toEqual({ ok: true });
	expect((await phone.platform.identity.get()).identity).toBe(identity);
	const rows = await shows<{ id: string; title: string; parent: string; scope_id: string; body: string }>(
		phone.platform,
		'SELECT id, title, parent, scope_id, body FROM notes ORDER BY made_at',
		(found) => found.length === 3 && found[1]!.body === 'every character'
	);
	expect(rows.map(({ title }) => title)).toEqual(['parent', 'child', 'shared']);
	expect(rows[1]!.parent).toBe(rows[0]!.id);
	expect(rows[0]!.id).not.toBe(parent);
	expect(rows[0]!.scope_id).toBe(await phone.platform.scopes.personal());
	const copy = (await phone.platform.scopes.list()).find(({ name }) => name === 'Trips')!;
	expect(rows[2]!.scope_id).toBe(copy.scope);
	expect(copy.id).not.toBe(folder.id);
	const files = readdirSync(join(phone.dir, 'databases')).join(' ');
	expect(files).not.toContain(former.identity.slice(0, 16));
	expect(await phone.platform.refusals()).toEqual([]);
});

test('[W-20] ids inside texts and inside other ids move with their rows', async () => {
	const laptop = await device();
	const phone = await device();
	const { platform } = phone;
	const scope = await platform.scopes.personal();
	const { identity } = await platform.identity.get();
	const [account, made] = [platform.id(), platform.id()];
	const stranger = laptop.platform.id();
	const add = 'INSERT INTO notes (id, scope_id, title, made_at) VALUES (?, ?, ?, ?)';
	const title = JSON.stringify([[account, -5], `${account}.20260101.x`, stranger, `${account}0`, identity]);
	await platform.exec(add, [account, scope, 'account', 1]);
	await platform.exec(add, [made, scope, title, 2]);
	await platform.exec('INSERT INTO marks (id, scope_id, cleared) VALUES (?, ?, 1)', [`${made}@${account}`, scope]);
	await platform.identity.restore(await words(laptop.platform));
	const rows = await shows<{ id: string; title: string }>(
		platform,
		'SELECT id, title FROM notes ORDER BY made_at',
		(found) => found.length === 2
	);
	const [{ id: newAccount }, { id: newMade, title: moved }] = rows as [{ id: string }, { id: string; title: string }];
	const own = (await laptop.platform.identity.get()).identity;
	const expected = [[newAccount, -5], `${newAccount}.20260101.x`, stranger, `${account}0`, own];
	expect(JSON.parse(moved)).toEqual(expected);
	const [mark] = await platform.exec<{ id: string }>('SELECT id FROM marks');
	expect(mark!.id).toBe(`${newMade}@${newAccount}`);
});

test('[W-20] words on a device with no rows replace its identity', async () => {
	const laptop = await device();
	const phone = await device();
	await phone.platform.exec('SELECT 1');
	expect(await phone.platform.identity.restore(await words(laptop.platform))).toEqual({ ok: true });
	const { identity, wordsConfirmed } = await phone.platform.identity.get();
	expect(identity).toBe((await laptop.platform.identity.get()).identity);
	expect(wordsConfirmed).toBe(true);
	expect(await phone.platform.scopes.list()).toMatchObject([{ personal: true }]);
});

test('[W-20] words at the opening make that identity only where there is none yet; wrong ones are named', async () => {
	const laptop = await device();
	const twelve = await words(laptop.platform);
	const dir = mkdtempSync(join(tmpdir(), 'slf-two-'));
	cleanUp.push(() => rmSync(dir, { recursive: true, force: true }));
	const open = (mnemonic?: string) =>
		openPlatform({ dir, app: 'notes', schema: SCHEMA, ...(mnemonic ? { mnemonic } : {}) });
	await expect(open(twelve.replace(/^\w+/, 'zzzz'))).rejects.toMatchObject({ code: 'BAD_WORDS' });
	const first = await open(twelve);
	const { identity } = await first.identity.get();
	expect(identity).toBe((await laptop.platform.identity.get()).identity);
	await first.close();
	const other = (await words((await device()).platform))!;
	await expect(open(other)).rejects.toMatchObject({ code: 'OTHER_IDENTITY' });
	const again = await open();
	expect((await again.identity.get()).identity).toBe(identity);
	await again.close();
});

test('[W-21] the same words on two devices: a note, its text and its cursor travel; ephemeral values too', async () => {
	const network = memoryNetwork();
	const laptop = await device(network);
	const phone = await device(network, await words(laptop.platform));
	const scope = await laptop.platform.scopes.personal();
	expect(await phone.platform.scopes.personal()).toBe(scope);
	const id = laptop.platform.id();
	await laptop.platform.exec('INSERT INTO notes (id, scope_id, title) VALUES (?, ?, ?)', [
		id,
		scope,
		'from the laptop'
	]);
	await shows<{ title: string }>(
		phone.platform,
		'SELECT title FROM notes',
		([row]) => row?.title === 'from the laptop'
	);

	const here = await laptop.platform.text('notes', scope, id, 'body');
	const there = await phone.platform.text('notes', scope, id, 'body');
	const arrived = new Promise<void>((resolve) => there.observe(() => there.text === 'hello' && resolve()));
	await here.edit([[0, 0, 'hello']], here.version);
	await arrived;
	const cursor = new Promise<TextCursor>((resolve) => there.cursors(([first]) => first && resolve(first)));
	here.setCursor({ anchor: 2, head: 4 });
	expect(await cursor).toMatchObject({ anchor: 2, head: 4, own: true });

	const looking = shows<{ looking: string }>(
		phone.platform,
		'SELECT looking FROM notes',
		([row]) => row?.looking === 'yes'
	);
	await laptop.platform.ephemeral.set('notes', scope, id, { looking: 'yes' });
	await looking;
	here.close();
	there.close();
});

test('[W-21] two people: invited, confirmed by emojis, then both write in the scope', async () => {
	const network = memoryNetwork();
	const alice = await device(network);
	const bob = await device(network);
	await bob.platform.identity.setName('Bob');
	const { scope } = await alice.platform.scopes.create('folder', { name: 'Both' });
	const invitation = await alice.platform.peers.invite(scope, 'EDITOR');
	const asked = new Promise<JoinRequest>((resolve) =>
		alice.platform.peers.requests(([request]) => request && resolve(request))
	);
	const attempt = await bob.platform.peers.join(invitation.link, 'Bob');
	const request = await asked;
	expect(request).toMatchObject({ kind: 'person', name: 'Bob', role: 'EDITOR' });
	expect(request.emojis).toEqual(attempt.emojis);
	await alice.platform.peers.accept(request.id);
	const outcome = await attempt.outcome;
	expect(outcome.ok).toBe(true);
	const bobScope = outcome.ok ? outcome.scope! : '';
	await new Promise<void>((resolve) => {
		bob.platform.scopes.watch((scopes) => scopes.some((info) => info.scope === bobScope) && resolve());
	});
	const title = 'written by Bob';
	await bob.platform.exec('INSERT INTO notes (id, scope_id, title) VALUES (?, ?, ?)', [
		bob.platform.id(),
		bobScope,
		title
	]);
	await shows<{ title: string }>(alice.platform, 'SELECT title FROM notes', ([row]) => row?.title === title);
	expect((await alice.platform.scopes.members(scope)).map(({ role }) => role)).toEqual(['OWNER', 'EDITOR']);
});

test('[W-20] a device that is paired becomes a device of the other person, and its rows move along', async () => {
	const network = memoryNetwork();
	const laptop = await device(network);
	const phone = await device(network);
	const scope = await phone.platform.scopes.personal();
	await phone.platform.exec('INSERT INTO notes (id, scope_id, title) VALUES (?, ?, ?)', [
		phone.platform.id(),
		scope,
		'from before'
	]);
	const offer = await laptop.platform.peers.offerPairing();
	const asked = new Promise<JoinRequest>((resolve) =>
		laptop.platform.peers.requests(([request]) => request && resolve(request))
	);
	const attempt = await phone.platform.peers.enterPairing(offer.code, 'Phone');
	const request = await asked;
	expect(request).toMatchObject({ kind: 'device', name: 'Phone' });
	expect(request.emojis).toEqual(attempt.emojis);
	await laptop.platform.peers.accept(request.id);
	expect(await attempt.outcome).toMatchObject({ ok: true });
	await shows<{ title: string }>(laptop.platform, 'SELECT title FROM notes', ([row]) => row?.title === 'from before');
	expect((await phone.platform.identity.get()).identity).toBe((await laptop.platform.identity.get()).identity);
});
