/**
 * Transfers between two ledgers. A transaction lives in one scope, so this is two, each balanced by itself against the
 * clearing account, and a link id that both have. Neither side learns an account, payee or id of the other: only that
 * so much came or went.
 */

import type { Platform } from '@slf/platform';
import type { Day } from '#lib/domain/dates.ts';
import { contentOf, simpleLines } from '#lib/domain/lines.ts';
import { CLEARING, type Content } from '#lib/domain/revision.ts';
import type { RowRef } from './query.ts';
import { addTransactions, type Done } from './transactions.ts';

/** One side: what the people of that ledger may see. */
export interface HalfTransfer {
	account: RowRef;
	/** Above zero: what leaves, or arrives. */
	minor: number;
	currency: string;
	payee?: string | null;
	note?: string;
}

/** @throws RangeError for two accounts of one ledger: that is a transaction with two lines (`transferLines`) */
export async function transferBetween(
	platform: Platform,
	{ date, order = 0, from, to }: { date: Day; order?: number; from: HalfTransfer; to: HalfTransfer }
): Promise<Done> {
	if (from.account.scope_id === to.account.scope_id)
		throw new RangeError('within one ledger a transfer is one transaction');
	const link = platform.id();
	const half = ({ account, currency, payee = null, note = '' }: HalfTransfer, minor: number): Content =>
		contentOf(
			{ date, currency, lines: simpleLines(account.id, minor, currency, CLEARING) },
			{ order, payee, note, link }
		);
	return addTransactions(platform, [
		{ scope: from.account.scope_id, content: half(from, -from.minor) },
		{ scope: to.account.scope_id, content: half(to, to.minor) }
	]);
}
