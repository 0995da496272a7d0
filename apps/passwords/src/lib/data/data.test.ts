import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type Platform } from '@slf/platform/node';
import { shownFields } from '#lib/domain/contents.ts';
import { partId } from '#lib/domain/item.ts';
import { addAddress, addOwn, addTag, emptyItem, setSlot, type PortableItem } from '#lib/domain/portable.ts';
import { passwords } from './checking.ts';
import { collect } from './collecting.ts';
import { dropDraft, keepDraft, keptDrafts } from './drafts.ts';
import { createFolder, removeFolders, restoreFolders } from './folders.ts';
import { historyOf, openFormer } from './history.ts';
import { importItems, undoImport } from './importing.ts';
import * as items from './items.ts';
import { moveItem } from './moving.ts';
import type { ItemRef, Query } from './query.ts';

/** The real engine over a real folder: what is tested here is the SQL, and it has nothing to say without one. */
let platform: Platform;
let personal: string;
const dir = mkdtempSync(join(tmpdir(), 'passwords-data-'));
const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');

beforeAll(async () => {
	platform = await openPlatform({ dir, app: 'passwords', schema });
	personal = await platform.scopes.personal();
});

afterAll(async () => {
	await platform.close();
	rmSync(dir, { recursive: true });
});

const ask = <R extends object>(query: Query<R>) => platform.exec<R>(query.sql, query.params);
const nothing = { fields: [], addresses: [], tagsAdded: [], tagsRemoved: [] };
let time = 1_700_000_000_000;

async function login(title: string, values: Record<string, string>, scope = personal): Promise<ItemRef> {
	const item = { scope_id: scope, id: platform.id() };
	const fields = Object.entries(values).map(([slot, value]) => ({ slot, value }));
	const changes = { ...nothing, type: 'login' as const, title, subtitle: values.username ?? '', fields };
	await items.saveItem(platform, item, changes, { isNew: true, now: ++time });
	return item;
}
const open = (item: ItemRef, slot: string) => items.openField(platform, item.scope_id, partId(item.id, slot));
const change = (item: ItemRef, slot: string, value: string | null) =>
	items.saveItem(platform, item, { ...nothing, fields: [{ slot, value }] }, { isNew: false, now: ++time });

test('what is saved comes back, and the values of fields stand sealed in their rows [PW-1]', async () => {
	const item = await login('Bank', { username: 'alice', password: 'hunter2 canary' });
	expect(await open(item, 'password')).toBe('hunter2 canary');
	expect(await open(item, 'username')).toBe('alice');
	const rows = await platform.exec('SELECT * FROM fields WHERE scope_id = ?', [personal]);
	const all = JSON.stringify(
		rows.map((row) => Object.values(row).map((v) => (v instanceof Uint8Array ? latin(v) : v)))
	);
	expect(all).not.toContain('hunter2');
	expect(all).not.toContain('alice');
});

test('T10 T11 a sealed value put under another field or item does not open [PW-2]', async () => {
	const one = await login('One', { username: 'first', password: 'secret one' });
	const two = await login('Two', { username: 'second', password: 'secret two' });
	const move = (from: string, to: string) =>
		platform.exec(
			'UPDATE fields SET value = (SELECT value FROM fields WHERE scope_id = ? AND id = ?) WHERE scope_id = ? AND id = ?',
			[personal, from, personal, to]
		);
	await move(partId(one.id, 'password'), partId(one.id, 'username'));
	await expect(open(one, 'username')).rejects.toMatchObject({ code: 'SEALED_WRONG' });
	await move(partId(two.id, 'password'), partId(one.id, 'password'));
	await expect(open(one, 'password')).rejects.toMatchObject({ code: 'SEALED_WRONG' });
	expect(await open(two, 'password')).toBe('secret two');
	// A list of fields with one bad value among them still shows the others.
	const ids = ['username', 'password'].map((slot) => partId(one.id, slot));
	expect([...(await items.openFields(platform, personal, [...ids, partId(two.id, 'username')])).values()]).toEqual([
		'second'
	]);
});

