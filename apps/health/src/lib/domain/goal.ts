/** What a person wants to reach, as one cell of a row, and how a day stands to it. No judgement of health. */

import type { Metric } from './metrics.ts';
import { readNumber } from './number.ts';
import type { Tally } from './series.ts';
import { convert } from './units.ts';

/**
 *  - `at least`, `at most`: each day, its total or the mean of its samples
 *  - `between`: the same, with `high`
 */
export type GoalKind = 'at least' | 'at most' | 'between';

export interface Goal {
	readonly kind: GoalKind;
	readonly value: number;
	readonly high?: number;
	/** UCUM. */
	readonly unit: string;
}

const FORM = /^(at least|at most|between) (-?\d+(?:\.\d+)?)(?: and (-?\d+(?:\.\d+)?))? (\S{1,64})$/;

/** `at least 8000 {steps}`, `between 70 and 140 mg/dL`. */
export function formatGoal({ kind, value, high, unit }: Goal): string {
	return `${kind} ${value}${kind === 'between' ? ` and ${high ?? value}` : ''} ${unit}`;
}

export function parseGoal(cell: string | null): Goal | undefined {
	const parts = FORM.exec(cell ?? '');
	if (!parts || (parts[1] === 'between') !== (parts[3] !== undefined)) return undefined;
	const goal = { kind: parts[1] as GoalKind, value: Number(parts[2]), unit: parts[4]! };
	return parts[3] === undefined ? goal : { ...goal, high: Number(parts[3]) };
}

export type CheckedGoal =
	| { readonly ok: true; readonly goal: Goal }
	| { readonly ok: false; readonly field: 'value' | 'high' | 'unit'; readonly reason: string };

/** @param high only for `between` */
export function checkGoal(metric: Metric, kind: GoalKind, value: string, high: string, unit: string): CheckedGoal {
	if (convert(1, unit, metric.units[0]!, metric.substance) === undefined)
		return { ok: false, field: 'unit', reason: `${metric.name} has no such unit.` };
	const low = readNumber(value);
	if (!low.ok) return { ok: false, field: 'value', reason: 'The goal is not a number.' };
	if (kind !== 'between') return { ok: true, goal: { kind, value: low.value, unit } };
	const up = readNumber(high);
	if (!up.ok) return { ok: false, field: 'high', reason: 'The upper end is not a number.' };
	if (up.value <= low.value) return { ok: false, field: 'high', reason: 'The upper end must be above the lower one.' };
	return { ok: true, goal: { kind, value: low.value, high: up.value, unit } };
}

/** Whether a day met it; undefined for a day without samples, which is neither. */
export function isMet(goal: Goal, metric: Metric, day: Tally | undefined): boolean | undefined {
	if (!day || day.n === 0) return undefined;
	const value = metric.telling === 'mean' ? day.sum / day.n : day.sum;
	const reached = convert(value, metric.units[0]!, goal.unit, metric.substance);
	if (reached === undefined) return undefined;
	// A hair of room: the value came through a conversion.
	const room = Math.abs(goal.value) * 1e-9;
	switch (goal.kind) {
		case 'at least':
			return reached >= goal.value - room;
		case 'at most':
			return reached <= goal.value + room;
		case 'between':
			return reached >= goal.value - room && reached <= (goal.high ?? goal.value) + room;
	}
}
