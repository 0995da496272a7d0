/** From the entries of a KeePass database to items: formats/kdbx-names.ts says what stands where. */

import type * as kdbx from 'kdbxweb';
import { isMatchRule, type MatchRule } from '../domain/address.ts';
import { isFieldKind, isItemType, slotOf, templates, type FieldKind, type ItemType } from '../domain/item.ts';
import { parseOtp } from '../domain/otp.ts';
import {
	addAddress,
	addTag,
	emptyItem,
	FORMER_ADDRESS,
	FORMER_TITLE,
	type PortableField,
	type PortableItem
} from '../domain/portable.ts';
import { plainLine } from '../domain/text.ts';
import { kdbxweb } from '../formats/kdbx-engine.ts';
import { CUSTOM_DATA, FURTHER_ADDRESS, loginStrings, PASSKEY_STRING } from '../formats/kdbx-names.ts';
import type { Gathering } from './gathering.ts';
import { otpFromStrings } from './kdbx-otp.ts';
import { isObject, member, parseJson, textOf, type Json } from './safe-json.ts';

interface KdbxString {
	value: string;
	protected: boolean;
}
type Strings = Map<string, KdbxString>;

/** The type of an item, and what custom data of ours says about its strings. */
interface Shape {
	type: ItemType;
	notes: Json | undefined;
}

export function readDatabase(database: kdbx.Kdbx, gathering: Gathering): void {
	const bin = database.meta.recycleBinEnabled ? database.meta.recycleBinUuid : undefined;
	const reader = new EntryReader(database, gathering);
	for (const root of database.groups) {
		// The outermost group is the database itself.
		walk(
			root,
			[],
			false,
			(group, path, deleted) => {
				for (const entry of group.entries) reader.read(entry, path, deleted);
			},
			bin
		);
	}
}

function walk(
	group: kdbx.KdbxGroup,
	path: readonly string[],
	deleted: boolean,
	visit: (group: kdbx.KdbxGroup, path: readonly string[], deleted: boolean) => void,
	bin: kdbx.KdbxUuid | undefined
): void {
	visit(group, path, deleted);
	for (const child of group.groups) {
		const isBin = bin !== undefined && child.uuid.equals(bin);
		const name = plainLine(child.name ?? '');
		walk(child, isBin || name === '' ? path : [...path, name], deleted || isBin, visit, bin);
	}
}

class EntryReader {
	readonly #gathering: Gathering;
	/** For references from one entry to a field of another. */
	readonly #byId = new Map<string, kdbx.KdbxEntry>();

	constructor(database: kdbx.Kdbx, gathering: Gathering) {
		this.#gathering = gathering;
		for (const root of database.groups) {
			for (const entry of root.allEntries()) this.#byId.set(hexOf(entry.uuid), entry);
		}
	}

	read(entry: kdbx.KdbxEntry, folder: readonly string[], deleted: boolean): void {
		const strings = this.#stringsOf(entry);
		const shape = shapeOf(entry, strings);
		const item = emptyItem(shape.type, strings.get('Title')?.value ?? '');
		item.folder = folder;
		item.favourite = member(shape.notes, 'favourite') === true;
		for (const tag of entry.tags) addTag(item, tag);
		const { creationTime, lastModTime, locationChanged } = entry.times;
		setTime(item, 'createdAt', creationTime);
		setTime(item, 'editedAt', lastModTime);
		if (deleted) setTime(item, 'deletedAt', locationChanged ?? lastModTime ?? creationTime ?? new Date(0));
		this.#addAddresses(item, strings, shape);
		item.fields = fieldsOf(strings, shape, (kind, name) => this.#gathering.lose(kind, item.title, name));
		if (entry.times.expires && entry.times.expiryTime) {
			const value = entry.times.expiryTime.toISOString().slice(0, 10);
			item.fields.push({ slot: null, kind: 'date', label: 'Expires', section: '', value });
		}
		this.#addAttachments(item, entry);
		this.#addHistory(item, entry, shape);
		if (entry.customIcon) this.#gathering.lose('icon', item.title);
		if (entry.autoType.items.length > 0 || entry.autoType.defaultSequence)
			this.#gathering.lose('auto-type', item.title);
		this.#gathering.add(item);
	}

	#stringsOf(entry: kdbx.KdbxEntry): Strings {
		const strings: Strings = new Map();
		for (const [name, field] of entry.fields) {
			const value = this.#resolved(textOfField(field));
			if (value !== '') strings.set(name, { value, protected: field instanceof kdbxweb.ProtectedValue });
		}
		return strings;
	}

