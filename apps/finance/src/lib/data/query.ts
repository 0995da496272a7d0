/** What every part of the data layer has: the form of a query, of a command's undo, and the one name of a transaction. */

import type { SqlValue } from '@slf/platform';

/** A SELECT to keep live; `name` is a label for diagnostics. `Row` is what it gives. */
export interface Query<Row> {
	readonly name: string;
	readonly sql: string;
	readonly params: readonly SqlValue[];
	/** Carries the type; never set. */
	readonly row?: Row;
}

/** Names a row of a ledger: an account, a category, a payee. */
export interface RowRef {
	readonly scope_id: string;
	readonly id: string;
}

/** Names a transaction. Its id is that of its thread (domain/revision.ts), which all its revisions share. */
export interface TransactionRef {
	readonly scope_id: string;
	readonly thread: string;
}

/**
 * Takes a command back. It never overwrites what somebody did since: that part stays, and is counted.
 *
 * @returns `redo` does again what was taken back; absent where nothing was
 */
export type Undo = () => Promise<UndoOutcome>;

export interface UndoOutcome {
	readonly undone: number;
	/** Changed by somebody since, and left alone. */
	readonly left: number;
	readonly redo?: Undo;
}

/** Every list crosses to the engine as one JSON text: statements keep their number of parameters, and stay compiled. */
export const list = (values: readonly unknown[]): string => JSON.stringify(values);

/** Cuts a long list: each part is one transaction, well within what one may take. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
	const parts: T[][] = [];
	for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
	return parts;
}

// --- SQL that several queries have, as schema.sql has it ---------------------------------------------------------------

/** The transaction of a revision `v`. The index revisions_of is on exactly this. */
export const THREAD = `(CASE WHEN json_valid(v.body) THEN coalesce(v.body ->> '$[7]', v.id) END)`;

/** The number of a row or, with the id '', of a scope. */
export const REF = '(SELECT n FROM refs WHERE scope_id = ? AND id = ?)';

/** `entries.n` is date * DAY + order; a month has MONTH of them. */
export const DAY = 2 ** 21;
export const MONTH = DAY * 100;
