/** A workout: what a device or program said of one stretch of exercise. */

import { parseAmount, type Amount } from './reading.ts';
import { parseSpan, type Span } from './time.ts';

/** A row of `workouts` as queries give it. */
export interface WorkoutRow {
	readonly scope_id: string;
	readonly id: string;
	readonly sport: string | null;
	readonly at: string | null;
	readonly source: string | null;
	readonly sums: string | null;
	readonly note: string | null;
}

export interface Workout {
	readonly scope_id: string;
	readonly id: string;
	readonly sport: string;
	readonly span: Span;
	readonly source: string;
	/** By metric id: `distance`, `active-energy`, `duration` (of exercise, without pauses). */
	readonly sums: ReadonlyMap<string, Amount>;
	readonly note: string;
}

/** Ids in alphabetical order, so that equal sums are equal text. */
export function formatSums(sums: ReadonlyMap<string, string>): string {
	return JSON.stringify(Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Undefined for a row of a form that is not known here. */
export function readWorkout(row: WorkoutRow): Workout | undefined {
	const span = parseSpan(row.at ?? '');
	if (!span || row.sport === null) return undefined;
	return {
		scope_id: row.scope_id,
		id: row.id,
		sport: row.sport,
		span,
		source: row.source ?? '',
		sums: readSums(row.sums),
		note: row.note ?? ''
	};
}

function readSums(cell: string | null): Map<string, Amount> {
	const sums = new Map<string, Amount>();
	let json: unknown;
	try {
		json = cell !== null && cell.length < 10_000 ? JSON.parse(cell) : undefined;
	} catch {
		return sums;
	}
	if (typeof json !== 'object' || json === null || Array.isArray(json)) return sums;
	for (const [id, text] of Object.entries(json)) {
		const amount = typeof text === 'string' ? parseAmount(text) : undefined;
		if (amount) sums.set(id, amount);
	}
	return sums;
}

/** `HKWorkoutActivityTypeTraditionalStrengthTraining` -> `Traditional strength training`; `fitness_equipment` alike. */
export function sportName(text: string): string {
	const words = text
		.replace(/^HKWorkoutActivityType/, '')
		.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
		.replaceAll(/[_\s]+/g, ' ')
		.trim()
		.toLowerCase();
	return words === '' ? 'Workout' : words[0]!.toUpperCase() + words.slice(1, 80);
}
