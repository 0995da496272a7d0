/**
 * Text that comes from elsewhere, made fit to be shown: what a name may hold, and how a secret is spelled out.
 *
 * Names of every kind (titles, labels, tags, folders, files) lose what would let them pose as others: marks that turn
 * the direction of writing round, characters without shape, line ends (T70). Secrets are never changed, not by a
 * single byte: they are shown with what is odd in them marked.
 */

/** The most characters of a name; the rest is cut. */
export const MOST_NAME = 1000;

// Embeddings, overrides and isolates; marks of direction; zero-width characters except the joiners that scripts and
// emoji need; fillers; tags; private controls of annotation.
const DECEIVING =
	/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C\u200B\u2060-\u2064\uFEFF\u00AD\u180E\u115F\u1160\u3164\uFFA0\uFFF9-\uFFFB\uFFFE\uFFFF]|[\u{E0000}-\u{E007F}]/gu;
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g;

/** One line in NFC, without controls and deceiving characters, trimmed. */
export function plainLine(text: string): string {
	const clean = text.toWellFormed().replace(CONTROLS, ' ').replace(DECEIVING, '').normalize('NFC').trim();
	return clean.length <= MOST_NAME
		? clean
		: clean
				.slice(0, MOST_NAME)
				.toWellFormed()
				.replace(/\uFFFD$/, '');
}

/** Lower case without diacritics: how words are compared in search. */
export function fold(text: string): string {
	if (/^[\x00-\x7F]*$/.test(text)) return text.toLowerCase();
	return text
		.normalize('NFKD')
		.replace(/\p{M}+/gu, '')
		.toLowerCase()
		.replace(/[ßøłđðþæœı]/g, (letter) => LETTERS[letter]!);
}

/** Letters that Unicode does not take apart, as people without them on the keyboard write them. */
const LETTERS: Record<string, string> = {
	ß: 'ss',
	ø: 'o',
	ł: 'l',
	đ: 'd',
	ð: 'd',
	þ: 'th',
	æ: 'ae',
	œ: 'oe',
	ı: 'i'
};

/** A character of a secret on the screen. `hidden`: without shape or width; `text` then names it. */
export interface Spelled {
	text: string;
	kind: 'letter' | 'digit' | 'symbol' | 'space' | 'hidden';
}

/** A secret character by character, so that nobody overlooks a space or takes a zero-width joiner for nothing. */
export function spelled(secret: string): Spelled[] {
	return [...secret].map((character) => {
		const code = character.codePointAt(0)!;
		if (character === ' ') return { text: character, kind: 'space' };
		if (/[\p{C}\p{Z}\p{M}]|\u115F|\u1160|\u3164|\uFFA0/u.test(character))
			return { text: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`, kind: 'hidden' };
		if (/\p{Nd}/u.test(character)) return { text: character, kind: 'digit' };
		if (/\p{L}/u.test(character)) return { text: character, kind: 'letter' };
		return { text: character, kind: 'symbol' };
	});
}
