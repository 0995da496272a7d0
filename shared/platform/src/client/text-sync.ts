/**
 * The tab's half of a REALTIME_TEXT value: what an editor shows, what the engine has confirmed, and how the two meet.
 *
 * The engine is the authority: it numbers the edits of a text, and an edit made on an older version is stale. A tab
 * therefore keeps
 *
 *     confirmed text --in flight--> --unsent--> text in the editor
 *
 * with at most one edit in flight, under an operation id, and everything typed since composed into one unsent edit.
 * An edit that comes from elsewhere lies over the confirmed text; it is carried over both and then handed to the
 * editor. Where both inserted at one place, the other's text stands first: that is where the engine has it.
 *
 * Invariants
 * - text = confirmed text, then in flight, then unsent, at every return from a method.
 * - Every typed character is confirmed exactly once. An edit is sent again only under the operation id it had, and
 *   only after the engine said stale; after an engine was lost, its successor is asked about that id first.
 *
 * No timers, no promises, no editor: calls go in, `ports` are called. Methods must not be called from within `ports`.
 */

import {
	applyEdit,
	checkEdit,
	compose,
	fromOps,
	isNoOp,
	mapPosition,
	normalText,
	toOps,
	transform,
	type Ops,
	type TextAnswer,
	type TextChange,
	type TextEdit,
	type TextEvent,
	type TextSnapshot
} from '../protocol/text-edit.ts';
import { textDiff } from '../protocol/text-diff.ts';

export type { TextAnswer, TextChange, TextEdit, TextEvent, TextSnapshot };

export interface TextSyncPorts {
	/** A new operation id: unique for ever, as for `exec`. */
	newOperation(): string;
	/** Hands an edit to the engine. Its fate comes back as `answer`, `refused` or `lost`; never from within this call. */
	send(request: { operation: string; base: number; edit: TextEdit }): void;
	/**
	 * An edit that the editor has to make: it lies over the text that the editor shows now. Do not give it back through
	 * `local`. `origin` says who made it, where that is known.
	 */
	remote(edit: TextEdit, origin?: string): void;
	/** True when nothing is unconfirmed any more, false with the first unconfirmed edit. */
	saved?(saved: boolean): void;
}

interface InFlight {
	readonly operation: string;
	ops: Ops;
	/** The engine said stale; it goes out again once the version in the answer is reached. */
	waitsFor?: number;
}

export class TextSync {
	readonly #ports: TextSyncPorts;
	#version: number;
	#confirmed: string;
	#text: string;
	#inFlight: InFlight | null = null;
	#unsent: Ops | null = null;
	#connected = true;
	#saved = true;

	constructor(snapshot: TextSnapshot, ports: TextSyncPorts) {
		this.#ports = ports;
		this.#version = snapshot.version;
		this.#confirmed = snapshot.text;
		this.#text = snapshot.text;
	}

	/** What the editor shows (or will, when `ports.remote` returns). */
	get text(): string {
		return this.#text;
	}

	/** The last version that is confirmed here. */
	get version(): number {
		return this.#version;
	}

	get confirmedText(): string {
		return this.#confirmed;
	}

	/** Everything typed is confirmed by the engine. */
	get saved(): boolean {
		return this.#inFlight === null && this.#unsent === null;
	}

	/** The operation whose fate is unknown: ask the new engine about it before `reopened`. */
	get inDoubt(): string | null {
		return this.#inFlight?.operation ?? null;
	}

