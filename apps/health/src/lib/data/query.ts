/** What a screen keeps live, and what a command gives back. */

import type { Platform, SqlValue } from '@slf/platform';

/** A SELECT to keep live; `name` is a label for diagnostics. `Row` is what it gives. */
export interface Query<Row> {
	readonly name: string;
	readonly sql: string;
	readonly params: readonly SqlValue[];
	/** Carries the type; never set. */
	readonly row?: Row;
}

/** Names one row. */
export interface Ref {
	readonly scope_id: string;
	readonly id: string;
}

/** Takes a command back, as far as nobody changed the same since. */
export type Undo = () => Promise<void>;

/** A list of texts as one parameter, for `IN (SELECT value FROM json_each(?))`. */
export function asList(values: readonly (string | number)[]): string {
	return JSON.stringify(values);
}

/** Tables whose rows are put away, and stay until then. */
type Erasable = 'readings' | 'metrics' | 'goals' | 'workouts' | 'medications' | 'schedules' | 'journal';

/** Deletes a row so that it can be taken back: it is in no list, and on every device it is still there. */
export async function putAway(platform: Platform, table: Erasable, { scope_id, id }: Ref, now: number): Promise<Undo> {
	const mark = (at: number | null) =>
		platform.exec(`UPDATE ${table} SET deleted_at = ? WHERE scope_id = ? AND id = ?`, [at, scope_id, id]);
	await mark(now);
	return async () => void (await mark(null));
}

/**
 * Writes cells of a row. Undo puts back each cell that is still as this edit left it, so that what somebody else
 * changed since stays.
 */
export async function edit(
	platform: Platform,
	table: Erasable,
	{ scope_id, id }: Ref,
	cells: Readonly<Record<string, SqlValue>>
): Promise<Undo> {
	const columns = Object.keys(cells);
	const after = Object.values(cells);
	const before = await platform.transaction(async (tx) => {
		const [row] = await tx.exec<Record<string, SqlValue>>(
			`SELECT ${columns.join(', ')} FROM ${table} WHERE scope_id = ? AND id = ?`,
			[scope_id, id]
		);
		const changed = columns.filter((column) => row && row[column] !== cells[column]);
		if (changed.length > 0)
			await tx.exec(
				`UPDATE ${table} SET ${changed.map((column) => `${column} = ?`).join(', ')} WHERE scope_id = ? AND id = ?`,
				[...changed.map((column) => cells[column]!), scope_id, id]
			);
		return row;
	});
	return async () => {
		if (!before) return;
		await platform.exec(
			`UPDATE ${table} SET ${columns.map((column) => `${column} = iif(${column} IS ?, ?, ${column})`).join(', ')}
				WHERE scope_id = ? AND id = ?`,
			[...columns.flatMap((column, at) => [after[at]!, before[column]!]), scope_id, id]
		);
	};
}
