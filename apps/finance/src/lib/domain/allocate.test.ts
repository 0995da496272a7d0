import { expect, test } from 'vitest';
import { allocate, hashText } from './allocate.ts';

/** mulberry32: a million cases must not cost a test framework each. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};
}

test('[FN-4] in a million random cases the parts sum to the whole, none is off by a unit, and the order of people does not matter', () => {
	const seed = Date.now() >>> 0;
	const next = random(seed);
	for (let round = 0; round < 1_000_000; round++) {
		const people = (next() % 6) + 1;
		const parts = Array.from({ length: people }, (_, person) => ({ id: `p${person}`, weight: next() % 7 }));
		if (parts.every(({ weight }) => weight === 0)) parts[0]!.weight = 1;
		// Every size, from single cents to what a product with a weight takes beyond a float.
		const total = (next() % 2 ? 1 : -1) * Math.floor((next() / 2 ** 32) * 10 ** (next() % 16));
		const shares = allocate(total, parts, `t${round}`);
		let sum = 0;
		for (const share of shares) sum += share;
		if (sum !== total) throw new Error(`seed ${seed}, round ${round}: the parts of ${total} sum to ${sum}`);
		const weights = parts.reduce((all, { weight }) => all + weight, 0);
		for (const [index, { weight }] of parts.entries()) {
			const least = (BigInt(Math.abs(total)) * BigInt(weight)) / BigInt(weights);
			const over = BigInt(Math.abs(shares[index]!)) - least;
			if (over !== 0n && over !== 1n) throw new Error(`seed ${seed}, round ${round}: ${over} units too many`);
			if (weight === 0 && shares[index] !== 0) throw new Error(`seed ${seed}: no weight, but a part`);
		}
		if (round % 50 === 0) {
			const turned = allocate(total, parts.toReversed(), `t${round}`).toReversed();
			if (turned.join() !== shares.join()) throw new Error(`seed ${seed}, round ${round}: order changed the parts`);
		}
	}
}, 120_000);

test('[FN-4] the odd cent goes to whom the transaction says, so it is not always the same person', () => {
	const people = [
		{ id: 'alice', weight: 1 },
		{ id: 'bob', weight: 1 },
		{ id: 'carol', weight: 1 }
	];
	const wins = [0, 0, 0];
	for (let at = 0; at < 3000; at++) wins[allocate(100, people, `transaction ${at}`).indexOf(34)]!++;
	for (const won of wins) expect(won).toBeGreaterThan(850);
	expect(allocate(-100, people, 'x').toSorted()).toEqual([-33, -33, -34]);
	expect(allocate(0, people, 'x')).toEqual([0, 0, 0]);
});

test('[FN-4] what cannot be shared out is an error of the caller', () => {
	expect(() => allocate(100, [{ id: 'a', weight: 0 }], 'x')).toThrow(RangeError);
	expect(() => allocate(100, [{ id: 'a', weight: -1 }], 'x')).toThrow(RangeError);
	expect(() => allocate(0.5, [{ id: 'a', weight: 1 }], 'x')).toThrow(RangeError);
});

test('the hash is the same everywhere, for ever: who got the odd cent must not change with a version', () => {
	const hashes = ['', 'a', 'transaction 1 alice', 'ä😀'].map(hashText);
	expect(hashes).toEqual([2872998923, 444641715, 1060253266, 3763107291]);
});
