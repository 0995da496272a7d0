/**
 * Registers: the transactions of one account, or of whole ledgers, newest first, any 50 of 200,000 in milliseconds.
 *
 * Monthly sums and counts (table `months`) say in which month the wanted rows begin and what the balance was at its end;
 * only from there are postings walked. So a window costs at most the rows of one month, wherever it is.
 */

import { decodeRevision, type Revision } from '#lib/domain/revision.ts';
import type { Minor } from '#lib/domain/money.ts';
import type { Day } from '#lib/domain/dates.ts';
import { DAY, list, MONTH, type Query, type RowRef, type TransactionRef } from './query.ts';

/** What every list of transactions has of each. Read `body` with `entryOf`. */
export interface EntryRow {
	scope_id: string;
	/** Of the revision that is shown. */
	id: string;
	body: string;
	/** How many versions there are; above 1 somebody has to choose. */
	versions: number;
}

export interface AccountRow extends EntryRow {
	/** Which line of the transaction. */
	line: number;
	minor: number;
	/** 0 open, 1 cleared, 2 reconciled. */
	cleared: number;
	/** Of the account after this row. */
	balance: Minor;
}

const ENTRY = 'v.scope_id, v.id, v.body, e.versions';

/** Rows `offset` to `offset + limit` of an account in one currency, newest first. */
export function accountWindow(
	account: RowRef,
	currency: string,
	{ offset, limit }: { offset: number; limit: number }
): Query<AccountRow> {
	return {
		name: 'register',
		sql: `WITH
			place(n) AS (SELECT n FROM refs WHERE scope_id = ?1 AND id = ?2),
			sums AS (
				SELECT month, count, sum(count) OVER (ORDER BY month DESC) AS upto, sum(minor) OVER (ORDER BY month) AS balance
				FROM months WHERE place = (SELECT n FROM place) AND currency = ?3
			),
			top AS (SELECT month, upto - count AS skipped, balance FROM sums WHERE upto > ?4 ORDER BY month DESC LIMIT 1),
			walked AS (
				SELECT n, line, minor, cleared FROM postings
				WHERE place = (SELECT n FROM place) AND currency = ?3 AND n < (SELECT (month + 1) * ${MONTH} FROM top)
				ORDER BY n DESC, line DESC LIMIT ?5 + ?4 - coalesce((SELECT skipped FROM top), 0)
			),
			balanced AS (
				SELECT *, (SELECT balance FROM top) - coalesce(sum(minor) OVER (
					ORDER BY n DESC, line DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS balance
				FROM walked
			),
			shown AS (
				SELECT * FROM balanced ORDER BY n DESC, line DESC LIMIT ?5 OFFSET ?4 - coalesce((SELECT skipped FROM top), 0)
			)
			SELECT ${ENTRY}, s.line, s.minor, s.cleared, s.balance
			FROM shown s CROSS JOIN entries e ON e.n = s.n CROSS JOIN revisions v ON v.rowid = e.r
			ORDER BY s.n DESC, s.line DESC`,
		params: [account.scope_id, account.id, currency, offset, limit]
	};
}

/** How many rows an account has in a currency. */
export function accountSize(account: RowRef, currency: string): Query<{ size: number }> {
	return {
		name: 'register-size',
		sql: `SELECT coalesce(sum(count), 0) AS size FROM months
			WHERE place = (SELECT n FROM refs WHERE scope_id = ? AND id = ?) AND currency = ?`,
		params: [account.scope_id, account.id, currency]
	};
}

/** How many rows of an account are later than a day: where the day's last one stands. */
export function accountPosition(account: RowRef, currency: string, day: Day): Query<{ position: number }> {
	const month = Math.floor(day / 100);
	return {
		name: 'register-position',
		sql: `WITH place(n) AS (SELECT n FROM refs WHERE scope_id = ?1 AND id = ?2)
			SELECT
				(SELECT coalesce(sum(count), 0) FROM months
					WHERE place = (SELECT n FROM place) AND currency = ?3 AND month > ?4) +
				(SELECT count(*) FROM postings
					WHERE place = (SELECT n FROM place) AND currency = ?3 AND n >= ?5 AND n < ?6) AS position`,
		params: [account.scope_id, account.id, currency, month, (day + 1) * DAY, (month + 1) * MONTH]
	};
}

