import { expect, test } from 'vitest';
import { cursorAfter, readable, withGaps } from './data.ts';

const DAY = 86_400_000;

test('days on which nothing was measured are a gap, not a line', () => {
	const data = withGaps(
		{ x: [0, DAY, 5 * DAY, 6 * DAY], series: [{ label: 'Weight', values: [80, 79, 78, 77] }] },
		1.5 * DAY
	);
	expect(data.x).toEqual([0, DAY, 3 * DAY, 5 * DAY, 6 * DAY]);
	expect(data.series[0]?.values).toEqual([80, 79, null, 78, 77]);
});

test('a band has its gap on both sides', () => {
	const series = [{ label: 'Pulse', kind: 'range' as const, values: [90, 95], low: [50, 52] }];
	expect(withGaps({ x: [0, 10], series }, 3).series[0]).toMatchObject({ values: [90, null, 95], low: [50, null, 52] });
});

test('without gaps nothing is copied', () => {
	const data = { x: [1, 2], series: [{ label: 'a', values: [1, null] }] };
	expect(withGaps(data, 1).series).toBe(data.series);
});

test('the cursor stands only where there is something to read', () => {
	const series = [
		{ label: 'a', values: [1, null, null, 0] },
		{ label: 'b', values: [null, null, 5, null] }
	];
	expect(readable({ x: [0, 1, 2, 3], series })).toEqual([0, 2, 3]);
});

test('arrows go from value to value and stop at both ends', () => {
	const stops = [0, 2, 3, 7];
	expect(cursorAfter('ArrowRight', stops, 2)).toBe(3);
	expect(cursorAfter('ArrowRight', stops, 7)).toBe(7);
	expect(cursorAfter('ArrowLeft', stops, 0)).toBe(0);
	expect(cursorAfter('Home', stops, 3)).toBe(0);
	expect(cursorAfter('End', stops, 0)).toBe(7);
	expect(cursorAfter('PageUp', stops, 7)).toBe(2);
});

test('the first key shows the latest value; Escape takes the cursor away', () => {
	expect(cursorAfter('ArrowLeft', [0, 2], undefined)).toBe(2);
	expect(cursorAfter('Escape', [0, 2], 2)).toBeNull();
	expect(cursorAfter('Escape', [0, 2], undefined)).toBeUndefined();
	expect(cursorAfter('a', [0, 2], 2)).toBeUndefined();
	expect(cursorAfter('ArrowLeft', [], undefined)).toBeUndefined();
});

test('the value under a cursor is gone: the next one counts', () => {
	expect(cursorAfter('ArrowRight', [0, 5, 9], 3)).toBe(9);
	expect(cursorAfter('ArrowLeft', [0, 5], 8)).toBe(0);
});
