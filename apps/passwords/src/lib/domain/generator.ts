/**
 * Makes passwords and passphrases.
 *
 * A password is drawn so that every text that keeps the rules (these characters, at least so many of each kind) is as
 * likely as any other. Filling the minimums first and shuffling would not do that, and the bits shown would be wrong:
 * here they are the logarithm of the number of texts that could have come out, counted exactly.
 */

import { below, bigBelow, log2, shuffle, type RandomPort } from './random.ts';

const classes = {
	lower: 'abcdefghijklmnopqrstuvwxyz',
	upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
	digits: '0123456789',
	symbols: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
} as const;
export type CharacterClass = keyof typeof classes;
export const characterClasses = Object.keys(classes) as CharacterClass[];

/** Hard to tell apart when read aloud, copied by hand, or in a poor font. */
const AMBIGUOUS = /[Il1|O0o`'"]/;

export interface PasswordRules {
	/** Characters, 1 to 256. */
	length: number;
	/** The least number of each kind; a kind that is missing does not occur. */
	least: Partial<Record<CharacterClass, number>>;
	withoutAmbiguous?: boolean;
	/** Characters that a site does not take. */
	without?: string;
}

export interface PassphraseRules {
	/** 1 to 32. */
	words: number;
	separator: string;
	capitals: boolean;
	/** One digit behind one of the words, for sites that ask for one. */
	digit: boolean;
}

export interface Generated {
	text: string;
	/** How many yes-or-no guesses the text is worth to somebody who knows these rules. */
	bits: number;
}

export type GeneratedOutcome =
	({ ok: true } & Generated) | { ok: false; reason: 'no-characters' | 'length' | 'least-exceeds-length' };

export const MOST_CHARACTERS = 256;
export const MOST_WORDS = 32;

export function generatePassword(rules: PasswordRules, random: RandomPort): GeneratedOutcome {
	const { length } = rules;
	if (!Number.isInteger(length) || length < 1 || length > MOST_CHARACTERS) return { ok: false, reason: 'length' };
	const kinds = characterClasses
		.filter((name) => rules.least[name] !== undefined)
		.map((name) => ({ characters: charactersOf(name, rules), least: rules.least[name]! }))
		.filter(({ characters }) => characters.length > 0);
	if (kinds.length === 0) return { ok: false, reason: 'no-characters' };
	if (kinds.reduce((sum, { least }) => sum + least, 0) > length) return { ok: false, reason: 'least-exceeds-length' };

	const ways = waysToFill(kinds, length);
	const total = ways[0]![length]!;
	const text: string[] = [];
	let left = length;
	for (const [index, { characters, least }] of kinds.entries()) {
		// How many of this kind: each number as likely as its share of all texts.
		let ticket = bigBelow(ways[index]![left]!, random);
		let count = least;
		for (; ; count++) {
			const share = choose(left, count) * BigInt(characters.length) ** BigInt(count) * ways[index + 1]![left - count]!;
			if (ticket < share) break;
			ticket -= share;
		}
		for (let drawn = 0; drawn < count; drawn++) text.push(characters[below(characters.length, random)]!);
		left -= count;
	}
	return { ok: true, text: shuffle(text, random).join(''), bits: log2(total) };
}

/** @param list the words to choose from: `(await import('./eff-large-words.ts')).effLargeWords` */
export function generatePassphrase(
	rules: PassphraseRules,
	list: readonly string[],
	random: RandomPort
): GeneratedOutcome {
	const { words, capitals, digit, separator } = rules;
	if (!Number.isInteger(words) || words < 1 || words > MOST_WORDS) return { ok: false, reason: 'length' };
	const chosen = Array.from({ length: words }, () => list[below(list.length, random)]!);
	const shown = capitals ? chosen.map((word) => word.charAt(0).toUpperCase() + word.slice(1)) : chosen;
	if (digit) shown[below(words, random)] += String(below(10, random));
	const bits = words * Math.log2(list.length) + (digit ? Math.log2(10 * words) : 0);
	return { ok: true, text: shown.join(separator), bits };
}

function charactersOf(name: CharacterClass, { withoutAmbiguous, without = '' }: PasswordRules): string[] {
	return [...classes[name]].filter(
		(character) => !without.includes(character) && !(withoutAmbiguous && AMBIGUOUS.test(character))
	);
}

/**
 * `ways[k][n]`: how many texts of n characters there are of the kinds from the k-th on, each at least as often as it
 * must. n places: choose those of kind k, fill them, and fill the rest with the later kinds.
 */
function waysToFill(kinds: readonly { characters: string[]; least: number }[], length: number): bigint[][] {
	const ways: bigint[][] = Array.from({ length: kinds.length + 1 }, () => []);
	for (let n = 0; n <= length; n++) ways[kinds.length]![n] = n === 0 ? 1n : 0n;
	for (let k = kinds.length - 1; k >= 0; k--) {
		const { characters, least } = kinds[k]!;
		const later = ways[k + 1]!;
		for (let n = 0; n <= length; n++) {
			let sum = 0n;
			let fillings = BigInt(characters.length) ** BigInt(least);
			let places = choose(n, least);
			for (let count = least; count <= n; count++) {
				sum += places * fillings * later[n - count]!;
				places = (places * BigInt(n - count)) / BigInt(count + 1);
				fillings *= BigInt(characters.length);
			}
			ways[k]![n] = sum;
		}
	}
	return ways;
}

/** In how many ways `count` of `of` places can be chosen. */
function choose(of: number, count: number): bigint {
	if (count > of) return 0n;
	let ways = 1n;
	for (let index = 0; index < count; index++) ways = (ways * BigInt(of - index)) / BigInt(index + 1);
	return ways;
}
