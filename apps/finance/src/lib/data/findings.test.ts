import { afterAll, beforeAll, expect, test } from 'vitest';
import { lineOf, simpleLines, splitLines } from '#lib/domain/lines.ts';
import { parseSearch } from '#lib/domain/search.ts';
import * as accounts from './accounts.ts';
import * as categories from './categories.ts';
import { found, foundSize, foundThreads, type Filter } from './find.ts';
import * as names from './names.ts';
import type { RowRef } from './query.ts';
import { entryOf } from './register.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { addTransaction, changeTransactions, deleteTransactions } from './transactions.ts';

let ledger: TestLedger;
let bank: RowRef;
let food: RowRef;
let home: RowRef;
let cafe: string;
let trip: string;

beforeAll(async () => {
	ledger = await openLedger();
	const { platform, scope } = ledger;
	bank = await accounts.createAccount(platform, scope, { name: 'Everyday', kind: 'current', currency: 'EUR' });
	food = await categories.createCategory(platform, scope, { name: 'Groceries', kind: 'expense' });
	home = await categories.createCategory(platform, scope, { name: 'Home', kind: 'expense' });
	cafe = (await names.payeesNamed(platform, scope, ['Café Noir'])).get('Café Noir')!;
	trip = (await names.tagsNamed(platform, scope, ['Lisbon'])).get('Lisbon')!;
	await write(20260110, simpleLines(bank.id, -450, 'EUR', food.id), { payee: cafe, note: 'espresso and cake' });
	await write(20260215, simpleLines(bank.id, -8000, 'EUR', home.id), { note: 'paint', tags: [trip] });
	const split = splitLines(bank.id, 'EUR', [
		{ category: food.id, minor: -1000, memo: 'bread for the party' },
		{ category: home.id, minor: -2000 }
	]);
	await write(20260320, split, { note: 'market' });
});

afterAll(() => ledger.close());

const write = (date: number, lines: ReturnType<typeof simpleLines>, more = {}) =>
	addTransaction(ledger.platform, ledger.scope, { date, currency: 'EUR', lines, ...more });

const ask = async (filter: Filter) =>
	(await ledger.ask(found(filter, { limit: 20 }))).map((row) => entryOf(row).content.date);
const search = (query: string) => ask({ search: parseSearch(query, { locale: 'en-US', currencies: ['EUR'] }) });

test('[FN-40] words are found in payee, note, memo, category, account and tag, accents or not', async () => {
	expect(await search('cafe')).toEqual([20260110]);
	expect(await search('ESPR')).toEqual([20260110]);
	expect(await search('party')).toEqual([20260320]);
	expect(await search('groc')).toEqual([20260320, 20260110]);
	expect(await search('lisb')).toEqual([20260215]);
	expect(await search('everyday')).toEqual([20260320, 20260215, 20260110]);
	expect(await search('groceries -bread')).toEqual([20260110]);
	expect(await search('nowhere')).toEqual([]);
});

test('[FN-40] amounts are found as they are typed, and by range', async () => {
	expect(await search('4.50')).toEqual([20260110]);
	expect(await search('30')).toEqual([20260320]);
	expect(await search('20 market')).toEqual([20260320]);
	expect(await search('>50')).toEqual([20260215]);
	expect(await search('<=10')).toEqual([20260320, 20260110]);
	expect(await search('4..5 cake')).toEqual([20260110]);
});

test('[FN-40] a filter asks for accounts, categories, payees, tags, dates and states, all of them at once', async () => {
	const { scope_id } = bank;
	expect(await ask({ places: [[food]] })).toEqual([20260320, 20260110]);
	expect(await ask({ places: [[food], [home]] })).toEqual([20260320]);
	expect(await ask({ places: [[food, home]] })).toEqual([20260320, 20260215, 20260110]);
	expect(await ask({ places: [[]] })).toEqual([]);
	expect(await ask({ payees: [{ scope_id, id: cafe }] })).toEqual([20260110]);
	expect(await ask({ tags: [{ scope_id, id: trip }] })).toEqual([20260215]);
	expect(await ask({ from: 20260111, to: 20260319 })).toEqual([20260215]);
	expect(await ask({ from: 20260110, to: 20260110, places: [[bank]] })).toEqual([20260110]);
	expect(await ask({ cleared: false, conflict: true })).toEqual([]);
	expect(await ask({ scopes: [scope_id], cleared: false })).toHaveLength(3);
	expect(await ask({ scopes: [] })).toEqual([]);
	expect((await ledger.one(foundSize({ places: [[bank]] }, 100))).size).toBe(3);
	expect((await ledger.one(foundSize({}, 2))).size).toBe(2);
});

