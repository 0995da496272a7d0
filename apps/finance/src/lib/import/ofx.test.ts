import { expect, test } from 'vitest';
import { ImportError } from './failure.ts';
import { readFile } from './read.ts';
import { fixturesOf } from '@slf/platform/testing/fixtures';

const read = (text: string, currency?: string) =>
	readFile(new TextEncoder().encode(text), {}, currency === undefined ? {} : { currency });
const files = fixturesOf('finance').list('ofxparse', /\.ofx$/);
const named = (name: string): Uint8Array => files.find((file) => file.name.endsWith(`/${name}`))!.bytes;

function failure(call: () => unknown): ImportError {
	try {
		call();
	} catch (error) {
		if (error instanceof ImportError) return error;
		throw error;
	}
	throw new Error('it did not fail');
}

// The files carry no recorded values; these were read off them by hand, with ofxparse's own assertions beside them.
test('[FN-101] OFX 1: accounts, balances and transactions', () => {
	if (files.length === 0) return;
	const { statements, format } = readFile(named('bank_medium.ofx'));
	expect(format).toBe('ofx');
	expect(statements).toHaveLength(1);
	expect(statements[0]).toMatchObject({
		account: { number: '12300 000012345678', bank: '160000100', kind: 'current' },
		currency: 'CAD',
		closing: { minor: 38_234, currency: 'CAD', date: 20090523 },
		from: 20090401,
		to: 20090523
	});
	expect(statements[0]!.entries).toMatchObject([
		{
			date: 20090401,
			minor: -660,
			payee: "MCDONALD'S #112",
			memo: "POS MERCHANDISE;MCDONALD'S #112",
			bankId: '0000123456782009040100001',
			kind: 'card'
		},
		{ date: 20090402, minor: -31_667, payee: "Joe's Bald Hairstyles", kind: 'cheque' },
		{ date: 20090403, minor: -2200, payee: "CONNIE'S HAIR D" }
	]);
	const checking = readFile(named('checking.ofx')).statements[0]!;
	expect(checking.entries.map(({ minor }) => minor)).toEqual([1, -3451, -2500]);
	expect(checking.entries[2]).toMatchObject({ reference: '319', payee: 'RETURNED CHECK FEE, CHECK # 319' });
});

test('[FN-101] OFX 2: several accounts, CDATA, and the cash of an investment account in its own currency', () => {
	if (files.length === 0) return;
	for (const name of ['multiple_accounts.ofx', 'multiple_accounts2.ofx']) {
		const { statements } = readFile(named(name));
		expect(statements.map(({ account, closing }) => [account.number, account.kind, closing?.minor])).toEqual([
			['9100', 'current', 11_100],
			['9200', 'savings', 22_200]
		]);
	}
	const [suncorp] = readFile(named('suncorp.ofx')).statements;
	expect(suncorp!.entries).toMatchObject([
		{ date: 20131215, minor: -1685, currency: 'AUD', payee: 'EFTPOS WDL HANDYWAY ALDI STORE', bankId: '1' }
	]);
	const [investment] = readFile(named('investment_medium.ofx')).statements;
	expect(investment!.currency).toBe('CAD');
	expect(investment!.entries.map(({ minor, currency }) => [minor, currency])).toEqual([
		[-365, 'USD'],
		[335, 'USD'],
		[-365, 'USD']
	]);
});

test('[FN-107] fail_nice: a file whose transactions have no date gives a readable reason and no rows', () => {
	const broken = files.filter((file) => file.name.includes('/fail_nice/'));
	for (const file of broken) {
		const error = failure(() => readFile(file.bytes));
		expect(error).toMatchObject({ format: 'ofx', reason: 'DATE_MISSING', where: { line: 33, element: 'DTPOSTED' } });
		expect(error.message).toBe('Line 33, DTPOSTED: A transaction has no date.');
		expect(error.advice).not.toBe('');
	}
});

