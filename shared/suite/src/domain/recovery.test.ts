import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deviceNameFrom, wordsIn, wordsToAsk } from './recovery.ts';

test('a pasted list is words, whatever stands between them', () => {
	expect(wordsIn('1. Abandon\n2) ability,  able\t\n')).toEqual(['abandon', 'ability', 'able']);
	expect(wordsIn('  ')).toEqual([]);
});

test('three different words are asked, in order', () => {
	fc.assert(
		fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
			const asked = wordsToAsk(() => stream.next().value);
			expect(new Set(asked).size).toBe(3);
			expect(asked).toEqual(asked.toSorted((a, b) => a - b));
			expect(asked.every((position) => position >= 0 && position < 12)).toBe(true);
		})
	);
});

test.each([
	[
		'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
		'Chrome on Linux'
	],
	[
		'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1',
		'Safari on iPhone'
	],
	[
		'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36',
		'Chrome on Android phone'
	],
	['', 'Browser on this device']
])('a browser names itself', (userAgent, name) => {
	expect(deviceNameFrom(userAgent)).toBe(name);
});
