import { argon2Sync } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { addAddress, addOwn, addTag, emptyItem, setSlot, type PortableItem } from '../domain/portable.ts';
import { readFile } from '../import/read-file.ts';
import { textFile } from '../import/testing/files-node.ts';
import { writeBitwarden, writeEncryptedBitwarden } from './bitwarden.ts';

function sample(): PortableItem[] {
	const login = emptyItem('login', 'Shop');
	login.folder = ['Work', 'a/b'];
	login.favourite = true;
	setSlot(login, 'username', 'ann');
	setSlot(login, 'password', 'pä"\\ss\u200B');
	setSlot(login, 'totp', 'otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30');
	setSlot(login, 'notes', 'two\nlines');
	addOwn(login, 'Pet', 'Rex');
	addOwn(login, 'PIN', '1234', 'hidden');
	addAddress(login, 'https://shop.example');
	addAddress(login, 'https://b.example', 'starts');
	addTag(login, 'tag');
	login.createdAt = 1_600_000_000_000;
	login.editedAt = 1_650_000_000_000;
	login.passwordAt = 1_620_000_000_000;
	login.former = [
		{ slot: 'password', kind: 'hidden', label: 'Password', section: '', value: 'old', until: 1_620_000_000_000 }
	];
	login.attachments = [{ name: 'x', bytes: new Uint8Array(3) }];
	const card = emptyItem('card', 'Card');
	for (const [slot, value] of [
		['holder', 'Ann'],
		['number', '4111'],
		['expires', '2031-05'],
		['code', '123'],
		['pin', '9']
	] as const)
		setSlot(card, slot, value);
	const identity = emptyItem('identity', 'Me');
	for (const [slot, value] of [
		['first', 'Ann'],
		['born', '1990-01-02'],
		['national', '1']
	] as const)
		setSlot(identity, slot, value);
	const custom = emptyItem('custom', 'Server');
	addOwn(custom, 'Host', 'srv', 'text', 'Place');
	custom.deletedAt = 1_660_000_000_000;
	return [login, card, identity, custom];
}

test('[PW-62] Bitwarden JSON: what it has a place for comes back, what it has none for is counted', async () => {
	const { json, left } = writeBitwarden(sample(), randomUUID);
	expect(left).toEqual({ items: 0, fields: 0, attachments: 1, tags: 1, former: 0 });
	const [login, card, identity, custom] = (await readFile(textFile(json))).items;
	const [before] = sample();
	expect(login).toEqual({ ...before, folder: ['Work', 'a\u2215b'], tags: [], attachments: [] });
	expect(card!.fields.map(({ slot, label, value }) => [slot ?? label, value])).toEqual([
		['holder', 'Ann'],
		['number', '4111'],
		['expires', '2031-05'],
		['code', '123'],
		['PIN', '9']
	]);
	expect(identity!.fields.map(({ slot, label, value }) => [slot ?? label, value])).toEqual([
		['first', 'Ann'],
		['national', '1'],
		['Born', '1990-01-02']
	]);
	expect(custom).toMatchObject({
		type: 'note',
		deletedAt: 1_660_000_000_000,
		fields: [{ label: 'Host', value: 'srv' }]
	});
});

test('[PW-62] a passkey of Bitwarden goes back whole, and a Steam code as its own kind of address', async () => {
	const passkey = { credentialId: 'x', rpId: 'a.example', keyValue: 'MIG' };
	const source = {
		items: [{ type: 1, name: 'x', login: { totp: 'steam://GEZDGNBVGY3TQOJQ', fido2Credentials: [passkey] } }]
	};
	const { items } = await readFile(textFile(JSON.stringify(source)));
	const { json } = writeBitwarden(items, randomUUID);
	const [{ login, fields }] = (
		JSON.parse(json) as { items: [{ login: { totp: string; fido2Credentials: unknown[] }; fields: unknown[] }] }
	).items;
	expect(login.fido2Credentials).toEqual([passkey]);
	expect(login.totp).toBe('steam://GEZDGNBVGY3TQOJQ');
	expect(fields).toEqual([]);
});

test('[PW-63] the protected form opens with WebCrypto alone, by a script that shares nothing with ours', async () => {
	const { json } = await writeEncryptedBitwarden(sample(), 'pässword', randomUUID);
	const file = JSON.parse(json) as Record<string, string> & {
		kdfIterations: number;
		kdfMemory: number;
		kdfParallelism: number;
	};

	// -- 30 lines, from the description of the format --
	const { subtle } = globalThis.crypto;
	const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
	const utf8 = (text: string) => new TextEncoder().encode(text);
	const master = argon2Sync('argon2id', {
		message: utf8('pässword'),
		nonce: new Uint8Array(await subtle.digest('SHA-256', utf8(file.salt!))),
		passes: file.kdfIterations,
		memory: file.kdfMemory * 1024,
		parallelism: file.kdfParallelism,
		tagLength: 32
	});
	const hmac = { name: 'HMAC', hash: 'SHA-256' };
	const masterKey = await subtle.importKey('raw', new Uint8Array(master), hmac, false, ['sign']);
	const expand = (info: string) => subtle.sign('HMAC', masterKey, new Uint8Array([...utf8(info), 1]));
	const cipherKey = await subtle.importKey('raw', await expand('enc'), 'AES-CBC', false, ['decrypt']);
	const macKey = await subtle.importKey('raw', await expand('mac'), hmac, false, ['verify']);
	const open = async (sealed: string) => {
		const [iv, content, mac] = sealed.replace(/^2\./, '').split('|').map(bytes) as [
			Uint8Array<ArrayBuffer>,
			Uint8Array<ArrayBuffer>,
			Uint8Array<ArrayBuffer>
		];
		if (!(await subtle.verify('HMAC', macKey, mac, new Uint8Array([...iv, ...content])))) throw new Error('mac');
		return new TextDecoder().decode(await subtle.decrypt({ name: 'AES-CBC', iv }, cipherKey, content));
	};
	const opened = JSON.parse(await open(file.data!)) as { items: { name: string; login?: { password: string } }[] };
	// -- --

	expect(await open(file.encKeyValidation_DO_NOT_EDIT!)).toMatch(/^[0-9a-f-]{36}$/);
	expect(opened.items.map(({ name }) => name)).toEqual(['Shop', 'Card', 'Me', 'Server']);
	expect(opened.items[0]!.login!.password).toBe('pä"\\ss\u200B');
	expect(json).not.toContain('Shop');
	expect((await readFile(textFile(json), { password: 'pässword' })).items).toHaveLength(4);
});
