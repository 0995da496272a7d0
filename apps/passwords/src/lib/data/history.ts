/**
 * What the fields of an item were before: from the signed log, which keeps also what lost against a change made
 * elsewhere at the same time, and from the program that the item was imported from.
 */

import type { Platform } from '@slf/platform';
import { partId, partsFrom, partsUntil, slotOf, type FieldKind, type ItemType } from '#lib/domain/item.ts';
import { readOwnField, type ShownField } from '#lib/domain/contents.ts';
import type { ItemRef } from './query.ts';

export interface FormerField {
	/** For keys. */
	id: string;
	slot: string;
	label: string;
	kind: FieldKind;
	/** Milliseconds since 1970: when it was written; of an import, until when it held. */
	at: number;
	imported: boolean;
	/** What it is now. */
	current: boolean;
	/** Who wrote it: name and device, as far as they are known here. */
	name: string;
	device: string;
	own: boolean;
	/** As the log or the table has it: `openFormer` opens it. Null: the field was removed. */
	sealed: Uint8Array | null;
	table: 'fields' | 'former_values';
}

/** The history of the fields shown, newest first. */
export async function historyOf(
	platform: Platform,
	item: ItemRef,
	type: ItemType,
	fields: readonly Pick<ShownField, 'id' | 'slot' | 'label' | 'kind'>[]
): Promise<FormerField[]> {
	const written = await Promise.all(
		fields.map(async ({ id, slot, label, kind }) => {
			const cells = await platform.history('fields', item.scope_id, id);
			return cells
				.filter(({ column }) => column === 'value')
				.map((cell, index): FormerField => ({
					id: `${id} ${cell.time} ${index}`,
					slot,
					label,
					kind,
					at: cell.time,
					imported: false,
					current: cell.current,
					name: cell.name,
					device: cell.device,
					own: cell.own,
					sealed: cell.value instanceof Uint8Array ? cell.value : null,
					table: 'fields'
				}));
		})
	);
	const rows = await platform.exec<{ id: string; about: string | null; value: Uint8Array | null }>(
		'SELECT id, about, value FROM former_values WHERE scope_id = ? AND id >= ? AND id < ?',
		[item.scope_id, partsFrom(item.id), partsUntil(item.id)]
	);
	const imported = rows.map(({ id, about, value }): FormerField => {
		const { slot, until } = readFormer(about);
		const { kind, label } = slotOf(type, slot) ?? readOwnField(about);
		const common = { imported: true, current: false, name: '', device: '', own: true };
		return { id, slot, label, kind, at: until, ...common, sealed: value, table: 'former_values' };
	});
	return [...written.flat(), ...imported].sort((a, b) => b.at - a.at);
}

/** The value; undefined where it was removed or cannot be opened any more. */
export async function openFormer(platform: Platform, item: ItemRef, former: FormerField): Promise<string | undefined> {
	if (!former.sealed) return undefined;
	const id = former.table === 'fields' ? partId(item.id, former.slot) : former.id;
	const [row] = await platform.exec<{ value: string | null }>(`SELECT open_value(?, ?, ?, 'value', ?, NULL) AS value`, [
		item.scope_id,
		former.table,
		id,
		former.sealed
	]);
	return row?.value ?? undefined;
}

function readFormer(about: string | null): { slot: string; until: number } {
	try {
		const { slot, until } = JSON.parse(about ?? '{}') as { slot?: unknown; until?: unknown };
		return { slot: typeof slot === 'string' ? slot : '', until: typeof until === 'number' ? until : 0 };
	} catch {
		return { slot: '', until: 0 };
	}
}
