import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	DAY_SECONDS,
	dateOfDay,
	dayOf,
	dayOfDate,
	formatDay,
	formatLocal,
	formatMoment,
	formatSpan,
	hourOf,
	momentAt,
	offsetAt,
	parseDay,
	parseLocal,
	parseMoment,
	parseSpan,
	weekdayOfDay
} from './time.ts';

const day = fc.integer({ min: dayOfDate(1600, 1, 1), max: dayOfDate(2400, 1, 1) });

test('a day is the date that the calendar of the machine gives it, and comes back from its text', () => {
	fc.assert(
		fc.property(day, (number) => {
			const date = new Date(number * DAY_SECONDS * 1000);
			const wanted = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
			expect(dateOfDay(number)).toEqual(wanted);
			expect(dayOfDate(wanted.year, wanted.month, wanted.day)).toBe(number);
			expect(weekdayOfDay(number)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay());
			expect(formatDay(number)).toBe(date.toISOString().slice(0, 10));
			expect(parseDay(formatDay(number))).toBe(number);
		})
	);
});

test('[HL-2] a moment keeps the offset that it was entered with, and comes back as it was written', () => {
	const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });
	fc.assert(
		fc.property(day, fc.integer({ min: 0, max: DAY_SECONDS - 1 }), offset, (number, clock, minutes) => {
			const moment = { seconds: number * DAY_SECONDS + clock - minutes * 60, offset: minutes };
			const text = formatMoment(moment);
			expect(parseMoment(text)).toEqual(moment);
			expect(Date.parse(text)).toBe(moment.seconds * 1000);
			expect(dayOf(moment)).toBe(number);
			expect(hourOf(moment)).toBe(Math.floor(clock / 3600));
		})
	);
});

test('what other programs write is read: Z, spaces, fractions, offsets without a colon', () => {
	const seconds = Date.parse('2026-03-01T07:30:05Z') / 1000;
	for (const text of ['2026-03-01T07:30:05Z', '2026-03-01 07:30:05.994Z', '2026-03-01 07:30:05 +0000'])
		expect(parseMoment(text)).toEqual({ seconds, offset: 0 });
	expect(parseMoment('2014-09-13 10:27:54 +0100')?.offset).toBe(60);
	expect(parseMoment('2026-03-01T07:30-03:30')).toEqual({ seconds: seconds - 5 + 3.5 * 3600, offset: -210 });
});

test('[HL-2] a time without an offset is no moment, and neither is a date that does not exist', () => {
	for (const text of [
		'2026-03-01T07:30:00',
		'2026-02-30T07:30Z',
		'2026-13-01T00:00Z',
		'2026-03-01T24:00Z',
		'today',
		''
	])
		expect(parseMoment(text)).toBeUndefined();
	expect(parseLocal('2026-03-01T07:30')).toBe(Date.parse('2026-03-01T07:30Z') / 1000);
	expect(formatLocal(parseLocal('2026-03-01 23:59:59')!)).toBe('2026-03-01T23:59:59');
});

test('a span is both its ends in one text; an end before its beginning is none', () => {
	const night = '2026-03-01T23:10:00+01:00/2026-03-02T06:50:00+01:00';
	expect(formatSpan(parseSpan(night)!)).toBe(night);
	expect(parseSpan('2026-03-02T06:50:00+01:00/2026-03-01T23:10:00+01:00')).toBeUndefined();
	expect(parseSpan(`${night}/${night}`)).toBeUndefined();
});

test('a clock time that is skipped is as long after the jump, one that comes twice is the first', () => {
	const at = (zone: string, local: string) => {
		const { seconds, offset, shown } = momentAt(zone, parseLocal(local)!);
		return `${formatMoment({ seconds, offset })} ${shown}`;
	};
	expect(at('Europe/Berlin', '2026-03-29T02:30')).toBe('2026-03-29T03:30:00+02:00 never');
	expect(at('Europe/Berlin', '2026-10-25T02:30')).toBe('2026-10-25T02:30:00+02:00 twice');
	expect(at('Europe/Berlin', '2026-10-25T03:00')).toBe('2026-10-25T03:00:00+01:00 once');
	expect(at('America/Chicago', '2026-03-08T02:30')).toBe('2026-03-08T03:30:00-05:00 never');
	expect(at('Asia/Kolkata', '2026-03-08T02:30')).toBe('2026-03-08T02:30:00+05:30 once');
});

test('every clock time that a zone shows is found again', () => {
	const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tokyo');
	const from = Date.parse('2024-01-01T00:00Z') / 1000;
	fc.assert(
		fc.property(zone, fc.integer({ min: 0, max: 3 * 365 * DAY_SECONDS }), (name, after) => {
			const seconds = from + after - (after % 60);
			const offset = offsetAt(name, seconds);
			const found = momentAt(name, seconds + offset * 60);
			expect(found.shown).not.toBe('never');
			expect(found.seconds + found.offset * 60).toBe(seconds + offset * 60);
			if (found.shown === 'once') expect(found.seconds).toBe(seconds);
			else expect(found.seconds).toBeLessThanOrEqual(seconds);
		})
	);
});
