import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type Platform } from '@slf/platform/node';
import { parseSearch } from '#lib/domain/search.ts';
import { createFolder, renameFolder, restoreFolders, trashFolders } from './folders.ts';
import { keepHeadlines } from './headlines.ts';
import { continueMoves, moveNote, moveOf, shareFolder } from './moving.ts';
import * as notes from './notes.ts';

/** The real engine over a real folder: what is tested here is the SQL, and it has nothing to say without one. */
let platform: Platform;
let personal: string;
const dir = mkdtempSync(join(tmpdir(), 'notes-data-'));
const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');

beforeAll(async () => {
	platform = await openPlatform({ dir, app: 'notes', schema });
	personal = await platform.scopes.personal();
});

afterAll(async () => {
	await platform.close();
	rmSync(dir, { recursive: true });
});

const ask = <R extends object>(query: notes.Query<R>) => platform.exec<R>(query.sql, query.params);
const titles = async (query: notes.Query<{ title: string | null }>) =>
	(await platform.exec<{ title: string }>(query.sql, query.params)).map((row) => row.title);

let time = 1_000;
async function write(text: string, folder: string | null = null): Promise<notes.NoteRef> {
	const note = await notes.createNote(platform, { scope: personal, folder }, ++time);
	const handle = await platform.text('notes', note.scope_id, note.id, 'body');
	await handle.edit([[0, 0, text]], handle.version);
	handle.close();
	const [title = '', ...rest] = text.split('\n');
	await notes.saveHeadline(platform, note, { title, excerpt: rest.join(' ') }, ++time);
	return note;
}

const found = (query: string, folders: { scope_id: string; id: string }[] = []) =>
	titles(notes.notesFound(parseSearch(query), folders, personal, 20));

test('[V-5] a list shows pinned notes first, then the newest, and no body', async () => {
	const old = await write('Old\nwords');
	await write('Middle');
	await write('New');
	await notes.pinNote(platform, old, ++time);
	expect((await titles(notes.notesIn({ kind: 'all' }, 3))).slice(0, 3)).toEqual(['Old', 'New', 'Middle']);
	const [first] = await ask(notes.notesIn({ kind: 'all' }, 1));
	expect(Object.keys(first ?? {})).not.toContain('body');
	await notes.pinNote(platform, old, null);
});

test('words typed a moment ago are found, accents or not, and words taken out are not', async () => {
	const note = await write('Drinks\ncafé noir');
	expect(await found('CAFE')).toEqual(['Drinks']);
	const handle = await platform.text('notes', note.scope_id, note.id, 'body');
	await handle.edit([[7, 11, 'milk']], handle.version);
	handle.close();
	expect(await found('cafe')).toEqual([]);
	expect(await found('mil')).toEqual(['Drinks']);
	expect(await found('noir -milk')).toEqual([]);
});

test('a word in the title counts more than one in the text', async () => {
	await write('Letter\nabout the harbour, the harbour and the harbour');
	await write('Harbour\nsomething else');
	expect(await found('harbour')).toEqual(['Harbour', 'Letter']);
	expect(await found('title:harbour')).toEqual(['Harbour']);
});

test('a note in the trash is neither listed nor found, and comes back', async () => {
	const note = await write('Zebra');
	await notes.trashNote(platform, note, ++time);
	expect(await found('zebra')).toEqual([]);
	expect(await titles(notes.notesIn({ kind: 'trash' }, 10))).toContain('Zebra');
	await notes.restoreNote(platform, note);
	expect(await found('zebra')).toEqual(['Zebra']);
	await notes.purgeNote(platform, note);
	expect(await found('zebra')).toEqual([]);
	expect(await ask(notes.noteWithId(note.id, undefined))).toEqual([]);
});

test('deleting a folder takes its notes to the trash, and undo brings back exactly those', async () => {
	const folder = await createFolder(platform, { scope: personal, parent: null, name: 'Garden' });
	const early = await write('Deleted before', folder);
	await notes.trashNote(platform, early, ++time);
	await write('Carrots', folder);
	const place = { kind: 'folder', scope: personal, id: folder } as const;
	expect(await titles(notes.notesIn(place, 10))).toEqual(['Carrots']);

	const at = ++time;
	await trashFolders(platform, personal, [folder], at);
	expect(await titles(notes.notesIn(place, 10))).toEqual([]);
	await restoreFolders(platform, personal, [folder], at);
	expect(await titles(notes.notesIn(place, 10))).toEqual(['Carrots']);
});

test('in: looks in the folders it names, and in none when none has the name', async () => {
	const folder = await createFolder(platform, { scope: personal, parent: null, name: 'Recipes' });
	await write('Soup', folder);
	expect(await found('in:rec', [{ scope_id: personal, id: folder }])).toEqual(['Soup']);
	expect(await found('in:nowhere')).toEqual([]);
});

