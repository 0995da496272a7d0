import { expect, test } from 'vitest';
import { explain } from './failure.ts';

const says = { shared: 'folder', failures: { TEXT_TOO_LARGE: 'This note is full.' } };

test('a refusal is told plainly, by role', () => {
	expect(explain({ code: 'DENIED', role: 'VIEWER' }, says)).toMatch(/read this folder, but not change it/);
	expect(explain({ code: 'DENIED' }, says)).toMatch(/do not have the right/);
});

test("an app's own sentence goes before the suite's", () => {
	expect(explain({ code: 'TEXT_TOO_LARGE' }, says)).toBe('This note is full.');
	expect(explain({ code: 'TEXT_TOO_LARGE' }, { shared: 'budget' })).toMatch(/^This text has reached/);
	expect(explain({ code: 'UNKNOWN_SCOPE' }, { shared: 'budget' })).toBe('This budget is not on this device any more.');
});

test('[V-2] the words of an error never reach the screen', () => {
	const error = Object.assign(new Error('notes.title of folder:Secret'), { code: 'SQL', table: 'notes' });
	for (const thrown of [error, new Error('secret'), 'secret', null, undefined, { code: 'constructor' }]) {
		expect(explain(thrown, says)).toBe('That did not work, and nothing was changed. Try again.');
	}
});
