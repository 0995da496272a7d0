import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headlineOf, plainText, wordsAfterTitle } from './markdown.ts';

test.each([
	['', '', ''],
	['\n\n  \n', '', ''],
	['Groceries', 'Groceries', ''],
	['# Groceries\n\n- [ ] milk\n- [x] bread', 'Groceries', 'milk bread'],
	['---\ntags: a\n---\n# After front matter\ntext', 'After front matter', 'text'],
	['---\nnot closed', 'not closed', ''],
	['**Bold** and _soft_ and `code`', 'Bold and soft and code', ''],
	['See [the page](https://example.org/a_(b)) now', 'See the page now', ''],
	['[[Plan]] and [[Plan|the plan]]', 'Plan and the plan', ''],
	['> quoted\n> > deeper', 'quoted', 'deeper'],
	['2 * 3 * 4 and snake_case_name', '2 * 3 * 4 and snake_case_name', ''],
	['#hashtag stays', '#hashtag stays', ''],
	['مرحبا\nبالعالم', 'مرحبا', 'بالعالم']
])('%j is listed as %j, %j', (markdown, title, excerpt) => {
	expect(headlineOf(markdown)).toEqual({ title, excerpt });
});

test('a long first line is cut at a word and says so', () => {
	const { title } = headlineOf('word '.repeat(100));
	expect(title.length).toBeLessThanOrEqual(120);
	expect(title.endsWith('word…')).toBe(true);
});

test('a cut never leaves half of an emoji', () => {
	for (let lead = 0; lead < 3; lead++) {
		const { title } = headlineOf('x'.repeat(lead) + '🌿'.repeat(100));
		expect(title.isWellFormed()).toBe(true);
	}
});

test('any text gives one line each, within bounds', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (markdown) => {
			const { title, excerpt } = headlineOf(markdown);
			expect(title.length).toBeLessThanOrEqual(120);
			expect(excerpt.length).toBeLessThanOrEqual(180);
			expect(title + excerpt).not.toMatch(/\n/);
		})
	);
});

test.each([
	'[',
	'![',
	'[a](',
	'[[',
	'**a ',
	'_a ',
	'*a ',
	'`',
	'~~',
	'> ',
	'(',
	'[](' + '('.repeat(50),
	' ',
	'a #',
	'_',
	'*'
])('a note full of %j, which open and never close, does not hold up the screen', (marks) => {
	// Someone who shares a folder may write this. Quadratic patterns took 11 s here; these take milliseconds.
	const started = performance.now();
	plainText(marks.repeat(Math.ceil(65_536 / marks.length)));
	expect(performance.now() - started).toBeLessThan(3_000);
});

test('plain text keeps the lines, so that a match can be shown where it stands', () => {
	expect(plainText('# One\n\n- [ ] two **three**')).toBe('One\n\ntwo three');
});

test('a snippet does not repeat the title', () => {
	expect(wordsAfterTitle('# Tea\n\ngreen')).toBe('\ngreen');
	expect(wordsAfterTitle('\n\nTea')).toBe('');
	expect(wordsAfterTitle('')).toBe('');
});
