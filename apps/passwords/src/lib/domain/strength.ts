/** How hard a password is to guess, as strength/strength.worker.ts judges it, and what that is called. */

/** As zxcvbn counts: 0 falls to the first guesses, 4 stands against offline guessing of a slow hash. */
export type StrengthScore = 0 | 1 | 2 | 3 | 4;

export interface Strength {
	score: StrengthScore;
	/** Decimal logarithm of how many guesses it takes. */
	guessesLog10: number;
	/** What makes it weak, where one thing does: the rest of a sentence, as in "it is ...". */
	warning?: string;
}

/** Below this a password is reported as weak. */
export const STRONG_ENOUGH: StrengthScore = 3;
