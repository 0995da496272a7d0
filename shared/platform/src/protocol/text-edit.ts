/**
 * Edits of a text: the form in which tabs, the engine and editors speak of changes to one REALTIME_TEXT value.
 *
 * A `TextEdit` is a list of `[from, to, insert]`: replace what stands between `from` and `to` by `insert`. Positions
 * are UTF-16 units of the text BEFORE the edit (as in CodeMirror's `iterChanges`), ascending, not overlapping.
 *
 * Texts are normal: line ends are LF alone, there is no NUL, no lone surrogate, and no edit cuts a surrogate pair
 * in two. CodeMirror counts CRLF as one position and Yjs as two, so one CR would shift every later offset.
 *
 * Inside, an edit is a list of operations over the whole text (`Ops`): a number above zero keeps that many units, one
 * below zero deletes them, a string inserts. At one place the insertion stands before the deletion, which is what
 * makes `transform` satisfy: apply(apply(t, a), b') = apply(apply(t, b), a').
 */

/** `[from, to, insert]` in UTF-16 units of the text before the edit. */
export type TextChange = readonly [from: number, to: number, insert: string];
export type TextEdit = readonly TextChange[];

/** Names one text: the column of a row. */
export interface TextRef {
	readonly table: string;
	readonly scope: string;
	readonly id: string;
	readonly column: string;
}

export interface TextSnapshot {
	/** Counts edits. Unique to one loading of the text: a version of an earlier engine is never mistaken for one of this. */
	readonly version: number;
	readonly text: string;
}

/**
 * What the engine answers to an edit. `version` alone: it is applied and on disk. Stale: nothing was applied, the text
 * has moved on; either every edit since `base` (the last one leads to `version`), or the whole text if it is too far back.
 */
export type TextAnswer =
	| { readonly version: number; readonly stale?: false }
	| { readonly version: number; readonly stale: true; readonly edits: readonly TextEdit[] }
	| { readonly version: number; readonly stale: true; readonly text: string };

/**
 * What observers of a text are told. Each edit raises the version by one. `reset`: the text was loaded anew (a
 * transaction was rolled back), versions known before mean nothing any more.
 */
export type TextEvent =
	| {
			readonly version: number;
			readonly edit: TextEdit;
			/** Who made it, as in live queries: a tab's id, 'device', or the hex identity of another person. */
			readonly origin?: string;
			/** The operation id that the editing tab gave, if a tab made it. */
			readonly operation?: string;
			readonly reset?: false;
	  }
	| { readonly version: number; readonly reset: true; readonly text: string };

export type Ops = readonly (number | string)[];

/** With the u flag a pair is one character: only a half without the other matches. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** LF alone, no NUL, no lone surrogates. Returns the same string if it is normal already. */
export function normalText(text: string): string {
	const clean = /[\r\0]/.test(text) ? text.replace(/\r\n?/g, '\n').replace(/\0/g, '\ufffd') : text;
	return LONE_SURROGATE.test(clean) ? clean.replace(/\p{Surrogate}/gu, '\ufffd') : clean;
}

export function isNormalText(text: string): boolean {
	return !/[\r\0]/.test(text) && !LONE_SURROGATE.test(text);
}

/** Is `at` between the two halves of a surrogate pair? */
export function cutsPair(text: string, at: number): boolean {
	if (at <= 0 || at >= text.length) return false;
	const before = text.charCodeAt(at - 1);
	if (before < 0xd800 || before > 0xdbff) return false;
	const after = text.charCodeAt(at);
	return after >= 0xdc00 && after <= 0xdfff;
}

/** Throws RangeError where an edit does not fit a text of this length: order, overlap, bounds, whole numbers. */
export function checkEdit(edit: TextEdit, length: number): void {
	let last = 0;
	for (const [from, to, insert] of edit) {
		if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || typeof insert !== 'string') {
			throw new RangeError('An edit is a list of [from, to, insert].');
		}
		if (from < last || to < from || to > length) {
			throw new RangeError(`Change ${from}-${to} is out of order or outside a text of length ${length}.`);
		}
		last = to;
	}
}

export function applyEdit(text: string, edit: TextEdit): string {
	checkEdit(edit, text.length);
	let out = '';
	let at = 0;
	for (const [from, to, insert] of edit) {
		out += text.slice(at, from) + insert;
		at = to;
	}
	return out + text.slice(at);
}

/** The length of the text after the edit. */
export function lengthAfter(edit: TextEdit, length: number): number {
	let after = length;
	for (const [from, to, insert] of edit) after += insert.length - (to - from);
	return after;
}

/**
 * Where a position of the old text is in the new one. What is inserted exactly there goes before it with `after`
 * (the position moves right), else behind it.
 */
