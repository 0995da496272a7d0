/**
 * The smallest edit that leads from one text to another, as far as it can be found in bounded time.
 *
 * What both begin and end with is left out. The rest is compared character by character if it is short, else line by
 * line, and each hunk of lines that is short enough again by character. Beyond that a hunk is replaced whole: the
 * diff is quadratic where texts have nothing in common (measured: 24-57 ms for 2 kB), and a text is up to 1 MB.
 * Surrogate pairs are never cut.
 */

import diff from 'fast-diff';
import type { TextEdit } from './text-edit.ts';

/** Sum of both sides, in UTF-16 units, up to which characters are compared. */
const MAX_CHARACTERS = 4000;
/** Sum of both sides, in lines, up to which lines are compared. */
const MAX_LINES = 6000;

/** `[kind, text]` with kind -1 delete, 0 keep, 1 insert. */
type Hunk = [kind: number, text: string];

export function textDiff(before: string, after: string): TextEdit {
	if (before === after) return [];
	const start = commonStart(before, after);
	const end = commonEnd(before, after, start);
	const gone = before.slice(start, before.length - end);
	const come = after.slice(start, after.length - end);
	return editFrom(hunksOf(gone, come), start);
}

function hunksOf(gone: string, come: string): Hunk[] {
	if (gone === '' || come === '') return replace(gone, come);
	if (gone.length + come.length <= MAX_CHARACTERS) return byCharacter(gone, come);
	return byLine(gone, come);
}

function replace(gone: string, come: string): Hunk[] {
	return [
		[-1, gone],
		[1, come]
	];
}

function byCharacter(gone: string, come: string): Hunk[] {
	// In pairs the diff sees halves that many characters share, and then repairs what it cut: larger edits than needed.
	const isPlain = !/[\ud800-\udfff]/.test(gone + come);
	if (isPlain) return diff(gone, come) as Hunk[];
	const pieces = new Pieces(/[^]/gu);
	return diff(pieces.encode(gone), pieces.encode(come)).map(([kind, text]) => [kind, pieces.decode(text)]);
}

function byLine(gone: string, come: string): Hunk[] {
	const lines = new Pieces(/[^\n]*\n|[^\n]+$/g);
	const goneLines = lines.encode(gone);
	const comeLines = lines.encode(come);
	if (!lines.fit || goneLines.length + comeLines.length > MAX_LINES) return replace(gone, come);

	const hunks: Hunk[] = [];
	let deleted = '';
	let inserted = '';
	const refine = (): void => {
		if (deleted && inserted && deleted.length + inserted.length <= MAX_CHARACTERS) {
			hunks.push(...byCharacter(deleted, inserted));
		} else {
			hunks.push(...replace(deleted, inserted));
		}
		deleted = inserted = '';
	};
	for (const [kind, encoded] of diff(goneLines, comeLines)) {
		const text = lines.decode(encoded);
		if (kind < 0) deleted += text;
		else if (kind > 0) inserted += text;
		else {
			refine();
			hunks.push([0, text]);
		}
	}
	refine();
	return hunks;
}

/** Each distinct piece of a text (a line, a character) becomes one UTF-16 unit, so that the diff is one of pieces. */
class Pieces {
	readonly #pattern: RegExp;
	readonly #pieces: string[] = [];
	readonly #numbers = new Map<string, number>();

	constructor(pattern: RegExp) {
		this.#pattern = pattern;
	}

	/** Units from U+D800 on are surrogates, which the diff keeps together in pairs. */
	get fit(): boolean {
		return this.#pieces.length < 0xd7ff;
	}

	encode(text: string): string {
		let out = '';
		for (const piece of text.match(this.#pattern) ?? []) {
			let number = this.#numbers.get(piece);
			if (number === undefined) {
				number = this.#pieces.push(piece);
				this.#numbers.set(piece, number);
			}
			out += String.fromCharCode(number);
		}
		return out;
	}

	decode(encoded: string): string {
		let text = '';
		for (let index = 0; index < encoded.length; index++) text += this.#pieces[encoded.charCodeAt(index) - 1];
		return text;
	}
}

function editFrom(hunks: readonly Hunk[], start: number): TextEdit {
	const edit: [number, number, string][] = [];
	let at = start;
	let open: [number, number, string] | undefined;
	for (const [kind, text] of hunks) {
		if (text === '') continue;
		if (kind === 0) {
			at += text.length;
			open = undefined;
			continue;
		}
		if (!open) edit.push((open = [at, at, '']));
		if (kind > 0) open[2] += text;
		else open[1] = at += text.length;
	}
	return edit;
}

function commonStart(a: string, b: string): number {
	const most = Math.min(a.length, b.length);
	let at = 0;
	while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at++;
	return at > 0 && isHigh(a.charCodeAt(at - 1)) ? at - 1 : at;
}

function commonEnd(a: string, b: string, start: number): number {
	const most = Math.min(a.length, b.length) - start;
	let size = 0;
	while (size < most && a.charCodeAt(a.length - 1 - size) === b.charCodeAt(b.length - 1 - size)) size++;
	return size > 0 && isLow(a.charCodeAt(a.length - size)) ? size - 1 : size;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
