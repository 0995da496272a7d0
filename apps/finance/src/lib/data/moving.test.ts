import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf, personAccount, simpleLines, splitLines, transferLines } from '#lib/domain/lines.ts';
import { CLEARING } from '#lib/domain/revision.ts';
import * as accounts from './accounts.ts';
import * as categories from './categories.ts';
import { readKnownKeys, writeImport } from './import.ts';
import { createLedger } from './ledgers.ts';
import { markCleared } from './marks.ts';
import { continueMoves, moveAccount } from './moving.ts';
import { payeesNamed, tagsNamed } from './names.ts';
import type { RowRef } from './query.ts';
import { accountWindow, entryOf, type AccountRow } from './register.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { addTransaction, deleteTransactions } from './transactions.ts';

let ledger: TestLedger;
let bank: RowRef;
let savings: RowRef;
let food: RowRef;
let shared: string;

beforeAll(async () => {
	ledger = await openLedger();
	const { platform, scope } = ledger;
	const opening = { minor: 10_000, date: 20251231 };
	bank = await accounts.createAccount(platform, scope, { name: 'Joint', kind: 'current', currency: 'EUR', opening });
	savings = await accounts.createAccount(platform, scope, { name: 'Secret nest', kind: 'savings', currency: 'EUR' });
	food = await categories.createCategory(platform, scope, { name: 'Food', kind: 'expense' });
	shared = (await createLedger(platform, 'Home', 'EUR')).scope;
	await categories.createCategory(platform, shared, { name: 'food', kind: 'expense' });
});

afterAll(() => ledger.close());

const window = (account: RowRef): Promise<AccountRow[]> =>
	ledger.ask(accountWindow(account, 'EUR', { offset: 0, limit: 500 }));
const seen = (rows: readonly AccountRow[]) => rows.map(({ minor, balance, cleared }) => [minor, balance, cleared]);

async function fill(): Promise<void> {
	const { platform, scope } = ledger;
	const payee = (await payeesNamed(platform, scope, ['Corner shop'])).get('Corner shop')!;
	const tag = (await tagsNamed(platform, scope, ['trip'])).get('trip')!;
	const add = (date: number, lines: ReturnType<typeof simpleLines>, more = {}) =>
		addTransaction(platform, scope, { date, currency: 'EUR', lines, ...more });
	const rent = await categories.createCategory(platform, scope, { name: 'Rent', kind: 'expense' });
	await add(20260101, simpleLines(bank.id, -100, 'EUR', food.id), { payee, tags: [tag], note: 'bread' });
	const split = [
		{ category: food.id, minor: -200 },
		{ category: rent.id, minor: -300 }
	];
	const { transactions } = await add(20260102, splitLines(bank.id, 'EUR', split));
	await markCleared(platform, bank, transactions, 2);
	const transfer = transferLines({ from: bank.id, to: savings.id, minor: 700, currency: 'EUR' });
	await add(
		20260103,
		transfer.map((line) => ({ ...line, memo: 'secret memo' })),
		{ note: 'for the secret nest' }
	);
	await add(20260104, simpleLines(bank.id, 50, 'EUR', personAccount('ann')));
	const rows = ['20260105.a', '20260106.b'].map((key, at) => ({
		kind: 'add' as const,
		keys: [key, `${key}2`],
		content: contentOf({ date: 20260105 + at, currency: 'EUR', lines: simpleLines(bank.id, -1000, 'EUR', food.id) })
	}));
	await writeImport(platform, bank, rows);
	await deleteTransactions(platform, [{ scope_id: scope, thread: `${bank.id}.20260106.b` }]);
}

test('[FN-29] an account moves to another ledger with its history, and only its own amounts go with it', async () => {
	const { platform, scope } = ledger;
	await fill();
	const before = seen(await window(bank));
	const nest = seen(await window(savings));
	const known = (await readKnownKeys(platform, bank)).map(({ key, deleted }) => [key, deleted]).toSorted();
	const steps: number[] = [];
	const moved = await moveAccount(platform, bank, shared, 5, (done) => steps.push(done));
	expect(seen(await window(moved))).toEqual(before);
	expect(seen(await window(savings))).toEqual(nest);
	expect(await window(bank)).toEqual([]);
	expect(steps.at(-1)).toBe(before.length);
	const names = (await ledger.ask(accounts.accounts([scope, shared]))).map(({ scope_id, name }) => [scope_id, name]);
	expect(names.toSorted()).toEqual(
		[
			[scope, 'Secret nest'],
			[shared, 'Joint']
		].toSorted()
	);
	// The shop and the tag are there by name, and Food is the one that was there.
	const dump = JSON.stringify([
		await platform.exec('SELECT * FROM revisions WHERE scope_id = ?', [shared]),
		await platform.exec('SELECT * FROM categories WHERE scope_id = ?', [shared]),
		await platform.exec('SELECT * FROM payees WHERE scope_id = ?', [shared])
	]);
	expect(dump).toMatch(/Corner shop/);
	expect(dump).not.toMatch(new RegExp(`secret|${savings.id}|${bank.id}|person:ann`, 'i'));
	expect((await ledger.ask(categories.categories([shared]))).map(({ name }) => name).toSorted()).toEqual([
		'Rent',
		'food'
	]);
	// What touched other accounts is cut at the clearing account, and both halves balance.
	const halves = (await window(moved)).map(entryOf).filter(({ content }) => content.link !== null);
	expect(halves.map(({ content }) => content.lines.map(({ account }) => account))).toEqual([
		[moved.id, CLEARING],
		[moved.id, CLEARING]
	]);
	const again = (await readKnownKeys(platform, moved)).map(({ key, deleted }) => [key, deleted]).toSorted();
	// Of a deleted row its name is enough: the other keys are of no transaction any more.
	expect(again).toEqual(known.filter(([key]) => key !== '20260106.b2'));
	expect(await platform.exec('SELECT * FROM moving')).toEqual([]);
});

test('[FN-29] a move that was cut short is finished at the next start, and writes nothing twice', async () => {
	const { platform, scope } = ledger;
	const spare = await accounts.createAccount(platform, scope, { name: 'Spare', kind: 'cash', currency: 'EUR' });
	for (let day = 1; day <= 3; day++)
		await addTransaction(platform, scope, {
			date: 20260300 + day,
			currency: 'EUR',
			lines: simpleLines(spare.id, -day, 'EUR', food.id)
		});
	const before = seen(await window(spare));
	const stop = new Error('the page went away');
	await expect(
		moveAccount(platform, spare, shared, 5, () => {
			throw stop;
		})
	).rejects.toBe(stop);
	const [row] = await platform.exec<{ to_scope: string; to_account: string }>('SELECT * FROM moving');
	await continueMoves(platform, 6);
	await continueMoves(platform, 7);
	expect(seen(await window({ scope_id: row!.to_scope, id: row!.to_account }))).toEqual(before);
	expect(await window(spare)).toEqual([]);
	await expect(moveAccount(platform, savings, scope, 1, () => {})).rejects.toThrow(RangeError);
});
