/**
 * 1Password's 1PIF: one JSON object to a line, with a line of asterisks and a fixed number after each. Folders are
 * objects among the others and name the folder they lie in.
 *
 * The attachments of such an export are files beside this one, which a browser does not get to see.
 */

import type { FieldKind, ItemType } from '../domain/item.ts';
import { parseOtp } from '../domain/otp.ts';
import { addAddress, addOwn, addTag, emptyItem, setSlot, type PortableItem } from '../domain/portable.ts';
import { plainLine } from '../domain/text.ts';
import { monthOf } from './bitwarden.ts';
import { ImportError } from './import-error.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { isObject, member, objectsOf, parseJson, textOf, type Json, type JsonObject } from './safe-json.ts';

const DIVIDER = '***5642bee8-a5ff-11dc-8314-0800200c9a66***';
const FOLDER = 'system.folder.';

export function isOnePif(text: string): boolean {
	return text.includes(DIVIDER);
}

export function readOnePif(text: string): Gathered {
	const gathering = new Gathering('1pif');
	const records: JsonObject[] = [];
	for (const [index, line] of text.split(/\r?\n/).entries()) {
		if (line.trim() === '' || line.trim() === DIVIDER) continue;
		let record: Json;
		try {
			record = parseJson(line, '1pif');
		} catch (error) {
			if (!(error instanceof ImportError)) throw error;
			throw new ImportError('1pif', error.failure.reason, { where: `line ${index + 1}` });
		}
		if (isObject(record)) records.push(record);
	}
	const folders = new Map(
		records.filter((r) => textOf(r, 'typeName').startsWith(FOLDER)).map((r) => [textOf(r, 'uuid'), r])
	);
	for (const record of records) {
		const type = textOf(record, 'typeName');
		if (type.startsWith(FOLDER)) continue;
		if (type.startsWith('system.')) gathering.lose('skipped-record', textOf(record, 'title'));
		else gathering.add(readRecord(record, folders, gathering));
	}
	return gathering.finish();
}

function readRecord(record: JsonObject, folders: ReadonlyMap<string, JsonObject>, gathering: Gathering): PortableItem {
	const contents = member(record, 'secureContents');
	const type = typeOf(textOf(record, 'typeName'));
	const item = emptyItem(type, textOf(record, 'title'));
	item.folder = pathOf(textOf(record, 'folderUuid'), folders);
	item.favourite = member(record, 'faveIndex') !== undefined;
	const tags = member(member(record, 'openContents'), 'tags');
	if (Array.isArray(tags)) for (const tag of tags) if (typeof tag === 'string') addTag(item, tag);
	setTime(item, 'createdAt', record, 'createdAt');
	setTime(item, 'editedAt', record, 'updatedAt');
	if (member(record, 'trashed') === true) item.deletedAt = item.editedAt ?? 0;

	const taken = new Set(['fields', 'sections', 'notesPlain', 'passwordHistory', 'URLs', 'htmlForm']);
	if (type === 'login') readLogin(item, record, contents, taken);
	if (type === 'card') readCard(item, contents, taken);
	if (type === 'identity') readIdentity(item, contents, taken);
	setSlot(item, 'notes', textOf(contents, 'notesPlain'));
	for (const section of objectsOf(contents, 'sections')) {
		for (const field of objectsOf(section, 'fields')) readSectionField(item, section, field, taken, gathering);
	}
	// What older versions keep beside the sections; what a section said already is not said twice.
	if (isObject(contents)) {
		for (const [name, value] of Object.entries(contents)) {
			if (taken.has(name) || typeof value === 'object') continue;
			const text = String(value);
			if (!item.fields.some((field) => field.value === text)) addOwn(item, name, text, kindOf('', name));
		}
	}
	for (const former of objectsOf(contents, 'passwordHistory')) {
		const value = textOf(former, 'value');
		const time = member(former, 'time');
		if (value === '') continue;
		gathering.versions++;
		const until = typeof time === 'number' ? time * 1000 : 0;
		item.former.push({ slot: 'password', kind: 'hidden', label: 'Password', section: '', value, until });
	}
	return item;
}

function typeOf(name: string): ItemType {
	if (/^(webforms\.WebForm|passwords\.Password|wallet\.onlineservices\.)/.test(name)) return 'login';
	if (name === 'wallet.financial.CreditCard') return 'card';
	if (name === 'securenotes.SecureNote') return 'note';
	if (name.startsWith('identities.')) return 'identity';
	return 'custom';
}

