/**
 * Every file of ../shared/fixtures/passwords. The numbers were counted without our code: of KDBX from what
 * `keepassxc-cli export` wrote (the entries, their strings, binaries and former versions), of the others with grep and
 * by eye; the passwords are those of the files' own projects.
 */

import { expect, test } from 'vitest';
import { fixturesOf } from '@slf/platform/testing/fixtures';
import { countPortable, valueOf, type PortableItem } from '../domain/portable.ts';
import { ImportError, type ImportFailure } from './import-error.ts';
import { inspectFile, readFile } from './read-file.ts';
import type { ImportFile, ImportOptions } from './import-file.ts';

const files = new Map(
	fixturesOf('passwords')
		.list('.', /(LICENSE|data\.1pif|\.(kdbx|key|xml|json|csv|bcup))$/)
		.map((file) => [file.name, file])
);
function fixture(name: string): ImportFile {
	const file = files.get(name);
	if (!file) throw new Error(`no fixture ${name}`);
	return file;
}

async function failureOf(path: string, options: ImportOptions = {}): Promise<ImportFailure | undefined> {
	try {
		await readFile(fixture(path), options);
		return undefined;
	} catch (error) {
		if (!(error instanceof ImportError)) throw error;
		return error.failure;
	}
}

interface Case {
	path: string;
	password?: string | null;
	key?: string;
	/** Items, fields, addresses, attachments, former versions. */
	counts: [items: number, fields: number, addresses: number, attachments: number, versions: number];
	folders?: number;
}

const web = 'kdbxweb/';
const cup = 'buttercup-importer/';
// 12 strings that are neither titles nor addresses, and one date of expiry, which comes as a field.
const demo: Pick<Case, 'password' | 'key' | 'counts' | 'folders'> = {
	password: 'demo',
	key: `${web}demo.key`,
	counts: [4, 13, 3, 1, 2],
	folders: 1
};
const cases: Case[] = [
	{ path: `${web}demo.kdbx`, ...demo },
	{ path: `${web}demohard.kdbx`, ...demo },
	{ path: `${web}Argon2.kdbx`, ...demo },
	{ path: `${web}Argon2id.kdbx`, ...demo },
	{ path: `${web}Argon2ChaCha.kdbx`, ...demo },
	{ path: `${web}demo.xml`, counts: demo.counts, folders: 1 },
	{ path: `${web}AesKdfKdbx4.kdbx`, password: 'demo', counts: [7, 65, 0, 0, 0], folders: 1 },
	{ path: `${web}KDBX4.1.kdbx`, password: 'test', counts: [3, 6, 2, 0, 3], folders: 1 },
	{ path: `${web}EmptyPass.kdbx`, password: '', counts: [2, 5, 2, 0, 0] },
	{
		path: `${web}EmptyPassWithKeyFile.kdbx`,
		password: '',
		key: `${web}EmptyPassWithKeyFile.key`,
		counts: [2, 5, 2, 0, 0]
	},
	{ path: `${web}cyrillic.kdbx`, password: 'пароль', counts: [2, 7, 2, 0, 1] },
	{ path: `${web}cyrillic.xml`, counts: [2, 7, 2, 0, 1] },
	{ path: `${cup}test-archive-kdbx3.kdbx`, password: 'passw0rd', counts: [4, 9, 3, 0, 2], folders: 1 },
	{ path: `${cup}test-archive-kdbx4.kdbx`, password: 'passw0rd', counts: [4, 9, 3, 0, 2], folders: 1 },
	...['kdbx3', 'kdbx4'].map((kind): Case => {
		const path = `${cup}test-archive-keyfile-${kind}`;
		return { path: `${path}.kdbx`, password: 'passw0rd', key: `${path}.key`, counts: [0, 0, 0, 0, 0] };
	}),
	{ path: `${cup}test.kdbx.xml`, counts: [3, 9, 3, 0, 1] },
	{ path: `${cup}bitwarden.json`, counts: [5, 7, 1, 0, 0], folders: 1 },
	{ path: `${cup}chrome_pass.csv`, counts: [9, 16, 8, 0, 0] },
	{ path: `${cup}keeper.json`, counts: [3, 6, 3, 0, 0], folders: 2 },
	{ path: `${cup}lastpass.csv`, counts: [4, 10, 4, 0, 0], folders: 1 },
	{ path: `${cup}test-1password.1pif/data.1pif`, counts: [4, 10, 0, 0, 0], folders: 2 },
	{ path: `${cup}test.bcup`, password: 'passw0rd', counts: [1, 2, 1, 0, 0], folders: 2 },
	{ path: `${cup}test.csv`, counts: [1, 2, 0, 0, 0] }
];

async function read({ path, password, key }: Pick<Case, 'path' | 'password' | 'key'>) {
	return readFile(fixture(path), {
		...(password === undefined ? {} : { password }),
		...(key === undefined ? {} : { keyFile: fixture(key).bytes })
	});
}

const named = (items: readonly PortableItem[], title: string): PortableItem => {
	const item = items.find((each) => each.title === title);
	if (!item) throw new Error(`no item ${title}`);
	return item;
};

