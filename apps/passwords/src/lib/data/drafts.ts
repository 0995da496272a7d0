/**
 * What was being typed when the vault was locked. It is kept on this device, sealed like the value of a field, and
 * offered again after the next unlock; saving the item, or saying no, removes it.
 */

import type { Platform } from '@slf/platform';
import { partId } from '#lib/domain/item.ts';
import type { ItemRef } from './query.ts';

/** No field has this slot: a draft can be taken for none, and none for a draft. */
const SLOT = '=draft';

export interface KeptDraft extends ItemRef {
	/** Milliseconds since 1970. */
	keptAt: number;
	content: string;
}

export async function keepDraft(platform: Platform, item: ItemRef, content: string, now: number): Promise<void> {
	await platform.exec(
		`INSERT INTO drafts (scope_id, item_id, kept_at, value) VALUES (?, ?, ?, seal_value(?, 'fields', ?, 'value', ?))
			ON CONFLICT (scope_id, item_id) DO UPDATE SET kept_at = excluded.kept_at, value = excluded.value`,
		[item.scope_id, item.id, now, item.scope_id, partId(item.id, SLOT), content]
	);
}

/** The drafts there are, newest first. One that cannot be opened (its vault was left) is not among them. */
export async function keptDrafts(platform: Platform): Promise<KeptDraft[]> {
	const rows = await platform.exec<{ scope_id: string; item_id: string; kept_at: number; content: string | null }>(
		`SELECT scope_id, item_id, kept_at, open_value(scope_id, 'fields', item_id || '.${SLOT}', 'value', value, NULL) AS content
			FROM drafts ORDER BY kept_at DESC`
	);
	return rows.flatMap(({ scope_id, item_id, kept_at, content }) =>
		content === null ? [] : [{ scope_id, id: item_id, keptAt: kept_at, content }]
	);
}

export async function dropDraft(platform: Platform, item: ItemRef): Promise<void> {
	await platform.exec('DELETE FROM drafts WHERE scope_id = ? AND item_id = ?', [item.scope_id, item.id]);
}
