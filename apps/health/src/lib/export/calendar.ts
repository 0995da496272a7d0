/**
 * A calendar file (RFC 5545) with an alarm for each planned dose: what a phone's own calendar can ring by, since a web
 * app cannot.
 *
 * Each time of day of a plan is one repeating event. A plan of the place where the person is has floating times, which
 * every calendar shows at that time of its clock; a plan of a zone has that zone, with the changes of its clocks for
 * the next YEARS_OF_ZONE years. Nothing is repeated beyond what RRULE says; a plan that ends has a COUNT.
 */

import { isPlannedOn, type Plan } from '#lib/domain/schedule.ts';
import { dateOfDay, DAY_SECONDS, formatDay, formatLocal, offsetAt } from '#lib/domain/time.ts';

export interface CalendarEntry {
	/** Of the schedule: the same in every file, so that a newer one replaces the events of an older. */
	readonly id: string;
	/** What one reads when it rings. */
	readonly title: string;
	readonly plan: Plan;
}

const YEARS_OF_ZONE = 6;
const DAYS_OF_WEEK = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/**
 * @param today day since 1970: what was planned before it gets no event
 * @param now seconds since 1970
 */
export function calendarFile(entries: readonly CalendarEntry[], today: number, now: number): string {
	const zones = new Set(entries.flatMap(({ plan }) => plan.zone ?? []));
	const lines = [
		'BEGIN:VCALENDAR',
		'VERSION:2.0',
		'PRODID:-//slf//Health//EN',
		'CALSCALE:GREGORIAN',
		...[...zones].sort().flatMap((zone) => timeZone(zone, today)),
		...entries.flatMap((entry) => entry.plan.times.flatMap((time) => event(entry, time, today, now))),
		'END:VCALENDAR'
	];
	return lines.map((line) => `${fold(line)}\r\n`).join('');
}

function event({ id, title, plan }: CalendarEntry, time: string, today: number, now: number): string[] {
	const first = firstDay(plan, Math.max(today, plan.from));
	if (first === undefined) return [];
	const start = `${formatDay(first).replaceAll('-', '')}T${time.replace(':', '')}00`;
	return [
		'BEGIN:VEVENT',
		`UID:${escapeText(id)}-${time.replace(':', '')}@slf`,
		`DTSTAMP:${compact(formatLocal(now))}Z`,
		plan.zone === undefined ? `DTSTART:${start}` : `DTSTART;TZID=${plan.zone}:${start}`,
		'DURATION:PT5M',
		`RRULE:${rule(plan, first)}`,
		`SUMMARY:${escapeText(title)}`,
		'TRANSP:TRANSPARENT',
		'CLASS:PRIVATE',
		'BEGIN:VALARM',
		'ACTION:DISPLAY',
		'TRIGGER:PT0S',
		`DESCRIPTION:${escapeText(title)}`,
		'END:VALARM',
		'END:VEVENT'
	];
}

/** A plan repeats within a year and a bit, or never. */
const LONGEST_WAIT = 370;

function firstDay(plan: Plan, from: number): number | undefined {
	for (let day = from; day <= from + LONGEST_WAIT; day++) if (isPlannedOn(plan, day)) return day;
	return undefined;
}

function rule(plan: Plan, first: number): string {
	const { pattern, until } = plan;
	const parts =
		pattern.kind === 'weekdays'
			? ['FREQ=WEEKLY', 'WKST=MO', `BYDAY=${pattern.days.map((day) => DAYS_OF_WEEK[day - 1]!).join(',')}`]
			: ['FREQ=DAILY', ...(pattern.kind === 'every' ? [`INTERVAL=${pattern.days}`] : [])];
	if (until !== undefined) {
		let count = 0;
		for (let day = first; day <= until; day++) if (isPlannedOn(plan, day)) count++;
		parts.push(`COUNT=${count}`);
	}
	return parts.join(';');
}

/** Each change of the clocks on its own: what a zone does next year is a law, not a rule of arithmetic. */
function timeZone(zone: string, today: number): string[] {
	const { year } = dateOfDay(today);
	const from = (today - 400) * DAY_SECONDS;
	const until = from + (YEARS_OF_ZONE + 1) * 366 * DAY_SECONDS;
	const changes: { at: number; before: number; after: number }[] = [];
	let before = offsetAt(zone, from);
	for (let at = from; at < until; at += DAY_SECONDS) {
		const after = offsetAt(zone, at + DAY_SECONDS);
		if (after !== before) changes.push({ at: momentOfChange(zone, at, at + DAY_SECONDS, before), before, after });
		before = after;
	}
	const first = { at: dateToSeconds(year - 2), before: offsetAt(zone, from), after: offsetAt(zone, from) };
	const standard = Math.min(first.after, ...changes.map(({ after }) => after));
	return [
		'BEGIN:VTIMEZONE',
		`TZID:${zone}`,
		...[first, ...changes].flatMap(({ at, before: offsetFrom, after }) => {
			const kind = after === standard ? 'STANDARD' : 'DAYLIGHT';
			return [
				`BEGIN:${kind}`,
				// The clock as it was just before the change.
				`DTSTART:${compact(formatLocal(at + offsetFrom * 60))}`,
				`TZOFFSETFROM:${utcOffset(offsetFrom)}`,
				`TZOFFSETTO:${utcOffset(after)}`,
				`END:${kind}`
			];
		}),
		'END:VTIMEZONE'
	];
}

function momentOfChange(zone: string, from: number, until: number, before: number): number {
	let [low, high] = [from, until];
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (offsetAt(zone, middle) === before) low = middle;
		else high = middle;
	}
	return high;
}

function dateToSeconds(year: number): number {
	return Date.UTC(year, 0, 1) / 1000;
}

function utcOffset(minutes: number): string {
	const away = Math.abs(minutes);
	const two = (value: number): string => String(value).padStart(2, '0');
	return `${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}${two(away % 60)}`;
}

function compact(local: string): string {
	return local.replaceAll(/[-:]/g, '');
}

function escapeText(text: string): string {
	return text
		.replaceAll(/[\\;,]/g, (mark) => `\\${mark}`)
		.replaceAll(/\r\n|\r|\n/g, '\\n')
		.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

/** Lines of at most 75 bytes; a character is never cut. */
function fold(line: string): string {
	const encoder = new TextEncoder();
	let folded = '';
	let bytes = 0;
	for (const character of line) {
		const length = encoder.encode(character).length;
		if (bytes + length > 75) {
			folded += '\r\n ';
			bytes = 1;
		}
		folded += character;
		bytes += length;
	}
	return folded;
}
