/**
 * The folders a person sees, from two sources: rows of the personal scope, and scopes of one kind, each of
 * which is one shared folder. In one list, in the order in which it is shown: the private tree, then what is shared.
 */

import { flattened, folderTree, type FolderRow } from './folders.ts';

export interface ScopeLike {
	scope: string;
	kind: string;
	name: string;
	role: 'OWNER' | 'EDITOR' | 'VIEWER';
	personal: boolean;
}

export interface FolderEntry {
	scope: string;
	/** Null: the top of a shared folder, which is the scope itself. */
	id: string | null;
	name: string;
	depth: number;
	parent: string | null;
	/** Lies in a scope that others may be members of. */
	shared: boolean;
	role: ScopeLike['role'];
}

/** The id of the row that names a shared folder after its name was changed: within its scope it has no row else. */
export const TOP = 's:top';

/** How an app shares folders. */
export interface SharedFolders {
	/** The kind of its scopes. */
	readonly kind: string;
	/** What one without a name is called. */
	readonly unnamed: string;
}

export function folderEntries(
	scopes: readonly ScopeLike[],
	rows: readonly FolderRow[],
	{ kind, unnamed }: SharedFolders
): FolderEntry[] {
	const entries: FolderEntry[] = [];
	const shared = scopes
		.filter((scope) => !scope.personal && scope.kind === kind)
		.map((scope) => ({ ...scope, name: nameOf(scope, rows) || unnamed }))
		.sort((a, b) => byName.compare(a.name, b.name) || (a.scope < b.scope ? -1 : 1));

	for (const scope of [...scopes.filter((s) => s.personal), ...shared]) {
		const inScope = rows.filter((row) => row.scope_id === scope.scope && row.id !== TOP);
		const lift = scope.personal ? 0 : 1;
		if (!scope.personal) {
			entries.push({
				scope: scope.scope,
				id: null,
				name: scope.name,
				depth: 0,
				parent: null,
				shared: true,
				role: scope.role
			});
		}
		for (const folder of flattened(folderTree(inScope))) {
			entries.push({
				scope: scope.scope,
				id: folder.id,
				name: folder.name ?? '',
				depth: folder.depth + lift,
				parent: folder.parent_id,
				shared: !scope.personal,
				role: scope.role
			});
		}
	}
	return entries;
}

/** A folder and all folders within it. They stand in the order of the tree: what is within follows and is deeper. */
export function within(entries: readonly FolderEntry[], folder: FolderEntry): FolderEntry[] {
	const at = entries.findIndex((entry) => entry.scope === folder.scope && entry.id === folder.id);
	const found: FolderEntry[] = [];
	for (const entry of entries.slice(Math.max(0, at))) {
		if (entry !== entries[at] && (entry.scope !== folder.scope || entry.depth <= folder.depth)) break;
		found.push(entry);
	}
	return at < 0 ? [] : found;
}

/** The folders into which a folder may go: those of its scope that are not within it. */
export function possibleParents(entries: readonly FolderEntry[], folder: FolderEntry): FolderEntry[] {
	const inside = within(entries, folder);
	return entries.filter((entry) => entry.scope === folder.scope && !inside.includes(entry));
}

/** One string for an entry, for keys and for the address. */
export function entryKey({ scope, id }: { scope: string; id: string | null }): string {
	return `${scope}/${id ?? ''}`;
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function nameOf(scope: ScopeLike, rows: readonly FolderRow[]): string {
	const renamed = rows.find((row) => row.scope_id === scope.scope && row.id === TOP)?.name;
	return renamed || scope.name;
}
