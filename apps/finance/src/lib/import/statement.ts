/**
 * What every importer yields, whatever the file was: statements of one account each, made of entries.
 *
 * Amounts are integers of minor units (cents; none for JPY, thousandths for BHD), positive into the account, at most
 * 15 digits: nothing on the way from the file to here is a floating-point number. Dates are civil dates as yyyymmdd, as
 * the file writes them, without a time zone. Text is as the file has it, with white space folded; '' where there is
 * none. Nothing here knows the ledger: which account a statement belongs to is decided by a person (plan.ts).
 */

export type Format = 'csv' | 'ofx' | 'qif' | 'camt' | 'mt940';

/** What the file says about whose statement it is. All of it is a hint. */
export interface AccountHints {
	readonly iban?: string;
	/** The bank's own number, where it is not an IBAN. */
	readonly number?: string;
	/** BIC, routing number or name of the bank. */
	readonly bank?: string;
	readonly name?: string;
	readonly kind?: 'current' | 'savings' | 'card' | 'loan' | 'cash';
}

export interface Balance {
	readonly minor: number;
	readonly currency: string;
	readonly date?: number;
}

export type EntryKind =
	'payment' | 'transfer' | 'direct-debit' | 'card' | 'cash' | 'cheque' | 'interest' | 'dividend' | 'fee' | 'other';

/** A part of an entry that its file had split already (QIF). */
export interface EntryPart {
	readonly minor: number;
	readonly category: string;
	readonly memo: string;
}

export interface Entry {
	/** When the bank booked it. */
	readonly date: number;
	/** From when on it counts for interest, where the file says so. */
	readonly valueDate?: number;
	readonly minor: number;
	readonly currency: string;
	readonly payee: string;
	readonly memo: string;
	/**
	 * The words by which a later file names the same row (keys.ts): payee and memo as the file has them, before any
	 * cleverness of ours, so that a better parser of tomorrow does not make strangers of today's rows.
	 */
	readonly text: string;
	/** What the bank calls this row, where that is meant to be unique within the account. */
	readonly bankId?: string;
	/** A reference for people: cheque number, customer reference. Never unique. */
	readonly reference?: string;
	readonly kind: EntryKind;
	/** The bank announces it but has not booked it: it comes again, maybe otherwise. */
	readonly pending: boolean;
	/** A category's name, if the file has one (QIF, CSV of other programs). */
	readonly category?: string;
	/** Their sum is `minor`. */
	readonly parts?: readonly EntryPart[];
	/** Line of the file where it begins, from 1. */
	readonly line: number;
}

export interface Statement {
	readonly account: AccountHints;
	/** Currency of the account, ISO 4217. */
	readonly currency?: string;
	/** The bank's number or id of this statement. */
	readonly reference?: string;
	readonly opening?: Balance;
	readonly closing?: Balance;
	readonly from?: number;
	readonly to?: number;
	readonly entries: readonly Entry[];
}

/** Longer words are cut: a revision of a transaction has room for 64 KiB in all. */
const MOST_TEXT = 1000;

/** Nothing to fold: words of ASCII with single spaces, and no backslash. */
const PLAIN = /^(?:[!-[\]-~]+(?: [!-[\]-~]+)*)?$/;

/**
 * In one line: white space and control characters folded, none at the ends; no marks that turn the direction of text,
 * and nothing that a revision may not hold (the six letters that JSON writes for NUL).
 */
export function folded(text: string | undefined, most = MOST_TEXT): string {
	if (text === undefined) return '';
	if (text.length <= most && PLAIN.test(text)) return text;
	const line = text
		.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
		.replace(/[\s\p{Cc}]+/gu, ' ')
		.replaceAll('\\u0000', '/u0000');
	return line
		.slice(0, most + 1)
		.trim()
		.slice(0, most)
		.toWellFormed();
}

/** Each text once, in order, joined: banks repeat the payee in the memo. */
export function joined(...texts: readonly (string | undefined)[]): string {
	return folded([...new Set(texts.map((text) => folded(text)))].filter((text) => text !== '').join(' '));
}
