import { expect, test } from 'vitest';
import { colourOf } from './colour.ts';

test('a person keeps their colour, and there are eight of them', () => {
	const identities = Array.from({ length: 400 }, (_, i) => i.toString(16).padStart(64, 'a7'));
	const colours = identities.map(colourOf);
	expect(new Set(colours)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
	expect(identities.map(colourOf)).toEqual(colours);
});
