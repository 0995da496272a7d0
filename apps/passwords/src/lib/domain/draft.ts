/**
 * An item while it is edited. A secret that nobody asked to see stays sealed: its value is undefined, and saving leaves
 * it alone. What is saved is the difference to how the item was when editing began, field by field, so that what
 * somebody else changed meanwhile in another field stays.
 */

import { writeOwnField, type ShownField } from './contents.ts';
import { isOwnSlot, isSecret, ownSlot, subtitleOf, templates, type FieldKind, type ItemType } from './item.ts';
import { plainLine } from './text.ts';

export interface DraftField {
	slot: string;
	kind: FieldKind;
	label: string;
	section: string;
	/** Undefined: sealed, and as it is stored. */
	value: string | undefined;
}

export interface DraftAddress {
	/** Of the row's id, behind the dot. */
	part: string;
	url: string;
	match: string | null;
}

export interface Draft {
	type: ItemType;
	title: string;
	folder_id: string | null;
	fields: DraftField[];
	addresses: DraftAddress[];
	tags: string[];
}

/** What differs between two states of an item; the shape of `ItemChanges` in data/items.ts. */
export interface DraftChanges {
	type?: ItemType;
	title?: string;
	subtitle?: string;
	folder_id?: string | null;
	fields: { slot: string; about?: string | null; value?: string | null }[];
	addresses: { part: string; url: string | null; match: string | null }[];
	tagsAdded: string[];
	tagsRemoved: string[];
}

export interface StoredItem {
	type: ItemType;
	title: string | null;
	folder_id: string | null;
	fields: readonly ShownField[];
	/** The opened values of those that are no secrets, by row id. */
	values: ReadonlyMap<string, string>;
	addresses: readonly DraftAddress[];
	tags: readonly string[];
}

export function newDraft(type: ItemType, folder: string | null): Draft {
	return { type, title: '', folder_id: folder, fields: emptyFields(type), addresses: [], tags: [] };
}

export function draftOf(stored: StoredItem): Draft {
	const fields = stored.fields.map(({ id, slot, kind, label, section, secret }): DraftField => {
		// One that does not open is not shown as empty: it would be saved so.
		const value = secret ? undefined : stored.values.get(id);
		return { slot, kind, label, section, value };
	});
	return {
		type: stored.type,
		title: stored.title ?? '',
		folder_id: stored.folder_id,
		fields: withTemplate(stored.type, fields),
		addresses: stored.addresses.map((address) => ({ ...address })),
		tags: [...stored.tags]
	};
}

const emptyFields = (type: ItemType): DraftField[] => templates[type].map((slot) => ({ ...slot, value: '' }));

/** All fields of the template, empty where there is none, in its order; those that people added before the notes. */
function withTemplate(type: ItemType, fields: readonly DraftField[]): DraftField[] {
	const template = emptyFields(type).map((empty) => fields.find(({ slot }) => slot === empty.slot) ?? empty);
	const others = fields.filter(({ slot }) => !template.some((field) => field.slot === slot));
	const notes = template.filter(({ slot }) => slot === 'notes');
	return [...template.filter(({ slot }) => slot !== 'notes'), ...others, ...notes];
}

export function addField(draft: Draft, id: string, kind: FieldKind, label: string): void {
	const at = draft.fields.findIndex(({ slot }) => slot === 'notes');
	const field = { slot: ownSlot(id), kind, label, section: '', value: '' };
	draft.fields.splice(at < 0 ? draft.fields.length : at, 0, field);
}

