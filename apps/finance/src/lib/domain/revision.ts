/**
 * A revision: one whole version of a transaction, written once, in one cell. It arrives whole or not at all, so no merge
 * can mix the lines of two versions. What is edited is never a revision but the set of them (thread.ts).
 *
 * The cell is JSON, an array by position, so that no key can stand twice and mean two things to two readers; what is
 * null at the end is left off. Schema.sql reads the same positions.
 *
 *      0 date       yyyymmdd
 *      1 order      place within the day, 0 to 2^20 - 1
 *      2 currency   of the transaction: what the lines are weighed in
 *      3 lines      [account, minor, currency, weight, memo, cleared, shares]
 *      4 payee      id                      8 over     ids of revisions that its author had: it replaces them
 *      5 note       text                    9 keys     [account, key, ...]: rows of bank statements that it is
 *      6 tags       ids                    10 link     shared with the other half of a transfer between scopes
 *      7 thread     id of the transaction; 11 deleted  1
 *                   null: this revision's own id
 *
 * A line's `minor` is what its account gains, in minor units; categories gain what is spent and lose what is earned. A
 * line in another currency says what it weighs in the transaction's. The weights of a revision sum to zero, else it is
 * no revision: it is neither shown nor summed, here or in SQL. No author and no time are in it: the revision's id and
 * the log tell both.
 */

import { isDay, type Day } from './dates.ts';
import { isLineMinor, sumMinor, type Minor } from './money.ts';

/** An account or category id, or one of those that need no row. */
export type AccountId = string;

export const UNCATEGORISED = 'uncategorised';
export const OPENING = 'opening';
/** Where a transfer between two scopes leaves the one and enters the other. */
export const CLEARING = 'clearing';
/** Begins what stands in the sums for what a person owes; no line may write there. */
const OWES = 'owes:';

export interface Share {
	person: AccountId;
	minor: number;
	/** What the person chose: parts of a whole, not units of money. */
	weight: number;
}

export interface Line {
	account: AccountId;
	minor: number;
	currency: string;
	/** In the transaction's currency; equal to `minor` where that is the line's. */
	weight: number;
	memo: string;
	/** As it came from a bank. What people tick off stands in a table of its own. */
	cleared: boolean;
	/** Who owes this line; their amounts sum to it. */
	shares: readonly Share[];
}

export interface StatementKeys {
	account: AccountId;
	keys: readonly string[];
}

/** What a person means by a transaction. */
export interface Content {
	date: Day;
	order: number;
	currency: string;
	lines: readonly Line[];
	payee: string | null;
	note: string;
	tags: readonly string[];
	link: string | null;
	keys: readonly StatementKeys[];
	deleted: boolean;
}

export interface Revision {
	id: string;
	/** The transaction's id: the same in all its revisions. */
	thread: string;
	over: readonly string[];
	content: Content;
}

export const MOST_LINES = 200;
export const MOST_BYTES = 65_536;
export const MOST_ORDER = 2 ** 20 - 1;
/** Beyond this the oldest are left off; the revisions between name them. */
const MOST_OVER = 64;

/** Account ids of statements end here in the id of an imported transaction. */
const THREAD_SEPARATOR = '.';
/** Stands between transaction and account in the id of a mark (schema.sql), so a transaction's id has none. */
export const MARK_SEPARATOR = '@';

/** The id of the transaction that a statement's row is: the same wherever it is imported. */
export function threadOfKey(account: AccountId, key: string): string {
	return account + THREAD_SEPARATOR + key;
}

/** Whether this revision was made by an import and knows of no other. */
export function isImportRoot({ over, thread }: Pick<Revision, 'over' | 'thread'>): boolean {
	return over.length === 0 && thread.includes(THREAD_SEPARATOR);
}

/** The cell of a revision. `thread` undefined: the revision founds its transaction. */
export function encodeRevision(content: Content, thread?: string, over: readonly string[] = []): string {
	const { date, order, currency, payee, note, tags, link, keys, deleted } = content;
	const lines = content.lines.map((line) => encodeLine(line, currency));
	const body = [
		date,
		order,
		currency,
		lines,
		payee,
		note === '' ? null : note,
		tags.length > 0 ? tags : null,
		thread ?? null,
		over.length > 0 ? over.slice(-MOST_OVER) : null,
		keys.length > 0 ? keys.map(({ account, keys }) => [account, ...keys]) : null,
		link,
		deleted ? 1 : null
	];
	return JSON.stringify(trimmed(body));
}

function encodeLine({ account, minor, currency, weight, memo, cleared, shares }: Line, own: string): unknown[] {
	const foreign = currency !== own;
	return trimmed([
		account,
		minor,
		foreign ? currency : null,
		foreign ? weight : null,
		memo === '' ? null : memo,
		cleared ? 1 : null,
		shares.length > 0 ? shares.map((share) => [share.person, share.minor, share.weight]) : null
	]);
}

