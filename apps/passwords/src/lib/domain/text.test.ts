import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold, MOST_NAME, plainLine, spelled } from './text.ts';

test('T70 [PW-7] a name cannot turn its own direction, hide characters, break the line, or be two that look the same', () => {
	expect(plainLine('Bank\u202Efdp.exe')).toBe('Bankfdp.exe');
	expect(plainLine('\u2067Bank\u2069')).toBe('Bank');
	expect(plainLine('pay\u200Bpal\uFEFF')).toBe('paypal');
	expect(plainLine('a\u{E0041}b')).toBe('ab');
	expect(plainLine(' two\r\nlines\t\0 ')).toBe('two lines');
	expect(plainLine('cafe\u0301')).toBe(plainLine('caf\u00E9'));
	expect(plainLine('\uD800x')).toBe('\uFFFDx');
	expect(plainLine('x'.repeat(5000))).toHaveLength(MOST_NAME);
	// What scripts and emoji need stays.
	expect(plainLine('\u06CC\u200C\u0647')).toBe('\u06CC\u200C\u0647');
	expect(plainLine('👩\u200D💻')).toBe('👩\u200D💻');
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			expect(plainLine(plainLine(text))).toBe(plainLine(text));
		})
	);
});

test('T70 [PW-7] a secret is shown with every character that has no shape named, and is never changed', () => {
	expect(spelled('a1 $\u200B\u00A0é')).toEqual([
		{ text: 'a', kind: 'letter' },
		{ text: '1', kind: 'digit' },
		{ text: ' ', kind: 'space' },
		{ text: '$', kind: 'symbol' },
		{ text: 'U+200B', kind: 'hidden' },
		{ text: 'U+00A0', kind: 'hidden' },
		{ text: 'é', kind: 'letter' }
	]);
});

test('[PW-10] letters are compared without case and marks', () => {
	expect(fold('Crème BRÛLÉE')).toBe('creme brulee');
	expect(fold('Straße Łódź Ærø İzmir')).toBe('strasse lodz aero izmir');
	expect(fold('GitHub')).toBe('github');
	expect(fold('ﬁle ①')).toBe('file 1');
});
