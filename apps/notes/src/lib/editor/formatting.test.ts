import { EditorState, type StateCommand } from '@codemirror/state';
import { expect, test } from 'vitest';
import { insertLink, nextHeading, toggleLines, toggleMark } from './formatting.ts';

/** `|` is the cursor, two of them a selection. */
function run(command: StateCommand, written: string): string {
	const anchor = written.indexOf('|');
	const rest = written.replace('|', '');
	const second = rest.indexOf('|');
	let state = EditorState.create({
		doc: rest.replace('|', ''),
		selection: { anchor, head: second < 0 ? anchor : second }
	});
	command({ state, dispatch: (transaction) => (state = transaction.state) });
	const { from, to } = state.selection.main;
	const text = state.doc.toString();
	return from === to
		? `${text.slice(0, from)}|${text.slice(from)}`
		: `${text.slice(0, from)}|${text.slice(from, to)}|${text.slice(to)}`;
}

test.each([
	['a |word| b', 'a **|word|** b'],
	['a **|word|** b', 'a |word| b'],
	['a |**word**| b', 'a |word| b'],
	['wo|rd', '**wo|rd**'],
	['|', '**|**']
])('bold: %s becomes %s', (before, after) => {
	expect(run(toggleMark('**'), before)).toBe(after);
});

test.each([
	['mi|lk', '- [ ] mi|lk'],
	['- mi|lk', '- [ ] mi|lk'],
	['- [ ] mi|lk', 'mi|lk'],
	['- [x] mi|lk', '- [ ] mi|lk'],
	['  - mi|lk', '  - [ ] mi|lk'],
	['|one\n\ntwo|', '- [ ] |one\n\n- [ ] two|']
])('task: %j becomes %j', (before, after) => {
	expect(run(toggleLines('- [ ] '), before).replace('|- [ ] ', '- [ ] |')).toBe(after);
});

test('headings go round', () => {
	expect(run(nextHeading, 'a|')).toBe('# a|');
	expect(run(nextHeading, '# a|')).toBe('## a|');
	expect(run(nextHeading, '### a|')).toBe('a|');
});

test('a link leaves the cursor where something is missing', () => {
	expect(run(insertLink, 'see |this|')).toBe('see [this](|)');
	expect(run(insertLink, '|https://example.org|')).toBe('[|](https://example.org)');
});

test('a reader formats nothing', () => {
	const state = EditorState.create({ doc: 'a', extensions: EditorState.readOnly.of(true) });
	const dispatch = () => expect.unreachable();
	for (const command of [toggleMark('**'), toggleLines('- '), insertLink])
		expect(command({ state, dispatch })).toBe(false);
});
