/**
 * One total from several sources that measured the same time.
 *
 * At every instant that somebody measured, the first source in the order of sources that covers it counts, and no
 * other. An interval that is covered in part counts for the share of its time that is left. So the total is neither
 * the sum (a watch and a phone on one walk would count twice) nor one winner (what the phone counted while the watch
 * was charging would be lost).
 *
 *  - Intervals of one source add up, also where they overlap: a source is trusted not to repeat itself. Equal ones
 *    (time, duration, value) are one sample that was exported twice.
 *  - An interval without length counts where no better source covers its instant, begin included and end not.
 *  - Times are UTC. `from` (included) and `until` (not) cut intervals to a day, by their share.
 */

export interface Interval {
	readonly start: number;
	readonly end: number;
	readonly value: number;
}

/** What is left of an interval: `value` is the part of its value that falls on this time. */
export type Piece = Interval;

/**
 * @param sources the intervals of each source, best source first
 * @returns pieces in no particular order; those of one source may overlap each other, those of different ones do not
 */
export function resolve(sources: readonly (readonly Interval[])[], from: number, until: number): Piece[] {
	const pieces: Piece[] = [];
	let covered: Cover = { starts: [], ends: [] };
	for (const source of sources) {
		const intervals = distinct(source);
		for (const interval of intervals) takeUncovered(interval, covered, from, until, pieces);
		covered = union(covered, intervals);
	}
	return pieces;
}

/** Disjoint, ascending. */
interface Cover {
	readonly starts: readonly number[];
	readonly ends: readonly number[];
}

function distinct(intervals: readonly Interval[]): Interval[] {
	const sorted = [...intervals].sort((a, b) => a.start - b.start || a.end - b.end || a.value - b.value);
	return sorted.filter((interval, at) => {
		const before = sorted[at - 1];
		return (
			before === undefined ||
			before.start !== interval.start ||
			before.end !== interval.end ||
			before.value !== interval.value
		);
	});
}

function takeUncovered(
	{ start, end, value }: Interval,
	covered: Cover,
	from: number,
	until: number,
	out: Piece[]
): void {
	let at = firstEndingAfter(covered, start);
	if (start === end) {
		const inside = at < covered.starts.length && covered.starts[at]! <= start;
		if (!inside && start >= from && start < until) out.push({ start, end, value });
		return;
	}
	const perSecond = value / (end - start);
	let free = start;
	while (free < end) {
		const nextStart = covered.starts[at] ?? Infinity;
		const stop = Math.min(end, Math.max(free, nextStart));
		const [a, b] = [Math.max(free, from), Math.min(stop, until)];
		if (b > a) out.push({ start: a, end: b, value: a === start && b === end ? value : perSecond * (b - a) });
		if (nextStart >= end) return;
		free = Math.max(free, covered.ends[at]!);
		at++;
	}
}

/** Index of the first covered time that ends after `instant`. */
function firstEndingAfter({ ends }: Cover, instant: number): number {
	let low = 0;
	let high = ends.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (ends[middle]! > instant) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** @param intervals ascending by start */
function union(covered: Cover, intervals: readonly Interval[]): Cover {
	const starts: number[] = [];
	const ends: number[] = [];
	let [a, b] = [0, 0];
	const add = (start: number, end: number): void => {
		const last = ends.length - 1;
		if (last >= 0 && start <= ends[last]!) ends[last] = Math.max(ends[last]!, end);
		else {
			starts.push(start);
			ends.push(end);
		}
	};
	while (a < covered.starts.length || b < intervals.length) {
		const interval = intervals[b];
		if (interval && interval.start === interval.end) b++;
		else if (!interval || (covered.starts[a] ?? Infinity) <= interval.start) {
			add(covered.starts[a]!, covered.ends[a]!);
			a++;
		} else {
			add(interval.start, interval.end);
			b++;
		}
	}
	return { starts, ends };
}
