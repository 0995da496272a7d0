/** Words and dates of this app that more than one screen writes. */

import type { AccountKind } from '#lib/data/accounts.ts';
import { firstDay, utcOf, type Day, type Month } from '#lib/domain/dates.ts';

export const kindNames: Readonly<Record<AccountKind, string>> = {
	current: 'Current account',
	savings: 'Savings',
	card: 'Credit card',
	cash: 'Cash',
	loan: 'Loan'
};

// A civil day has no zone: it is written as the day that it is in UTC.
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const brief = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** `31 Jan`, with the year where it is not this one. */
export function dayName(day: Day, today: Day): string {
	const sameYear = Math.floor(day / 10_000) === Math.floor(today / 10_000);
	return (sameYear ? short : full).format(utcOf(day));
}

/** `January 2026` */
export const monthName = (of: Month): string => month.format(utcOf(firstDay(of)));
/** `Jan 2026` */
export const monthShort = (of: Month): string => brief.format(utcOf(firstDay(of)));
