/**
 * Items in the database: what lists and screens ask, and what a person does to an item.
 *
 * No query gives the value of a field. `openFields` and `openField` open values, for the screen that shows them.
 */

import type { Platform, SqlStatement } from '@slf/platform';
import type { AddressLine } from '#lib/domain/search.ts';
import { partId, partsFrom, partsUntil, type ItemLine, type ItemType } from '#lib/domain/item.ts';
import type { Attachment, FieldRow } from '#lib/domain/contents.ts';
import type { ItemRef, Query } from './query.ts';

const LINE = 'scope_id, id, type, title, subtitle, folder_id, favourite_at, edited_at';
/** Original of an item that moved to another vault: neither an item nor trash. */
const MOVED_AWAY = 'EXISTS (SELECT 1 FROM moves WHERE moves.scope_id = items.scope_id AND moves.id = items.id)';

/** All items that are not in the trash, in no order: the search index sorts them. */
export function allItems(): Query<ItemLine> {
	return { name: 'items', sql: `SELECT ${LINE} FROM items WHERE deleted_at IS NULL`, params: [] };
}

export function trashedItems(): Query<ItemLine> {
	return {
		name: 'trash',
		sql: `SELECT ${LINE} FROM items WHERE deleted_at IS NOT NULL AND NOT ${MOVED_AWAY} ORDER BY deleted_at DESC, id DESC`,
		params: []
	};
}

export function allAddresses(): Query<AddressLine> {
	return {
		name: 'addresses',
		sql: `SELECT scope_id, substr(id, 1, instr(id, '.') - 1) AS item, url, match FROM addresses WHERE url IS NOT NULL`,
		params: []
	};
}

export interface TagLine {
	scope_id: string;
	item: string;
	name: string;
}

export function allTags(): Query<TagLine> {
	return {
		name: 'tags',
		sql: `SELECT scope_id, substr(id, 1, instr(id, '.') - 1) AS item, name FROM tags WHERE name IS NOT NULL`,
		params: []
	};
}

export interface OpenItem extends ItemLine {
	created_at: number | null;
	deleted_at: number | null;
}

/** The item with this id, whether or not in the trash. Without `scope`, at most one for each vault. */
export function itemWithId(id: string, scope: string | undefined): Query<OpenItem> {
	const columns = `${LINE}, created_at, deleted_at`;
	return scope === undefined
		? { name: 'item', sql: `SELECT ${columns} FROM items WHERE id = ? ORDER BY scope_id LIMIT 8`, params: [id] }
		: { name: 'item', sql: `SELECT ${columns} FROM items WHERE scope_id = ? AND id = ?`, params: [scope, id] };
}

/** Its fields without their values; `mark` changes with the value. */
export function fieldsOf(item: ItemRef): Query<FieldRow> {
	return {
		name: 'fields',
		sql: `SELECT id, about, hex(substr(value, 3, 16)) AS mark FROM fields
			WHERE scope_id = ? AND id >= ? AND id < ? AND value IS NOT NULL`,
		params: [item.scope_id, partsFrom(item.id), partsUntil(item.id)]
	};
}

export interface AddressRow {
	id: string;
	url: string;
	match: string | null;
}

export function addressesOf(item: ItemRef): Query<AddressRow> {
	return {
		name: 'addresses-of',
		sql: 'SELECT id, url, match FROM addresses WHERE scope_id = ? AND id >= ? AND id < ? AND url IS NOT NULL ORDER BY id',
		params: [item.scope_id, partsFrom(item.id), partsUntil(item.id)]
	};
}

export function tagsOf(item: ItemRef): Query<{ name: string }> {
	return {
		name: 'tags-of',
		sql: 'SELECT name FROM tags WHERE scope_id = ? AND id >= ? AND id < ? AND name IS NOT NULL ORDER BY name',
		params: [item.scope_id, partsFrom(item.id), partsUntil(item.id)]
	};
}

export function attachmentsOf(item: ItemRef): Query<Attachment> {
	return {
		name: 'attachments-of',
		sql: 'SELECT id, name, size FROM attachments WHERE scope_id = ? AND id >= ? AND id < ? AND value IS NOT NULL ORDER BY name',
		params: [item.scope_id, partsFrom(item.id), partsUntil(item.id)]
	};
}

/** Opens the value of one field; undefined when there is none (any more). */
export async function openField(platform: Platform, scope: string, id: string): Promise<string | undefined> {
	const [row] = await platform.exec<{ value: string | null }>(
		`SELECT open_value(scope_id, 'fields', id, 'value', value) AS value FROM fields WHERE scope_id = ? AND id = ?`,
		[scope, id]
	);
	return row?.value ?? undefined;
}

