/**
 * Envelopes: the money of the accounts on budget, divided among categories, month by month.
 *
 *     available = carried + budgeted + activity            of one category in one month
 *     carried   = what was available the month before, if above zero, else nothing
 *     ready     = money on budget at the end of the month - all that is available in envelopes
 *
 * `ready` needs no rules for income, opening balances or transfers: whatever moves money without an envelope changes it.
 * What a category overspent is taken out of it one month later, since nothing is carried.
 *
 * `budgeted` is what a person set the envelope to, and the moves in and out of it since. A set is one cell, the last one
 * wins; a move is appended, so two people who move money at once both did, and moves make no money.
 */

import { addMonths, isMonth, type Month } from './dates.ts';
import { addMinor, negateMinor, sumMinor, type Minor } from './money.ts';

/** The other end of a move that takes from, or gives back to, what is not in any envelope. */
export const READY = 'ready';

export interface CategoryMonth {
	category: string;
	month: Month;
	minor: Minor;
}

export interface BudgetMove {
	month: Month;
	from: string;
	to: string;
	minor: Minor;
}

/** All of one ledger in one currency, up to the month asked for or further. */
export interface BudgetFacts {
	/** Expense categories. */
	categories: readonly string[];
	/** Sums of postings of those categories: above zero is spent. */
	postings: readonly CategoryMonth[];
	/** What the money on budget changed by: of its accounts, less what is owed to people who paid for all. */
	money: readonly { month: Month; minor: Minor }[];
	sets: readonly CategoryMonth[];
	moves: readonly BudgetMove[];
}

export interface Envelope {
	category: string;
	carried: Minor;
	/** Set and moved. */
	budgeted: Minor;
	/** Below zero: spent. */
	activity: Minor;
	available: Minor;
}

export interface BudgetMonth {
	month: Month;
	envelopes: readonly Envelope[];
	budgeted: Minor;
	activity: Minor;
	available: Minor;
	/** Money on budget that is in no envelope; below zero: more was given out than there is. */
	ready: Minor;
}

/** The budget of one month. */
export function budgetMonth(facts: BudgetFacts, month: Month): BudgetMonth {
	const activity = byCategory(facts.postings, ({ minor }) => negateMinor(minor));
	const budgeted = byCategory([...facts.sets, ...facts.moves.flatMap(endsOf)], ({ minor }) => minor);
	const envelopes = facts.categories.map((category) =>
		envelopeIn(category, month, budgeted.get(category) ?? new Map(), activity.get(category) ?? new Map())
	);
	const money = sumMinor(facts.money.filter((change) => change.month <= month).map(({ minor }) => minor));
	const total = (of: (envelope: Envelope) => Minor) => sumMinor(envelopes.map(of));
	const available = total((envelope) => envelope.available);
	return {
		month,
		envelopes,
		budgeted: total((envelope) => envelope.budgeted),
		activity: total((envelope) => envelope.activity),
		available,
		ready: addMinor(money, negateMinor(available))
	};
}

/** What the cell of an envelope must be set to, so that with its moves it holds `wanted`. */
export function setFor(facts: Pick<BudgetFacts, 'moves'>, category: string, month: Month, wanted: Minor): Minor {
	const moved = facts.moves.flatMap(endsOf).filter((end) => end.category === category && end.month === month);
	return addMinor(wanted, negateMinor(sumMinor(moved.map(({ minor }) => minor))));
}

function endsOf({ month, from, to, minor }: BudgetMove): CategoryMonth[] {
	return [
		{ category: from, month, minor: negateMinor(minor) },
		{ category: to, month, minor }
	];
}

type Months = Map<Month, Minor>;

function byCategory(rows: readonly CategoryMonth[], minorOf: (row: CategoryMonth) => Minor): Map<string, Months> {
	const categories = new Map<string, Months>();
	for (const row of rows) {
		// What others wrote may be any number, and the months are walked one by one.
		if (!isMonth(row.month)) continue;
		let months = categories.get(row.category);
		if (!months) categories.set(row.category, (months = new Map()));
		months.set(row.month, addMinor(months.get(row.month) ?? 0, minorOf(row)));
	}
	return categories;
}

function envelopeIn(category: string, month: Month, budgeted: Months, activity: Months): Envelope {
	const first = [...budgeted.keys(), ...activity.keys()].reduce((least, one) => Math.min(least, one), month);
	let carried: Minor = 0;
	for (let at = first; ; at = addMonths(at, 1)) {
		const own = { budgeted: budgeted.get(at) ?? 0, activity: activity.get(at) ?? 0 };
		const available = sumMinor([carried, own.budgeted, own.activity]);
		if (at === month) return { category, carried, ...own, available };
		carried = available > 0 ? available : 0;
	}
}
