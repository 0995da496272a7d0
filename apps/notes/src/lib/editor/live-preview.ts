/**
 * Markdown that looks like what it means while it stays text: the marks are hidden on every line the selection does
 * not touch, tasks are boxes to tick, the first line is the title.
 *
 * Only decorations: the text is never other than what the person sees when they go to the line.
 */

import { syntaxTree } from '@codemirror/language';
import type { EditorState, Range } from '@codemirror/state';
import {
	Decoration,
	ViewPlugin,
	WidgetType,
	type DecorationSet,
	type EditorView,
	type ViewUpdate
} from '@codemirror/view';

type SyntaxNode = ReturnType<ReturnType<typeof syntaxTree>['resolveInner']>;

const hidden = Decoration.replace({});
const autoDirection = Decoration.line({ attributes: { dir: 'auto' } });
const title = Decoration.line({ class: 'cm-title' });
const headings = [1, 2, 3, 4, 5, 6].map((level) => Decoration.line({ class: `cm-heading cm-heading-${level}` }));
const quote = Decoration.line({ class: 'cm-quote' });
const code = Decoration.line({ class: 'cm-code-line' });
const doneTask = Decoration.line({ class: 'cm-done' });

class TaskBox extends WidgetType {
	readonly done: boolean;
	readonly frozen: boolean;

	constructor(done: boolean, frozen: boolean) {
		super();
		this.done = done;
		this.frozen = frozen;
	}

	override eq(other: TaskBox): boolean {
		return other.done === this.done && other.frozen === this.frozen;
	}

	toDOM(view: EditorView): HTMLElement {
		const box = document.createElement('input');
		box.type = 'checkbox';
		box.className = 'cm-task';
		box.checked = this.done;
		box.disabled = this.frozen;
		box.setAttribute('aria-label', this.done ? 'Done' : 'To do');
		box.addEventListener('mousedown', (event) => event.preventDefault());
		box.addEventListener('click', (event) => {
			event.preventDefault();
			toggleTaskAt(view, view.posAtDOM(box));
		});
		return box;
	}

	override ignoreEvent(): boolean {
		return true;
	}
}

class Bullet extends WidgetType {
	override eq(): boolean {
		return true;
	}

	toDOM(): HTMLElement {
		const bullet = document.createElement('span');
		bullet.className = 'cm-bullet';
		bullet.textContent = '•';
		return bullet;
	}
}

const bullet = Decoration.replace({ widget: new Bullet() });

/** Ticks or unticks the task whose `[ ]` begins at `position`. One character changes, so two people may tick at once. */
export function toggleTaskAt(view: EditorView, position: number): boolean {
	if (view.state.readOnly) return false;
	const marker = view.state.sliceDoc(position, position + 3);
	if (!/^\[[ xX]\]$/.test(marker)) return false;
	view.dispatch({
		changes: { from: position + 1, to: position + 2, insert: marker === '[ ]' ? 'x' : ' ' },
		userEvent: 'input.task'
	});
	return true;
}

const HIDDEN_MARKS = new Set(['EmphasisMark', 'StrikethroughMark', 'CodeMark']);

