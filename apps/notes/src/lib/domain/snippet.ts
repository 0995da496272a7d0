/**
 * The few words around a match, with the match marked.
 *
 * The index keeps no text (schema.sql says why), so this looks for the terms again, folded as the index folds
 * them, and takes the window in which the most different terms begin a word.
 */

import { fold } from './fold.ts';

export interface Piece {
	text: string;
	hit: boolean;
}

const WINDOW = 150;
const LEAD = 36;
const WORD = /[\p{L}\p{N}\p{Co}]/u;

interface Hit {
	from: number;
	to: number;
	term: number;
}

/**
 * `text` as plain words; `terms` as typed. The pieces joined are one line of at most about 160 characters.
 * No match: the beginning of the text, unmarked.
 */
export function snippetOf(text: string, terms: readonly string[]): Piece[] {
	const hits = hitsIn(text, terms);
	const first = hits[0];
	if (first === undefined) return text === '' ? [] : [{ text: tail(text, 0, WINDOW), hit: false }];

	let best = first;
	let bestCount = 0;
	let right = 0;
	for (const [left, hit] of hits.entries()) {
		right = Math.max(right, left);
		while (right + 1 < hits.length && (hits[right + 1]?.to ?? 0) <= hit.from + WINDOW - LEAD) right += 1;
		const count = new Set(hits.slice(left, right + 1).map((h) => h.term)).size;
		if (count > bestCount) {
			best = hit;
			bestCount = count;
		}
	}
	const start = wordStart(text, best.from - LEAD, best.from);
	const end = Math.min(text.length, Math.max(start + WINDOW, best.to));
	return mark(text, start, end, hits);
}

/** All of `text`, with the terms marked: for titles. */
export function marked(text: string, terms: readonly string[]): Piece[] {
	return mark(text, 0, text.length, hitsIn(text, terms));
}

function hitsIn(text: string, terms: readonly string[]): Hit[] {
	const folded = fold(text);
	const hits: Hit[] = [];
	for (const [term, typed] of terms.entries()) {
		const needle = fold(typed.trim()).text;
		if (needle === '') continue;
		for (let i = folded.text.indexOf(needle); i >= 0 && hits.length < 400; i = folded.text.indexOf(needle, i + 1)) {
			if (i > 0 && WORD.test(needle.charAt(0)) && WORD.test(folded.text.charAt(i - 1))) continue;
			hits.push({ from: folded.at[i] ?? 0, to: folded.at[i + needle.length] ?? text.length, term });
		}
	}
	return hits.sort((a, b) => a.from - b.from || b.to - a.to);
}

function mark(text: string, start: number, end: number, hits: readonly Hit[]): Piece[] {
	const pieces: Piece[] = [];
	let position = start;
	const push = (piece: string, hit: boolean) => {
		const line = piece.replace(/\s+/g, ' ');
		if (line !== '') pieces.push({ text: line, hit });
	};
	if (start > 0) pieces.push({ text: '…', hit: false });
	for (const hit of hits) {
		if (hit.to > end) break;
		if (hit.from < position) continue;
		push(text.slice(position, hit.from), false);
		push(text.slice(hit.from, hit.to), true);
		position = hit.to;
	}
	push(tail(text, position, end), false);
	return pieces;
}

function wordStart(text: string, wanted: number, latest: number): number {
	if (wanted <= 0) return 0;
	const space = text.slice(wanted, latest).search(/\s/);
	if (space >= 0) return wanted + space + 1;
	return /[\uDC00-\uDFFF]/.test(text.charAt(wanted)) ? wanted + 1 : wanted;
}

function tail(text: string, from: number, to: number): string {
	if (to >= text.length) return text.slice(from).trimEnd();
	const end = /[\uD800-\uDBFF]/.test(text.charAt(to - 1)) ? to - 1 : to;
	return text.slice(from, end).trimEnd() + '…';
}
