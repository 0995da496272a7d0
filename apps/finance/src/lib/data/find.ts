/**
 * Finding transactions: words through the full-text index, everything else through the keys of the tables.
 *
 * One condition drives, newest first, and stops at the limit: the words if there are any, else the accounts or
 * categories asked for, else the date. The others are looked up for each row that comes by.
 */

import type { SqlValue } from '@slf/platform';
import type { Day } from '#lib/domain/dates.ts';
import type { Search } from '#lib/domain/search.ts';
import { DAY, list, REF, type Query, type RowRef } from './query.ts';
import type { EntryRow } from './register.ts';

/** A question, its names looked up. Of each list, one must fit; an empty list fits nothing, undefined asks nothing. */
export interface Filter {
	readonly search?: Pick<Search, 'match' | 'without' | 'amounts'> | undefined;
	readonly scopes?: readonly string[] | undefined;
	/** Accounts and categories: a line on one of them. Several such lists must each fit. */
	readonly places?: readonly (readonly RowRef[])[] | undefined;
	readonly payees?: readonly RowRef[] | undefined;
	readonly tags?: readonly RowRef[] | undefined;
	/** Both included. */
	readonly from?: Day | undefined;
	readonly to?: Day | undefined;
	/** Whether ticked off: on the one account asked for, else on any. */
	readonly cleared?: boolean | undefined;
	readonly conflict?: boolean | undefined;
}

/** Rows `offset` to `offset + limit` of what fits, newest first. */
export function found(filter: Filter, { offset = 0, limit }: { offset?: number; limit: number }): Query<EntryRow> {
	const { from, where, order, params } = parts(filter);
	return {
		name: 'found',
		sql: `SELECT v.scope_id, v.id, v.body, e.versions FROM ${from} CROSS JOIN revisions v ON v.rowid = e.r
			WHERE ${where} ORDER BY ${order} DESC LIMIT ? OFFSET ?`,
		params: [...params, limit, offset]
	};
}

/** How many fit, up to `most`. */
export function foundSize(filter: Filter, most: number): Query<{ size: number }> {
	const { from, where, params } = parts(filter);
	return {
		name: 'found-size',
		sql: `SELECT count(*) AS size FROM (SELECT 1 FROM ${from} WHERE ${where} LIMIT ?)`,
		params: [...params, most]
	};
}

/** Transactions to act on: what "select all" means. */
export function foundThreads(filter: Filter, most: number): Query<{ scope_id: string; thread: string }> {
	const { from, where, order, params } = parts(filter);
	return {
		name: 'found-threads',
		sql: `SELECT v.scope_id, coalesce(v.body ->> '$[7]', v.id) AS thread
			FROM ${from} CROSS JOIN revisions v ON v.rowid = e.r WHERE ${where} ORDER BY ${order} DESC LIMIT ?`,
		params: [...params, most]
	};
}

interface Parts {
	from: string;
	where: string;
	order: string;
	params: SqlValue[];
}

function parts(filter: Filter): Parts {
	const { search, places = [], from: first, to: last } = filter;
	const where: string[] = ['e.deleted = 0'];
	const params: SqlValue[] = [];
	const need = (condition: string, ...values: SqlValue[]) => {
		where.push(condition);
		params.push(...values);
	};

	let from = 'entries e';
	let order = 'e.n';
	const [drive] = places;
	if (search?.match !== undefined) {
		from = 'entries_search CROSS JOIN entries e ON e.n = entries_search.rowid';
		order = 'entries_search.rowid';
		need('entries_search MATCH ?', search.match);
	} else if (drive !== undefined && drive.length === 1) {
		// Of several lines on the same account the last one stands for the transaction.
		from = 'postings d CROSS JOIN entries e ON e.n = d.n';
		order = 'd.n';
		need(`d.place = ${REF}`, drive[0]!.scope_id, drive[0]!.id);
		need('NOT EXISTS (SELECT 1 FROM postings o WHERE o.place = d.place AND o.n = d.n AND o.line > d.line)');
	}
	for (const ids of places) {
		if (order === 'd.n' && ids === drive) continue;
		need(`EXISTS (SELECT 1 FROM postings p WHERE p.n = e.n AND p.place IN ${REFS})`, pairs(ids));
	}
	if (search?.without !== undefined)
		need('e.n NOT IN (SELECT rowid FROM entries_search WHERE entries_search MATCH ?)', search.without);
	for (const ranges of search?.amounts ?? []) {
		const any = ranges.map(() => '(p.currency = ? AND abs(p.minor) BETWEEN ? AND ?)').join(' OR ');
		need(
			`EXISTS (SELECT 1 FROM postings p WHERE p.n = e.n AND p.line < 1000 AND (${any}))`,
			...ranges.flatMap(({ currency, least, most }) => [currency, least, most])
		);
	}
	if (filter.payees) need(`e.payee IN ${REFS}`, pairs(filter.payees));
	if (filter.tags) need(`EXISTS (SELECT 1 FROM entry_tags t WHERE t.n = e.n AND t.tag IN ${REFS})`, pairs(filter.tags));
	if (filter.scopes)
		need(
			`e.scope IN (SELECT n FROM refs WHERE id = '' AND scope_id IN (SELECT value FROM json_each(?)))`,
			list(filter.scopes)
		);
	if (first !== undefined) need(`${order} >= ?`, first * DAY);
	if (last !== undefined) need(`${order} < ?`, (last + 1) * DAY);
	if (filter.conflict) need('e.versions > 1');
	if (filter.cleared !== undefined && order === 'd.n') need('(d.cleared > 0) = ?', Number(filter.cleared));
	else if (filter.cleared !== undefined)
		need(
			`EXISTS (SELECT 1 FROM postings p CROSS JOIN refs r ON r.n = p.place
				CROSS JOIN accounts a ON a.scope_id = r.scope_id AND a.id = r.id
				WHERE p.n = e.n AND (p.cleared > 0) = ?)`,
			Number(filter.cleared)
		);
	return { from, where: where.join(' AND '), order, params };
}

const REFS = `(SELECT r.n FROM json_each(?) i
	CROSS JOIN refs r ON r.scope_id = i.value ->> '$[0]' AND r.id = i.value ->> '$[1]')`;
const pairs = (refs: readonly RowRef[]) => list(refs.map(({ scope_id, id }) => [scope_id, id]));
