/**
 * Takes text edits from tabs and makes each a sealed transaction, a few milliseconds later.
 *
 * The first edit after a pause waits 5 ms, so that it is on its way to others almost at once; while somebody types on,
 * edits wait until 50 ms after the one before. What is typed in between is composed into one edit by the tab
 * (client/text-sync.ts has one in flight), so a burst of keys becomes one batch.
 *
 * An answer is given when the edit is on disk. The readable column follows after 300 ms without edits, a second at the
 * latest; at once where a live query shows it, as long as that takes no more than a tenth of the time: writing a long
 * text and its index costs some milliseconds.
 */

import type { TextAnswer, TextEdit, TextRef } from '../protocol/text-edit.ts';
import type { EngineReplica } from './engine-replica.ts';
import type { After, Turns } from './turns.ts';

const FIRST_WAIT = 5;
const BURST_WAIT = 50;
/** Pause after which texts are written into their columns, in ms. */
export const MATERIALISE_AFTER = 300;
/** Text is in its column after this time even if somebody types on, in ms. */
const MATERIALISE_BY = 1000;
/** Share of the time that columns of texts on show may cost: one part in this many. */
const SHARE = 10;
const EDITORS_KEPT = 1000;

export interface DeskEdit {
	ref: TextRef;
	editor: string;
	op: string;
	edit: TextEdit;
	base: number;
}

interface Waiting extends DeskEdit {
	resolve: (answer: TextAnswer) => void;
	reject: (error: unknown) => void;
}

export class TextDesk {
	readonly #replica: EngineReplica;
	readonly #turns: Turns;
	readonly #after: After;
	readonly #clock: () => number;
	/** The last operation of each editor that is in the text. */
	readonly #lastOperation = new Map<string, string>();
	#waiting: Waiting[] = [];
	#stopTimer: (() => void) | undefined;
	#stopIdle: (() => void) | undefined;
	#stopLatest: (() => void) | undefined;
	#stopAwaited: (() => void) | undefined;
	/** Columns on show are not written before. */
	#notBefore = -Infinity;
	#lastSeal = -Infinity;

	constructor(replica: EngineReplica, turns: Turns, after: After, clock: () => number) {
		this.#replica = replica;
		this.#turns = turns;
		this.#after = after;
		this.#clock = clock;
	}

	edit(edit: DeskEdit): Promise<TextAnswer> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ ...edit, resolve, reject });
			const sinceSeal = this.#clock() - this.#lastSeal;
			const wait = Math.min(BURST_WAIT, Math.max(FIRST_WAIT, BURST_WAIT - sinceSeal));
			this.#stopTimer ??= this.#after(wait, () => void this.seal());
		});
	}

	/** The last operation of `editor` that the text contains, of those seen here. */
	lastOperationOf(editor: string): string | undefined {
		return this.#lastOperation.get(editor);
	}

	/** Makes everything that waits durable now. */
	async seal(): Promise<void> {
		this.#stopTimer?.();
		this.#stopTimer = undefined;
		const waiting = this.#waiting;
		this.#waiting = [];
		if (waiting.length === 0) return;
		await this.#turns
			.run(() => {
				for (const edit of waiting) this.#make(edit);
				this.#lastSeal = this.#clock();
			})
			.catch((error) => {
				for (const { reject } of waiting) reject(error);
			});
		this.changed();
	}

	/** Texts changed, here or from outside: their columns follow when it is quiet. */
	changed(): void {
		this.#stopIdle?.();
		this.#stopIdle = this.#after(MATERIALISE_AFTER, () => void this.materialise());
		this.#stopLatest ??= this.#after(MATERIALISE_BY, () => void this.materialise());
		if (this.#stopAwaited || !this.#replica.isTextAwaited()) return;
		this.#stopAwaited = this.#after(Math.max(0, this.#notBefore - this.#clock()), () => void this.materialise());
	}

	async materialise(): Promise<void> {
		this.#stopTimers();
		// What cannot be written now (a full disk) is written before the next statement that reads it, or at the next start.
		await this.#turns
			.run(() => {
				const start = this.#clock();
				this.#replica.materialise();
				const end = this.#clock();
				this.#notBefore = end + SHARE * (end - start);
			})
			.catch(() => {});
	}

	stop(): void {
		this.#stopTimer?.();
		this.#stopTimers();
	}

	#stopTimers(): void {
		this.#stopIdle?.();
		this.#stopLatest?.();
		this.#stopAwaited?.();
		this.#stopIdle = this.#stopLatest = this.#stopAwaited = undefined;
	}

	#make({ ref, editor, op, edit, base, resolve, reject }: Waiting): void {
		try {
			const answer = this.#replica.editText(ref, edit, base, { op, origin: `tab:${editor}` });
			if (!answer.stale) this.#remember(editor, op);
			resolve(answer);
		} catch (error) {
			reject(error);
		}
	}

	/** Kept also while an editor's stream is closed for being behind: it comes back and asks. */
	#remember(editor: string, op: string): void {
		this.#lastOperation.delete(editor);
		this.#lastOperation.set(editor, op);
		if (this.#lastOperation.size <= EDITORS_KEPT) return;
		const [oldest] = this.#lastOperation.keys();
		this.#lastOperation.delete(oldest!);
	}
}
