import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLEEDING, cyclesOf, daysOf, predict } from './cycle.ts';

/** Five days of bleeding from each of these days. */
const bled = (...starts: number[]) =>
	starts.flatMap((start) =>
		[0, 1, 2, 3, 4].map((after) => ({ day: start + after, bleeding: BLEEDING.medium as number }))
	);

test('[HL-50] a cycle runs from the first day of bleeding to the next first day', () => {
	expect(cyclesOf(bled(100, 128, 158))).toEqual([
		{ start: 100, bleeding: 5, length: 28 },
		{ start: 128, bleeding: 5, length: 30 },
		{ start: 158, bleeding: 5 }
	]);
});

test('[HL-50] nothing is predicted from fewer than three complete cycles, and it says how many there are', () => {
	expect(predict(cyclesOf([]), 200)).toEqual({ ok: false, reason: 'too few', cycles: 0 });
	expect(predict(cyclesOf(bled(100, 128, 156)), 160)).toEqual({ ok: false, reason: 'too few', cycles: 2 });
	expect(predict(cyclesOf(bled(100, 128, 156, 186)), 190)).toEqual({
		ok: true,
		from: 214,
		until: 216,
		cycles: 3,
		shortest: 28,
		longest: 30
	});
});

test('[HL-50] a prediction that has passed is no prediction', () => {
	const cycles = cyclesOf(bled(100, 128, 156, 184));
	expect(predict(cycles, 212).ok).toBe(true);
	expect(predict(cycles, 213)).toEqual({ ok: false, reason: 'over', cycles: 3 });
});

test('spotting begins no cycle, a day without bleeding does not end it, and months that were not written are left out', () => {
	const spotting = { day: 95, bleeding: BLEEDING.spotting };
	const gap = bled(100).filter(({ day }) => day !== 102);
	expect(cyclesOf([spotting, ...gap])).toEqual([{ start: 100, bleeding: 5 }]);
	const cycles = cyclesOf(bled(100, 128, 300, 328));
	expect(cycles.map(({ length }) => length)).toEqual([28, undefined, 28, undefined]);
});

test('[HL-50] a prediction is never narrower than the last cycles were, nor earlier than the shortest of them', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 20, max: 45 }), { minLength: 3, maxLength: 12 }), (lengths) => {
			let start = 1000;
			const starts = [start, ...lengths.map((length) => (start += length))];
			const predicted = predict(cyclesOf(bled(...starts)), start);
			const last = lengths.slice(-6);
			expect(predicted).toMatchObject({ ok: true, from: start + Math.min(...last), until: start + Math.max(...last) });
		})
	);
});

test('[HL-11] a day that two scopes have is one day: each cell of the first scope that has it', () => {
	const row = (scope_id: string, id: string, bleeding: number | null, mucus: string | null) => ({
		scope_id,
		id,
		bleeding,
		temperature: null,
		mucus,
		note: null
	});
	const rows = [
		row('b', '2026-03-01', 3, 'dry'),
		row('a', '2026-03-01', null, 'creamy'),
		row('b', '2026-02-28', 2, null),
		row('a', 'x', 1, null)
	];
	expect(daysOf(rows, ['a', 'b']).map(({ bleeding, mucus }) => [bleeding, mucus])).toEqual([
		[2, null],
		[3, 'creamy']
	]);
});
