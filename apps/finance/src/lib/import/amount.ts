/**
 * Amounts as banks print them, to integers of minor units. No step of it is floating-point: an amount is cut into sign,
 * digits and separators, and its digits become an integer.
 *
 * "1.000" is a thousand in one country and one in another, so a cell alone says nothing: the decimal mark is inferred
 * from all cells of a column, and when they leave both readings open the person is asked (`inferDecimal`). What has
 * more decimals than its currency is a fault unless they are zeros; nothing is ever rounded.
 */

import { exponentOf } from '#lib/domain/money.ts';
import type { Reason } from './failure.ts';

export type DecimalMark = '.' | ',';
type AmountReason = Extract<Reason, `AMOUNT_${string}`>;
export type Amount = { readonly minor: number } | { readonly reason: AmountReason };

/** An amount taken apart: what it says apart from how many. */
export interface Written {
	readonly negative: boolean;
	/** Digits and separators as written, without those at the end. */
	readonly body: string;
	/** The mark that ends the body ("1000,-", "500."): certainly a decimal mark. */
	readonly ending: DecimalMark | '';
	/** ISO code, if the cell carries one. */
	readonly currency: string | undefined;
}

/** Beyond this a double would not hold every integer, nor SQLite's sum of a million of them. */
const MOST_DIGITS = 15;
const LONGEST_CELL = 80;

