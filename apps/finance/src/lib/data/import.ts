/**
 * What an importer needs of the ledger, and how what it decided is written.
 *
 * A row of a statement is known by keys: one stands in the id of the transaction that was made from it, further ones in
 * its revisions. They count for ever, also those of a transaction that was deleted, so a row is imported once.
 */

import type { Platform } from '@slf/platform';
import { threadOfKey, type AccountId, type Content, type StatementKeys } from '#lib/domain/revision.ts';
import { entryOf, type EntryRow } from './register.ts';
import { THREAD, type RowRef, type Undo } from './query.ts';
import { addTransactions, changeTransactions, type Addition } from './transactions.ts';

export interface KnownKey {
	key: string;
	/** Id of the transaction. */
	thread: string;
	deleted: boolean;
}

/** Every key of an account. */
export async function readKnownKeys(platform: Platform, { scope_id, id }: RowRef): Promise<KnownKey[]> {
	const rows = await platform.exec<{ key: string; thread: string; deleted: number | null }>(
		`SELECT ${THREAD} AS key, ${THREAD} AS thread, max(e.deleted) AS deleted
			FROM revisions v LEFT JOIN entries e ON e.r = v.rowid
			WHERE v.scope_id = ?1 AND ${THREAD} >= ?2 || '.' AND ${THREAD} < ?2 || '/'
			GROUP BY ${THREAD}
		UNION ALL
		SELECT k.key, coalesce(o.body ->> '$[7]', o.id), max(e.deleted)
			FROM statement_keys k CROSS JOIN revisions o ON o.rowid = k.r
				CROSS JOIN revisions v ON v.scope_id = o.scope_id AND ${THREAD} = coalesce(o.body ->> '$[7]', o.id)
				LEFT JOIN entries e ON e.r = v.rowid
			WHERE k.scope = (SELECT n FROM refs WHERE scope_id = ?1 AND id = '')
				AND k.key >= ?2 || '.' AND k.key < ?2 || '/'
			GROUP BY k.key, coalesce(o.body ->> '$[7]', o.id)`,
		[scope_id, id]
	);
	return rows.map(({ key, thread, deleted }) => ({ key: key.slice(id.length + 1), thread, deleted: deleted === 1 }));
}

export interface Candidate {
	thread: string;
	date: number;
	/** What it moves on this account in all. */
	minor: number;
	/** Payee, note and memos. */
	words: string;
}

/** Transactions on an account that no row of its statements is yet. */
export async function readCandidates(platform: Platform, account: RowRef): Promise<Candidate[]> {
	const rows = await platform.exec<EntryRow & { minor: number; payee: string | null; known: number }>(
		`SELECT v.scope_id, v.id, v.body, e.versions, sum(p.minor) AS minor,
				(SELECT name FROM payees y WHERE y.scope_id = v.scope_id AND y.id = v.body ->> '$[4]') AS payee,
				EXISTS (SELECT 1 FROM revisions o CROSS JOIN statement_keys k ON k.r = o.rowid
					WHERE k.scope = e.scope AND k.key >= ?2 || '.' AND k.key < ?2 || '/'
						AND o.scope_id = v.scope_id
						AND ${THREAD.replaceAll('v.', 'o.')} = coalesce(v.body ->> '$[7]', v.id)) AS known
			FROM refs r CROSS JOIN postings p ON p.place = r.n
				CROSS JOIN entries e ON e.n = p.n CROSS JOIN revisions v ON v.rowid = e.r
			WHERE r.scope_id = ?1 AND r.id = ?2
				AND NOT coalesce(substr(v.body ->> '$[7]', 1, length(?2) + 1) = ?2 || '.', FALSE)
			GROUP BY p.n ORDER BY p.n`,
		[account.scope_id, account.id]
	);
	return rows
		.filter(({ known }) => known === 0)
		.map((row) => {
			const { thread, content } = entryOf(row);
			const words = [row.payee ?? '', content.note, ...content.lines.map(({ memo }) => memo)];
			return { thread, date: content.date, minor: row.minor, words: words.filter(Boolean).join(' ') };
		});
}

/** What is decided of a row. */
export type Decided =
	/** It becomes a transaction; the first of its keys is its name. */
	| { readonly kind: 'add'; readonly keys: readonly string[]; readonly content: Content }
	/** It is one that is there: that gets the keys, and its line on the account counts as cleared. */
	| { readonly kind: 'keys'; readonly thread: string; readonly keys: readonly string[] };

/** Writes what was decided of the rows of one account's statement. */
export async function writeImport(
	platform: Platform,
	account: RowRef,
	rows: readonly Decided[]
): Promise<{ added: number; matched: number; undo: Undo }> {
	const { scope_id } = account;
	const additions = rows.flatMap((row): Addition[] => {
		if (row.kind !== 'add') return [];
		const [first, ...others] = row.keys;
		if (first === undefined) throw new RangeError('a row of a statement has a key');
		const content = { ...row.content, keys: withKeys(row.content, account.id, others) };
		return [{ scope: scope_id, content, thread: threadOfKey(account.id, first) }];
	});
	const keys = new Map(rows.flatMap((row) => (row.kind === 'keys' ? [[row.thread, row.keys] as const] : [])));
	const added = await addTransactions(platform, additions);
	const matched = await changeTransactions(
		platform,
		[...keys.keys()].map((thread) => ({ scope_id, thread })),
		(content, { thread }) => ({
			...content,
			keys: withKeys(content, account.id, keys.get(thread)!),
			lines: content.lines.map((line) => (line.account === account.id ? { ...line, cleared: true } : line))
		})
	);
	return {
		added: added.transactions.length,
		matched: matched.transactions.length,
		undo: async () => {
			const first = await matched.undo();
			const second = await added.undo();
			return { undone: first.undone + second.undone, left: first.left + second.left };
		}
	};
}

function withKeys({ keys }: Content, account: AccountId, more: readonly string[]): StatementKeys[] {
	if (more.length === 0) return [...keys];
	const own = keys.find((known) => known.account === account);
	const all = [...new Set([...(own?.keys ?? []), ...more])].toSorted();
	return [...keys.filter((known) => known !== own), { account, keys: all }];
}
