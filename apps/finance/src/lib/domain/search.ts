/**
 * What a person types into the search field, as a question to the index.
 *
 *   words              every word must occur, each as the beginning of a word: in payee, note, memo, category, account, tag
 *   12.50              that amount, or the word
 *   >100 <=50 10..20   an amount in that range
 *   -word              must not occur
 *   account:name  category:name  payee:name  tag:name     begins so
 *   2026  2026-03  2026-03-15     in that year, month, day;  after:… before:…  bounds, both included
 *   is:cleared  is:open  is:conflict  is:uncategorised
 *
 * Nothing that is typed can be an error: what is not understood is a word. The expressions are made of quoted single
 * words only, so no character has a meaning to FTS5. The index keeps no positions, so it knows no phrases.
 */

import { firstDay, isDay, isMonth, lastDay, type Day } from './dates.ts';
import { parseMoney } from './money.ts';

export interface AmountRange {
	currency: string;
	/** Of the amount without its sign, both included. */
	least: number;
	most: number;
}

export type NamedField = 'account' | 'category' | 'payee' | 'tag';

export interface Search {
	/** FTS5 expression of what must occur; undefined: no words were given. */
	match: string | undefined;
	/** FTS5 expression of what must not occur. */
	without: string | undefined;
	/** For each amount typed, its ranges by currency: one of them must hold. */
	amounts: readonly (readonly AmountRange[])[];
	from: Day | undefined;
	to: Day | undefined;
	/** Beginnings of names, folded: of each field, one must fit. */
	names: Readonly<Partial<Record<NamedField, readonly string[]>>>;
	states: ReadonlySet<'cleared' | 'open' | 'conflict' | 'uncategorised'>;
	/** What to highlight. */
	terms: readonly string[];
}

export interface SearchContext {
	locale: string;
	/** Of the accounts there are. */
	currencies: readonly string[];
}

/** Nobody types more; a pasted page must not become 10,000 terms. */
const MAX_TERMS = 32;
const TOKEN = /(-?)(?:(account|category|payee|tag|is|after|before):)?(?:"([^"]*)"?|(\S+))/giu;
/** Letters that stand for an amount in the index (schema.sql, entry_words). */
const AMOUNT = '\ue000';

export function parseSearch(query: string, { locale, currencies }: SearchContext): Search {
	const must: string[] = [];
	const not: string[] = [];
	const terms: string[] = [];
	const amounts: AmountRange[][] = [];
	const names: Partial<Record<NamedField, string[]>> = {};
	const states = new Set<'cleared' | 'open' | 'conflict' | 'uncategorised'>();
	let from: Day | undefined;
	let to: Day | undefined;
	const within = (days: readonly [Day, Day]) => {
		from = Math.max(from ?? days[0], days[0]);
		to = Math.min(to ?? days[1], days[1]);
	};

	for (const [, minus = '', rawField, phrase, word = ''] of [...query.matchAll(TOKEN)].slice(0, MAX_TERMS)) {
		const field = rawField?.toLowerCase();
		const value = (phrase ?? word).trim();
		const days = daysOf(value);
		if (field === 'after' && days) within([days[0], 99991231]);
		else if (field === 'before' && days) within([10000101, days[1]]);
		else if (field === 'is' && isState(value)) states.add(value);
		else if (field === 'account' || field === 'category' || field === 'payee' || field === 'tag')
			(names[field] ??= []).push(foldName(value));
		else if (!minus && days) within(days);
		else {
			const range = minus ? undefined : rangeOf(value, locale, currencies);
			if (range) {
				amounts.push(range);
				continue;
			}
			const text = field === undefined ? value : `${field} ${value}`;
			const words = wordsOf(text);
			if (words.length === 0) continue;
			const expression = words.map(beginning).join(' AND ');
			const sums = minus ? [] : amountTokens(value, locale, currencies);
			if (minus) not.push(`(${expression})`);
			else {
				must.push(sums.length === 0 ? `(${expression})` : `((${expression}) OR ${sums.join(' OR ')})`);
				terms.push(...words);
			}
		}
	}
	return {
		match: must.length > 0 ? must.join(' AND ') : undefined,
		without: not.length > 0 ? not.join(' OR ') : undefined,
		amounts,
		from,
		to,
		names,
		states,
		terms
	};
}

export function isEmptySearch({ match, without, amounts, from, to, names, states }: Search): boolean {
	const nothing = match === undefined && without === undefined && from === undefined && to === undefined;
	return nothing && amounts.length === 0 && Object.keys(names).length === 0 && states.size === 0;
}

/** A name as it is compared: lower case, without marks. */
export function foldName(name: string): string {
	return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}

function isState(value: string): value is 'cleared' | 'open' | 'conflict' | 'uncategorised' {
	return ['cleared', 'open', 'conflict', 'uncategorised'].includes(value);
}

/** As FTS5's unicode61 splits: a quoted string of two of its tokens would be a phrase, which this index refuses. */
function wordsOf(text: string): string[] {
	return text
		.normalize('NFC')
		.split(/[^\p{L}\p{N}]+/u)
		.filter((word) => word !== '');
}

/** One letter alone begins too much: it stands for itself. */
function beginning(word: string): string {
	return [...word].length > 1 ? `"${word}" *` : `"${word}"`;
}

function amountTokens(text: string, locale: string, currencies: readonly string[]): string[] {
	const minors = new Set<number>();
	for (const currency of currencies) {
		const parsed = parseMoney(text, currency, locale);
		if (parsed.ok) minors.add(Math.abs(parsed.minor));
	}
	return [...minors].map((minor) => `"${AMOUNT}${minor}"`);
}

function rangeOf(text: string, locale: string, currencies: readonly string[]): AmountRange[] | undefined {
	const match = /^(?:(>=|<=|>|<|=)(.+)|(.+)\.\.(.+))$/.exec(text);
	if (!match) return undefined;
	const [, sign, one, low, high] = match as unknown as [string, string?, string?, string?, string?];
	const ranges: AmountRange[] = [];
	for (const currency of currencies) {
		const read = (number: string | undefined) => {
			const parsed = number === undefined ? undefined : parseMoney(number, currency, locale);
			return parsed?.ok ? Math.abs(parsed.minor) : undefined;
		};
		const [value, least, most] = [read(one), read(low), read(high)];
		if (least !== undefined && most !== undefined) ranges.push({ currency, least, most });
		if (value === undefined || sign === undefined) continue;
		const above = sign.startsWith('>');
		const apart = sign.length === 1 && sign !== '=' ? 1 : 0;
		ranges.push({
			currency,
			least: sign.startsWith('<') ? 0 : value + (above ? apart : 0),
			most: above ? Number.MAX_SAFE_INTEGER : value - (sign === '<' ? apart : 0)
		});
	}
	return ranges.length > 0 ? ranges : undefined;
}

/** The days that a year, month or day in ISO form has. A bare year is one from 1900 to 2199: 4500 is an amount. */
function daysOf(text: string): [Day, Day] | undefined {
	const match = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text);
	if (!match) return undefined;
	const [, year, month, day] = match as unknown as [string, string, string?, string?];
	if (month === undefined) {
		const number = Number(year);
		return number >= 1900 && number < 2200 ? [number * 10_000 + 101, number * 10_000 + 1231] : undefined;
	}
	const yearMonth = Number(year + month);
	if (!isMonth(yearMonth)) return undefined;
	if (day === undefined) return [firstDay(yearMonth), lastDay(yearMonth)];
	const whole = Number(year + month + day);
	return isDay(whole) ? [whole, whole] : undefined;
}
