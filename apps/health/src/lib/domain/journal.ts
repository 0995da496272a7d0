/** Mood, symptoms and notes: one row for each, in the scope `mind`. */

import type { Tally } from './series.ts';
import { dayOf, parseMoment, type Moment } from './time.ts';

export type JournalKind = 'mood' | 'symptom' | 'note';

/** Five steps, the lowest first. The words are for screens and exports. */
export const MOODS = ['very bad', 'bad', 'so-so', 'good', 'very good'] as const;
/** Of a symptom, stored as 0 to 3. */
export const SEVERITIES = ['none', 'mild', 'moderate', 'severe'] as const;

/** Offered before a person has written any of their own. */
export const COMMON_SYMPTOMS = [
	'Headache',
	'Tiredness',
	'Nausea',
	'Cough',
	'Fever',
	'Back pain',
	'Stomach ache',
	'Dizziness',
	'Sleeplessness',
	'Anxiety'
] as const;

export interface JournalRow {
	readonly scope_id: string;
	readonly id: string;
	readonly kind: string | null;
	/** Of a symptom. */
	readonly name: string | null;
	/** Mood 1 to 5; severity 0 to 3. */
	readonly level: number | null;
	readonly at: string | null;
	readonly note: string | null;
}

export interface JournalEntry {
	readonly kind: JournalKind;
	readonly name: string;
	readonly level?: number;
	readonly at: Moment;
	readonly note: string;
}

export type CheckedJournalEntry =
	| { readonly ok: true; readonly entry: JournalEntry }
	| { readonly ok: false; readonly field: 'name' | 'level' | 'note'; readonly reason: string };

const LONGEST_NAME = 100;
const LONGEST_NOTE = 20_000;

export function checkJournalEntry(entry: JournalEntry): CheckedJournalEntry {
	const { kind, level, note } = entry;
	const name = entry.name.trim();
	if (kind === 'symptom') {
		if (name === '') return { ok: false, field: 'name', reason: 'Say which symptom.' };
		if (name.length > LONGEST_NAME) return { ok: false, field: 'name', reason: 'The name of the symptom is too long.' };
	}
	if (kind === 'mood' && !isStep(level, 1, MOODS.length))
		return { ok: false, field: 'level', reason: 'Choose a mood.' };
	// A symptom may stand without saying how strong it was.
	if (kind === 'symptom' && level !== undefined && !isStep(level, 0, SEVERITIES.length - 1))
		return { ok: false, field: 'level', reason: 'Choose how strong it is.' };
	if (kind === 'note' && note.trim() === '') return { ok: false, field: 'note', reason: 'The note is empty.' };
	if (note.length > LONGEST_NOTE)
		return { ok: false, field: 'note', reason: `A note has at most ${LONGEST_NOTE} characters.` };
	return { ok: true, entry: { ...entry, name: kind === 'symptom' ? name : '' } };
}

function isStep(level: number | undefined, least: number, most: number): boolean {
	return Number.isInteger(level) && level! >= least && level! <= most;
}

/** Undefined for a row of a form that is not known here. */
export function readJournalEntry(row: JournalRow): JournalEntry | undefined {
	const at = parseMoment(row.at ?? '');
	if (!at || (row.kind !== 'mood' && row.kind !== 'symptom' && row.kind !== 'note')) return undefined;
	const checked = checkJournalEntry({
		kind: row.kind,
		name: row.name ?? '',
		...(row.level === null ? {} : { level: row.level }),
		at,
		note: row.note ?? ''
	});
	return checked.ok ? checked.entry : undefined;
}

/** Levels of a mood or symptom day by day, as a chart takes them: in order. */
export function levelTallies(rows: readonly { readonly level: number; readonly at: string }[]): Tally[] {
	const days = new Map<number, { day: number; n: number; min: number; max: number; sum: number }>();
	for (const { level, at } of rows) {
		const moment = parseMoment(at);
		if (!moment) continue;
		const day = dayOf(moment);
		const of = days.get(day);
		if (!of) days.set(day, { day, n: 1, min: level, max: level, sum: level });
		else {
			of.n++;
			of.sum += level;
			of.min = Math.min(of.min, level);
			of.max = Math.max(of.max, level);
		}
	}
	return [...days.values()].sort((a, b) => a.day - b.day);
}
