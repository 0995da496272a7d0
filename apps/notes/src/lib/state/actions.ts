/** What a person does to notes and folders from more than one screen: the command, then the word about it. */

import { clock } from '@slf/suite';
import { canWrite, counted, within, type FolderEntry } from '@slf/suite/domain';
import type { NoteRef } from '#lib/data/notes.ts';
import * as folders from '#lib/data/folders.ts';
import * as moving from '#lib/data/moving.ts';
import * as notes from '#lib/data/notes.ts';
import { noteKey, type Place } from '#lib/domain/note.ts';
import type { App } from './app.svelte.ts';

/** A new note where the person is; in their own notes when they may not write there. */
export async function newNote(app: App, place: Place): Promise<NoteRef | undefined> {
	const here = place.kind === 'folder' && canWrite(app.roleIn(place.scope)) ? place : undefined;
	const where = here ? { scope: here.scope, folder: here.id } : { scope: app.personal, folder: null };
	const note = await app.attempt(() => notes.createNote(app.platform, where, clock.now));
	if (note) app.fresh.add(noteKey(note));
	return note;
}

/** A note that was made and left without a word does not stay. */
export async function leaveNote(app: App, note: NoteRef, empty: boolean): Promise<void> {
	const fresh = app.fresh.delete(noteKey(note));
	if (fresh && empty) await app.attempt(() => notes.purgeNote(app.platform, note));
}

export async function trash(app: App, note: NoteRef): Promise<boolean> {
	const done = await app.attempt(async () => {
		await notes.trashNote(app.platform, note, clock.now);
		return true;
	});
	if (!done) return false;
	app.toasts.show('Moved to the trash.', { action: { label: 'Undo', run: () => void restore(app, note) } });
	return true;
}

export async function restore(app: App, note: NoteRef): Promise<void> {
	await app.attempt(() => notes.restoreNote(app.platform, note));
}

export async function purge(app: App, note: NoteRef): Promise<void> {
	await app.attempt(() => notes.purgeNote(app.platform, note));
}

export async function emptyTrash(app: App): Promise<void> {
	const writable = [app.personal];
	for (const scope of app.scopes.current ?? []) {
		if (!scope.personal && canWrite(scope.role)) writable.push(scope.scope);
	}
	await app.attempt(() => notes.emptyTrash(app.platform, writable));
}

export async function togglePin(app: App, note: NoteRef & { pinned_at: number | null }): Promise<void> {
	await app.attempt(() => notes.pinNote(app.platform, note, note.pinned_at === null ? clock.now : null));
}

/** Moves a note to a folder, of its own scope or another. Gives its name there. */
export async function moveToFolder(
	app: App,
	note: NoteRef & { folder_id: string | null },
	to: { scope: string; id: string | null; name: string }
): Promise<NoteRef | undefined> {
	if (to.scope === note.scope_id) {
		const before = note.folder_id;
		const done = await app.attempt(async () => {
			await notes.putInFolder(app.platform, note, to.id);
			return true;
		});
		if (!done) return undefined;
		app.toasts.show(`Moved to ${to.name}.`, {
			action: { label: 'Undo', run: () => void app.attempt(() => notes.putInFolder(app.platform, note, before)) }
		});
		return note;
	}
	const scope = app.scopes.current?.find((s) => s.scope === to.scope);
	if (!scope) return undefined;
	const moved = await app.attempt(() => moving.moveNote(app.platform, note, { scope, folder: to.id }, clock.now));
	if (moved) app.toasts.show(`Moved to ${to.name}.`);
	return moved;
}

export async function newFolder(app: App, name: string, parent?: FolderEntry): Promise<string | undefined> {
	const at = parent ? { scope: parent.scope, parent: parent.id } : { scope: app.personal, parent: null };
	return app.attempt(() => folders.createFolder(app.platform, { ...at, name }));
}

export async function rename(app: App, folder: FolderEntry, name: string): Promise<void> {
	await app.attempt(() => folders.renameFolder(app.platform, folder.scope, folder.id, name));
}

/** Into another folder of its scope, or (null) to the top. */
export async function moveFolderTo(
	app: App,
	folder: FolderEntry & { id: string },
	to: { id: string | null; name: string }
): Promise<void> {
	const before = folder.parent;
	const move = (parent: string | null) =>
		app.attempt(async () => {
			await folders.moveFolder(app.platform, folder.scope, folder.id, parent);
			return true;
		});
	if (await move(to.id)) {
		app.toasts.show(`Moved to ${to.name}.`, { action: { label: 'Undo', run: () => void move(before) } });
	}
}

/** Not for the top of a shared folder: that is a scope, and one leaves a scope or stays. */
export async function trashFolder(app: App, folder: FolderEntry & { id: string }): Promise<boolean> {
	const ids = within(app.folders, folder).flatMap(({ id }) => id ?? []);
	const at = clock.now;
	const done = await app.attempt(async () => {
		await folders.trashFolders(app.platform, folder.scope, ids, at);
		return true;
	});
	if (!done) return false;
	const what =
		ids.length === 1 ? `“${folder.name}”` : `“${folder.name}” and ${counted(ids.length - 1, 'folder')} in it`;
	app.toasts.show(`Deleted ${what}. The notes are in the trash.`, {
		action: {
			label: 'Undo',
			run: () => void app.attempt(() => folders.restoreFolders(app.platform, folder.scope, ids, at))
		}
	});
	return true;
}
