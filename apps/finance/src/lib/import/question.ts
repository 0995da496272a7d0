/**
 * What a file leaves open, as a question to the person: how a column is to be read, or which column is meant. Each
 * choice shows how cells of the file read with it, the most plausible first. Nothing is imported before the answer.
 */

import { isoOf } from '#lib/domain/dates.ts';
import { CURRENCIES, digitsOf, toDecimal } from '#lib/domain/money.ts';
import { readAmount, takeApart, type DecimalMark, type Inferred } from './amount.ts';
import { DATE_ORDERS, readDate, type DateOrder } from './date.ts';

export interface Choice<Value> {
	readonly value: Value;
	/** For each sample how it reads: a date as 2024-05-04, an amount as 1000.00; '?' where it cannot be read so. */
	readonly reads: readonly string[];
}

interface Asked<Kind extends string, Value> {
	readonly kind: Kind;
	/** Column of a table, from 0; absent where the whole file is meant. */
	readonly column?: number;
	/** What the file calls that column. */
	readonly header?: string;
	/** Cells as the file has them. */
	readonly samples: readonly string[];
	readonly choices: readonly Choice<Value>[];
}

export type Question =
	| Asked<'date-order', DateOrder>
	| Asked<'decimal', DecimalMark>
	/** Amounts without any sign: as written, or all turned round (a card's purchases). */
	| Asked<'sign', 'as-written' | 'reversed'>
	/** Which column is the date, or the amount. `value` is the column. */
	| Asked<'date-column' | 'amount-column', number>
	/** The file names no currency and the account's is not known either. */
	| Asked<'currency', string>;

const MOST_SAMPLES = 3;

type Column = { column?: number; header?: string };

export function dateQuestion({ value, open }: Inferred<DateOrder>, column: Column = {}): Question {
	const samples = samplesOf(open);
	const orders = [value, ...DATE_ORDERS.filter((order) => order !== value)];
	const choices = orders.map((order) => ({
		value: order,
		reads: samples.map((cell) => {
			const date = readDate(cell, order);
			return date === undefined ? '?' : isoOf(date);
		})
	}));
	// An order in which none of them is a date is no choice.
	const sensible = choices.filter(({ reads }) => reads.some((read) => read !== '?'));
	return { kind: 'date-order', ...column, samples, choices: sensible };
}

export function decimalQuestion(
	{ value, open }: Inferred<DecimalMark>,
	currency: string,
	column: Column = {}
): Question {
	const samples = samplesOf(open);
	const marks: DecimalMark[] = value === '.' ? ['.', ','] : [',', '.'];
	const choices = marks.map((mark) => ({
		value: mark,
		reads: samples.map((cell) => {
			const written = takeApart(cell);
			const amount = written && readAmount(written, mark, digitsOf(currency));
			return amount && 'minor' in amount ? toDecimal(amount.minor, currency) : '?';
		})
	}));
	return { kind: 'decimal', ...column, samples, choices };
}

export function currencyQuestion(): Question {
	return { kind: 'currency', samples: [], choices: CURRENCIES.map((value) => ({ value, reads: [] })) };
}

export function samplesOf(cells: readonly string[]): string[] {
	return [...new Set(cells)].slice(0, MOST_SAMPLES);
}
