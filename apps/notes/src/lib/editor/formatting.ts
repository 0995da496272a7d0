/** What the toolbar and the keys do to Markdown: put marks on, take them off again. */

import type { ChangeSpec, EditorState, StateCommand } from '@codemirror/state';
import { EditorSelection } from '@codemirror/state';

/** Puts `mark` around the selection, or takes it away when it is there. */
export function toggleMark(mark: string): StateCommand {
	return ({ state, dispatch }) => {
		if (state.readOnly) return false;
		const transaction = state.changeByRange((range) => {
			const { from, to } = range.empty ? (state.wordAt(range.from) ?? range) : range;
			const outside =
				state.sliceDoc(from - mark.length, from) === mark && state.sliceDoc(to, to + mark.length) === mark;
			if (outside) {
				return {
					changes: [
						{ from: from - mark.length, to: from },
						{ from: to, to: to + mark.length }
					],
					range: EditorSelection.range(range.anchor - mark.length, range.head - mark.length)
				};
			}
			const text = state.sliceDoc(from, to);
			if (text.length >= 2 * mark.length && text.startsWith(mark) && text.endsWith(mark)) {
				return {
					changes: [
						{ from, to: from + mark.length },
						{ from: to - mark.length, to }
					],
					range: EditorSelection.range(from, to - 2 * mark.length)
				};
			}
			return {
				changes: [
					{ from, insert: mark },
					{ from: to, insert: mark }
				],
				range: EditorSelection.range(range.anchor + mark.length, range.head + mark.length)
			};
		});
		dispatch(state.update(transaction, { userEvent: 'input.format', scrollIntoView: true }));
		return true;
	};
}

const LINE_START = /^(\s*)(?:#{1,6}\s+|(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?|>\s?)?/;

/** Makes the selected lines begin with `prefix` (`# `, `- `, `- [ ] `, `> `), or plain when they all do already. */
export function toggleLines(prefix: string): StateCommand {
	return ({ state, dispatch }) => {
		if (state.readOnly) return false;
		const lines = selectedLines(state);
		const filled = lines.length > 1 ? lines.filter((line) => line.text.trim() !== '') : lines;
		const all = filled.every((line) => line.text.trimStart().startsWith(prefix) && startOf(line.text) === prefix);
		const changes: ChangeSpec[] = filled.map((line) => {
			const match = LINE_START.exec(line.text);
			const indent = match?.[1]?.length ?? 0;
			return { from: line.from + indent, to: line.from + (match?.[0].length ?? 0), insert: all ? '' : prefix };
		});
		dispatch(state.update({ changes, userEvent: 'input.format', scrollIntoView: true }));
		return true;
	};
}

/** Plain, `# `, `## `, `### `, plain again. */
export const nextHeading: StateCommand = (target) => {
	const [line] = selectedLines(target.state);
	const level = /^(#{1,6})\s/.exec(line?.text ?? '')?.[1]?.length ?? 0;
	return toggleLines('#'.repeat(level >= 3 ? level : level + 1) + ' ')(target);
};

/** Makes a link of the selection and puts the cursor where the address goes. */
export const insertLink: StateCommand = ({ state, dispatch }) => {
	if (state.readOnly) return false;
	const { from, to } = state.selection.main;
	const text = state.sliceDoc(from, to);
	const isAddress = /^https?:\/\/\S+$/.test(text);
	const insert = isAddress ? `[](${text})` : `[${text}]()`;
	const cursor = isAddress ? from + 1 : from + insert.length - 1;
	dispatch(
		state.update({
			changes: { from, to, insert },
			selection: { anchor: cursor },
			userEvent: 'input.format',
			scrollIntoView: true
		})
	);
	return true;
};

function selectedLines(state: EditorState) {
	const numbers = new Set<number>();
	for (const range of state.selection.ranges) {
		const last = state.doc.lineAt(range.to).number;
		for (let line = state.doc.lineAt(range.from).number; line <= last; line++) numbers.add(line);
	}
	return [...numbers].map((number) => state.doc.line(number));
}

function startOf(text: string): string {
	const match = LINE_START.exec(text);
	return match ? match[0].slice(match[1]?.length ?? 0) : '';
}
