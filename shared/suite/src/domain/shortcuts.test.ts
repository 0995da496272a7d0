import { expect, test } from 'vitest';
import { isLetter, keyPressed, type Pressed } from './shortcuts.ts';

const press = (key: string, held: Partial<Pressed> = {}): Pressed => ({
	key,
	code: `Key${key.toUpperCase()}`,
	ctrlKey: false,
	metaKey: false,
	altKey: false,
	shiftKey: false,
	...held
});

test.each<[string, Pressed]>([
	['mod+k', press('k', { ctrlKey: true })],
	['mod+k', press('k', { metaKey: true })],
	['mod+shift+f', press('F', { ctrlKey: true, shiftKey: true })],
	['n', press('n')],
	['?', press('?', { shiftKey: true })],
	['/', press('/', { shiftKey: true })],
	// What Alt-N writes on a Mac.
	['alt+n', press('˜', { altKey: true, code: 'KeyN' })]
])('%s is %j', (keys, event) => {
	expect(keyPressed(keys, event)).toBe(true);
});

test.each<[string, Pressed]>([
	['mod+k', press('k')],
	['mod+k', press('k', { ctrlKey: true, altKey: true })],
	['mod+f', press('f', { ctrlKey: true, shiftKey: true })],
	['n', press('n', { ctrlKey: true })],
	['alt+n', press('n', { altKey: true, ctrlKey: true })]
])('%s is not %j', (keys, event) => {
	expect(keyPressed(keys, event)).toBe(false);
});

test('a letter alone is left to who is typing', () => {
	expect(['n', '?', '/', 'shift+n', 'mod+k', 'alt+n', 'mod+shift+f'].map(isLetter)).toEqual([
		true,
		true,
		true,
		true,
		false,
		false,
		false
	]);
});
