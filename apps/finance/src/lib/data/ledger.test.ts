import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf, simpleLines, splitLines, transferLines } from '#lib/domain/lines.ts';
import { CLEARING, OPENING, UNCATEGORISED } from '#lib/domain/revision.ts';
import * as accounts from './accounts.ts';
import * as categories from './categories.ts';
import { createLedger, ledgers, ledgerScopes } from './ledgers.ts';
import { markCleared, reconcile } from './marks.ts';
import type { RowRef } from './query.ts';
import * as register from './register.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { revisionsOf, threadOfRows } from './threads.ts';
import * as transactions from './transactions.ts';
import { transferBetween } from './transfers.ts';

let ledger: TestLedger;
let bank: RowRef;
let card: RowRef;
let food: RowRef;
let fun: RowRef;

beforeAll(async () => {
	ledger = await openLedger();
	const { platform, scope } = ledger;
	const opening = { minor: 100_000, date: 20251231 };
	bank = await accounts.createAccount(platform, scope, { name: 'Bank', kind: 'current', currency: 'EUR', opening });
	card = await accounts.createAccount(platform, scope, { name: 'Card', kind: 'card', currency: 'EUR' });
	food = await categories.createCategory(platform, scope, { name: 'Food', kind: 'expense' });
	fun = await categories.createCategory(platform, scope, { name: 'Fun', kind: 'expense' });
});

afterAll(() => ledger.close());

const add = (date: number, lines: ReturnType<typeof simpleLines>, more = {}) =>
	transactions.addTransaction(ledger.platform, ledger.scope, { date, currency: 'EUR', lines, ...more });

async function balanceOf(account: RowRef) {
	const rows = await ledger.ask(accounts.balances([account.scope_id]));
	return rows.find(({ id }) => id === account.id);
}

const window = (account: RowRef, offset = 0, limit = 50) =>
	ledger.ask(register.accountWindow(account, 'EUR', { offset, limit }));

/** What no test may break: monthly sums are those of the postings, and every entry sums to zero. */
async function expectSound() {
	const [odd] = await ledger.platform.exec<{ sums: number; entries: number }>(`SELECT
		(SELECT count(*) FROM (
			SELECT place, currency, month, count, minor, cleared FROM months WHERE currency <> ''
			EXCEPT SELECT place, currency, n / 209715200, count(*), sum(minor), sum(iif(cleared > 0, minor, 0))
				FROM postings GROUP BY 1, 2, 3)) AS sums,
		(SELECT count(*) FROM (SELECT n, sum(minor) FROM postings GROUP BY n, currency HAVING sum(minor) <> 0)) AS entries`);
	expect(odd).toEqual({ sums: 0, entries: 0 });
}

test('an opening balance is a transaction like any other', async () => {
	expect(await balanceOf(bank)).toMatchObject({ minor: 100_000, count: 1 });
	const [opening] = await ledger.ask(accounts.openings(bank));
	expect(register.entryOf(opening!).content.lines[1]).toMatchObject({ account: OPENING, minor: -100_000 });
});

test('[FN-23] the register shows every row with the balance after it, newest first', async () => {
	await add(20260105, simpleLines(bank.id, -1250, 'EUR', food.id), { order: 2 });
	await add(20260105, simpleLines(bank.id, -500, 'EUR', UNCATEGORISED), { order: 1 });
	await add(20260202, simpleLines(bank.id, 20_000, 'EUR', fun.id));
	const rows = await window(bank);
	expect(rows.map(({ minor, balance }) => [minor, balance])).toEqual([
		[20_000, 118_250],
		[-1250, 98_250],
		[-500, 99_500],
		[100_000, 100_000]
	]);
	expect(register.entryOf(rows[1]!).content.lines[1]!.account).toBe(food.id);
	await expectSound();
});

test('[FN-23] any window is what stands there in the whole list, and a day is found in it', async () => {
	const all = await window(bank, 0, 1000);
	const { size } = await ledger.one(register.accountSize(bank, 'EUR'));
	expect(size).toBe(all.length);
	for (let offset = 0; offset <= all.length; offset++) {
		expect(await window(bank, offset, 2)).toEqual(all.slice(offset, offset + 2));
	}
	const { position } = await ledger.one(register.accountPosition(bank, 'EUR', 20260105));
	expect(register.entryOf(all[position]!).content.date).toBe(20260105);
	expect(position).toBe(1);
});

test('a transfer is one transaction, seen from both accounts', async () => {
	const lines = transferLines({ from: bank.id, to: card.id, minor: 3000, currency: 'EUR' });
	const { transactions: made } = await add(20260210, lines);
	expect((await balanceOf(card))?.minor).toBe(3000);
	expect((await balanceOf(bank))?.minor).toBe(115_250);
	await transactions.deleteTransactions(ledger.platform, made);
	expect(await balanceOf(card)).toBeUndefined();
	expect((await balanceOf(bank))?.minor).toBe(118_250);
	await expectSound();
});