if (files.size === 0) {
	test('the files of other programs are absent: what reads them was not checked', () => {});
} else {
	test('[PW-50] there is a case for every file of the folder', () => {
		const known = new Set(cases.flatMap(({ path, key }) => [path, key ?? path]));
		const others = [...files.keys()].filter((name) => !known.has(name));
		expect(others).toEqual([`${cup}LICENSE`, `${web}LICENSE`]);
	});

	test.each(cases)('[PW-50] $path comes whole: $counts', async ({ counts, folders = 0, ...given }) => {
		const { items, versions } = await read(given);
		const count = countPortable(items);
		expect([count.items, count.fields, count.addresses, count.attachments, versions]).toEqual(counts);
		expect(count.folders).toBe(folders);
	});

	test('[PW-51] a password that is empty and none at all are two things', async () => {
		const path = `${web}EmptyPassWithKeyFile.kdbx`;
		const keyFile = fixture(`${web}EmptyPassWithKeyFile.key`).bytes;
		expect(await failureOf(path, { password: '', keyFile })).toBeUndefined();
		expect(await failureOf(path, { password: null, keyFile })).toMatchObject({ reason: 'wrong-key' });
		expect(await failureOf(`${web}EmptyPass.kdbx`)).toMatchObject({ reason: 'password-missing' });
	});

	test('[PW-52] a wrong password, a wrong or missing key file and a cut file are told apart from each other', async () => {
		const keyFile = fixture(`${web}demo.key`).bytes;
		const path = `${web}Argon2id.kdbx`;
		expect(await failureOf(path, { password: 'wrong', keyFile })).toMatchObject({
			format: 'kdbx',
			reason: 'wrong-key'
		});
		expect(await failureOf(path, { password: 'demo' })).toMatchObject({ reason: 'wrong-key' });
		const bytes = fixture(path).bytes;
		const cut = { name: path, bytes: bytes.slice(0, bytes.length - 700) };
		await expect(readFile(cut, { password: 'demo', keyFile })).rejects.toMatchObject({
			failure: { format: 'kdbx', reason: 'damaged', where: 'encrypted part' }
		});
		expect(await failureOf(`${cup}test.bcup`, { password: 'wrong' })).toMatchObject({ reason: 'wrong-key' });
		expect(await failureOf(`${cup}test.bcup`)).toMatchObject({ format: 'buttercup', reason: 'password-missing' });
	});

	test('[PW-53] what is no export is refused with what to do', async () => {
		for (const path of [`${web}demo.key`, `${web}LICENSE`]) {
			expect(() => inspectFile(fixture(path))).toThrow(ImportError);
			const failure = await failureOf(path);
			expect(failure).toMatchObject({ format: 'unknown', reason: 'unknown-format' });
			expect(failure?.advice).toMatch(/JSON, CSV or KDBX/);
		}
	});

	test('[PW-54] a KDBX entry comes with attachment, tags, folder, history and its times', async () => {
		const { items, lost } = await read({ path: `${web}demo.kdbx`, ...demo });
		const entry = named(items, 'my entry');
		expect(entry).toMatchObject({ type: 'login', tags: ['my', 'tag'] });
		expect(entry.attachments.map(({ name }) => name)).toEqual(['attachment']);
		expect(entry.fields.find(({ label }) => label === 'my field protected')?.kind).toBe('hidden');
		expect(entry.fields.find(({ label }) => label === 'my field')?.kind).toBe('text');
		expect(new Date(entry.createdAt!).getUTCFullYear()).toBe(2015);
		expect(lost.map(({ kind }) => kind).sort()).toEqual(['auto-type', 'auto-type', 'icon']);
	});

	test('[PW-54] what Buttercup itself expects of its files is there', async () => {
		const xml = await read({ path: `${cup}test.kdbx.xml` });
		const entry = named(xml.items, 'Buttercup test');
		expect(valueOf(entry, 'password')).toBe('test password');
		expect(valueOf(entry, 'notes')).toBe('Hello. My name is Inigo Montoya. You killed my father. Prepare to die.');
		const [vault] = (await read({ path: `${cup}test.bcup`, password: 'passw0rd' })).items;
		expect(vault).toMatchObject({ title: 'Test Entry', folder: ['General', 'Sub'] });
		expect(valueOf(vault!, 'username')).toBe('user@site.com');
		expect(valueOf(vault!, 'password')).toBe('W6dV-_71OpO~%;WZz0+*czcqay+&=;8;khc');
		const pif = await read({ path: `${cup}test-1password.1pif/data.1pif` });
		const card = named(pif.items, 'Custom card');
		expect(card).toMatchObject({ type: 'card', folder: ['General', 'Sub'] });
		expect(valueOf(card, 'number')).toBe('4532-3453-2356-1234');
		expect(valueOf(card, 'expires')).toBe('2019-11');
		const bitwarden = await read({ path: `${cup}bitwarden.json` });
		expect(named(bitwarden.items, 'Item with notes').type).toBe('note');
		expect(named(bitwarden.items, 'Item with login uri')).toMatchObject({
			folder: ['FooBar'],
			addresses: [{ url: 'https://example.org' }]
		});
		const lastpass = await read({ path: `${cup}lastpass.csv` });
		expect(valueOf(named(lastpass.items, 'baz.com'), 'notes')).toBe('This is a\nmultiline string');
		expect(valueOf(named(lastpass.items, 'bar.com'), 'notes')).toBe('');
	});
}
