import { expect, test } from 'vitest';
import { rowAfter } from './roving.ts';

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
