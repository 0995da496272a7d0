/**
 * Times as a person wrote them, and civil days.
 *
 * A moment is stored as RFC 3339 with the offset it was entered with: `2026-03-01T07:30:00+01:00`. The offset is part
 * of what was said ("half past seven in the morning") and is never recomputed; the instant is for order and charts.
 * What has a beginning and an end is two such texts with a slash between (ISO 8601), in one cell, so that a merge can
 * never join the beginning of one edit to the end of another.
 *
 * A day is the number of days since 1970-01-01 of a local calendar. Seconds are whole seconds since 1970 UTC.
 * The Gregorian calendar is used throughout, also before 1582.
 */

export const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

/** A moment and the offset of the clock that showed it, in minutes east of UTC. */
export interface Moment {
	readonly seconds: number;
	readonly offset: number;
}

/** What a measurement is about: a moment, or a time with an end. */
export interface Span {
	readonly start: Moment;
	readonly end?: Moment;
}

/** Days since 1970 of a civil date. Howard Hinnant, "chrono-compatible low-level date algorithms". */
export function dayOfDate(year: number, month: number, day: number): number {
	const y = month <= 2 ? year - 1 : year;
	const era = Math.floor(y / 400);
	const yearOfEra = y - era * 400;
	const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
	const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
	return era * 146_097 + dayOfEra - 719_468;
}

export interface CivilDate {
	readonly year: number;
	/** 1 to 12. */
	readonly month: number;
	readonly day: number;
}

