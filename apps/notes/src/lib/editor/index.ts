/**
 * The editor of a note: CodeMirror with Markdown, on a text of the platform. Its own chunk, fetched when the first
 * note opens; nothing else may import CodeMirror.
 */

import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
import { deleteMarkupBackward, insertNewlineContinueMarkup, markdownLanguage } from '@codemirror/lang-markdown';
import { indentUnit } from '@codemirror/language';
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, Prec, type StateCommand } from '@codemirror/state';
import { drawSelection, dropCursor, EditorView, keymap, placeholder } from '@codemirror/view';
import type { TextCursor, TextHandle } from '@slf/platform';
import { Binding, type BindingPorts } from './binding.ts';
import { presence } from './cursors.ts';
import { insertLink, nextHeading, toggleLines, toggleMark } from './formatting.ts';
import { links } from './links.ts';
import { livePreview } from './live-preview.ts';
import { look } from './theme.ts';

export type Format = 'heading' | 'bold' | 'italic' | 'list' | 'task' | 'quote' | 'link' | 'indent' | 'outdent';

export interface Editor {
	focus(where?: 'start' | 'end'): void;
	format(format: Format): void;
	find(): void;
	setReadOnly(readOnly: boolean): void;
	destroy(): void;
}

export interface EditorOptions extends BindingPorts {
	/** An empty element; gets a shadow root. */
	host: HTMLElement;
	handle: TextHandle;
	readOnly: boolean;
	/** The others who have this note open. */
	others(cursors: readonly TextCursor[]): void;
	/** Escape, when the editor has no other use for it. */
	leave(): void;
}

const formats: Record<Format, StateCommand> = {
	heading: nextHeading,
	bold: toggleMark('**'),
	italic: toggleMark('_'),
	list: toggleLines('- '),
	task: toggleLines('- [ ] '),
	quote: toggleLines('> '),
	link: insertLink,
	indent: indentMore,
	outdent: indentLess
};

/** Tab indents in a list and otherwise leaves the editor, so that nobody is caught in it. */
const indentInList =
	(command: StateCommand): StateCommand =>
	(target) => {
		const line = target.state.doc.lineAt(target.state.selection.main.head);
		return /^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(line.text) && command(target);
	};

export function openEditor(options: EditorOptions): Editor {
	const { host, handle } = options;
	const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
	const parent = document.createElement('div');
	parent.className = 'editor';
	root.replaceChildren(parent);
	adoptFrame(root);

	const binding = new Binding(handle, {
		typed: options.typed,
		refused: options.refused,
		saved(saved) {
			options.saved(saved);
			// Others can place a cursor only among words they have: behind the last key it is told once more.
			if (saved && view.hasFocus) {
				const { anchor, head } = view.state.selection.main;
				handle.setCursor({ anchor, head });
			}
		}
	});
	const frozen = new Compartment();
	const view = new EditorView({
		parent,
		root,
		dispatchTransactions: binding.dispatch,
		state: EditorState.create({
			doc: handle.text,
			extensions: [
				frozen.of(readOnlyAs(options.readOnly)),
				history(),
				drawSelection(),
				dropCursor(),
				indentUnit.of('  '),
				EditorView.lineWrapping,
				EditorView.perLineTextDirection.of(true),
				EditorView.contentAttributes.of({
					'aria-label': 'Note',
					autocapitalize: 'sentences',
					autocorrect: 'on',
					spellcheck: 'true'
				}),
				// Not `markdown()`, which brings the languages of HTML, CSS and JavaScript along: half of the whole editor.
				markdownLanguage,
				livePreview,
				links,
				search({ top: true }),
				highlightSelectionMatches(),
				placeholder('Write'),
				presence(handle, options.others),
				Prec.high(
					keymap.of([
						{ key: 'Enter', run: insertNewlineContinueMarkup },
						{ key: 'Backspace', run: deleteMarkupBackward },
						{ key: 'Tab', run: indentInList(indentMore), shift: indentInList(indentLess) },
						{ key: 'Mod-b', run: formats.bold },
						{ key: 'Mod-i', run: formats.italic },
						{ key: 'Mod-Shift-l', run: formats.list },
						{ key: 'Mod-Shift-x', run: formats.task },
						{ key: 'Mod-Shift-h', run: formats.heading }
					])
				),
				keymap.of([
					...searchKeymap,
					// Ctrl-K is the palette's everywhere.
					...defaultKeymap.filter((binding) => binding.key !== 'Ctrl-k' && binding.mac !== 'Ctrl-k'),
					...historyKeymap,
					{
						key: 'Escape',
						run: () => {
							options.leave();
							return true;
						}
					}
				]),
				look
			]
		})
	});
	binding.attach(view);

	return {
		focus(where) {
			if (where !== undefined) {
				const anchor = where === 'end' ? view.state.doc.length : 0;
				view.dispatch({ selection: { anchor }, scrollIntoView: true });
			}
			view.focus();
		},
		format(format) {
			formats[format](view);
			view.focus();
		},
		find() {
			openSearchPanel(view);
		},
		setReadOnly(readOnly) {
			view.dispatch({ effects: frozen.reconfigure(readOnlyAs(readOnly)) });
		},
		destroy() {
			binding.detach();
			view.destroy();
		}
	};
}

function readOnlyAs(readOnly: boolean) {
	// Still focusable, so that a reader can select, copy and scroll with the keys.
	return [
		EditorState.readOnly.of(readOnly),
		EditorView.contentAttributes.of(readOnly ? { 'aria-readonly': 'true' } : {})
	];
}

/** The frame around CodeMirror: a shadow root takes no rules from the page. */
function adoptFrame(root: ShadowRoot): void {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(':host { display: block; } .editor { height: 100%; }');
	root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