/** What most cells are: the rest is for the others. */
const BARE = /^(-?)(\d(?:[\d.,]*\d)?)$/;
const SHAPE = /^([^\d.,]*)((?:\d[\d.,' ]*)|(?:[.,]\d+))([^\d]*)$/u;
const SYMBOL = /^(?:\p{Sc}|[A-Z]{1,3}\p{Sc}|kr\.?|Kr\.?|zł|Kč|Ft|Fr\.?|Rs\.?|lei|лв\.?)$/u;
const WESTERN = /^[1-9]\d{0,2}([.,' ])\d{3}(?:\1\d{3})*$/;
const INDIAN = /^[1-9]\d?([.,])(?:\d{2}\1)*\d{3}$/;

/** Undefined: this is no amount in any country. */
export function takeApart(cell: string): Written | undefined {
	if (cell.length > LONGEST_CELL) return undefined;
	const bare = BARE.exec(cell);
	if (bare) return { negative: bare[1] === '-', body: bare[2]!, ending: '', currency: undefined };
	const shape = SHAPE.exec(plain(cell));
	if (!shape) return undefined;
	let [, before, body, after] = shape as unknown as [string, string, string, string];
	body = body.trimEnd();
	let ending: DecimalMark | '' = '';
	const last = body.at(-1);
	if (last === '.' || last === ',') {
		ending = last;
		body = body.slice(0, -1);
		// "1000,-": no minor units. The dash is not a sign.
		after = after.replace(/^-{1,2}/, '');
	}
	if (!/\d$/.test(body)) return undefined;

	const bracketed = before.includes('(') && after.includes(')');
	if (!bracketed && /[()]/.test(before + after)) return undefined;
	let negative = bracketed;
	let signs = bracketed ? 1 : 0;
	let currency: string | undefined;
	let marks = 0;
	for (const side of [before, after]) {
		const words = side.replace(/[()]/g, '').replace(/[+-]/g, (sign) => {
			signs++;
			if (sign === '-') negative = true;
			return ' ';
		});
		for (const word of words.split(' ')) {
			if (word === '') continue;
			if (side === after && /^(?:DR|Dr|CR|Cr|[SHDC])$/.test(word)) {
				signs++;
				if (/^[SD]/.test(word)) negative = true;
			} else {
				if (++marks > 1) return undefined;
				if (/^[A-Z]{3}$/.test(word) && exponentOf(word) !== undefined) currency = word;
				else if (!SYMBOL.test(word)) return undefined;
			}
		}
	}
	return signs > 1 ? undefined : { negative, body, ending, currency };
}

/** @param exponent decimals of the currency */
export function readAmount(written: Written, decimal: DecimalMark, exponent: number): Amount {
	const { body, ending, negative } = written;
	const at = body.indexOf(decimal);
	const whole = at < 0 ? body : body.slice(0, at);
	const fraction = at < 0 ? '' : body.slice(at + 1);
	const endsWell = ending === '' || (ending === decimal && at < 0);
	if (!endsWell || !/^\d*$/.test(fraction) || !isWhole(whole, decimal)) return { reason: 'AMOUNT_WRONG' };
	return toMinor(whole.replace(/\D/g, ''), fraction, negative, exponent);
}

function isWhole(whole: string, decimal: DecimalMark): boolean {
	if (/^\d*$/.test(whole)) return true;
	return !whole.includes(decimal) && (WESTERN.test(whole) || INDIAN.test(whole));
}

function toMinor(whole: string, fraction: string, negative: boolean, exponent: number): Amount {
	if (/[1-9]/.test(fraction.slice(exponent))) return { reason: 'AMOUNT_TOO_PRECISE' };
	const digits = (whole + fraction.slice(0, exponent).padEnd(exponent, '0')).replace(/^0+/, '');
	if (digits.length > MOST_DIGITS) return { reason: 'AMOUNT_TOO_LARGE' };
	const minor = Number(BigInt(digits));
	return { minor: negative && minor !== 0 ? -minor : minor };
}

/**
 * An amount of a format that fixes its writing: digits, one decimal mark, no groups; a sign in front.
 *
 * @param marks which decimal marks the format allows
 */
export function readFixed(text: string, marks: string, exponent: number): Amount {
	const shape = /^([+-]?)(\d*)(?:([.,])(\d*))?$/.exec(text.trim());
	const [, sign, whole = '', mark, fraction = ''] = shape ?? [];
	if (!shape || whole + fraction === '' || (mark !== undefined && !marks.includes(mark))) {
		return { reason: text.trim() === '' ? 'AMOUNT_MISSING' : 'AMOUNT_WRONG' };
	}
	return toMinor(whole, fraction, sign === '-', exponent);
}

export interface Inferred<Value> {
	/** What the cells agree on. With `open` it is only the more plausible reading. */
	readonly value: Value;
	/** Cells that read otherwise with another value: the person must be asked. */
	readonly open: readonly string[];
	/** How many cells can be read at all. */
	readonly read: number;
}

/**
 * The decimal mark of one column.
 *
 * A cell speaks for a mark when it is an amount with it and none with the other. If cells speak for both, or if none
 * speaks and one would be another amount with the other mark, the column is open.
 */
export function inferDecimal(cells: Iterable<string>, exponent: number): Inferred<DecimalMark> {
	const speaks = { '.': [] as string[], ',': [] as string[] };
	const either: string[] = [];
	let read = 0;
	for (const cell of cells) {
		const written = takeApart(cell);
		if (!written) continue;
		const point = readAmount(written, '.', exponent);
		const comma = readAmount(written, ',', exponent);
		const asPoint = isAmount(point);
		const asComma = isAmount(comma);
		if (asPoint || asComma) read++;
		if (asPoint && asComma) {
			if (!same(point, comma)) either.push(cell);
		} else if (asPoint) speaks['.'].push(cell);
		else if (asComma) speaks[','].push(cell);
	}
	const value = speaks['.'].length >= speaks[','].length ? '.' : ',';
	const other = speaks[value === '.' ? ',' : '.'];
	// One of each first: they are the samples that a person is shown.
	if (other.length > 0) return { value, open: [other[0]!, speaks[value][0]!, ...other.slice(1)], read };
	return { value, open: speaks[value].length > 0 ? [] : either, read };
}

/** Too precise or too large is still an amount: the column speaks, the row is at fault. */
function isAmount(amount: Amount): boolean {
	return !('reason' in amount && amount.reason === 'AMOUNT_WRONG');
}

function same(a: Amount, b: Amount): boolean {
	return 'minor' in a && 'minor' in b && a.minor === b.minor;
}

/** Other spellings of digits, signs and spaces, to the plain ones. */
function plain(cell: string): string {
	return cell
		.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
		.replace(/[\u2010-\u2015\u2212\ufe63]/g, '-')
		.replace(/[\u2019\u02bc\u2032`´]/g, "'")
		.replace(/\s+/gu, ' ')
		.trim();
}