/** Opens several at once: those of an item that are no secrets. By row id. */
export async function openFields(
	platform: Platform,
	scope: string,
	ids: readonly string[]
): Promise<Map<string, string>> {
	if (ids.length === 0) return new Map();
	const rows = await platform.exec<{ id: string; value: string | null }>(
		`SELECT id, open_value(scope_id, 'fields', id, 'value', value, NULL) AS value FROM fields
			WHERE scope_id = ? AND id IN (${ids.map(() => '?').join(', ')})`,
		[scope, ...ids]
	);
	return new Map(rows.flatMap(({ id, value }) => (value === null ? [] : [[id, value] as const])));
}

export async function openAttachment(platform: Platform, scope: string, id: string): Promise<Uint8Array | undefined> {
	const [row] = await platform.exec<{ value: Uint8Array | null }>(
		`SELECT open_value(scope_id, 'attachments', id, 'value', value) AS value FROM attachments WHERE scope_id = ? AND id = ?`,
		[scope, id]
	);
	return row?.value ?? undefined;
}

export interface SavedField {
	slot: string;
	/** JSON, for one that a person added; null for one of the template. Undefined: as it was. */
	about?: string | null;
	/** Null removes the field. Undefined: as it was. */
	value?: string | null;
}

export interface SavedAddress {
	/** The part of the row's id behind the dot. */
	part: string;
	/** Null removes it. */
	url: string | null;
	match: string | null;
}

/** What to write of an item: only what changed, so that what others changed meanwhile stays. */
export interface ItemChanges {
	type?: ItemType;
	title?: string;
	subtitle?: string;
	folder_id?: string | null;
	fields: readonly SavedField[];
	addresses: readonly SavedAddress[];
	tagsAdded: readonly string[];
	tagsRemoved: readonly string[];
}

/** Makes an item with all that is in it, or changes one; all of it or nothing. */
export async function saveItem(
	platform: Platform,
	item: ItemRef,
	changes: ItemChanges,
	{ isNew, now }: { isNew: boolean; now: number }
): Promise<void> {
	await platform.batch([
		...(isNew ? [newItem(item, changes, now)] : changed(item, changes, now)),
		...parts(item, changes),
		{ sql: 'DELETE FROM drafts WHERE scope_id = ? AND item_id = ?', params: [item.scope_id, item.id] }
	]);
}

