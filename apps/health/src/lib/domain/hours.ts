/** The hours of a day as one value of `hour_totals`. */

import { decodeTable, encodeTable } from './chunk.ts';
import type { Metric } from './metrics.ts';
import type { HourTotal } from './totals.ts';

/** The hours as a table of domain/chunk.ts; of a total without its least and greatest, which are the sum. */
export function packHours(metric: Metric, hours: readonly HourTotal[]): Uint8Array {
	const parts = metric.telling === 'mean' ? (['n', 'sum', 'min', 'max'] as const) : (['n', 'sum'] as const);
	return encodeTable({
		ms: false,
		offset: 0,
		labels: parts,
		times: Float64Array.from(hours, ({ hour }) => hour),
		durations: new Float64Array(hours.length),
		// A millionth of anything is nothing in a chart, and whole millionths take a third of the bytes.
		columns: parts.map((part) => Float64Array.from(hours, (of) => Math.round(of[part] * 1e6) / 1e6))
	});
}

export function unpackHours(bytes: Uint8Array): HourTotal[] {
	const { times, columns } = decodeTable(bytes);
	const [n, sum, min = sum, max = sum] = columns as [Float64Array, Float64Array, Float64Array?, Float64Array?];
	return Array.from(times, (hour, row) => ({ hour, n: n[row]!, sum: sum[row]!, min: min[row]!, max: max[row]! }));
}
