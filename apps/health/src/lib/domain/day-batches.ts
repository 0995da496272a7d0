/** Chunks and typed readings of a day as the batches that totals are computed from (domain/totals.ts). */

import { SLEEP, type Metric } from './metrics.ts';
import { parseAmount } from './reading.ts';
import { unpackTable } from './sample-chunk.ts';
import { BY_HAND } from './source.ts';
import { parseSpan } from './time.ts';
import type { Batch } from './totals.ts';
import { convert } from './units.ts';

/** A row of `sample_chunks` that one looks into. */
export interface StoredChunk {
	readonly id: string;
	readonly source: string | null;
	readonly body: Uint8Array | null;
}

/** Undefined for a chunk of a form that is not known here, or that a member of the scope made up: it counts in nothing. */
export function batchOfChunk(
	chunk: StoredChunk,
	order: readonly string[],
	hidden: ReadonlySet<number> | 'all' | undefined
): Batch | undefined {
	if (!chunk.body || chunk.source === null) return undefined;
	let table;
	try {
		table = unpackTable(chunk.body);
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
	const place = order.indexOf(chunk.source);
	const scale = table.ms ? 1000 : 1;
	const inSeconds = (ticks: Float64Array): Float64Array => (scale === 1 ? ticks : ticks.map((tick) => tick / scale));
	const rows = hidden === 'all' ? new Set(table.times.keys()) : hidden;
	return {
		// One that nobody put in order comes last.
		priority: place < 0 ? order.length : place,
		offset: table.offset,
		unit: table.labels[0] ?? '1',
		times: inSeconds(table.times),
		durations: inSeconds(table.durations),
		columns: table.columns,
		...(rows ? { hidden: rows } : {})
	};
}

/**
 * A typed reading as a batch of one. Sleep that was typed as so many hours ended at the moment it was typed for, unless
 * both ends were given; a total without an end is counted at its moment.
 */
export function batchOfReading(
	metric: Metric,
	row: { readonly value: string | null; readonly at: string | null },
	order: readonly string[]
): Batch | undefined {
	const amount = parseAmount(row.value);
	const span = parseSpan(row.at ?? '');
	if (!amount || !span || amount.values.length !== metric.fields.length) return undefined;
	let start = span.start.seconds;
	let duration = (span.end?.seconds ?? start) - start;
	let values = amount.values.map(Number);
	if (metric.telling === 'sleep') {
		if (!span.end) {
			duration = Math.round((convert(values[0]!, amount.unit, 'h') ?? 0) * 3600);
			start -= duration;
		}
		values = [SLEEP.asleep];
	}
	return {
		priority: Math.max(0, order.indexOf(BY_HAND)),
		offset: span.start.offset,
		unit: metric.telling === 'sleep' ? '1' : amount.unit,
		times: Float64Array.of(start),
		durations: Float64Array.of(duration),
		columns: values.map((value) => Float64Array.of(value))
	};
}