test('[FN-19] an edit, a deletion and a new transaction are undone and done again', async () => {
	const before = await window(bank);
	const made = await add(20260301, simpleLines(bank.id, -700, 'EUR', food.id), { note: 'first' });
	const [ref] = made.transactions;
	const thread = threadOfRows(await ledger.ask(revisionsOf(ref!)))!;
	const edited = await transactions.editTransactions(ledger.platform, [
		{
			scope_id: ledger.scope,
			thread,
			content: { ...thread.shown.content, lines: simpleLines(bank.id, -900, 'EUR', fun.id) }
		}
	]);
	expect((await window(bank))[0]).toMatchObject({ minor: -900 });
	const undone = await edited.undo();
	expect(undone).toMatchObject({ undone: 1, left: 0 });
	expect((await window(bank))[0]).toMatchObject({ minor: -700 });
	await undone.redo!();
	expect((await window(bank))[0]).toMatchObject({ minor: -900 });
	// The first command's transaction was changed since: taking it back would take the later edit with it.
	expect(await made.undo()).toEqual({ undone: 0, left: 1 });
	const gone = await transactions.deleteTransactions(ledger.platform, [ref!]);
	expect(await window(bank)).toEqual(before);
	expect(await ledger.ask(register.trash(10))).toHaveLength(2);
	await gone.undo();
	expect((await window(bank))[0]).toMatchObject({ minor: -900 });
	await transactions.deleteTransactions(ledger.platform, [ref!]);
});

test('[FN-19] an edit that changes nothing is not written', async () => {
	const [row] = await window(bank);
	const { scope_id, thread: id } = register.entryOf(row!);
	const rows = await ledger.ask(revisionsOf({ scope_id, thread: id }));
	const thread = threadOfRows(rows)!;
	const done = await transactions.editTransactions(ledger.platform, [
		{ scope_id, thread, content: thread.shown.content }
	]);
	expect(done.transactions).toEqual([]);
	expect(await ledger.ask(revisionsOf({ scope_id, thread: id }))).toHaveLength(rows.length);
});

test('a bulk edit changes all or says what is missing, and is undone as one', async () => {
	const made = await transactions.addTransactions(
		ledger.platform,
		Array.from({ length: 30 }, (_, n) => ({
			scope: ledger.scope,
			content: contentOf({ date: 20260401 + n, currency: 'EUR', lines: simpleLines(bank.id, -100, 'EUR', food.id) })
		}))
	);
	const change = await transactions.changeTransactions(ledger.platform, made.transactions, (content) => ({
		...content,
		lines: content.lines.map((line) => (line.account === food.id ? { ...line, account: fun.id } : line))
	}));
	expect(change.transactions).toHaveLength(30);
	const spent = async (category: RowRef) =>
		(
			await ledger.platform.exec<{ minor: number }>(
				'SELECT sum(minor) AS minor FROM months JOIN refs ON n = place WHERE id = ? AND month = 202604',
				[category.id]
			)
		)[0]!.minor;
	expect(await spent(fun)).toBe(3000);
	expect((await change.undo()).undone).toBe(30);
	expect(await spent(food)).toBe(3000);
	const missing = [...made.transactions, { scope_id: ledger.scope, thread: 'nowhere' }];
	await expect(transactions.deleteTransactions(ledger.platform, missing)).rejects.toThrow('not in the ledger');
	expect(await spent(food)).toBe(3000);
	await made.undo();
	await expectSound();
});

test('[FN-25] ticking off is no edit: it never conflicts with one and survives it', async () => {
	const made = await add(20260501, simpleLines(bank.id, -4200, 'EUR', food.id));
	const [ref] = made.transactions;
	const undo = await markCleared(ledger.platform, bank, [ref!], 1);
	expect((await window(bank))[0]).toMatchObject({ minor: -4200, cleared: 1 });
	expect((await balanceOf(bank))?.cleared).toBe(-4200);
	await transactions.changeTransactions(ledger.platform, [ref!], (content) => ({ ...content, note: 'lunch' }));
	expect((await window(bank))[0]).toMatchObject({ cleared: 1, versions: 1 });
	await reconcile(ledger.platform, bank);
	expect((await window(bank))[0]).toMatchObject({ cleared: 2 });
	await undo();
	expect((await window(bank))[0]).toMatchObject({ cleared: 0 });
	expect((await balanceOf(bank))?.cleared).toBe(0);
	await expectSound();
});

