/** Civil dates as whole numbers, yyyymmdd: no time, no zone, in order. Months are yyyymm. */

export type Day = number;
export type Month = number;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: number): boolean {
	return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysIn(month: Month): number {
	const days = DAYS[(month % 100) - 1];
	if (days === undefined) throw new RangeError('a month is yyyymm');
	return days + Number(month % 100 === 2 && isLeapYear(Math.floor(month / 100)));
}

/** A day that the calendar has, from the year 1000 to 9999. */
export function isDay(value: unknown): value is Day {
	if (typeof value !== 'number' || !Number.isInteger(value) || value < 10000101 || value > 99991231) return false;
	const month = Math.floor(value / 100);
	const day = value % 100;
	return month % 100 >= 1 && month % 100 <= 12 && day >= 1 && day <= daysIn(month);
}

export function isMonth(value: unknown): value is Month {
	return typeof value === 'number' && isDay(value * 100 + 1);
}

export const monthOf = (day: Day): Month => Math.floor(day / 100);
export const firstDay = (month: Month): Day => month * 100 + 1;
export const lastDay = (month: Month): Day => month * 100 + daysIn(month);

/** The month `by` months later; earlier for a negative number. */
export function addMonths(month: Month, by: number): Month {
	const count = Math.floor(month / 100) * 12 + (month % 100) - 1 + by;
	return Math.floor(count / 12) * 100 + (((count % 12) + 12) % 12) + 1;
}

/** Months from `from` to `to`, both included, ascending. */
export function monthsBetween(from: Month, to: Month): Month[] {
	const months: Month[] = [];
	for (let month = from; month <= to; month = addMonths(month, 1)) months.push(month);
	return months;
}

export function addDays(day: Day, by: number): Day {
	return dayOf(new Date(utcOf(day).getTime() + by * 86_400_000), 'UTC');
}

/** Days from `from` to `to`: negative where `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
	return Math.round((utcOf(to).getTime() - utcOf(from).getTime()) / 86_400_000);
}

/** Midnight of the day in UTC: for Intl's formats, with `timeZone: 'UTC'`. */
export function utcOf(day: Day): Date {
	const date = new Date(0);
	// Date.UTC takes years below 100 for the 20th century.
	date.setUTCFullYear(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100);
	return date;
}

/** The day it is where the clock hangs. */
export function dayOf(time: Date, zone: 'local' | 'UTC' = 'local'): Day {
	return zone === 'UTC'
		? time.getUTCFullYear() * 10_000 + (time.getUTCMonth() + 1) * 100 + time.getUTCDate()
		: time.getFullYear() * 10_000 + (time.getMonth() + 1) * 100 + time.getDate();
}

/** `2026-01-31`. */
export function isoOf(day: Day): string {
	const text = String(day).padStart(8, '0');
	return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

/** Reads `2026-01-31`; undefined for anything else. */
export function dayOfIso(text: string): Day | undefined {
	const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
	const day = match ? Number(match[1]! + match[2]! + match[3]!) : 0;
	return isDay(day) ? day : undefined;
}
