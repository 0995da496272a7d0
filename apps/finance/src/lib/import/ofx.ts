/**
 * OFX and QFX, versions 1 and 2: STMTRS and CCSTMTRS, and of investment accounts the cash movements (INVBANKTRAN).
 * Trades of securities are counted and left out.
 *
 * A date is the first eight digits, the day at the bank: the time and zone behind it are not applied, or a booking of
 * the evening would change its day with the reader's place. Amounts have no groups by the standard, so their only
 * separator is the decimal mark; a bank that writes groups all the same is seen by the column.
 */

import { exponentOf } from '#lib/domain/money.ts';
import { inferDecimal, readAmount, readFixed, takeApart, type Amount } from './amount.ts';
import { readIsoDate } from './date.ts';
import { ImportError } from './failure.ts';
import { Findings, MOST_ENTRIES, type Found, type ReadOptions } from './findings.ts';
import { readElements, type Aggregate } from './ofx-elements.ts';
import {
	folded,
	joined,
	type AccountHints,
	type Balance,
	type Entry,
	type EntryKind,
	type Statement
} from './statement.ts';

const STATEMENTS = new Set(['STMTRS', 'CCSTMTRS', 'INVSTMTRS']);
const ACCOUNTS = ['BANKACCTFROM', 'CCACCTFROM', 'INVACCTFROM'];

const KINDS = new Map<string, EntryKind>([
	['ATM', 'cash'],
	['CASH', 'cash'],
	['CHECK', 'cheque'],
	['DEP', 'cash'],
	['DIRECTDEBIT', 'direct-debit'],
	['DIRECTDEP', 'transfer'],
	['DIV', 'dividend'],
	['FEE', 'fee'],
	['INT', 'interest'],
	['PAYMENT', 'payment'],
	['POS', 'card'],
	['REPEATPMT', 'payment'],
	['SRVCHG', 'fee'],
	['XFER', 'transfer']
]);

const ACCOUNT_KINDS = new Map<string, AccountHints['kind']>([
	['CHECKING', 'current'],
	['SAVINGS', 'savings'],
	['MONEYMRKT', 'savings'],
	['CD', 'savings'],
	['CREDITLINE', 'loan']
]);

/** @throws ImportError */
export function readOfx(text: string, options: ReadOptions = {}): Found {
	const findings = new Findings('ofx');
	const documents: { statement: Aggregate; rows: Aggregate[] }[] = [];
	let rows: Aggregate[] = [];
	let count = 0;
	let refused: Aggregate | undefined;
	const { cut } = readElements(text, (aggregate, parents) => {
		if (aggregate.name === 'STMTTRN') {
			if (!aggregate.whole) return;
			if (++count > MOST_ENTRIES) throw new ImportError('ofx', { where: { line: aggregate.line }, reason: 'TOO_MANY' });
			if (count % 1000 === 0) options.progress?.(aggregate.end / text.length);
			rows.push(aggregate);
		} else if (STATEMENTS.has(aggregate.name)) {
			documents.push({ statement: aggregate, rows });
			rows = [];
		} else if (parents.at(-1) === 'INVTRANLIST' && aggregate.name !== 'INVBANKTRAN') {
			findings.count('investments');
		} else if (aggregate.name === 'STATUS' && aggregate.leaves.get('SEVERITY')?.toUpperCase() === 'ERROR') {
			refused ??= aggregate;
		}
	});
	if (cut !== undefined) findings.breaks('BROKEN', { line: cut });
	if (documents.length === 0 && refused) {
		const { line, leaves } = refused;
		const found = joined(leaves.get('CODE'), leaves.get('MESSAGE'));
		throw new ImportError('ofx', { where: { line }, reason: 'BANK_REFUSED', ...(found === '' ? {} : { found }) });
	}
	// Some banks leave out all that stands around the list.
	if (rows.length > 0) documents.push({ statement: { ...rows[0]!, leaves: new Map(), parts: [] }, rows });
	const read = amountReader(
		documents.flatMap((document) => document.rows.map((row) => row.leaves.get('TRNAMT') ?? ''))
	);
	return findings.found(
		documents.map(({ statement, rows }) => statementOf(statement, rows, read, findings, options.currency))
	);
}

type ReadAmount = (text: string, exponent: number) => Amount;

function amountReader(cells: readonly string[]): ReadAmount {
	if (cells.every((cell) => /^[+-]?\d*[.,]?\d*$/.test(cell))) {
		return (text, exponent) => readFixed(text, '.,', exponent);
	}
	const mark = inferDecimal(cells, 2).value;
	return (text, exponent) => {
		const written = takeApart(text);
		return written ? readAmount(written, mark, exponent) : { reason: 'AMOUNT_WRONG' };
	};
}

