import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headlineOf, plainText } from './markdown.ts';

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

test('any text gives one line each, within bounds, and quickly', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (markdown) => {
			const { title, excerpt } = headlineOf(markdown);
			expect(title.length).toBeLessThanOrEqual(120);
			expect(excerpt.length).toBeLessThanOrEqual(180);
			expect(title + excerpt).not.toMatch(/\n/);
		})
	);
	// Marks that open and never close must not make the patterns go quadratic on a pasted line.
	const started = performance.now();
	headlineOf('['.repeat(8_000));
	headlineOf('**a '.repeat(2_000));
	headlineOf('_a'.repeat(4_000));
	expect(performance.now() - started).toBeLessThan(500);
});

test('plain text keeps the lines, so that a match can be shown where it stands', () => {
	expect(plainText('# One\n\n- [ ] two **three**')).toBe('One\n\ntwo three');
});
