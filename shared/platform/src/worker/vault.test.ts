/** A vault in this process: the engine, wrap set, lock and account of a device, over real files. */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformClient } from '../client/client.ts';
import { newOperation } from '../client/connection.ts';
import { cryptoReady } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient } from '../protocol/link.ts';
import { pageAddresses } from '../protocol/origins.ts';
import { MemoryNetwork } from '../sync/transport/memory.ts';
import type { VaultCalls, VaultStreams } from '../protocol/vault-calls.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import { nodeEnvironment } from './environment-node.ts';
import { LocalSuite } from './local-suite.ts';
import { Profile } from '../identity/index.ts';
import { loadSchema } from '../engine/schema.ts';
import { openReplica } from './hosted-replica.ts';
import type { AccountLink, EngineLink } from './network.ts';
import { openLocal, type EngineState, type JoinRequest, type Row, type ScopeInfo, type VaultStatus } from './node.ts';

const SCHEMA = `
CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, secret LWW_BLOB, notes REALTIME_TEXT);
SELECT crsql_as_crr('items');
SELECT crsql_policy('items', 'OWNER:RW, EDITOR:RW, VIEWER:R');
CREATE TABLE drafts (id TEXT PRIMARY KEY, words TEXT);
`;
const ADD = 'INSERT INTO items (id, scope_id, title) VALUES (?, ?, ?)';
const PASSPHRASE = 'correct horse battery';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

interface Device {
	dir: string;
	suite: LocalSuite;
	platform: PlatformClient;
	/** Moves this device's clock. */
	pass(ms: number): void;
	/** Ends the program; what is in the folder stays. */
	off(): Promise<void>;
}

let devices = 0;

async function device({
	dir = mkdtempSync(join(tmpdir(), 'slf-vault-')),
	mnemonic,
	network,
	time = 0
}: { dir?: string; mnemonic?: string; network?: MemoryNetwork; time?: number } = {}): Promise<Device> {
	await cryptoReady();
	let shift = time;
	const clock = () => Date.now() + shift;
	const suite = new LocalSuite({
		environment: { ...nodeEnvironment(dir), clock },
		accountSchema: readFileSync(new URL('../identity/account.sql', import.meta.url), 'utf8'),
		...(mnemonic === undefined ? {} : { mnemonic })
	});
	const platform = await openLocal(suite, 'passwords', SCHEMA, { vault: true });
	cleanUp.push(async () => {
		await platform.close();
		rmSync(dir, { recursive: true, force: true });
	});
	const made = { dir, suite, platform, pass: (ms: number) => void (shift += ms), off: () => platform.close() };
	return network ? withNetwork(made, network) : made;
}

const memoryNetwork = () => new MemoryNetwork({ timers: systemTimers, random: () => 0.5 });

