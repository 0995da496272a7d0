/**
 * The lines of what people write down: an expense, a transfer, a split, a meal that one paid for three. And back: what a
 * list of lines is to somebody who looks at one account.
 *
 * All amounts are seen from the account: negative is spent. The other side has the opposite sign, so the lines sum to
 * zero by construction.
 */

import { allocate, hashText, type Part } from './allocate.ts';
import type { Day } from './dates.ts';
import { MOST_ORDER, OPENING, type AccountId, type Content, type Line, type Share } from './revision.ts';

const PERSON = 'person:';
/** The account of a person: what they put in or took out. */
export const personAccount = (person: string): AccountId => PERSON + person;
/** Whose account it is; undefined for any other. */
export const personOf = (account: AccountId): string | undefined =>
	account.startsWith(PERSON) ? account.slice(PERSON.length) : undefined;

export interface LineOptions {
	memo?: string;
	cleared?: boolean;
	shares?: readonly Share[];
}

export function lineOf(account: AccountId, minor: number, currency: string, options: LineOptions = {}): Line {
	const { memo = '', cleared = false, shares = [] } = options;
	return { account, minor: minor + 0, currency, weight: minor + 0, memo, cleared, shares };
}

/** One account and one category. */
export function simpleLines(account: AccountId, minor: number, currency: string, category: AccountId): Line[] {
	return [lineOf(account, minor, currency), lineOf(category, -minor, currency)];
}

export interface SplitPart {
	category: AccountId;
	/** As the account sees it. */
	minor: number;
	memo?: string;
}

/** One account and several categories; the account's amount is the sum of the parts. */
export function splitLines(account: AccountId, currency: string, parts: readonly SplitPart[]): Line[] {
	const total = parts.reduce((sum, { minor }) => sum + minor, 0);
	const others = parts.map(({ category, minor, memo = '' }) => lineOf(category, -minor, currency, { memo }));
	return [lineOf(account, total, currency), ...others];
}

export interface Transfer {
	from: AccountId;
	to: AccountId;
	/** What leaves `from`, above zero. */
	minor: number;
	currency: string;
	/** What arrives, where `to` is in another currency. */
	received?: { minor: number; currency: string };
}

/** Two accounts, one transaction: no half of it can go missing. */
export function transferLines({ from, to, minor, currency, received }: Transfer): Line[] {
	const arrives =
		received === undefined || received.currency === currency
			? lineOf(to, minor, currency)
			: { ...lineOf(to, received.minor, received.currency), weight: minor };
	return [lineOf(from, -minor, currency), arrives];
}

/** What an account held when it was taken up. */
export function openingLines(account: AccountId, minor: number, currency: string): Line[] {
	return simpleLines(account, minor, currency, OPENING);
}

export interface SharedExpense {
	/** Who paid how much, above zero: the account of a person. */
	paid: readonly { person: string; minor: number }[];
	currency: string;
	category: AccountId;
	/** Who it was for, by weight. */
	parts: readonly Part[];
	memo?: string;
	/** Settles who gets the odd units: the transaction's id. */
	seed: string;
}

/** An expense that people paid out of their own pockets, and who owes how much of it. */
export function sharedLines({ paid, currency, category, parts, memo = '', seed }: SharedExpense): Line[] {
	const total = paid.reduce((sum, { minor }) => sum + minor, 0);
	const minors = allocate(total, parts, seed);
	const shares = parts.map(({ id, weight }, index) => ({ person: id, minor: minors[index]!, weight }));
	return [
		...paid.map(({ person, minor }) => lineOf(personAccount(person), -minor, currency)),
		lineOf(category, total, currency, { memo, shares })
	];
}

/** One person pays another back. */
export function settlementLines(from: string, to: string, minor: number, currency: string): Line[] {
	return [lineOf(personAccount(from), -minor, currency), lineOf(personAccount(to), minor, currency)];
}

/** A transaction with nothing but what must be there. */
export function contentOf(needed: Pick<Content, 'date' | 'currency' | 'lines'>, more: Partial<Content> = {}): Content {
	return { order: 0, payee: null, note: '', tags: [], link: null, keys: [], deleted: false, ...needed, ...more };
}

const HALF_DAY = (MOST_ORDER + 1) / 2;

/** Place within its day of what is written down now: behind all that came from statements, in the order of the clock. */
export function orderNow(now: Date): number {
	const seconds = now.getHours() * 3600 + now.getMinutes() * 60 + now.getSeconds();
	return HALF_DAY + seconds * 4 + Math.floor(now.getMilliseconds() / 250);
}

/** Place within its day of a row of a statement: `position` among that day's rows, from 0. */
export function orderOfRow(position: number, account: AccountId): number {
	const lanes = 64;
	return Math.min(position, HALF_DAY / lanes - 1) * lanes + (hashText(account) % lanes);
}

/** What somebody sees who looks at one account (or, without one, at the transaction): the other side of it. */
export type OtherSide =
	/** One other line: a category, or an account where it is a transfer. */
	{ kind: 'one'; account: AccountId; line: Line } | { kind: 'split'; lines: readonly Line[] };

export function otherSide(lines: readonly Line[], account: AccountId): OtherSide {
	const others = lines.filter((line) => line.account !== account);
	const [only] = others;
	if (only !== undefined && others.length === 1) return { kind: 'one', account: only.account, line: only };
	return { kind: 'split', lines: others };
}

/** How a form would show a transaction. Lines that fit no form are shown as they are. */
export type Shape =
	| { kind: 'simple'; account: AccountId; minor: number; currency: string; category: AccountId }
	| { kind: 'transfer'; transfer: Transfer }
	| { kind: 'split'; account: AccountId; currency: string; parts: readonly SplitPart[] }
	| { kind: 'lines' };

/** @param isAccount whether an id is an account of the ledger, not a category */
export function shapeOf(lines: readonly Line[], isAccount: (id: AccountId) => boolean): Shape {
	const [account, ...moreAccounts] = lines.filter((line) => isAccount(line.account));
	const others = lines.filter((line) => !isAccount(line.account));
	const plain = lines.every((line) => line.currency === account?.currency && line.shares.length === 0);
	const [second] = moreAccounts;
	if (account && second && lines.length === 2) {
		const [from, to] = account.minor <= 0 ? [account, second] : [second, account];
		if (from.minor > 0 || to.minor < 0) return { kind: 'lines' };
		const base = { from: from.account, to: to.account, minor: -from.minor + 0, currency: from.currency };
		const crosses = from.currency !== to.currency;
		return {
			kind: 'transfer',
			transfer: crosses ? { ...base, received: { minor: to.minor, currency: to.currency } } : base
		};
	}
	if (!account || second || !plain) return { kind: 'lines' };
	const [only] = others;
	if (only && others.length === 1)
		return {
			kind: 'simple',
			account: account.account,
			minor: account.minor,
			currency: account.currency,
			category: only.account
		};
	const parts = others.map(({ account: category, minor, memo }) => ({ category, minor: -minor + 0, memo }));
	return { kind: 'split', account: account.account, currency: account.currency, parts };
}

/** The same transaction another time: for schedules, copies and suggestions. */
export function again(content: Content, date: Day, order: number): Content {
	const lines = content.lines.map((line) => ({ ...line, cleared: false }));
	return { ...content, date, order, lines, keys: [], link: null, deleted: false };
}
