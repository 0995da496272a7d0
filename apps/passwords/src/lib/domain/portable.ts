/**
 * An item as it travels between programs: everything of it, in the clear, without names of rows.
 *
 * Importers make these, exporters write them, `data/` stores and collects them. A field has the slot of its type's
 * template, or none: then it is one that its person added. Values are kept byte for byte; names (titles, labels, tags,
 * folders, files) are made fit to be shown (text.ts).
 */

import { slotOf, type FieldKind, type ItemType } from './item.ts';
import type { MatchRule } from './address.ts';
import { plainLine } from './text.ts';

export interface PortableField {
	slot: string | null;
	kind: FieldKind;
	label: string;
	section: string;
	value: string;
}

/** What a field, the title or the first address was before, until `until` (ms since 1970). */
export interface FormerValue extends PortableField {
	until: number;
}

export interface PortableAddress {
	url: string;
	match: MatchRule | null;
}

export interface PortableAttachment {
	name: string;
	bytes: Uint8Array;
}

export interface PortableItem {
	type: ItemType;
	title: string;
	/** Names of the folders around it, outermost first. */
	folder: readonly string[];
	favourite: boolean;
	tags: string[];
	/** Milliseconds since 1970. */
	createdAt?: number;
	editedAt?: number;
	passwordAt?: number;
	/** In the trash since. */
	deletedAt?: number;
	fields: PortableField[];
	addresses: PortableAddress[];
	attachments: PortableAttachment[];
	former: FormerValue[];
}

/** Slots of former values that are no fields. */
export const FORMER_TITLE = '=title';
export const FORMER_ADDRESS = '=address';

export interface PortableCounts {
	items: number;
	fields: number;
	addresses: number;
	attachments: number;
	former: number;
	folders: number;
	tags: number;
}

/** Values longer than this do not fit one field; a key, a certificate or a long note does. */
export const MOST_VALUE = 1024 * 1024;
/** Bytes of one attachment: a sealed value may have 6 MiB, and it is padded. */
export const MOST_ATTACHMENT = 5 * 1024 * 1024;
export const MOST_TAG = 60;

export function emptyItem(type: ItemType, title: string): PortableItem {
	return {
		type,
		title: plainLine(title),
		folder: [],
		favourite: false,
		tags: [],
		fields: [],
		addresses: [],
		attachments: [],
		former: []
	};
}

/** Sets a slot of the type's template; nothing where the value is empty. */
export function setSlot(item: PortableItem, name: string, value: string | null | undefined): void {
	const slot = slotOf(item.type, name);
	if (!slot) throw new TypeError(`${item.type} has no slot ${name}`);
	if (value === null || value === undefined || value === '') return;
	item.fields.push({ ...slot, value });
}

/** Adds a field that the type's template does not have. */
export function addOwn(item: PortableItem, label: string, value: string, kind: FieldKind = 'text', section = ''): void {
	if (value === '') return;
	item.fields.push({ slot: null, kind, label: plainLine(label), section: plainLine(section), value });
}

export function addAddress(item: PortableItem, url: string | null | undefined, match: MatchRule | null = null): void {
	const plain = plainLine(url ?? '');
	if (plain !== '' && !item.addresses.some((address) => address.url === plain)) {
		item.addresses.push({ url: plain, match });
	}
}

export function addTag(item: PortableItem, name: string): void {
	const plain = plainLine(name).slice(0, MOST_TAG).trim();
	if (plain !== '' && !item.tags.includes(plain)) item.tags.push(plain);
}

export function valueOf(item: PortableItem, slot: string): string {
	return item.fields.find((field) => field.slot === slot)?.value ?? '';
}

/** Folder names from one string, as programs write paths: no empty names, none with only spaces. */
export function folderPath(path: string, divider: string): string[] {
	return path
		.split(divider)
		.map(plainLine)
		.filter((name) => name !== '');
}

export function countPortable(items: readonly PortableItem[]): PortableCounts {
	const folders = new Set<string>();
	const tags = new Set<string>();
	const counts = { items: items.length, fields: 0, addresses: 0, attachments: 0, former: 0 };
	for (const item of items) {
		counts.fields += item.fields.length;
		counts.addresses += item.addresses.length;
		counts.attachments += item.attachments.length;
		counts.former += item.former.length;
		for (let depth = 1; depth <= item.folder.length; depth++) folders.add(item.folder.slice(0, depth).join('\n'));
		for (const tag of item.tags) tags.add(tag);
	}
	return { ...counts, folders: folders.size, tags: tags.size };
}
