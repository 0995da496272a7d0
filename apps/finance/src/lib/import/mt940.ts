/**
 * MT940 of SWIFT, in the dialects of the banks: with or without the envelope, with `:28:` for `:28C:`, amounts without
 * a comma, several `:86:` for one row, empty lines within.
 *
 *   :20: reference  :25: account  :28C: number/page  :60F: opening  ( :61: row  :86: its words )*  :62F: closing
 *
 * Each message is a statement of its own; F are first and last pages, M those between. The first date of `:61:` is the
 * value date, the four digits behind it are the day of booking in the same year or a neighbouring one. RC takes back
 * money in (so money goes out), RD takes back money out.
 */

import { digitsOf, exponentOf } from '#lib/domain/money.ts';
import { readFixed } from './amount.ts';
import { civilDate, fullYear } from './date.ts';
import { ImportError, type Reason } from './failure.ts';
import { Findings, MOST_ENTRIES, type Found, type ReadOptions } from './findings.ts';
import { detailsOf } from './mt940-details.ts';
import { folded, type AccountHints, type Balance, type Entry, type EntryKind, type Statement } from './statement.ts';

const TAG = /^:(\d{2}[A-Z]?|NS):/;
const BALANCE = /^([CD])(\d{2})(\d{2})(\d{2})([A-Z]{3})([\d,.]+)$/;
const ROW = /^(\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2}))?(R?[CD])([A-Z])?\s?(\d[\d,.]*)(?:([A-Z][A-Z0-9 ]{3})(.*))?$/;

const KINDS = new Map<string, EntryKind>([
	['CHG', 'fee'],
	['COM', 'fee'],
	['CHK', 'cheque'],
	['DDT', 'direct-debit'],
	['DIV', 'dividend'],
	['INT', 'interest'],
	['TRF', 'transfer']
]);

/** A `:61:` and what belongs to it. */
interface Row {
	readonly line: number;
	readonly first: string;
	/** Supplementary details: the second line of `:61:`. */
	more: string;
	readonly words: string[];
}

interface Message {
	reference: string;
	account: string;
	number: string;
	opening: Balance | undefined;
	closing: Balance | undefined;
	/** `:62:` was there: all that belongs to it was read. */
	ended: boolean;
	readonly rows: Row[];
}

/** @throws ImportError */
export function readMt940(text: string, options: ReadOptions = {}): Found {
	const findings = new Findings('mt940');
	const statements: Statement[] = [];
	let message: Message | undefined;
	let tag = '';
	let line = 0;
	let count = 0;

	const finish = (): void => {
		if (message) statements.push(statementOf(message, options.currency, findings));
		message = undefined;
		tag = '';
	};
	for (let at = 0; at < text.length;) {
		const next = text.indexOf('\n', at);
		const end = next < 0 ? text.length : next;
		const whole = text.slice(at, end).replace(/\r$/, '');
		at = end + 1;
		line++;
		const found = TAG.exec(whole);
		if (!found) {
			// The end of a message ("-", "-}", "-XXX"); else a line that goes on with the tag before it.
			if (/^-(?:\}|XXX|\s*$)/.test(whole)) finish();
			else if (message) goOn(message, tag, whole);
			continue;
		}
		tag = found[1]!;
		const value = whole.slice(found[0].length);
		if (tag === '20') {
			finish();
			message = {
				reference: folded(value),
				account: '',
				number: '',
				opening: undefined,
				closing: undefined,
				ended: false,
				rows: []
			};
			tag = '20';
		} else if (message) {
			if (tag === '61') {
				if (++count > MOST_ENTRIES) throw new ImportError('mt940', { where: { line }, reason: 'TOO_MANY' });
				if (count % 1000 === 0) options.progress?.(at / text.length);
				message.rows.push({ line, first: value, more: '', words: [] });
			} else readTag(message, tag, value, line, findings);
		}
	}
	if (message && !message.ended) {
		findings.breaks('BROKEN', { line });
		// Whether the last row has all its words cannot be known.
		message.rows.pop();
	} else if (message?.closing && tag.startsWith('62') && isCut(text, message.closing)) {
		findings.breaks('BROKEN', { line });
		message.closing = undefined;
	}
	finish();
	return findings.found(statements);
}

/** A file may end with its balance, without a line end; but not within it. */
function isCut(text: string, { currency }: Balance): boolean {
	const decimals = /[,.](\d*)$/.exec(text)?.[1];
	return !/\s$/.test(text) && decimals?.length !== digitsOf(currency);
}

function goOn(message: Message, tag: string, line: string): void {
	const row = message.rows.at(-1);
	if (!row || message.ended || line.trim() === '') return;
	if (tag === '61') row.more = folded(`${row.more} ${line}`);
	else if (tag === '86') row.words.push(line);
}

function readTag(message: Message, tag: string, value: string, line: number, findings: Findings): void {
	const balance = (): Balance | undefined => {
		const read = balanceOf(value);
		if (read) return read;
		findings.fault('AMOUNT_WRONG', { line, element: `:${tag}:` }, value);
		return undefined;
	};
	if (tag === '25') message.account = folded(value);
	else if (tag === '28' || tag === '28C') message.number = folded(value);
	else if (tag === '60F' || tag === '60M') message.opening = balance();
	else if (tag === '62F' || tag === '62M') {
		message.closing = balance();
		message.ended = true;
	} else if (tag === '86' && !message.ended) message.rows.at(-1)?.words.push(value);
}