test('[FN-107] a file without a statement says what it has instead', () => {
	if (files.length === 0) return;
	expect(failure(() => readFile(named('bank_small.ofx'))).reason).toBe('NO_STATEMENT');
	expect(failure(() => readFile(named('signon_success.ofx'))).reason).toBe('NO_STATEMENT');
	expect(failure(() => readFile(named('signon_success_no_message.ofx'))).reason).toBe('NO_STATEMENT');
	const refused = failure(() => readFile(named('signon_fail.ofx')));
	expect(refused.message).toMatch(/Your bank answered with an error.*15500 Your request could not be processed/);
});

const row = (fields: string): string => `<STMTTRN>${fields}</STMTTRN>`;
const ofx = (rows: string, currency = 'USD'): string => `OFXHEADER:100

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>${currency}<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>
${rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;

test('[FN-101] leaves without a value, unclosed rows, entities and bare signs in values', () => {
	const text = ofx(`<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240105<TRNAMT>-1.50<FITID>a<NAME>A &amp; B &#233; < C<MEMO>
<STMTTRN><DTPOSTED>20240106<TRNAMT>2,50<FITID>b<PAYEE><NAME>D<ADDR1>x</PAYEE>`);
	expect(read(text).statements[0]!.entries).toMatchObject([
		{ date: 20240105, minor: -150, payee: 'A & B é < C', memo: '' },
		{ date: 20240106, minor: 250, payee: 'D' }
	]);
});

test('[FN-103] a bank that groups digits all the same is seen by the other amounts', () => {
	const amounts = ['-1.234,56', '1.000'].map((amount) => row(`<DTPOSTED>20240105<TRNAMT>${amount}<NAME>x`));
	expect(read(ofx(amounts.join(''))).statements[0]!.entries.map(({ minor }) => minor)).toEqual([-123_456, 100_000]);
	// By the standard a lone mark is the decimal mark.
	expect(read(ofx(amounts[1]!)).statements[0]!.entries[0]!.minor).toBe(100);
});

test('[FN-101] a list without all that stands around it is in the currency of the account it is for', () => {
	const list = `<BANKTRANLIST>${row('<DTPOSTED>20240105<TRNAMT>-150<NAME>x')}</BANKTRANLIST>`;
	expect(read(list, 'JPY').statements[0]!.entries).toMatchObject([{ minor: -150, currency: 'JPY' }]);
	expect(failure(() => read(list)).reason).toBe('CURRENCY_UNKNOWN');
});

test('[FN-105] a file cut in the middle keeps the rows that are whole and says where it ends', () => {
	const text = ofx(['1', '2', '3'].map((n) => `${row(`<DTPOSTED>2024010${n}<TRNAMT>${n}.00<NAME>x`)}\n`).join(''));
	const reading = read(text.slice(0, text.indexOf('3.00') + 1));
	expect(reading.statements[0]!.entries.map(({ minor }) => minor)).toEqual([100, 200]);
	expect(reading.broken).toEqual({ where: { line: 6 }, reason: 'BROKEN' });
});

test('[FN-105] a row whose end is missing is not whole, though its date and amount are there; nor is a cut balance one', () => {
	const text = ofx(row('<DTPOSTED>20240101<TRNAMT>1.00<FITID>1') + row('<DTPOSTED>20240102<TRNAMT>2.00<FITID>12'));
	expect(
		read(text.slice(0, text.lastIndexOf('2</STMTTRN>'))).statements[0]!.entries.map(({ bankId }) => bankId)
	).toEqual(['1']);
	const balance = text.replace('</STMTRS>', '<LEDGERBAL><BALAMT>382.34<DTASOF>20240102</LEDGERBAL></STMTRS>');
	expect(read(balance).statements[0]!.closing?.minor).toBe(38_234);
	expect(read(balance.slice(0, balance.indexOf('2.34<'))).statements[0]!.closing).toBeUndefined();
});

test('[FN-105] rows at fault are counted, and the others stay', () => {
	const reading = read(
		ofx(row('<DTPOSTED>20240105<TRNAMT>1.00') + row('<DTPOSTED>20240105<TRNAMT>NaN') + row('<DTPOSTED>20240105'))
	);
	expect(reading.statements[0]!.entries).toHaveLength(1);
	expect(reading.faults.map(({ reason }) => reason)).toEqual(['AMOUNT_WRONG', 'AMOUNT_MISSING']);
});
