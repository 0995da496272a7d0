/**
 * What an item is: a type, a title, and fields, each a slot with a kind.
 *
 * The slots of a type come from its template; whoever adds a field of their own gives it a label, a kind and, if they
 * like, a section, and it gets a slot that begins with `+`. A field's row is named `<item>.<slot>` (schema.sql), so
 * the seal of its value holds for this item and this slot and no other.
 */

export type ItemType = 'login' | 'note' | 'card' | 'identity' | 'custom';
export const itemTypes: readonly ItemType[] = ['login', 'note', 'card', 'identity', 'custom'];

/**
 * `hidden`, `totp` and `note` are secret: sealed one by one, never in a list, never searched, shown when asked for.
 * `date` is yyyy-mm-dd, `month` is yyyy-mm; what does not fit is kept as it is.
 */
export type FieldKind = 'text' | 'email' | 'phone' | 'url' | 'date' | 'month' | 'hidden' | 'totp' | 'note';
export const fieldKinds: readonly FieldKind[] = [
	'text',
	'email',
	'phone',
	'url',
	'date',
	'month',
	'hidden',
	'totp',
	'note'
];

const SECRET_KINDS: ReadonlySet<FieldKind> = new Set(['hidden', 'totp', 'note']);

export function isSecret(kind: FieldKind): boolean {
	return SECRET_KINDS.has(kind);
}

export interface Slot {
	readonly slot: string;
	readonly kind: FieldKind;
	readonly label: string;
	/** Empty: at the top, without a heading. */
	readonly section: string;
}

const slot = (name: string, kind: FieldKind, label: string, section = ''): Slot => ({
	slot: name,
	kind,
	label,
	section
});

const notes = slot('notes', 'note', 'Notes');

/** The fields that each type has from the start, in the order in which they are shown. */
export const templates: Readonly<Record<ItemType, readonly Slot[]>> = {
	login: [
		slot('username', 'text', 'User name'),
		slot('password', 'hidden', 'Password'),
		slot('totp', 'totp', 'One-time code'),
		notes
	],
	note: [notes],
	card: [
		slot('holder', 'text', 'Name on card'),
		slot('brand', 'text', 'Brand'),
		slot('number', 'hidden', 'Number'),
		slot('expires', 'month', 'Expires'),
		slot('code', 'hidden', 'Security code'),
		slot('pin', 'hidden', 'PIN'),
		notes
	],
	identity: [
		slot('salutation', 'text', 'Title'),
		slot('first', 'text', 'First name'),
		slot('middle', 'text', 'Middle name'),
		slot('last', 'text', 'Last name'),
		slot('born', 'date', 'Born'),
		slot('company', 'text', 'Company'),
		slot('username', 'text', 'User name'),
		slot('email', 'email', 'E-mail', 'Contact'),
		slot('phone', 'phone', 'Phone', 'Contact'),
		slot('street', 'text', 'Street', 'Address'),
		slot('street2', 'text', 'Street, second line', 'Address'),
		slot('street3', 'text', 'Street, third line', 'Address'),
		slot('city', 'text', 'City', 'Address'),
		slot('region', 'text', 'Region', 'Address'),
		slot('postcode', 'text', 'Postal code', 'Address'),
		slot('country', 'text', 'Country', 'Address'),
		slot('national', 'hidden', 'National number', 'Documents'),
		slot('passport', 'hidden', 'Passport number', 'Documents'),
		slot('licence', 'hidden', 'Driving licence', 'Documents'),
		notes
	],
	custom: [notes]
};

export function slotOf(type: ItemType, name: string): Slot | undefined {
	return templates[type].find((each) => each.slot === name);
}

/** True for a field that a person added, with a label of its own. */
export function isOwnSlot(name: string): boolean {
	return name.startsWith('+');
}

export const ownSlot = (id: string): string => `+${id}`;

/** The name of a row that belongs to an item: a field, an address, a tag, an attachment. */
export const partId = (item: string, part: string): string => `${item}.${part}`;

export function partOf(id: string): { item: string; part: string } {
	const dot = id.indexOf('.');
	return dot < 0 ? { item: id, part: '' } : { item: id.slice(0, dot), part: id.slice(dot + 1) };
}

/** The first and the name just after the last of what belongs to an item: a range of the primary key. */
export const partsFrom = (item: string): string => `${item}.`;
export const partsUntil = (item: string): string => `${item}/`;

export function isItemType(text: unknown): text is ItemType {
	return itemTypes.some((type) => type === text);
}

export function isFieldKind(text: unknown): text is FieldKind {
	return fieldKinds.some((kind) => kind === text);
}

/** A line of a list, as the queries of `data/` give it. No value of a secret kind is ever part of it. */
export interface ItemLine {
	scope_id: string;
	id: string;
	type: ItemType;
	title: string | null;
	subtitle: string | null;
	folder_id: string | null;
	favourite_at: number | null;
	edited_at: number | null;
}

export const UNTITLED: Readonly<Record<ItemType, string>> = {
	login: 'New login',
	note: 'New note',
	card: 'New card',
	identity: 'New identity',
	custom: 'New item'
};

/** One string for an item in lists: ids are unique within a scope only, and another person chooses theirs. */
export function itemKey(item: { scope_id: string; id: string }): string {
	return `${item.scope_id} ${item.id}`;
}

/**
 * The second line of a list, from what is not secret. A card shows brand and holder: not even the last digits of
 * its number stand outside the seal.
 *
 * @param plain values by slot; secret slots are not looked at
 */
export function subtitleOf(type: ItemType, plain: Readonly<Partial<Record<string, string>>>): string {
	const joined = (...names: string[]) => names.flatMap((name) => plain[name]?.trim() || []);
	switch (type) {
		case 'login':
			return joined('username').join('');
		case 'card':
			return joined('brand', 'holder').join(' · ');
		case 'identity':
			return joined('first', 'middle', 'last').join(' ') || joined('company').join('') || joined('email').join('');
		case 'note':
		case 'custom':
			return '';
	}
}
