/**
 * Folders as a tree.
 *
 * Rows name their parent; two devices that move A into B and B into A at the same time leave a cycle when they
 * merge. Every device must show the same tree, so the rule looks at nothing but the rows: of each cycle the folder
 * with the smallest id stands at the top. A parent that is missing, deleted, or of another scope counts as none.
 */

export interface FolderRow {
	id: string;
	scope_id: string;
	name: string | null;
	parent_id: string | null;
}

export interface Folder extends FolderRow {
	depth: number;
	children: Folder[];
}

/** The tops of the tree, each level by name. */
export function folderTree(rows: readonly FolderRow[]): Folder[] {
	const folders = new Map<string, Folder>();
	for (const row of rows) folders.set(keyOf(row), { ...row, depth: 0, children: [] });

	const parentOf = (folder: Folder) =>
		folder.parent_id === null ? undefined : folders.get(keyOf({ scope_id: folder.scope_id, id: folder.parent_id }));
	const cut = topsOfCycles([...folders.values()], parentOf);

	const tops: Folder[] = [];
	for (const folder of folders.values()) {
		const parent = cut.has(folder) ? undefined : parentOf(folder);
		(parent?.children ?? tops).push(folder);
	}
	arrange(tops, 0);
	return tops;
}

/** The tree in the order in which it is shown. */
export function flattened(tops: readonly Folder[]): Folder[] {
	return tops.flatMap((folder) => [folder, ...flattened(folder.children)]);
}

/** The ids of a folder and of all folders within it. */
export function withDescendants(folder: Folder): string[] {
	return flattened([folder]).map((f) => f.id);
}

export function findFolder(tops: readonly Folder[], id: string, scope: string): Folder | undefined {
	return flattened(tops).find((f) => f.id === id && f.scope_id === scope);
}

function keyOf({ scope_id, id }: { scope_id: string; id: string }): string {
	return scope_id + '\n' + id;
}

function topsOfCycles(folders: readonly Folder[], parentOf: (folder: Folder) => Folder | undefined): Set<Folder> {
	const tops = new Set<Folder>();
	const done = new Set<Folder>();
	for (const start of folders) {
		const path: Folder[] = [];
		const onPath = new Set<Folder>();
		let folder: Folder | undefined = start;
		while (folder !== undefined && !done.has(folder) && !onPath.has(folder)) {
			path.push(folder);
			onPath.add(folder);
			folder = parentOf(folder);
		}
		if (folder !== undefined && onPath.has(folder)) {
			const cycle = path.slice(path.indexOf(folder));
			tops.add(cycle.reduce((least, f) => (f.id < least.id ? f : least)));
		}
		for (const passed of path) done.add(passed);
	}
	return tops;
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function arrange(folders: Folder[], depth: number): void {
	folders.sort((a, b) => byName.compare(a.name ?? '', b.name ?? '') || (a.id < b.id ? -1 : 1));
	for (const folder of folders) {
		folder.depth = depth;
		arrange(folder.children, depth + 1);
	}
}
