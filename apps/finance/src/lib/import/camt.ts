/**
 * CAMT.053 (statement) and CAMT.052 (report) of ISO 20022, versions 2 to 13: names of elements have not changed, only
 * what stands around them, so one reading serves all and the namespace is not insisted on.
 *
 *   BkToCstmrStmt|BkToCstmrAcctRpt > Stmt|Rpt > Acct, FrToDt, Bal*, Ntry*
 *
 * One Ntry is one row at the bank, however many payments it gathers. Its sign is CdtDbtInd, also of a reversal (RvslInd
 * says what kind of row was reversed). Entries of status INFO were never booked and are left out; PDNG are pending.
 */

import { exponentOf } from '#lib/domain/money.ts';
import { readFixed } from './amount.ts';
import { readIsoDate } from './date.ts';
import { ImportError, type Reason } from './failure.ts';
import { Findings, MOST_ENTRIES, type Found, type ReadOptions } from './findings.ts';
import {
	folded,
	joined,
	type AccountHints,
	type Balance,
	type Entry,
	type EntryKind,
	type Statement
} from './statement.ts';
import { all, at, readXml, textAt, type Element } from './xml.ts';

const MESSAGES = new Set(['BkToCstmrStmt', 'BkToCstmrAcctRpt']);
const STATEMENTS = new Set(['Stmt', 'Rpt']);
const OPENING = ['OPBD', 'PRCD'];
const CLOSING = ['CLBD'];

/** ISO 20022 external codes, family or sub-family, as far as they say what kind of row it is. */
const KINDS = new Map<string, EntryKind>([
	['ICDT', 'transfer'],
	['RCDT', 'transfer'],
	['IRCT', 'transfer'],
	['RRCT', 'transfer'],
	['IDDT', 'direct-debit'],
	['RDDT', 'direct-debit'],
	['CCRD', 'card'],
	['MCRD', 'card'],
	['ICHQ', 'cheque'],
	['RCHQ', 'cheque'],
	['CNTR', 'cash'],
	['CWDL', 'cash'],
	['CDPT', 'cash'],
	['INTR', 'interest'],
	['CHRG', 'fee'],
	['FEES', 'fee'],
	['COMM', 'fee'],
	['DVCA', 'dividend']
]);

/** @throws ImportError */
export function readCamt(text: string, options: ReadOptions = {}): Found {
	const findings = new Findings('camt');
	const statements: Statement[] = [];
	let entries: Entry[] = [];
	let count = 0;
	const end = (statement: Element): void => {
		statements.push(statementOf(statement, entries, options.currency));
		entries = [];
	};
	readXml('camt', text, {
		closed(path, element) {
			const parent = path.at(-2);
			if (element.name === 'Ntry' && STATEMENTS.has(parent ?? '')) {
				if (++count > MOST_ENTRIES)
					throw new ImportError('camt', { where: { line: element.line }, reason: 'TOO_MANY' });
				const entry = entryOf(element, findings);
				if (entry) entries.push(entry);
				return true;
			}
			if (!STATEMENTS.has(element.name) || !MESSAGES.has(parent ?? '')) return false;
			end(element);
			return true;
		},
		broken(open, line) {
			findings.breaks('BROKEN', { line });
			const statement = open.find(
				({ name }, depth) => STATEMENTS.has(name) && MESSAGES.has(open[depth - 1]?.name ?? '')
			);
			if (statement) end(statement);
		},
		...(options.progress ? { progress: options.progress } : {})
	});
	return findings.found(statements);
}

function statementOf(element: Element, entries: readonly Entry[], fallback: string | undefined): Statement {
	const account = at(element, 'Acct');
	const balances = all(element, 'Bal');
	const opening = balanceOf(balances.find((balance) => OPENING.includes(typeOf(balance))));
	const closing = balanceOf(balances.findLast((balance) => CLOSING.includes(typeOf(balance))));
	const currency = [textAt(account, 'Ccy'), opening?.currency, fallback].find(
		(code) => code !== undefined && code !== ''
	);
	const period = at(element, 'FrToDt');
	const from = readIsoDate(textAt(period, 'FrDtTm') || textAt(period, 'FrDt'));
	const to = readIsoDate(textAt(period, 'ToDtTm') || textAt(period, 'ToDt'));
	const reference = textAt(element, 'Id');
	return {
		account: accountOf(account),
		...(currency === undefined ? {} : { currency }),
		...(reference === '' ? {} : { reference }),
		...(opening ? { opening } : {}),
		...(closing ? { closing } : {}),
		...(from === undefined ? {} : { from }),
		...(to === undefined ? {} : { to }),
		entries
	};
}

function accountOf(account: Element | undefined): AccountHints {
	const iban = textAt(account, 'Id', 'IBAN');
	const number = textAt(account, 'Id', 'Othr', 'Id');
	const institution = at(account, 'Svcr', 'FinInstnId');
	const bank = textAt(institution, 'BICFI') || textAt(institution, 'BIC') || textAt(institution, 'Nm');
	const name = folded(textAt(account, 'Nm') || textAt(account, 'Ownr', 'Nm'));
	return {
		...(iban === '' ? {} : { iban }),
		...(number === '' ? {} : { number }),
		...(bank === '' ? {} : { bank }),
		...(name === '' ? {} : { name })
	};
}

function typeOf(balance: Element): string {
	return textAt(balance, 'Tp', 'CdOrPrtry', 'Cd');
}

function balanceOf(balance: Element | undefined): Balance | undefined {
	const money = balance && moneyOf(balance);
	if (!money || 'reason' in money) return undefined;
	const date = dateOf(at(balance, 'Dt'));
	return { ...money, ...(date === undefined ? {} : { date }) };
}

