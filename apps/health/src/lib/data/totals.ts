/** Days and hours as charts and overviews read them. What keeps them true is `aggregates.ts`. */

import { unpackHours } from '#lib/domain/hours.ts';
import type { Tally } from '#lib/domain/series.ts';
import { asList, type Query } from './query.ts';

/** A row of `day_totals`: in the first unit of the metric. */
export interface DayTotalRow {
	day: number;
	n: number;
	min: number;
	max: number;
	sum: number;
	last: number;
	last_at: number;
}

/** @param metric id of a metric with one field, of a field, or of a part of sleep; both days are included */
export function dayTotals(body: string, metric: string, from: number, until: number): Query<DayTotalRow> {
	return {
		name: 'day-totals',
		sql: `SELECT day, n, min, max, sum, last, last_at FROM day_totals
			WHERE body = ? AND metric = ? AND day BETWEEN ? AND ? ORDER BY day`,
		params: [body, metric, from, until]
	};
}

export function hourTotals(
	body: string,
	metric: string,
	from: number,
	until: number
): Query<{ day: number; hours: Uint8Array }> {
	return {
		name: 'hour-totals',
		sql: 'SELECT day, hours FROM hour_totals WHERE body = ? AND metric = ? AND day BETWEEN ? AND ? ORDER BY day',
		params: [body, metric, from, until]
	};
}

/** Rows of `hourTotals` as a chart takes them. */
export function hourTallies(rows: readonly { day: number; hours: Uint8Array }[]): Tally[] {
	return rows.flatMap(({ day, hours }) => unpackHours(hours).map((of) => ({ day, ...of })));
}

/** The last day with samples of each of these metrics, for an overview. */
export function latestTotals(body: string, metrics: readonly string[]): Query<DayTotalRow & { metric: string }> {
	return {
		name: 'latest-totals',
		sql: `SELECT t.metric, t.day, t.n, t.min, t.max, t.sum, t.last, t.last_at FROM json_each(?) m JOIN day_totals t
			ON t.rowid = (SELECT rowid FROM day_totals WHERE body = ? AND metric = m.value ORDER BY day DESC LIMIT 1)
			ORDER BY m.key`,
		params: [asList(metrics), body]
	};
}

/** Which metrics have any samples or readings: ids of aggregates. */
export function metricsWithTotals(body: string): Query<{ metric: string; days: number; first: number; last: number }> {
	return {
		name: 'metrics-with-totals',
		sql: 'SELECT metric, count(*) AS days, min(day) AS first, max(day) AS last FROM day_totals WHERE body = ? GROUP BY metric',
		params: [body]
	};
}

/** Days that wait to be computed: while there are any, totals may be older than what they are made of. */
export function waitingDays(): Query<{ days: number }> {
	return { name: 'waiting-days', sql: 'SELECT count(*) AS days FROM stale_days', params: [] };
}
