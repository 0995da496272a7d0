/**
 * What became of a planned dose.
 *
 * A dose is one row however many devices mark it: its id is the hash of schedule and planned time. `taken` and `skipped`
 * are two cells, so that two devices that marked it differently, apart from each other, leave both marks standing: the
 * row shows as contradicted until a person says which is true. No later write silently wins over "I took it".
 */

import { contentId } from '@slf/platform';
import { instantOf, plannedTimes, type Plan } from './schedule.ts';
import { parseMoment, type ClockReading, type Moment } from './time.ts';

/** A row of `doses` as queries give it. */
export interface DoseRow {
	readonly scope_id: string;
	readonly id: string;
	readonly medication_id: string | null;
	/** NULL for one taken as needed. */
	readonly schedule_id: string | null;
	/** `2026-03-01T08:00`, by the plan's clock; NULL for one taken as needed. */
	readonly planned: string | null;
	/** When it was taken or skipped: RFC 3339 with offset. */
	readonly taken: string | null;
	readonly skipped: string | null;
	/** As typed: `1 tablet`. */
	readonly amount: string | null;
}

export function doseId(schedule: string, planned: string): string {
	return contentId(['dose', schedule, planned]);
}

export type DoseState = 'ahead' | 'due' | 'late' | 'missed' | 'taken' | 'taken late' | 'skipped' | 'contradicted';

/** From an hour before to an hour after its time a dose is due; after twelve hours it was missed. */
export const DUE_BEFORE = 3600;
export const LATE_AFTER = 3600;
export const MISSED_AFTER = 12 * 3600;

/**
 * @param plannedAt seconds since 1970 of the planned time
 * @param marks when it was taken or skipped, seconds since 1970
 * @param now seconds since 1970
 */
export function doseState(plannedAt: number, marks: { taken?: number; skipped?: number }, now: number): DoseState {
	if (marks.taken !== undefined && marks.skipped !== undefined) return 'contradicted';
	if (marks.taken !== undefined) return marks.taken > plannedAt + LATE_AFTER ? 'taken late' : 'taken';
	if (marks.skipped !== undefined) return 'skipped';
	if (now < plannedAt - DUE_BEFORE) return 'ahead';
	if (now <= plannedAt + LATE_AFTER) return 'due';
	return now <= plannedAt + MISSED_AFTER ? 'late' : 'missed';
}

/** A dose of a day's list: planned, and what became of it. */
export interface PlannedDose {
	/** Id of the schedule. */
	readonly schedule: string;
	/** `2026-03-01T08:00`. */
	readonly planned: string;
	/** The instant, by the plan's zone or the place; `shown` says what clocks do at that time. */
	readonly at: Moment & { readonly shown: ClockReading };
	readonly state: DoseState;
	readonly row?: DoseRow;
}

/**
 * The planned doses of these days (both included), in order of their instants.
 *
 * @param here zone of the place where the person is; @param now seconds since 1970
 */
export function plannedDoses(
	schedules: readonly { readonly id: string; readonly plan: Plan }[],
	doses: readonly DoseRow[],
	{ from, until, here, now }: { from: number; until: number; here: string; now: number }
): PlannedDose[] {
	// By what they say and not by id: restored words give schedules other ids (SPEC W-20 of the platform).
	const rows = new Map(doses.map((row) => [`${row.schedule_id ?? ''} ${row.planned ?? ''}`, row]));
	const planned = schedules.flatMap(({ id, plan }) =>
		plannedTimes(plan, from, until).map((time): PlannedDose => {
			const row = rows.get(`${id} ${time}`);
			const at = instantOf(plan, time, here);
			const [taken, skipped] = [parseMoment(row?.taken ?? ''), parseMoment(row?.skipped ?? '')];
			const marks = { ...(taken ? { taken: taken.seconds } : {}), ...(skipped ? { skipped: skipped.seconds } : {}) };
			return { schedule: id, planned: time, at, state: doseState(at.seconds, marks, now), ...(row ? { row } : {}) };
		})
	);
	return planned.sort((a, b) => a.at.seconds - b.at.seconds || (a.schedule < b.schedule ? -1 : 1));
}

export interface Adherence {
	readonly planned: number;
	readonly taken: number;
	readonly late: number;
	readonly skipped: number;
	readonly missed: number;
	/** Neither over nor marked yet, or contradicted: they count in nothing. */
	readonly open: number;
}

/** Counts states of planned doses; a caller says over which days. */
export function adherenceOf(states: readonly DoseState[]): Adherence {
	const count = (...wanted: DoseState[]): number => states.filter((state) => wanted.includes(state)).length;
	return {
		planned: states.length,
		taken: count('taken', 'taken late'),
		late: count('taken late'),
		skipped: count('skipped'),
		missed: count('missed'),
		open: count('ahead', 'due', 'late', 'contradicted')
	};
}