/** Rows `offset` to `offset + limit` of all transactions of these ledgers, newest first. */
export function entriesWindow(
	scopes: readonly string[],
	{ offset, limit }: { offset: number; limit: number }
): Query<EntryRow> {
	return {
		name: 'entries',
		sql: `WITH
			places(n) AS (SELECT n FROM refs WHERE id = '' AND scope_id IN (SELECT value FROM json_each(?1))),
			sums AS (
				SELECT month, sum(count) AS count, sum(sum(count)) OVER (ORDER BY month DESC) AS upto
				FROM months WHERE place IN (SELECT n FROM places) AND currency = '' GROUP BY month
			),
			top AS (SELECT month, upto - count AS skipped FROM sums WHERE upto > ?2 ORDER BY month DESC LIMIT 1),
			shown AS (
				SELECT n, r, versions FROM entries
				WHERE n < (SELECT (month + 1) * ${MONTH} FROM top) AND deleted = 0 AND +scope IN (SELECT n FROM places)
				ORDER BY n DESC LIMIT ?3 OFFSET ?2 - coalesce((SELECT skipped FROM top), 0)
			)
			SELECT ${ENTRY} FROM shown e CROSS JOIN revisions v ON v.rowid = e.r ORDER BY e.n DESC`,
		params: [list(scopes), offset, limit]
	};
}

export function entriesSize(scopes: readonly string[]): Query<{ size: number }> {
	return {
		name: 'entries-size',
		sql: `SELECT coalesce(sum(m.count), 0) AS size FROM json_each(?) s
			CROSS JOIN refs p ON p.scope_id = s.value AND p.id = ''
			CROSS JOIN months m ON m.place = p.n AND m.currency = ''`,
		params: [list(scopes)]
	};
}

/** Transactions of which there are several versions, newest first. */
export function conflicts(limit: number): Query<EntryRow> {
	return {
		name: 'conflicts',
		sql: `SELECT ${ENTRY} FROM entries e CROSS JOIN revisions v ON v.rowid = e.r
			WHERE e.versions > 1 ORDER BY e.n DESC LIMIT ?`,
		params: [limit]
	};
}

/** Deleted transactions, newest by their own date first. */
export function trash(limit: number): Query<EntryRow> {
	return {
		name: 'trash',
		sql: `SELECT ${ENTRY} FROM entries e CROSS JOIN revisions v ON v.rowid = e.r
			WHERE e.deleted = 1 ORDER BY e.n DESC LIMIT ?`,
		params: [limit]
	};
}

/** Both halves of a transfer between two ledgers, as far as they are here. */
export function halves(link: string): Query<EntryRow> {
	return {
		name: 'halves',
		sql: `SELECT ${ENTRY} FROM entries e CROSS JOIN revisions v ON v.rowid = e.r WHERE e.link = ? ORDER BY v.scope_id`,
		params: [link]
	};
}

/** What was last written with a payee: what the next one will probably be. */
export function lastOfPayee(payee: RowRef): Query<EntryRow> {
	return {
		name: 'last-of-payee',
		sql: `SELECT ${ENTRY} FROM entries e CROSS JOIN revisions v ON v.rowid = e.r
			WHERE e.payee = (SELECT n FROM refs WHERE scope_id = ? AND id = ?) AND e.deleted = 0 ORDER BY e.n DESC LIMIT 1`,
		params: [payee.scope_id, payee.id]
	};
}

/** The transaction that a row shows. */
export function entryOf(row: EntryRow): Revision & TransactionRef {
	const revision = decodeRevision(row.id, row.body);
	// The tables hold only what SQL found well formed, by the same rules (schema.sql, settle).
	if (typeof revision === 'string') throw new Error(`a shown revision is not well formed: ${revision}`);
	return { ...revision, scope_id: row.scope_id };
}