/** What to write so that `before` becomes `after`. `before` undefined: a new item. */
export function changesOf(before: Draft | undefined, after: Draft): DraftChanges {
	const changes: DraftChanges = { fields: [], addresses: [], tagsAdded: [], tagsRemoved: [] };
	const title = plainLine(after.title);
	if (after.type !== before?.type) changes.type = after.type;
	if (title !== before?.title) changes.title = title;
	if (after.folder_id !== before?.folder_id) changes.folder_id = after.folder_id;
	const subtitle = subtitleIn(after);
	if (before === undefined || subtitle !== subtitleIn(before)) changes.subtitle = subtitle;

	for (const [pos, field] of after.fields.entries()) {
		const old = before?.fields.find(({ slot }) => slot === field.slot);
		const change = changedField(old, field, pos);
		if (change) changes.fields.push(change);
	}
	for (const { slot, value } of before?.fields ?? []) {
		const gone = !after.fields.some((field) => field.slot === slot);
		if (gone && value !== '') changes.fields.push({ slot, value: null });
	}

	for (const address of after.addresses) {
		const old = before?.addresses.find(({ part }) => part === address.part);
		const url = plainLine(address.url);
		if (url === '') {
			if (old) changes.addresses.push({ part: address.part, url: null, match: null });
		} else if (url !== old?.url || address.match !== old.match) {
			changes.addresses.push({ part: address.part, url, match: address.match });
		}
	}
	for (const { part } of before?.addresses ?? []) {
		if (!after.addresses.some((address) => address.part === part)) {
			changes.addresses.push({ part, url: null, match: null });
		}
	}
	changes.tagsAdded = after.tags.filter((tag) => !before?.tags.includes(tag));
	changes.tagsRemoved = (before?.tags ?? []).filter((tag) => !after.tags.includes(tag));
	return changes;
}

function changedField(old: DraftField | undefined, field: DraftField, pos: number) {
	const { slot, kind, section, value } = field;
	const own = isOwnSlot(slot);
	const label = plainLine(field.label);
	const renamed = own && (old?.label !== label || old.kind !== kind || old.section !== section);
	const about = own ? writeOwnField({ kind, label, section, pos }) : null;
	// Undefined is the stored value; the same text as before is no change, or two devices would fight over nothing.
	const changed = value !== undefined && value !== (old === undefined ? '' : old.value);
	if (changed && value === '') return old === undefined ? undefined : { slot, value: null };
	if (changed) return { slot, value, ...(renamed || old === undefined ? { about } : {}) };
	return renamed && value !== '' ? { slot, about } : undefined;
}

/** The same changes on top of another state of the item: what was kept when the vault was locked. */
export function withChanges(draft: Draft, changes: DraftChanges): Draft {
	const next: Draft = {
		...draft,
		...(changes.type === undefined ? {} : { type: changes.type }),
		...(changes.title === undefined ? {} : { title: changes.title }),
		...(changes.folder_id === undefined ? {} : { folder_id: changes.folder_id }),
		fields: draft.fields.map((field) => ({ ...field })),
		addresses: draft.addresses.map((address) => ({ ...address })),
		tags: [...draft.tags.filter((tag) => !changes.tagsRemoved.includes(tag))]
	};
	for (const tag of changes.tagsAdded) if (!next.tags.includes(tag)) next.tags.push(tag);
	for (const { part, url, match } of changes.addresses) {
		next.addresses = next.addresses.filter((address) => address.part !== part);
		if (url !== null) next.addresses.push({ part, url, match });
	}
	for (const { slot, about, value } of changes.fields) {
		const known = next.fields.find((field) => field.slot === slot);
		const said = typeof about === 'string' ? (JSON.parse(about) as Omit<DraftField, 'slot' | 'value'>) : undefined;
		if (known) {
			if (said) Object.assign(known, { kind: said.kind, label: said.label, section: said.section });
			if (value === null && isOwnSlot(slot)) next.fields = next.fields.filter((field) => field !== known);
			else if (value !== undefined) known.value = value ?? '';
		} else if (value !== null) {
			const { kind = 'hidden', label = slot, section = '' } = said ?? {};
			next.fields.push({ slot, kind, label, section, value });
		}
	}
	next.fields = withTemplate(next.type, next.fields);
	return next;
}

export function isUnchanged(changes: DraftChanges): boolean {
	const { fields, addresses, tagsAdded, tagsRemoved, ...head } = changes;
	const lists = [fields, addresses, tagsAdded, tagsRemoved];
	return lists.every((list) => list.length === 0) && Object.keys(head).length === 0;
}

/** Of a new item: whether there is anything to keep. */
export function isEmpty({ title, fields, addresses, tags }: Draft): boolean {
	const texts = [title, ...fields.map(({ value }) => value ?? ''), ...addresses.map(({ url }) => url), ...tags];
	return texts.every((text) => text.trim() === '');
}

function subtitleIn({ type, fields }: Draft): string {
	const plain = fields.filter(({ kind }) => !isSecret(kind)).map(({ slot, value }) => [slot, value ?? ''] as const);
	return plainLine(subtitleOf(type, Object.fromEntries(plain)));
}
