import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangesOf, subtractRanges, type Range } from './ranges.ts';

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }));
const toSet = (ranges: readonly Range[]): number[] =>
	ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
const sorted = (items: readonly number[]) => [...items].sort((a, b) => a - b);

test('[G-6] ranges hold exactly the numbers they were made of, sorted and apart', () => {
	fc.assert(
		fc.property(fc.nat(10), numbers, (end, above) => {
			const ranges = rangesOf(end, above);
			const expected = new Set([...Array.from({ length: end }, (_, index) => index + 1), ...above]);
			expect(toSet(ranges)).toEqual(sorted([...expected]));
			for (let index = 1; index < ranges.length; index++) {
				expect(ranges[index]![0]).toBeGreaterThan(ranges[index - 1]![1] + 1);
			}
		})
	);
});

test('[G-6] what one has and the other lacks is neither less nor more', () => {
	fc.assert(
		fc.property(numbers, numbers, (mine, theirs) => {
			const left = subtractRanges(rangesOf(0, mine), rangesOf(0, theirs));
			expect(toSet(left)).toEqual(sorted(mine.filter((seq) => !theirs.includes(seq))));
		})
	);
});
