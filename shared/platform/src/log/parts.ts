/**
 * Cuts what one transaction changed in one scope into batches that hold what a batch may hold.
 *
 * Almost always it is one. A larger transaction becomes several, which stand behind each other in the chain and say which
 * part of how many they are; whoever receives them applies none before all are here (receiver.ts), so the transaction
 * stays whole for everybody. A row is never cut: a new row's cells are judged together, and so is a row's first text.
 */
import { MAX_GROWTH } from '../access/verdict.ts';
import type { Change, TextUpdate } from '../protocol/batch.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { SqlValue } from '../protocol/sql-value.ts';
import { Growth } from './growth.ts';

export interface Part {
	changes: Change[];
	texts: TextUpdate[];
	growth: number;
}

export interface PartSize {
	/** A part that has this much growth, bytes of content or text updates takes no further row. */
	growth: number;
	bytes: number;
	texts: number;
}

/** Smaller than a batch may be: to look at one row's history its whole batches are opened, and a peer holds one at a time. */
export const PART_SIZE: PartSize = { growth: MAX_GROWTH, bytes: 1024 * 1024, texts: LIMITS.textUpdates };

/**
 * Bytes of a batch's content that a row may fill, as they are counted here. The rest is for what stands before it, a long
 * frontier above all, and for names outside of ASCII, which are counted by their letters.
 */
export const MOST_ROW = LIMITS.content - 512 * 1024;

interface Row {
	table: string;
	id: string;
	changes: Change[];
	texts: TextUpdate[];
	bytes: number;
}

/**
 * @param changes in the order they were made
 * @param events how often a row of each table was written in the transaction
 * @throws PlatformError VALUE_TOO_BIG naming table and column, TOO_LARGE for a row that was written too often
 */
export function partsOf(
	changes: readonly Change[],
	texts: readonly TextUpdate[],
	events: ReadonlyMap<string, number>,
	width: (table: string) => number,
	size: PartSize = PART_SIZE
): Part[] {
	const rows = rowsOf(changes, texts);
	const again = new Map(events);
	for (const row of rows) if (row.changes.length > 0) again.set(row.table, (again.get(row.table) ?? 0) - 1);
	const parts: Part[] = [];
	let part: Part | undefined;
	let growth = new Growth(again, width);
	let bytes = 0;
	for (const row of rows) {
		growth.addRow(row.table, row.changes);
		bytes += row.bytes;
		const textCount = (part?.texts.length ?? 0) + row.texts.length;
		if (!part || growth.bound + textCount > size.growth || bytes > size.bytes || textCount > size.texts) {
			part = { changes: [], texts: [], growth: 0 };
			parts.push(part);
			growth = new Growth(again, width);
			growth.addRow(row.table, row.changes);
			bytes = row.bytes;
		}
		for (const change of row.changes) part.changes.push(change);
		for (const text of row.texts) part.texts.push(text);
		part.growth = Math.max(growth.bound, part.changes.length) + part.texts.length;
		if (part.growth > MAX_GROWTH || part.texts.length > LIMITS.textUpdates) {
			throw new PlatformError('TOO_LARGE', `One transaction may write one row at most ${MAX_GROWTH} times`, {
				table: row.table
			});
		}
	}
	if (parts.length > LIMITS.parts) throw new PlatformError('TOO_LARGE', 'A transaction that is larger than any may be');
	return parts;
}

/** In the order of their first change. */
function rowsOf(changes: readonly Change[], texts: readonly TextUpdate[]): Row[] {
	const rows = new Map<string, Row>();
	const rowOf = (table: string, id: string): Row => {
		const key = `${table}\0${id}`;
		let row = rows.get(key);
		if (!row) rows.set(key, (row = { table, id, changes: [], texts: [], bytes: 0 }));
		return row;
	};
	for (const change of changes) {
		const [table, id, column, value] = change;
		const row = rowOf(table, id);
		row.changes.push(change);
		const bytes = bytesOf(value);
		if (bytes > LIMITS.value) throw tooBig(table, column, `a value may have at most ${LIMITS.value} bytes`);
		row.bytes += bytes + table.length + id.length + column.length + OVERHEAD;
		if (row.bytes > MOST_ROW) throw tooBig(table, largest(row), `a row may have at most ${MOST_ROW} bytes`);
	}
	for (const text of texts) {
		const [table, id, column, , update] = text;
		const row = rowOf(table, id);
		row.texts.push(text);
		row.bytes += update.length + table.length + id.length + column.length + OVERHEAD;
		if (row.bytes > MOST_ROW) throw tooBig(table, column, `a row may have at most ${MOST_ROW} bytes`);
	}
	return [...rows.values()];
}

/** Heads and numbers of one change or text update. */
const OVERHEAD = 24;
const encoder = new TextEncoder();

/** Bytes that a value takes, or a few more. */
function bytesOf(value: SqlValue): number {
	if (typeof value === 'string') return value.length < 1024 ? value.length * 3 : encoder.encode(value).length;
	return value instanceof Uint8Array ? value.length : 0;
}

function largest({ changes }: Row): string {
	return changes.reduce((a, b) => (bytesOf(b[3]) > bytesOf(a[3]) ? b : a))[2];
}

function tooBig(table: string, column: string, why: string): PlatformError {
	const sentence = `"${table}"."${column}": ${why}. What is larger is cut into several rows, or kept as a file`;
	return new PlatformError('VALUE_TOO_BIG', sentence, { table, column });
}
