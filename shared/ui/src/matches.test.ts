import { expect, test } from 'vitest';
import { bestMatches } from './matches.ts';

const options = ['Books', 'Café Central', 'Eating out', 'Food: café', 'Decaf'].map((label) => ({ label }));
const found = (typed: string, limit = 10) => bestMatches(options, typed, limit).map(({ label }) => label);

test('what begins so comes first, marks and case aside', () => {
	expect(found('CAFE')).toEqual(['Café Central', 'Food: café']);
	expect(found('caf')).toEqual(['Café Central', 'Food: café', 'Decaf']);
});

test('nothing typed shows the first of all, and no more than asked', () => {
	expect(found(' ', 2)).toEqual(['Books', 'Café Central']);
	expect(found('o', 1)).toEqual(['Eating out']);
	expect(found('zzz')).toEqual([]);
});
