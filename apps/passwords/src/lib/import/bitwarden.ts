/** Bitwarden's JSON: plain, or protected by a password. One that is locked to an account is told apart and refused. */

import type { ItemType } from '../domain/item.ts';
import { addAddress, addOwn, emptyItem, folderPath, setSlot, type PortableItem } from '../domain/portable.ts';
import { parseOtp } from '../domain/otp.ts';
import { bitwardenKeys, bitwardenOpen, type BitwardenKdf } from '../formats/bitwarden-cipher.ts';
import {
	bitwardenTypes,
	fieldTypes,
	identityNames,
	matchNumbers,
	PASSKEY_LABEL,
	SSH_KEY_TYPE,
	SSH_SECTION,
	sshNames
} from '../formats/bitwarden-names.ts';
import { ImportError } from './import-error.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { isObject, member, objectsOf, parseJson, textOf, type Json, type JsonObject } from './safe-json.ts';

/** What Bitwarden itself allows, and a little more. */
const MOST = { pbkdf2: 10_000_000, passes: 20, memory: 1024, lanes: 16 };

export function bitwardenKind(json: Json): 'bitwarden' | 'bitwarden-encrypted' | 'bitwarden-account' | undefined {
	if (member(json, 'encrypted') === true) {
		return member(json, 'passwordProtected') === true ? 'bitwarden-encrypted' : 'bitwarden-account';
	}
	return Array.isArray(member(json, 'items')) ? 'bitwarden' : undefined;
}

export async function readEncryptedBitwarden(json: Json, password: string | null): Promise<Gathered> {
	const format = 'bitwarden-encrypted';
	if (password === null) throw new ImportError(format, 'password-missing');
	const kdf = kdfOf(json);
	const keys = await bitwardenKeys(password, textOf(json, 'salt'), kdf);
	const proof = await bitwardenOpen(keys, textOf(json, 'encKeyValidation_DO_NOT_EDIT'));
	if (proof === null) throw new ImportError(format, 'damaged', { where: 'encKeyValidation_DO_NOT_EDIT' });
	if (proof === undefined) throw new ImportError(format, 'wrong-key', { advice: 'Check the password of the file.' });
	const text = await bitwardenOpen(keys, textOf(json, 'data'));
	if (typeof text !== 'string') throw new ImportError(format, 'damaged', { where: 'data' });
	const inner = parseJson(text, format);
	if (bitwardenKind(inner) !== 'bitwarden') throw new ImportError(format, 'damaged', { where: 'data' });
	return { ...readBitwarden(inner), format };
}

function kdfOf(json: Json): BitwardenKdf {
	const number = (key: string): number => {
		const value = member(json, key);
		if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
			throw new ImportError('bitwarden-encrypted', 'damaged', { where: key });
		return value;
	};
	const type = member(json, 'kdfType');
	const iterations = number('kdfIterations');
	if (type === 0) {
		if (iterations > MOST.pbkdf2)
			throw new ImportError('bitwarden-encrypted', 'too-costly', { where: 'kdfIterations' });
		return { type, iterations };
	}
	if (type !== 1) throw new ImportError('bitwarden-encrypted', 'version', { where: 'kdfType' });
	const memory = number('kdfMemory');
	const parallelism = number('kdfParallelism');
	if (iterations > MOST.passes || memory > MOST.memory || parallelism > MOST.lanes)
		throw new ImportError('bitwarden-encrypted', 'too-costly', { where: 'kdfMemory' });
	return { type, iterations, memory, parallelism };
}

export function readBitwarden(json: Json): Gathered {
	const gathering = new Gathering('bitwarden');
	// An organisation's export has collections where a person's has folders.
	const folders = new Map(
		[...objectsOf(json, 'folders'), ...objectsOf(json, 'collections')].map((f) => [textOf(f, 'id'), textOf(f, 'name')])
	);
	for (const record of objectsOf(json, 'items')) gathering.add(readItem(record, folders, gathering));
	return gathering.finish();
}