export function newItem(
	{ scope_id, id }: ItemRef,
	{ type = 'login', title = '', subtitle = '', folder_id = null }: Partial<ItemChanges>,
	now: number,
	more: { favourite_at?: number | null; created_at?: number; deleted_at?: number | null } = {}
): SqlStatement {
	return {
		sql: `INSERT INTO items (scope_id, id, type, title, subtitle, folder_id, favourite_at, created_at, edited_at, deleted_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		params: [
			scope_id,
			id,
			type,
			title,
			subtitle,
			folder_id,
			more.favourite_at ?? null,
			more.created_at ?? now,
			now,
			more.deleted_at ?? null
		]
	};
}

function changed({ scope_id, id }: ItemRef, changes: ItemChanges, now: number): SqlStatement[] {
	const { type, title, subtitle, folder_id } = changes;
	const columns = Object.entries({ type, title, subtitle, folder_id }).filter(([, value]) => value !== undefined);
	const names = [...columns.map(([name]) => name), 'edited_at'];
	return [
		{
			sql: `UPDATE items SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE scope_id = ? AND id = ?`,
			params: [...columns.map(([, value]) => value as string | null), now, scope_id, id]
		}
	];
}

function parts(item: ItemRef, { fields, addresses, tagsAdded, tagsRemoved }: ItemChanges): SqlStatement[] {
	const remove = (table: string, part: string): SqlStatement => ({
		sql: `DELETE FROM ${table} WHERE scope_id = ? AND id = ?`,
		params: [item.scope_id, partId(item.id, part)]
	});
	return [
		...fields.map((field) => (field.value === null ? remove('fields', field.slot) : writeField(item, field))),
		...addresses.map(({ part, url, match }) =>
			url === null ? remove('addresses', part) : writeAddress(item, part, url, match)
		),
		...tagsRemoved.map((name) => remove('tags', tagPart(name))),
		...tagsAdded.map((name) => writeTag(item, name))
	];
}

export function writeField(item: ItemRef, { slot, about, value }: SavedField): SqlStatement {
	const id = partId(item.id, slot);
	if (value === undefined) {
		return {
			sql: 'UPDATE fields SET about = ? WHERE scope_id = ? AND id = ?',
			params: [about ?? null, item.scope_id, id]
		};
	}
	const upsert = about === undefined ? 'value = excluded.value' : 'about = excluded.about, value = excluded.value';
	return {
		sql: `INSERT INTO fields (scope_id, id, about, value) VALUES (?, ?, ?, seal_value(?, 'fields', ?, 'value', ?))
			ON CONFLICT (scope_id, id) DO UPDATE SET ${upsert}`,
		params: [item.scope_id, id, about ?? null, item.scope_id, id, value]
	};
}

export function writeAddress(item: ItemRef, part: string, url: string, match: string | null): SqlStatement {
	return {
		sql: `INSERT INTO addresses (scope_id, id, url, match) VALUES (?, ?, ?, ?)
			ON CONFLICT (scope_id, id) DO UPDATE SET url = excluded.url, match = excluded.match`,
		params: [item.scope_id, partId(item.id, part), url, match]
	};
}

export function writeTag(item: ItemRef, name: string): SqlStatement {
	return {
		sql: 'INSERT INTO tags (scope_id, id, name) VALUES (?, ?, ?) ON CONFLICT (scope_id, id) DO NOTHING',
		params: [item.scope_id, partId(item.id, tagPart(name)), name]
	};
}

/** The same tag on two devices is one row. */
export function tagPart(name: string): string {
	return encodeURIComponent(name).slice(0, 200);
}

export async function addAttachment(
	platform: Platform,
	item: ItemRef,
	{ name, bytes }: { name: string; bytes: Uint8Array }
): Promise<void> {
	const { sql, params } = writeAttachment(item, platform.id(), name, bytes);
	await platform.exec(sql, params);
}

export function writeAttachment(item: ItemRef, part: string, name: string, bytes: Uint8Array): Required<SqlStatement> {
	const id = partId(item.id, part);
	return {
		sql: `INSERT INTO attachments (scope_id, id, name, size, value)
			VALUES (?, ?, ?, ?, seal_value(?, 'attachments', ?, 'value', ?))`,
		params: [item.scope_id, id, name, bytes.length, item.scope_id, id, bytes]
	};
}

export async function removeAttachment(platform: Platform, scope: string, id: string): Promise<void> {
	await platform.exec('DELETE FROM attachments WHERE scope_id = ? AND id = ?', [scope, id]);
}

export async function setFavourite(platform: Platform, { scope_id, id }: ItemRef, at: number | null): Promise<void> {
	await platform.exec('UPDATE items SET favourite_at = ? WHERE scope_id = ? AND id = ?', [at, scope_id, id]);
}

/** Into a folder of the same vault. Another vault: `moving.ts`. */
export async function putInFolder(platform: Platform, { scope_id, id }: ItemRef, folder: string | null): Promise<void> {
	await platform.exec('UPDATE items SET folder_id = ? WHERE scope_id = ? AND id = ?', [folder, scope_id, id]);
}

export async function trashItem(platform: Platform, { scope_id, id }: ItemRef, now: number): Promise<void> {
	await platform.exec('UPDATE items SET deleted_at = ? WHERE scope_id = ? AND id = ?', [now, scope_id, id]);
}

export async function restoreItem(platform: Platform, { scope_id, id }: ItemRef): Promise<void> {
	await platform.exec('UPDATE items SET deleted_at = NULL WHERE scope_id = ? AND id = ?', [scope_id, id]);
}

const PARTS = ['fields', 'former_values', 'addresses', 'tags', 'attachments'];

/** For good, with all its parts, on every device that holds it. */
export async function purgeItem(platform: Platform, item: ItemRef): Promise<void> {
	await platform.batch([
		...PARTS.map((table) => ({
			sql: `DELETE FROM ${table} WHERE scope_id = ? AND id >= ? AND id < ?`,
			params: [item.scope_id, partsFrom(item.id), partsUntil(item.id)]
		})),
		{ sql: 'DELETE FROM items WHERE scope_id = ? AND id = ?', params: [item.scope_id, item.id] }
	]);
}

/** Empties the trash of these vaults for good, originals of moved items included. A batch for each vault. */
export async function emptyTrash(platform: Platform, scopes: readonly string[]): Promise<void> {
	for (const scope of scopes) {
		const gone = 'SELECT id FROM items WHERE scope_id = ? AND deleted_at IS NOT NULL';
		await platform.batch([
			...PARTS.map((table) => ({
				sql: `DELETE FROM ${table} WHERE scope_id = ? AND substr(id, 1, instr(id, '.') - 1) IN (${gone})`,
				params: [scope, scope]
			})),
			{ sql: 'DELETE FROM items WHERE scope_id = ? AND deleted_at IS NOT NULL', params: [scope] }
		]);
	}
}
