/** What programs put into KeePass entries beside the five strings. The databases are made with kdbxweb itself. */

import type * as kdbx from 'kdbxweb';
import { expect, test } from 'vitest';
import { otpCode, parseOtp } from '../domain/otp.ts';
import { FORMER_ADDRESS, FORMER_TITLE, valueOf, type PortableItem } from '../domain/portable.ts';
import { kdbxweb, prepareKdbx } from '../formats/kdbx-engine.ts';
import type { Gathered } from './gathering.ts';
import { readFile } from './read-file.ts';
import { bytesFile } from './testing/files-node.ts';

prepareKdbx();

/** Lays out a database, saves it, and reads it as any file. */
async function read(lay: (database: kdbx.Kdbx, root: kdbx.KdbxGroup) => void | Promise<void>): Promise<Gathered> {
	const credentials = new kdbxweb.Credentials(kdbxweb.ProtectedValue.fromString('x'));
	const database = kdbxweb.Kdbx.create(credentials, 'x');
	await lay(database, database.getDefaultGroup());
	return readFile(bytesFile(new Uint8Array(await database.save())), { password: 'x' });
}

async function readEntry(strings: Record<string, string>): Promise<{ item: PortableItem; lost: string[] }> {
	const { items, lost } = await read((database, root) => {
		const entry = database.createEntry(root);
		for (const [name, value] of Object.entries(strings)) entry.fields.set(name, value);
	});
	return { item: items[0]!, lost: lost.map(({ kind }) => kind) };
}

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const HEX = '3132333435363738393031323334353637383930';
const codeOf = (item: PortableItem): string => {
	const outcome = parseOtp(valueOf(item, 'totp'));
	return outcome.ok ? otpCode(outcome.otp, 59_000).code : outcome.reason;
};

test.each<[name: string, strings: Record<string, string>, code: string]>([
	['KeePassXC', { otp: `otpauth://totp/a:b?secret=${SECRET}&period=30&digits=6&issuer=a` }, '287082'],
	['older KeePassXC and KeeOtp', { otp: `key=${SECRET}&step=30&size=8` }, '94287082'],
	['KeeTrayTOTP', { 'TOTP Seed': SECRET, 'TOTP Settings': '30;8' }, '94287082'],
	['KeeTrayTOTP with its defaults', { 'TOTP Seed': SECRET.toLowerCase() }, '287082'],
	['KeePass', { 'TimeOtp-Secret-Base32': SECRET, 'TimeOtp-Length': '8' }, '94287082'],
	['KeePass, hexadecimal', { 'TimeOtp-Secret-Hex': HEX, 'TimeOtp-Period': '30' }, '287082'],
	['KeePass, base64', { 'TimeOtp-Secret-Base64': Buffer.from(HEX, 'hex').toString('base64') }, '287082'],
	['KeePass, text', { 'TimeOtp-Secret': '12345678901234567890' }, '287082'],
	[
		'KeePass with another hash',
		{
			'TimeOtp-Secret': '12345678901234567890123456789012',
			'TimeOtp-Algorithm': 'HMAC-SHA-256',
			'TimeOtp-Length': '8'
		},
		'46119246'
	]
])('[PW-54] one-time codes as %s keeps them', async (_, strings, code) => {
	const { item } = await readEntry({ Title: 'x', ...strings });
	expect(codeOf(item)).toBe(code);
	expect(item.fields.map(({ slot }) => slot)).toEqual(['totp']);
});

test('[PW-54] a code that is not understood comes as a field, and is named', async () => {
	const { item, lost } = await readEntry({ Title: 'x', 'HmacOtp-Secret-Base32': SECRET, 'HmacOtp-Counter': '7' });
	expect(item.fields.map(({ label }) => label)).toEqual(['HmacOtp-Secret-Base32', 'HmacOtp-Counter']);
	expect(lost).toEqual(['unknown-code', 'unknown-code']);
	expect((await readEntry({ Title: 'x', otp: 'nonsense !' })).lost).toEqual(['unknown-code']);
});

test('[PW-54] Steam codes of KeeTrayTOTP and KeePassXC', async () => {
	const tray = await readEntry({ 'TOTP Seed': SECRET, 'TOTP Settings': '30;S' });
	const xc = await readEntry({ otp: `otpauth://totp/x?secret=${SECRET}&period=30&digits=5&encoder=steam` });
	expect(codeOf(tray.item)).toMatch(/^[2-9B-Y]{5}$/);
	expect(codeOf(xc.item)).toBe(codeOf(tray.item));
});

