/**
 * A measurement that a person typed: two cells of a row.
 *
 *     value   `72.5 kg`     `120/80 mm[Hg]`      the typed decimals and the UCUM code of their unit
 *     at      `2026-03-01T07:30:00+01:00`, or two of them with a slash for what has an end (domain/time.ts)
 *
 * Each is one cell because merges are cell by cell: number and unit of two edits must never be joined.
 */

import { fixed, readNumber } from './number.ts';
import type { Metric } from './metrics.ts';
import { formatSpan, parseSpan, type Span } from './time.ts';
import { convert, unitLabel } from './units.ts';

export interface Amount {
	/** One for each field of the metric, as typed. */
	readonly values: readonly string[];
	/** UCUM. */
	readonly unit: string;
}

/** What an entry form holds. */
export interface Entry {
	readonly values: readonly string[];
	readonly unit: string;
	readonly span: Span;
}

export interface EntryProblem {
	readonly ok: false;
	/** Id of the field that is wrong; `unit` or `time` else. */
	readonly field: string;
	/** A sentence that names the field. */
	readonly reason: string;
}

export type CheckedEntry = { readonly ok: true; readonly value: string; readonly at: string } | EntryProblem;

/** How far a clock may be ahead of ours before an entry is called one from the future. */
const CLOCK_SKEW_SECONDS = 24 * 3600;

/** @param now seconds since 1970 */
export function checkEntry(metric: Metric, entry: Entry, now: number): CheckedEntry {
	const amount = checkAmount(metric, entry);
	if (!amount.ok) return amount;
	if (entry.span.start.seconds > now + CLOCK_SKEW_SECONDS)
		return { ok: false, field: 'time', reason: 'The time lies in the future.' };
	if (entry.span.end && entry.span.end.seconds < entry.span.start.seconds)
		return { ok: false, field: 'time', reason: 'The end lies before the beginning.' };
	return { ok: true, value: amount.value, at: formatSpan(entry.span) };
}

export function checkAmount(
	metric: Metric,
	{ values, unit }: Amount
): { readonly ok: true; readonly value: string } | EntryProblem {
	const canonical = metric.units[0]!;
	if (convert(1, unit, canonical, metric.substance) === undefined)
		return {
			ok: false,
			field: 'unit',
			reason: `${metric.name} cannot be given in ${unitLabel(unit) || unit}: use ${list(metric.units.map(unitLabel))}.`
		};
	const texts: string[] = [];
	const numbers: number[] = [];
	for (const [index, field] of metric.fields.entries()) {
		const read = readNumber(values[index] ?? '');
		const wrong = (reason: string): EntryProblem => ({ ok: false, field: field.id, reason });
		if (!read.ok) {
			if (read.reason === 'empty') return wrong(`${field.name} is missing.`);
			return wrong(`${field.name} is not a number.`);
		}
		const [low, high] = field.range;
		const inCanonical = convert(read.value, unit, canonical, metric.substance)!;
		// A hair of room, since the bounds themselves are converted too.
		if (inCanonical < low - Math.abs(low) * 1e-9 || inCanonical > high + Math.abs(high) * 1e-9) {
			const range = [low, high].map((bound) => inUnit(metric, bound, canonical, unit));
			const behind = unitLabel(unit) === '' ? '' : ` ${unitLabel(unit)}`;
			return wrong(`${field.name} must be between ${range.join(' and ')}${behind}.`);
		}
		if (metric.whole && !Number.isInteger(read.value)) return wrong(`${field.name} must be a whole number.`);
		texts.push(read.text);
		numbers.push(inCanonical);
	}
	if (metric.id === 'blood-pressure' && numbers[0]! <= numbers[1]!)
		return { ok: false, field: 'diastolic', reason: 'Diastolic must be lower than systolic.' };
	return { ok: true, value: formatAmount({ values: texts, unit }) };
}

function list(words: readonly string[]): string {
	return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

function inUnit(metric: Metric, value: number, from: string, to: string): string {
	return fixed(convert(value, from, to, metric.substance)!, metric.digits[to] ?? 1);
}

export function formatAmount({ values, unit }: Amount): string {
	return `${values.join('/')} ${unit}`;
}

/** Undefined for a cell that another program, or another version, wrote in a form that is not known here. */
export function parseAmount(cell: string | null): Amount | undefined {
	const parts = /^(-?\d+(?:\.\d+)?(?:\/-?\d+(?:\.\d+)?)*) (\S{1,64})$/.exec(cell ?? '');
	return parts ? { values: parts[1]!.split('/'), unit: parts[2]! } : undefined;
}

/** A row of `readings` as queries give it. */
export interface ReadingRow {
	readonly scope_id: string;
	readonly id: string;
	readonly metric: string | null;
	readonly value: string | null;
	readonly at: string | null;
	readonly note: string | null;
}

export interface Reading {
	readonly scope_id: string;
	readonly id: string;
	readonly metric: string;
	readonly amount: Amount;
	readonly span: Span;
	readonly note: string;
}

/** Undefined where a cell cannot be read: then it is shown as it stands, and counts in nothing. */
export function readReading(row: ReadingRow): Reading | undefined {
	const amount = parseAmount(row.value);
	const span = parseSpan(row.at ?? '');
	if (!amount || !span || row.metric === null) return undefined;
	return { scope_id: row.scope_id, id: row.id, metric: row.metric, amount, span, note: row.note ?? '' };
}

/** `72.5 kg`, `159.8 lb`, `120/80 mmHg`: in `unit`, or as entered where it cannot be said in that. */
export function showAmount(metric: Metric, { values, unit }: Amount, displayUnit: string): string {
	const shown = unitLabel(displayUnit);
	if (unit === displayUnit) return join(values, shown);
	const converted = values.map((value) => convert(Number(value), unit, displayUnit, metric.substance));
	if (converted.some((value) => value === undefined)) return join(values, unitLabel(unit));
	return join(
		converted.map((value) => fixed(value!, metric.digits[displayUnit] ?? 1)),
		shown
	);
}

function join(values: readonly string[], unit: string): string {
	return unit === '' ? values.join('/') : `${values.join('/')} ${unit}`;
}
