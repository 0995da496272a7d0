/**
 * Rows of LastPass's CSV that are not logins: secure notes, whose address is `http://sn`, and typed notes, whose text
 * begins with `NoteType:` and then has a line for each field.
 *
 * LastPass's page writes the five characters of HTML as entities, its programs do not. Which of the two wrote a file
 * shows by the whole of it: a bare one anywhere means that nothing was encoded, and what looks like an entity is a
 * part of a password.
 */

import type { FieldKind, ItemType } from '../domain/item.ts';
import { addOwn, emptyItem, folderPath, setSlot, type PortableItem } from '../domain/portable.ts';
import { monthOf } from './bitwarden.ts';
import type { Gathering } from './gathering.ts';

const NOTE_ADDRESS = 'http://sn';

const ENTITIES: Readonly<Record<string, string>> = {
	'&amp;': '&',
	'&lt;': '<',
	'&gt;': '>',
	'&quot;': '"',
	'&#39;': "'",
	'&#039;': "'"
};
const ENTITY = /&(?:amp|lt|gt|quot|#0?39);/g;

/** How to read a cell of these rows. */
export function undoEntities(rows: readonly (readonly string[])[]): (cell: string) => string {
	let entities = 0;
	for (const row of rows) {
		for (const cell of row) {
			const rest = cell.replace(ENTITY, '');
			if (/[&<>]/.test(rest)) return (text) => text;
			if (rest !== cell) entities++;
		}
	}
	if (entities === 0) return (text) => text;
	return (text) => text.replace(ENTITY, (entity) => ENTITIES[entity]!);
}

type Cell = (column: string) => string;

export function isLastPass(cell: Cell): boolean {
	return cell('url').trim() === NOTE_ADDRESS;
}

/** Fields of typed notes that have a slot of our own. */
const cardSlots: Readonly<Record<string, string>> = {
	'Name on Card': 'holder',
	Type: 'brand',
	Number: 'number',
	'Security Code': 'code'
};
const identitySlots: Readonly<Record<string, string>> = {
	Title: 'salutation',
	'First Name': 'first',
	'Middle Name': 'middle',
	'Last Name': 'last',
	Username: 'username',
	Company: 'company',
	'Address 1': 'street',
	'Address 2': 'street2',
	'Address 3': 'street3',
	'City / Town': 'city',
	State: 'region',
	'Zip / Postal Code': 'postcode',
	Country: 'country',
	'Email Address': 'email'
};
const SECRET = /password|passphrase|\bpin\b|code|number|key|secret|license/i;

export function readLastPassRow(cell: Cell, gathering: Gathering): PortableItem {
	const text = cell('extra');
	const noteType = /^NoteType:(.*)$/m.exec(text)?.[1]?.trim();
	const typed = text.startsWith('NoteType:') && noteType !== undefined;
	const type: ItemType = !typed
		? 'note'
		: noteType === 'Credit Card'
			? 'card'
			: noteType === 'Address' || noteType === 'Form Fill Profile'
				? 'identity'
				: 'custom';
	const item = emptyItem(type, cell('name'));
	item.folder = folderPath(cell('grouping'), '\\');
	item.favourite = cell('fav').trim() === '1';
	if (!typed) {
		setSlot(item, 'notes', text);
		return item;
	}
	const slots = type === 'card' ? cardSlots : type === 'identity' ? identitySlots : {};
	for (const [name, value] of fieldsOf(text)) {
		const slot = slots[name];
		if (name === 'NoteType' || name === 'Language' || value === '') continue;
		else if (name === 'Notes') setSlot(item, 'notes', value);
		else if (name === 'Expiration Date' && type === 'card') setSlot(item, 'expires', expiryOf(value));
		else if (slot !== undefined && !item.fields.some((field) => field.slot === slot)) setSlot(item, slot, value);
		else addOwn(item, name, value, kindOf(name, value));
	}
	if (item.fields.length === 0) gathering.lose('empty-row', item.title);
	return item;
}

/** `Name:value` lines; a line without a name belongs to the value before. `Notes` is last and takes all that follows. */
function fieldsOf(text: string): [name: string, value: string][] {
	const fields: [string, string][] = [];
	for (const line of text.split('\n')) {
		const [, name, value] = /^([^:]{1,60}):(.*)$/.exec(line) ?? [];
		const last = fields.at(-1);
		if (last && (last[0] === 'Notes' || name === undefined)) last[1] += `\n${line}`;
		else if (name !== undefined) fields.push([name.trim(), value!]);
	}
	return fields;
}

function kindOf(name: string, value: string): FieldKind {
	if (value.includes('\n')) return 'note';
	return SECRET.test(name) ? 'hidden' : 'text';
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');

/** `May,2031` */
function expiryOf(value: string): string {
	const [month = '', year = ''] = value.split(',').map((part) => part.trim());
	const number = MONTHS.indexOf(month.toLowerCase()) + 1;
	return number === 0 ? value : monthOf(year, String(number));
}
