/** Reads a ledger for the writers of this folder: what is shown, with names for ids. */

import type { Platform } from '@slf/platform';
import { personAccount } from '#lib/domain/lines.ts';
import { CLEARING, decodeRevision, OPENING, UNCATEGORISED, type AccountId } from '#lib/domain/revision.ts';
import type { ExportedAccount, ExportedLedger, ExportedTransaction } from './ledger.ts';

/** Transactions read at once. */
const AT_ONCE = 2000;

interface NameRow {
	id: string;
	name: string | null;
}

/** @param progress told now and then how many transactions were read */
export async function collectLedger(
	platform: Platform,
	scope: string,
	progress: (transactions: number) => void = () => {}
): Promise<ExportedLedger> {
	const all = <R extends object>(columns: string, table: string): Promise<R[]> =>
		platform.exec<R>(`SELECT ${columns} FROM ${table} WHERE scope_id = ? ORDER BY id`, [scope]);
	const people = await all<NameRow>('id, name', 'people');
	const tags = await all<NameRow>('id, name', 'tags');
	const payees = await all<NameRow & { alias_of: string | null }>('id, name, alias_of', 'payees');
	const nameOfPayee = new Map(payees.map(({ id, name }) => [id, name ?? '']));
	return {
		accounts: await readAccounts(platform, scope, people),
		payees: new Map(payees.map(({ id, name, alias_of }) => [id, nameOfPayee.get(alias_of ?? '') ?? name ?? ''])),
		tags: new Map(tags.map(({ id, name }) => [id, name ?? ''])),
		people: new Map(people.map(({ id, name }) => [id, name ?? ''])),
		transactions: await readTransactions(platform, scope, progress)
	};
}

/** Deleted ones too: their transactions stay. */
async function readAccounts(
	platform: Platform,
	scope: string,
	people: readonly NameRow[]
): Promise<Map<AccountId, ExportedAccount>> {
	const accounts = new Map<AccountId, ExportedAccount>([
		[UNCATEGORISED, { kind: 'expense', path: ['Uncategorised'] }],
		[OPENING, { kind: 'equity', path: ['Opening balances'] }],
		[CLEARING, { kind: 'equity', path: ['Other ledgers'] }],
		...people.map(({ id, name }) => [personAccount(id), { kind: 'equity', path: ['People', name ?? ''] }] as const)
	]);
	const own = await platform.exec<NameRow & { kind: string | null }>(
		'SELECT id, name, kind FROM accounts WHERE scope_id = ?',
		[scope]
	);
	for (const { id, name, kind } of own) {
		accounts.set(id, { kind: kind === 'card' || kind === 'loan' ? 'liability' : 'asset', path: [name ?? ''] });
	}
	const categories = await platform.exec<NameRow & { kind: string | null; group_name: string | null }>(
		`SELECT c.id, c.name, c.kind, g.name AS group_name FROM categories c
			LEFT JOIN category_groups g ON g.scope_id = c.scope_id AND g.id = c.group_id
			WHERE c.scope_id = ?`,
		[scope]
	);
	for (const { id, name, kind, group_name } of categories) {
		const path = [...(group_name === null ? [] : [group_name]), name ?? ''];
		accounts.set(id, { kind: kind === 'income' ? 'income' : 'expense', path });
	}
	return accounts;
}

async function readTransactions(
	platform: Platform,
	scope: string,
	progress: (transactions: number) => void
): Promise<ExportedTransaction[]> {
	const transactions: ExportedTransaction[] = [];
	for (let after = 0; ;) {
		const rows = await platform.exec<{ n: number; id: string; body: string; cleared: string }>(
			`SELECT e.n, v.id, v.body, (
					SELECT json_group_array(r.id) FROM postings p CROSS JOIN refs r ON r.n = p.place
						WHERE p.n = e.n AND p.line < 1000 AND p.cleared > 0
				) AS cleared
				FROM entries e CROSS JOIN revisions v ON v.rowid = e.r
				WHERE e.n > ? AND e.deleted = 0 AND e.scope = (SELECT n FROM refs WHERE scope_id = ? AND id = '')
				ORDER BY e.n LIMIT ?`,
			[after, scope, AT_ONCE]
		);
		for (const { id, body, cleared } of rows) {
			const revision = decodeRevision(id, body);
			if (typeof revision === 'string') continue;
			const { thread, content } = revision;
			transactions.push({ id: thread, content, cleared: new Set(JSON.parse(cleared) as string[]) });
		}
		progress(transactions.length);
		const last = rows.at(-1);
		if (rows.length < AT_ONCE || !last) return transactions;
		after = last.n;
	}
}
