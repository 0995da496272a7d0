import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settleUp, type Owed } from './settle-up.ts';

/** Fewest transfers, by trying all: somebody with a debt pays somebody who gets back, as much as both allow. */
function fewest(balances: number[]): number {
	const open = balances.filter((minor) => minor !== 0);
	const debtor = open.findIndex((minor) => minor < 0);
	if (debtor < 0) return 0;
	let best = Infinity;
	for (const [creditor, minor] of open.entries()) {
		if (minor <= 0) continue;
		// An optimal settlement never needs a payment of less than one side's whole balance.
		for (const paid of new Set([minor, -open[debtor]!])) {
			const next = [...open];
			next[debtor]! += paid;
			next[creditor]! -= paid;
			if (next[debtor] !== 0 && next[creditor] !== 0) continue;
			best = Math.min(best, 1 + fewest(next));
		}
	}
	return best;
}

const owed = (minors: readonly number[]): Owed[] => minors.map((minor, person) => ({ person: `p${person}`, minor }));

const balanced = (most: number, range: number) =>
	fc
		.array(fc.integer({ min: -range, max: range }), { minLength: 1, maxLength: most - 1 })
		.map((minors) => [...minors, -minors.reduce((sum, minor) => sum + minor, 0)]);

function apply(balances: readonly Owed[]): number {
	const left = new Map(balances.map(({ person, minor }) => [person, BigInt(minor)]));
	const payments = settleUp(balances);
	for (const { from, to, minor } of payments) {
		expect(minor).toBeGreaterThan(0);
		expect(from).not.toBe(to);
		left.set(from, left.get(from)! + BigInt(minor));
		left.set(to, left.get(to)! - BigInt(minor));
	}
	expect([...left.values()].every((minor) => minor === 0n)).toBe(true);
	return payments.length;
}

test('[FN-31] up to seven people are settled with the fewest transfers that trying all finds', () => {
	// Small numbers, so that groups that even out among themselves are frequent.
	fc.assert(
		fc.property(balanced(7, 6), (minors) => {
			expect(apply(owed(minors))).toBe(fewest(minors));
		}),
		{ numRuns: 1500 }
	);
});

test('[FN-31] sixteen people are settled exactly and quickly, forty in fewer transfers than people', () => {
	const pairs = Array.from({ length: 8 }, (_, n) => [7 ** n, -(7 ** n)]).flat();
	const start = performance.now();
	expect(apply(owed(pairs))).toBe(8);
	expect(performance.now() - start).toBeLessThan(2000);
	fc.assert(
		fc.property(balanced(40, 10_000), (minors) => {
			expect(apply(owed(minors))).toBeLessThan(minors.length);
		}),
		{ numRuns: 50 }
	);
});

test('[FN-31] sums beyond what a float holds are settled to the last unit', () => {
	const huge = 9_007_199_254_740_995n;
	expect(
		settleUp([
			{ person: 'a', minor: huge },
			{ person: 'b', minor: -huge }
		])
	).toEqual([{ from: 'b', to: 'a', minor: huge }]);
});

test('[FN-31] balances that do not sum to zero are no settlement', () => {
	expect(() => settleUp(owed([1, -2]))).toThrow(RangeError);
	expect(settleUp(owed([0, 0]))).toEqual([]);
});
