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