function statementOf(
	aggregate: Aggregate,
	rows: readonly Aggregate[],
	read: ReadAmount,
	findings: Findings,
	fallback: string | undefined
): Statement {
	const currency = aggregate.leaves.get('CURDEF')?.toUpperCase() ?? fallback;
	const list = aggregate.parts.find(({ name }) => name === 'BANKTRANLIST' || name === 'INVTRANLIST');
	const from = readIsoDate(list?.leaves.get('DTSTART') ?? '');
	const to = readIsoDate(list?.leaves.get('DTEND') ?? '');
	const closing = balanceOf(
		aggregate.parts.find(({ name }) => name === 'LEDGERBAL'),
		currency,
		read
	);
	const entries: Entry[] = [];
	for (const row of rows) {
		const entry = entryOf(row, currency, read, findings);
		if (entry) entries.push(entry);
	}
	return {
		account: accountOf(aggregate),
		...(currency === undefined ? {} : { currency }),
		...(closing ? { closing } : {}),
		...(from === undefined ? {} : { from }),
		...(to === undefined ? {} : { to }),
		entries
	};
}

function accountOf(statement: Aggregate): AccountHints {
	const from = statement.parts.find(({ name }) => ACCOUNTS.includes(name));
	const number = folded(from?.leaves.get('ACCTID'));
	const bank = folded(from?.leaves.get('BANKID') ?? from?.leaves.get('BROKERID'));
	const kind =
		statement.name === 'CCSTMTRS' ? 'card' : ACCOUNT_KINDS.get(from?.leaves.get('ACCTTYPE')?.toUpperCase() ?? '');
	return {
		...(number === '' ? {} : { number }),
		...(bank === '' ? {} : { bank }),
		...(kind === undefined ? {} : { kind })
	};
}

function balanceOf(
	aggregate: Aggregate | undefined,
	currency: string | undefined,
	read: ReadAmount
): Balance | undefined {
	const exponent = currency === undefined ? undefined : exponentOf(currency);
	if (!aggregate || currency === undefined || exponent === undefined) return undefined;
	const amount = read(aggregate.leaves.get('BALAMT') ?? '', exponent);
	const date = readIsoDate(aggregate.leaves.get('DTASOF') ?? '');
	return 'minor' in amount ? { minor: amount.minor, currency, ...(date === undefined ? {} : { date }) } : undefined;
}

function entryOf(
	row: Aggregate,
	statementCurrency: string | undefined,
	read: ReadAmount,
	findings: Findings
): Entry | undefined {
	const where = (element: string): { line: number; element: string } => ({ line: row.line, element });
	// CURRENCY: the amount is in it. ORIGCURRENCY: the bank has converted it already.
	const other = row.parts.find(({ name }) => name === 'CURRENCY')?.leaves.get('CURSYM');
	const currency = other?.toUpperCase() ?? statementCurrency ?? '';
	const exponent = exponentOf(currency);
	if (exponent === undefined) {
		findings.fault('CURRENCY_UNKNOWN', where(other === undefined ? 'CURDEF' : 'CURSYM'), currency);
		return undefined;
	}
	const posted = row.leaves.get('DTPOSTED') ?? '';
	const date = readIsoDate(posted);
	if (date === undefined) {
		findings.fault(posted === '' ? 'DATE_MISSING' : 'DATE_WRONG', where('DTPOSTED'), posted);
		return undefined;
	}
	const written = row.leaves.get('TRNAMT') ?? '';
	const amount: Amount = written === '' ? { reason: 'AMOUNT_MISSING' } : read(written, exponent);
	if ('reason' in amount) {
		findings.fault(amount.reason, where('TRNAMT'), written);
		return undefined;
	}
	const valueDate = readIsoDate(row.leaves.get('DTAVAIL') ?? '');
	const payeePart = row.parts.find(({ name }) => name === 'PAYEE' || name === 'EXTDPAYEE');
	const name = folded(row.leaves.get('NAME') ?? payeePart?.leaves.get('NAME'));
	const memo = folded(row.leaves.get('MEMO'));
	const bankId = folded(row.leaves.get('FITID'));
	const reference = folded(row.leaves.get('CHECKNUM') ?? row.leaves.get('REFNUM'));
	return {
		date,
		...(valueDate === undefined ? {} : { valueDate }),
		minor: amount.minor,
		currency,
		payee: name,
		memo: memo === name ? '' : memo,
		text: folded(`${name} ${memo}`),
		...(bankId === '' ? {} : { bankId }),
		...(reference === '' || /^0+$/.test(reference) ? {} : { reference }),
		kind: KINDS.get(row.leaves.get('TRNTYPE')?.toUpperCase() ?? '') ?? 'other',
		pending: false,
		line: row.line
	};
}
