/**
 * What a day says of a metric, computed from all that is known of that day: the local aggregates that charts read.
 *
 * Everything is in the first unit of the metric. Days are those of the clock that a sample was taken with; a sample
 * that runs over midnight is cut by time where it is a total, and belongs to the day it began on else.
 */

import { SLEEP, SLEEP_PARTS, type Metric } from './metrics.ts';
import { resolve, type Interval, type Piece } from './resolve.ts';
import { DAY_SECONDS } from './time.ts';
import { convert } from './units.ts';

/** Samples of one source that stand together: one chunk, or what was typed by hand. */
export interface Batch {
	/** Place in the order of sources, from 0. */
	readonly priority: number;
	readonly offset: number;
	/** UCUM. */
	readonly unit: string;
	/** UTC seconds. */
	readonly times: Float64Array;
	/** Seconds. */
	readonly durations: Float64Array;
	/** For each field of the metric. */
	readonly columns: readonly Float64Array[];
	/** Rows that are deleted. */
	readonly hidden?: ReadonlySet<number>;
}

/** One number for a day and one for each of its hours. */
export interface DayTotal {
	/** Id of the field, or of a part of sleep. */
	readonly metric: string;
	readonly n: number;
	readonly min: number;
	readonly max: number;
	/** Of all samples; for totals the total. */
	readonly sum: number;
	/** Of the latest sample. */
	readonly last: number;
	/** UTC seconds. */
	readonly lastAt: number;
	/** For each hour of the day with samples. */
	readonly hours: readonly HourTotal[];
}

export interface HourTotal {
	/** 0 to 23 of the local clock. */
	readonly hour: number;
	readonly n: number;
	readonly min: number;
	readonly max: number;
	readonly sum: number;
}

/** @param batches all that have a sample which touches the day */
export function totalsOfDay(metric: Metric, day: number, batches: readonly Batch[]): DayTotal[] {
	if (metric.telling === 'mean')
		return metric.fields.flatMap((field, at) => meanOf(field.id, metric, day, batches, at) ?? []);
	if (metric.telling === 'sleep') return sleepOf(metric, day, batches);
	const total = totalOf(metric.id, metric, day, batches, () => true, valueIn(metric));
	return total ? [total] : [];
}

class Gathering {
	n = 0;
	min = Infinity;
	max = -Infinity;
	sum = 0;
	last = 0;
	lastAt = -Infinity;
	readonly hours = new Map<number, { n: number; min: number; max: number; sum: number }>();

	/** @param weight 0 for a further piece of what was counted already */
	add(value: number, at: number, hour: number, weight = 1): void {
		this.n += weight;
		this.sum += value;
		if (value < this.min) this.min = value;
		if (value > this.max) this.max = value;
		if (at >= this.lastAt) {
			this.last = value;
			this.lastAt = at;
		}
		const of = this.hours.get(hour);
		if (of) {
			of.n += weight;
			of.sum += value;
			if (value < of.min) of.min = value;
			if (value > of.max) of.max = value;
		} else this.hours.set(hour, { n: weight, min: value, max: value, sum: value });
	}

	total(metric: string): DayTotal | undefined {
		if (this.hours.size === 0) return undefined;
		const { n, min, max, sum, last, lastAt } = this;
		const hours = [...this.hours].map(([hour, of]) => ({ hour, ...of })).sort((a, b) => a.hour - b.hour);
		return { metric, n, min, max, sum, last, lastAt, hours };
	}
}

type Valuer = (batch: Batch, row: number, column: number) => number;

function valueIn(metric: Metric): Valuer {
	const canonical = metric.units[0]!;
	return (batch, row, column) => {
		const value = batch.columns[column]?.[row] ?? NaN;
		if (batch.unit === canonical) return value;
		return convert(value, batch.unit, canonical, metric.substance) ?? NaN;
	};
}

/** Rows of deleted samples, by what they say: another chunk may hold the same sample. */
function hiddenRows(batches: readonly Batch[]): Set<string> {
	const keys = new Set<string>();
	for (const batch of batches) for (const row of batch.hidden ?? []) keys.add(rowKey(batch, row));
	return keys;
}

function rowKey(batch: Batch, row: number): string {
	const values = batch.columns.map((column) => column[row]!).join(' ');
	return `${batch.times[row]!} ${batch.durations[row]!} ${values} ${batch.unit}`;
}

function visible(batches: readonly Batch[]): (batch: Batch, row: number) => boolean {
	const hidden = hiddenRows(batches);
	if (hidden.size === 0) return () => true;
	return (batch, row) => !hidden.has(rowKey(batch, row));
}

/** The day that a sample is stored under: that of its beginning, by its own clock (`seconds` are local). */
export function localDay(metric: Pick<Metric, 'dayBegins'>, seconds: number): number {
	return Math.floor((seconds + (metric.dayBegins ?? 0)) / DAY_SECONDS);
}

