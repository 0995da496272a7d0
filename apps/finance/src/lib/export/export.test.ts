import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daysIn } from '#lib/domain/dates.ts';
import { contentOf, lineOf, simpleLines, splitLines, transferLines } from '#lib/domain/lines.ts';
import { toDecimal } from '#lib/domain/money.ts';
import { CLEARING, OPENING, UNCATEGORISED, type Content, type Line } from '#lib/domain/revision.ts';
import { planImport } from '#lib/import/plan.ts';
import { readFile } from '#lib/import/read.ts';
import { folded } from '#lib/import/statement.ts';
import { writeCsv } from './csv.ts';
import { journalNames, writeJournal } from './journal.ts';
import type { ExportedAccount, ExportedLedger, ExportedTransaction } from './ledger.ts';

const CURRENCIES = ['EUR', 'JPY', 'BHD'] as const;
const ACCOUNTS = CURRENCIES.flatMap((currency) => [`giro ${currency}`, `card ${currency}`]);
const CATEGORIES = ['food', 'home', 'wages', UNCATEGORISED, OPENING, CLEARING, 'person:ann'];
const currencyOf = (account: string): string => account.slice(-3);

/** What people write into names and notes, with what means something to spreadsheets, CSV and journals. */
const words = fc.oneof(
	fc.string({ unit: 'grapheme', maxLength: 20 }),
	fc.string({ unit: 'binary', maxLength: 20 }),
	fc
		.array(
			fc.constantFrom(
				'=1+1',
				'+',
				'-',
				'@',
				"'",
				'"',
				',',
				';',
				':',
				'|',
				'  ',
				'\t',
				'\n',
				'\r\n',
				'*',
				'!',
				'(',
				')',
				'[2024-01-02]',
				'date:2024-01-02',
				'date2:x',
				'type:A',
				'#',
				'%',
				'\\',
				'{',
				'~',
				'é',
				'日本',
				'\u00a0',
				'2024-01-01',
				'5.00',
				'comment',
				'end',
				'//',
				'＝',
				'Assets',
				'a'
			),
			{ maxLength: 6 }
		)
		.map((parts) => parts.join(''))
);

const day = fc
	.tuple(fc.integer({ min: 2000, max: 2030 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
	.map(([year, month, date]) => (year * 100 + month) * 100 + Math.min(date, daysIn(year * 100 + month)));
const minor = fc.oneof(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: -(10 ** 12), max: 10 ** 12 }));
const account = fc.constantFrom(...ACCOUNTS);
const category = fc.constantFrom(...CATEGORIES);

const lines: fc.Arbitrary<{ currency: string; lines: Line[] }> = fc.oneof(
	fc.tuple(account, minor, category).map(([from, amount, to]) => {
		const currency = currencyOf(from);
		return { currency, lines: simpleLines(from, amount, currency, to) };
	}),
	fc
		.tuple(account, fc.array(fc.record({ category, minor, memo: words }), { minLength: 2, maxLength: 4 }))
		.map(([from, parts]) => ({ currency: currencyOf(from), lines: splitLines(from, currencyOf(from), parts) })),
	fc
		.tuple(account, account, fc.nat(10 ** 9), fc.nat(10 ** 9))
		.filter(([from, to]) => from !== to)
		.map(([from, to, sent, received]) => {
			const currency = currencyOf(from);
			const arrives = currencyOf(to) === currency ? {} : { received: { minor: received, currency: currencyOf(to) } };
			return { currency, lines: transferLines({ from, to, minor: sent, currency, ...arrives }) };
		}),
	// A line that weighs the other way, which no screen makes and a merge may bring.
	fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -1000, max: 0 })).map(([amount, weight]) => ({
		currency: 'EUR',
		lines: [{ ...lineOf('giro JPY', amount, 'JPY'), weight }, lineOf('food', -weight, 'EUR')]
	}))
);

const content: fc.Arbitrary<Content> = fc
	.record({
		date: day,
		order: fc.nat(100),
		lines,
		payee: fc.option(fc.nat(4).map(String)),
		note: words,
		tags: fc.uniqueArray(fc.nat(4).map(String), { maxLength: 2 })
	})
	.map(({ date, order, lines, payee, note, tags }) => contentOf({ date, ...lines }, { order, payee, note, tags }));

function ledgerOf(contents: readonly Content[], names: readonly string[]): ExportedLedger {
	const accounts = new Map<string, ExportedAccount>();
	const name = (index: number): string => names[index % names.length]!;
	ACCOUNTS.forEach((id, index) =>
		accounts.set(id, { kind: id.startsWith('card') ? 'liability' : 'asset', path: [name(index)] })
	);
	accounts.set('food', { kind: 'expense', path: [name(6), name(7)] });
	accounts.set('home', { kind: 'expense', path: [name(6), name(8)] });
	accounts.set('wages', { kind: 'income', path: [name(9)] });
	accounts.set(OPENING, { kind: 'equity', path: ['Opening balances'] });
	accounts.set('person:ann', { kind: 'equity', path: ['People', name(10)] });
	const transactions = contents.map((content, index): ExportedTransaction => ({
		id: `t${index}`,
		content,
		cleared: new Set(index % 2 === 0 ? content.lines.map((line) => line.account) : [])
	}));
	const named = new Map(['0', '1', '2', '3', '4'].map((id, index) => [id, name(index + 11)]));
	return { accounts, payees: named, tags: named, people: named, transactions };
}

