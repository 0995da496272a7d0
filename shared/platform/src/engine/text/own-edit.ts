/**
 * What an edit of this device may be: what other devices accept by R10, and what leaves the text normal.
 */

import { PlatformError } from '../../protocol/errors.ts';
import { checkEdit, cutsPair, lengthAfter, type TextEdit, type TextRef } from '../../protocol/text-edit.ts';
import { textDiff } from '../../protocol/text-diff.ts';
import { TEXT_LIMITS } from './check.ts';

export function checkOwnEdit(ref: TextRef, text: string, edit: TextEdit): void {
	const place = { table: ref.table, column: ref.column, scope: ref.scope };
	try {
		checkEdit(edit, text.length);
	} catch (error) {
		throw new PlatformError('TEXT_EDIT', (error as Error).message, place);
	}
	if (edit.length > TEXT_LIMITS.changes || lengthAfter(edit, text.length) > TEXT_LIMITS.text) throw tooLarge(ref);
	if (edit.some(([from, to]) => cutsPair(text, from) || cutsPair(text, to))) {
		throw new PlatformError('TEXT_EDIT', 'An edit cuts a character in two.', place);
	}
}

export function tooLarge(ref: TextRef): PlatformError {
	const place = { table: ref.table, column: ref.column, scope: ref.scope };
	return new PlatformError('TEXT_TOO_LARGE', `${ref.table}.${ref.column} would be longer than 1 MiB.`, place);
}

/** A diff of too many pieces replaces everything between the first and the last: others accept only so many structs. */
export function boundedDiff(before: string, after: string): TextEdit {
	const edit = textDiff(before, after);
	if (edit.length <= TEXT_LIMITS.changes) return edit;
	const [from] = edit[0] as TextEdit[number];
	const [, to] = edit.at(-1) as TextEdit[number];
	return [[from, to, after.slice(from, after.length - (before.length - to))]];
}
