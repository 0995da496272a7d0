import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetMonth, READY, setFor, type BudgetFacts } from './envelopes.ts';
import { addMonths } from './dates.ts';
import { addMinor } from './money.ts';

const facts = (more: Partial<BudgetFacts>): BudgetFacts => ({
	categories: ['food', 'rent'],
	postings: [],
	money: [],
	sets: [],
	moves: [],
	...more
});

const envelope = (all: BudgetFacts, month: number, category: string) =>
	budgetMonth(all, month).envelopes.find((one) => one.category === category)!;

test('[FN-21] what is left in an envelope is there next month', () => {
	const all = facts({
		money: [{ month: 202601, minor: 100_000 }],
		sets: [{ category: 'food', month: 202601, minor: 40_000 }],
		postings: [{ category: 'food', month: 202601, minor: 25_000 }]
	});
	expect(envelope(all, 202601, 'food')).toEqual({
		category: 'food',
		carried: 0,
		budgeted: 40_000,
		activity: -25_000,
		available: 15_000
	});
	expect(envelope(all, 202604, 'food').available).toBe(15_000);
});

test('[FN-21] what was overspent leaves the envelope next month and comes out of what is ready', () => {
	const all = facts({
		money: [
			{ month: 202601, minor: 100_000 },
			{ month: 202602, minor: -50_000 }
		],
		sets: [{ category: 'food', month: 202602, minor: 30_000 }],
		postings: [{ category: 'food', month: 202602, minor: 50_000 }]
	});
	expect(envelope(all, 202602, 'food').available).toBe(-20_000);
	expect(budgetMonth(all, 202602).ready).toBe(70_000);
	expect(envelope(all, 202603, 'food').available).toBe(0);
	expect(budgetMonth(all, 202603).ready).toBe(50_000);
});

test('[FN-22] two people who take 50 out of the same envelope at the same time both did, and no money is made', () => {
	const month = 202601;
	const sets = [{ category: 'food', month, minor: 100 }];
	const alice = { month, from: 'food', to: 'rent', minor: 50 };
	const bob = { month, from: 'food', to: READY, minor: 50 };
	const money = [{ month, minor: 100 }];
	const all = facts({ sets, money, moves: [alice, bob] });
	expect(envelope(all, month, 'food').budgeted).toBe(0);
	expect(envelope(all, month, 'rent').budgeted).toBe(50);
	expect(budgetMonth(all, month).ready).toBe(50);
});

test('[FN-22] an envelope set to a sum holds that sum, whatever was moved before', () => {
	const moves = [{ month: 202601, from: 'food', to: 'rent', minor: 70 }];
	const sets = [{ category: 'food', month: 202601, minor: setFor({ moves }, 'food', 202601, 400) }];
	expect(envelope(facts({ sets, moves }), 202601, 'food').budgeted).toBe(400);
});

test('[FN-20] money on budget is always what is in envelopes and what is ready, and moves never change it', () => {
	const month = fc.integer({ min: 0, max: 12 }).map((by) => addMonths(202601, by));
	const category = fc.constantFrom('food', 'rent', READY);
	const minor = fc.integer({ min: -5000, max: 5000 });
	const sums = fc.array(fc.record({ category: fc.constantFrom('food', 'rent'), month, minor }), { maxLength: 12 });
	const all = fc.record({
		postings: sums,
		sets: sums,
		money: fc.array(fc.record({ month, minor })),
		moves: fc.array(fc.record({ month, from: category, to: category, minor }))
	});
	fc.assert(
		fc.property(all, month, (given, at) => {
			const before = budgetMonth(facts({ ...given, moves: [] }), at);
			const after = budgetMonth(facts(given), at);
			expect(addMinor(after.ready, after.available)).toBe(addMinor(before.ready, before.available));
		})
	);
});

test('[FN-21] months that a member made up do not keep the budget busy', () => {
	const sets = [-1e15, 5, 99_999_999, 202613].map((month) => ({ category: 'food', month, minor: 1 }));
	expect(envelope(facts({ sets }), 202601, 'food').available).toBe(0);
});