	/** `{REF:P@I:46C9B1FFBD4ABC4BBB260C6190BAD20C}` is the password of that entry. */
	#resolved(text: string): string {
		if (!text.includes('{REF:')) return text;
		return text.replace(/\{REF:([TUPAN])@I:([0-9A-F]{32})\}/gi, (reference, wanted: string, id: string) => {
			const name = { T: 'Title', U: 'UserName', P: 'Password', A: 'URL', N: 'Notes' }[wanted.toUpperCase()]!;
			const field = this.#byId.get(id.toUpperCase())?.fields.get(name);
			return field === undefined ? reference : textOfField(field);
		});
	}

	#addAddresses(item: PortableItem, strings: Strings, { notes }: Shape): void {
		const rules = member(notes, 'match');
		const names = ['URL', ...[...strings.keys()].filter((name) => FURTHER_ADDRESS.test(name)).sort(byNumber)];
		for (const [index, name] of names.entries()) {
			const rule: Json | undefined = Array.isArray(rules) ? rules[index] : undefined;
			addAddress(item, strings.get(name)?.value, isMatchRule(rule) ? (rule as MatchRule) : null);
		}
	}

	#addAttachments(item: PortableItem, entry: kdbx.KdbxEntry): void {
		const present = new Set<string>();
		for (const [name, binary] of entry.binaries) {
			const bytes = bytesOf(binary);
			present.add(binaryKey(name, binary));
			if (bytes) item.attachments.push({ name, bytes });
			else this.#gathering.lose('absent-attachment', item.title, name);
		}
		for (const version of entry.history) {
			for (const [name, binary] of version.binaries) {
				if (present.has(binaryKey(name, binary))) continue;
				present.add(binaryKey(name, binary));
				this.#gathering.lose('former-attachment', item.title, name);
			}
		}
	}

	/** Between each version and the next, the strings that changed: what they were, and until when. */
	#addHistory(item: PortableItem, entry: kdbx.KdbxEntry, shape: Shape): void {
		const versions = entry.history.toSorted((a, b) => a.lastModTime - b.lastModTime);
		this.#gathering.versions += versions.length;
		const all = [...versions, entry];
		const stringsOf = all.map((version) => this.#stringsOf(version));
		let passwordSince = entry;
		for (const [index, version] of versions.entries()) {
			const before = stringsOf[index]!;
			const after = stringsOf[index + 1]!;
			const until = all[index + 1]!.lastModTime || version.lastModTime;
			const changed: Strings = new Map([...before].filter(([name, { value }]) => after.get(name)?.value !== value));
			item.former.push(...formerOf(changed, shape).map((field) => ({ ...field, until })));
		}
		for (let index = versions.length - 1; index >= 0; index--) {
			if (stringsOf[index]!.get('Password')?.value !== stringsOf.at(-1)!.get('Password')?.value) break;
			passwordSince = versions[index]!;
		}
		if (stringsOf.at(-1)!.has('Password')) setTime(item, 'passwordAt', passwordSince.times.lastModTime);
	}
}

function formerOf(changed: Strings, shape: Shape): PortableField[] {
	const fields = fieldsOf(changed, shape, () => {});
	const title = changed.get('Title');
	const address = changed.get('URL');
	const named = (slot: string, label: string, value: string): PortableField => ({
		slot,
		kind: 'text',
		label,
		section: '',
		value
	});
	if (title) fields.push(named(FORMER_TITLE, 'Title', title.value));
	if (address) fields.push(named(FORMER_ADDRESS, 'Address', address.value));
	return fields;
}

