/** What a month was, and how things went: sums by month, of which charts and the month view are made. */

import type { Month } from '#lib/domain/dates.ts';
import type { Minor } from '#lib/domain/money.ts';
import { list, type Query, type RowRef } from './query.ts';

export interface CategorySum extends RowRef {
	/** income or expense; null for what has no category, or one that is not here. */
	kind: string | null;
	currency: string;
	/** As the category gained: above zero is spent, below zero is earned. */
	minor: Minor;
	/** Postings. */
	count: number;
}

// What a sum of categories is over: every category, and what has none.
const CATEGORIES = `(
	SELECT scope_id, id, kind FROM categories WHERE scope_id IN (SELECT value FROM json_each(?1))
	UNION ALL SELECT value, 'uncategorised', NULL FROM json_each(?1))`;

/** Income and spending by category, in all months from `from` to `to`. */
export function categorySums(scopes: readonly string[], from: Month, to: Month): Query<CategorySum> {
	return {
		name: 'category-sums',
		sql: `SELECT c.scope_id, c.id, c.kind, m.currency, sum(m.minor) AS minor, sum(m.count) AS count
			FROM ${CATEGORIES} c
				CROSS JOIN refs r ON r.scope_id = c.scope_id AND r.id = c.id
				CROSS JOIN months m ON m.place = r.n AND m.month BETWEEN ?2 AND ?3
			GROUP BY r.n, m.currency ORDER BY c.scope_id, c.id, m.currency`,
		params: [list(scopes), from, to]
	};
}

export interface CategoryMonthSum extends CategorySum {
	month: Month;
}

/** The same, month by month: for charts of spending over time. */
export function categorySumsByMonth(scopes: readonly string[], from: Month, to: Month): Query<CategoryMonthSum> {
	return {
		name: 'category-sums-by-month',
		sql: `SELECT c.scope_id, c.id, c.kind, m.currency, m.month, m.minor, m.count
			FROM ${CATEGORIES} c
				CROSS JOIN refs r ON r.scope_id = c.scope_id AND r.id = c.id
				CROSS JOIN months m ON m.place = r.n AND m.month BETWEEN ?2 AND ?3
			ORDER BY m.month, c.scope_id, c.id, m.currency`,
		params: [list(scopes), from, to]
	};
}

export interface WorthChange extends RowRef {
	currency: string;
	month: Month;
	/** What the account gained in the month. */
	minor: Minor;
}

/** What every account gained in each month, from its beginning: `runningSums` makes the net worth of it. */
export function worthByMonth(scopes: readonly string[]): Query<WorthChange> {
	return {
		name: 'worth-by-month',
		sql: `SELECT a.scope_id, a.id, m.currency, m.month, m.minor
			FROM json_each(?) s CROSS JOIN accounts a ON a.scope_id = s.value
				CROSS JOIN refs r ON r.scope_id = a.scope_id AND r.id = a.id
				CROSS JOIN months m ON m.place = r.n
			ORDER BY m.month, a.scope_id, a.id, m.currency`,
		params: [list(scopes)]
	};
}
