// The work of `npm run bench -- ledger`, over any platform: the same in a page of Chromium and in Node.
//
// A ledger as a household has it after ten years, made from a seed: 12 accounts in 3 currencies, 80 categories, 800 payees
// of which few are frequent; one transaction in 12 is split, one in 20 a transfer.
import type { Platform } from '../../src/client/platform.ts';
import { allocate } from '../../../../apps/finance/src/lib/domain/allocate.ts';
import { addDays, monthOf } from '../../../../apps/finance/src/lib/domain/dates.ts';
import { contentOf, simpleLines, splitLines, transferLines } from '../../../../apps/finance/src/lib/domain/lines.ts';
import type { Content } from '../../../../apps/finance/src/lib/domain/revision.ts';
import { parseSearch } from '../../../../apps/finance/src/lib/domain/search.ts';
import { balances, createAccount } from '../../../../apps/finance/src/lib/data/accounts.ts';
import { budgetMoney, budgetPostings } from '../../../../apps/finance/src/lib/data/budget.ts';
import { createCategory } from '../../../../apps/finance/src/lib/data/categories.ts';
import { found } from '../../../../apps/finance/src/lib/data/find.ts';
import { payeesNamed } from '../../../../apps/finance/src/lib/data/names.ts';
import type { Query, RowRef } from '../../../../apps/finance/src/lib/data/query.ts';
import { accountSize, accountWindow, entriesWindow, entryOf } from '../../../../apps/finance/src/lib/data/register.ts';
import { categorySums } from '../../../../apps/finance/src/lib/data/reports.ts';
import { addTransactions, changeTransactions } from '../../../../apps/finance/src/lib/data/transactions.ts';

export interface Made {
	scope: string;
	/** The account that has the most rows. */
	account: RowRef;
	currency: string;
}

export type Say = (line: string) => void;

const FIRST_DAY = 20160101;
const DAYS = 3650;
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'JPY', 'EUR'];
const FIRST = 'Blue Green Old New Little Big Corner Central River Garden Star Golden Happy Quick Fresh Royal'.split(
	' '
);
const SECOND = 'Market Bakery Pharmacy Cafe Books Fuel Station Cinema Hardware Florist Insurance Gym'.split(' ');
const WORDS = 'lunch weekly shopping birthday present train ticket repair monthly fee paint coffee school rent'.split(
	' '
);

/** mulberry32: the same ledger on every machine. */
function randomOf(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
	};
}

/** Fills an empty ledger. */
export async function fill(platform: Platform, transactions: number, say: Say): Promise<Made> {
	const random = randomOf(1);
	const scope = await platform.scopes.personal();
	const accounts: RowRef[] = [];
	for (const [index, currency] of CURRENCIES.entries())
		accounts.push(await createAccount(platform, scope, { name: `Account ${index + 1}`, kind: 'current', currency }));
	const categories: RowRef[] = [];
	for (let index = 0; index < 80; index++)
		categories.push(
			await createCategory(platform, scope, {
				name: `${SECOND[index % SECOND.length]} ${index}`,
				kind: index < 8 ? 'income' : 'expense'
			})
		);
	const names = Array.from(
		{ length: 800 },
		(_, index) => `${FIRST[index % 16]} ${SECOND[Math.floor(index / 16) % 12]} ${index}`
	);
	const payees = [...(await payeesNamed(platform, scope, names)).values()];
	// Squares of chances: the first accounts, categories and payees are the frequent ones.
	const often = <T>(items: readonly T[]): T => items[Math.floor((random(1000) * random(1000) * items.length) / 1e6)]!;

	const content = (index: number): Content => {
		const date = addDays(FIRST_DAY, Math.floor((index / transactions) * DAYS));
		const from = Math.floor((random(1000) * random(1000) * accounts.length) / 1e6);
		const account = accounts[from]!.id;
		const currency = CURRENCIES[from]!;
		const minor = -(random(100) === 0 ? random(500_000) : random(9000)) - 1;
		const more = {
			order: random(1_000_000),
			payee: often(payees),
			note: random(5) < 2 ? `${WORDS[random(13)]} ${WORDS[random(13)]} ${random(1000)}` : ''
		};
		const kind = random(60);
		if (kind < 3) {
			const to = (from + 1) % 8;
			const received = { minor: -minor, currency: CURRENCIES[to]! };
			const lines = transferLines({ from: account, to: accounts[to]!.id, minor: -minor, currency, received });
			return contentOf({ date, currency, lines }, { ...more, payee: null });
		}
		if (kind < 8) {
			const parts = Array.from({ length: 3 + random(4) }, (_, part) => ({ id: `${part}`, weight: 1 + random(5) }));
			const minors = allocate(minor, parts, `${index}`);
			const split = minors.map((part) => ({ category: often(categories).id, minor: part }));
			return contentOf({ date, currency, lines: splitLines(account, currency, split) }, more);
		}
		const earned = kind === 59 ? -minor * 20 : minor;
		return contentOf({ date, currency, lines: simpleLines(account, earned, currency, often(categories).id) }, more);
	};

	const step = 2000;
	for (let at = 0; at < transactions; at += step) {
		const size = Math.min(step, transactions - at);
		await addTransactions(
			platform,
			Array.from({ length: size }, (_, index) => ({ scope, content: content(at + index) }))
		);
		if ((at / step) % 10 === 9) say(`${at + size} of ${transactions} transactions`);
	}
	return { scope, account: accounts[0]!, currency: CURRENCIES[0]! };
}

