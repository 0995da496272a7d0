/** What a person typed: readings, goals and metrics of their own. All of scopes of the kind `measurements`. */

import type { Platform } from '@slf/platform';
import type { CustomMetricRow } from '#lib/domain/metrics.ts';
import type { ReadingRow } from '#lib/domain/reading.ts';
import { asList, edit, putAway, type Query, type Ref, type Undo } from './query.ts';

const COLUMNS = 'scope_id, id, metric, value, at, note';
/** UTC seconds of a reading; NULL where `at` is of a form that SQLite cannot read. */
export const INSTANT = 'unixepoch(substr(at, 1, 25))';

/** Newest first. */
export function readingsOf(scopes: readonly string[], metric: string, limit: number): Query<ReadingRow> {
	return {
		name: 'readings',
		sql: `SELECT ${COLUMNS} FROM readings WHERE scope_id IN (SELECT value FROM json_each(?)) AND metric = ?
			AND deleted_at IS NULL ORDER BY ${INSTANT} DESC, id DESC LIMIT ?`,
		params: [asList(scopes), metric, limit]
	};
}

/** Of all metrics, newest first. */
export function latestReadings(scopes: readonly string[], limit: number): Query<ReadingRow> {
	return {
		name: 'latest-readings',
		sql: `SELECT ${COLUMNS} FROM readings WHERE scope_id IN (SELECT value FROM json_each(?))
			AND deleted_at IS NULL ORDER BY ${INSTANT} DESC, id DESC LIMIT ?`,
		params: [asList(scopes), limit]
	};
}

export function readingWithId({ scope_id, id }: Ref): Query<ReadingRow & { deleted_at: number | null }> {
	return {
		name: 'reading',
		sql: `SELECT ${COLUMNS}, deleted_at FROM readings WHERE scope_id = ? AND id = ?`,
		params: [scope_id, id]
	};
}

/** Cells as `checkEntry` of domain/reading.ts gives them. */
export interface ReadingCells {
	readonly value: string;
	readonly at: string;
	readonly note: string;
}

export async function addReading(
	platform: Platform,
	scope: string,
	metric: string,
	{ value, at, note }: ReadingCells
): Promise<{ ref: Ref; undo: Undo }> {
	const id = platform.id();
	await platform.exec('INSERT INTO readings (scope_id, id, metric, value, at, note) VALUES (?, ?, ?, ?, ?, ?)', [
		scope,
		id,
		metric,
		value,
		at,
		note === '' ? null : note
	]);
	const ref = { scope_id: scope, id };
	return { ref, undo: async () => void (await purgeReading(platform, ref)) };
}

export function editReading(platform: Platform, ref: Ref, { value, at, note }: ReadingCells): Promise<Undo> {
	return edit(platform, 'readings', ref, { value, at, note: note === '' ? null : note });
}

export function removeReading(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'readings', ref, now);
}

/** For good, on every device that holds it. */
async function purgeReading(platform: Platform, { scope_id, id }: Ref): Promise<void> {
	await platform.exec('DELETE FROM readings WHERE scope_id = ? AND id = ?', [scope_id, id]);
}

export function customMetrics(scopes: readonly string[]): Query<CustomMetricRow & { scope_id: string }> {
	return {
		name: 'metrics',
		sql: `SELECT scope_id, id, name, unit, telling FROM metrics WHERE scope_id IN (SELECT value FROM json_each(?))
			AND deleted_at IS NULL ORDER BY name, id`,
		params: [asList(scopes)]
	};
}

/** The unit cannot be changed later: numbers were typed in it. */
export async function addMetric(
	platform: Platform,
	scope: string,
	{ name, unit, telling }: { name: string; unit: string; telling: 'mean' | 'total' }
): Promise<string> {
	const id = `c:${platform.id()}`;
	await platform.exec('INSERT INTO metrics (scope_id, id, name, unit, telling) VALUES (?, ?, ?, ?, ?)', [
		scope,
		id,
		name,
		unit,
		telling
	]);
	return id;
}

export function renameMetric(platform: Platform, ref: Ref, name: string): Promise<Undo> {
	return edit(platform, 'metrics', ref, { name });
}

/** Takes it out of the list; its readings stay. */
export function removeMetric(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'metrics', ref, now);
}

export interface GoalRow extends Ref {
	readonly metric: string | null;
	readonly goal: string | null;
}

export function goalsOf(scopes: readonly string[]): Query<GoalRow> {
	return {
		name: 'goals',
		sql: `SELECT scope_id, id, metric, goal FROM goals WHERE scope_id IN (SELECT value FROM json_each(?))
			AND deleted_at IS NULL ORDER BY metric, id`,
		params: [asList(scopes)]
	};
}

/** @param goal as `formatGoal` of domain/goal.ts gives it */
export async function addGoal(platform: Platform, scope: string, metric: string, goal: string): Promise<Ref> {
	const id = platform.id();
	await platform.exec('INSERT INTO goals (scope_id, id, metric, goal) VALUES (?, ?, ?, ?)', [scope, id, metric, goal]);
	return { scope_id: scope, id };
}

export function editGoal(platform: Platform, ref: Ref, goal: string): Promise<Undo> {
	return edit(platform, 'goals', ref, { goal });
}

export function removeGoal(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'goals', ref, now);
}
