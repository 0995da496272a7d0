/** Notes in the database: what lists and screens ask, and what a person can do to a note. */

import type { Platform, SqlValue } from '@slf/platform';
import type { NoteLine, Place } from '#lib/domain/note.ts';
import type { Search } from '#lib/domain/search.ts';
import type { FolderRow } from '@slf/suite/domain';

/** A SELECT to keep live; `name` is a label for diagnostics. `Row` is what it gives. */
export interface Query<Row> {
	readonly name: string;
	readonly sql: string;
	readonly params: readonly SqlValue[];
	/** Carries the type; never set. */
	readonly row?: Row;
}

/** Names one note. */
export interface NoteRef {
	scope_id: string;
	id: string;
}

// No list ever reads a body.
const LINE = 'scope_id, id, title, excerpt, folder_id, pinned_at, edited_at';
const ORDER = 'pinned_at DESC, edited_at DESC, id DESC';
/** Original of a note that moved to another scope, and unchanged since: neither a note nor trash. */
const MOVED_AWAY =
	'EXISTS (SELECT 1 FROM moves WHERE moves.scope_id = notes.scope_id AND moves.id = notes.id AND moves.edited_at IS notes.edited_at)';

export function notesIn(place: Place, limit: number): Query<NoteLine> {
	switch (place.kind) {
		case 'all':
			return {
				name: 'notes',
				sql: `SELECT ${LINE} FROM notes WHERE deleted_at IS NULL ORDER BY ${ORDER} LIMIT ?`,
				params: [limit]
			};
		case 'folder':
			return {
				name: 'notes-in-folder',
				sql: `SELECT ${LINE} FROM notes WHERE scope_id = ? AND folder_id IS ? AND deleted_at IS NULL ORDER BY ${ORDER} LIMIT ?`,
				params: [place.scope, place.id, limit]
			};
		case 'trash':
			return {
				name: 'notes-in-trash',
				sql: `SELECT ${LINE} FROM notes WHERE deleted_at IS NOT NULL AND NOT ${MOVED_AWAY} ORDER BY deleted_at DESC, id DESC LIMIT ?`,
				params: [limit]
			};
	}
}

export interface NoteCount {
	scope_id: string;
	folder_id: string | null;
	notes: number;
}

export function noteCounts(): Query<NoteCount> {
	return {
		name: 'note-counts',
		sql: 'SELECT scope_id, folder_id, count(*) AS notes FROM notes WHERE deleted_at IS NULL GROUP BY scope_id, folder_id',
		params: []
	};
}

export interface OpenNote extends NoteLine {
	created_at: number | null;
	deleted_at: number | null;
}

/** The note with this id, whether or not in the trash. Without `scope`, at most one for each scope. */
export function noteWithId(id: string, scope: string | undefined): Query<OpenNote> {
	const columns = `${LINE}, created_at, deleted_at`;
	return scope === undefined
		? { name: 'note', sql: `SELECT ${columns} FROM notes WHERE id = ? ORDER BY scope_id LIMIT 8`, params: [id] }
		: { name: 'note', sql: `SELECT ${columns} FROM notes WHERE scope_id = ? AND id = ?`, params: [scope, id] };
}

export interface FoundNote extends NoteLine {
	/** The first 64 Ki characters: enough to show where the words stand in nearly every note. */
	body: string | null;
}

/**
 * The notes that answer a search, best first. A word in the title counts eight times one in the text.
 *
 * @param folders the folders that `in:` names, already looked up; an empty list when it names none that exists
 */