export function mapPosition(position: number, edit: TextEdit, after = false): number {
	let shift = 0;
	for (const [from, to, insert] of edit) {
		if (from > position || (from === position && !after)) break;
		if (to > position) return from + shift + (after ? insert.length : 0);
		shift += insert.length - (to - from);
	}
	return position + shift;
}

// ---------------------------------------------------------------------------------------------------------------------
// Operations

function push(ops: (number | string)[], op: number | string): void {
	if (op === 0 || op === '') return;
	const last = ops.at(-1);
	if (typeof op === 'number') {
		if (typeof last === 'number' && last > 0 === op > 0) ops[ops.length - 1] = last + op;
		else ops.push(op);
	} else if (typeof last === 'string') {
		ops[ops.length - 1] = last + op;
	} else if (typeof last === 'number' && last < 0) {
		// The insertion goes before the deletion at the same place.
		const beforeLast = ops.at(-2);
		if (typeof beforeLast === 'string') ops[ops.length - 2] = beforeLast + op;
		else ops.splice(ops.length - 1, 0, op);
	} else {
		ops.push(op);
	}
}

export function toOps(edit: TextEdit, length: number): Ops {
	const ops: (number | string)[] = [];
	let at = 0;
	for (const [from, to, insert] of edit) {
		push(ops, from - at);
		push(ops, insert);
		push(ops, from - to);
		at = to;
	}
	push(ops, length - at);
	return ops;
}

export function fromOps(ops: Ops): TextEdit {
	const edit: [number, number, string][] = [];
	let at = 0;
	let open: [number, number, string] | undefined;
	for (const op of ops) {
		if (typeof op === 'number' && op > 0) {
			at += op;
			open = undefined;
			continue;
		}
		if (!open) edit.push((open = [at, at, '']));
		if (typeof op === 'string') open[2] += op;
		else open[1] = at -= op;
	}
	return edit;
}

export function isNoOp(ops: Ops): boolean {
	return ops.every((op) => typeof op === 'number' && op > 0);
}

/** Walks two lists of operations that lie over the same text, in pieces that end together. */
class Cursor {
	readonly #ops: Ops;
	#next = 0;
	current: number | string | undefined;

	constructor(ops: Ops) {
		this.#ops = ops;
		this.advance();
	}

	advance(): void {
		this.current = this.#ops[this.#next++];
	}

	/** Takes `count` units from the front of the current operation. */
	take(count: number): void {
		const op = this.current as number | string;
		const left = typeof op === 'string' ? op.slice(count) : op > 0 ? op - count : op + count;
		if (left === 0 || left === '') this.advance();
		else this.current = left;
	}
}

const sizeOf = (op: number | string): number => (typeof op === 'string' ? op.length : Math.abs(op));

/** First `a`, then `b` (which lies over the text that `a` leaves), as one. */
export function compose(a: Ops, b: Ops): Ops {
	const out: (number | string)[] = [];
	const one = new Cursor(a);
	const two = new Cursor(b);
	while (one.current !== undefined || two.current !== undefined) {
		const x = one.current;
		const y = two.current;
		if (typeof x === 'number' && x < 0) {
			push(out, x);
			one.advance();
		} else if (typeof y === 'string') {
			push(out, y);
			two.advance();
		} else if (x === undefined || y === undefined) {
			throw new RangeError('The two edits do not follow each other.');
		} else {
			const size = Math.min(sizeOf(x), sizeOf(y));
			if (typeof x === 'string') {
				if (y > 0) push(out, x.slice(0, size));
			} else {
				push(out, y > 0 ? size : -size);
			}
			one.take(size);
			two.take(size);
		}
	}
	return out;
}

/**
 * Two edits of the same text, each as it is after the other. Where both insert at one place, `first` stands before
 * `second`. Returns `[first over second, second over first]`.
 */
export function transform(first: Ops, second: Ops): [Ops, Ops] {
	const firstOver: (number | string)[] = [];
	const secondOver: (number | string)[] = [];
	const one = new Cursor(first);
	const two = new Cursor(second);
	while (one.current !== undefined || two.current !== undefined) {
		const x = one.current;
		const y = two.current;
		if (typeof x === 'string') {
			push(firstOver, x);
			push(secondOver, x.length);
			one.advance();
		} else if (typeof y === 'string') {
			push(firstOver, y.length);
			push(secondOver, y);
			two.advance();
		} else if (x === undefined || y === undefined) {
			throw new RangeError('The two edits are of texts of different length.');
		} else {
			const size = Math.min(Math.abs(x), Math.abs(y));
			if (x > 0 && y > 0) {
				push(firstOver, size);
				push(secondOver, size);
			} else if (x < 0 && y > 0) {
				push(firstOver, -size);
			} else if (x > 0 && y < 0) {
				push(secondOver, -size);
			}
			one.take(size);
			two.take(size);
		}
	}
	return [firstOver, secondOver];
}
