/** Values of an export's attributes, read where they stand: of millions of records hardly any text is cut out. */

import { DAY_SECONDS, dayOfDate, parseMoment } from '#lib/domain/time.ts';
import type { Tag } from './xml.ts';

/** A copy that does not keep alive the megabyte of text it was cut from. */
export function detached(text: string): string {
	return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** A finite number that JavaScript writes as the file does, up to zeros at the end. */
export function numberOf(tag: Tag): number | undefined {
	const text = tag.get('value');
	if (text === undefined || !/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?\s*$/i.test(text)) return undefined;
	const value = Number(text);
	return Number.isFinite(value) && Math.abs(value) < 1e15 ? value : undefined;
}

/** `2014-09-13 10:27:54 +0100` in place: seconds since 1970, or NaN. */
export function readSeconds(text: string, from: number, until: number): number {
	if (until - from !== 25) return parseMoment(text.slice(from, until))?.seconds ?? NaN;
	const year = digits(text, from, 4);
	const month = digits(text, from + 5, 2);
	const day = digits(text, from + 8, 2);
	const hour = digits(text, from + 11, 2);
	const minute = digits(text, from + 14, 2);
	const second = digits(text, from + 17, 2);
	// NaN fails every comparison.
	if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 61)) return NaN;
	return dayOfDate(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - readOffset(text, until) * 60;
}

/** Minutes east of UTC of the four digits and the sign that end there. */
export function readOffset(text: string, until: number): number {
	const hours = digits(text, until - 4, 2);
	const minutes = digits(text, until - 2, 2);
	const offset = hours * 60 + minutes;
	if (Number.isNaN(offset) || offset > 18 * 60) return 0;
	return text.charCodeAt(until - 5) === 45 ? -offset : offset;
}

function digits(text: string, from: number, count: number): number {
	let value = 0;
	for (let at = from; at < from + count; at++) {
		const digit = text.charCodeAt(at) - 48;
		if (digit < 0 || digit > 9) return NaN;
		value = value * 10 + digit;
	}
	return value;
}
