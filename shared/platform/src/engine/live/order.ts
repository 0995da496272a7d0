/**
 * The order of SQLite, in JavaScript: NULL, then numbers, then texts, then blobs. Texts compare by their UTF-8 bytes
 * (BINARY), which is not the order of UTF-16 units: characters beyond U+FFFF come after all others.
 */

import type { SqlValue } from '../sqlite.ts';

export interface Direction {
	readonly descending: boolean;
	readonly nullsFirst: boolean;
	readonly collation: 'binary' | 'nocase';
}

/** One row's place: the values of the ORDER BY terms, then the rowid. */
export interface Place {
	readonly order: readonly SqlValue[];
	readonly rowid: number | bigint;
}

/** Compares places by the terms; equal ones by rowid, in the direction of the last term, as an index would give them. */
export function placeOrder(directions: readonly Direction[]): (a: Place, b: Place) => number {
	const backwards = directions.at(-1)?.descending ?? false;
	return (a, b) => {
		for (let index = 0; index < directions.length; index++) {
			const direction = directions[index] as Direction;
			const x = a.order[index] as SqlValue;
			const y = b.order[index] as SqlValue;
			if (x === null || y === null) {
				if (x === y) continue;
				return (x === null) === direction.nullsFirst ? -1 : 1;
			}
			const difference = compareValues(x, y, direction.collation);
			if (difference !== 0) return direction.descending ? -difference : difference;
		}
		if (a.rowid === b.rowid) return 0;
		return a.rowid < b.rowid === backwards ? 1 : -1;
	};
}

export function compareValues(a: SqlValue, b: SqlValue, collation: Direction['collation'] = 'binary'): number {
	const rank = rankOf(a) - rankOf(b);
	if (rank !== 0) return rank;
	if (typeof a === 'string') {
		return collation === 'nocase' ? compareText(lowerAscii(a), lowerAscii(b as string)) : compareText(a, b as string);
	}
	if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
	if (a === b || a === null) return 0;
	return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

export function sameValue(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
	if (a === b) return true;
	return a instanceof Uint8Array && b instanceof Uint8Array && compareBytes(a, b) === 0;
}

export function sameValues(a: readonly SqlValue[], b: readonly SqlValue[]): boolean {
	return a.length === b.length && a.every((value, index) => sameValue(value, b[index]));
}

function rankOf(value: SqlValue): number {
	if (value === null) return 0;
	if (typeof value === 'string') return 2;
	return typeof value === 'object' ? 3 : 1;
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function compareText(a: string, b: string): number {
	const length = Math.min(a.length, b.length);
	for (let index = 0; index < length; index++) {
		let x = a.charCodeAt(index);
		let y = b.charCodeAt(index);
		if (x === y) continue;
		if (x >= 0xd800 && y >= 0xd800) {
			// Surrogates stand for characters above U+E000..U+FFFF.
			x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
			y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
		}
		return x - y;
	}
	return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
	const length = Math.min(a.length, b.length);
	for (let index = 0; index < length; index++) {
		const difference = (a[index] as number) - (b[index] as number);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

/** The index of the first element that is not before `place`. */
export function lowerBound<T extends Place>(
	rows: readonly T[],
	place: Place,
	compare: (a: Place, b: Place) => number
): number {
	let low = 0;
	let high = rows.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (compare(rows[middle] as T, place) < 0) low = middle + 1;
		else high = middle;
	}
	return low;
}
