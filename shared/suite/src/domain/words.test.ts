import { expect, test } from 'vitest';
import { wordsOf } from './words.ts';

test('the same sentence speaks of many things and of one', () => {
	const sentence = ({ Yours, are, they, does }: ReturnType<typeof wordsOf>) =>
		`${Yours} ${are} safe; ${they} ${does('travel')} later.`;
	expect(sentence(wordsOf({ thing: 'notes', plural: true, shared: 'folder' }))).toBe(
		'Your notes are safe; they travel later.'
	);
	expect(sentence(wordsOf({ thing: 'ledger', plural: false, shared: 'account' }))).toBe(
		'Your ledger is safe; it travels later.'
	);
});

test('what is shared has its article', () => {
	const article = (shared: string) => wordsOf({ thing: 'x', plural: false, shared }).aShared;
	expect(['folder', 'account', 'vault'].map(article)).toEqual(['a folder', 'an account', 'a vault']);
});
