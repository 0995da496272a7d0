/** All rows about a body, table by table, for an export. Samples come day by day, since they may be millions. */

import type { Platform } from '@slf/platform';
import type { CycleDayRow } from '#lib/domain/cycle.ts';
import type { DoseRow } from '#lib/domain/dose.ts';
import type { JournalRow } from '#lib/domain/journal.ts';
import type { Sensitivity } from '#lib/domain/metrics.ts';
import type { ReadingRow } from '#lib/domain/reading.ts';
import { scopesFor, type Body } from '#lib/domain/profile.ts';
import type { WorkoutRow } from '#lib/domain/workout.ts';
import type { MedicationRow, ScheduleRow } from './medications.ts';
import { asList } from './query.ts';
import { INSTANT } from './readings.ts';

/** Reads only scopes of the kind that a table belongs to: what stands elsewhere was put there by somebody else. */
export class BodyRows {
	readonly #platform: Platform;
	readonly #body: Body;

	constructor(platform: Platform, body: Body) {
		this.#platform = platform;
		this.#body = body;
	}

	scopes(kind: Sensitivity): string[] {
		return scopesFor(this.#body, kind);
	}

	readings(): Promise<ReadingRow[]> {
		return this.#all(
			'measurements',
			'readings',
			'scope_id, id, metric, value, at, note',
			`deleted_at IS NULL ORDER BY metric, ${INSTANT}, id`
		);
	}

	metrics(): Promise<{ id: string; name: string | null; unit: string | null; telling: string | null }[]> {
		return this.#all('measurements', 'metrics', 'id, name, unit, telling', 'deleted_at IS NULL ORDER BY name, id');
	}

	goals(): Promise<{ metric: string | null; goal: string | null }[]> {
		return this.#all('measurements', 'goals', 'metric, goal', 'deleted_at IS NULL ORDER BY metric, id');
	}

	sources(): Promise<{ id: string; name: string | null; kind: string | null }[]> {
		return this.#all('measurements', 'sources', 'id, name, kind', 'TRUE ORDER BY id');
	}

	workouts(): Promise<WorkoutRow[]> {
		return this.#all(
			'measurements',
			'workouts',
			'scope_id, id, sport, at, source, sums, note',
			`deleted_at IS NULL ORDER BY ${INSTANT}, id`
		);
	}

	medications(): Promise<MedicationRow[]> {
		return this.#all(
			'medication',
			'medications',
			'scope_id, id, name, strength, note, stopped_at',
			'deleted_at IS NULL ORDER BY name, id'
		);
	}

	schedules(): Promise<ScheduleRow[]> {
		return this.#all('medication', 'schedules', 'scope_id, id, medication_id, plan', 'deleted_at IS NULL ORDER BY id');
	}

	doses(): Promise<DoseRow[]> {
		return this.#all(
			'medication',
			'doses',
			'scope_id, id, medication_id, schedule_id, planned, taken, skipped, amount',
			'(taken IS NOT NULL OR skipped IS NOT NULL) ORDER BY coalesce(planned, taken), id'
		);
	}

	cycleDays(): Promise<CycleDayRow[]> {
		return this.#all(
			'cycle',
			'cycle_days',
			'scope_id, id, bleeding, temperature, mucus, note',
			'TRUE ORDER BY id, scope_id'
		);
	}

	journal(): Promise<JournalRow[]> {
		return this.#all(
			'mind',
			'journal',
			'scope_id, id, kind, name, level, at, note',
			`deleted_at IS NULL ORDER BY ${INSTANT}, id`
		);
	}

	/** Metrics and days that have chunks, in order. */
	async chunkDays(): Promise<{ metric: string; day: number }[]> {
		const kinds = ['measurements', 'mind'] as const;
		return this.#platform.exec(
			`SELECT DISTINCT metric, day FROM sample_chunks WHERE scope_id IN (SELECT value FROM json_each(?))
				AND metric IS NOT NULL AND day IS NOT NULL AND body IS NOT NULL ORDER BY metric, day`,
			[asList(kinds.flatMap((kind) => this.scopes(kind)))]
		);
	}

	#all<R extends object>(kind: Sensitivity, table: string, columns: string, where: string): Promise<R[]> {
		return this.#platform.exec<R>(
			`SELECT ${columns} FROM ${table} WHERE scope_id IN (SELECT value FROM json_each(?)) AND ${where}`,
			[asList(this.scopes(kind))]
		);
	}
}
