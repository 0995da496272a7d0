/** Ticking off against statements. Beside the transactions, so that ticking off and editing never contradict each other. */

import type { Platform } from '@slf/platform';
import { MARK_SEPARATOR } from '#lib/domain/revision.ts';
import { chunks, list, THREAD, type Query, type RowRef, type TransactionRef, type Undo } from './query.ts';

/** 0 open, 1 cleared, 2 reconciled: cleared, and proved by a statement. */
export type Cleared = 0 | 1 | 2;

const AT_ONCE = 5000;

/** Ticks lines of one account off, or takes the tick away. */
export async function markCleared(
	platform: Platform,
	account: RowRef,
	transactions: readonly TransactionRef[],
	cleared: Cleared
): Promise<Undo> {
	const ids = transactions.map(({ thread }) => thread + MARK_SEPARATOR + account.id);
	return setMarks(platform, account, new Map(ids.map((id) => [id, cleared])));
}

/** Marks as reconciled what is cleared in an account up to its newest row now. */
export async function reconcile(platform: Platform, account: RowRef): Promise<Undo> {
	const rows = await platform.exec<{ thread: string }>(
		`SELECT DISTINCT coalesce(v.body ->> '$[7]', v.id) AS thread
			FROM postings p CROSS JOIN entries e ON e.n = p.n CROSS JOIN revisions v ON v.rowid = e.r
			WHERE p.place = (SELECT n FROM refs WHERE scope_id = ? AND id = ?) AND p.cleared = 1`,
		[account.scope_id, account.id]
	);
	const { scope_id } = account;
	return markCleared(
		platform,
		account,
		rows.map(({ thread }) => ({ scope_id, thread })),
		2
	);
}

async function setMarks(platform: Platform, account: RowRef, marks: ReadonlyMap<string, Cleared>): Promise<Undo> {
	const before = new Map<string, Cleared>();
	for (const part of chunks([...marks], AT_ONCE)) {
		await platform.transaction(async (tx) => {
			const known = await tx.exec<{ id: string; cleared: Cleared }>(
				`SELECT i.value AS id, coalesce(max(p.cleared), 0) AS cleared
					FROM json_each(?2) i
						CROSS JOIN revisions v ON v.scope_id = ?1
							AND (CASE WHEN json_valid(v.body) THEN coalesce(v.body ->> '$[7]', v.id) END)
								= substr(i.value, 1, instr(i.value, '@') - 1)
						CROSS JOIN entries e ON e.r = v.rowid
						CROSS JOIN postings p ON p.n = e.n AND p.line < 1000
							AND p.place = (SELECT n FROM refs WHERE scope_id = ?1 AND id = ?3)
					GROUP BY i.value`,
				[account.scope_id, list(part.map(([id]) => id)), account.id]
			);
			const changed = known.filter(({ id, cleared }) => cleared !== marks.get(id));
			for (const { id, cleared } of changed) before.set(id, cleared);
			await tx.exec(
				`INSERT INTO marks (scope_id, id, cleared)
					SELECT ?, value ->> '$[0]', value ->> '$[1]' FROM json_each(?) WHERE TRUE
					ON CONFLICT (scope_id, id) DO UPDATE SET cleared = excluded.cleared`,
				[account.scope_id, list(changed.map(({ id }) => [id, marks.get(id)!]))]
			);
		});
	}
	return async () => {
		const redo = await setMarks(platform, account, before);
		return { undone: before.size, left: 0, ...(before.size > 0 ? { redo } : {}) };
	};
}

/** How one transaction is ticked off on an account: one row, or none where it has no line there. */
export function clearedOf(account: RowRef, { thread }: TransactionRef): Query<{ cleared: Cleared }> {
	return {
		name: 'cleared-of',
		sql: `SELECT max(p.cleared) AS cleared FROM revisions v CROSS JOIN entries e ON e.r = v.rowid
				CROSS JOIN postings p ON p.n = e.n AND p.line < 1000
					AND p.place = (SELECT n FROM refs WHERE scope_id = ?1 AND id = ?2)
			WHERE v.scope_id = ?1 AND ${THREAD} = ?3 HAVING count(*) > 0`,
		params: [account.scope_id, account.id, thread]
	};
}
