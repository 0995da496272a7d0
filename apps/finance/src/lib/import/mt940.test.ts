import { expect, test } from 'vitest';
import { checkBalance } from './check.ts';
import { readFile } from './read.ts';
import { folded } from './statement.ts';
import { fixturesOf, type Fixture } from '@slf/platform/testing/fixtures';

const read = (text: string) => readFile(new TextEncoder().encode(text));

/** The transactions that wolph/mt940 recorded, from its YAML. */
function expectedOf(yml: string) {
	const list = yml.slice(yml.indexOf('\ntransactions:'));
	return list
		.split(/^- !!python\/object:mt940\.models\.Transaction$/m)
		.slice(1)
		.map((block) => {
			const field = (name: string): string => scalar(block, name);
			const day = (name: string): number | undefined => {
				const binary = new RegExp(`^    ${name}: .*\\n    - !!binary \\|\\n      (\\S+)$`, 'm').exec(block)?.[1];
				if (binary === undefined) return undefined;
				const [high, low, month, date] = Buffer.from(binary, 'base64');
				return (high! * 256 + low!) * 10_000 + month! * 100 + date!;
			};
			return {
				amount: /decimal\.Decimal\n {6}- '([^']+)'/.exec(block)![1]!,
				currency: field('currency'),
				valueDate: day('date')!,
				date: day('guessed_entry_date') ?? day('date')!,
				bankId: field('bank_reference'),
				text: folded(`${field('customer_reference')} ${field('extra_details')} ${field('transaction_details')}`)
			};
		});
}