test('[FN-41] a new name is found at once, the old one no longer', async () => {
	const { platform, scope } = ledger;
	const undo = await categories.changeCategory(platform, food, { name: 'Supermarket' });
	expect(await search('superm')).toEqual([20260320, 20260110]);
	expect(await search('groceries')).toEqual([]);
	await undo();
	expect(await search('groceries')).toHaveLength(2);
	await names.renamePayee(platform, { scope_id: scope, id: cafe }, 'Bar Blanco');
	expect(await search('blanco')).toEqual([20260110]);
	expect(await search('noir')).toEqual([]);
});

test('[FN-42] a payee merged into another is found under its name, and the old name makes no second one', async () => {
	const { platform, scope } = ledger;
	const [chain] = [...(await names.payeesNamed(platform, scope, ['Coffee Chain'])).values()];
	const undo = await names.mergePayee(platform, { scope_id: scope, id: cafe }, chain!);
	expect(await search('chain')).toEqual([20260110]);
	await names.renamePayee(platform, { scope_id: scope, id: chain! }, 'Big Coffee');
	expect(await search('big')).toEqual([20260110]);
	expect((await names.payeesNamed(platform, scope, ['bar blanco'])).get('bar blanco')).toBe(chain);
	await undo();
	expect(await search('big')).toEqual([]);
});

test('[FN-42] the same name is one payee on every device; a renamed one leaves its name to another', async () => {
	const { platform, scope } = ledger;
	expect(names.payeeIdOf('  CAFÉ  noir ')).toBe(names.payeeIdOf('Cafe Noir'));
	// The statement still says what the bank says: it means the payee that was made with that name.
	expect((await names.payeesOfStatement(platform, scope, ['CAFE NOIR'])).get('CAFE NOIR')).toBe(cafe);
	const fresh = (await names.payeesNamed(platform, scope, ['Café Noir'])).get('Café Noir');
	expect(fresh).not.toBe(cafe);
	const rows = await ledger.ask(names.payees([scope]));
	expect(rows.filter(({ name }) => name === 'Café Noir')).toHaveLength(1);
});

test('an edited note is found by its new words only, a deleted transaction by none', async () => {
	const [ref] = await ledger.ask(foundThreads({ search: parseSearch('paint', { locale: 'en', currencies: [] }) }, 10));
	await changeTransactions(ledger.platform, [ref!], (content) => ({ ...content, note: 'brushes' }));
	expect(await search('paint')).toEqual([]);
	expect(await search('brush')).toEqual([20260215]);
	const { undo } = await deleteTransactions(ledger.platform, [ref!]);
	expect(await search('brush')).toEqual([]);
	await undo();
	expect(await search('brush')).toEqual([20260215]);
});

test('a name that came after the transactions that use it is found', async () => {
	const { platform, scope } = ledger;
	await write(20260501, [lineOf(bank.id, -1, 'EUR'), lineOf('s:pets', 1, 'EUR')], { payee: 's:vet' });
	await platform.exec("INSERT INTO categories (scope_id, id, name, kind) VALUES (?, 's:pets', 'Animals', 'expense')", [
		scope
	]);
	await platform.exec("INSERT INTO payees (scope_id, id, name) VALUES (?, 's:vet', 'Doctor Dolittle')", [scope]);
	expect(await search('animals')).toEqual([20260501]);
	expect(await search('dolittle')).toEqual([20260501]);
});
