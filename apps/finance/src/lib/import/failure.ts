/**
 * Why a file, or a row of it, cannot be imported: a code for programs, a sentence and an advice for the person.
 *
 * `ImportError` is thrown when nothing of the file can be had. A `Fault` is one place that cannot be read in a file
 * that has others which can: the person is told how many and where, and decides between all that is whole and nothing.
 */

import type { Format } from './statement.ts';

const REASONS = {
	EMPTY: ['The file is empty.', 'Download it again from your bank.'],
	NOT_A_STATEMENT: [
		'This is no kind of statement that can be read here.',
		'Ask your bank for CSV, OFX, QFX, QIF, CAMT.053 or MT940.'
	],
	WEB_PAGE: [
		'This is a web page, not a statement.',
		'Your bank may have signed you out: sign in and download the file again.'
	],
	PDF: ['This is a PDF, which is made for reading, not for importing.', 'Ask your bank for CSV, OFX or CAMT.053.'],
	SPREADSHEET: ['This is a spreadsheet.', 'Open it and save the sheet as CSV.'],
	ARCHIVE: ['This is a zip archive, or a spreadsheet.', 'Unpack it, or save the sheet as CSV, and choose that file.'],
	TOO_LARGE: ['The file is larger than can be read.', 'Ask your bank for a shorter time.'],
	TOO_MANY: ['The file has more transactions than can be read at once.', 'Ask your bank for a shorter time.'],
	TOO_DEEP: ['The file is nested deeper than any statement.', 'Download it again from your bank.'],
	DOCTYPE: [
		'The file brings a document type of its own, which a statement never has.',
		'Do not import it; download it from your bank.'
	],
	BROKEN: ['The file breaks off or is damaged here.', 'Download it again from your bank.'],
	NO_STATEMENT: [
		'There is no account statement in the file.',
		'Choose the accounts and the time when you download it.'
	],
	BANK_REFUSED: ['Your bank answered with an error in place of a statement.', 'Sign in to your bank and try again.'],
	DATE_MISSING: ['A transaction has no date.', 'Add its date, or enter it by hand.'],
	DATE_WRONG: ['This is not a date.', 'Look whether the right column is read, and in the right order.'],
	AMOUNT_MISSING: ['A transaction has no amount.', 'Add its amount, or enter it by hand.'],
	AMOUNT_WRONG: ['This is not an amount.', 'Look whether the right column is read, and with the right separators.'],
	AMOUNT_TOO_PRECISE: ['This amount has more decimals than its currency.', 'Look whether the currency is right.'],
	AMOUNT_TOO_LARGE: ['This amount has more digits than can be kept.', 'Look whether the right column is read.'],
	COLUMNS_WRONG: [
		'This row has more or fewer cells than the others.',
		'Look whether a separator stands in its text without quotes.'
	],
	DIRECTION_WRONG: ['It does not say whether this is money in or money out.', 'Look whether the right column is read.'],
	CURRENCY_UNKNOWN: ['This is not the code of a currency.', 'Codes have three letters, like EUR.'],
	PARTS_MANY: ['This transaction has more parts than can be kept.', 'Enter it by hand, in two.'],
	PARTS_WRONG: ['The parts of this transaction do not add up to its amount.', 'Correct it, or enter it by hand.']
} as const satisfies Record<string, readonly [reason: string, advice: string]>;

export type Reason = keyof typeof REASONS;

/** Where in the file: the line from 1, and the element or column where one is concerned. */
export interface Where {
	readonly line?: number;
	readonly element?: string;
}

export interface Fault {
	readonly where: Where;
	readonly reason: Reason;
	/** What stands there, at most 60 characters, without control characters. It is a stranger's text: never markup. */
	readonly found?: string;
}

export class ImportError extends Error {
	override readonly name = 'ImportError';
	/** Undefined where the format itself could not be told. */
	readonly format: Format | undefined;
	readonly where: Where;
	readonly reason: Reason;
	readonly found: string | undefined;

	constructor(format: Format | undefined, fault: Fault) {
		super(sentence(fault));
		this.format = format;
		this.where = fault.where;
		this.reason = fault.reason;
		this.found = fault.found;
	}

	/** What the person can do about it. */
	get advice(): string {
		return advice(this.reason);
	}
}

/** "Line 12, Amount: This is not an amount (“abc”)." */
export function sentence({ where, reason, found }: Fault): string {
	const place = [where.line === undefined ? '' : `Line ${where.line}`, where.element ?? '']
		.filter((part) => part !== '')
		.join(', ');
	const words: string = REASONS[reason][0];
	const said = found === undefined ? words : `${words.slice(0, -1)} (“${found}”).`;
	return place === '' ? said : `${place}: ${said}`;
}

export function advice(reason: Reason): string {
	return REASONS[reason][1];
}

/** A stranger's text, short and in one line, to be shown as what was found. */
export function excerpt(text: string): string {
	const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim();
	const letters = [...line.slice(0, 130)];
	return letters.length > 60 ? `${letters.slice(0, 59).join('')}…` : line;
}
