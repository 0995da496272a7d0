/**
 * What an export is given: accounts and transactions with names for their ids. The writers (csv.ts, journal.ts) know
 * nothing of the database.
 */

import type { AccountId, Content } from '#lib/domain/revision.ts';

export type ExportedKind =
	| 'asset'
	| 'liability'
	| 'income'
	| 'expense'
	/** What is neither had nor spent: opening balances, the way to another ledger, what people put in. */
	| 'equity';

export interface ExportedAccount {
	readonly kind: ExportedKind;
	/** From the widest to the narrowest: a group and the category in it. */
	readonly path: readonly string[];
}

export interface ExportedTransaction {
	/** Of its thread. */
	readonly id: string;
	readonly content: Content;
	/** Accounts whose line is ticked off: what marks say (data/marks.ts), else what the line says. */
	readonly cleared: ReadonlySet<AccountId>;
}

export interface ExportedLedger {
	/** An account that is not here goes under its id, as an expense. */
	readonly accounts: ReadonlyMap<AccountId, ExportedAccount>;
	readonly payees: ReadonlyMap<string, string>;
	readonly tags: ReadonlyMap<string, string>;
	/** Names of people, for shares. */
	readonly people: ReadonlyMap<string, string>;
	/** Those that are shown and not deleted. */
	readonly transactions: readonly ExportedTransaction[];
}

export function accountIn({ accounts }: ExportedLedger, id: AccountId): ExportedAccount {
	return accounts.get(id) ?? { kind: 'expense', path: [id] };
}

/** Oldest first, as they stand within their days; the same ledger always gives the same file. */
export function inOrder({ transactions }: ExportedLedger): ExportedTransaction[] {
	return transactions.toSorted(
		({ id: a, content: x }, { id: b, content: y }) => x.date - y.date || x.order - y.order || (a < b ? -1 : 1)
	);
}