test('[PW-54] further addresses, passkeys, references, and strings of more lines', async () => {
	const { items, lost } = await read((database, root) => {
		const base = database.createEntry(root);
		base.fields.set('Title', 'Base');
		base.fields.set('UserName', 'ann');
		base.fields.set('Password', kdbxweb.ProtectedValue.fromString('secret'));
		const other = database.createEntry(root);
		const reference = (field: string) =>
			`{REF:${field}@I:${Buffer.from(base.uuid.toBytes()).toString('hex').toUpperCase()}}`;
		for (const [name, value] of Object.entries({
			Title: 'Other',
			UserName: reference('U'),
			Password: reference('P'),
			URL: 'https://a.example',
			KP2A_URL_2: 'https://c.example',
			KP2A_URL: 'https://b.example',
			AndroidApp1: 'androidapp://com.example',
			KPEX_PASSKEY_USERNAME: 'ann',
			'Recovery codes': 'one\ntwo',
			Unknown: '{REF:P@I:00000000000000000000000000000000}'
		}))
			other.fields.set(name, value);
	});
	const other = items.find(({ title }) => title === 'Other')!;
	expect([valueOf(other, 'username'), valueOf(other, 'password')]).toEqual(['ann', 'secret']);
	expect(other.addresses.map(({ url }) => url)).toEqual([
		'https://a.example',
		'https://b.example',
		'https://c.example',
		'androidapp://com.example'
	]);
	expect(other.fields.filter(({ slot }) => slot === null).map(({ label, kind }) => [label, kind])).toEqual([
		['KPEX_PASSKEY_USERNAME', 'hidden'],
		['Recovery codes', 'note'],
		['Unknown', 'text']
	]);
	expect(lost.map(({ kind }) => kind)).toEqual(['passkey']);
});

test('[PW-54] history says what each value was, and until when', async () => {
	const day = (number: number) => new Date(Date.UTC(2024, 0, number));
	const { items, versions } = await read((database, root) => {
		const entry = database.createEntry(root);
		const states: [number, Record<string, string>][] = [
			[1, { Title: 'First', Password: 'one', URL: 'https://old.example' }],
			[2, { Title: 'First', Password: 'two', URL: 'https://old.example', PIN: '1' }],
			[3, { Title: 'Second', Password: 'two', URL: 'https://new.example', PIN: '2' }]
		];
		for (const [index, [number, strings]] of states.entries()) {
			for (const [name, value] of Object.entries(strings)) entry.fields.set(name, value);
			entry.times.lastModTime = day(number);
			if (index < 2) entry.pushHistory();
		}
	});
	expect(versions).toBe(2);
	const [item] = items;
	expect(item!.former.map(({ slot, label, value, until }) => [slot ?? label, value, until])).toEqual([
		['password', 'one', day(2).getTime()],
		['PIN', '1', day(3).getTime()],
		[FORMER_TITLE, 'First', day(3).getTime()],
		[FORMER_ADDRESS, 'https://old.example', day(3).getTime()]
	]);
	// The password has been what it is since the second day, whatever else changed.
	expect(item!.passwordAt).toBe(day(2).getTime());
});

test('[PW-54] groups become folders, and what lies in the recycle bin is in the trash', async () => {
	const { items } = await read((database, root) => {
		const inner = database.createGroup(database.createGroup(root, 'Outer'), 'In\u202Ener');
		database.createEntry(inner).fields.set('Title', 'Kept');
		const gone = database.createEntry(inner);
		gone.fields.set('Title', 'Gone');
		database.remove(gone);
	});
	expect(items.find(({ title }) => title === 'Kept')).toMatchObject({ folder: ['Outer', 'Inner'] });
	const gone = items.find(({ title }) => title === 'Gone')!;
	expect(gone.folder).toEqual([]);
	expect(Math.abs(gone.deletedAt! - Date.now())).toBeLessThan(60_000);
});

test('[PW-59] a value or an attachment that is too large stays out, and is named', async () => {
	const { items, lost } = await read(async (database, root) => {
		const entry = database.createEntry(root);
		entry.fields.set('Title', 'Large');
		entry.fields.set('Long', 'x'.repeat(1024 * 1024 + 1));
		entry.fields.set('Notes', 'fits');
		entry.binaries.set('huge.iso', await database.createBinary(new ArrayBuffer(5 * 1024 * 1024 + 1)));
		entry.binaries.set('small', await database.createBinary(new ArrayBuffer(3)));
	});
	expect(items[0]!.attachments.map(({ name }) => name)).toEqual(['small']);
	expect(lost).toEqual([
		{ kind: 'long-value', item: 'Large', name: 'Long' },
		{ kind: 'large-attachment', item: 'Large', name: 'huge.iso' }
	]);
});
