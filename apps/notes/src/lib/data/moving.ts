/**
 * Moving notes and folders to another scope: copy, leave a redirection, put the original away.
 *
 * A row's scope is part of its key and of what others may do with it, so nothing can change scope in place. Each
 * note moves in one transaction: there is no moment at which it is in neither or both. A folder moves note by note
 * in small transactions, is recorded in the local table `moving` first, and `continueMoves` finishes after a crash.
 *
 * The original goes to the trash, hidden by its redirection, and is not removed at once: another device of the
 * person that was offline may have written into it, and then it shows in the trash with that text.
 */

import type { Platform, ScopeInfo, Transaction } from '@slf/platform';
import { findFolder, folderTree, TOP, withDescendants, type FolderRow } from '@slf/suite/domain';
import type { NoteRef, Query } from './notes.ts';

export interface MoveProgress {
	done: number;
	of: number;
}

/** Where a note or folder went that moved to another scope. */
export function moveOf(id: string): Query<{ scope_id: string; to_scope: string | null; to_id: string | null }> {
	return { name: 'move', sql: 'SELECT scope_id, to_scope, to_id FROM moves WHERE id = ? LIMIT 8', params: [id] };
}

/** Moves one note into another scope. Gives its new name. */
export async function moveNote(
	platform: Platform,
	note: NoteRef,
	to: { scope: ScopeInfo; folder: string | null },
	now: number
): Promise<NoteRef> {
	const id = platform.id();
	await platform.transaction((tx) => moveOne(tx, note, { id, scope: to.scope, folder: to.folder }, now));
	return { scope_id: to.scope.scope, id };
}

/**
 * Makes a private folder into a shared one: a scope of its own that holds its notes and the folders within.
 *
 * @returns the new scope; the person is its owner
 */
export async function shareFolder(
	platform: Platform,
	folder: { scope: string; id: string; name: string },
	now: () => number,
	progress: (progress: MoveProgress) => void
): Promise<ScopeInfo> {
	const scope = await platform.scopes.create('folder', { name: folder.name });
	await platform.exec('INSERT INTO moving (scope_id, folder_id, to_scope) VALUES (?, ?, ?)', [
		folder.scope,
		folder.id,
		scope.scope
	]);
	await moveFolderInto(platform, folder, scope, now, progress);
	return scope;
}

/** Finishes what `shareFolder` began before the page went away. */
export async function continueMoves(platform: Platform, now: () => number): Promise<void> {
	const begun = await platform.exec<{ scope_id: string; folder_id: string; to_scope: string }>(
		'SELECT scope_id, folder_id, to_scope FROM moving'
	);
	if (begun.length === 0) return;
	const scopes = await platform.scopes.list();
	for (const move of begun) {
		const scope = scopes.find((s) => s.scope === move.to_scope);
		if (scope) await moveFolderInto(platform, { scope: move.scope_id, id: move.folder_id }, scope, now, () => {});
	}
}

async function moveFolderInto(
	platform: Platform,
	folder: { scope: string; id: string },
	scope: ScopeInfo,
	now: () => number,
	progress: (progress: MoveProgress) => void
): Promise<void> {
	const folderIds = await copyFolders(platform, folder, scope);
	const marks = [...folderIds].map(() => '?').join(', ');
	const notes = await platform.exec<{ id: string; folder_id: string }>(
		`SELECT id, folder_id FROM notes WHERE scope_id = ? AND deleted_at IS NULL AND folder_id IN (${marks}) ORDER BY id`,
		[folder.scope, ...folderIds.keys()]
	);
	progress({ done: 0, of: notes.length });
	for (const [index, note] of notes.entries()) {
		const to = { scope, folder: folderIds.get(note.folder_id) ?? null };
		await moveNote(platform, { scope_id: folder.scope, id: note.id }, to, now());
		progress({ done: index + 1, of: notes.length });
	}
	await platform.transaction(async (tx) => {
		await tx.exec(`UPDATE folders SET deleted_at = ? WHERE scope_id = ? AND id IN (${marks})`, [
			now(),
			folder.scope,
			...folderIds.keys()
		]);
		await tx.exec('DELETE FROM moving WHERE scope_id = ? AND folder_id = ?', [folder.scope, folder.id]);
	});
}

/** The new id of the folder (null: it is the scope) and of every folder within; makes those that are missing. */
async function copyFolders(
	platform: Platform,
	folder: { scope: string; id: string },
	scope: ScopeInfo
): Promise<Map<string, string | null>> {
	const rows = await platform.exec<FolderRow>(
		'SELECT scope_id, id, name, parent_id FROM folders WHERE scope_id = ? AND deleted_at IS NULL',
		[folder.scope]
	);
	const top = findFolder(folderTree(rows), folder.id, folder.scope);
	const inside = top === undefined ? [folder.id] : withDescendants(top);

	const fresh = new Map(inside.map((id) => [id, id === folder.id ? null : platform.id()]));
	return platform.transaction(async (tx) => {
		const newIds = new Map<string, string | null>();
		for (const id of inside) {
			const [moved] = await tx.exec<{ to_id: string }>(
				'SELECT to_id FROM moves WHERE scope_id = ? AND id = ? AND to_scope = ?',
				[folder.scope, id, scope.id]
			);
			const row = rows.find((r) => r.id === id);
			const newId = moved ? (moved.to_id === TOP ? null : moved.to_id) : (fresh.get(id) ?? null);
			newIds.set(id, newId);
			if (moved) continue;
			if (newId !== null) {
				const parent = row?.parent_id ? (newIds.get(row.parent_id) ?? null) : null;
				await tx.exec('INSERT INTO folders (scope_id, id, name, parent_id) VALUES (?, ?, ?, ?)', [
					scope.scope,
					newId,
					row?.name ?? null,
					parent
				]);
			}
			await tx.exec('INSERT INTO moves (scope_id, id, to_scope, to_id) VALUES (?, ?, ?, ?)', [
				folder.scope,
				id,
				scope.id,
				newId ?? TOP
			]);
		}
		return newIds;
	});
}

async function moveOne(
	tx: Transaction,
	from: NoteRef,
	to: { id: string; scope: ScopeInfo; folder: string | null },
	now: number
): Promise<void> {
	// Through SQL from row to row: the text never leaves the engine.
	await tx.exec(
		`INSERT INTO notes (scope_id, id, title, excerpt, folder_id, created_at, edited_at, pinned_at, body)
		 SELECT ?, ?, title, excerpt, ?, created_at, edited_at, pinned_at, body FROM notes WHERE scope_id = ? AND id = ?`,
		[to.scope.scope, to.id, to.folder, from.scope_id, from.id]
	);
	await tx.exec(
		`INSERT INTO moves (scope_id, id, to_scope, to_id, edited_at)
		 SELECT scope_id, id, ?, ?, edited_at FROM notes WHERE scope_id = ? AND id = ?
		 ON CONFLICT (scope_id, id) DO UPDATE SET to_scope = excluded.to_scope, to_id = excluded.to_id, edited_at = excluded.edited_at`,
		[to.scope.id, to.id, from.scope_id, from.id]
	);
	await tx.exec('UPDATE notes SET deleted_at = ? WHERE scope_id = ? AND id = ?', [now, from.scope_id, from.id]);
}
