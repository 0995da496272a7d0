/**
 * Buttercup's vaults: `b~>buttercup/a` (a list of commands that make the vault) and `b~>buttercup/b` (JSON), each
 *
 *     content "$" iv "$" salt "$" hmac "$" rounds "$" cbc      content base64, iv and hmac hex, salt text
 *     key, mac key = PBKDF2-SHA256(password, salt, rounds), 32 bytes each
 *     hmac = HMAC-SHA256(content, iv and salt as they are written); content = AES-256-CBC(base64(gzip(text)))
 */

import { addAddress, addOwn, emptyItem, setSlot, type FormerValue, type PortableItem } from '../domain/portable.ts';
import { parseOtp } from '../domain/otp.ts';
import { plainLine } from '../domain/text.ts';
import { fromBase64 } from '../formats/bitwarden-cipher.ts';
import { ImportError } from './import-error.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { isObject, member, objectsOf, parseJson, textOf, type JsonObject } from './safe-json.ts';

const SIGNATURE = /^b~>buttercup\/([ab])/;
const MOST_ROUNDS = 10_000_000;
/** A vault of text grows tenfold at the most when it is unpacked; this is for what was made to grow. */
const MOST_UNPACKED = 128 * 1024 * 1024;
const TRASH = 'trash';

interface Group {
	title: string;
	parent: string;
	trash: boolean;
}
interface Entry {
	group: string;
	/** Without prototype: the names come from the file. */
	properties: Map<string, string>;
	attributes: Map<string, string>;
	former: { name: string; value: string; until: number }[];
}
interface Vault {
	groups: Map<string, Group>;
	entries: Map<string, Entry>;
}

export function isButtercup(text: string): boolean {
	return SIGNATURE.test(text);
}

export async function readButtercup(text: string, password: string | null): Promise<Gathered> {
	if (password === null || password === '') throw new ImportError('buttercup', 'password-missing');
	const kind = SIGNATURE.exec(text)![1];
	const content = await decrypt(text.replace(SIGNATURE, '').trim(), password);
	const vault = kind === 'a' ? replay(content.split('\n')) : readVaultJson(content);
	const gathering = new Gathering('buttercup');
	for (const entry of vault.entries.values()) gathering.add(itemOf(entry, vault, gathering));
	return gathering.finish();
}

async function decrypt(packed: string, password: string): Promise<string> {
	const [content = '', iv = '', salt = '', mac = '', rounds = '1000', method = 'cbc'] = packed.split('$');
	if (method !== 'cbc')
		throw new ImportError('buttercup', 'version', { where: 'header', advice: 'Export from Buttercup as CSV.' });
	const iterations = Number(rounds);
	const sealed = fromBase64(content);
	const ivBytes = fromHex(iv);
	const macBytes = fromHex(mac);
	if (!sealed || sealed.length % 16 !== 0 || ivBytes?.length !== 16 || macBytes?.length !== 32 || !(iterations >= 1))
		throw new ImportError('buttercup', 'damaged', { where: 'header' });
	if (iterations > MOST_ROUNDS) throw new ImportError('buttercup', 'too-costly', { where: 'header' });

	const encode = (text: string) => new TextEncoder().encode(text);
	const secret = await crypto.subtle.importKey('raw', encode(password), 'PBKDF2', false, ['deriveBits']);
	const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: encode(salt), iterations };
	const derived = new Uint8Array(await crypto.subtle.deriveBits(parameters, secret, 512));
	const hmac = { name: 'HMAC', hash: 'SHA-256' };
	const macKey = await crypto.subtle.importKey('raw', derived.slice(32), hmac, false, ['verify']);
	if (!(await crypto.subtle.verify('HMAC', macKey, macBytes, encode(content + iv + salt))))
		throw new ImportError('buttercup', 'wrong-key', { advice: 'Check the password of the vault.' });
	const key = await crypto.subtle.importKey('raw', derived.slice(0, 32), 'AES-CBC', false, ['decrypt']);
	const inner = await crypto.subtle.decrypt({ name: 'AES-CBC', iv: ivBytes }, key, sealed);
	return unzip(packedBytes(new TextDecoder().decode(inner)));
}

