/** What a chart is given, and what of it is computed without a screen. */

export interface ChartSeries {
	readonly label: string;
	/** One for each `x`; null where nothing is known: a gap, not a zero. */
	readonly values: readonly (number | null)[];
	/** `range`: from `low` to `values`, a band; with `low` in the unit of `values`. Default `line`. */
	readonly kind?: 'line' | 'area' | 'bars' | 'points' | 'range';
	readonly low?: readonly (number | null)[];
	/** A token: `--accent`. Default: the accent for the first, then the colours of people. */
	readonly colour?: `--${string}`;
}

/** A line across: a goal, a limit. */
export interface ChartMark {
	readonly label: string;
	readonly value: number;
}

/** The series' columns and the `x` they share. */
export interface ChartData {
	readonly x: readonly number[];
	readonly series: readonly ChartSeries[];
}

/**
 * The same data with a gap wherever two neighbours are further apart than `after`: a line between them would claim what
 * nobody measured.
 */
export function withGaps({ x, series }: ChartData, after: number): ChartData {
	const cuts = x.flatMap((at, i) => (i > 0 && at - x[i - 1]! > after ? [i] : []));
	if (cuts.length === 0) return { x, series };
	const spread = <T>(values: readonly T[], between: (i: number) => T): T[] => {
		const result: T[] = [];
		let from = 0;
		for (const cut of cuts) {
			for (; from < cut; from++) result.push(values[from]!);
			result.push(between(cut));
		}
		for (; from < values.length; from++) result.push(values[from]!);
		return result;
	};
	const empty = () => null;
	return {
		x: spread(x, (i) => (x[i - 1]! + x[i]!) / 2),
		series: series.map((one) => ({
			...one,
			values: spread(one.values, empty),
			...(one.low ? { low: spread(one.low, empty) } : {})
		}))
	};
}

export const isKnown = (value: number | null | undefined): value is number => value !== null && value !== undefined;

/** Indexes of `x` at which some series has a value: where a cursor may stand. */
export function readable({ x, series }: ChartData): number[] {
	return x.flatMap((_, i) => (series.some(({ values }) => isKnown(values[i])) ? [i] : []));
}

/**
 * Where a key takes the cursor.
 *
 * @param stops the places where it may stand, ascending
 * @param at the place where it stands
 * @returns a place, null to take the cursor away, undefined when the key is not about it
 */
export function cursorAfter(key: string, stops: readonly number[], at: number | undefined): number | null | undefined {
	const last = stops.length - 1;
	if (key === 'Escape') return at === undefined ? undefined : null;
	const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page(last), PageDown: page(last) }[key];
	if (last < 0 || (step === undefined && key !== 'Home' && key !== 'End')) return undefined;
	if (key === 'Home') return stops[0];
	if (key === 'End') return stops[last];
	// Without a cursor the latest value is what one wants to know.
	if (at === undefined) return stops[last];
	const index = stops.findIndex((stop) => stop >= at);
	const from = index < 0 ? last : index;
	return stops[Math.min(last, Math.max(0, from + step!))];
}

function page(last: number): number {
	return Math.max(2, Math.round(last / 10));
}
