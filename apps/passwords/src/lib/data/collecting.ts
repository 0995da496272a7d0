/** Everything of some vaults in the clear, for an export: read in pages, so that nothing else waits long. */

import type { Platform } from '@slf/platform';
import type { FolderEntry } from '@slf/suite/domain';
import { isMatchRule } from '#lib/domain/address.ts';
import { readOwnField } from '#lib/domain/contents.ts';
import { isFieldKind, isItemType, isOwnSlot, partOf, slotOf, type ItemType } from '#lib/domain/item.ts';
import type { PortableField, PortableItem } from '#lib/domain/portable.ts';

/** Items read at a time. */
const PAGE = 200;

interface HeadRow {
	id: string;
	type: string;
	title: string | null;
	folder_id: string | null;
	favourite_at: number | null;
	created_at: number | null;
	edited_at: number | null;
}

/**
 * @param folders all folders that are shown, for the paths
 * @param progress told how many items are read, of how many
 */
export async function collect(
	platform: Platform,
	scopes: readonly string[],
	folders: readonly FolderEntry[],
	progress: (done: number, of: number) => void = () => {},
	signal?: AbortSignal
): Promise<PortableItem[]> {
	const collected: PortableItem[] = [];
	const counts = await Promise.all(scopes.map((scope) => count(platform, scope)));
	const of = counts.reduce((sum, one) => sum + one, 0);
	for (const scope of scopes) {
		const path = pathsIn(folders, scope);
		for (let after = ''; ;) {
			signal?.throwIfAborted();
			const heads = await platform.exec<HeadRow>(
				`SELECT id, type, title, folder_id, favourite_at, created_at, edited_at FROM items
					WHERE scope_id = ? AND id > ? AND deleted_at IS NULL ORDER BY id LIMIT ${PAGE}`,
				[scope, after]
			);
			if (heads.length === 0) break;
			collected.push(...(await itemsOf(platform, scope, heads, path)));
			after = heads.at(-1)!.id;
			progress(collected.length, of);
		}
	}
	return collected;
}

async function count(platform: Platform, scope: string): Promise<number> {
	const [row] = await platform.exec<{ n: number }>(
		'SELECT count(*) AS n FROM items WHERE scope_id = ? AND deleted_at IS NULL',
		[scope]
	);
	return row?.n ?? 0;
}

async function itemsOf(
	platform: Platform,
	scope: string,
	heads: readonly HeadRow[],
	path: (folder: string | null) => string[]
): Promise<PortableItem[]> {
	const range = [scope, `${heads[0]!.id}.`, `${heads.at(-1)!.id}/`];
	const parts = (columns: string, table: string) => ({
		sql: `SELECT id, ${columns} FROM ${table} WHERE scope_id = ? AND id >= ? AND id < ? ORDER BY id`,
		params: range
	});
	const opened = (table: string) => `open_value(scope_id, '${table}', id, 'value', value, NULL) AS value`;
	const results = await platform.batch([
		parts(`about, ${opened('fields')}`, 'fields'),
		parts(`about, ${opened('former_values')}`, 'former_values'),
		parts('url, match', 'addresses'),
		parts('name', 'tags'),
		parts(`name, ${opened('attachments')}`, 'attachments')
	]);
	const [fields, former, addresses, tags, attachments] = results as object[][] as [
		ValueRow[],
		ValueRow[],
		AddressPart[],
		TagPart[],
		FilePart[]
	];

	const byId = new Map<string, PortableItem>();
	const items = heads.map((head) => {
		const item: PortableItem = {
			type: isItemType(head.type) ? head.type : 'custom',
			title: head.title ?? '',
			folder: path(head.folder_id),
			favourite: head.favourite_at !== null,
			tags: [],
			...(head.created_at === null ? {} : { createdAt: head.created_at }),
			...(head.edited_at === null ? {} : { editedAt: head.edited_at }),
			fields: [],
			addresses: [],
			attachments: [],
			former: []
		};
		byId.set(head.id, item);
		return item;
	});
	for (const { id, about, value } of fields) {
		const { item, part } = partOf(id);
		const owner = byId.get(item);
		if (owner && value !== null) owner.fields.push(fieldOf(owner.type, part, about, value));
	}
	for (const { id, about, value } of former) {
		const owner = byId.get(partOf(id).item);
		const said = readFormer(about);
		if (owner && value !== null && said) owner.former.push({ ...said, value });
	}
	for (const { id, url, match } of addresses) {
		if (url) byId.get(partOf(id).item)?.addresses.push({ url, match: isMatchRule(match) ? match : null });
	}
	for (const { id, name } of tags) if (name) byId.get(partOf(id).item)?.tags.push(name);
	for (const { id, name, value } of attachments) {
		if (value) byId.get(partOf(id).item)?.attachments.push({ name: name ?? 'attachment', bytes: value });
	}
	return items;
}

interface ValueRow {
	id: string;
	about: string | null;
	value: string | null;
}
interface AddressPart {
	id: string;
	url: string | null;
	match: string | null;
}
interface TagPart {
	id: string;
	name: string | null;
}
interface FilePart {
	id: string;
	name: string | null;
	value: Uint8Array | null;
}

function fieldOf(type: ItemType, slot: string, about: string | null, value: string): PortableField {
	const known = isOwnSlot(slot) ? undefined : slotOf(type, slot);
	const { kind, label, section } = known ?? readOwnField(about);
	return { slot: known ? slot : null, kind, label, section, value };
}

function readFormer(about: string | null) {
	try {
		const { slot, kind, label, until } = JSON.parse(about ?? '') as Record<string, unknown>;
		return {
			slot: typeof slot === 'string' ? slot : null,
			kind: isFieldKind(kind) ? kind : ('hidden' as const),
			label: typeof label === 'string' ? label : '',
			section: '',
			until: typeof until === 'number' ? until : 0
		};
	} catch {
		return undefined;
	}
}

function pathsIn(folders: readonly FolderEntry[], scope: string): (folder: string | null) => string[] {
	const own = new Map(folders.filter((entry) => entry.scope === scope).map((entry) => [entry.id, entry]));
	return (folder) => {
		const path: string[] = [];
		for (let at = folder, steps = 0; at !== null && steps < 100; steps++) {
			const entry = own.get(at);
			if (!entry) break;
			path.unshift(entry.name);
			at = entry.parent;
		}
		return path;
	};
}
