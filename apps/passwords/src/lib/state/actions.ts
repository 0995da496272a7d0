/** What a person does to items and folders from more than one screen: the command, then the word about it. */

import { clock } from '@slf/suite';
import { canWrite, counted, within, type FolderEntry } from '@slf/suite/domain';
import * as folders from '#lib/data/folders.ts';
import * as items from '#lib/data/items.ts';
import { moveItem } from '#lib/data/moving.ts';
import type { ItemRef } from '#lib/data/query.ts';
import { partId, type ItemLine } from '#lib/domain/item.ts';
import { otpCode, parseOtp } from '#lib/domain/otp.ts';
import type { Place } from '#lib/domain/place.ts';
import { STAYS } from './clipboard.ts';
import type { App } from './app.svelte.ts';

/** Where a new item goes: the vault and folder on screen; the person's own where they may not write there. */
export function homeOf(app: App, place: Place): { scope: string; folder: string | null } {
	return place.kind === 'folder' && canWrite(app.roleIn(place.scope))
		? { scope: place.scope, folder: place.id }
		: { scope: app.personal, folder: null };
}

/** Copies a secret, and says how long it stays and what cannot be promised. */
export async function copySecret(app: App, name: string, value: string): Promise<void> {
	try {
		await app.clipboard.copy(value);
	} catch {
		app.toasts.show('This browser did not allow copying. Show the value and copy it yourself.', { tone: 'danger' });
		return;
	}
	app.toasts.show(`${name} copied. Cleared in ${STAYS / 1000} s, or when you come back to this page after that.`, {
		action: { label: 'Clear now', run: () => void app.clipboard.clear() }
	});
}

/** Copies what is no secret; it stays in the clipboard. */
export async function copyPlain(app: App, name: string, value: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(value);
		app.toasts.show(`${name} copied.`);
	} catch {
		app.toasts.show('This browser did not allow copying. Select the text and copy it yourself.', { tone: 'danger' });
	}
}

const NAMES = { username: 'User name', password: 'Password', totp: 'One-time code' } as const;

/** One key to copy what a login consists of. A card's number stands for its password, an identity's e-mail for its name. */
export async function copyPart(app: App, line: ItemLine, wanted: keyof typeof NAMES): Promise<void> {
	const slots: Record<keyof typeof NAMES, readonly string[]> = {
		username: line.type === 'identity' ? ['email', 'username'] : line.type === 'card' ? ['holder'] : ['username'],
		password: line.type === 'card' ? ['number'] : ['password'],
		totp: ['totp']
	};
	for (const slot of slots[wanted]) {
		const value = await app.attempt(() => items.openField(app.platform, line.scope_id, partId(line.id, slot)));
		if (value === undefined) continue;
		if (wanted !== 'totp') return copySecret(app, NAMES[wanted], value);
		const parsed = parseOtp(value);
		if (parsed.ok) return copySecret(app, NAMES.totp, otpCode(parsed.otp, Date.now()).code);
	}
	app.toasts.show(`There is no ${NAMES[wanted].toLowerCase()} in this item.`);
}

export async function toggleFavourite(app: App, line: ItemLine): Promise<void> {
	const at = line.favourite_at === null ? clock.now : null;
	await app.attempt(() => items.setFavourite(app.platform, line, at));
}

export async function trash(app: App, item: ItemRef): Promise<boolean> {
	const done = await app.attempt(async () => {
		await items.trashItem(app.platform, item, clock.now);
		return true;
	});
	if (!done) return false;
	app.toasts.show('Moved to the trash.', { action: { label: 'Undo', run: () => void restore(app, item) } });
	return true;
}

export async function restore(app: App, item: ItemRef): Promise<void> {
	await app.attempt(() => items.restoreItem(app.platform, item));
}

export async function purge(app: App, item: ItemRef): Promise<void> {
	await app.attempt(() => items.purgeItem(app.platform, item));
}

export async function emptyTrash(app: App): Promise<void> {
	const scopes = app.scopeList.filter(({ role }) => canWrite(role)).map(({ scope }) => scope);
	await app.attempt(() => items.emptyTrash(app.platform, scopes));
}

/** Into a folder, of the same vault or another. Gives the item's name, which another vault changes. */
export async function moveTo(
	app: App,
	item: ItemLine,
	target: { scope: string; id: string | null; name: string }
): Promise<ItemRef | undefined> {
	if (target.scope === item.scope_id) {
		const before = item.folder_id;
		const moved = await app.attempt(async () => {
			await items.putInFolder(app.platform, item, target.id);
			return item;
		});
		if (moved) {
			const back = () => void app.attempt(() => items.putInFolder(app.platform, item, before));
			app.toasts.show(`Moved to “${target.name}”.`, { action: { label: 'Undo', run: back } });
		}
		return moved;
	}
	const scope = app.scopeList.find((s) => s.scope === target.scope);
	if (!scope) return undefined;
	const moved = await app.attempt(() => moveItem(app.platform, item, { scope, folder: target.id }, clock.now));
	if (moved) app.toasts.show(`Moved to “${target.name}”.`);
	return moved;
}

export async function newFolder(app: App, name: string, within?: FolderEntry): Promise<string | undefined> {
	const where = within ? { scope: within.scope, parent: within.id } : { scope: app.personal, parent: null };
	return app.attempt(() => folders.createFolder(app.platform, { ...where, name }));
}

export async function rename(app: App, folder: FolderEntry, name: string): Promise<void> {
	await app.attempt(() => folders.renameFolder(app.platform, folder.scope, folder.id, name));
}

/** The folder goes; what is in it stays, without a folder. */
export async function removeFolder(app: App, folder: FolderEntry): Promise<boolean> {
	const ids = within(app.folders, folder).flatMap(({ id }) => (id === null ? [] : [id]));
	const held = await app.attempt(() => folders.removeFolders(app.platform, folder.scope, ids, clock.now));
	if (!held) return false;
	const undo = () => void app.attempt(() => folders.restoreFolders(app.platform, folder.scope, ids, held));
	const kept = held.length === 0 ? '' : ` ${counted(held.length, 'item')} kept without a folder.`;
	app.toasts.show(`Folder removed.${kept}`, { action: { label: 'Undo', run: undo } });
	return true;
}

/** A vault of its own, to share. */
export async function newVault(app: App, name: string): Promise<string | undefined> {
	const scope = await app.attempt(() => app.platform.scopes.create('vault', { name }));
	if (scope) app.learn(scope);
	return scope?.scope;
}

export async function lock(app: App): Promise<void> {
	await app.attempt(() => app.vault.lock());
}