/** All strings but title and addresses, each in its slot or as a field of its own. */
function fieldsOf(
	strings: Strings,
	{ type, notes }: Shape,
	lose: (kind: 'passkey' | 'unknown-code', name: string) => void
): PortableField[] {
	const fields: PortableField[] = [];
	const rest = new Map(strings);
	for (const name of ['Title', 'URL']) rest.delete(name);
	for (const name of rest.keys()) if (FURTHER_ADDRESS.test(name)) rest.delete(name);
	const described = member(notes, 'fields');

	if (type === 'login') {
		const otp = otpFromStrings(new Map([...rest].map(([name, { value }]) => [name, value])));
		if (otp) {
			for (const name of otp.used) rest.delete(name);
			fields.push({ ...slotOf('login', 'totp')!, value: otp.text });
		}
	}
	for (const [name, { value, protected: isProtected }] of rest) {
		const about = member(described, name);
		const slot = slotOf(type, textOf(about, 'slot') || (standardSlot(type, name) ?? ''));
		if (slot) {
			// Of two strings that claim one slot the first has it.
			if (!fields.some((field) => field.slot === slot.slot)) fields.push({ ...slot, value });
			else fields.push(own(name, value, isProtected));
			continue;
		}
		if (PASSKEY_STRING.test(name)) lose('passkey', name);
		else if (/^(HmacOtp-|otp$|TOTP Seed$|TimeOtp-Secret)/.test(name)) lose('unknown-code', name);
		const field = own(name, value, isProtected);
		if (isObject(about)) {
			const kind = textOf(about, 'kind');
			if (isFieldKind(kind) && (kind !== 'totp' || parseOtp(value).ok)) field.kind = kind;
			field.section = plainLine(textOf(about, 'section'));
			field.label = plainLine(textOf(about, 'label')) || field.label;
		}
		fields.push(field);
	}
	return inTemplateOrder(type, fields);
}

function own(name: string, value: string, isProtected: boolean): PortableField {
	const secret = isProtected || PASSKEY_STRING.test(name);
	const kind: FieldKind = value.includes('\n') ? 'note' : secret ? 'hidden' : 'text';
	return { slot: null, kind, label: plainLine(name), section: '', value };
}

function standardSlot(type: ItemType, name: string): string | undefined {
	if (name === 'Notes') return 'notes';
	if (type !== 'login') return undefined;
	return Object.keys(loginStrings).find((slot) => slot !== 'totp' && loginStrings[slot] === name);
}

function inTemplateOrder(type: ItemType, fields: PortableField[]): PortableField[] {
	const order = templates[type].map(({ slot }) => slot);
	const place = ({ slot }: PortableField) => (slot === null ? order.length : order.indexOf(slot));
	return fields.toSorted((a, b) => place(a) - place(b));
}

function shapeOf(entry: kdbx.KdbxEntry, strings: Strings): Shape {
	const text = entry.customData?.get(CUSTOM_DATA)?.value;
	let notes: Json | undefined;
	try {
		if (text !== undefined) notes = parseJson(text, 'kdbx');
	} catch {
		// Another program broke it: the entry is read as any other.
	}
	const type = textOf(notes, 'type');
	if (isItemType(type)) return { type, notes };
	const isNote = strings.has('Notes') && [...strings.keys()].every((name) => name === 'Notes' || name === 'Title');
	return { type: isNote ? 'note' : 'login', notes: undefined };
}

function textOfField(field: kdbx.KdbxEntryField): string {
	return typeof field === 'string' ? field : field.getText();
}

function bytesOf(binary: kdbx.KdbxBinary | kdbx.KdbxBinaryWithHash): Uint8Array | undefined {
	const value: unknown = 'hash' in binary ? binary.value : binary;
	if (value instanceof kdbxweb.ProtectedValue) return value.getBinary();
	// A copy: entries may share one, and it is handed over to the page.
	return value instanceof ArrayBuffer ? new Uint8Array(value.slice(0)) : undefined;
}

function binaryKey(name: string, binary: kdbx.KdbxBinary | kdbx.KdbxBinaryWithHash): string {
	return `${name}\n${'hash' in binary ? binary.hash : ''}`;
}

function setTime(item: PortableItem, key: 'createdAt' | 'editedAt' | 'passwordAt' | 'deletedAt', date?: Date): void {
	const time = date?.getTime();
	if (time !== undefined && Number.isFinite(time)) item[key] = time;
}

const hexOf = (uuid: kdbx.KdbxUuid): string =>
	Array.from(new Uint8Array(uuid.toBytes()), (byte) => byte.toString(16).padStart(2, '0'))
		.join('')
		.toUpperCase();

function byNumber(a: string, b: string): number {
	const number = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0) + (name.startsWith('KP2A') ? 0 : 1000);
	return number(a) - number(b);
}
