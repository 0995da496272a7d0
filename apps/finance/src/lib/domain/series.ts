/** Series for charts, from monthly sums: what is worth how much at the end of each month, what was spent in it. */

import { monthsBetween, type Month } from './dates.ts';
import { addMinor, type Minor } from './money.ts';

export interface MonthSum {
	month: Month;
	minor: Minor;
}

/** A value for every month from `from` to `to`, 0 where there is none: a gap in the rows is no gap in time. */
export function everyMonth(sums: readonly MonthSum[], from: Month, to: Month): MonthSum[] {
	const known = new Map<Month, Minor>();
	for (const { month, minor } of sums) known.set(month, addMinor(known.get(month) ?? 0, minor));
	return monthsBetween(from, to).map((month) => ({ month, minor: known.get(month) ?? 0 }));
}

/** The sum of everything up to the end of each month, from `from` to `to`. What came before `from` is in all of them. */
export function runningSums(changes: readonly MonthSum[], from: Month, to: Month): MonthSum[] {
	let sum: Minor = 0;
	for (const { month, minor } of changes) if (month < from) sum = addMinor(sum, minor);
	return everyMonth(
		changes.filter(({ month }) => month >= from),
		from,
		to
	).map(({ month, minor }) => ({ month, minor: (sum = addMinor(sum, minor)) }));
}