function decorate(view: EditorView): DecorationSet {
	const { state } = view;
	const ranges: Range<Decoration>[] = [];
	const touched = touchedLines(view);
	const lineTouched = (position: number) => touched.has(state.doc.lineAt(position).number);

	for (const { from, to } of view.visibleRanges) {
		for (let at = from; at <= to;) {
			const line = state.doc.lineAt(at);
			ranges.push(autoDirection.range(line.from));
			if (line.number === 1) ranges.push(title.range(line.from));
			at = line.to + 1;
		}
		syntaxTree(state).iterate({
			from,
			to,
			enter: (node) => {
				const heading = /^ATXHeading([1-6])$/.exec(node.name);
				if (heading) {
					const line = headings[Number(heading[1]) - 1];
					if (line) ranges.push(line.range(state.doc.lineAt(node.from).from));
				} else if (node.name === 'HeaderMark') {
					if (!lineTouched(node.from)) hideWithSpace(state, ranges, node.from, node.to);
				} else if (node.name === 'Blockquote' || node.name === 'FencedCode' || node.name === 'CodeBlock') {
					const line = node.name === 'Blockquote' ? quote : code;
					eachLine(state, Math.max(node.from, from), Math.min(node.to, to), (start) => ranges.push(line.range(start)));
				} else if (node.name === 'QuoteMark') {
					if (!lineTouched(node.from)) hideWithSpace(state, ranges, node.from, node.to);
				} else if (node.name === 'TaskMarker') {
					const done = state.sliceDoc(node.from, node.to) !== '[ ]';
					if (done) ranges.push(doneTask.range(state.doc.lineAt(node.from).from));
					ranges.push(Decoration.replace({ widget: new TaskBox(done, state.readOnly) }).range(node.from, node.to));
				} else if (node.name === 'ListMark') {
					const task = node.node.parent?.getChild('Task');
					if (task) hideWithSpace(state, ranges, node.from, node.to);
					else if (!lineTouched(node.from) && /^[-*+]$/.test(state.sliceDoc(node.from, node.to))) {
						ranges.push(bullet.range(node.from, node.to));
					}
				} else if (HIDDEN_MARKS.has(node.name)) {
					if (node.node.parent?.name !== 'FencedCode' && !lineTouched(node.from))
						ranges.push(hidden.range(node.from, node.to));
				} else if (node.name === 'Link') {
					if (!lineTouched(node.from)) hideLinkMarks(node.node, ranges);
				}
			}
		});
	}
	return Decoration.set(ranges, true);
}

/** In `[text](url)` everything but `text`. */
function hideLinkMarks(link: SyntaxNode, ranges: Range<Decoration>[]): void {
	const marks = link.getChildren('LinkMark');
	const [open, close] = marks;
	if (!open || !close || !link.getChild('URL') || close.from <= open.to) return;
	ranges.push(hidden.range(open.from, open.to), hidden.range(close.from, link.to));
}

function hideWithSpace(state: EditorState, ranges: Range<Decoration>[], from: number, to: number): void {
	const end = state.sliceDoc(to, to + 1) === ' ' ? to + 1 : to;
	if (end > from) ranges.push(hidden.range(from, end));
}

function eachLine(state: EditorState, from: number, to: number, visit: (start: number) => void): void {
	for (let at = from; at <= to;) {
		const line = state.doc.lineAt(at);
		visit(line.from);
		at = line.to + 1;
	}
}

/** The lines on which the marks show: where the selection is, as long as somebody could be editing there. */
function touchedLines(view: EditorView): Set<number> {
	const lines = new Set<number>();
	if (!view.hasFocus || view.state.readOnly) return lines;
	for (const range of view.state.selection.ranges) {
		const first = view.state.doc.lineAt(range.from).number;
		const last = view.state.doc.lineAt(range.to).number;
		for (let line = first; line <= last; line++) lines.add(line);
	}
	return lines;
}

export const livePreview = ViewPlugin.fromClass(
	class {
		decorations: DecorationSet;

		constructor(view: EditorView) {
			this.decorations = decorate(view);
		}

		update(update: ViewUpdate) {
			// Hiding or showing marks under a composition would tear out the node that the input method holds.
			if (update.view.composing && !update.viewportChanged) {
				this.decorations = this.decorations.map(update.changes);
				return;
			}
			if (
				update.docChanged ||
				update.selectionSet ||
				update.viewportChanged ||
				update.focusChanged ||
				syntaxTree(update.startState) !== syntaxTree(update.state)
			) {
				this.decorations = decorate(update.view);
			}
		}
	},
	{ decorations: (plugin) => plugin.decorations }
);
