import { expect, test } from 'vitest';
import { folderEntries, possibleParents, within, type FolderEntry, type ScopeLike } from './places.ts';

const personal: ScopeLike = { scope: 'user:a', kind: 'user', name: '', role: 'OWNER', personal: true };
const garden: ScopeLike = { scope: 'folder:1', kind: 'folder', name: 'Garden', role: 'VIEWER', personal: false };
const attic: ScopeLike = { scope: 'folder:2', kind: 'folder', name: 'Attic', role: 'EDITOR', personal: false };
const folders = { kind: 'folder', unnamed: 'Shared folder' };
const row = (scope_id: string, id: string, name: string, parent_id: string | null = null) => ({
	scope_id,
	id,
	name,
	parent_id
});

test('private folders come first, then shared ones, each with what lies in it', () => {
	const rows = [row('user:a', 'z', 'Zoo'), row('folder:1', 'b', 'Beds'), row('folder:1', 'c', 'Carrots', 'b')];
	const shown = folderEntries([garden, personal, attic], rows, folders).map((e) => '-'.repeat(e.depth) + e.name);
	expect(shown).toEqual(['Zoo', 'Attic', 'Garden', '-Beds', '--Carrots']);
});

test('a shared folder shows its new name, and never no name', () => {
	const renamed = folderEntries([garden], [row('folder:1', 's:top', 'Allotment')], folders);
	expect(renamed.map((e) => [e.name, e.id])).toEqual([['Allotment', null]]);
	expect(folderEntries([{ ...garden, name: '' }], [], folders)[0]?.name).toBe('Shared folder');
});

test('a role in one shared folder says nothing about another', () => {
	const entries = folderEntries([garden, attic], [row('folder:1', 'b', 'Beds')], folders);
	expect(entries.map((e) => [e.name, e.role])).toEqual([
		['Attic', 'EDITOR'],
		['Garden', 'VIEWER'],
		['Beds', 'VIEWER']
	]);
});

test('a scope of another kind is not a folder', () => {
	expect(folderEntries([{ ...garden, kind: 'account' }], [], folders)).toEqual([]);
});

test('a folder cannot be moved into itself, into what it holds, or into another scope', () => {
	const rows = [
		row('user:a', 'a', 'A'),
		row('user:a', 'b', 'B', 'a'),
		row('user:a', 'c', 'C', 'b'),
		row('user:a', 'd', 'D')
	];
	const entries = folderEntries([personal, garden], rows, folders);
	const a = entries.find((e) => e.id === 'a') as FolderEntry;
	expect(within(entries, a).map((e) => e.id)).toEqual(['a', 'b', 'c']);
	expect(possibleParents(entries, a).map((e) => e.id)).toEqual(['d']);
});
