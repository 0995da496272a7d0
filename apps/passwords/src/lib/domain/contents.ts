/** What is in an item, as its screens show and edit it: from the rows that `data/items.ts` gives. */

import { isFieldKind, isOwnSlot, isSecret, partOf, slotOf, templates, type FieldKind, type ItemType } from './item.ts';

/** A field without its value, as the database gives it. */
export interface FieldRow {
	id: string;
	/** JSON of `OwnField`, for one that a person added. */
	about: string | null;
	/** Changes whenever the value does, and says nothing about it. */
	mark: string;
}

export interface Attachment {
	/** Of the row. */
	id: string;
	name: string | null;
	/** Bytes. */
	size: number | null;
}

/** What a field that a person added says of itself. */
export interface OwnField {
	kind: FieldKind;
	label: string;
	section: string;
	/** Its place among those that people added. */
	pos: number;
}

export interface ShownField {
	/** Of the row. */
	id: string;
	slot: string;
	kind: FieldKind;
	label: string;
	section: string;
	secret: boolean;
	mark: string;
}

export function writeOwnField({ kind, label, section, pos }: OwnField): string {
	return JSON.stringify({ kind, label, section, pos });
}

/** What another device or program wrote there may be anything: what cannot be understood is shown as a hidden text. */
export function readOwnField(about: string | null): OwnField {
	const unknown: OwnField = { kind: 'hidden', label: 'Field', section: '', pos: 0 };
	if (about === null) return unknown;
	try {
		const { kind, label, section, pos } = JSON.parse(about) as Partial<Record<keyof OwnField, unknown>>;
		return {
			kind: isFieldKind(kind) ? kind : 'hidden',
			label: typeof label === 'string' && label !== '' ? label : unknown.label,
			section: typeof section === 'string' ? section : '',
			pos: typeof pos === 'number' ? pos : 0
		};
	} catch {
		return unknown;
	}
}

/** The fields in the order in which they are shown: the template's, then those that people added, the notes last. */
export function shownFields(type: ItemType, rows: readonly FieldRow[]): ShownField[] {
	const order = new Map(templates[type].map(({ slot }, at) => [slot, slot === 'notes' ? Infinity : at]));
	const fields = rows.map((row) => {
		const slot = partOf(row.id).part;
		// A slot of another type stays when the type is changed: it is then shown as one that somebody added.
		const known = isOwnSlot(slot) ? undefined : slotOf(type, slot);
		const own = known ?? otherTypes(slot) ?? readOwnField(row.about);
		const { kind, label, section } = own;
		const at = order.get(slot) ?? 1000 + ('pos' in own ? Number(own.pos) : 0);
		return { id: row.id, slot, kind, label, section, secret: isSecret(kind), mark: row.mark, at };
	});
	fields.sort((a, b) => a.at - b.at || (a.slot < b.slot ? -1 : 1));
	return fields.map(({ at: _, ...field }) => field);
}

function otherTypes(slot: string) {
	if (isOwnSlot(slot)) return undefined;
	for (const type of Object.keys(templates) as ItemType[]) {
		const found = slotOf(type, slot);
		if (found) return found;
	}
	return undefined;
}

/** Consecutive fields of a section under one heading. */
export function sectionsOf<F extends { section: string }>(fields: readonly F[]): { name: string; fields: F[] }[] {
	const sections = new Map<string, F[]>();
	for (const field of fields) {
		const section = sections.get(field.section);
		if (section) section.push(field);
		else sections.set(field.section, [field]);
	}
	return [...sections].map(([name, own]) => ({ name, fields: own }));
}