function moneyOf(
	element: Element
): { minor: number; currency: string } | { reason: Reason; element: string; found: string } {
	const amount = at(element, 'Amt');
	const currency = amount?.attributes.get('Ccy') ?? '';
	const exponent = exponentOf(currency);
	if (!amount) return { reason: 'AMOUNT_MISSING', element: 'Amt', found: '' };
	if (exponent === undefined) return { reason: 'CURRENCY_UNKNOWN', element: 'Amt Ccy', found: currency };
	const read = readFixed(amount.text, '.', exponent);
	if ('reason' in read) return { reason: read.reason, element: 'Amt', found: amount.text };
	const direction = textAt(element, 'CdtDbtInd');
	if (direction !== 'CRDT' && direction !== 'DBIT') {
		return { reason: 'DIRECTION_WRONG', element: 'CdtDbtInd', found: direction };
	}
	return { minor: direction === 'DBIT' && read.minor !== 0 ? -read.minor : read.minor, currency };
}

function entryOf(row: Element, findings: Findings): Entry | undefined {
	const status = textAt(row, 'Sts', 'Cd') || textAt(row, 'Sts');
	if (status === 'INFO') {
		findings.count('information');
		return undefined;
	}
	const money = moneyOf(row);
	if ('reason' in money) {
		findings.fault(money.reason, { line: row.line, element: money.element }, money.found);
		return undefined;
	}
	const booked = at(row, 'BookgDt');
	const value = at(row, 'ValDt');
	const date = dateOf(booked) ?? dateOf(value);
	if (date === undefined) {
		const found = textAt(booked, 'Dt') || textAt(booked, 'DtTm');
		findings.fault(found === '' ? 'DATE_MISSING' : 'DATE_WRONG', { line: row.line, element: 'BookgDt' }, found);
		return undefined;
	}
	const pending = status === 'PDNG';
	if (pending) findings.count('pending');

	const valueDate = dateOf(value);
	const details = all(row, 'NtryDtls').flatMap((list) => all(list, 'TxDtls'));
	const payee = joined(...details.map((detail) => partyOf(detail, money.minor < 0)));
	const memo = joined(
		...details.map(remittanceOf),
		...(details.some(remittanceOf) ? [] : [textAt(row, 'AddtlNtryInf')])
	);
	const bankId = folded(
		textAt(row, 'AcctSvcrRef') || (details.length === 1 ? textAt(details[0], 'Refs', 'AcctSvcrRef') : '')
	);
	const reference = folded(details.length === 1 ? textAt(details[0], 'Refs', 'EndToEndId') : '');
	return {
		date,
		...(valueDate === undefined ? {} : { valueDate }),
		...money,
		payee,
		memo,
		text: wordsOf(row, details),
		...(bankId === '' ? {} : { bankId }),
		...(reference === '' || reference === 'NOTPROVIDED' ? {} : { reference }),
		kind: kindOf(row, details[0]),
		pending,
		line: row.line
	};
}

/** All that names the row to people, in a fixed order: not what of it we show as payee and memo. */
function wordsOf(row: Element, details: readonly Element[]): string {
	const words = details.flatMap((detail) => [
		textAt(detail, 'Refs', 'EndToEndId'),
		...['Dbtr', 'UltmtDbtr', 'Cdtr', 'UltmtCdtr'].map((role) => nameOf(at(detail, 'RltdPties', role))),
		...all(at(detail, 'RmtInf'), 'Ustrd').map(({ text }) => text),
		...all(at(detail, 'RmtInf'), 'Strd').map((block) => textAt(block, 'CdtrRefInf', 'Ref')),
		textAt(detail, 'AddtlTxInf')
	]);
	return folded([...words, textAt(row, 'AddtlNtryInf')].join(' '));
}

function dateOf(element: Element | undefined): number | undefined {
	return readIsoDate(textAt(element, 'Dt') || textAt(element, 'DtTm'));
}

/** Who is on the other side: whom money went to, or came from. For whom it was meant in the end counts most. */
function partyOf(detail: Element, out: boolean): string {
	const parties = at(detail, 'RltdPties');
	const other = out ? ['UltmtCdtr', 'Cdtr', 'UltmtDbtr', 'Dbtr'] : ['UltmtDbtr', 'Dbtr', 'UltmtCdtr', 'Cdtr'];
	for (const role of other) {
		const name = nameOf(at(parties, role));
		if (name !== '') return name;
	}
	return '';
}

/** Since version 8 a party stands within Pty or Agt. */
function nameOf(party: Element | undefined): string {
	return folded(textAt(party, 'Nm') || textAt(party, 'Pty', 'Nm') || textAt(party, 'Agt', 'FinInstnId', 'Nm'));
}

function remittanceOf(detail: Element): string {
	const info = at(detail, 'RmtInf');
	const free = joined(...all(info, 'Ustrd').map(({ text }) => text));
	if (free !== '') return free;
	const reference = joined(...all(info, 'Strd').map((block) => textAt(block, 'CdtrRefInf', 'Ref')));
	return reference === '' ? folded(textAt(detail, 'AddtlTxInf')) : reference;
}

function kindOf(row: Element, detail: Element | undefined): EntryKind {
	for (const code of [at(detail, 'BkTxCd'), at(row, 'BkTxCd')]) {
		const family = at(code, 'Domn', 'Fmly');
		const kind = KINDS.get(textAt(family, 'SubFmlyCd')) ?? KINDS.get(textAt(family, 'Cd'));
		if (kind) return kind;
	}
	return 'other';
}
