/**
 * What a chart draws: one value for each step of a period, and nothing where nothing was measured.
 *
 * Steps are hours, days, weeks (from Monday) or months. A step without samples is null, never zero and never a line
 * drawn across: a gap is shown as a gap.
 */

import { dateOfDay, DAY_SECONDS, dayOfDate, weekdayOfDay } from './time.ts';
import type { Telling } from './metrics.ts';

export type Step = 'hour' | 'day' | 'week' | 'month';

/** A day or hour with samples, in the first unit of the metric. */
export interface Tally {
	/** Day since 1970. */
	readonly day: number;
	/** 0 to 23; absent for a whole day. */
	readonly hour?: number;
	readonly n: number;
	readonly min: number;
	readonly max: number;
	readonly sum: number;
}

/** Columns of equal length, as uPlot takes them. */
export interface Series {
	readonly step: Step;
	/** Seconds since 1970 of the beginning of each step, as if its local clock were UTC. */
	readonly x: readonly number[];
	/** Mean of the samples; of a total, the total (of an hour or day) or the mean of its days (of a week or month). */
	readonly value: readonly (number | null)[];
	readonly min: readonly (number | null)[];
	readonly max: readonly (number | null)[];
	/** Samples in each step. */
	readonly n: readonly number[];
	/** Days with samples in each step. */
	readonly days: readonly number[];
}

/** The finest step that still leaves a chart readable. */
export function stepFor(days: number): Step {
	if (days <= 3) return 'hour';
	if (days <= 190) return 'day';
	return days <= 1100 ? 'week' : 'month';
}

/**
 * @param from first day, included
 * @param until last day, included
 */
export function seriesOf(
	tallies: readonly Tally[],
	{ from, until, step, telling }: { from: number; until: number; step: Step; telling: Telling }
): Series {
	const starts = stepStarts(from, until, step);
	const gathered = starts.map(() => ({ n: 0, sum: 0, min: Infinity, max: -Infinity, days: new Set<number>() }));
	const places = new Map(starts.map((start, at) => [start, at]));
	for (const tally of tallies) {
		if (tally.day < from || tally.day > until) continue;
		const at = places.get(stepStart(tally, step));
		const into = at === undefined ? undefined : gathered[at];
		if (!into) continue;
		into.n += tally.n;
		into.sum += tally.sum;
		into.min = Math.min(into.min, tally.min);
		into.max = Math.max(into.max, tally.max);
		into.days.add(tally.day);
	}
	const isTotal = telling !== 'mean';
	return {
		step,
		x: starts,
		value: gathered.map(({ n, sum, days }) => (days.size === 0 ? null : sum / (isTotal ? days.size : n))),
		min: gathered.map(({ min, days }) => (days.size === 0 ? null : min)),
		max: gathered.map(({ max, days }) => (days.size === 0 ? null : max)),
		n: gathered.map(({ n }) => n),
		days: gathered.map(({ days }) => days.size)
	};
}

function stepStart({ day, hour = 0 }: Tally, step: Step): number {
	switch (step) {
		case 'hour':
			return day * DAY_SECONDS + hour * 3600;
		case 'day':
			return day * DAY_SECONDS;
		case 'week':
			return (day - weekdayOfDay(day) + 1) * DAY_SECONDS;
		case 'month':
			return (day - dateOfDay(day).day + 1) * DAY_SECONDS;
	}
}

function stepStarts(from: number, until: number, step: Step): number[] {
	const starts: number[] = [];
	const end = until * DAY_SECONDS;
	if (step === 'month') {
		let { year, month } = dateOfDay(from);
		for (let day = dayOfDate(year, month, 1); day <= until; day = dayOfDate(year, month, 1)) {
			starts.push(day * DAY_SECONDS);
			[year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
		}
		return starts;
	}
	const seconds = { hour: 3600, day: DAY_SECONDS, week: 7 * DAY_SECONDS }[step];
	const last = step === 'hour' ? end + DAY_SECONDS - 3600 : end;
	for (let at = stepStart({ day: from, n: 0, min: 0, max: 0, sum: 0 }, step); at <= last; at += seconds)
		starts.push(at);
	return starts;
}

export interface Trend {
	/** Change per day. */
	readonly perDay: number;
	/** Steps that it was computed from. */
	readonly n: number;
	/** On the line, for each step from the first with a value to the last; null outside. */
	readonly line: readonly (number | null)[];
}

/** With fewer there is always a line, and it says nothing. */
const FEWEST_FOR_TREND = 5;

/** The straight line of least squares through the steps that have a value; undefined where they are too few. */
export function trendOf({ x, value }: Pick<Series, 'x' | 'value'>): Trend | undefined {
	const points = x.flatMap((at, index) =>
		value[index] === null ? [] : [{ index, day: at / DAY_SECONDS, y: value[index]! }]
	);
	if (points.length < FEWEST_FOR_TREND) return undefined;
	const n = points.length;
	const meanDay = points.reduce((sum, { day }) => sum + day, 0) / n;
	const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
	let [xy, xx] = [0, 0];
	for (const { day, y } of points) {
		xy += (day - meanDay) * (y - meanY);
		xx += (day - meanDay) ** 2;
	}
	const perDay = xy / xx;
	const [first, last] = [points[0]!.index, points.at(-1)!.index];
	const line = x.map((at, index) =>
		index < first || index > last ? null : meanY + perDay * (at / DAY_SECONDS - meanDay)
	);
	return { perDay, n, line };
}
