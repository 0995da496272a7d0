/** Opening links: Ctrl/Cmd-click, or a plain click where the text cannot be edited. */

import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/** Only what leads to a page, a mail or a call. Notes come from other people: no `javascript:`, no `data:`. */
const SAFE = /^(?:https?:\/\/|mailto:|tel:)/i;

/** The address that a link at `position` leads to, or undefined. */
export function linkAt(state: EditorState, position: number): string | undefined {
	let node: ReturnType<ReturnType<typeof syntaxTree>['resolveInner']> | null = syntaxTree(state).resolveInner(
		position,
		-1
	);
	for (; node; node = node.parent) {
		if (node.name === 'URL') return safe(state.sliceDoc(node.from, node.to));
		if (node.name === 'Link' || node.name === 'Autolink') {
			const url = node.getChild('URL');
			return url ? safe(state.sliceDoc(url.from, url.to)) : undefined;
		}
	}
	return undefined;
}

function safe(written: string): string | undefined {
	const address = written.replace(/^<|>$/g, '');
	const full = /^www\./i.test(address) ? `https://${address}` : address;
	return SAFE.test(full) ? full : undefined;
}

export const links = EditorView.domEventHandlers({
	mousedown(event, view) {
		if (event.button !== 0 || !(event.ctrlKey || event.metaKey || view.state.readOnly)) return false;
		const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
		const address = position === null ? undefined : linkAt(view.state, position);
		if (address === undefined) return false;
		event.preventDefault();
		window.open(address, '_blank', 'noopener,noreferrer');
		return true;
	}
});