/** Newer vaults have the packed bytes in base64, older ones as a text of characters up to 255. */
function packedBytes(text: string): Uint8Array<ArrayBuffer> {
	if (!text.startsWith('\x1f\x8b')) return fromBase64(text) ?? new Uint8Array();
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Unpacked piece by piece, so that a bomb (T67) is noticed before it is all in memory. */
async function unzip(zipped: Uint8Array<ArrayBuffer>): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	let size = 0;
	try {
		const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
		for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
			size += piece.length;
			if (size > MOST_UNPACKED) throw new ImportError('buttercup', 'too-large', { where: 'content' });
			text += decoder.decode(piece, { stream: true });
		}
	} catch (error) {
		if (error instanceof ImportError) throw error;
		throw new ImportError('buttercup', 'damaged', { where: 'content' });
	}
	return text + decoder.decode();
}

/** Carries out the commands. Those for things that are not there, and unknown ones, do nothing. */
function replay(lines: readonly string[]): Vault {
	const vault: Vault = { groups: new Map(), entries: new Map() };
	for (const line of lines) {
		// A shared part of a vault has its lines marked; they mean the same.
		const [command = '', ...raw] = wordsOf(line.replace(/^\$[0-9a-f-]{36}\s/, ''));
		const [first = '', second = '', third = ''] = raw.map(decoded);
		const entry = vault.entries.get(first);
		const group = vault.groups.get(first);
		if (command === 'cgr') vault.groups.set(second, { title: '', parent: first, trash: false });
		else if (command === 'tgr' && group) group.title = second;
		else if (command === 'mgr' && group) group.parent = second;
		else if (command === 'dgr') removeGroup(vault, first);
		else if (command === 'sga' && group && second === 'bc_group_role') group.trash = third === TRASH;
		else if (command === 'cen')
			vault.entries.set(second, { group: first, properties: new Map(), attributes: new Map(), former: [] });
		else if (command === 'men' && entry) entry.group = second;
		else if (command === 'den') vault.entries.delete(first);
		else if ((command === 'sep' || command === 'sem') && entry) setProperty(entry, second, third);
		else if ((command === 'dep' || command === 'dem') && entry) setProperty(entry, second, undefined);
		else if (command === 'sea' && entry) entry.attributes.set(second, third);
		else if (command === 'dea' && entry) entry.attributes.delete(second);
	}
	return vault;
}

/** This form keeps what a value was, not since when. */
function setProperty(entry: Entry, name: string, value: string | undefined): void {
	const before = entry.properties.get(name);
	if (before !== undefined && before !== '' && before !== value) entry.former.push({ name, value: before, until: 0 });
	if (value === undefined) entry.properties.delete(name);
	else entry.properties.set(name, value);
}

function removeGroup(vault: Vault, id: string): void {
	vault.groups.delete(id);
	for (const [child, { parent }] of vault.groups) if (parent === id) removeGroup(vault, child);
	for (const [entry, { group }] of vault.entries) if (group === id) vault.entries.delete(entry);
}

