import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgetMonth, READY, setFor, type BudgetFacts } from '#lib/domain/envelopes.ts';
import { personAccount, settlementLines, sharedLines, simpleLines } from '#lib/domain/lines.ts';
import { settleUp } from '#lib/domain/settle-up.ts';
import { runningSums } from '#lib/domain/series.ts';
import * as accounts from './accounts.ts';
import * as budget from './budget.ts';
import * as categories from './categories.ts';
import * as people from './people.ts';
import type { RowRef } from './query.ts';
import * as reports from './reports.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { addTransaction, deleteTransactions } from './transactions.ts';

let ledger: TestLedger;
let bank: RowRef;
let food: RowRef;
let pay: RowRef;
let ann: RowRef;
let bea: RowRef;
let cem: RowRef;

beforeAll(async () => {
	ledger = await openLedger();
	const { platform, scope } = ledger;
	const opening = { minor: 50_000, date: 20251231 };
	bank = await accounts.createAccount(platform, scope, { name: 'Bank', kind: 'current', currency: 'EUR', opening });
	food = await categories.createCategory(platform, scope, { name: 'Food', kind: 'expense' });
	pay = await categories.createCategory(platform, scope, { name: 'Pay', kind: 'income' });
	ann = await people.addPerson(platform, scope, 'Ann');
	bea = await people.addPerson(platform, scope, 'Bea');
	cem = await people.addPerson(platform, scope, 'Cem');
	await write(20260105, simpleLines(bank.id, 200_000, 'EUR', pay.id));
	await write(20260110, simpleLines(bank.id, -30_000, 'EUR', food.id));
	await write(20260210, simpleLines(bank.id, -20_000, 'EUR', food.id));
});

afterAll(() => ledger.close());

const write = (date: number, lines: ReturnType<typeof simpleLines>) =>
	addTransaction(ledger.platform, ledger.scope, { date, currency: 'EUR', lines });

test('[FN-24] a month tells income and spending by category, and a series the worth at the end of each month', async () => {
	const sums = await ledger.ask(reports.categorySums([ledger.scope], 202601, 202601));
	expect(sums.map(({ id, kind, minor }) => [id, kind, minor]).toSorted()).toEqual(
		[
			[food.id, 'expense', 30_000],
			[pay.id, 'income', -200_000]
		].toSorted()
	);
	const byMonth = await ledger.ask(reports.categorySumsByMonth([ledger.scope], 202601, 202612));
	expect(byMonth.filter(({ id }) => id === food.id).map(({ month, minor }) => [month, minor])).toEqual([
		[202601, 30_000],
		[202602, 20_000]
	]);
	const changes = await ledger.ask(reports.worthByMonth([ledger.scope]));
	expect(runningSums(changes, 202512, 202602).map(({ minor }) => minor)).toEqual([50_000, 220_000, 200_000]);
});

test('[FN-24] what has no category is counted too', async () => {
	const { transactions } = await write(20260901, simpleLines(bank.id, -7, 'EUR', 'uncategorised'));
	const sums = await ledger.ask(reports.categorySums([ledger.scope], 202609, 202609));
	expect(sums).toMatchObject([{ id: 'uncategorised', kind: null, minor: 7, count: 1 }]);
	await deleteTransactions(ledger.platform, transactions);
});

async function facts(to: number): Promise<BudgetFacts> {
	const { scope } = ledger;
	return {
		categories: [food.id],
		postings: await ledger.ask(budget.budgetPostings(scope, 'EUR', to)),
		money: await ledger.ask(budget.budgetMoney(scope, 'EUR', to)),
		sets: await ledger.ask(budget.budgetSets(scope, 'EUR', to)),
		moves: await ledger.ask(budget.budgetMoves(scope, 'EUR', to))
	};
}

test('[FN-20] [FN-22] envelopes are set, filled and emptied, and money stays what it is', async () => {
	const { platform, scope } = ledger;
	const cell = { scope, category: food.id, month: 202601, currency: 'EUR' };
	const undo = await budget.setBudget(platform, cell, 40_000);
	const january = budgetMonth(await facts(202601), 202601);
	expect(january).toMatchObject({ budgeted: 40_000, activity: -30_000, available: 10_000, ready: 210_000 });
	expect(budgetMonth(await facts(202602), 202602)).toMatchObject({ available: -10_000, ready: 210_000 });
	const back = await budget.moveBudget(platform, cell, { from: food.id, to: READY, minor: 15_000 });
	expect(budgetMonth(await facts(202601), 202601)).toMatchObject({
		budgeted: 25_000,
		available: -5000,
		ready: 225_000
	});
	await budget.setBudget(platform, cell, setFor(await facts(202601), food.id, 202601, 40_000));
	expect(budgetMonth(await facts(202601), 202601).budgeted).toBe(40_000);
	await back();
	expect(budgetMonth(await facts(202601), 202601).budgeted).toBe(55_000);
	// The first set was replaced since.
	expect(await undo()).toMatchObject({ undone: 0, left: 1 });
});