const ledger = fc
	.tuple(fc.array(content, { minLength: 1, maxLength: 30 }), fc.array(words, { minLength: 16, maxLength: 16 }))
	.map(([contents, names]) => ledgerOf(contents, names));

test('[FN-140] T65 what is exported as CSV is read back equal, to the unit and the letter, and asks nothing', () => {
	fc.assert(
		fc.property(ledger, account, (ledger, of) => {
			const expected = ledger.transactions
				.filter(({ content }) => content.lines.some((line) => line.account === of))
				.toSorted(
					(a, b) => a.content.date - b.content.date || a.content.order - b.content.order || (a.id < b.id ? -1 : 1)
				)
				.map(({ id, content }) => ({
					date: content.date,
					minor: content.lines.reduce((sum, line) => sum + (line.account === of ? line.minor : 0), 0),
					currency: currencyOf(of),
					payee: folded(content.payee === null ? '' : ledger.payees.get(content.payee)),
					memo: folded(content.note),
					bankId: id
				}));
			const csv = writeCsv(ledger, of);
			if (expected.length === 0) return;
			const reading = readFile(new TextEncoder().encode(csv), {}, { currency: currencyOf(of) });
			expect(reading.questions).toEqual([]);
			expect(reading.faultCount).toBe(0);
			const read = reading.statements[0]!.entries.map(({ date, minor, currency, payee, memo, bankId }) => ({
				date,
				minor,
				currency,
				payee,
				memo,
				bankId
			}));
			// A note that says the same as the payee is not said twice.
			expect(read).toEqual(expected.map((row) => (row.memo === row.payee ? { ...row, memo: '' } : row)));
		}),
		{ numRuns: 200 }
	);
});

test('[FN-140] found at random: a line end in a name, a name that begins another format, an amount that could be a date', () => {
	const yen = contentOf({
		date: 20000101,
		currency: 'JPY',
		lines: simpleLines('giro JPY', 203_903_010_000, 'JPY', 'food')
	});
	const contents = [
		{ ...yen, note: 'a\rb' },
		{ ...yen, order: 1, note: '\n!Type:Bank\n:20:x\n:25:y' }
	];
	const csv = writeCsv(ledgerOf(contents, ['\r!type:A\n"']), 'giro JPY');
	const { statements } = readFile(new TextEncoder().encode(csv), {}, { currency: 'JPY' });
	expect(statements[0]!.entries.map(({ minor, memo }) => [minor, memo])).toEqual([
		[203_903_010_000, 'a b'],
		[203_903_010_000, '!Type:Bank :20:x :25:y']
	]);
});

test('[FN-141] T65 no cell of an exported CSV begins a formula: words are guarded, numbers are plain decimals', () => {
	fc.assert(
		fc.property(ledger, (ledger) => {
			const rows = readCells(writeCsv(ledger));
			for (const cells of rows) {
				expect(cells).toHaveLength(10);
				cells.forEach((cell, column) => {
					if (column === 6 && rows.indexOf(cells) > 0) expect(cell).toMatch(/^-?\d+(\.\d+)?$/);
					else expect(cell).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
				});
			}
		}),
		{ numRuns: 100 }
	);
});

/** RFC 4180, the slow way. */
function readCells(csv: string): string[][] {
	const rows: string[][] = [[]];
	let rest = csv.replace(/^\ufeff/, '');
	while (rest !== '') {
		const [whole, quoted, bare] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r\n)/.exec(rest)! as unknown as [
			string,
			string?,
			string?
		];
		rows.at(-1)!.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
		if (whole.endsWith('\n')) rows.push([]);
		rest = rest.slice(whole.length);
	}
	return rows.slice(0, -1);
}

test('[FN-142] what was exported from a ledger is known again by it, also what was entered by hand', () => {
	const contents = [
		contentOf({ date: 20260701, currency: 'EUR', lines: simpleLines('giro EUR', -450, 'EUR', 'food') })
	];
	const { statements } = readFile(
		new TextEncoder().encode(writeCsv(ledgerOf(contents, ['a']), 'giro EUR')),
		{},
		{ currency: 'EUR' }
	);
	const plan = (threads: readonly string[]) =>
		planImport({
			entries: statements[0]!.entries,
			currency: 'EUR',
			known: [],
			candidates: threads.map((thread) => ({ thread, date: 20260701, minor: -450, words: '' }))
		}).map(({ fate }) => fate);
	expect(plan(['t0'])).toEqual([{ kind: 'known', thread: 't0', deleted: false, keys: [] }]);
	expect(plan(['t9'])).toEqual([{ kind: 'new' }]);
});