	/**
	 * The editor changed its text so. CR and NUL and lone surrogates are made normal (see text-edit.ts); the editor is
	 * then told the correction through `ports.remote`.
	 */
	local(edit: TextEdit): void {
		checkEdit(edit, this.#text.length);
		const typed = applyEdit(this.#text, edit);
		const normal: TextEdit = edit.map(([from, to, insert]) => [from, to, normalText(insert)]);
		const ops = toOps(normal, this.#text.length);
		this.#text = applyEdit(this.#text, normal);
		if (!isNoOp(ops)) this.#unsent = this.#unsent ? compose(this.#unsent, ops) : ops;
		if (this.#text !== typed) this.#ports.remote(textDiff(typed, this.#text));
		this.#advance();
	}

	/** An event of the engine about this text, in the order in which they came. */
	receive(event: TextEvent): void {
		if (!this.#connected) return;
		if (event.reset) {
			this.#rebase(event);
		} else if (event.version > this.#version) {
			if (event.version !== this.#version + 1) {
				throw new RangeError(`Version ${event.version} came after ${this.#version}.`);
			}
			if (this.#inFlight && event.operation === this.#inFlight.operation) this.#confirm();
			else this.#over(event.edit, event.origin);
		}
		this.#advance();
	}

	/** The engine's answer to the edit in flight. One for another operation is old and means nothing. */
	answer(operation: string, answer: TextAnswer): void {
		const inFlight = this.#inFlight;
		if (!this.#connected || inFlight?.operation !== operation) return;
		if (!answer.stale) {
			// Else the engine knew the operation from before: only its event, or `reopened`, can say where it belongs.
			if (answer.version === this.#version + 1) this.#confirm();
		} else if ('text' in answer) {
			// Versions of one engine only grow, also over a reset: a smaller one was overtaken by events.
			if (answer.version > this.#version) this.#rebase(answer);
			inFlight.waitsFor = answer.version;
		} else {
			const first = answer.version - answer.edits.length;
			answer.edits.forEach((edit, index) => {
				if (first + index === this.#version) this.#over(edit);
			});
			inFlight.waitsFor = answer.version;
		}
		this.#advance();
	}

	/**
	 * The engine will never apply this (no right to write, too long). What is unconfirmed is taken back, in the editor
	 * too. Returns the text as it was before, for the person to keep.
	 */
	refused(operation: string): string | null {
		if (this.#inFlight?.operation !== operation) return null;
		const lost = this.#text;
		this.#inFlight = null;
		this.#unsent = null;
		this.#text = this.#confirmed;
		if (lost !== this.#text) this.#ports.remote(textDiff(lost, this.#text));
		this.#advance();
		return lost;
	}

	/** The engine is gone. Nothing is sent until `reopened`; typing goes on. */
	lost(): void {
		this.#connected = false;
	}

	/**
	 * An engine answers again. `applied`: it, or the one before, committed the operation `inDoubt`. What it has is
	 * compared with what was confirmed here; the unconfirmed rest is carried over the difference and sent again.
	 */
	reopened(snapshot: TextSnapshot, applied: boolean): void {
		if (this.#inFlight) {
			if (applied) {
				this.#confirmed = applyEdit(this.#confirmed, fromOps(this.#inFlight.ops));
			} else {
				this.#unsent = this.#unsent ? compose(this.#inFlight.ops, this.#unsent) : this.#inFlight.ops;
			}
			this.#inFlight = null;
		}
		this.#connected = true;
		this.#rebase(snapshot);
		this.#advance();
	}

	/** Where a position of the confirmed text (another's cursor) is in the editor. */
	toEditor(position: number): number {
		let at = position;
		if (this.#inFlight) at = mapPosition(at, fromOps(this.#inFlight.ops));
		if (this.#unsent) at = mapPosition(at, fromOps(this.#unsent));
		return at;
	}

	/** Where a position of the editor (the own cursor) is in the confirmed text. */
	toConfirmed(position: number): number {
		let at = position;
		if (this.#unsent) at = mapPosition(at, inverse(fromOps(this.#unsent)));
		if (this.#inFlight) at = mapPosition(at, inverse(fromOps(this.#inFlight.ops)));
		return Math.min(at, this.#confirmed.length);
	}

	/** The edit in flight is now part of the confirmed text. */
	#confirm(): void {
		const inFlight = this.#inFlight as InFlight;
		this.#confirmed = applyEdit(this.#confirmed, fromOps(inFlight.ops));
		this.#version += 1;
		this.#inFlight = null;
	}

	/** Another's edit goes under what is unconfirmed here. */
	#over(edit: TextEdit, origin?: string): void {
		const ops = toOps(edit, this.#confirmed.length);
		this.#confirmed = applyEdit(this.#confirmed, edit);
		this.#version += 1;
		this.#carry(ops, origin);
	}

	#carry(remote: Ops, origin?: string): void {
		let ops = remote;
		if (this.#inFlight) [ops, this.#inFlight.ops] = transform(ops, this.#inFlight.ops);
		if (this.#unsent) [ops, this.#unsent] = transform(ops, this.#unsent);
		const edit = fromOps(ops);
		if (edit.length === 0) return;
		this.#text = applyEdit(this.#text, edit);
		this.#ports.remote(edit, origin);
	}

	/** The confirmed text is another one now, and how it came about is not known: what differs counts as another's edit. */
	#rebase(snapshot: TextSnapshot): void {
		const edit = textDiff(this.#confirmed, snapshot.text);
		const ops = toOps(edit, this.#confirmed.length);
		this.#confirmed = snapshot.text;
		this.#version = snapshot.version;
		this.#carry(ops);
	}

	/** Sends what waits, if nothing is in flight. */
	#advance(): void {
		if (this.#unsent && isNoOp(this.#unsent)) this.#unsent = null;
		if (this.#connected) {
			const inFlight = this.#inFlight;
			if (inFlight?.waitsFor !== undefined && this.#version >= inFlight.waitsFor) {
				delete inFlight.waitsFor;
				this.#send(inFlight);
			} else if (!inFlight && this.#unsent) {
				this.#inFlight = { operation: this.#ports.newOperation(), ops: this.#unsent };
				this.#unsent = null;
				this.#send(this.#inFlight);
			}
		}
		if (this.#saved !== this.saved) {
			this.#saved = this.saved;
			this.#ports.saved?.(this.#saved);
		}
	}

	#send(inFlight: InFlight): void {
		this.#ports.send({ operation: inFlight.operation, base: this.#version, edit: fromOps(inFlight.ops) });
	}
}

/** The positions of an edit read backwards; what was deleted is not known and does not matter for positions. */
function inverse(edit: TextEdit): TextEdit {
	let shift = 0;
	return edit.map(([from, to, insert]) => {
		const at = from + shift;
		shift += insert.length - (to - from);
		return [at, at + insert.length, ' '.repeat(to - from)];
	});
}
