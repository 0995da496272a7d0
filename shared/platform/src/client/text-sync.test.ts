import { describe, expect, test } from 'vitest';
import { applyEdit, fromOps, toOps, transform, compose, mapPosition, type TextEdit } from '../protocol/text-edit.ts';
import { textDiff } from '../protocol/text-diff.ts';
import { TextSync } from './text-sync.ts';

interface Sent {
	operation: string;
	base: number;
	edit: TextEdit;
}

/** A tab with an editor, and what it sent. */
function tab(text: string) {
	const sent: Sent[] = [];
	const saved: boolean[] = [];
	let operations = 0;
	const editor = { text };
	const sync = new TextSync(
		{ version: 1, text },
		{
			newOperation: () => `op${++operations}`,
			send: (request) => sent.push(request),
			remote: (edit) => (editor.text = applyEdit(editor.text, edit)),
			saved: (now) => saved.push(now)
		}
	);
	const type = (...edit: [number, number, string][]): void => {
		editor.text = applyEdit(editor.text, edit);
		sync.local(edit);
		expect(editor.text).toBe(sync.text);
	};
	return { sync, sent, saved, editor, type };
}

describe('one tab', () => {
	test('sends one edit at a time, the rest of what was typed as one when that is confirmed [T-20]', () => {
		const { sync, sent, saved, type } = tab('hello');
		type([5, 5, '!']);
		type([0, 0, 'a']);
		type([1, 1, 'b']);
		expect(sent).toEqual([{ operation: 'op1', base: 1, edit: [[5, 5, '!']] }]);
		sync.answer('op1', { version: 2 });
		expect(sent[1]).toEqual({ operation: 'op2', base: 2, edit: [[0, 0, 'ab']] });
		sync.receive({ version: 3, edit: [[0, 0, 'ab']], operation: 'op2' });
		sync.answer('op2', { version: 3 });
		expect(sync.confirmedText).toBe('abhello!');
		expect(saved).toEqual([false, true]);
	});

	test('the edit of another goes under what is unconfirmed; at one place it stands first [T-20]', () => {
		const { sync, sent, editor, type } = tab('hello');
		type([5, 5, ' mine']);
		sync.receive({ version: 2, edit: [[5, 5, ' theirs']] });
		expect(editor.text).toBe('hello theirs mine');
		sync.answer('op1', { version: 2, stale: true, edits: [[[5, 5, ' theirs']]] });
		expect(sent[1]).toEqual({ operation: 'op1', base: 2, edit: [[12, 12, ' mine']] });
	});

	test('an answer that is stale before the events came waits for them, or takes the edits along [T-20]', () => {
		const { sync, sent, type } = tab('hello');
		type([0, 0, 'x']);
		sync.answer('op1', { version: 3, stale: true, edits: [] });
		expect(sent).toHaveLength(1);
		sync.receive({ version: 2, edit: [[5, 5, '1']] });
		sync.receive({ version: 3, edit: [[6, 6, '2']] });
		expect(sent[1]).toMatchObject({ operation: 'op1', base: 3 });
		sync.answer('op1', { version: 4, stale: true, edits: [[[7, 7, '3']]] });
		sync.receive({ version: 4, edit: [[7, 7, '3']] });
		expect(sync.text).toBe('xhello123');
		expect(sent[2]).toMatchObject({ operation: 'op1', base: 4 });
	});

	test('CR and half characters are made normal, and the editor is told [T-3]', () => {
		const { sync, editor } = tab('ab');
		editor.text = 'a\r\nb';
		sync.local([[1, 1, '\r\n']]);
		expect(sync.text).toBe('a\nb');
		expect(editor.text).toBe('a\nb');
	});

	test('what the engine refuses for good is taken back in the editor and handed out to keep [T-20]', () => {
		const { sync, editor, saved, type } = tab('hello');
		type([5, 5, ' not allowed']);
		type([0, 5, 'HELLO']);
		expect(sync.refused('op1')).toBe('HELLO not allowed');
		expect(editor.text).toBe('hello');
		expect(saved).toEqual([false, true]);
	});

	test('after an engine was lost: applied or not, nothing is typed twice or forgotten [T-21]', () => {
		for (const applied of [true, false]) {
			const { sync, sent, editor, type } = tab('hello');
			type([5, 5, ' one']);
			type([9, 9, ' two']);
			sync.lost();
			type([0, 0, '> ']);
			expect(sync.inDoubt).toBe('op1');
			const theirs = applied ? 'hello one (theirs)' : 'hello (theirs)';
			sync.reopened({ version: 900, text: theirs }, applied);
			expect(sent.at(-1)?.base).toBe(900);
			sync.answer(sent.at(-1)!.operation, { version: 901 });
			expect(sync.saved).toBe(true);
			expect(editor.text).toBe(sync.confirmedText);
			expect([...editor.text].sort().join('')).toBe([...'> hello one two (theirs)'].sort().join(''));
		}
	});

	test('cursors of others are shown where the text is that they stand in [T-4]', () => {
		const { sync, type } = tab('hello world');
		type([0, 0, '>> ']);
		type([3, 8, 'HI']);
		expect(sync.toEditor(6)).toBe(6);
		expect(sync.toConfirmed(6)).toBe(6);
		expect(sync.toEditor(11)).toBe(11);
		expect(sync.toConfirmed(0)).toBe(0);
	});
});