test('[FN-20] what somebody paid out of their own pocket fills no envelope and makes no money', async () => {
	const at = 202611;
	const before = budgetMonth(await facts(at), at);
	const paid = [{ person: ann.id, minor: 10_000 }];
	const parts = [{ id: bea.id, weight: 1 }];
	const lines = sharedLines({ paid, currency: 'EUR', category: food.id, parts, seed: 'x' });
	const { transactions } = await write(20261101, lines);
	const after = budgetMonth(await facts(at), at);
	expect(after.activity).toBe(Number(before.activity) - 10_000);
	expect(after.ready).toBe(before.ready);
	await deleteTransactions(ledger.platform, transactions);
});

test('[FN-30] who paid and for whom makes who owes, and that sums to zero', async () => {
	const { scope } = ledger;
	const parts = [ann, bea, cem].map(({ id }) => ({ id, weight: 1 }));
	const paid = [{ person: ann.id, minor: 10_000 }];
	await write(20260301, sharedLines({ paid, currency: 'EUR', category: food.id, parts, seed: 'dinner' }));
	const rows = await ledger.ask(people.owed([scope]));
	const owed = new Map(rows.map(({ person, minor }) => [person, minor]));
	expect([...owed.values()].reduce((sum: number, minor) => sum + Number(minor), 0)).toBe(0);
	expect(owed.get(ann.id)).toBeGreaterThan(6665);
	const payments = settleUp(rows);
	expect(payments).toHaveLength(2);
	for (const { from, to, minor } of payments) await write(20260302, settlementLines(from, to, Number(minor), 'EUR'));
	for (const { minor } of await ledger.ask(people.owed([scope]))) expect(minor).toBe(0);
	const because = await ledger.ask(people.owedBecauseOf(ann, 10));
	expect(because).toHaveLength(3);
	// Spending is the same whoever paid.
	expect(await ledger.ask(reports.categorySums([scope], 202603, 202603))).toMatchObject([{ minor: 10_000 }]);
});

test('[FN-30] several may pay, by shares, and money that one puts into the pot is no debt of the others', async () => {
	const { scope } = ledger;
	const before = await ledger.ask(people.owed([scope]));
	await write(20260401, [...simpleLines(bank.id, 500, 'EUR', personAccount(ann.id))]);
	expect(await ledger.ask(people.owed([scope]))).toEqual(before);
	const { transactions } = await write(
		20260402,
		sharedLines({
			paid: [
				{ person: ann.id, minor: 3000 },
				{ person: bea.id, minor: 1000 }
			],
			currency: 'EUR',
			category: food.id,
			parts: [
				{ id: ann.id, weight: 1 },
				{ id: cem.id, weight: 3 }
			],
			seed: 'taxi'
		})
	);
	const owed = new Map((await ledger.ask(people.owed([scope]))).map(({ person, minor }) => [person, minor]));
	expect([ann, bea, cem].map(({ id }) => owed.get(id))).toEqual([2000, 1000, -3000]);
	await deleteTransactions(ledger.platform, transactions);
	expect(await ledger.ask(people.owed([scope]))).toEqual(before);
});

test('members become people of a ledger once, whoever says so', async () => {
	const { platform, scope } = ledger;
	const members = [{ identity: 'ab'.repeat(32), name: 'Dora' }];
	await people.addMembers(platform, scope, members);
	await people.addMembers(platform, scope, [{ ...members[0]!, name: 'Somebody else' }]);
	const rows = await ledger.ask(people.people([scope]));
	expect(rows.filter(({ identity }) => identity !== null)).toMatchObject([{ name: 'Dora' }]);
});

test('the first categories are made once, also where both devices make them', async () => {
	const { platform, scope } = ledger;
	const groups = [{ key: 'living', name: 'Living' }];
	const starters = [{ key: 'rent', name: 'Rent', kind: 'expense' as const, group: 'living' }];
	await categories.addStarterCategories(platform, scope, groups, starters);
	await categories.changeCategory(platform, { scope_id: scope, id: 's:rent' }, { name: 'Flat' });
	await categories.addStarterCategories(platform, scope, groups, starters);
	const rows = await ledger.ask(categories.categories([scope]));
	expect(rows.filter(({ id }) => id === 's:rent')).toMatchObject([{ name: 'Flat', group_id: 's:living' }]);
	expect(await ledger.ask(categories.categoryGroups([scope]))).toHaveLength(1);
});
