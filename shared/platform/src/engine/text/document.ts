/**
 * One text in memory: its Yjs document, its version, and the edits that led there.
 *
 * The document may be ahead of the database only while a transaction is open. When that is rolled back the document
 * is thrown away and loaded again: Yjs cannot take a struct back, and later structs would lean on a ghost for ever.
 *
 * Yjs gives a document a new client id by itself when it sees structs of its own client arrive, which is what loading
 * does. So the client id is set after loading.
 */

import * as Y from 'yjs';
import type { TextAnswer, TextEdit, TextRef } from '../../protocol/text-edit.ts';
import { ROOT, type UpdateShape } from './check.ts';

/** Edits kept for tabs that are behind; one further back is given the whole text. */
const HISTORY = 1000;
const HISTORY_UNITS = 2 ** 18;

export interface Step {
	readonly edit: TextEdit;
	readonly origin?: string | undefined;
	readonly operation?: string | undefined;
}

/** An update that leans on what is not here yet. In the order of arrival. */
export interface HeldUpdate {
	readonly seq: number;
	readonly client: number;
	readonly update: Uint8Array;
	readonly shape: UpdateShape;
}

export interface Stored {
	/** The document's number in slf_text_docs. */
	readonly doc: number;
	readonly state: Uint8Array | null;
	readonly tail: readonly Uint8Array[];
	readonly held: HeldUpdate[];
	/** The first free place in the document's log. */
	readonly nextSeq: number;
}

export class TextDocument {
	readonly ref: TextRef;
	/** Its number in slf_text_docs; 0 until it has one. */
	doc: number;
	readonly held: HeldUpdate[];
	nextSeq: number;
	/** Rows in the log that the snapshot does not cover. */
	tail: number;
	version: number;
	readonly #yjs: Y.Doc;
	readonly #text: Y.Text;
	#history: Step[] = [];
	#historyUnits = 0;
	#made: Uint8Array | null = null;
	#delta: TextEdit = [];

	constructor(ref: TextRef, stored: Stored, version: number) {
		this.ref = ref;
		this.doc = stored.doc;
		this.held = stored.held;
		this.nextSeq = stored.nextSeq;
		this.tail = stored.tail.length;
		this.version = version;
		this.#yjs = new Y.Doc();
		this.#text = this.#yjs.getText(ROOT);
		this.#yjs.transact(() => {
			if (stored.state) Y.applyUpdate(this.#yjs, stored.state);
			for (const update of stored.tail) Y.applyUpdate(this.#yjs, update);
		});
		this.#text.observe((event) => (this.#delta = editOf(event.delta as Delta)));
		this.#yjs.on('update', (update: Uint8Array) => (this.#made = update));
	}

	toString(): string {
		return this.#text.toString();
	}

	get length(): number {
		return this.#text.length;
	}

	/** Makes an edit as `client`. Returns the Yjs update, or null if nothing changed. */
	edit(edit: TextEdit, client: number, step: Omit<Step, 'edit'> = {}): Uint8Array | null {
		this.#yjs.clientID = client;
		return this.#run(step, () =>
			this.#yjs.transact(() => {
				for (let index = edit.length - 1; index >= 0; index--) {
					const [from, to, insert] = edit[index] as TextEdit[number];
					if (to > from) this.#text.delete(from, to - from);
					if (insert) this.#text.insert(from, insert);
				}
			})
		);
	}

	/** Applies a checked update of another device. Returns false if it brought nothing new. */
	apply(update: Uint8Array, origin?: string): boolean {
		return this.#run({ origin }, () => Y.applyUpdate(this.#yjs, update)) !== null;
	}

	/** May it be applied now: nothing it leans on, and none of its own client's clocks before it, is missing? */
	isReady(client: number, shape: UpdateShape): boolean {
		if (shape.to > shape.from && Y.getState(this.#yjs.store, client) < shape.from) return false;
		for (const [of, clock] of shape.needs) {
			if (Y.getState(this.#yjs.store, of) < clock) return false;
		}
		return true;
	}

	/** The edits after `base`, or null if that is not a version of this loading or too far back. */
	since(base: number): TextAnswer {
		const behind = this.version - base;
		if (behind < 0 || behind > this.#history.length) {
			return { version: this.version, stale: true, text: this.toString() };
		}
		const edits = this.#history.slice(this.#history.length - behind).map((step) => step.edit);
		return { version: this.version, stale: true, edits };
	}

	/** The steps after `base`, for observers. They are read in the same commit, so none can be missing. */
	stepsSince(base: number): Step[] | null {
		const behind = this.version - base;
		return behind <= this.#history.length ? this.#history.slice(this.#history.length - behind) : null;
	}

	state(): Uint8Array {
		return Y.encodeStateAsUpdate(this.#yjs);
	}

	/** A place that moves with the text around it, as bytes for others. `after`: it clings to what follows it. */
	anchor(index: number, after: boolean): Uint8Array {
		const at = Y.createRelativePositionFromTypeIndex(this.#text, index, after ? 0 : -1);
		return Y.encodeRelativePosition(at);
	}

	/** Where an anchor is now; null if it is not of this text or what it clings to is not here. */
	resolve(anchor: Uint8Array): number | null {
		try {
			const at = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(anchor), this.#yjs);
			return at?.type === this.#text ? at.index : null;
		} catch {
			return null; // Bytes of another device: anything may be in them
		}
	}

	destroy(): void {
		this.#yjs.destroy();
	}

	#run(step: Omit<Step, 'edit'>, work: () => void): Uint8Array | null {
		this.#made = null;
		this.#delta = [];
		work();
		if (this.#made === null) return null;
		if (this.#delta.length > 0) this.#remember({ ...step, edit: this.#delta });
		return this.#made;
	}

	#remember(step: Step): void {
		this.version += 1;
		this.#history.push(step);
		this.#historyUnits += unitsOf(step);
		while (this.#history.length > HISTORY || (this.#historyUnits > HISTORY_UNITS && this.#history.length > 1)) {
			this.#historyUnits -= unitsOf(this.#history.shift() as Step);
		}
	}
}

const unitsOf = (step: Step): number => step.edit.reduce((sum, [, , insert]) => sum + insert.length + 1, 0);

type Delta = { retain?: number; delete?: number; insert?: string }[];

function editOf(delta: Delta): TextEdit {
	const edit: [number, number, string][] = [];
	let at = 0;
	let open: [number, number, string] | undefined;
	for (const { retain, delete: gone, insert } of delta) {
		if (retain) {
			at += retain;
			open = undefined;
			continue;
		}
		if (!open) edit.push((open = [at, at, '']));
		if (insert) open[2] += insert;
		if (gone) open[1] = at += gone;
	}
	return edit;
}
