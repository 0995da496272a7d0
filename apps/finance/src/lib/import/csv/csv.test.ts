import { expect, test } from 'vitest';
import { checkBalance } from '../check.ts';
import { ImportError } from '../failure.ts';
import { answered, readFile, type Answers, type Reading } from '../read.ts';

const read = (text: string | Uint8Array, answers: Answers = {}, currency: string | undefined = 'EUR'): Reading =>
	readFile(
		typeof text === 'string' ? new TextEncoder().encode(text) : text,
		answers,
		currency === undefined ? {} : { currency }
	);
const entriesOf = (text: string | Uint8Array, answers?: Answers) => {
	const reading = read(text, answers);
	expect(reading.questions).toEqual([]);
	return reading.statements[0]!.entries;
};

test('[FN-110] a German bank: preamble, semicolons, windows-1252, comma for decimals, total below', () => {
	const text = `Konto;DE02120300000000202051
Zeitraum:;01.01.2024 - 31.01.2024

"Buchungstag";"Wertstellung";"Beg\xfcnstigter / Zahlungspflichtiger";"Verwendungszweck";"Betrag";"W\xe4hrung"
"02.01.2024";"03.01.2024";"B\xe4ckerei M\xfcller";"Br\xf6tchen";"-4,50";"EUR"
"31.01.2024";"31.01.2024";"Arbeitgeber";"Gehalt";"1.234,00";"EUR"
"Summe";"";"";""
`;
	const reading = read(new Uint8Array(Buffer.from(text, 'latin1')));
	expect(reading.encoding).toBe('windows-1252');
	expect(reading.questions).toEqual([]);
	expect(reading.notices).toEqual([{ kind: 'left-out', what: 'totals', count: 1 }]);
	expect(reading.csv).toMatchObject({
		mapping: {
			delimiter: ';',
			columns: [
				{ role: 'date', order: 'dmy' },
				{ role: 'value-date' },
				{ role: 'payee' },
				{ role: 'memo' },
				{ role: 'amount', decimal: ',' },
				{ role: 'currency' }
			]
		},
		headers: [
			'Buchungstag',
			'Wertstellung',
			'Begünstigter / Zahlungspflichtiger',
			'Verwendungszweck',
			'Betrag',
			'Währung'
		]
	});
	expect(reading.statements[0]!.entries).toMatchObject([
		{ date: 20240102, valueDate: 20240103, minor: -450, payee: 'Bäckerei Müller', memo: 'Brötchen', line: 5 },
		{ date: 20240131, minor: 123_400, payee: 'Arbeitgeber' }
	]);
});

test('[FN-110] a Dutch bank: in and out in a column of its own', () => {
	const text = `"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"
"20240105","ALBERT HEIJN 1234","NL01INGB0001234567","","BA","Af","12,34","Betaalautomaat","Pasvolgnr: 001"
"20240106","J. Jansen","NL01INGB0001234567","NL02RABO0123456789","GT","Bij","1000,00","Online bankieren","Huur"
`;
	expect(entriesOf(text)).toMatchObject([
		{ date: 20240105, minor: -1234, payee: 'ALBERT HEIJN 1234', memo: 'Pasvolgnr: 001' },
		{ date: 20240106, minor: 100_000, payee: 'J. Jansen' }
	]);
	const reading = read(text.replace('"Bij"', '"?"'));
	expect(reading.faults).toEqual([{ where: { line: 3, element: 'Af Bij' }, reason: 'DIRECTION_WRONG', found: '?' }]);
});

test('[FN-110] paid in and paid out in two columns, whatever sign they have', () => {
	const rows = (out: string): string => `Date,Description,Paid out,Paid in,Balance
13/01/2024,SHOP,${out},,97.66
14/01/2024,WAGES,,10.00,107.66
`;
	for (const out of ['2.34', '-2.34']) {
		const reading = read(rows(out), {}, 'GBP');
		expect(reading.statements[0]!.entries.map(({ minor }) => minor)).toEqual([-234, 1000]);
		expect(reading.statements[0]).toMatchObject({
			opening: { minor: 10_000 },
			closing: { minor: 10_766, date: 20240114 }
		});
		expect(checkBalance(reading.statements[0]!)).toEqual({ kind: 'follows' });
	}
	const newest = 'Date,Description,Amount,Balance\n14/01/2024,B,1.00,9.00\n13/01/2024,A,-2.00,8.50\n';
	expect(checkBalance(read(newest).statements[0]!)).toEqual({ kind: 'differs', by: -50, currency: 'EUR' });
});

