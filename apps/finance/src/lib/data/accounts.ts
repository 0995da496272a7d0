/** Accounts: what they are, what they hold, and what a person does to them. */

import type { Platform } from '@slf/platform';
import { encodeRevision, type AccountId } from '#lib/domain/revision.ts';
import { contentOf, openingLines } from '#lib/domain/lines.ts';
import type { Day } from '#lib/domain/dates.ts';
import type { Minor } from '#lib/domain/money.ts';
import { list, type Query, type RowRef, type Undo } from './query.ts';
import type { EntryRow } from './register.ts';
import { setColumns } from './rows.ts';

export const ACCOUNT_KINDS = ['current', 'savings', 'card', 'cash', 'loan'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export interface AccountRecord extends RowRef {
	name: string | null;
	/** One of ACCOUNT_KINDS; another where a newer version of the app made it. */
	kind: string | null;
	currency: string;
	on_budget: number | null;
	closed_at: number | null;
	sort: string | null;
}

/** All accounts that were not deleted, in their order. */
export function accounts(scopes: readonly string[]): Query<AccountRecord> {
	return {
		name: 'accounts',
		sql: `SELECT scope_id, id, name, kind, currency, on_budget, closed_at, sort FROM accounts
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
			ORDER BY closed_at IS NOT NULL, sort, id, scope_id`,
		params: [list(scopes)]
	};
}

export interface BalanceRow extends RowRef {
	currency: string;
	minor: Minor;
	/** Of it, what is ticked off against a statement. */
	cleared: Minor;
	/** Postings. */
	count: number;
}

/** What every account holds, by currency. An account without postings has no row. */
export function balances(scopes: readonly string[]): Query<BalanceRow> {
	return {
		name: 'balances',
		sql: `SELECT a.scope_id, a.id, m.currency, sum(m.minor) AS minor, sum(m.cleared) AS cleared, sum(m.count) AS count
			FROM json_each(?) s CROSS JOIN accounts a ON a.scope_id = s.value
				CROSS JOIN refs r ON r.scope_id = a.scope_id AND r.id = a.id
				CROSS JOIN months m ON m.place = r.n
			GROUP BY r.n, m.currency ORDER BY a.scope_id, a.id, m.currency`,
		params: [list(scopes)]
	};
}

/** The transactions that say what an account held when it was taken up. */
export function openings(account: RowRef): Query<EntryRow> {
	return {
		name: 'openings',
		sql: `SELECT v.scope_id, v.id, v.body, e.versions
			FROM refs o CROSS JOIN postings p ON p.place = o.n
				CROSS JOIN postings own ON own.n = p.n
					AND own.place = (SELECT n FROM refs WHERE scope_id = ?1 AND id = ?2)
				CROSS JOIN entries e ON e.n = p.n CROSS JOIN revisions v ON v.rowid = e.r
			WHERE o.scope_id = ?1 AND o.id = 'opening' ORDER BY e.n`,
		params: [account.scope_id, account.id]
	};
}

export interface NewAccount {
	name: string;
	kind: AccountKind;
	currency: string;
	/** Whether envelopes divide its money. By default all but loans. */
	onBudget?: boolean;
	sort?: string;
	/** What it held at the end of a day, above zero or below. */
	opening?: { minor: number; date: Day };
}

/** Makes an account, with its opening balance as a transaction of its own. */
export async function createAccount(platform: Platform, scope: string, account: NewAccount): Promise<RowRef> {
	const { name, kind, currency, onBudget = kind !== 'loan', sort = null, opening } = account;
	const id: AccountId = platform.id();
	const insert = {
		sql: 'INSERT INTO accounts (scope_id, id, name, kind, currency, on_budget, sort) VALUES (?, ?, ?, ?, ?, ?, ?)',
		params: [scope, id, name, kind, currency, Number(onBudget), sort]
	};
	if (opening === undefined || opening.minor === 0) await platform.batch([insert]);
	else {
		const { date, minor } = opening;
		const body = encodeRevision(contentOf({ date, currency, lines: openingLines(id, minor, currency) }));
		await platform.batch([
			insert,
			{ sql: 'INSERT INTO revisions (scope_id, id, body) VALUES (?, ?, ?)', params: [scope, platform.id(), body] }
		]);
	}
	return { scope_id: scope, id };
}

export interface AccountChange {
	name?: string;
	kind?: AccountKind;
	onBudget?: boolean;
	sort?: string;
}

export function changeAccount(platform: Platform, account: RowRef, change: AccountChange): Promise<Undo> {
	const { onBudget, ...cells } = change;
	const all = onBudget === undefined ? cells : { ...cells, on_budget: Number(onBudget) };
	return setColumns(platform, 'accounts', account, { ...all });
}

/** Closes an account: it keeps its history and leaves the lists. `at` null opens it again. */
export function closeAccount(platform: Platform, account: RowRef, at: number | null): Promise<Undo> {
	return setColumns(platform, 'accounts', account, { closed_at: at });
}

/** Takes away an account that was made by mistake. One that has postings is closed instead: false. */
export async function deleteAccount(platform: Platform, account: RowRef, at: number): Promise<Undo | false> {
	const [used] = await platform.exec<{ used: number }>(
		`SELECT EXISTS (SELECT 1 FROM months WHERE place = (SELECT n FROM refs WHERE scope_id = ? AND id = ?)) AS used`,
		[account.scope_id, account.id]
	);
	return used!.used === 1 ? false : setColumns(platform, 'accounts', account, { deleted_at: at });
}
