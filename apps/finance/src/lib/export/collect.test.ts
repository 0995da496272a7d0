import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as accounts from '#lib/data/accounts.ts';
import * as categories from '#lib/data/categories.ts';
import { readCandidates, readKnownKeys, writeImport } from '#lib/data/import.ts';
import { payeesOfStatement } from '#lib/data/names.ts';
import type { RowRef } from '#lib/data/query.ts';
import { addTransaction, deleteTransactions } from '#lib/data/transactions.ts';
import { openLedger, type TestLedger } from '#lib/data/testing/ledger-node.ts';
import { simpleLines, splitLines, transferLines } from '#lib/domain/lines.ts';
import { toDecimal } from '#lib/domain/money.ts';
import { decide } from '#lib/import/decide.ts';
import { planImport, type PlannedRow } from '#lib/import/plan.ts';
import { readFile } from '#lib/import/read.ts';
import { collectLedger } from './collect.ts';
import { writeCsv } from './csv.ts';
import { writeJournal } from './journal.ts';

let ledger: TestLedger;
let giro: RowRef;
let card: RowRef;
let yen: RowRef;

beforeAll(async () => {
	ledger = await openLedger();
	const { platform, scope } = ledger;
	giro = await accounts.createAccount(platform, scope, {
		name: 'Giro: joint',
		kind: 'current',
		currency: 'EUR',
		opening: { minor: 100_000, date: 20260630 }
	});
	card = await accounts.createAccount(platform, scope, { name: 'Card', kind: 'card', currency: 'EUR' });
	yen = await accounts.createAccount(platform, scope, { name: 'Yen', kind: 'cash', currency: 'JPY' });
	const food = await categories.createCategory(platform, scope, { name: 'Food', kind: 'expense' });
	const add = (date: number, currency: string, lines: ReturnType<typeof simpleLines>) =>
		addTransaction(platform, scope, { date, currency, lines });
	await add(
		20260701,
		'EUR',
		splitLines(giro.id, 'EUR', [
			{ category: food.id, minor: -1200, memo: 'date: 2020-01-01' },
			{ category: 'uncategorised', minor: -300 }
		])
	);
	await add(20260702, 'EUR', transferLines({ from: giro.id, to: card.id, minor: 5000, currency: 'EUR' }));
	await add(
		20260703,
		'EUR',
		transferLines({
			from: giro.id,
			to: yen.id,
			minor: 5000,
			currency: 'EUR',
			received: { minor: 8123, currency: 'JPY' }
		})
	);
	const gone = await add(20260704, 'EUR', simpleLines(card.id, -777, 'EUR', food.id));
	await deleteTransactions(platform, gone.transactions);
});

afterAll(() => ledger.close());

const statement = `Date;Payee;Note;Amount
05.07.2026;Bakery;rolls;-4,50
05.07.2026;Bakery;rolls;-4,50
13.07.2026;Employer;wages;1.234,56
02.07.2026;Card;;-50,00
`;

async function planned(text: string, account: RowRef, currency: string): Promise<PlannedRow[]> {
	const { statements, questions } = readFile(new TextEncoder().encode(text), {}, { currency });
	expect(questions).toEqual([]);
	return planImport({
		entries: statements.flatMap(({ entries }) => entries),
		currency,
		known: await readKnownKeys(ledger.platform, account),
		candidates: await readCandidates(ledger.platform, account)
	});
}

async function imported(text: string, account: RowRef): Promise<{ added: number; matched: number }> {
	const rows = await planned(text, account, 'EUR');
	const names = rows.map(({ entry }) => entry.payee);
	const payees = await payeesOfStatement(ledger.platform, account.scope_id, names);
	return writeImport(
		ledger.platform,
		account,
		decide({ account: account.id, rows, choices: new Map([[3, 'match']]), payees })
	);
}

test('[FN-128] a statement goes into the ledger: new rows are added, what was entered by hand is matched, twins stay two', async () => {
	const { added, matched } = await imported(statement, giro);
	expect({ added, matched }).toEqual({ added: 3, matched: 1 });
	expect((await planned(statement, giro, 'EUR')).map(({ fate }) => fate.kind)).toEqual([
		'known',
		'known',
		'known',
		'known'
	]);
	// The transfer has a key of the one account only: the other's statement may still bring it.
	const other = await planned('Date;Payee;Amount\n2026-07-02;Giro;50,00\n2026-07-03;x;-1,00\n', card, 'EUR');
	expect(other[0]!.suggestion).toMatchObject({ days: 0 });
	expect(await imported(statement, giro)).toMatchObject({ added: 0, matched: 0 });
});

test('[FN-143] hledger comes to the balances that the register shows, and to none of what was deleted', async () => {
	const exported = await collectLedger(ledger.platform, ledger.scope);
	const args = [
		'-f',
		'-',
		'balance',
		'--flat',
		'--no-total',
		'--empty',
		'--output-format',
		'csv',
		'--layout',
		'bare',
		'type:AL'
	];
	const { status, stdout, stderr } = spawnSync('hledger', args, { input: writeJournal(exported), encoding: 'utf8' });
	expect(stderr).toBe('');
	expect(status).toBe(0);
	const balances = await ledger.ask(accounts.balances([ledger.scope]));
	const of = ({ id }: RowRef): string => {
		const { minor, currency } = balances.find((row) => row.id === id)!;
		return toDecimal(minor, currency);
	};
	expect(stdout.replaceAll('"', '').trim().split('\n').slice(1)).toEqual([
		`Assets:Giro/ joint,EUR,${of(giro)}`,
		`Assets:Yen,JPY,${of(yen)}`,
		`Liabilities:Card,EUR,${of(card)}`
	]);
});

test('[FN-142] the CSV of an account, read back, is the account: nothing new, nothing lost', async () => {
	const exported = await collectLedger(ledger.platform, ledger.scope);
	const rows = await planned(writeCsv(exported, giro.id), giro, 'EUR');
	expect(rows.map(({ fate }) => fate.kind)).toEqual(rows.map(() => 'known'));
	expect(rows.reduce((sum, { entry }) => sum + entry.minor, 0)).toBe(
		(await ledger.ask(accounts.balances([ledger.scope]))).find(({ id }) => id === giro.id)!.minor
	);
	expect(writeCsv(exported)).toMatch(/2026-07-01,Giro: joint,,,Food -12.00; Uncategorised -3.00,,-15.00,EUR,no,/);
});
