import { expect, test } from 'vitest';
import { indexAfter, rowAfter, rowsOnScreen } from './roving.ts';

const keys = ['a', 'b', 'c'];

test('arrows move one row and stop at the end', () => {
	expect(rowAfter('ArrowDown', keys, 'a')).toBe(1);
	expect(rowAfter('ArrowDown', keys, 'c')).toBe(2);
	expect(rowAfter('ArrowUp', keys, 'c')).toBe(1);
});

test('up from the first row leaves the list', () => {
	expect(rowAfter('ArrowUp', keys, 'a')).toBe('before');
});

test('a row that was deleted under the focus sends the keys to the start', () => {
	expect(rowAfter('ArrowDown', keys, 'gone')).toBe(0);
});

test('other keys, and an empty list, move nothing', () => {
	expect(rowAfter('Enter', keys, 'a')).toBeUndefined();
	expect(rowAfter('End', [], undefined)).toBeUndefined();
});

test('a page is what is on screen, and stops at both ends', () => {
	expect(indexAfter('PageDown', 200_000, 5, 20)).toBe(25);
	expect(indexAfter('PageDown', 10, 5, 20)).toBe(9);
	expect(indexAfter('PageUp', 200_000, 5, 20)).toBe(0);
	expect(indexAfter('End', 200_000, 5)).toBe(199_999);
});

test('of 200,000 rows only those on screen are made', () => {
	const rows = (top: number, count = 200_000) => rowsOnScreen({ top, height: 400, rowHeight: 40, count }, 2);
	expect(rows(0)).toEqual({ from: 0, to: 12 });
	expect(rows(4_000_000)).toEqual({ from: 99_998, to: 100_012 });
	expect(rows(200_000 * 40 - 400)).toEqual({ from: 199_988, to: 200_000 });
	// Scrolled beyond the end: rows were deleted, or a phone bounces.
	expect(rows(9_000_000)).toEqual({ from: 200_000, to: 200_000 });
	expect(rows(-50)).toEqual({ from: 0, to: 12 });
	expect(rows(0, 0)).toEqual({ from: 0, to: 0 });
});
