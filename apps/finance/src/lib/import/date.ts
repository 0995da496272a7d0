/**
 * Dates as banks print them, to civil dates yyyymmdd.
 *
 * As with separators a cell alone says nothing ("04/05/24"): the order of day, month and year is inferred from all
 * cells of a column. An order stands if every date of the column exists in it; if several stand and differ, the person
 * is asked. A year of two digits is of 1980 to 2079, as SWIFT has it.
 */

import { isDay, type Day } from '#lib/domain/dates.ts';
import type { Inferred } from './amount.ts';

export type DateOrder = 'ymd' | 'dmy' | 'mdy';
export const DATE_ORDERS: readonly DateOrder[] = ['dmy', 'mdy', 'ymd'];

const LONGEST_CELL = 40;
const TIME =
	/(?:T|,?\s+)\d{1,2}(?:[:h]\d{2}(?:[:.]\d{2})?|\.\d{2}\.\d{2})(?:[.,]\d+)?\s?(?:[AaPp]\.?[Mm]\.?)?\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/u;
const PARTS = /^(\d{1,4}|\p{L}{3,12}\.?)\s*[-/.'’ ,]\s*(\d{1,4}|\p{L}{3,12}\.?)\s*[-/.'’ ,]\s*(\d{1,4})\.?$/u;
const WEEKDAY = /^\p{L}{2,10}[.,]*\s+(?=\S+[-/. ]\s?\S+[-/. ])/u;

// The first letters of each month in English, German, Dutch, French, Spanish, Italian and Portuguese.
const MONTHS = [
	'jan gen ene',
	'feb fev fév',
	'mar mär maa mrt mrz',
	'apr avr abr',
	'may mai mei mag',
	'jun juin giu',
	'jul juil lug',
	'aug aoû aou ago',
	'sep set',
	'oct okt ott out',
	'nov',
	'dec dez déc dic'
].map((names) => names.split(' '));

/** Undefined where there is no such day, or it is of another age. */
export function civilDate(year: number, month: number, day: number): Day | undefined {
	const date = year * 10_000 + month * 100 + day;
	return year >= 1900 && year < 2200 && month < 100 && day < 100 && isDay(date) ? date : undefined;
}

/** A year of two digits in full. */
export function fullYear(year: number): number {
	return year < 80 ? 2000 + year : 1900 + year;
}

/** `yyyymmdd` or `yyyy-mm-dd` at the start of a text; what follows (a time, a zone) is not looked at. */
export function readIsoDate(text: string): number | undefined {
	const parts = /^\s*(\d{4})(-?)(\d{2})\2(\d{2})(?!\d{0,5}-)/.exec(text);
	return parts ? civilDate(Number(parts[1]), Number(parts[3]), Number(parts[4])) : undefined;
}

export function readDate(cell: string, order: DateOrder): number | undefined {
	const parts = partsOf(cell, order);
	if (!parts) return undefined;
	const at = (letter: string): string => parts[order.indexOf(letter)]!;
	const year = yearOf(at('y'));
	const month = monthOf(at('m'));
	const day = /^\d{1,2}$/.test(at('d')) ? Number(at('d')) : undefined;
	return year === undefined || month === undefined || day === undefined ? undefined : civilDate(year, month, day);
}

/** True if the cell is a date in some order. */
export function isDate(cell: string): boolean {
	return DATE_ORDERS.some((order) => readDate(cell, order) !== undefined);
}

/** The order of one column; undefined if most of its cells are no dates at all. */
export function inferDateOrder(cells: Iterable<string>): Inferred<DateOrder> | undefined {
	let all = 0;
	let found = 0;
	const dates: string[] = [];
	const standing = DATE_ORDERS.map((order) => ({ order, faults: 0, first: Infinity, last: -Infinity }));
	// Rows of one day have one date: each is read once.
	for (const [cell, count] of counted(cells)) {
		all += count;
		const read = DATE_ORDERS.map((order) => readDate(cell, order));
		if (read.every((date) => date === undefined)) continue;
		found += count;
		dates.push(cell);
		standing.forEach((candidate, index) => {
			const date = read[index];
			if (date === undefined) candidate.faults += count;
			else {
				candidate.first = Math.min(candidate.first, date);
				candidate.last = Math.max(candidate.last, date);
			}
		});
	}
	if (found * 2 <= all) return undefined;
	// The order of most dates comes first, and of those with as many the one that spans the shortest time.
	standing.sort((a, b) => a.faults - b.faults || a.last - a.first - (b.last - b.first));
	const best = standing[0]!;
	const rivals = standing.filter(({ order, faults }) => order !== best.order && faults === best.faults);
	const open = dates.filter((cell) => {
		const date = readDate(cell, best.order);
		// A date that exists only in another order speaks against the best one, as one that differs there does.
		return date === undefined || rivals.some(({ order }) => readDate(cell, order) !== date);
	});
	return { value: best.order, open, read: found };
}

function counted(cells: Iterable<string>): Map<string, number> {
	const counts = new Map<string, number>();
	for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
	return counts;
}

function partsOf(cell: string, order: DateOrder): readonly string[] | undefined {
	if (cell.length > LONGEST_CELL) return undefined;
	const text = cell.trim();
	const compact = /^(\d{8})(?:[T ]?\d{4,6})?$/.exec(text)?.[1];
	if (compact !== undefined) {
		const [second, third] = order === 'ymd' ? [4, 6] : [2, 4];
		return [compact.slice(0, second), compact.slice(second, third), compact.slice(third)];
	}
	const parts = PARTS.exec(text.replace(TIME, '').replace(WEEKDAY, '').trim());
	return parts ? parts.slice(1) : undefined;
}

function yearOf(text: string): number | undefined {
	if (/^\d{4}$/.test(text)) return Number(text);
	return /^\d{2}$/.test(text) ? fullYear(Number(text)) : undefined;
}

function monthOf(text: string): number | undefined {
	if (/^\d{1,2}$/.test(text)) return Number(text);
	if (!/^\p{L}/u.test(text)) return undefined;
	const name = text.toLowerCase();
	const month = MONTHS.findIndex((beginnings) => beginnings.some((beginning) => name.startsWith(beginning)));
	return month < 0 ? undefined : month + 1;
}
