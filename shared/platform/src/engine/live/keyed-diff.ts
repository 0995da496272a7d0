/**
 * The difference between two lists of rows that are known by key. Rows that others push aside are not named: what
 * moved is all but the longest run that kept its order.
 */

import type { LiveDiff } from '../../protocol/live.ts';
import type { SqlValue } from '../sqlite.ts';
import { sameValue } from './order.ts';

type Values = readonly SqlValue[];
type Key = string | number | bigint;

export interface Keyed {
	readonly keys: readonly Key[];
	readonly rows: readonly Values[];
}

/** @param pair rows without a key of their own: where one went and another came at the same place, it is an update */
export function keyedDiff(before: Keyed, after: Keyed, pair = false): LiveDiff | null {
	const source = match(before.keys, after.keys);
	const kept = longestRun(source);
	if (pair) pairUp(source, kept, before.keys.length);

	const taken = new Uint8Array(before.keys.length);
	const move: [number, number][] = [];
	const insert: [number, Values][] = [];
	const update: [number, number[], SqlValue[]][] = [];
	for (let index = 0; index < source.length; index++) {
		const from = source[index] as number;
		const row = after.rows[index] as Values;
		if (from < 0) {
			insert.push([index, row]);
			continue;
		}
		taken[from] = 1;
		if (!kept[index]) move.push([from, index]);
		const change = changedColumns(before.rows[from] as Values, row);
		if (change) update.push([index, ...change]);
	}
	const remove: number[] = [];
	for (let index = 0; index < taken.length; index++) if (!taken[index]) remove.push(index);
	return remove.length + move.length + insert.length + update.length > 0 ? { remove, move, insert, update } : null;
}

export function changedColumns(before: Values, after: Values): [columns: number[], values: SqlValue[]] | null {
	const columns: number[] = [];
	const values: SqlValue[] = [];
	for (let column = 0; column < after.length; column++) {
		if (sameValue(before[column], after[column])) continue;
		columns.push(column);
		values.push(after[column] as SqlValue);
	}
	return columns.length > 0 ? [columns, values] : null;
}

/** For each new row the index of the old one with its key, or -1. Equal keys are matched in order. */
function match(before: readonly Key[], after: readonly Key[]): Int32Array {
	const source = new Int32Array(after.length).fill(-1);
	let start = 0;
	while (start < before.length && start < after.length && before[start] === after[start]) {
		source[start] = start;
		start++;
	}
	let oldEnd = before.length;
	let newEnd = after.length;
	while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) source[--newEnd] = --oldEnd;

	const places = new Map<Key, number[]>();
	for (let index = oldEnd - 1; index >= start; index--) {
		const key = before[index] as Key;
		const list = places.get(key);
		if (list) list.push(index);
		else places.set(key, [index]);
	}
	for (let index = start; index < newEnd; index++) source[index] = places.get(after[index] as Key)?.pop() ?? -1;
	return source;
}

/** Marks the longest increasing subsequence of the entries that are not -1. */
function longestRun(source: Int32Array): Uint8Array {
	const kept = new Uint8Array(source.length);
	const tails: number[] = [];
	const previous = new Int32Array(source.length).fill(-1);
	for (let index = 0; index < source.length; index++) {
		const value = source[index] as number;
		if (value < 0) continue;
		let low = 0;
		let high = tails.length;
		// Nearly always in order already.
		if (high > 0 && (source[tails[high - 1] as number] as number) < value) low = high;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if ((source[tails[middle] as number] as number) < value) low = middle + 1;
			else high = middle;
		}
		if (low > 0) previous[index] = tails[low - 1] as number;
		tails[low] = index;
	}
	for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index] as number) kept[index] = 1;
	return kept;
}

/** Between two kept rows, rows that went and rows that came are taken for the same ones, changed. */
function pairUp(source: Int32Array, kept: Uint8Array, oldLength: number): void {
	const used = new Uint8Array(oldLength);
	for (const from of source) if (from >= 0) used[from] = 1;
	let old = 0;
	for (let index = 0; index < source.length; index++) {
		if (kept[index]) {
			old = (source[index] as number) + 1;
			continue;
		}
		if ((source[index] as number) >= 0 || old >= oldLength || used[old]) continue;
		source[index] = old;
		used[old] = 1;
		kept[index] = 1;
		old += 1;
	}
}