test('every value a field ever had is in its history, newest first, and can be opened [PW-44]', async () => {
	const item = await login('Mail', { password: 'first' });
	await change(item, 'password', 'second');
	await change(item, 'password', 'third');
	const fields = shownFields('login', await ask(items.fieldsOf(item)));
	const history = await historyOf(platform, item, 'login', fields);
	const values = await Promise.all(history.map((former) => openFormer(platform, item, former)));
	expect(values).toEqual(['third', 'second', 'first']);
	expect(history.map(({ current, own }) => [current, own])).toEqual([
		[true, true],
		[false, true],
		[false, true]
	]);
});

test('a field that was removed is gone from the item and still in its history [PW-44]', async () => {
	const item = await login('Shop', { username: 'alice', password: 'kept in history' });
	await change(item, 'password', null);
	const fields = shownFields('login', await ask(items.fieldsOf(item)));
	expect(fields.map(({ slot }) => slot)).toEqual(['username']);
	expect(await open(item, 'password')).toBeUndefined();
});

test('the trash keeps an item whole; deleting for good leaves no row of it [PW-45]', async () => {
	const item = await login('Old', { password: 'x' });
	await items.addAttachment(platform, item, { name: 'scan.pdf', bytes: new Uint8Array(5000).fill(7) });
	await items.trashItem(platform, item, ++time);
	expect((await ask(items.allItems())).some(({ id }) => id === item.id)).toBe(false);
	expect((await ask(items.trashedItems())).some(({ id }) => id === item.id)).toBe(true);
	await items.restoreItem(platform, item);
	expect(await open(item, 'password')).toBe('x');
	await items.purgeItem(platform, item);
	for (const table of ['items', 'fields', 'attachments']) {
		const rows = await platform.exec(`SELECT id FROM ${table} WHERE id >= ? AND id < ?`, [item.id, `${item.id}~`]);
		expect(rows).toEqual([]);
	}
});

test('an item moves to a shared vault whole: its values open there, and it is in neither list twice [PW-5]', async () => {
	const scope = await platform.scopes.create('vault', { name: 'Family' });
	const item = await login('Streaming', { username: 'us', password: 'popcorn', '+note': 'own' });
	await items.addAttachment(platform, item, { name: 'plan.txt', bytes: new TextEncoder().encode('plan') });
	const tagged = { ...nothing, tagsAdded: ['fun'], addresses: [{ part: 'a', url: 'https://tv.example', match: null }] };
	await items.saveItem(platform, item, tagged, { isNew: false, now: ++time });
	const moved = await moveItem(platform, item, { scope, folder: null }, ++time);
	expect(await open(moved, 'password')).toBe('popcorn');
	expect((await ask(items.tagsOf(moved))).map(({ name }) => name)).toEqual(['fun']);
	expect((await ask(items.addressesOf(moved))).map(({ url }) => url)).toEqual(['https://tv.example']);
	const [attachment] = await ask(items.attachmentsOf(moved));
	const bytes = await items.openAttachment(platform, scope.scope, attachment!.id);
	expect(new TextDecoder().decode(bytes)).toBe('plan');
	const shown = (await ask(items.allItems())).filter(({ title }) => title === 'Streaming');
	expect(shown.map(({ scope_id }) => scope_id)).toEqual([scope.scope]);
	expect((await ask(items.trashedItems())).some(({ id }) => id === item.id)).toBe(false);
});

test('a folder goes without what is in it, and comes back with it [PW-6]', async () => {
	const folder = await createFolder(platform, { scope: personal, parent: null, name: 'Work' });
	const item = await login('Desk', { password: 'd' });
	await items.putInFolder(platform, item, folder);
	const held = await removeFolders(platform, personal, [folder], ++time);
	expect(held).toEqual([{ id: item.id, folder_id: folder }]);
	const inFolder = async () => (await ask(items.itemWithId(item.id, personal)))[0]?.folder_id;
	expect(await inFolder()).toBeNull();
	await restoreFolders(platform, personal, [folder], held);
	expect(await inFolder()).toBe(folder);
});

