import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#lib/domain/allocate.ts';
import { addDays } from '#lib/domain/dates.ts';
import { contentOf, personAccount, sharedLines, simpleLines, splitLines, transferLines } from '#lib/domain/lines.ts';
import { toDecimal, type Minor } from '#lib/domain/money.ts';
import type { Content } from '#lib/domain/revision.ts';
import { journalNames, writeJournal } from '#lib/export/journal.ts';
import { collectLedger } from '#lib/export/collect.ts';
import { createAccount } from './accounts.ts';
import { createCategory } from './categories.ts';
import { addPerson } from './people.ts';
import type { RowRef } from './query.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { addTransactions, changeTransactions, deleteTransactions } from './transactions.ts';

const CURRENCIES = ['EUR', 'JPY', 'BHD'] as const;

let ledger: TestLedger;
const seed = Date.now() >>> 0;
let state = seed;
function random(below: number): number {
	state = (state + 0x6d2b79f5) >>> 0;
	let mixed = Math.imul(state ^ (state >>> 15), state | 1);
	mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
	return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

beforeAll(async () => {
	ledger = await openLedger();
});

afterAll(() => ledger.close());

/** 2,000 transactions of every form: opening balances, splits, transfers across currencies, shared expenses. */
async function write(): Promise<void> {
	const { platform, scope } = ledger;
	const accounts: { ref: RowRef; currency: string }[] = [];
	for (const [index, currency] of [...CURRENCIES, ...CURRENCIES, 'EUR', 'EUR'].entries()) {
		const opening = { minor: random(1_000_000) - 200_000, date: 20241231 };
		const name = index % 2 ? `Card: "no. ${index}"` : `Bank  ${index};`;
		const kind = index % 2 ? 'card' : 'current';
		accounts.push({ ref: await createAccount(platform, scope, { name, kind, currency, opening }), currency });
	}
	const categories: RowRef[] = [];
	for (let index = 0; index < 30; index++)
		categories.push(
			await createCategory(platform, scope, {
				name: `Category ${index % 7}`,
				kind: index % 5 === 0 ? 'income' : 'expense'
			})
		);
	const people = [await addPerson(platform, scope, 'Ann'), await addPerson(platform, scope, 'Bea')];
	const category = () => categories[random(categories.length)]!.id;
	const content = (index: number): Content => {
		const date = addDays(20250101, random(600));
		const { ref, currency } = accounts[random(accounts.length)]!;
		const minor = random(10) === 0 ? random(2 ** 31) * 1000 : random(50_000) - 20_000;
		const other = accounts[random(accounts.length)]!;
		switch (index % 4) {
			case 0: {
				const parts = Array.from({ length: 2 + random(5) }, (_, part) => ({ id: `${part}`, weight: 1 + random(3) }));
				const split = allocate(minor, parts, `${index}`).map((part) => ({ category: category(), minor: part }));
				return contentOf({ date, currency, lines: splitLines(ref.id, currency, split) }, { note: 'a; b  c | d' });
			}
			case 1: {
				if (other.ref.id === ref.id) break;
				const received = { minor: random(100_000) + 1, currency: other.currency };
				const transfer = { from: ref.id, to: other.ref.id, minor: Math.abs(minor) + 1, currency, received };
				return contentOf({ date, currency, lines: transferLines(transfer) });
			}
			case 2: {
				const paid = [{ person: people[random(2)]!.id, minor: Math.abs(minor) }];
				const parts = people.map(({ id }) => ({ id, weight: 1 + random(2) }));
				const lines = sharedLines({ paid, currency, category: category(), parts, seed: `${index}` });
				return contentOf({ date, currency, lines });
			}
		}
		return contentOf({ date, currency, lines: simpleLines(ref.id, minor, currency, category()) });
	};
	const { transactions } = await addTransactions(
		platform,
		Array.from({ length: 2000 }, (_, index) => ({ scope, content: content(index) }))
	);
	// What was edited and deleted must not be counted twice, or at all.
	await changeTransactions(platform, transactions.slice(0, 200), (old) => ({ ...old, note: 'edited', date: 20260101 }));
	await deleteTransactions(platform, transactions.slice(300, 400));
}

/** Balances as hledger says them: account and currency to a decimal. */
function askHledger(journal: string): Map<string, string> {
	const args = ['-f', '-', 'balance', '--flat', '--no-total', '--no-elide', '--empty', '-O', 'csv', '--layout', 'tidy'];
	let text: string;
	try {
		text = execFileSync('hledger', args, { input: journal, encoding: 'utf8', maxBuffer: 2 ** 27 });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT')
			throw new Error('hledger is not installed: apt-get install hledger', { cause: error });
		throw error;
	}
	const rows = text
		.trim()
		.split('\n')
		.slice(1)
		.map((line) => [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell]) => cell!.replaceAll('""', '"')));
	// "account","period","start_date","end_date","commodity","value"
	return new Map(
		rows
			.filter((cells) => cells[4] !== '' && Number(cells[5]) !== 0)
			.map((cells) => [`${cells[0]} ${cells[4]}`, cells[5]!])
	);
}

test('[FN-43] hledger agrees with every balance of a ledger of 2,000 transactions in three currencies', async () => {
	const { platform, scope } = ledger;
	await write();
	const exported = await collectLedger(platform, scope);
	const theirs = askHledger(writeJournal(exported));
	const names = journalNames(
		exported,
		exported.transactions.flatMap(({ content }) => content.lines)
	);
	const rows = await platform.exec<{ id: string; currency: string; minor: Minor }>(
		`SELECT r.id, m.currency, sum(m.minor) AS minor FROM months m JOIN refs r ON r.n = m.place
			WHERE r.scope_id = ? AND m.currency <> '' AND r.id NOT LIKE 'owes:%'
			GROUP BY r.n, m.currency HAVING sum(m.minor) <> 0`,
		[scope]
	);
	const ours = new Map(
		rows.map(({ id, currency, minor }) => [`${names.get(id)!} ${currency}`, toDecimal(minor, currency)])
	);
	expect(ours.size, `seed ${seed}`).toBeGreaterThan(60);
	expect(rows.some(({ id }) => id.startsWith(personAccount('')))).toBe(true);
	expect([...theirs].toSorted(), `seed ${seed}`).toEqual([...ours].toSorted());
}, 60_000);