// ---------------------------------------------------------------------------------------------------------------------

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['RUNS'] ?? 2000);

function randomOf(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

const WORDS = ['a', 'bc', '😀', 'one two', '\n', '\n\n- item\n', 'ä'];

function someEdit(text: string, random: (below: number) => number): TextEdit {
	const edit: [number, number, string][] = [];
	let at = 0;
	for (let count = random(3) + 1; count > 0 && at <= text.length; count--) {
		const from = at + random(text.length - at + 1);
		const to = Math.min(text.length, from + (random(2) ? random(5) : 0));
		edit.push([from, to, random(4) ? WORDS[random(WORDS.length)]! : '']);
		at = to + 1;
	}
	return edit;
}

test(`edits: two of one text, each after the other, give one text [T-22] (seed ${SEED}, ${RUNS} runs)`, () => {
	for (let run = 0; run < RUNS; run++) {
		const random = randomOf(SEED + run);
		const text = Array.from({ length: random(20) }, () => 'xyz \n'[random(5)]).join('');
		const [a, b] = [someEdit(text, random), someEdit(text, random)];
		const [opsA, opsB] = [toOps(a, text.length), toOps(b, text.length)];
		expect(applyEdit(text, fromOps(opsA)), `SEED=${SEED + run}`).toBe(applyEdit(text, a));
		const [overA, overB] = transform(opsA, opsB);
		const one = applyEdit(applyEdit(text, a), fromOps(overB));
		expect(applyEdit(applyEdit(text, b), fromOps(overA)), `SEED=${SEED + run}`).toBe(one);
		expect(applyEdit(text, fromOps(compose(opsA, overB))), `SEED=${SEED + run}`).toBe(one);
		for (let at = 0; at <= text.length; at++) {
			const moved = mapPosition(at, a);
			expect(moved).toBeGreaterThanOrEqual(0);
			expect(moved).toBeLessThanOrEqual(mapPosition(at, a, true));
			expect(mapPosition(at, a, true)).toBeLessThanOrEqual(applyEdit(text, a).length);
		}
	}
});

test(`a diff leads from one text to the other and cuts no character [T-22] (seed ${SEED}, ${RUNS} runs)`, () => {
	for (let run = 0; run < RUNS; run++) {
		const random = randomOf(SEED + run);
		const words = (): string => Array.from({ length: random(30) }, () => WORDS[random(WORDS.length)]).join('');
		const [before, after] = [words(), words()];
		const edit = textDiff(before, after);
		expect(applyEdit(before, edit), `SEED=${SEED + run}`).toBe(after);
		for (const [from, to, put] of edit) {
			for (const piece of [before.slice(0, from), before.slice(from, to), put]) {
				expect(/\p{Surrogate}/u.test(piece), `SEED=${SEED + run}`).toBe(false);
			}
		}
	}
});

test('a diff of large texts stays small and quick: lines first, then characters [T-22]', () => {
	const lines = Array.from({ length: 2000 }, (_, line) => `Line ${line} with some words in it.\n`);
	const before = lines.join('');
	const after = lines.map((line, index) => (index % 100 === 50 ? line.replace('some', 'SOME') : line)).join('');
	const edit = textDiff(before, after);
	expect(applyEdit(before, edit)).toBe(after);
	expect(edit.length).toBeGreaterThanOrEqual(20);
	expect(edit.reduce((sum, [from, to]) => sum + to - from, 0)).toBe(80);
	const reversed = [...before.repeat(8)].reverse().join('');
	expect(applyEdit(before, textDiff(before, reversed))).toBe(reversed);
});
