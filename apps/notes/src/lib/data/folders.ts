/** Folders in the database. */

import type { Platform } from '@slf/platform';
import { TOP, type FolderRow } from '@slf/suite/domain';
import type { Query } from './notes.ts';

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

/** `id` null: the shared folder that the scope is. */
export async function renameFolder(platform: Platform, scope: string, id: string | null, name: string): Promise<void> {
	await platform.exec(
		'INSERT INTO folders (scope_id, id, name) VALUES (?, ?, ?) ON CONFLICT (scope_id, id) DO UPDATE SET name = excluded.name',
		[scope, id ?? TOP, name]
	);
}

export async function moveFolder(platform: Platform, scope: string, id: string, parent: string | null): Promise<void> {
	await platform.exec('UPDATE folders SET parent_id = ? WHERE scope_id = ? AND id = ?', [parent, scope, id]);
}

/**
 * Folders go, and the notes in them go to the trash, all with one time: by it `restoreFolders` finds them again.
 *
 * @param ids the folder and all folders within it
 */
export async function trashFolders(
	platform: Platform,
	scope: string,
	ids: readonly string[],
	now: number
): Promise<void> {
	const marks = ids.map(() => '?').join(', ');
	await platform.transaction(async (tx) => {
		await tx.exec(
			`UPDATE notes SET deleted_at = ? WHERE scope_id = ? AND deleted_at IS NULL AND folder_id IN (${marks})`,
			[now, scope, ...ids]
		);
		await tx.exec(`UPDATE folders SET deleted_at = ? WHERE scope_id = ? AND id IN (${marks})`, [now, scope, ...ids]);
	});
}

export async function restoreFolders(
	platform: Platform,
	scope: string,
	ids: readonly string[],
	at: number
): Promise<void> {
	const marks = ids.map(() => '?').join(', ');
	await platform.transaction(async (tx) => {
		await tx.exec(`UPDATE folders SET deleted_at = NULL WHERE scope_id = ? AND id IN (${marks})`, [scope, ...ids]);
		await tx.exec(
			`UPDATE notes SET deleted_at = NULL WHERE scope_id = ? AND deleted_at = ? AND folder_id IN (${marks})`,
			[scope, at, ...ids]
		);
	});
}