async function withVault(options: Parameters<typeof device>[0] = {}): Promise<Device> {
	const made = await device(options);
	expect(await made.platform.vault.create({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	return made;
}

async function add({ platform }: Device, title: string): Promise<string> {
	const id = platform.id();
	await platform.exec(ADD, [id, await platform.scopes.personal(), title]);
	return id;
}

const titles = async ({ platform }: Device) =>
	(await platform.exec<{ title: string }>('SELECT title FROM items ORDER BY title')).map(({ title }) => title);

const words = async ({ platform }: Device) => (await platform.identity.words())!.join(' ');

/** Resolves when the engine, as the app sees it, is in that state. */
const engineIs = ({ platform }: Device, wanted: EngineState): Promise<void> =>
	new Promise((resolve) => {
		const stop = platform.onStatus(({ engine }) => engine === wanted && (resolve(), queueMicrotask(() => stop())));
	});

const vaultIs = ({ platform }: Device, wanted: (status: VaultStatus) => boolean): Promise<void> =>
	new Promise((resolve) => {
		const stop = platform.vault.watch((status) => wanted(status) && (resolve(), queueMicrotask(() => stop())));
	});

function shows(
	device: Device,
	wanted: (rows: readonly Row[]) => boolean,
	sql = 'SELECT title FROM items ORDER BY title'
) {
	return new Promise<void>((resolve, reject) => {
		device.platform.live('test', sql, [], (rows) => wanted(rows) && resolve()).catch(reject);
	});
}

function everyFile(dir: string): Buffer[] {
	return readdirSync(dir, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

test('[K-10] a vault is made, written, locked and opened again by its passphrase, also after a restart', async () => {
	const first = await device();
	expect(first.platform.status().engine).toBe('locked');
	expect(first.platform.vault.status()).toMatchObject({ state: 'absent', passphrase: false, mayBeElsewhere: false });
	await expect(first.platform.exec('SELECT 1')).rejects.toMatchObject({ code: 'LOCKED' });
	expect(await first.platform.vault.create({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(first.platform.vault.status()).toMatchObject({ state: 'open', passphrase: true, words: false });
	await add(first, 'one');
	await first.platform.vault.lock();
	await engineIs(first, 'locked');
	expect(first.platform.vault.status().state).toBe('locked');
	await expect(first.platform.exec('SELECT * FROM items')).rejects.toMatchObject({ code: 'LOCKED' });
	expect(await first.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(await titles(first)).toEqual(['one']);
	await first.off();
	const again = await device({ dir: first.dir });
	expect(again.platform.vault.status()).toMatchObject({ state: 'locked', passphrase: true });
	expect(await again.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(await titles(again)).toEqual(['one']);
});

test('[K-12] short passphrases are refused; letters of another form of Unicode are the same passphrase', async () => {
	const { platform } = await device();
	expect(await platform.vault.create({ passphrase: 'seven77' })).toMatchObject({ ok: false, code: 'WEAK_PASSPHRASE' });
	expect(platform.vault.status().state).toBe('absent');
	const given = new TextEncoder().encode('pässwörter'.normalize('NFC'));
	expect(await platform.vault.create({ passphrase: given })).toEqual({ ok: true });
	expect(given.every((byte) => byte === 0)).toBe(true);
	await platform.vault.lock();
	expect(await platform.vault.unlock({ passphrase: 'pässwörter'.normalize('NFD') })).toEqual({ ok: true });
});

test('[K-15] wrong passphrases wait longer and longer, over restarts and over a clock that is set back; words do not wait for them', async () => {
	const first = await withVault();
	expect(await first.platform.vault.addWords(await words(first))).toEqual({ ok: true });
	const twelve = await words(first);
	await first.platform.vault.lock();
	const wrong = { passphrase: 'wrong horse battery' };
	const { vault } = first.platform;
	for (let attempt = 0; attempt < 2; attempt++) {
		expect(await vault.unlock(wrong)).toEqual({
			ok: false,
			code: 'WRONG_PASSPHRASE',
			reason: 'This is not the passphrase of this vault.'
		});
	}
	expect(await vault.unlock(wrong)).toMatchObject({ code: 'WRONG_PASSPHRASE', waitUntil: expect.any(Number) });
	// Not even the right one is tried now.
	expect(await vault.unlock({ passphrase: PASSPHRASE })).toMatchObject({ code: 'WAIT' });
	expect(vault.status().waitUntil).toBeGreaterThan(Date.now());
	await first.off();

	const setBack = await device({ dir: first.dir, time: -3_600_000 });
	const answer = await setBack.platform.vault.unlock({ passphrase: PASSPHRASE });
	expect(answer).toMatchObject({ code: 'WAIT' });
	const { waitUntil } = answer as { waitUntil: number };
	expect(waitUntil).toBeLessThanOrEqual(Date.now() - 3_600_000 + 5000);
	expect(await setBack.platform.vault.unlock({ words: twelve })).toEqual({ ok: true });
	await setBack.platform.vault.lock();
	setBack.pass(5000);
	expect(await setBack.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(setBack.platform.vault.status().waitUntil).toBeUndefined();
});

test('[K-15] an attempt counts before it is computed: ending the program in the middle of one gains nothing', async () => {
	const first = await withVault();
	await first.platform.vault.lock();
	const path = () => join(first.dir, 'vault', vaultFile(first, '.attempts'));
	const wrong = () => first.platform.vault.unlock({ passphrase: 'wrong horse battery' });
	await wrong();
	await wrong();
	const third = wrong();
	await vaultIs(first, ({ waitUntil }) => waitUntil !== undefined);
	expect(first.platform.vault.status().state).toBe('unlocking');
	const before = readFileSync(path());
	await third;
	await first.off();
	writeFileSync(path(), before);
	const again = await device({ dir: first.dir });
	expect(await again.platform.vault.unlock({ passphrase: PASSPHRASE })).toMatchObject({ code: 'WAIT' });
});

const vaultFile = ({ dir }: Device, ending: string) =>
	readdirSync(join(dir, 'vault')).find((name) => name.endsWith(ending))!;

test('[K-11] words open the vault once they were typed in it; what is wrong of typed words is said by place', async () => {
	const first = await withVault();
	const twelve = await words(first);
	const { vault } = first.platform;
	const other = await device();
	expect(await vault.addWords(await words(other))).toMatchObject({ code: 'WORDS_WRONG' });
	await vault.lock();
	expect(await vault.unlock({ words: twelve })).toMatchObject({ code: 'NO_WORDS' });
	await vault.unlock({ passphrase: PASSPHRASE });
	expect(await vault.addWords(twelve)).toEqual({ ok: true });
	expect(vault.status().words).toBe(true);
	await vault.lock();
	expect(await vault.unlock({ words: twelve.replace(/ \w+$/, ' zzzz') })).toMatchObject({
		code: 'WORDS_WRONG',
		index: 11
	});
	expect(await vault.unlock({ words: await words(other) })).toMatchObject({ code: 'WORDS_WRONG' });
	expect(await vault.unlock({ words: twelve })).toEqual({ ok: true });
});

test('[K-13] a new passphrase closes the old one; the vault stays the same', async () => {
	const first = await withVault();
	await add(first, 'one');
	expect(await first.platform.vault.setPassphrase('short')).toMatchObject({ code: 'WEAK_PASSPHRASE' });
	expect(await first.platform.vault.setPassphrase('another passphrase')).toEqual({ ok: true });
	await first.platform.vault.lock();
	expect(await first.platform.vault.unlock({ passphrase: PASSPHRASE })).toMatchObject({ code: 'WRONG_PASSPHRASE' });
	expect(await first.platform.vault.unlock({ passphrase: 'another passphrase' })).toEqual({ ok: true });
	expect(await titles(first)).toEqual(['one']);
});

test('[K-16] a passkey is never the only way into a new vault', async () => {
	const { platform, suite } = await device();
	const { link } = await suite.dial<VaultCalls, VaultStreams>('vault:passwords');
	const prf = () => new Uint8Array(32).fill(7);
	const passkey = { name: 'laptop', credential: new Uint8Array(16), transports: [], first: prf(), second: prf() };
	expect(await link.call('create', { passkey })).toMatchObject({ ok: false, code: 'NEEDS_SECOND' });
	expect(platform.vault.status().state).toBe('absent');
});

test('[K-16] T60 a passkey opens with its PRF value and the secret of this installation; each that fails is named, and the passphrase recovers', async () => {
	const first = await device();
	const { link } = await first.suite.dial<VaultCalls, VaultStreams>('vault:passwords');
	const prf = (byte: number) => new Uint8Array(32).fill(byte);
	const credential = new Uint8Array(16).fill(3);
	const passkey = (first: number, second: number) => ({
		name: 'Laptop',
		credential,
		transports: ['internal'],
		first: prf(first),
		second: prf(second)
	});
	const different = { ok: false, code: 'PRF_DIFFERENT' };
	const passphrase = () => new TextEncoder().encode(PASSPHRASE);
	expect(await link.call('create', { passphrase: passphrase(), passkey: passkey(7, 8) })).toMatchObject(different);
	expect(first.platform.vault.status().state).toBe('absent');
	expect(await link.call('create', { passphrase: passphrase(), passkey: passkey(7, 7) })).toEqual({ ok: true });
	await engineIs(first, 'ready');
	await add(first, 'one');
	expect(first.platform.vault.status().passkeys).toMatchObject([{ name: 'Laptop', works: true }]);
	await first.platform.vault.lock();

	const again = async () => (await first.suite.dial<VaultCalls, VaultStreams>('vault:passwords')).link;
	const byPasskey = async (byte: number) =>
		(await again()).call('unlock', { type: 'passkey', credential, prf: prf(byte) });
	expect(await byPasskey(8)).toMatchObject(different);
	expect(await (await again()).call('unlock', { type: 'passkey', credential: prf(1), prf: prf(7) })).toMatchObject({
		code: 'NO_PASSKEY'
	});
	expect(await byPasskey(7)).toEqual({ ok: true });
	await engineIs(first, 'ready');
	expect(await titles(first)).toEqual(['one']);
	await first.off();

	rmSync(join(first.dir, 'vault', 'device.key'));
	const later = await device({ dir: first.dir });
	expect(later.platform.vault.status().passkeys).toMatchObject([{ works: false }]);
	const lateLink = (await later.suite.dial<VaultCalls, VaultStreams>('vault:passwords')).link;
	expect(await lateLink.call('unlock', { type: 'passkey', credential, prf: prf(7) })).toMatchObject({
		code: 'SECRET_LOST'
	});
	expect(await later.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(await titles(later)).toEqual(['one']);
	// The one that is added again takes the place of those that open nothing any more.
	expect(await lateLink.call('addPasskey', { ...passkey(9, 9), credential: prf(4) })).toEqual({ ok: true });
	expect(later.platform.vault.status().passkeys).toMatchObject([{ works: true }]);
});

test('[K-19] at the lock calls under way and later ones fail with LOCKED, live queries drop what they showed and go on after the unlock', async () => {
	const first = await withVault();
	await add(first, 'one');
	const seen: (string[] | 'dropped')[] = [];
	await first.platform.live<{ title: string }>(
		'all',
		'SELECT title FROM items ORDER BY title',
		[],
		(rows) => void seen.push(rows.map(({ title }) => title)),
		() => void seen.push('dropped')
	);
	await shows(first, (rows) => rows.length === 1);
	const scope = await first.platform.scopes.personal();
	const text = await first.platform.text('items', scope, await add(first, 'two'), 'notes');
	await text.edit([[0, 0, 'typed']], text.version);
	const stuck = first.platform.transaction(async (tx) => {
		await tx.exec('SELECT 1');
		await engineIs(first, 'locked');
		await tx.exec('SELECT 1');
	});
	const refusal = expect(stuck).rejects.toMatchObject({ code: 'LOCKED' });
	await first.platform.vault.lock();
	await refusal;
	expect(text.text).toBe('');
	expect(seen.at(-1)).toBe('dropped');
	await expect(first.platform.text('items', scope, 'x', 'notes')).rejects.toMatchObject({ code: 'LOCKED' });
	await first.platform.vault.unlock({ passphrase: PASSPHRASE });
	await shows(first, (rows) => rows.length === 2);
	expect(seen.at(-1)).toEqual(['one', 'two']);
});

test('[K-20] what was typed and not saved is asked for before the lock, and written; a tab that hangs does not keep the vault open', async () => {
	const first = await withVault();
	const { platform } = first;
	const stop = platform.vault.onLocking(() =>
		platform.exec(`INSERT INTO drafts VALUES ('d', 'kanarienvogel-entwurf')`)
	);
	platform.vault.onLocking(() => new Promise(() => {}));
	const begun = performance.now();
	await platform.vault.lock();
	expect(performance.now() - begun).toBeLessThan(1500);
	stop();
	expect(everyFile(first.dir).filter((bytes) => bytes.includes('kanarienvogel-entwurf'))).toEqual([]);
	await platform.vault.unlock({ passphrase: PASSPHRASE });
	expect(await platform.exec('SELECT words FROM drafts')).toEqual([{ words: 'kanarienvogel-entwurf' }]);
});

test('[K-18] a vault that is being unlocked while somebody locks it is locked in the end', async () => {
	const first = await withVault();
	await first.platform.vault.lock();
	const unlocking = first.platform.vault.unlock({ passphrase: PASSPHRASE });
	await vaultIs(first, ({ state }) => state === 'unlocking');
	await first.platform.vault.lock();
	// It may have been open for a moment.
	await unlocking;
	await vaultIs(first, ({ state }) => state === 'locked');
	await expect(first.platform.exec('SELECT 1')).rejects.toMatchObject({ code: 'LOCKED' });
});

test('[K-18] a vault locks by itself', async () => {
	const first = await withVault();
	expect(await first.platform.vault.setLockAfter(1000)).toEqual({ ok: true });
	expect(first.platform.vault.status().lockAfter).toBe(1000);
	await engineIs(first, 'locked');
	expect(await first.platform.vault.setLockAfter(60_000)).toMatchObject({ code: 'LOCKED' });
	expect(first.platform.vault.status().lockAfter).toBe(1000);
});

test('[K-14] T17 an older vault file put back brings no removed passkey back; the passphrase still opens', async () => {
	const first = await withVault();
	const prf = () => new Uint8Array(32).fill(7);
	const credential = new Uint8Array(16).fill(3);
	const passkey = { name: 'Stolen', credential, transports: [], first: prf(), second: prf() };
	const dial = async (each: Device) => (await each.suite.dial<VaultCalls, VaultStreams>('vault:passwords')).link;
	expect(await (await dial(first)).call('addPasskey', passkey)).toEqual({ ok: true });
	const path = join(first.dir, 'vault', vaultFile(first, '.vault'));
	const before = readFileSync(path);
	const [{ id }] = first.platform.vault.status().passkeys as unknown as [{ id: string }];
	expect(await first.platform.vault.removePasskey(id)).toEqual({ ok: true });
	await first.platform.vault.lock();
	await first.off();
	writeFileSync(path, before);
	const again = await device({ dir: first.dir });
	const unlock = async () => (await dial(again)).call('unlock', { type: 'passkey', credential, prf: prf() });
	expect(await unlock()).toMatchObject({ ok: false, code: 'OLD_FILE' });
	expect(await unlock()).toMatchObject({ ok: false, code: 'NO_PASSKEY' });
	expect(await again.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(await titles(again)).toEqual([]);
});

test('[K-10] T55 the files of a locked vault hold nothing of it in the clear, and the keys of the account open none of them', async () => {
	const first = await withVault();
	await add(first, 'kanarienvogel-titel');
	await first.platform.scopes.create('vault', { name: 'kanarienvogel-tresor' });
	await first.platform.vault.lock();
	const canaries = ['kanarienvogel-titel', 'kanarienvogel-tresor', PASSPHRASE];
	for (const bytes of everyFile(first.dir)) for (const canary of canaries) expect(bytes.includes(canary)).toBe(false);
	const file = readdirSync(join(first.dir, 'databases')).find((name) => /-passwords-[0-9a-f]{32}\.main$/.test(name))!;
	const environment = nodeEnvironment(first.dir);
	const profile = await Profile.open({ ...environment.profile, now: Date.now, random: environment.random });
	const opening = openReplica({
		environment,
		database: file.slice(17, -'.main'.length),
		schema: loadSchema(SCHEMA, { vault: true }),
		person: profile.person()
	});
	await expect(opening).rejects.toMatchObject({ code: 'WRONG_KEY' });
});

test("T15 [K-21] another owner of a shared vault writes into the platform's tables there: nobody's directory, contacts or keys take it for their own", async () => {
	const network = memoryNetwork();
	const alice = await withVault({ network });
	const mallory = await withVault({ network });
	const { scope } = await alice.platform.scopes.create('vault', { name: 'Shared' });
	const invitation = await alice.platform.peers.invite(scope, 'OWNER');
	const asked = new Promise<JoinRequest>((resolve) =>
		alice.platform.peers.requests(([request]) => request && resolve(request))
	);
	const attempt = await mallory.platform.peers.join(invitation.link, 'Mallory');
	await alice.platform.peers.accept((await asked).id);
	const outcome = await attempt.outcome;
	const there = outcome.ok ? outcome.scope! : '';
	const has = (each: Device, wanted: (info: ScopeInfo) => boolean) =>
		new Promise<void>((resolve) => {
			each.platform.scopes.watch((scopes) => scopes.some(wanted) && resolve());
		});
	await has(mallory, (info) => info.scope === there && info.role === 'OWNER');
	const [theirs, ours] = [await vaultTablesOf(mallory), await vaultTablesOf(alice)];
	const id = 'ab'.repeat(32);
	await theirs.call('tableWrite', {
		op: newOperation(),
		sql: `INSERT INTO vault_scopes (id, scope_id, app, kind, name, epoch, epoch_key, added_at)
			VALUES (?, ?, 'passwords', 'vault', 'Bank', 0, ?, 1)`,
		params: [id, there, new Uint8Array(32).fill(6)]
	});
	await theirs.call('tableWrite', {
		op: newOperation(),
		sql: 'INSERT INTO vault_keys (id, scope_id, key, added_at) VALUES (?, ?, ?, 1)',
		params: ['cd'.repeat(16), there, new Uint8Array(32)]
	});
	await mallory.platform.exec(ADD, [mallory.platform.id(), there, 'from Mallory']);
	await shows(alice, ([row]) => row?.['title'] === 'from Mallory');
	const sql = 'SELECT count(*) FROM vault_scopes WHERE id = ?';
	expect(await ours.call('tableQuery', { sql, params: [id] })).toEqual([[1]]);
	// The directory is compared once more, and takes nothing of it.
	await alice.platform.scopes.create('vault', { name: 'Later' });
	await has(alice, ({ name }) => name === 'Later');
	await expect
		.poll(() => ours.call('tableQuery', { sql: `SELECT count(*) FROM vault_scopes WHERE name = 'Later'`, params: [] }))
		.toEqual([[1]]);
	expect((await ours.call('directory', {})).some((entry) => entry.id === id)).toBe(false);
	for (const link of [theirs, ours]) link.lose(new PlatformError('CLOSED', 'done'));
	await alice.platform.vault.lock();
	expect(await alice.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(alice.platform.vault.status().problem).toBeUndefined();
});

/** The port that the network worker has to a vault: whoever wrote a program of their own would use it so. */
async function vaultTablesOf({ suite }: Device): Promise<EngineLink> {
	const { port1, port2 } = new MessageChannel();
	(await suite.engine('passwords')).serveNetwork(port2);
	return new LinkClient(port1);
}

test('[K-14] T52 a damaged vault file is said and not taken for no vault; the account brings passphrase and words back', async () => {
	const first = await withVault();
	await add(first, 'one');
	await first.platform.vault.lock();
	await first.off();
	const path = join(first.dir, 'vault', vaultFile(first, '.vault'));
	const bytes = readFileSync(path);
	bytes[bytes.length >> 1]! ^= 1;
	writeFileSync(path, bytes);
	const again = await device({ dir: first.dir });
	await vaultIs(again, ({ passphrase }) => passphrase);
	expect(again.platform.vault.status()).toMatchObject({ state: 'locked', passphrase: true });
	expect(await again.platform.vault.create({ passphrase: PASSPHRASE })).toMatchObject({ code: 'EXISTS' });
	expect(await again.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(await titles(again)).toEqual(['one']);
});

test('[K-23] an identity with a vault here is not replaced by another', async () => {
	const first = await withVault();
	const other = await device();
	await expect(first.platform.identity.restore(await words(other))).rejects.toMatchObject({ code: 'VAULT_HERE' });
	expect(await first.platform.identity.restore((await words(other)).replace(/^\w+/, 'zzzz'))).toMatchObject({
		ok: false
	});
});

test('[K-13] a second device hears of the vault, and sees what is in it only after an unlock of its own', async () => {
	const network = memoryNetwork();
	const laptop = await withVault({ network });
	await add(laptop, 'from the laptop');
	const phone = await device({ network, mnemonic: await words(laptop) });
	await vaultIs(phone, ({ state }) => state === 'locked');
	expect(phone.platform.vault.status()).toMatchObject({ passphrase: true, passkeys: [] });
	expect(await phone.platform.vault.unlock({ passphrase: 'wrong horse battery' })).toMatchObject({ ok: false });
	expect(await phone.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	await shows(phone, ([row]) => row?.['title'] === 'from the laptop');
	await add(phone, 'from the phone');
	await shows(laptop, (rows) => rows.length === 2);
	// A passphrase that is changed there opens here.
	expect(await phone.platform.vault.setPassphrase('another passphrase')).toEqual({ ok: true });
	const { passphraseSetAt } = phone.platform.vault.status();
	await vaultIs(laptop, (status) => status.passphraseSetAt === passphraseSetAt);
	await laptop.platform.vault.lock();
	expect(await laptop.platform.vault.unlock({ passphrase: PASSPHRASE })).toMatchObject({ code: 'WRONG_PASSPHRASE' });
	expect(await laptop.platform.vault.unlock({ passphrase: 'another passphrase' })).toEqual({ ok: true });
	await shows(laptop, (rows) => rows.length === 2);
});

/** What the account's own engine holds, in every row: as the suite's installations hold it too. */
async function accountRows({ suite }: Device): Promise<Record<string, Row[]>> {
	const { port1, port2 } = new MessageChannel();
	(await suite.account()).serveNetwork(port2);
	const account: AccountLink = new LinkClient(port1);
	const tables: Record<string, Row[]> = {};
	for (const table of ['devices', 'contacts', 'scopes', 'invitations', 'settings', 'wraps']) {
		const { columns, rows } = await account.call('exec', { op: '', sql: `SELECT * FROM ${table}`, params: [] });
		tables[table] = rows.map((values) => Object.fromEntries(columns.map((column, at) => [column, values[at]!])));
	}
	account.lose(new PlatformError('CLOSED', 'done'));
	return tables;
}

test('[K-21] shared vaults, their names, members and keys are in the vault and not in the account; another device finds them after its own unlock', async () => {
	const network = memoryNetwork();
	const laptop = await withVault({ network });
	const { scope, id } = await laptop.platform.scopes.create('vault', { name: 'kanarienvogel-tresor' });
	await laptop.platform.exec(ADD, [laptop.platform.id(), scope, 'shared']);
	const invitation = await laptop.platform.peers.invite(scope, 'EDITOR');
	expect(await laptop.platform.peers.invitations()).toMatchObject([{ id: invitation.id, scope }]);
	const phone = await device({ network, mnemonic: await words(laptop) });
	await vaultIs(phone, ({ state }) => state === 'locked');
	await phone.platform.vault.unlock({ passphrase: PASSPHRASE });
	await new Promise<void>((resolve) => {
		phone.platform.scopes.watch((scopes) => scopes.some((info) => info.name === 'kanarienvogel-tresor') && resolve());
	});
	await shows(phone, ([row]) => row?.['title'] === 'shared');
	for (const each of [laptop, phone]) {
		const { scopes, invitations, contacts, ...others } = await accountRows(each);
		expect({ scopes, invitations, contacts }).toEqual({ scopes: [], invitations: [], contacts: [] });
		expect(others.wraps).toMatchObject([{ app: 'passwords' }]);
		const everything = JSON.stringify(others, (_, value: unknown) =>
			value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
		);
		for (const hidden of ['kanarienvogel-tresor', id]) expect(everything).not.toContain(hidden);
	}
	await expect(phone.platform.exec('SELECT * FROM vault_scopes')).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('[K-22] two people share a vault: the epoch is sealed to the vault of the other, and only whoever was verified in the vault is given more', async () => {
	const network = memoryNetwork();
	const alice = await withVault({ network });
	const bob = await withVault({ network });
	await bob.platform.identity.setName('Bob');
	const { scope } = await alice.platform.scopes.create('vault', { name: 'Family' });
	await alice.platform.exec(ADD, [alice.platform.id(), scope, 'from Alice']);
	const bobHex = (await bob.platform.identity.get()).identity;
	await expect(alice.platform.peers.grant(bobHex, scope, 'EDITOR')).rejects.toMatchObject({ code: 'UNKNOWN_PERSON' });
	const invitation = await alice.platform.peers.invite(scope, 'VIEWER');
	const asked = new Promise<JoinRequest>((resolve) =>
		alice.platform.peers.requests(([request]) => request && resolve(request))
	);
	const attempt = await bob.platform.peers.join(invitation.link, 'Bob');
	const request = await asked;
	expect(request.emojis).toEqual(attempt.emojis);
	await alice.platform.peers.accept(request.id);
	expect(await attempt.outcome).toMatchObject({ ok: true });
	await shows(bob, ([row]) => row?.['title'] === 'from Alice');
	for (const each of [alice, bob]) expect((await accountRows(each)).contacts).toEqual([]);
	// Verified here, so a grant needs no second invitation.
	await alice.platform.peers.grant(bobHex, scope, 'EDITOR');
	expect((await alice.platform.scopes.members(scope)).map(({ role }) => role)).toEqual(['OWNER', 'EDITOR']);
});

test('[K-17] two vaults made apart: both open, the older takes the younger in with everything, on every device, and nothing is lost', async () => {
	const twelve = await words(await device());
	const laptop = await withVault({ mnemonic: twelve });
	await add(laptop, 'laptop');
	const { scope: shared } = await laptop.platform.scopes.create('vault', { name: 'Laptop only' });
	await laptop.platform.exec(ADD, [laptop.platform.id(), shared, 'laptop, in its own vault']);
	const phone = await device({ mnemonic: twelve, time: 60_000 });
	expect(await phone.platform.vault.create({ passphrase: 'the other passphrase' })).toEqual({ ok: true });
	const id = await add(phone, 'phone');
	const { scope: family, id: familyId } = await phone.platform.scopes.create('vault', { name: 'Family' });
	await phone.platform.exec(ADD, [phone.platform.id(), family, 'phone, in its own vault']);
	// A third one that had only heard of the younger.
	const network = memoryNetwork();
	const first = await withNetwork(phone, network);
	const tablet = await device({ mnemonic: twelve, network });
	await vaultIs(tablet, ({ state }) => state === 'locked');
	await tablet.platform.vault.unlock({ passphrase: 'the other passphrase' });
	await shows(tablet, (rows) => rows.length === 2);
	await tablet.off();
	await add(first, 'phone, later');

	await withNetwork(laptop, network);
	await vaultIs(first, ({ isOther }) => isOther);
	expect(first.platform.vault.status()).toMatchObject({ state: 'open', isOther: true, others: 0 });
	await first.platform.vault.lock();
	// The old passphrase still opens what was made here; the older vault is the one that counts.
	expect(await first.platform.vault.unlock({ passphrase: 'the other passphrase' })).toEqual({ ok: true });
	expect(await titles(first)).toEqual(['phone', 'phone, in its own vault', 'phone, later']);
	await first.platform.vault.lock();
	expect(await first.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	expect(first.platform.vault.status()).toMatchObject({ isOther: false, others: 1 });
	expect(await first.platform.vault.bringIn({ passphrase: 'wrong horse battery' })).toMatchObject({ ok: false });
	expect(await first.platform.vault.bringIn({ passphrase: 'the other passphrase' })).toEqual({ ok: true });
	expect(first.platform.vault.status().others).toBe(0);
	const all = ['laptop', 'laptop, in its own vault', 'phone', 'phone, in its own vault', 'phone, later'];
	const hasAll = (rows: readonly Row[]) => rows.map(({ title }) => title).join() === all.join();
	await shows(first, hasAll);
	await shows(laptop, hasAll);
	expect(await first.platform.exec('SELECT id FROM items WHERE title = ?', ['phone'])).toEqual([{ id }]);
	expect((await laptop.platform.scopes.list()).some((info) => info.id === familyId)).toBe(true);
	expect(readdirSync(join(first.dir, 'databases')).filter((name) => /passwords-.*main$/.test(name))).toHaveLength(1);
	expect(await first.platform.refusals()).toEqual([]);

	// The tablet, back after all that: what it holds of the younger comes along when it opens the older.
	const back = await device({ dir: tablet.dir, network });
	await vaultIs(back, ({ others }) => others === 1);
	expect(await back.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
	await shows(back, hasAll);
	await back.platform.vault.lock();
	await back.platform.vault.unlock({ passphrase: PASSPHRASE });
	expect(back.platform.vault.status().others).toBe(0);
	expect(await back.platform.vault.unlock({ passphrase: PASSPHRASE })).toEqual({ ok: true });
}, 120_000);

/** Connects a device that was offline so far. */
async function withNetwork(each: Device, network: MemoryNetwork): Promise<Device> {
	const name = `vault-device-${++devices}`;
	let starts = 0;
	await each.suite.startNetwork({
		home: 'ws://home.test/p2p',
		pages: pageAddresses('http://home.test'),
		timers: systemTimers,
		transport: () => network.device(`${name}-${++starts}`)
	});
	return each;
}
