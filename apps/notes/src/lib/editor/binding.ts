/**
 * CodeMirror on a text of the platform.
 *
 * What the person types goes to the handle, transaction by transaction; what others write comes back as
 * transactions marked remote. The handle keeps the text of this editor, unconfirmed words included, so both sides
 * always speak of the same text and nothing is rebased here.
 *
 * - Undo is the person's own: remote transactions stay out of the history, which maps itself over them.
 * - Words that came from elsewhere never scroll the page or move the own selection more than mapping does.
 * - During an input method's composition the same path holds: CodeMirror keeps the composed node while other places
 *   change, and the composed text arrives in its own transactions.
 */

import { Transaction, type ChangeSpec, type TransactionSpec } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import type { TextChange, TextHandle } from '@slf/platform';

export interface BindingPorts {
	/** The person changed the text; `text` reads it. */
	typed(text: () => string): void;
	/** Everything typed is durable (true), or something is on its way (false). */
	saved(saved: boolean): void;
	/** The engine refused words for good. They were taken out of the text again; `lost` is the text with them. */
	refused(error: unknown, lost: string): void;
}

export class Binding {
	readonly #handle: TextHandle;
	readonly #ports: BindingPorts;
	#view: EditorView | undefined;
	#underway = 0;
	#stop: (() => void) | undefined;

	constructor(handle: TextHandle, ports: BindingPorts) {
		this.#handle = handle;
		this.#ports = ports;
	}

	attach(view: EditorView): void {
		this.#view = view;
		this.#stop = this.#handle.observe((update) => {
			if (!update.own && update.changes.length > 0) this.#take(update.changes);
		});
		// The text may have moved on between the state's creation and now.
		if (view.state.doc.toString() !== this.#handle.text) {
			this.#dispatch({ changes: { from: 0, to: view.state.doc.length, insert: this.#handle.text } });
		}
	}

	/** For `EditorView`'s `dispatchTransactions`: the screen first, then the engine. */
	readonly dispatch = (transactions: readonly Transaction[], view: EditorView): void => {
		view.update(transactions);
		for (const transaction of transactions) {
			if (transaction.docChanged && transaction.annotation(Transaction.remote) !== true) this.#send(transaction);
		}
	};

	detach(): void {
		this.#stop?.();
		this.#view = undefined;
	}

	#send(transaction: Transaction): void {
		const changes: TextChange[] = [];
		transaction.changes.iterChanges((from, to, _fromB, _toB, insert) => {
			changes.push([from, to, insert.toString()]);
		});
		this.#underway += 1;
		if (this.#underway === 1) this.#ports.saved(false);
		const before = transaction.newDoc;
		this.#handle.edit(changes, this.#handle.version).then(
			(outcome) => {
				this.#settled();
				if (!outcome.ok) this.#ports.refused(new Error('stale'), before.toString());
			},
			(error: unknown) => {
				this.#settled();
				this.#ports.refused(error, before.toString());
			}
		);
		this.#ports.typed(() => this.#handle.text);
	}

	#settled(): void {
		this.#underway -= 1;
		if (this.#underway === 0) this.#ports.saved(true);
	}

	#take(changes: readonly TextChange[]): void {
		this.#dispatch({ changes: changes.map(([from, to, insert]): ChangeSpec => ({ from, to, insert })) });
	}

	#dispatch(spec: TransactionSpec): void {
		this.#view?.dispatch({
			...spec,
			annotations: [Transaction.remote.of(true), Transaction.addToHistory.of(false)],
			scrollIntoView: false
		});
	}
}
