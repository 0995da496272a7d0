import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolve, type Interval } from './resolve.ts';

const span = (start: number, end: number, value: number): Interval => ({ start, end, value });
const total = (pieces: readonly Interval[]) => pieces.reduce((sum, { value }) => sum + value, 0);
const DAY = 86_400;

/** Second by second: the first source that covers one has it, with the share of each of its intervals. */
function bruteForce(sources: readonly (readonly Interval[])[], from: number, until: number): number[] {
	const distinct = sources.map((source) => [
		...new Map(source.map((interval) => [JSON.stringify(interval), interval])).values()
	]);
	const seconds: number[] = [];
	for (let second = from; second < until; second++) {
		let sum = 0;
		let covered = false;
		for (const source of distinct) {
			for (const { start, end, value } of source) if (start === end && start === second && !covered) sum += value;
			const here = source.filter(({ start, end }) => start <= second && second < end);
			if (!covered) sum += here.reduce((all, { start, end, value }) => all + value / (end - start), 0);
			covered ||= here.length > 0;
		}
		seconds.push(sum);
	}
	return seconds;
}

test('[HL-22] overlapping sources are merged as an oracle does it second by second', () => {
	const interval = fc
		.record({ start: fc.integer({ min: -5, max: 60 }), length: fc.nat(20), value: fc.integer({ min: 0, max: 50 }) })
		.map(({ start, length, value }) => span(start, start + length, value));
	const sources = fc.array(fc.array(interval, { maxLength: 6 }), { maxLength: 4 });
	fc.assert(
		fc.property(sources, (given) => {
			const pieces = resolve(given, 0, 50);
			const wanted = bruteForce(given, 0, 50);
			expect(total(pieces)).toBeCloseTo(total(wanted.map((value) => span(0, 0, value))), 6);
			const bySecond = new Array<number>(50).fill(0);
			for (const { start, end, value } of pieces) {
				if (start === end) bySecond[start]! += value;
				for (let second = start; second < end; second++) bySecond[second]! += value / (end - start);
			}
			for (const [second, value] of wanted.entries())
				expect(bySecond[second], `second ${second}`).toBeCloseTo(value, 6);
		}),
		{ numRuns: 2000 }
	);
});

test('[HL-22] steps of a watch and a phone add up where only one measured: 14,079, not 4,157 and not the sum', () => {
	// The watch was worn from 18:00; until then only the phone counted, and afterwards both did.
	const watch = Array.from({ length: 60 }, (_, minute) => span(64_800 + minute * 60, 64_860 + minute * 60, 69));
	watch.push(span(68_400, 68_460, 17));
	const before = Array.from({ length: 80 }, (_, minute) => span(30_000 + minute * 60, 30_060 + minute * 60, 124));
	before.push(span(40_000, 40_030, 2));
	const during = Array.from({ length: 61 }, (_, minute) => span(64_800 + minute * 60, 64_860 + minute * 60, 66));
	expect(total(watch)).toBe(4157);
	expect(total(before)).toBe(9922);
	expect(total([...before, ...during])).toBe(13_948);
	expect(Math.round(total(resolve([watch, [...before, ...during]], 0, DAY)))).toBe(14_079);
});

test('[HL-22] three devices on one walk count once: 8,000, not 18,500', () => {
	const watch = Array.from({ length: 80 }, (_, minute) => span(36_000 + minute * 60, 36_060 + minute * 60, 100));
	const phone = Array.from({ length: 13 }, (_, part) => span(36_000 + part * 360, 36_360 + part * 360, 500));
	const ring = [span(36_000, 40_800, 4000)];
	expect(total(watch) + total(phone) + total(ring)).toBe(18_500);
	expect(Math.round(total(resolve([watch, phone, ring], 0, DAY)))).toBe(8000);
});

test('an interval covered in part counts for the share that is left; a sample that stands twice counts once', () => {
	const best = [span(0, 60, 10)];
	expect(total(resolve([best, [span(30, 90, 60)]], 0, DAY))).toBeCloseTo(10 + 30, 9);
	expect(total(resolve([[span(0, 60, 10), span(0, 60, 10)]], 0, DAY))).toBe(10);
	expect(total(resolve([best, [span(59, 59, 5), span(60, 60, 7)]], 0, DAY))).toBe(17);
});