const ask = <R extends object>(platform: Platform, { sql, params }: Query<R>) => platform.exec<R>(sql, params);

/** The first screen: balances of all accounts and the newest 50 rows of one. */
export async function firstScreen(platform: Platform, { scope, account, currency }: Made): Promise<number> {
	const [, rows] = await Promise.all([
		ask(platform, balances([scope])),
		ask(platform, accountWindow(account, currency, { offset: 0, limit: 50 }))
	]);
	return rows.length;
}

/** Milliseconds by workload. */
export type Times = Record<string, number[]>;

const WATCHED = 'balances';

/** All interactions, with the live queries open that the screens have. */
export async function interact(platform: Platform, made: Made, rounds: number): Promise<Times> {
	const { scope, account, currency } = made;
	const random = randomOf(2);
	const times: Times = {};
	const timed = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
		const start = performance.now();
		const result = await run();
		(times[name] ??= []).push(performance.now() - start);
		return result;
	};

	const [{ size }] = (await ask(platform, accountSize(account, currency))) as [{ size: number }];
	for (let round = 0; round < rounds; round++) {
		const offset = random(size - 50);
		const rows = await timed('window', () => ask(platform, accountWindow(account, currency, { offset, limit: 50 })));
		if (rows.length !== 50) throw new Error(`a window at ${offset} of ${size} has ${rows.length} rows`);
		await timed('all', () => ask(platform, entriesWindow([scope], { offset, limit: 50 })));
	}
	for (let round = 0; round < rounds; round++) {
		const search = parseSearch(QUESTIONS[round % QUESTIONS.length]!(random), { locale: 'en-US', currencies: ['EUR'] });
		const { from, to } = search;
		await timed('search', () => ask(platform, found({ search, from, to }, { limit: 50 })));
	}
	for (let round = 0; round < Math.min(rounds, 30); round++) {
		const month = monthOf(addDays(FIRST_DAY, random(DAYS)));
		await timed('month', () => ask(platform, categorySums([scope], month, month)));
		await timed('budget', () =>
			Promise.all([ask(platform, budgetPostings(scope, 'EUR', month)), ask(platform, budgetMoney(scope, 'EUR', month))])
		);
	}

	let told: () => void = () => {};
	const next = () => new Promise<void>((resolve) => (told = resolve));
	const first = next();
	const live = (query: Query<object>) =>
		platform.live(query.name, query.sql, query.params, () => query.name === WATCHED && told());
	const stops = await Promise.all([
		live(balances([scope])),
		live(accountWindow(account, currency, { offset: 0, limit: 50 })),
		live(categorySums([scope], 202512, 202512))
	]);
	await first;
	for (let round = 0; round < rounds; round++) {
		const [row] = await ask(platform, accountWindow(account, currency, { offset: random(size - 1), limit: 1 }));
		const ref = entryOf(row!);
		await timed('edit', async () => {
			const seen = next();
			await changeTransactions(platform, [ref], oneMore);
			await seen;
		});
	}
	for (const stop of stops) stop();
	return times;
}

/** The same transaction, a cent dearer. */
function oneMore(content: Content): Content {
	const change = [-1, 1];
	const lines = content.lines.map((line, at) => {
		const by = change[at] ?? 0;
		return { ...line, minor: line.minor + by, weight: line.weight + by };
	});
	return { ...content, lines };
}

const QUESTIONS: ((random: (below: number) => number) => string)[] = [
	(random) => SECOND[random(12)]!,
	(random) => SECOND[random(12)]!.slice(0, 3),
	(random) => `${FIRST[random(16)]} ${SECOND[random(12)]!.slice(0, 4)}`,
	(random) => `${WORDS[random(13)]} ${FIRST[random(16)]!.slice(0, 2)}`,
	(random) => `${random(90)}.${10 + random(89)}`,
	(random) => `>${1000 + random(3000)}`,
	(random) => `${WORDS[random(13)]!.slice(0, 4)} ${2016 + random(10)}`,
	(random) => `${SECOND[random(12)]} -${WORDS[random(13)]}`,
	() => 'nothing has these words'
];