function readLogin(item: PortableItem, record: JsonObject, contents: Json | undefined, taken: Set<string>): void {
	let username = textOf(contents, 'username');
	let password = textOf(contents, 'password');
	const rest: JsonObject[] = [];
	for (const field of objectsOf(contents, 'fields')) {
		const designation = textOf(field, 'designation');
		if (designation === 'username' && username === '') username = textOf(field, 'value');
		else if (designation === 'password' && password === '') password = textOf(field, 'value');
		else if (/^[TEPU]$/.test(textOf(field, 'type'))) rest.push(field);
	}
	setSlot(item, 'username', username);
	setSlot(item, 'password', password);
	for (const name of ['username', 'password', 'location', 'url']) taken.add(name);
	addAddress(item, textOf(record, 'location'));
	for (const url of objectsOf(contents, 'URLs')) addAddress(item, textOf(url, 'url'));
	for (const field of rest) {
		const kind = textOf(field, 'type') === 'P' ? 'hidden' : 'text';
		addOwn(item, textOf(field, 'name') || textOf(field, 'designation'), textOf(field, 'value'), kind, 'Form');
	}
}

function readCard(item: PortableItem, contents: Json | undefined, taken: Set<string>): void {
	const names = { cardholder: 'holder', type: 'brand', ccnum: 'number', cvv: 'code', pin: 'pin' };
	for (const [name, slot] of Object.entries(names)) {
		setSlot(item, slot, textOf(contents, name));
		taken.add(name);
	}
	setSlot(item, 'expires', monthOf(textOf(contents, 'expiry_yy'), textOf(contents, 'expiry_mm')));
	addOwn(item, 'valid from', monthOf(textOf(contents, 'validFrom_yy'), textOf(contents, 'validFrom_mm')), 'month');
	for (const name of ['expiry_yy', 'expiry_mm', 'expiry', 'validFrom_yy', 'validFrom_mm', 'validFrom']) taken.add(name);
}

function readIdentity(item: PortableItem, contents: Json | undefined, taken: Set<string>): void {
	const names = {
		firstname: 'first',
		initial: 'middle',
		lastname: 'last',
		company: 'company',
		username: 'username',
		email: 'email',
		defphone: 'phone',
		address1: 'street',
		city: 'city',
		state: 'region',
		zip: 'postcode',
		country: 'country'
	};
	for (const [name, slot] of Object.entries(names)) {
		setSlot(item, slot, textOf(contents, name));
		taken.add(name);
	}
}

function readSectionField(
	item: PortableItem,
	section: JsonObject,
	field: JsonObject,
	taken: ReadonlySet<string>,
	gathering: Gathering
): void {
	const name = textOf(field, 'n');
	const raw = member(field, 'v');
	const value = isObject(raw)
		? Object.values(raw)
				.filter((part) => typeof part === 'string')
				.join(', ')
		: textOf(field, 'v');
	const kind = textOf(field, 'k');
	const shown =
		kind === 'monthYear' ? monthOf(value.slice(0, 4), value.slice(4)) : kind === 'date' ? dateOf(value) : value;
	// What older versions keep beside the sections was read already.
	if (value === '' || (taken.has(name) && item.fields.some((known) => known.value === shown))) return;
	const sectionTitle = textOf(section, 'title');
	if (name.startsWith('TOTP_') || /^otpauth:/i.test(value)) {
		const free = item.type === 'login' && !item.fields.some(({ slot }) => slot === 'totp');
		if (free && parseOtp(value).ok) return setSlot(item, 'totp', value);
		gathering.lose('unknown-code', item.title, textOf(field, 't'));
	}
	addOwn(item, textOf(field, 't') || name, shown, kindOf(kind, name), sectionTitle);
}

function kindOf(kind: string, name: string): FieldKind {
	if (kind === 'concealed' || /password|secret|pin$|cvv|ccnum|number$/i.test(name)) return 'hidden';
	if (kind === 'URL') return 'url';
	if (kind === 'email' || kind === 'phone' || kind === 'date') return kind;
	return kind === 'monthYear' ? 'month' : 'text';
}

/** Seconds since 1970 as a day; anything else as it is. */
function dateOf(value: string): string {
	const seconds = /^-?\d{1,11}$/.test(value) ? Number(value) : NaN;
	return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().slice(0, 10) : value;
}

function pathOf(id: string, folders: ReadonlyMap<string, JsonObject>): string[] {
	const path: string[] = [];
	const seen = new Set<string>();
	for (let at = folders.get(id); at && !seen.has(id); at = folders.get(id)) {
		seen.add(id);
		const name = plainLine(textOf(at, 'title'));
		if (name !== '') path.unshift(name);
		id = textOf(at, 'folderUuid');
	}
	return path;
}

function setTime(item: PortableItem, key: 'createdAt' | 'editedAt', record: Json, name: string): void {
	const seconds = member(record, name);
	if (typeof seconds === 'number' && seconds > 0 && seconds < 1e11) item[key] = seconds * 1000;
}
