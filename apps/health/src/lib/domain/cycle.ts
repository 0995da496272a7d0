/**
 * A menstrual cycle as days tell it. Simple on purpose: it counts, and says from how much.
 *
 * A cycle begins on the first day of bleeding (spotting is none) after at least SHORTEST_BREAK days without. Its length
 * is the number of days to the next beginning. Lengths beyond LONGEST_CYCLE say that days were not written down: they
 * are left out. A prediction needs FEWEST_CYCLES complete ones; else there is none, and the reason is given. It is a
 * range of days from the shortest to the longest of the last ones, no statement about fertility, and no contraceptive.
 */

import { parseDay } from './time.ts';

/** Levels of the column `bleeding`. */
export const BLEEDING = { none: 0, spotting: 1, light: 2, medium: 3, heavy: 4 } as const;

/** What can be said of mucus, as stored. */
export const MUCUS = ['dry', 'sticky', 'creamy', 'watery', 'egg white'] as const;
export type Mucus = (typeof MUCUS)[number];

export interface CycleDayRow {
	readonly scope_id: string;
	/** The date, `2026-03-01`. */
	readonly id: string;
	readonly bleeding: number | null;
	/** `36.62 Cel`. */
	readonly temperature: string | null;
	readonly mucus: string | null;
	readonly note: string | null;
}

/** What one can write down about a day. */
export type CycleDay = Pick<CycleDayRow, 'bleeding' | 'temperature' | 'mucus' | 'note'>;

const SHORTEST_BREAK = 10;
const LONGEST_CYCLE = 90;
export const FEWEST_CYCLES = 3;
/** Of how many cycles a prediction is made. */
const LAST_CYCLES = 6;

export interface Cycle {
	/** Day since 1970. */
	readonly start: number;
	/** Days to the next beginning; undefined for the present one, and where days in between are missing. */
	readonly length?: number;
	/** Days of bleeding in a row from its beginning, single days without in between allowed. */
	readonly bleeding: number;
}

/**
 * One entry for each day, ascending: where a body has two scopes, each cell is that of the first scope which has it.
 *
 * @param scopes in the order in which they count
 */
export function daysOf(
	rows: readonly CycleDayRow[],
	scopes: readonly string[]
): (CycleDay & { readonly day: number })[] {
	const days = new Map<number, CycleDay & { day: number }>();
	for (const scope of scopes)
		for (const row of rows.filter(({ scope_id }) => scope_id === scope)) {
			const day = parseDay(row.id);
			if (day === undefined) continue;
			const known = days.get(day);
			days.set(day, {
				day,
				bleeding: known?.bleeding ?? row.bleeding,
				temperature: known?.temperature ?? row.temperature,
				mucus: known?.mucus ?? row.mucus,
				note: known?.note ?? row.note
			});
		}
	return [...days.values()].sort((a, b) => a.day - b.day);
}

/** @param days those with an entry, ascending */
export function cyclesOf(days: readonly { readonly day: number; readonly bleeding: number | null }[]): Cycle[] {
	const bled = days.filter(({ bleeding }) => (bleeding ?? 0) >= BLEEDING.light).map(({ day }) => day);
	const starts: { start: number; bleeding: number }[] = [];
	let before = -Infinity;
	for (const day of bled) {
		const current = starts.at(-1);
		if (!current || day - before > SHORTEST_BREAK) starts.push({ start: day, bleeding: 1 });
		else if (day - before <= 2) current.bleeding = day - current.start + 1;
		before = day;
	}
	return starts.map(({ start, bleeding }, at) => {
		const next = starts[at + 1]?.start;
		const length = next === undefined ? undefined : next - start;
		return { start, bleeding, ...(length === undefined || length > LONGEST_CYCLE ? {} : { length }) };
	});
}

export type Prediction =
	| {
			readonly ok: true;
			/** First and last day on which the next cycle is to begin. */
			readonly from: number;
			readonly until: number;
			/** Complete cycles that it was made from. */
			readonly cycles: number;
			readonly shortest: number;
			readonly longest: number;
	  }
	| {
			readonly ok: false;
			/** `too few`: fewer than FEWEST_CYCLES. `over`: the range has passed, or the present cycle is not written down. */
			readonly reason: 'too few' | 'over';
			readonly cycles: number;
	  };

/** @param today day since 1970 */
export function predict(cycles: readonly Cycle[], today: number): Prediction {
	const lengths = cycles.flatMap(({ length }) => length ?? []).slice(-LAST_CYCLES);
	if (lengths.length < FEWEST_CYCLES) return { ok: false, reason: 'too few', cycles: lengths.length };
	const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
	const { start } = cycles.at(-1)!;
	if (today > start + longest) return { ok: false, reason: 'over', cycles: lengths.length };
	return { ok: true, from: start + shortest, until: start + longest, cycles: lengths.length, shortest, longest };
}
