/** What a note is to the screens: rows as the queries of `data/` give them. */

export interface NoteLine {
	scope_id: string;
	id: string;
	title: string | null;
	excerpt: string | null;
	folder_id: string | null;
	pinned_at: number | null;
	edited_at: number | null;
}

export interface Note extends NoteLine {
	created_at: number | null;
	deleted_at: number | null;
}

/** Which notes a list shows. A folder without `id` is the top of a shared folder, which is its scope. */
export type Place = { kind: 'all' } | { kind: 'folder'; scope: string; id: string | null } | { kind: 'trash' };

export const UNTITLED = 'New note';

/** One string for a note in lists: ids are unique within a scope only, and another person chooses theirs. */
export function noteKey(note: { scope_id: string; id: string }): string {
	return `${note.scope_id} ${note.id}`;
}

export function samePlace(a: Place, b: Place): boolean {
	if (a.kind !== b.kind) return false;
	return a.kind !== 'folder' || b.kind !== 'folder' || (a.scope === b.scope && a.id === b.id);
}
