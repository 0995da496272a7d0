/**
 * How the editor looks. CodeMirror lives in a shadow root, since only there its styles come from constructed sheets,
 * which the Content-Security-Policy allows; the suite's tokens reach it because custom properties are inherited.
 */

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const people = Object.fromEntries(
	[1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`.cm-person-${n}`, { '--person': `var(--person-${n})` }])
);

const theme = EditorView.theme({
	'&': { height: '100%', color: 'var(--text)', backgroundColor: 'transparent', fontSize: 'var(--size-reading)' },
	'&.cm-focused': { outline: 'none' },
	'.cm-scroller': {
		fontFamily: 'var(--font)',
		lineHeight: 'var(--leading-reading)',
		overflowX: 'hidden',
		overscrollBehavior: 'contain'
	},
	'.cm-content': {
		boxSizing: 'border-box',
		width: '100%',
		maxWidth: 'calc(var(--measure) + 2 * var(--space-6))',
		margin: '0 auto',
		padding: 'var(--space-4) var(--space-6) 40vh',
		caretColor: 'var(--accent-text)'
	},
	'.cm-line': { padding: '0', textAlign: 'start', overflowWrap: 'anywhere' },
	'.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--accent-text)', borderLeftWidth: '2px' },
	'.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
		background: 'var(--accent-mark)'
	},
	'.cm-placeholder': { color: 'var(--text-faint)' },

	'.cm-title': {
		fontSize: 'var(--size-large)',
		fontWeight: 'var(--weight-strong)',
		lineHeight: '1.3',
		letterSpacing: '-0.012em',
		paddingBottom: 'var(--space-2)'
	},
	'.cm-heading': { fontWeight: 'var(--weight-strong)', lineHeight: '1.35', paddingTop: 'var(--space-3)' },
	'.cm-title.cm-heading': { paddingTop: '0' },
	'.cm-heading-1:not(.cm-title)': { fontSize: '1.4rem' },
	'.cm-heading-2:not(.cm-title)': { fontSize: 'var(--size-title)' },
	'.cm-quote': {
		paddingInlineStart: 'var(--space-4)',
		borderInlineStart: '3px solid var(--line)',
		color: 'var(--text-quiet)'
	},
	'.cm-code-line': {
		paddingInline: 'var(--space-3)',
		background: 'var(--surface-list)',
		fontFamily: 'var(--font-mono)',
		fontSize: 'var(--size-base)'
	},
	'.cm-done': {
		color: 'var(--text-faint)',
		textDecoration: 'line-through',
		textDecorationColor: 'var(--line-control)'
	},
	'.cm-bullet': { color: 'var(--text-faint)' },
	'.cm-task': {
		width: '1.05em',
		height: '1.05em',
		margin: '0 0.5em 0 0',
		verticalAlign: '-0.16em',
		accentColor: 'var(--accent)'
	},

	'.cm-other': {
		position: 'relative',
		borderInlineStart: '2px solid var(--person)',
		marginInline: '-1px',
		pointerEvents: 'none'
	},
	'.cm-other-name': {
		position: 'absolute',
		insetBlockEnd: '100%',
		insetInlineStart: '-2px',
		padding: '0 var(--space-1)',
		borderRadius: '4px 4px 4px 0',
		background: 'var(--person)',
		color: 'var(--text-on-strong)',
		font: 'var(--weight-medium) var(--size-tiny) / 1.4 var(--font)',
		letterSpacing: 'normal',
		whiteSpace: 'nowrap',
		textDecoration: 'none'
	},
	'.cm-title:first-child .cm-other-name': { insetBlock: '100% auto', borderRadius: '0 4px 4px 4px' },
	'.cm-other-selection': { background: 'color-mix(in oklch, var(--person) 24%, transparent)' },
	...people,

	'.cm-panels': { background: 'var(--surface-list)', color: 'var(--text)', borderColor: 'var(--line)' },
	'.cm-panels .cm-textfield, .cm-panels .cm-button': {
		border: '1px solid var(--line-control)',
		borderRadius: 'var(--radius-small)',
		background: 'var(--surface-page)',
		color: 'var(--text)',
		fontSize: 'var(--size-small)'
	},
	'.cm-searchMatch': { background: 'var(--accent-mark)' },
	'.cm-searchMatch-selected': { outline: '2px solid var(--focus)' },

	'@media (max-width: 719px)': {
		'.cm-content': { padding: 'var(--space-2) var(--space-4) 50vh' }
	}
});

const highlight = HighlightStyle.define([
	{ tag: tags.strong, fontWeight: 'var(--weight-strong)' },
	{ tag: tags.emphasis, fontStyle: 'italic' },
	{ tag: tags.strikethrough, textDecoration: 'line-through' },
	{ tag: tags.monospace, fontFamily: 'var(--font-mono)', fontSize: '0.92em' },
	{
		tag: [tags.link, tags.url],
		color: 'var(--accent-text)',
		textDecoration: 'underline',
		textUnderlineOffset: '0.15em'
	},
	// The marks themselves: there, but quiet.
	{
		tag: [tags.processingInstruction, tags.contentSeparator, tags.meta],
		color: 'var(--text-faint)',
		fontWeight: '400'
	},
	{ tag: tags.quote, color: 'var(--text-quiet)' }
]);

export const look = [theme, syntaxHighlighting(highlight)];
