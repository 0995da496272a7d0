import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '@slf/platform/testing';
import { effLargeWords } from './eff-large-words.ts';
import { characterClasses, generatePassphrase, generatePassword, type PasswordRules } from './generator.ts';
import { below, bigBelow, cryptoRandom, type RandomPort } from './random.ts';

const seeded = (seed: number): RandomPort => {
	const random = new Random(seed);
	return () => random.next();
};

/** Pearson's sum over equally likely outcomes. */
function chiSquare(counts: readonly number[]): number {
	const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
	return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** What chi-square exceeds once in a thousand times (Wilson and Hilferty's approximation; z = 3.09). */
function limitFor(outcomes: number): number {
	const degrees = outcomes - 1;
	const third = 2 / (9 * degrees);
	return degrees * (1 - third + 3.09 * Math.sqrt(third)) ** 3;
}

function made(rules: PasswordRules, random: RandomPort): { text: string; bits: number } {
	const outcome = generatePassword(rules, random);
	if (!outcome.ok) throw new Error(outcome.reason);
	return outcome;
}

const everyKind = { lower: 0, upper: 0, digits: 0, symbols: 0 };

test('[PW-30] each character comes as often as any other: chi-square over 94 characters, 20,000 passwords', () => {
	const random = seeded(1);
	const counts = new Map<string, number>();
	for (let round = 0; round < 20_000; round++) {
		for (const character of made({ length: 16, least: everyKind }, random).text)
			counts.set(character, (counts.get(character) ?? 0) + 1);
	}
	expect(counts.size).toBe(94);
	expect(chiSquare([...counts.values()])).toBeLessThan(limitFor(94));
});

test('[PW-30] with minimums, too, every text that keeps the rules is as likely as any other', () => {
	const random = seeded(2);
	// All texts of three characters of {a, b} and {0, 1, 2}, at least one digit: 5^3 - 2^3 = 117.
	const rules: PasswordRules = {
		length: 3,
		least: { lower: 0, digits: 1 },
		without: 'cdefghijklmnopqrstuvwxyz3456789'
	};
	const counts = new Map<string, number>();
	for (let round = 0; round < 60_000; round++) {
		const { text, bits } = made(rules, random);
		counts.set(text, (counts.get(text) ?? 0) + 1);
		expect(bits).toBeCloseTo(Math.log2(117), 10);
	}
	expect(counts.size).toBe(117);
	expect(chiSquare([...counts.values()])).toBeLessThan(limitFor(117));
});

test('[PW-30] a limit that does not divide 2^32 is drawn without modulo bias', () => {
	// 3 * 2^30: with a plain remainder the lowest third would come twice as often.
	const random = seeded(3);
	const thirds = [0, 0, 0];
	for (let round = 0; round < 30_000; round++) thirds[Math.floor(below(3 * 2 ** 30, random) / 2 ** 30)]! += 1;
	expect(chiSquare(thirds)).toBeLessThan(limitFor(3));
	// What lies beyond the last whole multiple is thrown away and drawn anew.
	const draws = [2 ** 32 - 1, 7];
	expect(below(10, () => draws.shift()!)).toBe(7);
});

test('[PW-30] the words of passphrases are drawn evenly', () => {
	const random = seeded(4);
	const counts = new Array<number>(effLargeWords.length).fill(0);
	const placeOf = new Map(effLargeWords.map((word, index) => [word, index]));
	for (let round = 0; round < 20_000; round++) {
		const outcome = generatePassphrase(
			{ words: 5, separator: ' ', capitals: false, digit: false },
			effLargeWords,
			random
		);
		for (const word of outcome.ok ? outcome.text.split(' ') : []) counts[placeOf.get(word)!]! += 1;
	}
	expect(chiSquare(counts)).toBeLessThan(limitFor(effLargeWords.length));
});

test('[PW-31] the word list is the EFF large list, byte for byte', () => {
	expect(effLargeWords).toHaveLength(7776);
	expect(new Set(effLargeWords).size).toBe(7776);
	// With five dice numbers before each word and a line end after it, it is EFF's own file.
	const dice = (index: number) =>
		[...index.toString(6).padStart(5, '0')].map((digit) => String(Number(digit) + 1)).join('');
	const file = effLargeWords.map((word, index) => `${dice(index)}\t${word}\n`).join('');
	expect(createHash('sha256').update(file).digest('hex')).toBe(
		'addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e'
	);
});

test('[PW-32] a password keeps its rules: length, minimums, no character that was left out', () => {
	const rules = fc.record({
		length: fc.integer({ min: 4, max: 64 }),
		least: fc.record({
			lower: fc.integer({ min: 0, max: 1 }),
			digits: fc.integer({ min: 0, max: 2 }),
			symbols: fc.integer({ min: 0, max: 1 })
		}),
		withoutAmbiguous: fc.boolean()
	});
	fc.assert(
		fc.property(rules, fc.integer(), (asked, seed) => {
			const { text } = made(asked, seeded(seed));
			expect(text).toHaveLength(asked.length);
			const count = (pattern: RegExp) => [...text].filter((character) => pattern.test(character)).length;
			expect(count(/[a-z]/)).toBeGreaterThanOrEqual(asked.least.lower);
			expect(count(/[0-9]/)).toBeGreaterThanOrEqual(asked.least.digits);
			expect(count(/[^a-z0-9]/i)).toBeGreaterThanOrEqual(asked.least.symbols);
			expect(text).not.toMatch(/[A-Z]/);
			if (asked.withoutAmbiguous) expect(text).not.toMatch(/[Il1|O0o`'"]/);
		})
	);
});

test('[PW-32] the bits shown are the logarithm of the number of texts that could have come out', () => {
	const random = cryptoRandom();
	expect(made({ length: 20, least: everyKind }, random).bits).toBeCloseTo(20 * Math.log2(94), 9);
	expect(made({ length: 4, least: { digits: 4, lower: 0 } }, random).bits).toBeCloseTo(4 * Math.log2(10), 9);
	// Counted by hand: four of {a-z} and {0-9}, at least one of each: 36^4 - 26^4 - 10^4.
	expect(made({ length: 4, least: { digits: 1, lower: 1 } }, random).bits).toBeCloseTo(
		Math.log2(36 ** 4 - 26 ** 4 - 10 ** 4),
		9
	);
	expect(made({ length: 256, least: everyKind }, random).bits).toBeCloseTo(256 * Math.log2(94), 6);
	const phrase = generatePassphrase({ words: 6, separator: '-', capitals: true, digit: true }, effLargeWords, random);
	expect(phrase.ok && phrase.bits).toBeCloseTo(6 * Math.log2(7776) + Math.log2(60), 9);
	expect(phrase.ok && phrase.text.match(/\d/g)).toHaveLength(1);
});

test('[PW-32] rules that nothing can keep are refused with the reason', () => {
	const random = cryptoRandom();
	const reason = (rules: PasswordRules) => {
		const outcome = generatePassword(rules, random);
		return outcome.ok ? outcome.text : outcome.reason;
	};
	expect(reason({ length: 0, least: everyKind })).toBe('length');
	expect(reason({ length: 257, least: everyKind })).toBe('length');
	expect(reason({ length: 8, least: {} })).toBe('no-characters');
	expect(reason({ length: 8, least: { digits: 0 }, without: '0123456789' })).toBe('no-characters');
	expect(reason({ length: 3, least: { digits: 2, upper: 2 } })).toBe('least-exceeds-length');
});

test('large limits stay in range, whatever the generator gives', () => {
	fc.assert(
		fc.property(fc.bigInt({ min: 1n, max: 2n ** 200n }), fc.integer(), (limit, seed) => {
			const value = bigBelow(limit, seeded(seed));
			return value >= 0n && value < limit;
		})
	);
	expect(characterClasses).toEqual(['lower', 'upper', 'digits', 'symbols']);
});