test('[FN-102] [FN-103] what a column leaves open is asked with samples, and answers complete the mapping', () => {
	const text = 'Date;Payee;Amount\n04/05/2024;a;-1.000\n06/07/2024;b;2.000\n';
	let reading = read(text);
	expect(reading.statements).toEqual([]);
	expect(reading.questions).toEqual([
		{
			kind: 'date-order',
			column: 0,
			header: 'Date',
			samples: ['04/05/2024', '06/07/2024'],
			choices: [
				{ value: 'dmy', reads: ['2024-05-04', '2024-07-06'] },
				{ value: 'mdy', reads: ['2024-04-05', '2024-06-07'] }
			]
		},
		{
			kind: 'decimal',
			column: 2,
			header: 'Amount',
			samples: ['-1.000', '2.000'],
			choices: [
				{ value: '.', reads: ['-1.00', '2.00'] },
				{ value: ',', reads: ['-1000.00', '2000.00'] }
			]
		}
	]);
	let answers = answered({}, reading, reading.questions[0]!, 'mdy');
	reading = read(text, answers);
	expect(reading.questions.map(({ kind }) => kind)).toEqual(['decimal']);
	answers = answered(answers, reading, reading.questions[0]!, ',');
	expect(entriesOf(text, answers)).toMatchObject([
		{ date: 20240405, minor: -100_000 },
		{ date: 20240607, minor: 200_000 }
	]);
	// The mapping is plain data: kept, it reads the next file without a question.
	const kept = JSON.parse(JSON.stringify({ csv: read(text, answers).csv!.mapping })) as Answers;
	expect(entriesOf('Date;Payee;Amount\n01/02/2024;c;3.000\n', kept)).toMatchObject([
		{ date: 20240102, minor: 300_000 }
	]);
	expect(read('Date;Payee;Amount\n1/2/2024;c;3\n').csv!.shape).toBe(reading.csv!.shape);
});

test('[FN-103] a column of amounts without any sign is asked: income, or purchases of a card', () => {
	const text = 'Date,Merchant,Amount\n2024-01-05,SHOP,12.50\n2024-01-06,CAFE,3.20\n';
	const reading = read(text);
	expect(reading.questions.map(({ kind, choices }) => [kind, choices.map(({ reads }) => reads[0])])).toEqual([
		['sign', ['12.50', '-12.50']]
	]);
	expect(entriesOf(text, answered({}, reading, reading.questions[0]!, 'reversed')).map(({ minor }) => minor)).toEqual([
		-1250, -320
	]);
	expect(entriesOf(text.replace('12.50', '-12.50')).map(({ minor }) => minor)).toEqual([-1250, 320]);
});

test('[FN-111] two columns that could be the date, or the amount, are asked', () => {
	const text =
		'Started;Completed;What;Total;Fee\n2024-01-05;2024-01-06;shop;-1.50;0.10\n2024-01-07;2024-01-08;cafe;-2.50;0.20\n';
	let reading = read(text);
	expect(reading.questions.map(({ kind, choices }) => [kind, choices.map(({ value }) => value)])).toEqual([
		['date-column', [0, 1]],
		['amount-column', [3, 4]]
	]);
	let answers = answered({}, reading, reading.questions[0]!, 1);
	reading = read(text, answers);
	answers = answered(
		answers,
		reading,
		reading.questions.find(({ kind }) => kind === 'amount-column')!,
		3
	);
	expect(entriesOf(text, answers)).toMatchObject([
		{ date: 20240106, minor: -150, payee: 'shop' },
		{ date: 20240108, minor: -250 }
	]);
});

test('[FN-110] no header, tabs, quotes over lines, and a separator that the file declares', () => {
	expect(entriesOf('2024-01-05\tSHOP\t-1.50\n2024-01-06\tCAFE\t-2.50\n')).toMatchObject([
		{ payee: 'SHOP', minor: -150 },
		{ payee: 'CAFE' }
	]);
	const declared =
		'sep=|\r\nDate|Payee|Memo|Amount\r\n2024-01-05|"He said ""a|b"""|"two\r\nlines"|-1.50\r\n2024-01-06|x|y|1.00\r\n';
	expect(entriesOf(declared)).toMatchObject([{ payee: 'He said "a|b"', memo: 'two lines', line: 3 }, { line: 5 }]);
});

