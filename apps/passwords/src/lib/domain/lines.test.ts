import { expect, test } from 'vitest';
import type { ItemLine } from './item.ts';
import { foldersByPath, folderWords, placeCounts, tagCounts } from './lines.ts';

const line = (id: string, more: Partial<ItemLine> = {}): ItemLine => ({
	scope_id: 'me',
	id,
	type: 'login',
	title: id,
	subtitle: null,
	folder_id: null,
	favourite_at: null,
	edited_at: 0,
	...more
});
const folder = (id: string, name: string, parent: string | null, scope = 'me') => ({
	scope,
	id,
	name,
	parent,
	depth: 0,
	shared: false,
	role: 'OWNER' as const
});

test('a tag counts the items that are shown, not those in the trash or of another vault with the same id', () => {
	const tags = [
		{ scope_id: 'me', item: 'a', name: 'money' },
		{ scope_id: 'me', item: 'trashed', name: 'money' },
		{ scope_id: 'other', item: 'a', name: 'home' }
	];
	expect(tagCounts(tags, [line('a')])).toEqual([['money', 1]]);
});

test('a vault counts what lies in its folders too', () => {
	const counts = placeCounts([line('a', { folder_id: 'f' }), line('b', { favourite_at: 1, type: 'card' })]);
	expect(Object.fromEntries(counts)).toEqual({ login: 1, card: 1, 'me/f': 1, 'me/': 2, favourites: 1 });
});

test('an import finds the folders that are there by their whole path, in its own vault only [PW-46]', () => {
	const folders = [folder('w', 'Work', null), folder('b', 'Banks', 'w'), folder('x', 'Banks', null, 'other')];
	expect([...foldersByPath(folders, 'me')]).toEqual([
		['Work', 'w'],
		['Work\nBanks', 'b']
	]);
	expect(folderWords(folders).get('me b')).toBe('Work Banks');
});
