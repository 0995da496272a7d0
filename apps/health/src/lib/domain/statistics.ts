/** Figures about a period that say what they are figures of: how many samples, on which days, with which gaps. */

import { formatDay } from './time.ts';
import type { Telling } from './metrics.ts';
import type { Tally } from './series.ts';

export interface Statistics {
	/** Samples. */
	readonly n: number;
	/** Days of the period, and those with samples. */
	readonly days: number;
	readonly daysWith: number;
	/** First and last day with samples. */
	readonly first: number;
	readonly last: number;
	/** The longest run of days without a sample within the period, or undefined where every day has one. */
	readonly longestGap?: { readonly from: number; readonly until: number };
	/** Mean of the samples; for totals of the days that have any. */
	readonly mean: number;
	/** Of samples; for totals of days. */
	readonly min: number;
	readonly max: number;
	/** For totals: of all days. */
	readonly sum: number;
}

/** Undefined where nothing was measured in the period. Both ends are included. */
export function statisticsOf(
	tallies: readonly Tally[],
	{ from, until, telling }: { from: number; until: number; telling: Telling }
): Statistics | undefined {
	const within = tallies.filter(({ day }) => day >= from && day <= until).sort((a, b) => a.day - b.day);
	if (within.length === 0) return undefined;
	const days = [...new Set(within.map(({ day }) => day))];
	const sum = within.reduce((all, tally) => all + tally.sum, 0);
	const n = within.reduce((all, tally) => all + tally.n, 0);
	const gap = longestGap(days, from, until);
	return {
		n,
		days: until - from + 1,
		daysWith: days.length,
		first: days[0]!,
		last: days.at(-1)!,
		...(gap ? { longestGap: gap } : {}),
		mean: sum / (telling === 'mean' ? n : days.length),
		min: Math.min(...within.map(({ min }) => min)),
		max: Math.max(...within.map(({ max }) => max)),
		sum
	};
}

function longestGap(days: readonly number[], from: number, until: number): { from: number; until: number } | undefined {
	let longest: { from: number; until: number } | undefined;
	let next = from;
	for (const day of [...days, until + 1]) {
		const gap = { from: next, until: day - 1 };
		if (gap.until >= gap.from && (!longest || gap.until - gap.from > longest.until - longest.from)) longest = gap;
		next = day + 1;
	}
	return longest;
}

/** `412 samples on 28 of 30 days, 2026-02-01 to 2026-03-02; none from 2026-02-10 to 2026-02-11`. */
export function overWhat(statistics: Statistics, from: number, until: number): string {
	const { n, days, daysWith, longestGap: gap } = statistics;
	const samples = n === 1 ? '1 sample' : `${n} samples`;
	const on = days === 1 ? '' : ` on ${daysWith} of ${days} days`;
	const period = from === until ? formatDay(from) : `${formatDay(from)} to ${formatDay(until)}`;
	const none = gap === undefined || days === 1 ? '' : `; none ${gapWords(gap)}`;
	return `${samples}${on}, ${period}${none}`;
}

function gapWords({ from, until }: { from: number; until: number }): string {
	return from === until ? `on ${formatDay(from)}` : `from ${formatDay(from)} to ${formatDay(until)}`;
}
