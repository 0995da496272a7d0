/** What the review reads: passwords, some at a time, and which items have a one-time code. */

import type { Platform } from '@slf/platform';
import { partOf } from '#lib/domain/item.ts';

const PAGE = 500;
const SLOT = `substr(id, instr(id, '.') + 1)`;

export interface OpenedPassword {
	scope_id: string;
	item: string;
	password: string;
}

/** All passwords that are not in the trash, in pages; whoever takes a page forgets it before the next. */
export async function* passwords(platform: Platform): AsyncGenerator<OpenedPassword[], void> {
	for (let after = ['', '']; ;) {
		const rows = await platform.exec<{ scope_id: string; id: string; value: string | null }>(
			`SELECT scope_id, id, open_value(scope_id, 'fields', id, 'value', value, NULL) AS value FROM fields
				WHERE (scope_id, id) > (?, ?) AND ${SLOT} = 'password' AND value IS NOT NULL AND EXISTS (
					SELECT 1 FROM items WHERE items.scope_id = fields.scope_id
						AND items.id = substr(fields.id, 1, instr(fields.id, '.') - 1) AND items.deleted_at IS NULL)
				ORDER BY scope_id, id LIMIT ${PAGE}`,
			after
		);
		const last = rows.at(-1);
		if (!last) return;
		yield rows.flatMap(({ scope_id, id, value }) =>
			value === null || value === '' ? [] : [{ scope_id, item: partOf(id).item, password: value }]
		);
		after = [last.scope_id, last.id];
	}
}

export async function itemsWithCode(platform: Platform): Promise<{ scope_id: string; item: string }[]> {
	return platform.exec(
		`SELECT scope_id, substr(id, 1, instr(id, '.') - 1) AS item FROM fields WHERE ${SLOT} = 'totp' AND value IS NOT NULL`
	);
}
