import fc from 'fast-check';
import { expect, test } from 'vitest';
import { levelTallies } from './journal.ts';
import { seriesOf, stepFor, trendOf, type Tally } from './series.ts';
import { overWhat, statisticsOf } from './statistics.ts';
import { DAY_SECONDS, formatDay, parseDay } from './time.ts';

const day = (text: string) => parseDay(text)!;
const tally = (text: string, ...values: number[]): Tally => ({
	day: day(text),
	n: values.length,
	min: Math.min(...values),
	max: Math.max(...values),
	sum: values.reduce((sum, value) => sum + value, 0)
});

test('[HL-60] a day without samples is a gap, not zero', () => {
	const series = seriesOf([tally('2026-03-01', 70, 72), tally('2026-03-04', 71)], {
		from: day('2026-03-01'),
		until: day('2026-03-05'),
		step: 'day',
		telling: 'mean'
	});
	expect(series.value).toEqual([71, null, null, 71, null]);
	expect(series.min).toEqual([70, null, null, 71, null]);
	expect(series.n).toEqual([2, 0, 0, 1, 0]);
	expect(series.x.map((at) => formatDay(at / DAY_SECONDS))).toEqual(
		['01', '02', '03', '04', '05'].map((date) => `2026-03-${date}`)
	);
});

test('[HL-60] a week of a total is the mean of the days that were measured, and a month begins on its first', () => {
	const days = [tally('2026-03-02', 8000), tally('2026-03-03', 4000), tally('2026-04-30', 100)];
	const period = { from: day('2026-03-02'), until: day('2026-05-02'), telling: 'total' } as const;
	const weeks = seriesOf(days, { ...period, step: 'week' });
	expect(weeks.value.filter((value) => value !== null)).toEqual([6000, 100]);
	expect(weeks.days[0]).toBe(2);
	const months = seriesOf(days, { ...period, step: 'month' });
	expect(months.x.map((at) => formatDay(at / DAY_SECONDS))).toEqual(['2026-03-01', '2026-04-01', '2026-05-01']);
	expect(months.value).toEqual([6000, 100, null]);
});

test('hours stand at their hour', () => {
	const at = day('2026-03-02');
	const period = { from: at, until: at, step: 'hour', telling: 'mean' } as const;
	const series = seriesOf([{ ...tally('2026-03-02', 61), hour: 7 }], period);
	expect(series.x).toHaveLength(24);
	expect(series.value.indexOf(61)).toBe(7);
	expect([1, 3, 4, 190, 365, 3650].map(stepFor)).toEqual(['hour', 'hour', 'day', 'day', 'week', 'month']);
});

test('[HL-61] a series holds every sample of its period once, whatever its steps', () => {
	const tallies = fc.uniqueArray(
		fc.record({ day: fc.integer({ min: 20_000, max: 20_800 }), n: fc.integer({ min: 1, max: 9 }) }),
		{
			selector: ({ day: number }) => number,
			maxLength: 200
		}
	);
	fc.assert(
		fc.property(tallies, fc.constantFrom('day', 'week', 'month'), fc.nat(800), (given, step, length) => {
			const rows = given.map(({ day: number, n }) => ({ day: number, n, min: 1, max: 1, sum: n }));
			const period = { from: 20_000, until: 20_000 + length, step, telling: 'mean' } as const;
			const series = seriesOf(rows, period);
			const inside = given.filter(({ day: number }) => number <= period.until);
			expect(series.n.reduce((sum, n) => sum + n, 0)).toBe(inside.reduce((sum, { n }) => sum + n, 0));
			expect(series.days.reduce((sum, n) => sum + n, 0)).toBe(inside.length);
		})
	);
});

test('a trend is the line of least squares, within what was measured, and none of four points', () => {
	const x = [0, 1, 2, 3, 4, 5, 6].map((at) => at * DAY_SECONDS);
	const trend = trendOf({ x, value: [null, 10, 12, null, 16, 18, 20] })!;
	expect(trend.perDay).toBeCloseTo(2, 9);
	expect(trend.n).toBe(5);
	expect(trend.line[0]).toBeNull();
	expect(trend.line[3]).toBeCloseTo(14, 9);
	expect(trendOf({ x, value: [1, 2, 3, 4, null, null, null] })).toBeUndefined();
});

test('[HL-61] statistics say over what: samples, days, period and the longest gap', () => {
	const days = [tally('2026-02-02', 70, 72), tally('2026-02-03', 71), tally('2026-02-20', 69)];
	const [from, until] = [day('2026-02-01'), day('2026-02-28')];
	const statistics = statisticsOf(days, { from, until, telling: 'mean' })!;
	expect(statistics).toMatchObject({ n: 4, days: 28, daysWith: 3, mean: 70.5, min: 69, max: 72 });
	expect(overWhat(statistics, from, until)).toBe(
		'4 samples on 3 of 28 days, 2026-02-01 to 2026-02-28; none from 2026-02-04 to 2026-02-19'
	);
	expect(statisticsOf(days, { from: day('2025-01-01'), until: day('2025-12-31'), telling: 'mean' })).toBeUndefined();
	expect(statisticsOf(days, { from, until, telling: 'total' })!.mean).toBeCloseTo(282 / 3, 9);
});

test('moods of a day are told like any other samples', () => {
	const rows = [
		{ level: 4, at: '2026-03-01T23:30:00+01:00' },
		{ level: 2, at: '2026-03-01T08:00:00+01:00' },
		{ level: 5, at: '2026-02-28T08:00:00+01:00' },
		{ level: 1, at: 'some day' }
	];
	expect(levelTallies(rows)).toEqual([
		{ day: day('2026-02-28'), n: 1, min: 5, max: 5, sum: 5 },
		{ day: day('2026-03-01'), n: 2, min: 2, max: 4, sum: 6 }
	]);
});
