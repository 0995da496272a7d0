import { expect, test } from 'vitest';
import { explain } from './failure.ts';

test('a refusal is told plainly, by role', () => {
	expect(explain({ code: 'DENIED', role: 'VIEWER' })).toMatch(/read this folder, but not change it/);
	expect(explain({ code: 'DENIED' })).toMatch(/do not have the right/);
});

test('[V-2] the words of an error never reach the screen', () => {
	const error = Object.assign(new Error('notes.title of folder:Secret'), { code: 'SQL', table: 'notes' });
	for (const thrown of [error, new Error('secret'), 'secret', null, undefined, { code: 'constructor' }]) {
		expect(explain(thrown)).toBe('That did not work, and nothing was changed. Try again.');
	}
});
