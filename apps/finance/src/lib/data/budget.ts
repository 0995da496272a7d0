/** Envelopes in the database: what was set and moved, and the sums that domain/envelopes.ts makes months of. */

import type { Platform } from '@slf/platform';
import type { Month } from '#lib/domain/dates.ts';
import type { BudgetMove, CategoryMonth } from '#lib/domain/envelopes.ts';
import type { Minor } from '#lib/domain/money.ts';
import type { Query, RowRef, Undo } from './query.ts';
import { setColumns } from './rows.ts';

/** Spending of the expense categories of a ledger by month, from the beginning up to `to`. */
export function budgetPostings(scope: string, currency: string, to: Month): Query<CategoryMonth> {
	return {
		name: 'budget-postings',
		sql: `SELECT c.id AS category, m.month, m.minor
			FROM categories c CROSS JOIN refs r ON r.scope_id = c.scope_id AND r.id = c.id
				CROSS JOIN months m ON m.place = r.n AND m.currency = ?2 AND m.month <= ?3
			WHERE c.scope_id = ?1 AND c.kind = 'expense' ORDER BY c.id, m.month`,
		params: [scope, currency, to]
	};
}

/**
 * What the money on budget changed by in each month up to `to`: what its accounts gained, less what people put in of
 * their own. Who paid for all is owed it: an envelope that pays lends no money to the others.
 */
export function budgetMoney(scope: string, currency: string, to: Month): Query<{ month: Month; minor: Minor }> {
	return {
		name: 'budget-money',
		sql: `SELECT m.month, sum(m.minor) AS minor
			FROM (
				SELECT r.n FROM accounts a CROSS JOIN refs r ON r.scope_id = a.scope_id AND r.id = a.id
					WHERE a.scope_id = ?1 AND a.on_budget = 1
				UNION ALL SELECT n FROM refs WHERE scope_id = ?1 AND id >= 'person:' AND id < 'person;'
			) p CROSS JOIN months m ON m.place = p.n AND m.currency = ?2 AND m.month <= ?3
			GROUP BY m.month ORDER BY m.month`,
		params: [scope, currency, to]
	};
}

/** What envelopes were set to. */
export function budgetSets(scope: string, currency: string, to: Month): Query<CategoryMonth> {
	return {
		name: 'budget-sets',
		sql: `SELECT category_id AS category, month, minor FROM budgets
			WHERE scope_id = ? AND currency = ? AND month <= ? AND category_id IS NOT NULL AND minor IS NOT NULL
			ORDER BY month, id`,
		params: [scope, currency, to]
	};
}

export function budgetMoves(scope: string, currency: string, to: Month): Query<BudgetMove & { id: string }> {
	return {
		name: 'budget-moves',
		sql: `SELECT id, month, from_id AS "from", to_id AS "to", minor FROM budget_moves
			WHERE scope_id = ? AND currency = ? AND month <= ? AND minor IS NOT NULL
				AND from_id IS NOT NULL AND to_id IS NOT NULL
			ORDER BY month, id`,
		params: [scope, currency, to]
	};
}

export interface Cell {
	scope: string;
	category: string;
	month: Month;
	currency: string;
}

/** Sets an envelope's cell; what it holds is this and its moves (`setFor` in domain/envelopes.ts). */
export async function setBudget(
	platform: Platform,
	{ scope, category, month, currency }: Cell,
	minor: Minor
): Promise<Undo> {
	const ref: RowRef = { scope_id: scope, id: `${category}@${month}@${currency}` };
	await platform.exec(
		`INSERT INTO budgets (scope_id, id, category_id, month, currency, minor) SELECT ?1, ?2, ?3, ?4, ?5, 0
			WHERE NOT EXISTS (SELECT 1 FROM budgets b WHERE b.scope_id = ?1 AND b.id = ?2)`,
		[scope, ref.id, category, month, currency]
	);
	return setColumns(platform, 'budgets', ref, { minor });
}

/**
 * Moves money from one envelope to another, or from and to what is in none (`READY`). Two people who do so at the same
 * time both did.
 */
export async function moveBudget(
	platform: Platform,
	{ scope, month, currency }: Omit<Cell, 'category'>,
	{ from, to, minor }: { from: string; to: string; minor: number }
): Promise<Undo> {
	const move = (move: { from: string; to: string }) =>
		platform.exec(
			'INSERT INTO budget_moves (scope_id, id, month, currency, from_id, to_id, minor) VALUES (?, ?, ?, ?, ?, ?, ?)',
			[scope, platform.id(), month, currency, move.from, move.to, minor]
		);
	const doing =
		(own: { from: string; to: string }): Undo =>
		async () => {
			await move(own);
			return { undone: 1, left: 0, redo: doing({ from: own.to, to: own.from }) };
		};
	await move({ from, to });
	return doing({ from: to, to: from });
}