function readItem(record: JsonObject, folders: ReadonlyMap<string, string>, gathering: Gathering): PortableItem {
	const type = typeOf(record);
	const item = emptyItem(type, textOf(record, 'name'));
	const collections = member(record, 'collectionIds');
	const place =
		textOf(record, 'folderId') ||
		(Array.isArray(collections) && typeof collections[0] === 'string' ? collections[0] : '');
	item.folder = folderPath(folders.get(place) ?? '', '/');
	item.favourite = member(record, 'favorite') === true;
	setTime(item, 'createdAt', record, 'creationDate');
	setTime(item, 'editedAt', record, 'revisionDate');
	setTime(item, 'deletedAt', record, 'deletedDate');
	if (type === 'login') readLogin(item, member(record, 'login'), gathering);
	else if (type === 'card') readCard(item, member(record, 'card'));
	else if (type === 'identity') {
		for (const [slot, name] of Object.entries(identityNames))
			setSlot(item, slot, textOf(member(record, 'identity'), name));
	}
	setSlot(item, 'notes', textOf(record, 'notes'));
	const ssh = member(record, 'sshKey');
	for (const [name, label] of Object.entries(sshNames)) {
		const secret = name === 'privateKey';
		addOwn(item, label, textOf(ssh, name), secret ? 'note' : 'text', SSH_SECTION);
	}
	for (const field of objectsOf(record, 'fields')) readField(item, field, gathering);
	for (const former of objectsOf(record, 'passwordHistory')) {
		const until = Date.parse(textOf(former, 'lastUsedDate'));
		const value = textOf(former, 'password');
		if (value === '') continue;
		gathering.versions++;
		item.former.push({ slot: 'password', kind: 'hidden', label: 'Password', section: '', value, until: until || 0 });
	}
	if (member(record, 'reprompt') === 1) gathering.lose('reprompt', item.title);
	return item;
}

/** Older exports name no type; then it is what is there. */
function typeOf(record: JsonObject): ItemType {
	const number = member(record, 'type');
	if (number === SSH_KEY_TYPE) return 'custom';
	for (const [type, own] of Object.entries(bitwardenTypes)) if (number === own) return type as ItemType;
	for (const type of ['login', 'card', 'identity'] as const) if (isObject(member(record, type))) return type;
	if (isObject(member(record, 'secureNote')) || textOf(record, 'notes') !== '') return 'note';
	return objectsOf(record, 'fields').length > 0 ? 'custom' : 'login';
}

function readLogin(item: PortableItem, login: Json | undefined, gathering: Gathering): void {
	setSlot(item, 'username', textOf(login, 'username'));
	setSlot(item, 'password', textOf(login, 'password'));
	const totp = textOf(login, 'totp');
	if (totp === '' || parseOtp(totp).ok) setSlot(item, 'totp', totp);
	else {
		addOwn(item, 'One-time code', totp, 'hidden');
		gathering.lose('unknown-code', item.title);
	}
	for (const uri of objectsOf(login, 'uris')) {
		const match = member(uri, 'match');
		addAddress(item, textOf(uri, 'uri'), typeof match === 'number' ? (matchNumbers[match] ?? null) : null);
	}
	addAddress(item, textOf(login, 'uri'));
	setTime(item, 'passwordAt', login, 'passwordRevisionDate');
	for (const passkey of objectsOf(login, 'fido2Credentials')) {
		addOwn(item, PASSKEY_LABEL, JSON.stringify(passkey), 'hidden');
		gathering.lose('passkey', item.title, textOf(passkey, 'rpId'));
	}
}

function readCard(item: PortableItem, card: Json | undefined): void {
	setSlot(item, 'holder', textOf(card, 'cardholderName'));
	setSlot(item, 'brand', textOf(card, 'brand'));
	setSlot(item, 'number', textOf(card, 'number'));
	setSlot(item, 'expires', monthOf(textOf(card, 'expYear'), textOf(card, 'expMonth')));
	setSlot(item, 'code', textOf(card, 'code'));
}

/** `2031-05` where both are numbers, else what there is of them. */
export function monthOf(year: string, month: string): string {
	const fullYear = /^\d\d$/.test(year) ? `20${year}` : year;
	if (/^\d{4}$/.test(fullYear) && /^(0?[1-9]|1[0-2])$/.test(month)) return `${fullYear}-${month.padStart(2, '0')}`;
	return [month, year].filter((part) => part !== '').join('/');
}

function readField(item: PortableItem, field: JsonObject, gathering: Gathering): void {
	const name = textOf(field, 'name');
	const type = member(field, 'type');
	if (type === fieldTypes.linked) gathering.lose('linked-field', item.title, name);
	else addOwn(item, name, textOf(field, 'value'), type === fieldTypes.hidden ? 'hidden' : 'text');
}

function setTime(
	item: PortableItem,
	key: 'createdAt' | 'editedAt' | 'deletedAt' | 'passwordAt',
	from: Json | undefined,
	name: string
): void {
	const time = Date.parse(textOf(from, name));
	if (Number.isFinite(time)) item[key] = time;
}
