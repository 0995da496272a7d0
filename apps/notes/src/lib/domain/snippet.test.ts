import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from './fold.ts';
import { marked, snippetOf, type Piece } from './snippet.ts';

const shown = (pieces: Piece[]) => pieces.map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');

test('the words around a match are shown and the match is marked', () => {
	const text = 'First line. ' + 'Filler words here. '.repeat(20) + 'Boil the green tea for two minutes.';
	expect(shown(snippetOf(text, ['green']))).toMatch(/^….*\[green\] tea for two minutes\.$/);
});

test('the window with the most different terms wins over the first match', () => {
	const text = 'green alone. ' + 'x '.repeat(200) + 'green tea together';
	expect(shown(snippetOf(text, ['green', 'tea']))).toContain('[green] [tea] together');
});

test('accents do not hide a match, and the original letters are shown', () => {
	expect(shown(snippetOf('Un café noir', ['cafe']))).toBe('Un [café] noir');
	expect(shown(snippetOf('Un cafe\u0301 noir', ['café']))).toBe('Un [cafe\u0301] noir');
	expect(shown(snippetOf('İstanbul', ['istanbul']))).toBe('[İstanbul]');
});

test('a term marks the beginning of a word, not its middle', () => {
	expect(shown(snippetOf('steam and tea and teapot', ['tea']))).toBe('steam and [tea] and [tea]pot');
});

test('overlapping terms mark once', () => {
	expect(shown(marked('teapot', ['tea', 'teapot']))).toBe('[teapot]');
});

test('no match shows the beginning', () => {
	expect(shown(snippetOf('Only this', ['other']))).toBe('Only this');
	expect(snippetOf('', ['x'])).toEqual([]);
});

test('marking a whole text loses nothing and never splits a character', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: 'grapheme' }),
			fc.array(fc.string({ unit: 'grapheme', maxLength: 4 })),
			(text, terms) => {
				const joined = marked(text, terms)
					.map((p) => p.text)
					.join('');
				expect(joined.trimEnd()).toBe(text.replace(/\s+/g, ' ').trimEnd());
				for (const piece of snippetOf(text, terms)) expect(piece.text.isWellFormed()).toBe(true);
			}
		)
	);
});

test('folding keeps a way back for every letter', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			const folded = fold(text);
			expect(folded.at.length).toBe(folded.text.length + 1);
			expect(folded.at.at(-1)).toBe(text.length);
		})
	);
});
