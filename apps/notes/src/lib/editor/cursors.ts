/** Where the others are: a caret in their colour with their name, and their selection behind the text. */

import { StateEffect, StateField, type Extension, type Range } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import type { TextCursor, TextHandle } from '@slf/platform';
import { colourOf } from '@slf/suite/domain';

const setCursors = StateEffect.define<readonly TextCursor[]>();

class Caret extends WidgetType {
	readonly name: string;
	readonly colour: number;

	constructor(name: string, colour: number) {
		super();
		this.name = name;
		this.colour = colour;
	}

	override eq(other: Caret): boolean {
		return other.name === this.name && other.colour === this.colour;
	}

	toDOM(): HTMLElement {
		const caret = document.createElement('span');
		caret.className = `cm-other cm-person-${this.colour}`;
		caret.setAttribute('aria-hidden', 'true');
		const flag = document.createElement('span');
		flag.className = 'cm-other-name';
		flag.textContent = this.name;
		// A zero-width joiner on both sides keeps the caret from allowing a line break inside a word.
		caret.append('\u2060', flag, '\u2060');
		return caret;
	}

	override ignoreEvent(): boolean {
		return true;
	}
}

const field = StateField.define<DecorationSet>({
	create: () => Decoration.none,
	update(decorations, transaction) {
		let next = decorations.map(transaction.changes);
		for (const effect of transaction.effects) {
			if (effect.is(setCursors)) next = decorationsOf(effect.value, transaction.newDoc.length);
		}
		return next;
	},
	provide: (f) => EditorView.decorations.from(f)
});

function decorationsOf(cursors: readonly TextCursor[], length: number): DecorationSet {
	const ranges: Range<Decoration>[] = [];
	for (const cursor of cursors) {
		const colour = colourOf(cursor.identity);
		const head = Math.min(cursor.head, length);
		const anchor = Math.min(cursor.anchor, length);
		const [from, to] = anchor < head ? [anchor, head] : [head, anchor];
		if (from < to) ranges.push(Decoration.mark({ class: `cm-other-selection cm-person-${colour}` }).range(from, to));
		const name = cursor.own ? 'You, elsewhere' : cursor.name || 'Somebody';
		ranges.push(Decoration.widget({ widget: new Caret(name, colour), side: 1 }).range(head));
	}
	return Decoration.set(ranges, true);
}

/** Shows the others' cursors and tells them the own one, while the editor has the focus. */
export function presence(handle: TextHandle, others: (cursors: readonly TextCursor[]) => void): Extension {
	const plugin = ViewPlugin.fromClass(
		class {
			readonly #view: EditorView;
			readonly #stop: () => void;
			#cursors: readonly TextCursor[] = [];
			#waiting = false;
			#telling = false;

			constructor(view: EditorView) {
				this.#view = view;
				this.#stop = handle.cursors((cursors) => {
					// The handle tells after every key; with nobody else here there is nothing to draw.
					if (cursors.length === 0 && this.#cursors.length === 0) return;
					this.#cursors = cursors;
					this.#show();
				});
			}

			update(update: ViewUpdate) {
				if (!update.selectionSet && !update.focusChanged && !update.docChanged) return;
				if (update.view.hasFocus) {
					this.#telling = true;
					// After the transaction has reached the handle: these are positions in the text after it.
					queueMicrotask(() => {
						const { anchor, head } = this.#view.state.selection.main;
						if (this.#telling) handle.setCursor({ anchor, head });
					});
				} else if (this.#telling) {
					this.#telling = false;
					handle.setCursor(null);
				}
			}

			destroy() {
				this.#stop();
				this.#waiting = true;
				if (this.#telling) handle.setCursor(null);
				this.#telling = false;
			}

			/** Once the present update is through: the handle may call in the middle of one. */
			#show() {
				if (this.#waiting) return;
				this.#waiting = true;
				queueMicrotask(() => {
					if (!this.#view.dom.isConnected) return;
					this.#waiting = false;
					this.#view.dispatch({ effects: setCursors.of(this.#cursors) });
					others(this.#cursors);
				});
			}
		}
	);
	return [field, plugin];
}
