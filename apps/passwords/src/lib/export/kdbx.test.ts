import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { FieldKind, ItemType } from '../domain/item.ts';
import {
	addAddress,
	addOwn,
	addTag,
	emptyItem,
	FORMER_ADDRESS,
	FORMER_TITLE,
	setSlot,
	valueOf,
	type PortableItem
} from '../domain/portable.ts';
import { plainLine } from '../domain/text.ts';
import { readFile } from '../import/read-file.ts';
import { writeKdbx } from './kdbx.ts';

const NOW = Date.UTC(2026, 10, 23);
const folder = mkdtempSync(join(tmpdir(), 'passwords-kdbx-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** KeePassXC's own program, which knows nothing of ours. `npm test` installs it where it may. */
function keepassxc(args: string[], input: string): string {
	try {
		return execFileSync('keepassxc-cli', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
	} catch (error) {
		if ((error as { code?: string }).code === 'ENOENT')
			throw new Error(
				'keepassxc-cli is missing: install it (Debian: apt-get install keepassxc); npm test does so for root.',
				{ cause: error }
			);
		throw error;
	}
}

function sample(): PortableItem[] {
	const login = emptyItem('login', 'Bücher & <Shop>');
	login.folder = ['Work', 'Clients'];
	login.favourite = true;
	setSlot(login, 'username', 'ann@example.com');
	setSlot(login, 'password', 'p"ä\u200B&<>\u0001 \t');
	setSlot(
		login,
		'totp',
		'otpauth://totp/Shop:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Shop&algorithm=SHA1&digits=6&period=30'
	);
	setSlot(login, 'notes', 'two\nlines\r\nand a third');
	addOwn(login, 'Pet', 'Rex');
	addOwn(login, 'PIN', '1234', 'hidden', 'Phone');
	addOwn(login, 'Notes', 'a label that KeePass has for itself', 'text');
	addAddress(login, 'https://shop.example');
	addAddress(login, 'https://other.example/x', 'host');
	addTag(login, 'work');
	addTag(login, 'two words');
	login.createdAt = Date.UTC(2020, 1, 1);
	login.editedAt = Date.UTC(2024, 1, 1);
	login.passwordAt = Date.UTC(2023, 1, 1);
	login.attachments = [{ name: 'key.txt', bytes: new TextEncoder().encode('attached words') }];
	const former = { section: '', label: 'Password', kind: 'hidden' as const, slot: 'password' };
	login.former = [
		{ ...former, value: 'oldest', until: Date.UTC(2021, 1, 1) },
		{ ...former, value: 'old', until: Date.UTC(2023, 1, 1) },
		{ ...former, slot: FORMER_TITLE, kind: 'text', label: 'Title', value: 'Bücher', until: Date.UTC(2024, 1, 1) }
	];
	const card = emptyItem('card', 'Card');
	for (const [slot, value] of [
		['holder', 'Ann Ek'],
		['brand', 'Visa'],
		['number', '4111111111111111'],
		['expires', '2031-05'],
		['code', '123']
	] as const)
		setSlot(card, slot, value);
	const note = emptyItem('note', 'Note');
	setSlot(note, 'notes', 'words');
	const bin = emptyItem('custom', 'Thrown away');
	addOwn(bin, 'Field', 'value');
	bin.deletedAt = Date.UTC(2025, 1, 1);
	return [login, card, note, bin];
}

const byTitle = (items: readonly PortableItem[]) => new Map(items.map((item) => [item.title, item]));

async function roundTrip(items: readonly PortableItem[], keyFile?: Uint8Array<ArrayBuffer>): Promise<PortableItem[]> {
	const bytes = await writeKdbx(items, { password: 'pässword', ...(keyFile ? { keyFile } : {}) }, 'Vault', NOW);
	return (await readFile({ name: 'x.kdbx', bytes }, { password: 'pässword', ...(keyFile ? { keyFile } : {}) })).items;
}

/** What this format does not say in so many words: where an item that was deleted lay, and when nothing was edited. */
const comparable = (item: PortableItem) => ({
	...item,
	folder: item.deletedAt === undefined ? item.folder : [],
	createdAt: item.createdAt ?? item.editedAt ?? NOW,
	editedAt: item.editedAt ?? NOW,
	attachments: item.attachments.map(({ name, bytes }) => [name, [...bytes]]),
	former: item.former.toSorted((a, b) => a.until - b.until),
	passwordAt: undefined
});

test('[PW-60] what is written as KDBX is read back whole: attachments, history, codes, tags, folders, trash', async () => {
	const items = sample();
	const back = byTitle(await roundTrip(items));
	for (const item of items) expect(comparable(back.get(item.title)!)).toEqual(comparable(item));
	expect(back.get(items[0]!.title)!.passwordAt).toBe(Date.UTC(2023, 1, 1));
});

test('[PW-60] a key file is a second key: the password alone does not open it', async () => {
	const keyFile = new TextEncoder().encode('any bytes are a key file');
	expect(await roundTrip(sample(), keyFile)).toHaveLength(4);
	const bytes = await writeKdbx(sample(), { password: 'pässword', keyFile }, 'Vault', NOW);
	await expect(readFile({ name: 'x', bytes }, { password: 'pässword' })).rejects.toMatchObject({
		failure: { reason: 'wrong-key' }
	});
});

test('[PW-61] KeePassXC opens our database, and finds in it what we put there', async () => {
	const path = join(folder, 'ours.kdbx');
	writeFileSync(path, await writeKdbx(sample(), { password: 'pässword' }, 'Vault', NOW));
	const cli = (...args: string[]) => keepassxc(args, 'pässword\n');
	const entry = '/Work/Clients/Bücher & <Shop>';
	expect(cli('db-info', '-q', path)).toMatch(/AES 256|AES-256/i);
	const list = cli('ls', '-q', '-R', '-f', path).split('\n');
	expect(list).toEqual(
		expect.arrayContaining(['Card', 'Note', 'Work/Clients/Bücher & <Shop>', 'Recycle Bin/Thrown away'])
	);
	const show = (attribute: string, of = entry) => cli('show', '-q', '-s', '-a', attribute, path, of).replace(/\n$/, '');
	expect(show('UserName')).toBe('ann@example.com');
	expect(show('Password')).toBe(valueOf(sample()[0]!, 'password'));
	expect(show('URL')).toBe('https://shop.example');
	expect(show('KP2A_URL')).toBe('https://other.example/x');
	expect(show('PIN')).toBe('1234');
	expect(show('Number', '/Card')).toBe('4111111111111111');
	expect(show('Notes').replace(/\r/g, '')).toBe('two\nlines\nand a third');
	// A code that KeePassXC computes from our secret, and its length: six digits.
	expect(cli('show', '-q', '-t', path, entry)).toMatch(/^\d{6}\n$/);
	const out = join(folder, 'key.txt');
	cli('attachment-export', '-q', path, entry, 'key.txt', out);
	expect(readFileSync(out, 'utf8')).toBe('attached words');
	const xml = cli('export', '-q', '-f', 'xml', path);
	expect(
		xml
			.match(/<History>[\s\S]*?<\/History>/g)
			?.join('')
			.match(/<Entry>/g)
	).toHaveLength(3);
	expect(xml).toMatch(/<Tags>[^<]*work[^<]*<\/Tags>/);
}, 60_000);

test('[PW-61] we open a database that KeePassXC made: groups, codes, attachments, history', async () => {
	const path = join(folder, 'theirs.kdbx');
	const xmlPath = join(folder, 'theirs.xml');
	keepassxc(['db-create', '-q', '-p', '-t', '100', path], 'geheim\ngeheim\n');
	const cli = (args: string[], more = '') => keepassxc(args, `geheim\n${more}`);
	cli(['mkdir', '-q', path, 'Bank']);
	cli(
		['add', '-q', '-u', 'ann', '--url', 'https://bank.example', '--notes', 'first', '-p', path, 'Bank/Account'],
		'one\n'
	);
	cli(['edit', '-q', '-p', path, 'Bank/Account'], 'two\n');
	writeFileSync(join(folder, 'in.bin'), Buffer.from([0, 1, 2, 255]));
	cli(['attachment-import', '-q', path, 'Bank/Account', 'raw', join(folder, 'in.bin')]);
	cli(['add', '-q', '-p', path, 'Gone'], 'x\n');
	cli(['rm', '-q', path, 'Gone']);
	const { items, versions } = await readFile(
		{ name: path, bytes: new Uint8Array(readFileSync(path)) },
		{ password: 'geheim' }
	);
	const account = byTitle(items).get('Account')!;
	expect(account).toMatchObject({ type: 'login', folder: ['Bank'], addresses: [{ url: 'https://bank.example' }] });
	expect([valueOf(account, 'username'), valueOf(account, 'password')]).toEqual(['ann', 'two']);
	expect(account.attachments).toMatchObject([{ name: 'raw' }]);
	expect([...account.attachments[0]!.bytes]).toEqual([0, 1, 2, 255]);
	expect(account.former).toMatchObject([{ slot: 'password', value: 'one' }]);
	expect(byTitle(items).get('Gone')!.deletedAt).toBeGreaterThan(0);
	// Its XML of the same database says the same.
	writeFileSync(xmlPath, cli(['export', '-q', '-f', 'xml', path]));
	const xml = await readFile({ name: xmlPath, bytes: new Uint8Array(readFileSync(xmlPath)) });
	expect(xml.versions).toBe(versions);
	expect(xml.items.map(({ title }) => title).sort()).toEqual(items.map(({ title }) => title).sort());
}, 60_000);

const anyText = fc
	.oneof(
		fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
		fc.string({ unit: 'binary', minLength: 1, maxLength: 6 })
	)
	.map((text) => text.toWellFormed());
const anyName = anyText.map(plainLine).filter((name) => name !== '');
const anyItem: fc.Arbitrary<PortableItem> = fc
	.record({
		type: fc.constantFrom<ItemType>('login', 'note', 'card', 'identity', 'custom'),
		title: anyName,
		folder: fc.array(anyName, { maxLength: 2 }),
		favourite: fc.boolean(),
		slots: fc.array(anyText, { minLength: 3, maxLength: 3 }),
		own: fc.uniqueArray(
			fc.record({
				label: anyName,
				value: anyText,
				kind: fc.constantFrom<FieldKind>('text', 'hidden', 'email', 'note')
			}),
			{
				maxLength: 3,
				selector: ({ label }) => label
			}
		),
		urls: fc.uniqueArray(anyName, { maxLength: 3 }),
		tags: fc.uniqueArray(
			anyName.filter((name) => !/[;,:]/.test(name)),
			{ maxLength: 2 }
		)
	})
	.map(({ type, title, folder, favourite, slots, own, urls, tags }) => {
		const item = emptyItem(type, title);
		Object.assign(item, { folder, favourite, createdAt: NOW, editedAt: NOW });
		const names = {
			login: ['username', 'password'],
			note: [],
			card: ['holder', 'number'],
			identity: ['first', 'passport'],
			custom: []
		}[type];
		for (const [index, name] of names.entries()) setSlot(item, name, slots[index]);
		setSlot(item, 'notes', slots[2]);
		for (const { label, value, kind } of own) addOwn(item, label, value, kind);
		for (const url of urls) addAddress(item, url);
		for (const tag of tags) addTag(item, tag);
		return item;
	});

test('[PW-60] whatever is in an item comes back from KDBX', async () => {
	const sorted = (item: PortableItem) => ({
		...comparable(item),
		fields: item.fields.toSorted((a, b) => ((a.slot ?? '') + a.label < (b.slot ?? '') + b.label ? -1 : 1)),
		tags: item.tags.toSorted()
	});
	await fc.assert(
		fc.asyncProperty(
			fc.uniqueArray(anyItem, { minLength: 8, maxLength: 20, selector: ({ title }) => title }),
			async (items) => {
				const back = byTitle(await roundTrip(items));
				for (const item of items) expect(sorted(back.get(item.title)!)).toEqual(sorted(item));
			}
		),
		{ numRuns: 4 }
	);
}, 60_000);

test('[PW-60] the address of a former version is kept beside the present one', async () => {
	const item = emptyItem('login', 'Moved');
	addAddress(item, 'https://new.example');
	item.editedAt = NOW;
	item.former = [
		{ slot: FORMER_ADDRESS, kind: 'text', label: 'Address', section: '', value: 'https://old.example', until: NOW }
	];
	const [back] = await roundTrip([item]);
	expect(back!.addresses).toEqual(item.addresses);
	expect(back!.former).toEqual(item.former);
});