test('sharing a folder moves its notes and folders into a scope of their own, text and all', async () => {
	const folder = await createFolder(platform, { scope: personal, parent: null, name: 'Trip' });
	const inside = await createFolder(platform, { scope: personal, parent: folder, name: 'Hotels' });
	const plan = await write('Plan\nwith every word', folder);
	await write('Hotel list', inside);

	const steps: number[] = [];
	const scope = await shareFolder(
		platform,
		{ scope: personal, id: folder, name: 'Trip' },
		() => ++time,
		(p) => steps.push(p.done)
	);
	expect(steps).toEqual([0, 1, 2]);
	expect(await titles(notes.notesIn({ kind: 'folder', scope: scope.scope, id: null }, 10))).toEqual(['Plan']);
	const [hotels] = await platform.exec<{ id: string; name: string }>(
		'SELECT id, name FROM folders WHERE scope_id = ?',
		[scope.scope]
	);
	expect(hotels?.name).toBe('Hotels');
	expect(await titles(notes.notesIn({ kind: 'folder', scope: scope.scope, id: hotels?.id ?? '' }, 10))).toEqual([
		'Hotel list'
	]);
	expect(await found('every')).toEqual(['Plan']);

	// Where it was there is a redirection, nothing in the list, nothing in the trash, and nothing left to continue.
	const [move] = await ask(moveOf(plan.id));
	expect(move?.to_scope).toBe(scope.id);
	expect(await titles(notes.notesIn({ kind: 'folder', scope: personal, id: folder }, 10))).toEqual([]);
	expect(await titles(notes.notesIn({ kind: 'trash' }, 50))).not.toContain('Plan');
	expect(await platform.exec('SELECT * FROM moving')).toEqual([]);

	// Another device that had not heard of it wrote into the original: that shows in the trash, and is not lost.
	await notes.saveHeadline(platform, plan, { title: 'Plan, written on the train', excerpt: '' }, ++time);
	expect(await titles(notes.notesIn({ kind: 'trash' }, 50))).toContain('Plan, written on the train');
});

test('[V-6] a move that was cut short goes on at the next start, and makes nothing twice', async () => {
	const folder = await createFolder(platform, { scope: personal, parent: null, name: 'Boxes' });
	await write('First', folder);
	await write('Second', folder);
	const stop = new Error('the page went away');
	const cut = shareFolder(
		platform,
		{ scope: personal, id: folder, name: 'Boxes' },
		() => ++time,
		({ done }) => {
			if (done === 1) throw stop;
		}
	);
	await expect(cut).rejects.toBe(stop);
	await continueMoves(platform, () => ++time);
	const shared = (await platform.scopes.list()).find((s) => s.name === 'Boxes');
	const inScope = await titles(notes.notesIn({ kind: 'folder', scope: shared?.scope ?? '', id: null }, 10));
	expect(inScope.toSorted()).toEqual(['First', 'Second']);
	expect(await platform.exec('SELECT * FROM moving')).toEqual([]);
});

test('a shared folder is renamed for everybody in it', async () => {
	const scope = await platform.scopes.create('folder', { name: 'Before' });
	await renameFolder(platform, scope.scope, null, 'Between');
	await renameFolder(platform, scope.scope, null, 'After');
	const rows = await platform.exec<{ name: string }>('SELECT name FROM folders WHERE scope_id = ?', [scope.scope]);
	expect(rows.map((row) => row.name)).toEqual(['After']);
});

test('one note can move to a shared folder and leaves a redirection', async () => {
	const scope = await platform.scopes.create('folder', { name: 'Club' });
	const note = await write('Minutes\nof the meeting');
	const moved = await moveNote(platform, note, { scope, folder: null }, ++time);
	expect(moved.scope_id).toBe(scope.scope);
	const [row] = await platform.exec<{ body: string }>('SELECT body FROM notes WHERE scope_id = ? AND id = ?', [
		moved.scope_id,
		moved.id
	]);
	expect(row?.body).toBe('Minutes\nof the meeting');
	expect(await found('meeting')).toEqual(['Minutes']);
});

test('[V-14] a note whose page was closed before its title was written gets it from its text, later ones too', async () => {
	const lost = await notes.createNote(platform, { scope: personal, folder: null }, ++time);
	const type = async (note: notes.NoteRef, text: string) => {
		const handle = await platform.text('notes', note.scope_id, note.id, 'body');
		await handle.edit([[0, 0, text]], handle.version);
		handle.close();
	};
	await type(lost, '# Left behind\nwords');
	const stop = await keepHeadlines(platform, () => new Promise((done) => setTimeout(done, 20)));
	expect((await ask(notes.noteWithId(lost.id, personal)))[0]).toMatchObject({ title: 'Left behind', excerpt: 'words' });
	const later = await notes.createNote(platform, { scope: personal, folder: null }, ++time);
	await type(later, 'Came later');
	await expect.poll(async () => (await ask(notes.noteWithId(later.id, personal)))[0]?.title).toBe('Came later');
	stop();
});