test('[FN-104] the currency of a row is that of its cell, its column, or the account; else it is asked', () => {
	const text = 'Date,Payee,Amount,Currency\n2024-01-05,a,-1500,JPY\n2024-01-06,b,-1.50,USD\n2024-01-07,c,1.500,BHD\n';
	expect(entriesOf(text).map(({ minor, currency }) => [minor, currency])).toEqual([
		[-1500, 'JPY'],
		[-150, 'USD'],
		[1500, 'BHD']
	]);
	expect(
		entriesOf('Date;Payee;Amount\n2024-01-05;a;CHF -1.50\n2024-01-06;b;2,000.50\n').map(({ minor, currency }) => [
			minor,
			currency
		])
	).toEqual([
		[-150, 'CHF'],
		[200_050, 'EUR']
	]);
	const none = readFile(new TextEncoder().encode('Date,Payee,Amount\n2024-01-05,a,-1.50\n'));
	expect(none.questions.map(({ kind }) => kind)).toEqual(['currency']);
	expect(
		readFile(
			new TextEncoder().encode('Date,Payee,Amount\n2024-01-05,a,-1500\n'),
			answered({}, none, none.questions[0]!, 'JPY')
		).statements[0]!.entries[0]!.minor
	).toBe(-1500);
});

const TABLE = 'Date,Payee,Amount\n2024-01-05,a,-1.50\n2024-01-06,b,-2.50\n2024-01-07,c,-3.50';

test('[FN-105] a cut file keeps the rows that are whole and says where it ends, even within the amount', () => {
	expect(read(TABLE).broken).toBeUndefined();
	for (const cut of [TABLE.slice(0, -1), TABLE.slice(0, -2), TABLE.slice(0, -3), TABLE.slice(0, -6)]) {
		const reading = read(cut);
		expect(
			reading.statements[0]!.entries.map(({ minor }) => minor),
			cut
		).toEqual([-150, -250]);
		expect(reading.broken?.where.line, cut).toBe(4);
	}
	const quoted = read('Date,Payee,Amount\n2024-01-05,a,-1.50\n2024-01-06,"b,-2.50\n2024-01-07,c,-3.50\n');
	expect(quoted.statements[0]!.entries).toHaveLength(1);
	expect(quoted.broken).toEqual({ where: { line: 3 }, reason: 'BROKEN' });
});

test('[FN-105] a row with a separator too many is at fault, never an amount of its first half', () => {
	const reading = read(
		'Date,Payee,Amount\n2024-01-05,a,-1,234.50\n2024-01-06,b,-2.50\n2024-01-07,c\n2024-01-08,d,-4.50\n2024-01-09,d,x\n'
	);
	expect(reading.statements[0]!.entries.map(({ minor }) => minor)).toEqual([-250, -450]);
	expect(reading.faults).toEqual([
		{ where: { line: 2 }, reason: 'COLUMNS_WRONG' },
		{ where: { line: 4 }, reason: 'COLUMNS_WRONG' },
		{ where: { line: 6, element: 'Amount' }, reason: 'AMOUNT_WRONG', found: 'x' }
	]);
});

test('[FN-107] what is no table, or a file of another kind, says what it is', () => {
	const reasonOf = (bytes: Uint8Array | string): string => {
		try {
			read(bytes);
		} catch (error) {
			if (error instanceof ImportError) return error.reason;
		}
		return 'none';
	};
	expect(reasonOf('hello\nworld\n')).toBe('NOT_A_STATEMENT');
	expect(reasonOf('{"a": 1}')).toBe('NOT_A_STATEMENT');
	expect(reasonOf('<!DOCTYPE html><html>')).toBe('WEB_PAGE');
	expect(reasonOf('%PDF-1.7')).toBe('PDF');
	expect(reasonOf('PK\x03\x04xxxx')).toBe('ARCHIVE');
	expect(reasonOf(new Uint8Array([0xd0, 0xcf, 0x11, 0xe0]))).toBe('SPREADSHEET');
	expect(reasonOf('<svg/>')).toBe('NOT_A_STATEMENT');
	expect(reasonOf('')).toBe('EMPTY');
	expect(reasonOf('Date,Payee,Amount\n')).toBe('NOT_A_STATEMENT');
});
