/**
 * By which a row of a bank statement is known again: in the next file that has it, in a file of another format, and on
 * the device of somebody who imported the same statement at the same time. A row has a set of keys, made from what the
 * file says alone; equal rows of two replicas get equal keys without asking each other.
 *
 *   id    what the bank calls the row, with its date and amount: banks give one id to a payment and its fee, and
 *         begin to count anew in the next file
 *   text  date, amount and words, and which of those that are the same in all of this it is
 *
 * A key is `yyyymmdd.` and 22 letters: `i` or `t`, and 126 bits of SHA-256. It holds no account: keys are compared
 * within one account only. The first key of a row names the transaction that is made of it.
 */

import { contentId } from '@slf/platform';
import type { Entry } from './statement.ts';

export interface RowKeys {
	/** Of `id`, if the bank names the row. */
	readonly id: string | undefined;
	/** The n-th of the rows that are alike, from 1. */
	readonly occurrence: number;
	/**
	 * An earlier row of the file is this very row: the bank named both the same, and nothing in the file says that it
	 * gives one name to several.
	 */
	readonly repeats: number | undefined;
}

/** Ids that name nothing, as banks write them. */
const NO_ID = /^(?:0*|none|nonref|null|n\/?a|notprovided|-+)$/i;

/** Keys of all rows that one file has for one account, in order of the file. */
export function keysOf(entries: readonly Entry[]): RowKeys[] {
	const contents = new Map<string, Set<string>>();
	for (const entry of entries) {
		const id = idOf(entry);
		if (id !== undefined) contents.set(id, (contents.get(id) ?? new Set<string>()).add(alike(entry)));
	}
	const first = new Map<string, number>();
	const ids = new Map<string, number>();
	const texts = new Map<string, number>();
	return entries.map((entry, index) => {
		const id = idOf(entry);
		// An id that the file gives to different rows says nothing about two that are alike.
		const isName = id !== undefined && contents.get(id)!.size === 1;
		const repeats = isName ? first.get(id) : undefined;
		if (isName && repeats === undefined) first.set(id, index);
		return {
			id: id === undefined ? undefined : idKey(entry, id, next(ids, JSON.stringify([id, ...moneyOf(entry)]))),
			occurrence: next(texts, alike(entry)),
			repeats
		};
	});
}

/** The key of the n-th row with these words, from 1. */
export function textKey(entry: Entry, occurrence: number): string {
	return key(entry, 't', ['text', ...moneyOf(entry), entry.text, occurrence]);
}

export function isIdKey(text: string): boolean {
	return text[9] === 'i';
}

/** The same for rows that only their place among the like tells apart. */
export function alike(entry: Entry): string {
	return JSON.stringify([...moneyOf(entry), entry.text]);
}

function idKey(entry: Entry, id: string, occurrence: number): string {
	return key(entry, 'i', ['id', ...moneyOf(entry), id, occurrence]);
}

function key({ date }: Entry, kind: 'i' | 't', values: (string | number)[]): string {
	return `${date}.${kind}${contentId(values).slice(2, 23)}`;
}

function idOf({ bankId }: Entry): string | undefined {
	return bankId === undefined || NO_ID.test(bankId) ? undefined : bankId;
}

function moneyOf({ date, minor, currency }: Entry): [number, number, string] {
	return [date, minor, currency];
}

function next(counts: Map<string, number>, of: string): number {
	const count = (counts.get(of) ?? 0) + 1;
	counts.set(of, count);
	return count;
}
