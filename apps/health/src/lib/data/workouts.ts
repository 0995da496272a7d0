/** Workouts and where they went. Of scopes of the kind `measurements`. */

import type { Platform } from '@slf/platform';
import type { Table } from '#lib/domain/chunk.ts';
import { unpackTable } from '#lib/domain/sample-chunk.ts';
import type { WorkoutRow } from '#lib/domain/workout.ts';
import { asList, edit, putAway, type Query, type Ref, type Undo } from './query.ts';
import { INSTANT } from './readings.ts';

/** Newest first. */
export function workoutsOf(scopes: readonly string[], limit: number): Query<WorkoutRow> {
	return {
		name: 'workouts',
		sql: `SELECT scope_id, id, sport, at, source, sums, note FROM workouts
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
			ORDER BY ${INSTANT} DESC, id DESC LIMIT ?`,
		params: [asList(scopes), limit]
	};
}

export function setWorkoutNote(platform: Platform, ref: Ref, note: string): Promise<Undo> {
	return edit(platform, 'workouts', ref, { note });
}

export function removeWorkout(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'workouts', ref, now);
}

/** Points and measurements on the way, each column labelled with name and unit; undefined where there are none. */
export async function trackOf(platform: Platform, { scope_id, id }: Ref): Promise<Table | undefined> {
	const rows = await platform.exec<{ body: Uint8Array | null }>(
		'SELECT body FROM tracks WHERE scope_id = ? AND workout = ? ORDER BY id LIMIT 8',
		[scope_id, id]
	);
	for (const { body } of rows) {
		try {
			if (body) return unpackTable(body);
		} catch (error) {
			// Made up by a member of the scope, or by a newer version.
			if (!(error instanceof RangeError)) throw error;
		}
	}
	return undefined;
}
