/** Medications, their schedules and what became of doses. All of scopes of the kind `medication`. */

import type { Platform } from '@slf/platform';
import { doseId, type DoseRow } from '#lib/domain/dose.ts';
import { formatPlan, type Plan } from '#lib/domain/schedule.ts';
import { formatMoment, type Moment } from '#lib/domain/time.ts';
import { asList, edit, putAway, type Query, type Ref, type Undo } from './query.ts';

export interface MedicationRow extends Ref {
	readonly name: string | null;
	readonly strength: string | null;
	readonly note: string | null;
	readonly stopped_at: number | null;
}

/** Those that are taken first, then those that were stopped. */
export function medicationsIn(scopes: readonly string[]): Query<MedicationRow> {
	return {
		name: 'medications',
		sql: `SELECT scope_id, id, name, strength, note, stopped_at FROM medications
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
			ORDER BY stopped_at IS NOT NULL, name COLLATE NOCASE, id`,
		params: [asList(scopes)]
	};
}

export interface ScheduleRow extends Ref {
	readonly medication_id: string | null;
	readonly plan: string | null;
}

/** Of medications that are taken. */
export function schedulesIn(scopes: readonly string[]): Query<ScheduleRow> {
	return {
		name: 'schedules',
		sql: `SELECT s.scope_id, s.id, s.medication_id, s.plan FROM schedules s
			JOIN medications m ON m.scope_id = s.scope_id AND m.id = s.medication_id
			WHERE s.scope_id IN (SELECT value FROM json_each(?)) AND s.deleted_at IS NULL
				AND m.deleted_at IS NULL AND m.stopped_at IS NULL ORDER BY s.id`,
		params: [asList(scopes)]
	};
}

/** Planned ones of these days (`2026-03-01`, both included), and those taken as needed on them. */
export function dosesOn(scopes: readonly string[], from: string, until: string): Query<DoseRow> {
	return {
		name: 'doses',
		sql: `SELECT d.scope_id, d.id, medication_id, schedule_id, planned, taken, skipped, amount
			FROM json_each(?) s JOIN doses d ON d.scope_id = s.value AND coalesce(planned, taken) BETWEEN ? AND ?
			WHERE taken IS NOT NULL OR skipped IS NOT NULL ORDER BY coalesce(planned, taken), d.id`,
		params: [asList(scopes), from, `${until}T99`]
	};
}

export interface MedicationDraft {
	readonly name: string;
	readonly strength: string;
	readonly note: string;
}

export async function addMedication(
	platform: Platform,
	scope: string,
	{ name, strength, note }: MedicationDraft,
	plan: Plan | undefined
): Promise<{ ref: Ref; undo: Undo }> {
	const [id, schedule] = [platform.id(), platform.id()];
	await platform.transaction(async (tx) => {
		await tx.exec('INSERT INTO medications (scope_id, id, name, strength, note) VALUES (?, ?, ?, ?, ?)', [
			scope,
			id,
			name,
			strength,
			note
		]);
		if (plan)
			await tx.exec('INSERT INTO schedules (scope_id, id, medication_id, plan) VALUES (?, ?, ?, ?)', [
				scope,
				schedule,
				id,
				formatPlan(plan)
			]);
	});
	const undo = async () => {
		await platform.transaction(async (tx) => {
			await tx.exec('DELETE FROM schedules WHERE scope_id = ? AND medication_id = ?', [scope, id]);
			await tx.exec('DELETE FROM medications WHERE scope_id = ? AND id = ?', [scope, id]);
		});
	};
	return { ref: { scope_id: scope, id }, undo };
}

export function editMedication(platform: Platform, ref: Ref, { name, strength, note }: MedicationDraft): Promise<Undo> {
	return edit(platform, 'medications', ref, { name, strength, note });
}

/** No longer taken: nothing more is planned, and what was taken stays. `at` null: taken again. */
export function stopMedication(platform: Platform, ref: Ref, at: number | null): Promise<Undo> {
	return edit(platform, 'medications', ref, { stopped_at: at });
}

export function removeMedication(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'medications', ref, now);
}