export function notesFound(
	search: Search,
	folders: readonly Pick<FolderRow, 'scope_id' | 'id'>[],
	personal: string,
	limit: number
): Query<FoundNote> {
	const where: string[] = ['deleted_at IS NULL'];
	const params: SqlValue[] = [];
	if (search.match !== undefined) {
		where.push('notes_search MATCH ?');
		params.push(search.match);
	}
	if (search.without !== undefined) {
		where.push('notes.rowid NOT IN (SELECT rowid FROM notes_search WHERE notes_search MATCH ?)');
		params.push(search.without);
	}
	if (search.folders.length > 0) {
		const places = folders.map(({ scope_id, id }) => {
			params.push(scope_id, id === '' ? null : id);
			return '(notes.scope_id = ? AND folder_id IS ?)';
		});
		where.push(places.length === 0 ? 'FALSE' : `(${places.join(' OR ')})`);
	}
	if (search.pinned) where.push('pinned_at IS NOT NULL');
	if (search.shared) {
		where.push('notes.scope_id <> ?');
		params.push(personal);
	}
	params.push(limit);

	const columns = LINE.split(', ')
		.map((column) => `notes.${column}`)
		.join(', ');
	const [source, order] =
		search.match === undefined
			? ['notes', ORDER]
			: [
					'notes_search JOIN notes ON notes.rowid = notes_search.rowid',
					'bm25(notes_search, 8.0, 1.0), edited_at DESC, notes.id DESC'
				];
	return {
		name: 'search',
		sql: `SELECT ${columns}, substr(notes.body, 1, 65536) AS body FROM ${source} WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`,
		params
	};
}

/** An empty note. Its words come through the editor. */
export async function createNote(
	platform: Platform,
	place: { scope: string; folder: string | null },
	now: number
): Promise<NoteRef> {
	const id = platform.id();
	await platform.exec('INSERT INTO notes (scope_id, id, folder_id, created_at, edited_at) VALUES (?, ?, ?, ?, ?)', [
		place.scope,
		id,
		place.folder,
		now,
		now
	]);
	return { scope_id: place.scope, id };
}

/** What lists show of a note, after its text changed. */
export async function saveHeadline(
	platform: Platform,
	{ scope_id, id }: NoteRef,
	headline: { title: string; excerpt: string },
	now: number
): Promise<void> {
	await platform.exec('UPDATE notes SET title = ?, excerpt = ?, edited_at = ? WHERE scope_id = ? AND id = ?', [
		headline.title,
		headline.excerpt,
		now,
		scope_id,
		id
	]);
}

export async function pinNote(platform: Platform, { scope_id, id }: NoteRef, at: number | null): Promise<void> {
	await platform.exec('UPDATE notes SET pinned_at = ? WHERE scope_id = ? AND id = ?', [at, scope_id, id]);
}

/** Into a folder of the same scope. Another scope: `moving.ts`. */
export async function putInFolder(platform: Platform, { scope_id, id }: NoteRef, folder: string | null): Promise<void> {
	await platform.exec('UPDATE notes SET folder_id = ? WHERE scope_id = ? AND id = ?', [folder, scope_id, id]);
}

export async function trashNote(platform: Platform, { scope_id, id }: NoteRef, now: number): Promise<void> {
	await platform.exec('UPDATE notes SET deleted_at = ? WHERE scope_id = ? AND id = ?', [now, scope_id, id]);
}

export async function restoreNote(platform: Platform, { scope_id, id }: NoteRef): Promise<void> {
	await platform.exec('UPDATE notes SET deleted_at = NULL WHERE scope_id = ? AND id = ?', [scope_id, id]);
}

/** For good, on every device that holds it. */
export async function purgeNote(platform: Platform, { scope_id, id }: NoteRef): Promise<void> {
	await platform.exec('DELETE FROM notes WHERE scope_id = ? AND id = ?', [scope_id, id]);
}

/** Empties the trash of these scopes for good, originals of moved notes included. A transaction for each scope. */
export async function emptyTrash(platform: Platform, scopes: readonly string[]): Promise<void> {
	for (const scope of scopes) {
		await platform.exec('DELETE FROM notes WHERE scope_id = ? AND deleted_at IS NOT NULL', [scope]);
	}
}
