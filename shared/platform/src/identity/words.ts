/**
 * The 12 words: 128 bits of entropy and a checksum of 4 bits in the English list of BIP39.
 *
 * People copy words by hand, so what is wrong is said as exactly as it can be known: the number of words, the first
 * word that is not in the list with the words it may have been, or that words of the list do not belong together.
 */
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { randomBytes } from '../crypto/random.ts';

export const WORD_COUNT = 12;
/** Of words two letters away; those one letter away are all shown, there are at most seven. */
const MOST_SUGGESTIONS = 4;
/** Letters that may be wrong, missing, surplus or swapped in a suggestion. */
const MOST_EDITS = 2;

export interface WordsProblem {
	ok: false;
	/** A sentence to show. */
	reason: string;
	/** Position of the wrong word, from 0. */
	index?: number;
	/** The wrong word as it was typed, in lower case. */
	word?: string;
	/** Words of the list that it may have been, best first. */
	suggestions?: string[];
}

export type WordsCheck = { ok: true; words: string[] } | WordsProblem;

/** Fresh words from 16 bytes of entropy. */
export function createWords(entropy: Uint8Array = randomBytes(16)): string[] {
	if (entropy.length !== 16) throw new RangeError('12 words hold 16 bytes of entropy');
	return entropyToMnemonic(entropy, wordlist).split(' ');
}

/**
 * Reads words as people paste them: any case, line breaks, commas, numbering. The first four letters of a word are
 * enough, since they tell the words of this list apart.
 */
export function checkWords(text: string): WordsCheck {
	const typed = splitWords(text);
	const words: string[] = [];
	for (const [index, word] of typed.entries()) {
		const found = findWord(word);
		if (found === undefined) {
			const suggestions = suggest(word);
			const hint = suggestions.length > 0 ? ` Did you mean ${listOf(suggestions)}?` : '';
			return { ok: false, reason: `Word ${index + 1} is not in the list.${hint}`, index, word, suggestions };
		}
		words.push(found);
	}
	if (words.length !== WORD_COUNT) {
		const have = words.length === 1 ? 'This is 1 word' : `These are ${words.length} words`;
		return { ok: false, reason: `${have}; there must be ${WORD_COUNT}.` };
	}
	if (!validateMnemonic(words.join(' '), wordlist)) {
		return {
			ok: false,
			reason: 'Every word is in the list, but together they are not the right ones. Compare each word and their order.'
		};
	}
	return { ok: true, words };
}

/** The 64 bytes that BIP39 derives from the words, without a passphrase. About 20 ms. */
export function seedOfWords(words: readonly string[]): Uint8Array {
	return mnemonicToSeedSync(words.join(' '));
}

function splitWords(text: string): string[] {
	return text
		.normalize('NFKD')
		.toLowerCase()
		.split(/[\s,;]+/)
		.map((word) => word.replace(/^\d+[.):]*/, '').replace(/[.]+$/, ''))
		.filter((word) => word !== '');
}

const known = new Set(wordlist);

function findWord(typed: string): string | undefined {
	if (known.has(typed)) return typed;
	if (typed.length !== 4) return undefined;
	return wordlist.find((word) => word.startsWith(typed));
}

function suggest(typed: string): string[] {
	const scored: { word: string; distance: number }[] = [];
	for (const word of wordlist) {
		const distance = editDistance(typed, word);
		// In a short word two wrong letters are most of it.
		if (distance <= Math.min(MOST_EDITS, Math.ceil(word.length / 2) - 1)) scored.push({ word, distance });
		else if (typed.length >= 3 && word.startsWith(typed)) scored.push({ word, distance: MOST_EDITS });
	}
	scored.sort((a, b) => a.distance - b.distance || sharedPrefix(typed, b.word) - sharedPrefix(typed, a.word));
	return scored.filter(({ distance }, i) => i < MOST_SUGGESTIONS || distance <= 1).map(({ word }) => word);
}

function sharedPrefix(a: string, b: string): number {
	let length = 0;
	while (length < a.length && a[length] === b[length]) length++;
	return length;
}

/** Letters to change, insert, drop, or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1] ? 0 : 1;
			let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				best = Math.min(best, beforeLast[j - 2]! + 1);
			row.push(best);
		}
		beforeLast = last;
		last = row;
	}
	return last[b.length]!;
}

function listOf(words: string[]): string {
	if (words.length === 1) return words[0]!;
	return `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}
