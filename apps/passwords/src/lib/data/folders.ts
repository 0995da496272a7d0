/** Folders in the database. A folder lies in one vault; the vault itself is a scope (`domain/places` of the suite). */

import type { Platform } from '@slf/platform';
import { TOP, type FolderRow } from '@slf/suite/domain';
import type { Query } from './query.ts';

export function allFolders(): Query<FolderRow> {
	return {
		name: 'folders',
		sql: 'SELECT scope_id, id, name, parent_id FROM folders WHERE deleted_at IS NULL ORDER BY scope_id, id',
		params: []
	};
}

export async function createFolder(
	platform: Platform,
	{ scope, parent, name }: { scope: string; parent: string | null; name: string }
): Promise<string> {
	const id = platform.id();
	await platform.exec('INSERT INTO folders (scope_id, id, name, parent_id) VALUES (?, ?, ?, ?)', [
		scope,
		id,
		name,
		parent
	]);
	return id;
}

/** `id` null: the shared vault that the scope is. */
export async function renameFolder(platform: Platform, scope: string, id: string | null, name: string): Promise<void> {
	await platform.exec(
		'INSERT INTO folders (scope_id, id, name) VALUES (?, ?, ?) ON CONFLICT (scope_id, id) DO UPDATE SET name = excluded.name',
		[scope, id ?? TOP, name]
	);
}

/**
 * Folders go, and what is in them stands without a folder: a password is never thrown away with its drawer.
 *
 * @param ids the folder and all folders within it
 * @returns what was in which, for `restoreFolders`
 */
export async function removeFolders(
	platform: Platform,
	scope: string,
	ids: readonly string[],
	now: number
): Promise<{ id: string; folder_id: string }[]> {
	const marks = ids.map(() => '?').join(', ');
	const [held = []] = await platform.batch<{ id: string; folder_id: string }>([
		{ sql: `SELECT id, folder_id FROM items WHERE scope_id = ? AND folder_id IN (${marks})`, params: [scope, ...ids] },
		{
			sql: `UPDATE items SET folder_id = NULL WHERE scope_id = ? AND folder_id IN (${marks})`,
			params: [scope, ...ids]
		},
		{ sql: `UPDATE folders SET deleted_at = ? WHERE scope_id = ? AND id IN (${marks})`, params: [now, scope, ...ids] }
	]);
	return held;
}

export async function restoreFolders(
	platform: Platform,
	scope: string,
	ids: readonly string[],
	held: readonly { id: string; folder_id: string }[]
): Promise<void> {
	const marks = ids.map(() => '?').join(', ');
	await platform.batch([
		{ sql: `UPDATE folders SET deleted_at = NULL WHERE scope_id = ? AND id IN (${marks})`, params: [scope, ...ids] },
		// Only what nobody has put elsewhere since.
		...held.map(({ id, folder_id }) => ({
			sql: 'UPDATE items SET folder_id = ? WHERE scope_id = ? AND id = ? AND folder_id IS NULL',
			params: [folder_id, scope, id]
		}))
	]);
}
