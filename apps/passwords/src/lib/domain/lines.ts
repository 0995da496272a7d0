/** What is counted and put together from all lines of a vault. */

import { entryKey, type FolderEntry } from '@slf/suite/domain';
import { itemKey, type ItemLine } from './item.ts';
import type { Surroundings } from './search.ts';

/** For a search over nothing: after a vault was locked. */
export const NO_SURROUNDINGS: Surroundings = { addresses: [], tags: [], folders: new Map(), personal: '' };

/** The names of all tags that are on an item shown, with how many have each, by name. */
export function tagCounts(
	tags: readonly { scope_id: string; item: string; name: string }[],
	items: readonly ItemLine[]
): [name: string, items: number][] {
	const shown = new Set(items.map(itemKey));
	const counts = new Map<string, number>();
	for (const { scope_id, item, name } of tags) {
		if (shown.has(itemKey({ scope_id, id: item }))) counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return [...counts].sort(([a], [b]) => a.localeCompare(b));
}

/** How many items are in each place: by type, by folder (`entryKey`), and `favourites`. */
export function placeCounts(items: readonly ItemLine[]): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
	for (const line of items) {
		add(line.type);
		add(entryKey({ scope: line.scope_id, id: line.folder_id }));
		// A shared vault counts all that is in it.
		if (line.folder_id !== null) add(entryKey({ scope: line.scope_id, id: null }));
		if (line.favourite_at !== null) add('favourites');
	}
	return counts;
}

/** The path of each folder in words, by scope and id: what search looks through. */
export function folderWords(folders: readonly FolderEntry[]): ReadonlyMap<string, string> {
	const paths = new Map<string, string>();
	for (const { scope, id, parent, name } of folders) {
		const above = parent === null ? '' : (paths.get(`${scope} ${parent}`) ?? '');
		if (id !== null) paths.set(`${scope} ${id}`, above === '' ? name : `${above} ${name}`);
	}
	return paths;
}

/** The folders of one vault by their path, names joined by a line end: what an import comes into. */
export function foldersByPath(folders: readonly FolderEntry[], scope: string): ReadonlyMap<string, string> {
	const known = new Map<string, string>();
	const paths = new Map<string, string>();
	for (const { scope: of, id, parent, name } of folders) {
		if (of !== scope || id === null) continue;
		const above = parent === null ? '' : (paths.get(parent) ?? '');
		const path = above === '' ? name : `${above}\n${name}`;
		paths.set(id, path);
		known.set(path, id);
	}
	return known;
}
