import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flattened, folderTree, type Folder, type FolderRow } from './folders.ts';

const row = (id: string, parent_id: string | null, scope_id = 'user:a'): FolderRow => ({
	id,
	scope_id,
	name: id,
	parent_id
});
const drawn = (tops: Folder[]) => flattened(tops).map((f) => '-'.repeat(f.depth) + f.id);

test('folders stand under their parents, by name', () => {
	expect(drawn(folderTree([row('b', null), row('a2', 'b'), row('a10', 'b'), row('a', null)]))).toEqual([
		'a',
		'b',
		'-a2',
		'-a10'
	]);
});

test('[V-7] two devices that moved A into B and B into A see the same tree', () => {
	const rows = [row('b', 'a'), row('a', 'b'), row('c', 'b')];
	expect(drawn(folderTree(rows))).toEqual(['a', '-b', '--c']);
	expect(drawn(folderTree(rows.toReversed()))).toEqual(['a', '-b', '--c']);
});

test('a folder that is its own parent is a top', () => {
	expect(drawn(folderTree([row('a', 'a')]))).toEqual(['a']);
});

test('a parent that is gone, or of another scope, counts as none', () => {
	expect(drawn(folderTree([row('a', 'gone'), row('b', 'a', 'folder:x')]))).toEqual(['a', 'b']);
});

test('whatever the parents are, every folder is shown once and the order of rows does not matter', () => {
	const ids = ['a', 'b', 'c', 'd', 'e'];
	const rows = fc.tuple(...ids.map((id) => fc.constantFrom(null, ...ids).map((parent) => row(id, parent))));
	fc.assert(
		fc.property(rows, fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (list, order) => {
			const shown = drawn(folderTree(list));
			expect(shown.map((s) => s.replaceAll('-', '')).sort()).toEqual(ids);
			const shuffled = list
				.map((r, i) => [order[i] ?? 0, r] as const)
				.sort((x, y) => x[0] - y[0])
				.map(([, r]) => r);
			expect(drawn(folderTree(shuffled))).toEqual(shown);
		})
	);
});
