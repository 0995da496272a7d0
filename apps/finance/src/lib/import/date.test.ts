import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDay } from '#lib/domain/dates.ts';
import { DATE_ORDERS, inferDateOrder, readDate, readIsoDate } from './date.ts';

test('[FN-102] a date is read in the order it is said to have', () => {
	expect(readDate('04/05/2024', 'dmy')).toBe(20240504);
	expect(readDate('04/05/2024', 'mdy')).toBe(20240405);
	expect(readDate('2024-05-04', 'ymd')).toBe(20240504);
	expect(readDate('20240504', 'ymd')).toBe(20240504);
	expect(readDate('04052024', 'dmy')).toBe(20240504);
	expect(readDate('4.5.24', 'dmy')).toBe(20240504);
	expect(readDate('31.12.79', 'dmy')).toBe(20791231);
	expect(readDate('31.12.80', 'dmy')).toBe(19801231);
	expect(readDate("1/ 2'05", 'mdy')).toBe(20050102);
});

test('[FN-102] months have names in the languages of the banks, and times are not looked at', () => {
	for (const cell of [
		'5 Mar 2024',
		'5. März 2024',
		'5 mrt 2024',
		'5 maart 2024',
		'5 mars 2024',
		'5 marzo 2024',
		'Tue 5 Mar 2024',
		'05-Mar-24',
		'05.03.2024 23:59',
		'05/03/2024 11:05:01 PM',
		'05/03/2024T10:00'
	]) {
		expect(readDate(cell, 'dmy'), cell).toBe(20240305);
	}
	expect(readDate('Mar 5, 2024', 'mdy')).toBe(20240305);
	expect(readDate('5 août 2024', 'dmy')).toBe(20240805);
	expect(readDate('2024-03-05T23:30:00+02:00', 'ymd')).toBe(20240305);
	expect(readDate('2024-03-05 23:30:00.123', 'ymd')).toBe(20240305);
});

test('[FN-102] what is no day of the calendar is no date', () => {
	for (const cell of [
		'31.02.2024',
		'29.02.2023',
		'00.01.2024',
		'32.01.2024',
		'1.13.2024',
		'x',
		'',
		'1.1',
		'2024',
		'1.1.123',
		'1/1/1',
		'99999999',
		'1'.repeat(1000)
	]) {
		expect(readDate(cell, 'dmy'), cell).toBeUndefined();
	}
	expect(readDate('29.02.2024', 'dmy')).toBe(20240229);
});

test('[FN-102] one cell that stands in one order only decides for the column', () => {
	expect(inferDateOrder(['04/05/2024', '13/05/2024'])).toMatchObject({ value: 'dmy', open: [] });
	expect(inferDateOrder(['04/05/2024', '05/13/2024'])).toMatchObject({ value: 'mdy', open: [] });
	expect(inferDateOrder(['2024-05-04'])).toMatchObject({ value: 'ymd', open: [] });
	expect(inferDateOrder(['4 May 2024'])).toMatchObject({ value: 'dmy', open: [] });
	// Both orders give the same day: there is nothing to ask.
	expect(inferDateOrder(['05/05/2024', '06/06/2024'])!.open).toEqual([]);
});

test('[FN-102] what stands in two orders is asked, and so is a column of both', () => {
	expect(inferDateOrder(['04/05/2024', '06/07/2024'])!.open).toEqual(['04/05/2024', '06/07/2024']);
	expect(inferDateOrder(['04.05.24'])!.open).toEqual(['04.05.24']);
	expect(inferDateOrder(['13/05/2024', '05/13/2024'])!.open.length).toBeGreaterThan(0);
	expect(inferDateOrder(['shop', 'rent', '1.1.2024'])).toBeUndefined();
});

test('[FN-102] every day is read back in every order it is written in', () => {
	const day = fc.record({
		y: fc.integer({ min: 1980, max: 2079 }),
		m: fc.integer({ min: 1, max: 12 }),
		d: fc.integer({ min: 1, max: 31 })
	});
	fc.assert(
		fc.property(
			day,
			fc.constantFrom(...DATE_ORDERS),
			fc.constantFrom('/', '-', '.', ' '),
			fc.boolean(),
			fc.boolean(),
			(date, order, separator, short, padded) => {
				const number = date.y * 10_000 + date.m * 100 + date.d;
				const pad = (value: number): string => (padded ? String(value).padStart(2, '0') : String(value));
				const parts = { y: short ? String(date.y).slice(2) : String(date.y), m: pad(date.m), d: pad(date.d) };
				const cell = [...order].map((letter) => parts[letter as 'y' | 'm' | 'd']).join(separator);
				expect(readDate(cell, order)).toBe(isDay(number) ? number : undefined);
			}
		)
	);
});

test('[FN-102] dates of formats that fix their writing', () => {
	expect(readIsoDate('20090401122017.000[-5:EST]')).toBe(20090401);
	expect(readIsoDate('2014-12-31T13:15:00+01:00')).toBe(20141231);
	for (const text of ['20120231', '', '2012', '12012012', 'x20120101']) expect(readIsoDate(text), text).toBeUndefined();
});
