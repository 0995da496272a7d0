/**
 * Judges passwords: how hard each is to guess, and which are the same. Runs in strength.worker.ts, because the
 * dictionaries are large (0.85 MB compressed) and one password takes a few milliseconds.
 *
 * Equal passwords get equal marks, an HMAC-SHA256 under a random key that only this judge has. What is kept from one
 * call to the next is marks and scores.
 */

import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';
import type { Strength } from '../domain/strength.ts';
import { fold } from '../domain/text.ts';

export interface JudgedPassword {
	/** Of a long password `guessesLog10` may be less than it is, never more. */
	strength: Strength;
	/** 32 bytes, base64. */
	mark: string;
}

/**
 * Of a long password the beginning is looked at first, and where that is beyond guessing the rest is not: time grows
 * with the square of the length. Longer than this is no word that could be taken for chance when it is cut.
 */
const BEGINNING = 20;
/** What is longer and still weak repeats itself. */
const MOST_LOOKED_AT = 64;
/** Ways to read digits and signs as letters. The default of 100 takes 20 times as long, and finds what 2 find. */
const MOST_SUBSTITUTIONS = 2;
/** Lists of days, planets and the like: each costs a look for every part of every password, and holds common words. */
const SMALL = 1000;

/** By zxcvbn's name for it: the rest of a sentence that begins "it is ". */
const warnings: Readonly<Record<string, string>> = {
	straightRow: 'a row of keys',
	keyPattern: 'a pattern on the keyboard',
	simpleRepeat: 'one character again and again',
	extendedRepeat: 'the same few characters again and again',
	sequences: 'a sequence such as abc or 4321',
	recentYears: 'a year',
	dates: 'a date',
	topTen: 'one of the ten most used passwords',
	topHundred: 'one of the hundred most used passwords',
	common: 'a much used password',
	similarToCommon: 'close to a much used password',
	wordByItself: 'a single word',
	namesByThemselves: 'a name',
	commonNames: 'a name',
	userInputs: 'made of what stands beside it',
	pwned: 'known from a leak'
};

export class Judge {
	readonly #zxcvbn = new ZxcvbnFactory({
		dictionary: Object.fromEntries(
			Object.entries({ ...common, ...english }).filter(([, words]) => words.length > SMALL)
		),
		graphs: adjacencyGraphs,
		maxLength: MOST_LOOKED_AT,
		l33tMaxSubstitutions: MOST_SUBSTITUTIONS
	});
	readonly #key = crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
	readonly #known = new Map<string, Strength>();

	/** @param context what somebody who guesses would try first: title, user name, host */
	async judge(password: string, context: readonly string[] = []): Promise<JudgedPassword> {
		const mark = await this.#mark(password);
		const known = context.length === 0 ? this.#known.get(mark) : undefined;
		const strength = known ?? this.#strength(password, context);
		if (context.length === 0) this.#known.set(mark, strength);
		return { strength, mark };
	}

	#strength(password: string, context: readonly string[]): Strength {
		const beginning = password.slice(0, BEGINNING);
		const first = this.#zxcvbn.check(beginning, [...context]);
		const enough =
			password.length <= BEGINNING ||
			(first.score === 4 && !context.some((text) => fold(text).includes(fold(beginning))));
		const result = enough ? first : this.#zxcvbn.check(password, [...context]);
		const warning = warnings[result.feedback.warning ?? ''];
		const strength: Strength = { score: result.score, guessesLog10: result.guessesLog10 };
		return warning === undefined ? strength : { ...strength, warning };
	}

	async #mark(password: string): Promise<string> {
		const bytes = await crypto.subtle.sign('HMAC', await this.#key, new TextEncoder().encode(password));
		return btoa(String.fromCharCode(...new Uint8Array(bytes)));
	}
}
