import { expect, test } from 'vitest';
import { checkBalance } from './check.ts';
import { readFile } from './read.ts';
import { fixturesOf } from '@slf/platform/testing/fixtures';

const read = (text: string) => readFile(new TextEncoder().encode(text));
const { list, recorded } = fixturesOf('finance');
const files = list('camt', /\.xml$/);

interface Money {
	getAmount: string;
	getCurrency: { getCode: string };
}
interface Recorded {
	getRecords: unknown[];
	getEntries: {
		getAmount: Money;
		getBookingDate: { 0: string };
		getValueDate: { 0: string };
		getAccountServicerReference: string | null;
		getRecord: {
			getId: string;
			getAccount: { getIdentification: string };
			getBalances: { getType: string; getAmount: Money; getDate: { 0: string } }[];
			getFromDate: { 0: string } | null;
			getToDate: { 0: string } | null;
		};
		getTransactionDetail: { getRemittanceInformation: { getMessage: string } };
	}[];
}

const dayOf = (text: { 0: string } | null): number | undefined =>
	text ? Number(text[0].slice(0, 10).replaceAll('-', '')) : undefined;

test('[FN-101] every CAMT.053 file with recorded values, versions 2 to 8, gives exactly these', () => {
	for (const file of files) {
		const expected = JSON.parse(recorded(file.name.replace(/\.\w+$/, '.json'))!) as Recorded;
		const { statements, faultCount, notices } = readFile(file.bytes);
		expect({ faultCount, notices, statements: statements.length }, file.name).toEqual({
			faultCount: 0,
			notices: [],
			statements: expected.getRecords.length
		});
		for (const values of expected.getEntries) {
			const { getRecord: record } = values;
			const statement = statements.find(({ reference }) => reference === record.getId)!;
			expect(statement.account.iban ?? statement.account.number).toBe(record.getAccount.getIdentification);
			expect([statement.from, statement.to]).toEqual([dayOf(record.getFromDate), dayOf(record.getToDate)]);
			for (const [type, balance] of [
				['opening', statement.opening],
				['closing', statement.closing]
			] as const) {
				const said = record.getBalances.find((candidate) => candidate.getType === type)!;
				expect(balance, `${file.name} ${type}`).toEqual({
					minor: Number(said.getAmount.getAmount),
					currency: said.getAmount.getCurrency.getCode,
					date: dayOf(said.getDate)
				});
			}
			expect(statement.entries, file.name).toHaveLength(1);
			const [entry] = statement.entries;
			expect(entry).toMatchObject({
				minor: Number(values.getAmount.getAmount),
				currency: values.getAmount.getCurrency.getCode,
				date: dayOf(values.getBookingDate),
				valueDate: dayOf(values.getValueDate),
				memo: values.getTransactionDetail.getRemittanceInformation.getMessage,
				pending: false
			});
			expect(entry!.bankId ?? null).toBe(values.getAccountServicerReference);
		}
	}
});

test('[FN-101] the payee is the other side, and for whom it was meant in the end', () => {
	if (files.length === 0) return;
	const payee = (name: string): string | undefined =>
		readFile(files.find((file) => file.name.endsWith(name))!.bytes).statements[0]!.entries[0]!.payee;
	expect(payee('camt053.v2.minimal.xml')).toBe('NAME NAME');
	expect(payee('camt053.v2.minimal.ultimate.xml')).toBe('DEBTOR NAME NM');
	expect(payee('camt053.v8.xml')).toBe('NAME NAME');
});

const entry = (
	amount: string,
	status = '<Sts>BOOK</Sts>',
	date = '2024-01-02'
): string => `<Ntry><Amt Ccy="EUR">${amount}</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>${status}<BookgDt><Dt>${date}</Dt></BookgDt></Ntry>
`;
const balance = (code: string, amount: string): string =>
	`<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-01-01</Dt></Dt></Bal>`;
const document = (
	inner: string
): string => `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S1</Id>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
${inner}</Stmt></BkToCstmrStmt></Document>`;

test('[FN-106] a closing balance that does not follow says by how much; one in another currency is not compared', () => {
	const follows = document(balance('OPBD', '10.00') + balance('CLBD', '7.50') + entry('2.50'));
	expect(checkBalance(read(follows).statements[0]!)).toEqual({ kind: 'follows' });
	const differs = document(balance('OPBD', '10.00') + balance('CLBD', '7.45') + entry('2.50'));
	expect(checkBalance(read(differs).statements[0]!)).toEqual({ kind: 'differs', by: -5, currency: 'EUR' });
	const [v2] = files;
	if (v2) expect(checkBalance(readFile(v2.bytes).statements[0]!)).toEqual({ kind: 'currencies' });
});

test('[FN-105] a file cut in the middle keeps the entries that are whole and says where it breaks', () => {
	const whole = document(entry('1.00') + entry('2.00') + entry('3.00'));
	const reading = read(whole.slice(0, whole.indexOf('>3.00')));
	expect(reading.statements[0]!.entries.map(({ minor }) => minor)).toEqual([-100, -200]);
	expect(reading.statements[0]!.account.iban).toBe('DE02120300000000202051');
	expect(reading.broken).toEqual({ where: { line: 7 }, reason: 'BROKEN' });
	expect(() => read(whole.slice(0, whole.indexOf('>1.00')))).toThrow(/breaks off/);
});

test('[FN-105] entries at fault are named by line and element, and the others stay', () => {
	const reading = read(document(entry('1.00') + entry('2,00') + entry('3.00', undefined, '2024-02-30')));
	expect(reading.statements[0]!.entries).toHaveLength(1);
	expect(reading.faults).toEqual([
		{ where: { line: 5, element: 'Amt' }, reason: 'AMOUNT_WRONG', found: '2,00' },
		{ where: { line: 7, element: 'BookgDt' }, reason: 'DATE_WRONG', found: '2024-02-30' }
	]);
});

test('[FN-124] announced entries are pending, entries for information are left out, and both are counted', () => {
	const reading = read(
		document(entry('1.00', '<Sts><Cd>PDNG</Cd></Sts>') + entry('2.00', '<Sts>INFO</Sts>') + entry('3.00'))
	);
	expect(reading.statements[0]!.entries.map(({ pending }) => pending)).toEqual([true, false]);
	expect(reading.notices).toEqual([
		{ kind: 'pending', count: 1 },
		{ kind: 'left-out', what: 'information', count: 1 }
	]);
});

test('[FN-122] a statement that stands in the file twice, to the last entry, counts once', () => {
	const one = document(entry('1.00'));
	const statement = /<Stmt>[^]*<\/Stmt>/.exec(one)![0];
	const reading = read(one.replace(statement, statement + statement));
	expect(reading.statements).toHaveLength(1);
	expect(reading.notices).toEqual([{ kind: 'repeated-statement', reference: 'S1' }]);
	const other = statement.replace('<Id>S1</Id>', '<Id>S2</Id>');
	expect(read(one.replace(statement, statement + other)).statements).toHaveLength(2);
});
