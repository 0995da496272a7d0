/**
 * Stores what an importer read, all of it or nothing: one batch of statements, one transaction, whatever happens to
 * the page meanwhile.
 */

import type { Platform, SqlStatement } from '@slf/platform';
import { writeOwnField } from '#lib/domain/contents.ts';
import { ownSlot, partId, subtitleOf } from '#lib/domain/item.ts';
import type { PortableItem } from '#lib/domain/portable.ts';
import { newItem, writeAddress, writeAttachment, writeField, writeTag } from './items.ts';
import type { ItemRef } from './query.ts';

export interface ImportTarget {
	scope: string;
	/** The folder that imported folders come into; null: the top of the vault. */
	folder: string | null;
}

/** Folders by their path, names joined by a line end: those there are already in the target. */
export type KnownFolders = ReadonlyMap<string, string>;

/**
 * Gives the ids of the items, so that the whole import can be taken back.
 *
 * @param newId `platform.id`, or of another maker of ids
 */
export async function importItems(
	platform: Platform,
	target: ImportTarget,
	items: readonly PortableItem[],
	known: KnownFolders,
	now: number
): Promise<string[]> {
	const { statements, ids } = importStatements(() => platform.id(), target, items, known, now);
	await platform.batch(statements);
	return ids;
}

export function importStatements(
	newId: () => string,
	{ scope, folder: top }: ImportTarget,
	items: readonly PortableItem[],
	known: KnownFolders,
	now: number
): { statements: SqlStatement[]; ids: string[] } {
	const statements: SqlStatement[] = [];
	const folders = new Map(known);
	const folderOf = (path: readonly string[]): string | null => {
		if (path.length === 0) return top;
		const key = path.join('\n');
		const there = folders.get(key);
		if (there !== undefined) return there;
		const parent = folderOf(path.slice(0, -1));
		const id = newId();
		folders.set(key, id);
		statements.push({
			sql: 'INSERT INTO folders (scope_id, id, name, parent_id) VALUES (?, ?, ?, ?)',
			params: [scope, id, path.at(-1)!, parent]
		});
		return id;
	};

	const ids = items.map((portable) => {
		const item: ItemRef = { scope_id: scope, id: newId() };
		const { type, title, editedAt, createdAt } = portable;
		const plain = Object.fromEntries(portable.fields.map(({ slot, value }) => [slot ?? '', value]));
		const head = { type, title, subtitle: subtitleOf(type, plain), folder_id: folderOf(portable.folder) };
		const edited = editedAt ?? createdAt ?? now;
		statements.push(
			newItem(item, head, edited, {
				created_at: createdAt ?? edited,
				favourite_at: portable.favourite ? edited : null,
				deleted_at: portable.deletedAt ?? null
			}),
			...contentsOf(item, portable, newId)
		);
		return item.id;
	});
	return { statements, ids };
}

function* contentsOf(item: ItemRef, portable: PortableItem, newId: () => string): Generator<SqlStatement> {
	for (const [pos, { slot, kind, label, section, value }] of portable.fields.entries()) {
		yield slot === null
			? writeField(item, { slot: ownSlot(newId()), about: writeOwnField({ kind, label, section, pos }), value })
			: writeField(item, { slot, about: null, value });
	}
	for (const { url, match } of portable.addresses) yield writeAddress(item, newId(), url, match);
	for (const name of portable.tags) yield writeTag(item, name);
	for (const { name, bytes } of portable.attachments) yield writeAttachment(item, newId(), name, bytes);
	for (const { slot, kind, label, until, value } of portable.former) {
		const id = partId(item.id, newId());
		yield {
			sql: `INSERT INTO former_values (scope_id, id, about, value)
				VALUES (?, ?, ?, seal_value(?, 'former_values', ?, 'value', ?))`,
			params: [item.scope_id, id, JSON.stringify({ slot, kind, label, until }), item.scope_id, id, value]
		};
	}
}

/** Takes an import back: its items go for good, with all their parts. Folders stay. */
export async function undoImport(platform: Platform, scope: string, ids: readonly string[]): Promise<void> {
	const list = JSON.stringify(ids);
	const parts = ['fields', 'former_values', 'addresses', 'tags', 'attachments'].map((table) => ({
		sql: `DELETE FROM ${table} WHERE scope_id = ? AND substr(id, 1, instr(id, '.') - 1) IN (SELECT value FROM json_each(?))`,
		params: [scope, list]
	}));
	await platform.batch([
		...parts,
		{ sql: 'DELETE FROM items WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))', params: [scope, list] }
	]);
}