function localHour(seconds: number): number {
	return Math.floor((((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS) / 3600);
}

function meanOf(
	id: string,
	metric: Metric,
	day: number,
	batches: readonly Batch[],
	column: number
): DayTotal | undefined {
	const isVisible = visible(batches);
	const value = valueIn(metric);
	const gathering = new Gathering();
	// A sample that stands in two chunks, or that one program copied from another, is one sample.
	const seen = batches.length > 1 ? new Set<string>() : undefined;
	for (const batch of batches) {
		const shift = batch.offset * 60;
		for (let row = 0; row < batch.times.length; row++) {
			const at = batch.times[row]!;
			if (localDay(metric, at + shift) !== day || !isVisible(batch, row)) continue;
			const number = value(batch, row, column);
			if (Number.isNaN(number)) continue;
			if (seen) {
				const key = `${at} ${number}`;
				if (seen.has(key)) continue;
				seen.add(key);
			}
			gathering.add(number, at, localHour(at + shift));
		}
	}
	return gathering.total(id);
}

/** The intervals of the day by source, each with the offset of its clock, cut at midnight of that clock. */
function totalOf(
	id: string,
	metric: Metric,
	day: number,
	batches: readonly Batch[],
	counts: (batch: Batch, row: number) => boolean,
	value: Valuer
): DayTotal | undefined {
	const isVisible = visible(batches);
	const sources: Interval[][] = [];
	let samples = 0;
	const repeats = repeatsOf(batches);
	let [from, until] = [Infinity, -Infinity];
	const offsets: { from: number; until: number; offset: number }[] = [];
	for (const batch of batches) {
		const shift = batch.offset * 60;
		const start = day * DAY_SECONDS - (metric.dayBegins ?? 0) - shift;
		const end = start + DAY_SECONDS;
		const intervals = (sources[batch.priority] ??= []);
		let [first, last] = [Infinity, -Infinity];
		for (let row = 0; row < batch.times.length; row++) {
			const at = batch.times[row]!;
			const to = at + batch.durations[row]!;
			if (at >= end || to < start || (to === start && at < start) || !counts(batch, row)) continue;
			if (!isVisible(batch, row)) continue;
			const number = value(batch, row, 0);
			if (Number.isNaN(number)) continue;
			const cut = cutTo({ start: at, end: to, value: number }, start, end);
			if (!cut || repeats(batch, row)) continue;
			intervals.push(cut);
			samples++;
			first = Math.min(first, cut.start);
			last = Math.max(last, cut.end);
		}
		if (first === Infinity) continue;
		offsets.push({ from: first, until: last, offset: batch.offset });
		[from, until] = [Math.min(from, start), Math.max(until, end)];
	}
	if (samples === 0) return undefined;
	const gathering = new Gathering();
	const pieces = resolve(
		sources.filter((intervals) => intervals !== undefined),
		from,
		until
	);
	for (const piece of pieces) addByHour(gathering, piece, offsetOf(offsets, piece.start));
	const total = gathering.total(id);
	return total && asTotal({ ...total, n: samples });
}

/** The least and the greatest of pieces mean nothing: a total has one value. */
function asTotal(total: DayTotal): DayTotal {
	const one = <T extends { sum: number }>(of: T): T => ({ ...of, min: of.sum, max: of.sum });
	return { ...one(total), last: total.sum, hours: total.hours.map(one) };
}

/** Tells a row that another chunk of the same source gave before: a file that grew was imported again. */
function repeatsOf(batches: readonly Batch[]): (batch: Batch, row: number) => boolean {
	const seen = new Map<number, Set<string> | undefined>();
	for (const { priority } of batches) seen.set(priority, seen.has(priority) ? new Set() : undefined);
	return (batch, row) => {
		const keys = seen.get(batch.priority);
		if (!keys) return false;
		const key = rowKey(batch, row);
		return keys.has(key) || !keys.add(key);
	};
}

function cutTo({ start, end, value }: Interval, from: number, until: number): Interval | undefined {
	if (start >= from && end <= until) return { start, end, value };
	const [a, b] = [Math.max(start, from), Math.min(end, until)];
	return b > a ? { start: a, end: b, value: (value * (b - a)) / (end - start) } : undefined;
}

/** Minutes east of UTC of a clock that was measured with at this time. */
function offsetOf(offsets: readonly { from: number; until: number; offset: number }[], at: number): number {
	return (offsets.find(({ from, until }) => at >= from && at <= until) ?? offsets[0]!).offset;
}

function addByHour(gathering: Gathering, piece: Piece, offset: number): void {
	const shift = offset * 60;
	const { start, end, value } = piece;
	if (start === end) return gathering.add(value, start, localHour(start + shift));
	let weight = 1;
	for (let at = start; at < end; weight = 0) {
		const stop = Math.min(end, Math.floor((at + shift) / 3600 + 1) * 3600 - shift);
		gathering.add((value * (stop - at)) / (end - start), stop, localHour(at + shift), weight);
		at = stop;
	}
}

/**
 * Who was awake by the better source was not asleep by another: all stages cover time, and of each id only its own have
 * a value. Lying in bed is apart from that.
 */
function sleepOf(metric: Metric, day: number, batches: readonly Batch[]): DayTotal[] {
	const stageOf = (batch: Batch, row: number): number => batch.columns[0]?.[row] ?? NaN;
	const total = (id: string, covers: (stage: number) => boolean, counts: (stage: number) => boolean): DayTotal[] => {
		const hours: Valuer = (batch, row) => (counts(stageOf(batch, row)) ? batch.durations[row]! / 3600 : 0);
		const found = totalOf(id, metric, day, batches, (batch, row) => covers(stageOf(batch, row)), hours);
		return found && (found.sum > 0 || id === metric.id) ? [found] : [];
	};
	const inStage = (stage: number): boolean => stage >= SLEEP.awake;
	return [
		...total(metric.id, inStage, (stage) => stage >= SLEEP.asleep),
		...SLEEP_PARTS.flatMap(({ id, stage }) => {
			const counts = (of: number): boolean => of === stage;
			return total(id, stage === SLEEP.inBed ? counts : inStage, counts);
		})
	];
}