function wordsOf(line: string): string[] {
	return [...line.matchAll(/"((?:\\"|[^"])*)"|(\S+)/g)].map(
		([, quoted, plain]) => quoted?.replaceAll('\\"', '"') ?? plain!
	);
}

function decoded(word: string): string {
	const encoded = /^utf8\+base64:(.*)$/.exec(word)?.[1];
	const bytes = encoded === undefined ? undefined : fromBase64(encoded);
	return bytes ? new TextDecoder().decode(bytes) : word;
}

function readVaultJson(text: string): Vault {
	const json = parseJson(text, 'buttercup');
	const vault: Vault = { groups: new Map(), entries: new Map() };
	for (const group of objectsOf(json, 'g')) {
		const role = textOf(member(member(group, 'a'), 'bc_group_role'), 'value');
		vault.groups.set(textOf(group, 'id'), {
			title: textOf(group, 't'),
			parent: textOf(group, 'g'),
			trash: role === TRASH
		});
	}
	for (const record of objectsOf(json, 'e')) {
		const entry: Entry = { group: textOf(record, 'g'), properties: new Map(), attributes: new Map(), former: [] };
		for (const [name, value] of valuesOf(record, 'p')) {
			if (member(value, 'deleted') === undefined) entry.properties.set(name, textOf(value, 'value'));
			let until = Number(textOf(value, 'updated'));
			for (const former of objectsOf(value, 'history').toReversed()) {
				entry.former.push({ name, value: textOf(former, 'value'), until });
				until = Number(textOf(former, 'updated'));
			}
		}
		for (const [name, value] of valuesOf(record, 'a')) entry.attributes.set(name, textOf(value, 'value'));
		vault.entries.set(textOf(record, 'id'), entry);
	}
	return vault;
}

function valuesOf(record: JsonObject, key: string): [string, JsonObject][] {
	const values = member(record, key);
	return isObject(values)
		? Object.entries(values).filter((pair): pair is [string, JsonObject] => isObject(pair[1]))
		: [];
}

function itemOf(entry: Entry, vault: Vault, gathering: Gathering): PortableItem {
	const { properties, attributes } = entry;
	const isNote = attributes.get('BC_ENTRY_FACADE_TYPE') === 'note';
	const item = emptyItem(isNote ? 'note' : 'login', properties.get('title') ?? '');
	item.folder = pathOf(entry.group, vault);
	if (inTrash(entry.group, vault)) item.deletedAt = 0;
	for (const [name, value] of properties) {
		const slot = slotOf(name);
		if (name === 'title' || value === '') continue;
		if (/^(url|website)$/i.test(name)) addAddress(item, value);
		else if (slot === 'notes' || (slot && !isNote)) setSlot(item, slot, value);
		else if (attributes.get(`BC_ENTRY_FIELD_TYPE:${name}`) === 'otp' && !isNote && parseOtp(value).ok)
			setSlot(item, 'totp', value);
		else addOwn(item, name, value, attributes.get(`BC_ENTRY_FIELD_TYPE:${name}`) === 'password' ? 'hidden' : 'text');
	}
	for (const key of attributes.keys()) {
		if (key.startsWith('BC_ENTRY_ATTACHMENT:')) gathering.lose('absent-attachment', item.title);
	}
	gathering.versions += entry.former.length;
	item.former = entry.former.flatMap(({ name, value, until }): FormerValue[] => {
		const slot = slotOf(name);
		if (slot === undefined || (isNote && slot !== 'notes') || value === '') return [];
		return [
			{
				slot,
				kind: slot === 'username' ? 'text' : slot === 'notes' ? 'note' : 'hidden',
				label: plainLine(name),
				section: '',
				value,
				until
			}
		];
	});
	return item;
}

function slotOf(name: string): 'username' | 'password' | 'notes' | undefined {
	const lower = name.toLowerCase();
	return lower === 'username' || lower === 'password' || lower === 'notes'
		? lower
		: lower === 'note'
			? 'notes'
			: undefined;
}

function pathOf(id: string, { groups }: Vault): string[] {
	const path: string[] = [];
	const seen = new Set<string>();
	for (let group = groups.get(id); group && !seen.has(id); group = groups.get(id)) {
		seen.add(id);
		const title = plainLine(group.title);
		if (title !== '' && !group.trash) path.unshift(title);
		id = group.parent;
	}
	return path;
}

function inTrash(id: string, { groups }: Vault): boolean {
	const seen = new Set<string>();
	for (let group = groups.get(id); group && !seen.has(id); group = groups.get(id)) {
		if (group.trash) return true;
		seen.add(id);
		id = group.parent;
	}
	return false;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
	if (!/^([0-9a-f]{2})+$/i.test(text)) return undefined;
	return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}
