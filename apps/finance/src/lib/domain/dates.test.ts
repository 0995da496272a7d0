import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as dates from './dates.ts';

test('[FN-5] a day is one that the calendar has', () => {
	const days = [20240229, 20230229, 20261231, 20261301, 20260431, 20260100, 19000229, 20000229, 2026, 20260101.5, NaN];
	expect(days.filter(dates.isDay)).toEqual([20240229, 20261231, 20000229]);
	expect(dates.dayOfIso('2026-02-28')).toBe(20260228);
	expect(dates.dayOfIso('2026-02-30')).toBeUndefined();
	expect(dates.isoOf(20260228)).toBe('2026-02-28');
});

test('[FN-5] days and months move over the ends of months and years, and back', () => {
	expect(dates.addDays(20240228, 2)).toBe(20240301);
	expect(dates.addDays(20260101, -1)).toBe(20251231);
	expect(dates.addMonths(202601, -1)).toBe(202512);
	expect(dates.addMonths(202512, 13)).toBe(202701);
	expect(dates.monthsBetween(202511, 202602)).toEqual([202511, 202512, 202601, 202602]);
	fc.assert(
		fc.property(fc.integer({ min: -100_000, max: 100_000 }), (by) => {
			const day = dates.addDays(20260315, by);
			expect(dates.isDay(day)).toBe(true);
			expect(dates.daysBetween(20260315, day)).toBe(by);
		})
	);
});

test('[FN-5] today is the day of the wall clock, not that of Greenwich', () => {
	const late = new Date(2026, 2, 29, 23, 30);
	expect(dates.dayOf(late)).toBe(20260329);
	expect(dates.lastDay(202602)).toBe(20260228);
});
