/** Transactions as sets of revisions: read whole, to be edited, compared, resolved and undone. */

import type { Platform, SqlValue, Transaction } from '@slf/platform';
import { decodeRevision, type Revision } from '#lib/domain/revision.ts';
import { threadOf, type Thread } from '#lib/domain/thread.ts';
import { list, THREAD, type Query, type TransactionRef } from './query.ts';

export interface RevisionRow {
	id: string;
	body: string | null;
}

/** All revisions of one transaction: give the rows to `threadOfRows`. */
export function revisionsOf({ scope_id, thread }: TransactionRef): Query<RevisionRow> {
	return {
		name: 'transaction',
		sql: `SELECT v.id, v.body FROM revisions v WHERE v.scope_id = ? AND ${THREAD} = ? ORDER BY v.id`,
		params: [scope_id, thread]
	};
}

/** Those that count, oldest first. */
export function revisionsOfRows(rows: readonly RevisionRow[]): Revision[] {
	return rows
		.map(({ id, body }) => decodeRevision(id, body))
		.filter((revision) => typeof revision !== 'string')
		.toSorted((a, b) => a.over.length - b.over.length || (a.id < b.id ? -1 : 1));
}

/** The transaction as it stands; undefined where none of its revisions is here. */
export function threadOfRows(rows: readonly RevisionRow[]): Thread | undefined {
	return threadOf(revisionsOfRows(rows));
}

/** A transaction that cannot be edited because it is not here. */
export class MissingTransaction extends Error {
	constructor() {
		super('this transaction is not in the ledger');
	}
}

/** Transactions of one scope by id, as they stand now. What is not here is left out. */
export async function readThreads(
	from: Pick<Platform | Transaction, 'exec'>,
	scope: string,
	threads: readonly string[]
): Promise<Map<string, Thread>> {
	const rows = await from.exec<RevisionRow & { thread: string }>(
		`SELECT v.id, v.body, t.value AS thread FROM json_each(?) t
			CROSS JOIN revisions v ON v.scope_id = ? AND ${THREAD} = t.value`,
		[list(threads), scope] satisfies SqlValue[]
	);
	const read = new Map<string, Thread>();
	for (const [id, own] of Map.groupBy(rows, (row) => row.thread)) {
		const thread = threadOfRows(own);
		if (thread) read.set(id, thread);
	}
	return read;
}