/** A plain, single- or double-quoted scalar of YAML, folded over lines. */
function scalar(block: string, name: string): string {
	const start = new RegExp(`^    ${name}: `, 'm').exec(block)!;
	const lines = block.slice(start.index + start[0].length).split('\n');
	const end = lines.findIndex((line, index) => index > 0 && /^ {0,4}\S/.test(line));
	const raw = lines.slice(0, end < 0 ? undefined : end).map((line) => line.trim());
	const text = raw.reduce(
		(all, line, index) =>
			index === 0 ? line : line === '' ? `${all}\n` : all.endsWith('\n') ? all + line : `${all} ${line}`,
		''
	);
	if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
	if (text.startsWith('"')) {
		return text
			.slice(1, -1)
			.replace(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
			.replaceAll('\\n', '\n')
			.replaceAll('\\t', '\t');
	}
	return text === 'null' ? '' : text;
}

const { list, recorded } = fixturesOf('finance');
const files = list('mt940', /\.sta$/);

test('[FN-101] every MT940 file with recorded values gives exactly these', () => {
	for (const file of files) {
		const expected = expectedOf(recorded(file.name.replace(/\.\w+$/, '.yml'))!);
		expect(expected.length, file.name).toBeGreaterThan(0);
		const { statements, faultCount, broken } = readFile(file.bytes);
		expect({ faultCount, broken }, file.name).toEqual({ faultCount: 0, broken: undefined });
		const entries = statements.flatMap((statement) => statement.entries);
		expect(entries.length, file.name).toBe(expected.length);
		entries.forEach((entry, index) => {
			const values = expected[index]!;
			const [whole = '', fraction = ''] = values.amount.split('.');
			expect(entry, `${file.name} ${index}`).toMatchObject({
				minor: Number(whole + fraction.padEnd(2, '0')),
				currency: values.currency,
				valueDate: values.valueDate,
				date: values.date
			});
			expect(entry.bankId ?? 'NONREF').toBe(values.bankId === '' ? 'NONREF' : values.bankId);
			// The recorded words of ING's last row run on into the statement's own `:86:` and the end of the file.
			expect(entry.text).toBe(values.text.replace(' D000004C000002D25,24C28,71 -XXX', ''));
		});
	}
});

test('[FN-101] balances of the last statement are the recorded ones', () => {
	for (const file of files) {
		const yml = recorded(file.name.replace(/\.\w+$/, '.yml'))!;
		const balance = (name: string): string | undefined =>
			new RegExp(`  ${name}: [^]*?decimal\\.Decimal\\n {6}- '([^']+)'`).exec(yml.slice(0, yml.indexOf('\ntags:')))?.[1];
		const { statements } = readFile(file.bytes);
		const closings = statements.map((statement) => statement.closing!.minor);
		for (const name of ['final_closing_balance', 'intermediate_closing_balance']) {
			const value = balance(name);
			if (value === undefined) continue;
			const [whole = '', fraction = ''] = value.split('.');
			expect(closings, `${file.name} ${name}`).toContain(Number(whole + fraction.padEnd(2, '0')));
		}
	}
});

test('[FN-106] a closing balance that does not follow says by how much', () => {
	const file = files.find(({ name }) => name.endsWith('/abnamro.sta'));
	if (!file) return;
	// 3236.28 less eight payments is 2914.84, and the file (names and numbers were changed in it) says 876.84.
	const [first] = readFile(file.bytes).statements;
	expect(checkBalance(first!)).toEqual({ kind: 'differs', by: -203_800, currency: 'EUR' });
	const triodos = readFile(named('triodos.sta').bytes).statements[0]!;
	// 4975.09 - 15.70 - 700.00 = 4259.39; the file says 4370.79.
	expect(checkBalance(triodos)).toEqual({ kind: 'differs', by: 11_140, currency: 'EUR' });
	expect(checkBalance(readFile(named('generic.sta').bytes).statements[1]!)).toEqual({ kind: 'follows' });
});

function named(name: string): Fixture {
	return files.find((file) => file.name.endsWith(`/${name}`))!;
}

test('[FN-101] payee and purpose come out of the words of each dialect', () => {
	if (files.length === 0) return;
	const payees = (name: string): string[] =>
		readFile(named(name).bytes).statements.flatMap(({ entries }) =>
			entries.map((entry) => `${entry.payee} | ${entry.memo}`)
		);
	expect(payees('rabobank-iban.sta').slice(0, 2)).toEqual([
		'CONTRA ACCOUNT HOLDER | ',
		'JOHN DOE | Reference 201301234'
	]);
	expect(payees('rabobank.sta')[1]).toBe('T-MOBILE NETHERLANDS BV | BETALINGSKENM. 123456789 FACTUURNUMMER 987654321');
	expect(payees('triodos.sta')[0]).toBe(' | ALGEMENE TUSSENREKENING KOSTEN VAN 01-10-2010 TOT EN MET 31-12-2010');
	expect(payees('knab.sta')[1]).toMatch(/^PICQER \| FACTUUR 201403110/);
	expect(payees('sns.sta')[0]).toBe('marechal s | 0987654321 marechal s dit is een test');
});

const PAGE = `{1:F01BANKDEFFXXXX}{2:I940BANKDEFFXXXXN}{4:
:20:STARTUMS
:25:70012345/0012345678EUR
:28C:00001/001
:60F:C231230EUR100,00
:61:2312310102DR5,99N005NONREF//ABC123
:86:005?00KARTENZAHLUNG?20SVWZ+KAFFEE?21 UND KUCHEN?32CAFE AM
?33 MARKT
:61:240102RC10,NTRFNONREF
:86:storno
:62F:C240102EUR84,01
-}`;

test('[FN-101] the German dialect: fields of two digits, funds code, the year turns between value and booking', () => {
	const [statement] = read(PAGE).statements;
	expect(statement).toMatchObject({
		account: { bank: '70012345', number: '0012345678EUR' },
		opening: { minor: 10_000, date: 20231230 },
		closing: { minor: 8401, date: 20240102 }
	});
	expect(statement!.entries[0]).toMatchObject({
		date: 20240102,
		valueDate: 20231231,
		minor: -599,
		payee: 'CAFE AM MARKT',
		memo: 'KAFFEE UND KUCHEN',
		bankId: 'ABC123'
	});
	// Money in that is taken back is money out.
	expect(statement!.entries[1]).toMatchObject({ minor: -1000, date: 20240102 });
	expect(checkBalance(statement!)).toEqual({ kind: 'follows' });
});

test('[FN-105] a file cut within a statement keeps the whole rows and says where it ends', () => {
	const cut = PAGE.slice(0, PAGE.indexOf('storno'));
	const reading = read(cut);
	expect(reading.statements[0]!.entries).toHaveLength(1);
	expect(reading.broken).toMatchObject({ reason: 'BROKEN', where: { line: 10 } });
});

test('[FN-105] a row that cannot be read is named by its line, and the others stay', () => {
	const reading = read(PAGE.replace(':61:240102RC10,', ':61:240230RC10,'));
	expect(reading.statements[0]!.entries).toHaveLength(1);
	expect(reading.faults).toEqual([{ where: { line: 9, element: ':61:' }, reason: 'DATE_WRONG', found: '240230' }]);
});