test('[FN-26] a transfer between ledgers is two balanced transactions that share nothing but a link', async () => {
	const { platform } = ledger;
	const shared = await createLedger(platform, 'Home', 'EUR');
	expect(ledgerScopes(await platform.scopes.list()).map(({ scope }) => scope)).toEqual([ledger.scope, shared.scope]);
	expect(await ledger.ask(ledgers([shared.scope]))).toMatchObject([{ name: 'Home', currency: 'EUR' }]);
	const pot = await accounts.createAccount(platform, shared.scope, { name: 'Pot', kind: 'current', currency: 'EUR' });
	const { transactions: halves, undo } = await transferBetween(platform, {
		date: 20260601,
		from: { account: bank, minor: 50_000, currency: 'EUR', note: 'private words' },
		to: { account: pot, minor: 50_000, currency: 'EUR' }
	});
	expect((await balanceOf(pot))?.minor).toBe(50_000);
	const [own, theirs] = await Promise.all(
		halves.map(async (ref) => threadOfRows(await ledger.ask(revisionsOf(ref)))!.shown)
	);
	expect(theirs!.content.lines.map(({ account, minor }) => [account, minor])).toEqual([
		[pot.id, 50_000],
		[CLEARING, -50_000]
	]);
	expect(theirs!.content.link).toBe(own!.content.link);
	const inShared = await platform.exec('SELECT * FROM revisions WHERE scope_id = ?', [shared.scope]);
	expect(JSON.stringify(inShared)).not.toMatch(new RegExp(`${bank.id}|private words|${own!.id}`));
	expect(await ledger.ask(register.halves(own!.content.link!))).toHaveLength(2);
	expect((await undo()).undone).toBe(2);
	expect(await balanceOf(pot)).toBeUndefined();
	await expect(
		transferBetween(platform, {
			date: 20260601,
			from: { account: bank, minor: 1, currency: 'EUR' },
			to: { account: card, minor: 1, currency: 'EUR' }
		})
	).rejects.toThrow(RangeError);
});

test('a split shows in the register as one row and in each category', async () => {
	const parts = [
		{ category: food.id, minor: -3000 },
		{ category: fun.id, minor: -1000 }
	];
	await add(20260701, splitLines(bank.id, 'EUR', parts));
	expect((await window(bank))[0]).toMatchObject({ minor: -4000 });
	expect((await window(fun, 0, 1))[0]).toMatchObject({ minor: 1000 });
});

test('an account that has postings is closed, not deleted; one made by mistake goes, and comes back', async () => {
	const { platform, scope } = ledger;
	expect(await accounts.deleteAccount(platform, bank, 1)).toBe(false);
	const spare = await accounts.createAccount(platform, scope, { name: 'Spare', kind: 'cash', currency: 'EUR' });
	const undo = await accounts.deleteAccount(platform, spare, 1);
	const names = async () => (await ledger.ask(accounts.accounts([scope]))).map(({ name }) => name);
	expect(await names()).not.toContain('Spare');
	if (undo) await undo();
	expect(await names()).toContain('Spare');
	const renamed = await accounts.changeAccount(platform, spare, { name: 'Purse', onBudget: false });
	expect(await names()).toContain('Purse');
	await accounts.changeAccount(platform, spare, { name: 'Wallet' });
	// The name is somebody else's by now; whether it is on budget is still what the first change made it.
	expect(await renamed()).toMatchObject({ undone: 1, left: 1 });
	const wallet = (await ledger.ask(accounts.accounts([scope]))).find(({ id }) => id === spare.id);
	expect(wallet).toMatchObject({ name: 'Wallet', on_budget: 1 });
	await accounts.closeAccount(platform, spare, 5);
	expect((await names()).at(-1)).toBe('Wallet');
});

test('lists of all transactions have windows too, over one ledger or several', async () => {
	const scopes = (await ledger.platform.scopes.list()).map(({ scope }) => scope);
	const { size } = await ledger.one(register.entriesSize(scopes));
	const all = await ledger.ask(register.entriesWindow(scopes, { offset: 0, limit: 1000 }));
	expect(size).toBe(all.length);
	const dates = all.map((row) => register.entryOf(row).content.date);
	expect(dates).toEqual(dates.toSorted((a, b) => b - a));
	for (let offset = 0; offset < all.length; offset += 3) {
		expect(await ledger.ask(register.entriesWindow(scopes, { offset, limit: 3 }))).toEqual(
			all.slice(offset, offset + 3)
		);
	}
});

test('what was last written with a payee is suggested', async () => {
	const payee = 's:shop';
	await add(20260801, simpleLines(bank.id, -100, 'EUR', food.id), { payee });
	await add(20260802, simpleLines(bank.id, -200, 'EUR', fun.id), { payee });
	const last = await ledger.one(register.lastOfPayee({ scope_id: ledger.scope, id: payee }));
	expect(register.entryOf(last).content.lines[1]!.account).toBe(fun.id);
});
