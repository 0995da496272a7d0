/**
 * Gathers samples into chunks: by metric, source, unit, offset and day.
 *
 * Samples are held as plain numbers until `take` packs them. Which chunks come out follows from the samples that were
 * added since the last `take`, in whatever order: an importer takes at places of the file that the file itself
 * determines, so that the same file always gives the same chunks.
 */

import { contentId } from '@slf/platform';
import type { Metric, Sensitivity } from '#lib/domain/metrics.ts';
import { chunkRow, MOST_ROWS, type ChunkRow } from '#lib/domain/sample-chunk.ts';
import { sourceName } from '#lib/domain/source.ts';
import { localDay } from '#lib/domain/totals.ts';
import type { Batch, SourceEntry } from './types.ts';

interface Day {
	readonly times: number[];
	readonly durations: number[];
	readonly columns: number[][];
}

/** Where samples of one kind go. */
export interface Lane {
	readonly metric: Pick<Metric, 'id' | 'sensitivity' | 'dayBegins'>;
	readonly source: string;
	readonly unit: string;
	readonly offset: number;
	readonly ms: boolean;
	readonly days: Map<number, Day>;
	/** The day that a sample was last added to: mostly it is the next one's too. */
	day: number;
	rows: Day | undefined;
}

export class Collector {
	readonly #lanes = new Map<string, Lane>();
	readonly #sources = new Map<string, SourceEntry>();
	/** Sources that a `take` of the kind has given out already. */
	readonly #told = new Set<string>();
	#held = 0;
	#first = Infinity;
	#last = -Infinity;

	/** Samples since the last `take`. */
	get held(): number {
		return this.#held;
	}

	/** Days since 1970 of the first and the last sample ever. */
	get period(): { first: number; last: number } | undefined {
		return this.#first === Infinity ? undefined : { first: this.#first, last: this.#last };
	}

	/** Id of the source that a program names like this. */
	source(name: string, device: string): string {
		return this.sourceEntry(name, device).id;
	}

	sourceEntry(name: string, device: string): SourceEntry {
		const { key, name: shown, kind } = sourceName(name, device);
		// 96 bits: it stands in every chunk.
		const entry = { id: contentId(['source', key]).slice(0, 18), name: shown, kind };
		if (!this.#sources.has(entry.id)) this.#sources.set(entry.id, entry);
		return entry;
	}

	lane(metric: Lane['metric'], source: string, unit: string, offset: number, ms = false): Lane {
		const key = `${metric.id}\n${source}\n${unit}\n${offset}\n${ms}`;
		let lane = this.#lanes.get(key);
		if (!lane) {
			lane = { metric, source, unit, offset, ms, days: new Map(), day: NaN, rows: undefined };
			this.#lanes.set(key, lane);
		}
		return lane;
	}

	/** @param time ticks since 1970 UTC; @param duration ticks; @param second of a pair */
	add(lane: Lane, time: number, duration: number, value: number, second?: number): void {
		const seconds = lane.ms ? Math.floor(time / 1000) : time;
		const day = localDay(lane.metric, seconds + lane.offset * 60);
		if (day !== lane.day) {
			lane.day = day;
			lane.rows = lane.days.get(day);
			if (!lane.rows) {
				lane.rows = { times: [], durations: [], columns: second === undefined ? [[]] : [[], []] };
				lane.days.set(day, lane.rows);
			}
			if (day < this.#first) this.#first = day;
			if (day > this.#last) this.#last = day;
		}
		const rows = lane.rows!;
		rows.times.push(time);
		rows.durations.push(duration);
		rows.columns[0]!.push(value);
		if (second !== undefined) rows.columns[1]!.push(second);
		this.#held++;
	}

	/** Packs all that was added since the last call, in parts of a size that one statement can hold. */
	*take(): Generator<Batch> {
		const parts = new Map<Sensitivity, { rows: ChunkRow[]; bytes: number; sources: Set<string> }>();
		for (const lane of this.#lanes.values()) {
			for (const [day, rows] of lane.days) {
				const into = lane.metric.sensitivity;
				const part = parts.get(into) ?? { rows: [], bytes: 0, sources: new Set<string>() };
				parts.set(into, part);
				part.sources.add(lane.source);
				for (const chunk of packDay(lane, day, rows)) {
					part.rows.push(chunk);
					part.bytes += chunk.body.length;
				}
				// What is packed need not be held twice.
				lane.days.delete(day);
				if (part.rows.length >= ROWS_IN_BATCH || part.bytes >= BYTES_IN_BATCH) {
					parts.delete(into);
					yield* this.#batches(into, part);
				}
			}
			lane.day = NaN;
			lane.rows = undefined;
		}
		this.#held = 0;
		for (const [into, part] of parts) yield* this.#batches(into, part);
	}

	*#batches(into: Sensitivity, part: { rows: ChunkRow[]; sources: Set<string> }): Generator<Batch> {
		const fresh = [...part.sources].filter((id) => !this.#told.has(`${into} ${id}`));
		if (fresh.length > 0) {
			for (const id of fresh) this.#told.add(`${into} ${id}`);
			yield { kind: 'sources', into, rows: fresh.map((id) => this.#sources.get(id)!) };
		}
		yield { kind: 'chunks', into, rows: part.rows };
	}
}

const ROWS_IN_BATCH = 250;
const BYTES_IN_BATCH = 1024 * 1024;

function* packDay(lane: Lane, day: number, { times, durations, columns }: Day): Generator<ChunkRow> {
	const labels = columns.map(() => lane.unit);
	for (let from = 0; from < times.length; from += MOST_ROWS) {
		const part = (values: number[]): Float64Array => Float64Array.from(values.slice(from, from + MOST_ROWS));
		yield chunkRow(lane.metric.id, lane.source, day, {
			ms: lane.ms,
			offset: lane.offset,
			labels,
			times: part(times),
			durations: part(durations),
			columns: columns.map(part)
		});
	}
}
