/**
 * Times as lists say them. Every function takes `now`, so that a screen decides when "today" ends.
 * Times come from other people's clocks: a time in the future reads as now.
 */

const DAY = 86_400_000;

/** Short: `14:05` today, `Yesterday`, a weekday within the last week, else the date. */
export function shortDate(at: number, now: number, locale?: string): string {
	const days = daysBetween(at, now);
	if (days <= 0) return format(at, { hour: '2-digit', minute: '2-digit' }, locale);
	if (days === 1) return 'Yesterday';
	if (days < 7) return format(at, { weekday: 'long' }, locale);
	return format(at, { day: 'numeric', month: 'short', ...(sameYear(at, now) ? {} : { year: 'numeric' }) }, locale);
}

/** Long, for the head of a screen: `22 November 2026 at 14:05`. */
export function longDate(at: number, locale?: string): string {
	return format(at, { dateStyle: 'long', timeStyle: 'short' }, locale);
}

/** `just now`, `4 minutes ago`, `3 hours ago`, `2 days ago`: for devices and people. */
export function ago(at: number, now: number): string {
	const minutes = Math.floor(Math.max(0, now - at) / 60_000);
	if (minutes < 1) return 'just now';
	if (minutes < 60) return counted(minutes, 'minute') + ' ago';
	if (minutes < 24 * 60) return counted(Math.floor(minutes / 60), 'hour') + ' ago';
	return counted(Math.floor(minutes / (24 * 60)), 'day') + ' ago';
}

/** `1 note`, `2 notes`. */
export function counted(count: number, one: string, many = one + 's'): string {
	return `${count} ${count === 1 ? one : many}`;
}

/** Under which heading of a list by time something stands: `Today`, `Last 7 days`, a month, a year. */
export function age(at: number, now: number, locale?: string): string {
	const days = daysBetween(at, now);
	if (days <= 0) return 'Today';
	if (days === 1) return 'Yesterday';
	if (days < 7) return 'Last 7 days';
	if (days < 30) return 'Last 30 days';
	return sameYear(at, now) ? format(at, { month: 'long' }, locale) : String(new Date(at).getFullYear());
}

/** Whole calendar days, so that an evening is "yesterday" the next morning, also over a change of clocks. */
function daysBetween(at: number, now: number): number {
	return Math.round((midnight(now) - midnight(at)) / DAY);
}

function midnight(at: number): number {
	return new Date(at).setHours(0, 0, 0, 0);
}

function sameYear(at: number, now: number): boolean {
	return new Date(at).getFullYear() === new Date(now).getFullYear();
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter costs far more than using it, and a list uses the same three for hundreds of rows. */
function format(at: number, options: Intl.DateTimeFormatOptions, locale?: string): string {
	const key = JSON.stringify([locale, options]);
	let formatter = formats.get(key);
	if (formatter === undefined) formats.set(key, (formatter = new Intl.DateTimeFormat(locale, options)));
	return formatter.format(at);
}
