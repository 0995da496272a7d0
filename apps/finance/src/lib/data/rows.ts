/** Changing single cells of a row, with an undo that puts back only what nobody has changed since. */

import type { Platform, SqlValue } from '@slf/platform';
import type { RowRef, Undo } from './query.ts';

export type Cells = Readonly<Record<string, SqlValue>>;

/**
 * Sets columns of one row.
 *
 * @param table @param cells names from the code of this folder, never from a person
 * @returns how to undo it
 */
export async function setColumns(
	platform: Platform,
	table: string,
	{ scope_id, id }: RowRef,
	cells: Cells
): Promise<Undo> {
	const columns = Object.keys(cells);
	const before = await platform.transaction(async (tx) => {
		const [row] = await tx.exec<Record<string, SqlValue>>(
			`SELECT ${columns.join(', ')} FROM ${table} WHERE scope_id = ? AND id = ?`,
			[scope_id, id]
		);
		const changed = columns.filter((column) => row !== undefined && row[column] !== cells[column]);
		if (changed.length > 0)
			await tx.exec(
				`UPDATE ${table} SET ${changed.map((column) => `${column} = ?`).join(', ')} WHERE scope_id = ? AND id = ?`,
				[...changed.map((column) => cells[column]!), scope_id, id]
			);
		return Object.fromEntries(changed.map((column) => [column, row![column]!]));
	});
	return () => putBack(platform, table, { scope_id, id }, cells, before);
}

async function putBack(platform: Platform, table: string, ref: RowRef, set: Cells, before: Cells) {
	const { scope_id, id } = ref;
	const restored = await platform.transaction(async (tx) => {
		const columns = Object.keys(before);
		if (columns.length === 0) return {};
		const [row] = await tx.exec<Record<string, SqlValue>>(
			`SELECT ${columns.join(', ')} FROM ${table} WHERE scope_id = ? AND id = ?`,
			[scope_id, id]
		);
		const ours = columns.filter((column) => row !== undefined && row[column] === set[column]);
		if (ours.length > 0)
			await tx.exec(
				`UPDATE ${table} SET ${ours.map((column) => `${column} = ?`).join(', ')} WHERE scope_id = ? AND id = ?`,
				[...ours.map((column) => before[column]!), scope_id, id]
			);
		return Object.fromEntries(ours.map((column) => [column, set[column]!]));
	});
	const undone = Object.keys(restored).length > 0;
	const left = Object.keys(before).length > Object.keys(restored).length ? 1 : 0;
	if (!undone) return { undone: 0, left };
	return { undone: 1, left, redo: () => putBack(platform, table, ref, before, restored) };
}
