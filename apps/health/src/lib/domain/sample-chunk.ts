/**
 * Samples of one metric, source and day as a row of `sample_chunks`.
 *
 * The body is a table of domain/chunk.ts, deflated. The row's id is the hash of its columns, so equal samples are one
 * row wherever they were imported, as long as the deflater is the same: its version is pinned, and a test holds its
 * output. Were it to change, a day imported again would stand twice and count once (domain/totals.ts).
 */

import { contentId } from '@slf/platform';
import { deflateSync, Inflate, inflateSync } from 'fflate';
import { decodeTable, encodeTable, type Table } from './chunk.ts';

export interface ChunkRow {
	readonly id: string;
	readonly metric: string;
	readonly source: string;
	readonly day: number;
	readonly until: number;
	readonly body: Uint8Array;
}

/** A day of one sample each second, with room. Longer tables are cut before they are packed. */
export const MOST_ROWS = 200_000;
/** What a body may inflate to: more than that many rows of eight columns of doubles. */
const LARGEST_TABLE = 16 * 1024 * 1024;

export function chunkRow(metric: string, source: string, day: number, table: Table): ChunkRow {
	if (table.times.length > MOST_ROWS) throw new RangeError('chunk: more samples of a day than a chunk holds');
	const body = packTable(table);
	let until = -Infinity;
	const scale = table.ms ? 1000 : 1;
	for (let row = 0; row < table.times.length; row++)
		until = Math.max(until, Math.ceil((table.times[row]! + table.durations[row]!) / scale) + table.offset * 60);
	return { id: contentId([metric, source, day, until, body]), metric, source, day, until, body };
}

export function packTable(table: Table): Uint8Array {
	return deflateSync(encodeTable(table), { level: 9 });
}

/** @throws RangeError for bytes of any other form, or that inflate beyond all bounds */
export function unpackTable(body: Uint8Array): Table {
	return decodeTable(inflateBounded(body));
}

function inflateBounded(body: Uint8Array): Uint8Array {
	try {
		// Deflate makes at most 1032 bytes of one: what is this short cannot become too large.
		if (body.length <= LARGEST_TABLE / 1032) return inflateSync(body);
		return inflateInSteps(body);
	} catch (error) {
		if (error instanceof RangeError) throw error;
		throw new RangeError('chunk: it cannot be inflated', { cause: error });
	}
}

/** So that a bomb is noticed before it is in memory. */
function inflateInSteps(body: Uint8Array): Uint8Array {
	const parts: Uint8Array[] = [];
	let size = 0;
	const inflate = new Inflate((part) => {
		size += part.length;
		if (size > LARGEST_TABLE) throw new RangeError('chunk: too large');
		parts.push(part);
	});
	for (let at = 0; at < body.length; at += 4096) inflate.push(body.subarray(at, at + 4096), at + 4096 >= body.length);
	const whole = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