/** Balances by account and currency, as hledger sums the journal. */
function hledgerBalances(journal: string): Map<string, string> {
	const args = ['-f', '-', 'balance', '--flat', '--no-total', '--empty', '--output-format', 'csv', '--layout', 'bare'];
	const { status, stdout, stderr, error } = spawnSync('hledger', args, {
		input: journal,
		encoding: 'utf8',
		maxBuffer: 2 ** 28,
		env: { ...process.env, LC_ALL: 'C.UTF-8' }
	});
	if (error) throw new Error('This test needs hledger (Debian: apt-get install hledger).', { cause: error });
	if (status !== 0) throw new Error(`hledger refuses the journal: ${stderr}`);
	const rows = readCells(stdout.replaceAll('\n', '\r\n')).slice(1);
	return new Map(rows.map(([name, currency, amount]) => [`${name} ${currency}`, amount!]));
}

/** The same from the lines, summed as big integers. */
function ownBalances(ledger: ExportedLedger): Map<string, bigint> {
	const lines = ledger.transactions.flatMap(({ content }) => content.lines);
	const names = journalNames(ledger, lines);
	const sums = new Map<string, bigint>();
	expect(new Set(names.values()).size, 'accounts of one name stay several').toBe(names.size);
	for (const line of lines) {
		const key = `${names.get(line.account)!} ${line.currency}`;
		sums.set(key, (sums.get(key) ?? 0n) + BigInt(line.minor));
	}
	return sums;
}

function expectAgreement(ledger: ExportedLedger): number {
	const theirs = hledgerBalances(writeJournal(ledger));
	const ours = [...ownBalances(ledger)].filter(([, sum]) => sum !== 0n);
	for (const [key, sum] of ours) {
		const currency = key.slice(-3);
		const said = theirs.get(key);
		expect(said, key).toBe(toDecimal(sum, currency));
		theirs.delete(key);
	}
	const rest = [...theirs].filter(([key, amount]) => /[1-9]/.test(amount) && !key.startsWith('Equity:Conversion '));
	expect(rest).toEqual([]);
	return ours.length;
}

test('[FN-143] hledger reads every journal we write, whatever the names and notes are, and agrees with all balances', () => {
	fc.assert(
		fc.property(ledger, (ledger) => void expectAgreement(ledger)),
		{ numRuns: 25 }
	);
});

test('[FN-143] hledger agrees with every balance of 2,000 transactions in three currencies', () => {
	const [contents] = fc.sample(fc.array(content, { minLength: 2000, maxLength: 2000, size: 'max' }), {
		numRuns: 1,
		seed: 20_260_701
	});
	const names = [
		'Giro',
		'Card: blue',
		'Giro',
		'Yen',
		'Dinar  two',
		'Dinar; three',
		'Daily',
		'Food',
		'Home',
		'(Wages)',
		'Ann',
		'* star',
		'=1',
		'date:2020-01-01',
		'x',
		'|'
	];
	expect(expectAgreement(ledgerOf(contents!, names))).toBeGreaterThan(15);
});

test('[FN-144] a journal reads as one would write it: cleared marks, prices, comments that are no tags', () => {
	const ledger = ledgerOf(
		[
			contentOf(
				{
					date: 20260131,
					currency: 'EUR',
					lines: splitLines('giro EUR', 'EUR', [
						{ category: 'food', minor: -450, memo: 'date:2020-01-01 [2020-01-01]' },
						{ category: 'home', minor: -50 }
					])
				},
				{ payee: '0', note: 'rolls; and milk', tags: ['1'] }
			),
			contentOf({
				date: 20260201,
				currency: 'EUR',
				lines: transferLines({
					from: 'giro EUR',
					to: 'giro JPY',
					minor: 1000,
					currency: 'EUR',
					received: { minor: 1600, currency: 'JPY' }
				})
			})
		],
		[
			'Giro',
			'Card',
			'Yen',
			'Y',
			'D',
			'E',
			'Daily',
			'Food: out',
			'Home',
			'Wages',
			'Ann',
			'*Bakery | Mill',
			'on the  road'
		]
	);
	expect(writeJournal(ledger)).toBe(`decimal-mark .
commodity 1000.00 EUR
commodity 1000. JPY
account Assets:Giro  ; type: A
account Assets:Yen  ; type: A
account Expenses:Daily:Food/ out  ; type: X
account Expenses:Daily:Home  ; type: X

2026-01-31 () *Bakery / Mill | rolls, and milk  ; thread: t0, on-the-road:
    * Assets:Giro  -5.00 EUR
    * Expenses:Daily:Food/ out  4.50 EUR  ; date :2020-01-01 (2020-01-01)
    * Expenses:Daily:Home  0.50 EUR

2026-02-01   ; thread: t1
    Assets:Giro  -10.00 EUR
    Assets:Yen  1600 JPY @@ 10.00 EUR
`);
});
