/**
 * Moving an item to another vault: copy, leave a redirection, put the original away.
 *
 * A row's scope is part of its key and of what others may do with it, so nothing can change scope in place. All of it
 * is one transaction: there is no moment at which the item is in neither vault or in both. Values go from seal to seal
 * within the engine and are never in the page.
 */

import type { Platform, ScopeInfo, SqlStatement } from '@slf/platform';
import { partsFrom, partsUntil } from '#lib/domain/item.ts';
import type { ItemRef, Query } from './query.ts';

/** Where an item went that moved to another vault. */
export function moveOf(id: string): Query<{ scope_id: string; to_scope: string | null; to_id: string | null }> {
	return { name: 'move', sql: 'SELECT scope_id, to_scope, to_id FROM moves WHERE id = ? LIMIT 8', params: [id] };
}

/** Gives the item's new name. Its history stays behind, with the original, in the vault that it left. */
export async function moveItem(
	platform: Platform,
	item: ItemRef,
	to: { scope: ScopeInfo; folder: string | null },
	now: number
): Promise<ItemRef> {
	const moved = { scope_id: to.scope.scope, id: platform.id() };
	await platform.batch([
		{
			sql: `INSERT INTO items (scope_id, id, type, title, subtitle, folder_id, favourite_at, created_at, edited_at)
				SELECT ?, ?, type, title, subtitle, ?, favourite_at, created_at, edited_at FROM items WHERE scope_id = ? AND id = ?`,
			params: [moved.scope_id, moved.id, to.folder, item.scope_id, item.id]
		},
		copySealed('fields', ['about'], item, moved),
		copySealed('former_values', ['about'], item, moved),
		copySealed('attachments', ['name', 'size'], item, moved),
		copyParts('addresses', ['url', 'match'], item, moved),
		copyParts('tags', ['name'], item, moved),
		{
			sql: `INSERT INTO moves (scope_id, id, to_scope, to_id) VALUES (?, ?, ?, ?)
				ON CONFLICT (scope_id, id) DO UPDATE SET to_scope = excluded.to_scope, to_id = excluded.to_id`,
			params: [item.scope_id, item.id, to.scope.id, moved.id]
		},
		{
			sql: 'UPDATE items SET deleted_at = ? WHERE scope_id = ? AND id = ?',
			params: [now, item.scope_id, item.id]
		}
	]);
	return moved;
}

/** The new id of a part: another item before the dot, the same behind it. */
const NEW_ID = `? || substr(id, instr(id, '.'))`;

function copyParts(table: string, columns: readonly string[], from: ItemRef, to: ItemRef): SqlStatement {
	const names = columns.join(', ');
	return {
		sql: `INSERT INTO ${table} (scope_id, id, ${names})
			SELECT ?, ${NEW_ID}, ${names} FROM ${table} WHERE scope_id = ? AND id >= ? AND id < ?`,
		params: [to.scope_id, to.id, from.scope_id, partsFrom(from.id), partsUntil(from.id)]
	};
}

function copySealed(table: string, columns: readonly string[], from: ItemRef, to: ItemRef): SqlStatement {
	const names = columns.join(', ');
	return {
		sql: `INSERT INTO ${table} (scope_id, id, ${names}, value)
			SELECT ?, ${NEW_ID}, ${names},
				seal_value(?, '${table}', ${NEW_ID}, 'value', open_value(scope_id, '${table}', id, 'value', value))
			FROM ${table} WHERE scope_id = ? AND id >= ? AND id < ?`,
		params: [to.scope_id, to.id, to.scope_id, to.id, from.scope_id, partsFrom(from.id), partsUntil(from.id)]
	};
}