test('what was typed when the vault was locked is kept sealed and comes back; saving removes it [PW-40]', async () => {
	const item = await login('Draft', { password: 'before' });
	await keepDraft(platform, item, '{"typed":"half a passw"}', ++time);
	const [row] = await platform.exec<{ value: Uint8Array }>('SELECT value FROM drafts');
	expect(latin(row!.value)).not.toContain('half a passw');
	expect((await keptDrafts(platform)).map(({ content }) => content)).toEqual(['{"typed":"half a passw"}']);
	await change(item, 'password', 'after');
	expect(await keptDrafts(platform)).toEqual([]);
	await keepDraft(platform, item, 'again', ++time);
	await dropDraft(platform, item);
	expect(await keptDrafts(platform)).toEqual([]);
});

function portable(): PortableItem[] {
	const bank = emptyItem('login', 'Imported bank');
	setSlot(bank, 'username', 'bob');
	setSlot(bank, 'password', 'b0b');
	setSlot(bank, 'notes', 'line one\nline two');
	addOwn(bank, 'PIN', '1234', 'hidden');
	addAddress(bank, 'https://bank.example/login');
	addTag(bank, 'money');
	bank.folder = ['Private', 'Banks'];
	bank.favourite = true;
	bank.attachments.push({ name: 'contract.pdf', bytes: new Uint8Array([1, 2, 3]) });
	bank.former.push({ slot: 'password', kind: 'hidden', label: 'Password', section: '', value: 'old', until: 1000 });
	const note = emptyItem('note', 'Imported note');
	setSlot(note, 'notes', 'words');
	return [bank, note];
}

test('an import comes whole, and goes out again as it came [PW-46]', async () => {
	const scope = (await platform.scopes.create('vault', { name: 'Imports' })).scope;
	const given = portable();
	const ids = await importItems(platform, { scope, folder: null }, given, new Map(), ++time);
	expect(ids.length).toBe(2);
	const rows = await platform.exec<{ id: string; name: string; parent_id: string | null }>(
		'SELECT id, name, parent_id FROM folders WHERE scope_id = ?',
		[scope]
	);
	const folders = rows.map(({ id, name, parent_id }) => ({
		scope,
		id,
		name,
		parent: parent_id,
		depth: 0,
		shared: true,
		role: 'OWNER' as const
	}));
	const collected = await collect(platform, [scope], folders);
	const plain = (all: PortableItem[]) =>
		all.map(({ createdAt: _c, editedAt: _e, ...rest }) => ({
			...rest,
			fields: rest.fields.toSorted((a, b) => (a.value < b.value ? -1 : 1))
		}));
	expect(plain(collected)).toEqual(plain(given));

	await undoImport(platform, scope, ids);
	for (const table of ['items', 'fields', 'former_values', 'addresses', 'tags', 'attachments']) {
		expect(await platform.exec(`SELECT id FROM ${table} WHERE scope_id = ?`, [scope])).toEqual([]);
	}
});

test('an import that breaks in the middle leaves nothing [PW-46]', async () => {
	const scope = (await platform.scopes.create('vault', { name: 'Broken' })).scope;
	const given = portable();
	given[1]!.attachments.push({ name: 'too big', bytes: new Uint8Array(7 * 2 ** 20) });
	await expect(importItems(platform, { scope, folder: null }, given, new Map(), ++time)).rejects.toMatchObject({
		code: 'VALUE_TOO_BIG'
	});
	expect(await platform.exec('SELECT id FROM items WHERE scope_id = ?', [scope])).toEqual([]);
	expect(await platform.exec('SELECT id FROM folders WHERE scope_id = ?', [scope])).toEqual([]);
});

test('the review opens every password that is not in the trash, and nothing else', async () => {
	const kept = await login('Reviewed', { username: 'u', password: 'look at me' });
	const thrown = await login('Thrown', { password: 'not at me' });
	await items.trashItem(platform, thrown, ++time);
	const seen = [];
	for await (const page of passwords(platform)) seen.push(...page);
	expect(seen).toContainEqual({ scope_id: personal, item: kept.id, password: 'look at me' });
	expect(seen.some(({ item }) => item === thrown.id)).toBe(false);
});

function latin(bytes: Uint8Array): string {
	return new TextDecoder('latin1').decode(bytes);
}