function balanceOf(value: string): Balance | undefined {
	const [, direction, year, month, day, currency = '', digits = ''] = BALANCE.exec(value.trim()) ?? [];
	const exponent = exponentOf(currency);
	if (exponent === undefined) return undefined;
	const amount = readFixed(digits, ',.', exponent);
	if ('reason' in amount) return undefined;
	const date = civilDate(fullYear(Number(year)), Number(month), Number(day));
	const minor = direction === 'D' && amount.minor !== 0 ? -amount.minor : amount.minor;
	return { minor, currency, ...(date === undefined ? {} : { date }) };
}

function statementOf(message: Message, fallback: string | undefined, findings: Findings): Statement {
	const currency = message.opening?.currency ?? message.closing?.currency ?? fallback;
	const entries: Entry[] = [];
	for (const row of message.rows) {
		const entry = entryOf(row, currency, findings);
		if (entry) entries.push(entry);
	}
	const { opening, closing, reference, number } = message;
	return {
		account: accountOf(message.account),
		...(currency === undefined ? {} : { currency }),
		...(reference === '' && number === '' ? {} : { reference: folded(`${reference} ${number}`) }),
		...(opening ? { opening } : {}),
		...(closing ? { closing } : {}),
		...(opening?.date === undefined ? {} : { from: opening.date }),
		...(closing?.date === undefined ? {} : { to: closing.date }),
		entries
	};
}

/** `:25:` is an IBAN, "bank/number", or a number, with or without the currency behind it. */
function accountOf(text: string): AccountHints {
	const slash = text.indexOf('/');
	const bank = slash < 0 ? '' : text.slice(0, slash).trim();
	const own = text.slice(slash + 1).trim();
	const bare = own.replace(/\s/g, '').replace(/[A-Z]{3}$/, (code) => (exponentOf(code) === undefined ? code : ''));
	const isIban = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(bare);
	return {
		...(isIban ? { iban: bare } : own === '' ? {} : { number: own }),
		...(bank === '' ? {} : { bank })
	};
}

function entryOf(row: Row, currency: string | undefined, findings: Findings): Entry | undefined {
	const fault = (reason: Reason, found: string): undefined =>
		findings.fault(reason, { line: row.line, element: ':61:' }, found) as undefined;
	const parts = ROW.exec(row.first.trimEnd());
	if (!parts) return fault(/^\d{6}/.test(row.first) ? 'AMOUNT_WRONG' : 'DATE_MISSING', row.first);
	const [, yy, mm, dd, bookedMonth, bookedDay, direction, , digits, type, rest = ''] = parts;
	const valueDate = civilDate(fullYear(Number(yy)), Number(mm), Number(dd));
	if (valueDate === undefined) return fault('DATE_WRONG', row.first.slice(0, 6));
	const date = bookedMonth === undefined ? valueDate : bookedNear(valueDate, Number(bookedMonth), Number(bookedDay));
	if (date === undefined) return fault('DATE_WRONG', row.first.slice(6, 10));
	const exponent = currency === undefined ? undefined : exponentOf(currency);
	if (currency === undefined || exponent === undefined) return fault('CURRENCY_UNKNOWN', currency ?? '');
	const amount = readFixed(digits!, ',.', exponent);
	if ('reason' in amount) return fault(amount.reason, digits!);

	const out = direction === 'D' || direction === 'RC';
	const { customer, bank, name } = referencesOf(rest);
	const more = folded(`${name} ${row.more}`);
	const details = detailsOf(row.words, more);
	return {
		date,
		valueDate,
		minor: out && amount.minor !== 0 ? -amount.minor : amount.minor,
		currency,
		payee: details.payee,
		memo: details.memo,
		text: folded(`${customer} ${more} ${row.words.join(' ')}`),
		...(bank === '' || bank === 'NONREF' ? {} : { bankId: bank }),
		...(customer === '' || customer === 'NONREF' ? {} : { reference: customer }),
		kind: KINDS.get(type?.slice(1) ?? '') ?? 'other',
		pending: false,
		line: row.line
	};
}

/** Day and month of booking, in the year in which it is nearest to the value date. */
function bookedNear(valueDate: number, month: number, day: number): number | undefined {
	const year = Math.trunc(valueDate / 10_000);
	const valueMonth = Math.trunc(valueDate / 100) % 100;
	const shift = month - valueMonth > 6 ? -1 : valueMonth - month > 6 ? 1 : 0;
	return civilDate(year + shift, month, day);
}

/** What follows the type: the customer's reference, at most 16 long; `//` and the bank's; and in some dialects a name. */
function referencesOf(rest: string): { customer: string; bank: string; name: string } {
	const slashes = rest.indexOf('//');
	if (slashes >= 0 && slashes <= 16) {
		const behind = rest.slice(slashes + 2);
		return {
			customer: folded(rest.slice(0, slashes)),
			bank: folded(behind.slice(0, 23)),
			name: folded(behind.slice(23))
		};
	}
	return { customer: folded(rest.slice(0, 16)), bank: '', name: folded(rest.slice(16)) };
}
