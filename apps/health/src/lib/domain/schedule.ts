/**
 * When a medication is to be taken: a plan, as one cell of a row, and the times that follow from it.
 *
 * A plan's times are times of a clock on a wall: of the place where the person is, or, where the plan names a zone, of
 * that zone. A planned dose is named by that clock time (`2026-03-01T08:00`), never by an instant: it stays the same
 * dose when the person travels or the clocks change. Which instant it is is asked last, of a zone (`instantOf`).
 *
 * Form of the cell: JSON with exactly these members, unknown ones refused, so that no version misreads another's plan.
 */

import {
	formatDay,
	momentAt,
	parseDay,
	parseLocal,
	weekdayOfDay,
	isZone,
	type ClockReading,
	type Moment
} from './time.ts';

export type Pattern =
	| { readonly kind: 'daily' }
	/** 1 Monday to 7 Sunday. */
	| { readonly kind: 'weekdays'; readonly days: readonly number[] }
	/** Every n days, counted from the first day. */
	| { readonly kind: 'every'; readonly days: number }
	| { readonly kind: 'as needed' };

export interface Plan {
	readonly pattern: Pattern;
	/** `08:00`, ascending. None for as needed. */
	readonly times: readonly string[];
	/** Day since 1970. */
	readonly from: number;
	/** Last day, included. */
	readonly until?: number;
	/** `Europe/Berlin`; absent: wherever the person is. */
	readonly zone?: string;
	/** What one takes, as typed: `1 tablet`. */
	readonly amount: string;
}

const MOST_TIMES = 24;
const MOST_DAYS_BETWEEN = 366;
const LONGEST_AMOUNT = 100;

export type CheckedPlan =
	| { readonly ok: true; readonly plan: Plan }
	| {
			readonly ok: false;
			readonly field: 'times' | 'days' | 'every' | 'from' | 'until' | 'zone' | 'amount';
			readonly reason: string;
	  };

/** Puts times and weekdays in order and drops repeated ones. */
export function checkPlan(plan: Plan): CheckedPlan {
	const wrong = (field: Exclude<CheckedPlan, { ok: true }>['field'], reason: string): CheckedPlan => ({
		ok: false,
		field,
		reason
	});
	const { pattern } = plan;
	const times = [...new Set(plan.times)].sort();
	if (pattern.kind !== 'as needed') {
		if (times.length === 0) return wrong('times', 'Say at which time of day.');
		if (times.length > MOST_TIMES) return wrong('times', `At most ${MOST_TIMES} times a day.`);
		if (times.some((time) => !isTime(time))) return wrong('times', 'A time of day is written like 08:00.');
	} else if (times.length > 0) return wrong('times', 'What is taken as needed has no times.');
	if (pattern.kind === 'weekdays') {
		if (pattern.days.length === 0) return wrong('days', 'Choose at least one day of the week.');
		if (pattern.days.some((day) => !Number.isInteger(day) || day < 1 || day > 7))
			return wrong('days', 'Choose days of the week.');
	}
	if (
		pattern.kind === 'every' &&
		!(Number.isInteger(pattern.days) && pattern.days >= 1 && pattern.days <= MOST_DAYS_BETWEEN)
	)
		return wrong('every', `Every how many days: a whole number from 1 to ${MOST_DAYS_BETWEEN}.`);
	if (!Number.isInteger(plan.from)) return wrong('from', 'The first day is no date.');
	if (plan.until !== undefined && !(Number.isInteger(plan.until) && plan.until >= plan.from))
		return wrong('until', 'The last day lies before the first.');
	if (plan.zone !== undefined && !isZone(plan.zone)) return wrong('zone', 'This time zone is not known here.');
	if (plan.amount.length > LONGEST_AMOUNT) return wrong('amount', `At most ${LONGEST_AMOUNT} characters.`);
	const days = pattern.kind === 'weekdays' ? { ...pattern, days: [...new Set(pattern.days)].sort() } : pattern;
	return { ok: true, plan: { ...plan, pattern: days, times } };
}

function isTime(text: string): boolean {
	return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

export function formatPlan(plan: Plan): string {
	const { pattern } = plan;
	return JSON.stringify({
		kind: pattern.kind,
		...(pattern.kind === 'weekdays' || pattern.kind === 'every' ? { days: pattern.days } : {}),
		times: plan.times,
		from: formatDay(plan.from),
		...(plan.until === undefined ? {} : { until: formatDay(plan.until) }),
		...(plan.zone === undefined ? {} : { zone: plan.zone }),
		amount: plan.amount
	});
}

const MEMBERS = new Set(['kind', 'days', 'times', 'from', 'until', 'zone', 'amount']);

/** Undefined for a cell that is no plan of this form: it is shown as unreadable, and nothing follows from it. */
export function parsePlan(cell: string | null): Plan | undefined {
	if (cell === null || cell.length > 4000) return undefined;
	let json: unknown;
	try {
		json = JSON.parse(cell);
	} catch {
		return undefined;
	}
	if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
	if (Object.keys(json).some((key) => !MEMBERS.has(key))) return undefined;
	const { kind, days, times, from, until, zone, amount } = json as Record<string, unknown>;
	const pattern = patternOf(kind, days);
	const first = typeof from === 'string' ? parseDay(from) : undefined;
	const last = typeof until === 'string' ? parseDay(until) : undefined;
	if (!pattern || first === undefined || (until !== undefined && last === undefined)) return undefined;
	if (!Array.isArray(times) || !times.every((time) => typeof time === 'string')) return undefined;
	if (typeof amount !== 'string' || (zone !== undefined && typeof zone !== 'string')) return undefined;
	const checked = checkPlan({
		pattern,
		times,
		from: first,
		...(last === undefined ? {} : { until: last }),
		...(zone === undefined ? {} : { zone }),
		amount
	});
	return checked.ok ? checked.plan : undefined;
}

function patternOf(kind: unknown, days: unknown): Pattern | undefined {
	switch (kind) {
		case 'daily':
		case 'as needed':
			return days === undefined ? { kind } : undefined;
		case 'weekdays':
			return Array.isArray(days) && days.every((day) => typeof day === 'number') ? { kind, days } : undefined;
		case 'every':
			return typeof days === 'number' ? { kind, days } : undefined;
		default:
			return undefined;
	}
}

/** Whether something is planned on this day. */
export function isPlannedOn({ pattern, from, until }: Plan, day: number): boolean {
	if (day < from || (until !== undefined && day > until)) return false;
	switch (pattern.kind) {
		case 'daily':
			return true;
		case 'weekdays':
			return pattern.days.includes(weekdayOfDay(day));
		case 'every':
			return (day - from) % pattern.days === 0;
		case 'as needed':
			return false;
	}
}

/** The planned clock times of these days, both included, in order: `2026-03-01T08:00`. */
export function plannedTimes(plan: Plan, from: number, until: number): string[] {
	const planned: string[] = [];
	for (let day = Math.max(from, plan.from); day <= Math.min(until, plan.until ?? until); day++)
		if (isPlannedOn(plan, day)) for (const time of plan.times) planned.push(`${formatDay(day)}T${time}`);
	return planned;
}

/**
 * The instant of a planned time, and whether clocks show it once, twice (the first counts) or never (then as long
 * after the jump).
 *
 * @param here zone of the place where the person is
 */
export function instantOf(plan: Plan, planned: string, here: string): Moment & { readonly shown: ClockReading } {
	return momentAt(plan.zone ?? here, parseLocal(planned)!);
}