function trimmed(values: unknown[]): unknown[] {
	return values.slice(0, values.findLastIndex((value) => value !== null) + 1);
}

export type RevisionProblem = 'form' | 'date' | 'currency' | 'lines' | 'unbalanced' | 'shares' | 'too-large';

/** Reads a cell. A reason where it is no revision: then nobody shows or sums it. */
export function decodeRevision(id: string, body: string | null): Revision | RevisionProblem {
	if (body === null || body.includes('\\u0000')) return 'form';
	if (new TextEncoder().encode(body).length > MOST_BYTES) return 'too-large';
	let raw: unknown;
	try {
		raw = JSON.parse(body);
	} catch {
		return 'form';
	}
	if (!Array.isArray(raw)) return 'form';
	const [date, order, currency, rawLines, payee, note, tags, thread, over, keys, link, deleted] = raw as unknown[];
	if (!isDay(date)) return 'date';
	if (!isCurrency(currency)) return 'currency';
	if (!isWhole(order) || order < 0 || order > MOST_ORDER) return 'form';
	if (![payee, note, thread, link].every((value) => isAbsent(value) || typeof value === 'string')) return 'form';
	if (thread === '' || (typeof thread === 'string' && thread.includes(MARK_SEPARATOR))) return 'form';
	if (!isAbsent(tags) && !isTexts(tags)) return 'form';
	if (!isAbsent(over) && !isTexts(over)) return 'form';
	if (!isAbsent(keys) && !(Array.isArray(keys) && keys.every((list) => isTexts(list) && list.length > 0)))
		return 'form';
	if (!isAbsent(deleted) && deleted !== 1) return 'form';
	if (!Array.isArray(rawLines) || rawLines.length < 2 || rawLines.length > MOST_LINES) return 'lines';
	const lines = rawLines.map((line) => decodeLine(line, currency));
	const problem = lines.find((line) => typeof line === 'string');
	if (problem !== undefined) return problem as RevisionProblem;
	const content: Content = {
		date,
		order,
		currency,
		lines: lines as Line[],
		payee: (payee as string | undefined) ?? null,
		note: (note as string | undefined) ?? '',
		tags: (tags as string[] | undefined) ?? [],
		link: (link as string | undefined) ?? null,
		keys: ((keys as string[][] | undefined) ?? []).map(([account, ...rest]) => ({ account: account!, keys: rest })),
		deleted: deleted === 1
	};
	if (imbalance(content.lines) !== 0) return 'unbalanced';
	return { id, thread: (thread as string | undefined) ?? id, over: (over as string[] | undefined) ?? [], content };
}

function decodeLine(raw: unknown, own: string): Line | RevisionProblem {
	if (!Array.isArray(raw)) return 'lines';
	const [account, minor, currency, weight, memo, cleared, shares] = raw as unknown[];
	if (typeof account !== 'string' || account === '' || account.startsWith(OWES) || !isWhole(minor)) return 'lines';
	const foreign = !isAbsent(currency);
	if (foreign && (!isCurrency(currency) || currency === own || !isWhole(weight))) return 'lines';
	if (!foreign && !isAbsent(weight)) return 'lines';
	if (!isAbsent(memo) && typeof memo !== 'string') return 'lines';
	if (!isAbsent(cleared) && cleared !== 0 && cleared !== 1) return 'lines';
	const owed = isAbsent(shares) ? [] : decodeShares(shares, minor);
	if (owed === undefined) return 'shares';
	return {
		account,
		minor: minor + 0,
		currency: foreign ? (currency as string) : own,
		weight: (foreign ? (weight as number) : minor) + 0,
		memo: (memo as string | undefined) ?? '',
		cleared: cleared === 1,
		shares: owed
	};
}

function decodeShares(raw: unknown, minor: number): Share[] | undefined {
	if (!Array.isArray(raw)) return undefined;
	const shares: Share[] = [];
	for (const share of raw as unknown[]) {
		if (!Array.isArray(share)) return undefined;
		const [person, part, weight] = share as unknown[];
		if (typeof person !== 'string' || person === '' || !isWhole(part) || !isWhole(weight)) return undefined;
		shares.push({ person, minor: part + 0, weight });
	}
	return sumMinor(shares.map((share) => share.minor)) === minor + 0 ? shares : undefined;
}

/** What is missing to zero, in the transaction's currency. Exact: the sum of many lines may leave what a float holds. */
export function imbalance(lines: readonly Pick<Line, 'weight'>[]): Minor {
	return sumMinor(lines.map(({ weight }) => weight));
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
const isWhole = isLineMinor;
const isTexts = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((item) => typeof item === 'string');
const isCurrency = (value: unknown): value is string => typeof value === 'string' && /^[A-Z]{3}$/.test(value);