export function dateOfDay(day: number): CivilDate {
	const shifted = day + 719_468;
	const era = Math.floor(shifted / 146_097);
	const dayOfEra = shifted - era * 146_097;
	const yearOfEra = Math.floor(
		(dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
	);
	const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
	const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
	const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
	return {
		year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
		month,
		day: dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1
	};
}

/** 1 Monday to 7 Sunday. */
export function weekdayOfDay(day: number): number {
	return ((((day + 3) % 7) + 7) % 7) + 1;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-03-01`. */
export function formatDay(day: number): string {
	const { year, month, day: date } = dateOfDay(day);
	return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`;
}

/** Undefined for what is no date of the calendar. */
export function parseDay(text: string): number | undefined {
	const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
	if (!parts) return undefined;
	const [year, month, date] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
	const day = dayOfDate(year, month, date);
	const back = dateOfDay(day);
	return back.month === month && back.day === date ? day : undefined;
}

/** The day on the calendar of whoever was there. */
export function dayOf({ seconds, offset }: Moment): number {
	return Math.floor((seconds + offset * 60) / DAY_SECONDS);
}

/** Hour of that day, 0 to 23. */
export function hourOf({ seconds, offset }: Moment): number {
	const local = seconds + offset * 60;
	return Math.floor((local - Math.floor(local / DAY_SECONDS) * DAY_SECONDS) / HOUR_SECONDS);
}

/** `2026-03-01T07:30:00+01:00`. */
export function formatMoment({ seconds, offset }: Moment): string {
	return `${formatLocal(seconds + offset * 60)}${formatOffset(offset)}`;
}

/** `2026-03-01T07:30:00` of seconds on a local clock. */
export function formatLocal(local: number): string {
	const day = Math.floor(local / DAY_SECONDS);
	const rest = Math.floor(local - day * DAY_SECONDS);
	const [hour, minute, second] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
	return `${formatDay(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** `+01:00`. */
export function formatOffset(offset: number): string {
	const away = Math.abs(offset);
	return `${offset < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}

const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)? ?(?:(Z)|([+-])(\d{2}):?(\d{2}))$/;
/** The widest offset that any clock of the world ever had, rounded up. */
const WIDEST_OFFSET = 18 * 60;

/**
 * Reads a moment with its offset; fractions of a second are dropped. Undefined for anything else, so that a time
 * without an offset is asked about and never guessed.
 */
export function parseMoment(text: string): Moment | undefined {
	const parts = MOMENT.exec(text);
	if (!parts) return undefined;
	const day = parseDay(parts[1]!);
	const local = secondsOfClock(parts[2]!, parts[3]!, parts[4] ?? '00');
	if (day === undefined || local === undefined) return undefined;
	let offset = 0;
	if (parts[5] === undefined) {
		if (Number(parts[8]) > 59) return undefined;
		offset = (Number(parts[7]) * 60 + Number(parts[8])) * (parts[6] === '-' ? -1 : 1);
		if (Math.abs(offset) > WIDEST_OFFSET) return undefined;
	}
	return { seconds: day * DAY_SECONDS + local - offset * 60, offset };
}

/** Seconds since midnight, or undefined. A leap second counts as the one before. */
function secondsOfClock(hour: string, minute: string, second: string): number | undefined {
	const [h, m, s] = [Number(hour), Number(minute), Number(second)];
	if (h > 23 || m > 59 || s > 60) return undefined;
	return h * 3600 + m * 60 + Math.min(s, 59);
}

const LOCAL = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?$/;

/** Seconds on a local clock of `2026-03-01T07:30` (seconds optional), or undefined. */
export function parseLocal(text: string): number | undefined {
	const parts = LOCAL.exec(text);
	if (!parts) return undefined;
	const day = parseDay(parts[1]!);
	const clock = secondsOfClock(parts[2]!, parts[3]!, parts[4] ?? '00');
	return day === undefined || clock === undefined ? undefined : day * DAY_SECONDS + clock;
}

export function formatSpan({ start, end }: Span): string {
	return end === undefined ? formatMoment(start) : `${formatMoment(start)}/${formatMoment(end)}`;
}

export function parseSpan(text: string): Span | undefined {
	const [first, second, more] = text.split('/');
	const start = parseMoment(first ?? '');
	if (!start || more !== undefined) return undefined;
	if (second === undefined) return { start };
	const end = parseMoment(second);
	return end && end.seconds >= start.seconds ? { start, end } : undefined;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Whether this machine knows the zone, for example `Europe/Berlin`. */
export function isZone(zone: string): boolean {
	try {
		return formatterOf(zone) !== undefined;
	} catch {
		return false;
	}
}

function formatterOf(zone: string): Intl.DateTimeFormat {
	let formatter = formatters.get(zone);
	if (!formatter) {
		formatter = new Intl.DateTimeFormat('en-US', {
			timeZone: zone,
			calendar: 'gregory',
			numberingSystem: 'latn',
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric'
		});
		formatters.set(zone, formatter);
	}
	return formatter;
}

/** Minutes east of UTC that clocks in `zone` showed at this instant. @throws RangeError for an unknown zone */
export function offsetAt(zone: string, seconds: number): number {
	const found: Record<string, number> = {};
	for (const { type, value } of formatterOf(zone).formatToParts(seconds * 1000)) found[type] = Number(value);
	const local =
		dayOfDate(found['year']!, found['month']!, found['day']!) * DAY_SECONDS +
		found['hour']! * 3600 +
		found['minute']! * 60 +
		found['second']!;
	// Some zones were off by seconds before 1970; clocks are shown in minutes.
	return Math.round((local - seconds) / 60);
}

/** What a clock time in a zone means on the day the clocks change. */
export type ClockReading = 'once' | 'never' | 'twice';

/**
 * The instant at which clocks in `zone` show `local`. Where they show it twice, the first; where they skip it, as long
 * after the skip as it says (02:30 becomes 03:30), which is what RFC 5545 and Temporal's "compatible" do.
 */
export function momentAt(zone: string, local: number): Moment & { readonly shown: ClockReading } {
	// Offsets in force a day before and after: clocks change at most once in between.
	const before = offsetAt(zone, local - DAY_SECONDS - 12 * 3600);
	const after = offsetAt(zone, local + DAY_SECONDS + 12 * 3600);
	const fits = (offset: number): boolean => offsetAt(zone, local - offset * 60) === offset;
	const early = fits(before);
	const late = fits(after);
	if (early) {
		const shown = late && before !== after ? 'twice' : 'once';
		return { seconds: local - before * 60, offset: before, shown };
	}
	if (late) return { seconds: local - after * 60, offset: after, shown: 'once' };
	const seconds = local - before * 60;
	return { seconds, offset: offsetAt(zone, seconds), shown: 'never' };
}