export async function addSchedule(platform: Platform, medication: Ref, plan: Plan): Promise<Ref> {
	const id = platform.id();
	await platform.exec('INSERT INTO schedules (scope_id, id, medication_id, plan) VALUES (?, ?, ?, ?)', [
		medication.scope_id,
		id,
		medication.id,
		formatPlan(plan)
	]);
	return { scope_id: medication.scope_id, id };
}

/**
 * Another plan from a day on. The former one ends the day before, so that doses of the past stay what they were
 * planned as; one that has not begun yet is replaced.
 *
 * @param from day since 1970
 */
export async function changeSchedule(
	platform: Platform,
	ref: Ref,
	before: Plan,
	after: Plan,
	from: number
): Promise<{ ref: Ref; undo: Undo }> {
	if (from <= before.from) return { ref, undo: await edit(platform, 'schedules', ref, { plan: formatPlan(after) }) };
	const next = { scope_id: ref.scope_id, id: platform.id() };
	await platform.exec(
		`INSERT INTO schedules (scope_id, id, medication_id, plan)
			SELECT scope_id, ?, medication_id, ? FROM schedules WHERE scope_id = ? AND id = ?`,
		[next.id, formatPlan({ ...after, from }), ref.scope_id, ref.id]
	);
	// Cut off in between, both plans stand, and a person sees both; the other way round nothing would be planned.
	const restore = await edit(platform, 'schedules', ref, { plan: formatPlan({ ...before, until: from - 1 }) });
	const undo = async () => {
		await restore();
		await platform.exec('DELETE FROM schedules WHERE scope_id = ? AND id = ?', [next.scope_id, next.id]);
	};
	return { ref: next, undo };
}

export function removeSchedule(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'schedules', ref, now);
}

export type Mark = 'taken' | 'skipped';

/**
 * Marks a planned dose, or (null) takes the mark off. The same dose on two devices is one row; two marks that differ
 * and were made apart from each other both stay, and the dose shows as contradicted until it is marked again.
 *
 * @param planned `2026-03-01T08:00`, by the plan's clock
 */
export async function markDose(
	platform: Platform,
	schedule: ScheduleRow,
	planned: string,
	mark: Mark | null,
	at: Moment,
	amount: string
): Promise<Undo> {
	const id = doseId(schedule.id, planned);
	const when = formatMoment(at);
	const [taken, skipped] = [mark === 'taken' ? when : null, mark === 'skipped' ? when : null];
	const before = await platform.transaction(async (tx) => {
		// After words were restored the schedule has another id than the one that the dose's id was made of.
		const [row] = await tx.exec<DoseRow>(
			`SELECT id, taken, skipped FROM doses WHERE scope_id = ? AND (id = ? OR (schedule_id = ? AND planned = ?))
				ORDER BY id = ? DESC LIMIT 1`,
			[schedule.scope_id, id, schedule.id, planned, id]
		);
		await tx.exec(
			`INSERT INTO doses (scope_id, id, medication_id, schedule_id, planned, taken, skipped, amount)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (scope_id, id) DO UPDATE SET taken = excluded.taken, skipped = excluded.skipped`,
			[
				schedule.scope_id,
				row?.id ?? id,
				schedule.medication_id,
				schedule.id,
				planned,
				taken,
				skipped,
				amount === '' ? null : amount
			]
		);
		return { id: row?.id ?? id, taken: row?.taken ?? null, skipped: row?.skipped ?? null };
	});
	return async () => {
		await platform.exec('UPDATE doses SET taken = ?, skipped = ? WHERE scope_id = ? AND id = ?', [
			before.taken,
			before.skipped,
			schedule.scope_id,
			before.id
		]);
	};
}

/** One taken as needed. */
export async function takeDose(platform: Platform, medication: Ref, at: Moment, amount: string): Promise<Undo> {
	const id = platform.id();
	await platform.exec('INSERT INTO doses (scope_id, id, medication_id, taken, amount) VALUES (?, ?, ?, ?, ?)', [
		medication.scope_id,
		id,
		medication.id,
		formatMoment(at),
		amount === '' ? null : amount
	]);
	return async () =>
		void (await platform.exec('DELETE FROM doses WHERE scope_id = ? AND id = ?', [medication.scope_id, id]));
}
