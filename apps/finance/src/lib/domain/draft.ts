/**
 * A transaction as a form has it, and back. Amounts are as the person typed them until the form is read; what the form
 * did not change keeps its lines to the last detail, so opening and saving changes nothing.
 */

import { dayOfIso, isoOf, type Day } from './dates.ts';
import { lineOf, personOf, shapeOf, sharedLines, splitLines, transferLines } from './lines.ts';
import { digitsOf, formatMoney, parseMoney, type MoneyProblem } from './money.ts';
import { UNCATEGORISED, type AccountId, type Content, type Line } from './revision.ts';

export interface DraftPart {
	/** '' : none yet. */
	category: AccountId;
	/** As typed; of no matter where there is one part alone. */
	amount: string;
	memo: string;
}

export interface Draft {
	/** `2026-01-31`. */
	date: string;
	/** '' : none yet. That of a person: they paid it out of their own pocket. */
	account: AccountId;
	/** A name. */
	payee: string;
	direction: 'out' | 'in';
	amount: string;
	/** One, or a split. A category, or another account: then it is a transfer. */
	parts: DraftPart[];
	/** What arrives, where a transfer goes into another currency. */
	received: string;
	/** By person: their part of what somebody paid for several. */
	weights: Record<string, number>;
	note: string;
	/** Names, with commas. */
	tags: string;
	cleared: boolean;
}

export interface DraftContext {
	readonly locale: string;
	/** Currency of an account; undefined for what is no account. */
	readonly currencyOf: (id: AccountId) => string | undefined;
	/** Of what people pay out of their own pockets. */
	readonly currency: string;
}

export type DraftField = 'date' | 'account' | 'amount' | 'category' | 'received' | 'parts' | 'weights';

export type DraftLines =
	| { readonly ok: true; readonly date: Day; readonly currency: string; readonly lines: Line[] }
	| { readonly ok: false; readonly field: DraftField; readonly why: string };

export function emptyPart(): DraftPart {
	return { category: '', amount: '', memo: '' };
}

export function newDraft(day: Day, account: AccountId): Draft {
	return {
		date: isoOf(day),
		account,
		payee: '',
		direction: 'out',
		amount: '',
		parts: [emptyPart()],
		received: '',
		weights: {},
		note: '',
		tags: '',
		cleared: false
	};
}

/** Its words and day alone, for a form that leaves the lines as they are. */
export function wordsDraft(content: Content, names: { payee: string; tags: string }): Draft {
	return { ...newDraft(content.date, ''), ...names, note: content.note };
}

/**
 * A transaction as the form shows it; undefined where it has more sides than the form.
 *
 * @param names of payee and tags, and whether it is ticked off
 */
export function draftOf(
	content: Content,
	context: DraftContext,
	names: { payee: string; tags: string; cleared: boolean }
): Draft | undefined {
	const { lines, note } = content;
	const write = (minor: number, currency: string) =>
		formatMoney(Math.abs(minor), currency, context.locale, { bare: true });
	const base: Draft = { ...newDraft(content.date, ''), note, ...names };
	const [payer, forWhat] = lines;
	if (lines.length === 2 && payer && forWhat && personOf(payer.account) !== undefined && forWhat.shares.length > 0)
		return {
			...base,
			account: payer.account,
			direction: payer.minor > 0 ? 'in' : 'out',
			amount: write(payer.minor, payer.currency),
			parts: [{ category: forWhat.account, amount: '', memo: forWhat.memo }],
			weights: Object.fromEntries(forWhat.shares.map(({ person, weight }) => [person, weight]))
		};
	const shape = shapeOf(lines, (id) => context.currencyOf(id) !== undefined);
	switch (shape.kind) {
		case 'lines':
			return undefined;
		case 'simple': {
			const memo = lines.find(({ account }) => account === shape.category)?.memo ?? '';
			return {
				...base,
				account: shape.account,
				direction: shape.minor > 0 ? 'in' : 'out',
				amount: write(shape.minor, shape.currency),
				parts: [{ category: shape.category, amount: '', memo }]
			};
		}
		case 'transfer': {
			const { from, to, minor, currency, received } = shape.transfer;
			return {
				...base,
				account: from,
				amount: write(minor, currency),
				parts: [{ category: to, amount: '', memo: '' }],
				received: received ? write(received.minor, received.currency) : ''
			};
		}
		case 'split': {
			const total = shape.parts.reduce((sum, part) => sum + part.minor, 0);
			const sign = total > 0 ? 1 : -1;
			return {
				...base,
				account: shape.account,
				direction: total > 0 ? 'in' : 'out',
				amount: write(total, shape.currency),
				parts: shape.parts.map(({ category, minor, memo = '' }) => ({
					category,
					// A part against the direction of the whole has a minus of its own.
					amount: formatMoney(minor * sign, shape.currency, context.locale, { bare: true }),
					memo
				}))
			};
		}
	}
}

/** The lines that a form says, or the field that is to be filled in otherwise. */
export function linesOfDraft(draft: Draft, context: DraftContext, seed: string): DraftLines {
	const wrong = (field: DraftField, why: string): DraftLines => ({ ok: false, field, why });
	const { locale, currencyOf } = context;
	const date = dayOfIso(draft.date);
	if (date === undefined) return wrong('date', 'Write a day that the calendar has.');
	if (draft.account === '') return wrong('account', 'Choose an account.');
	const payer = personOf(draft.account);
	const currency = payer === undefined ? currencyOf(draft.account) : context.currency;
	if (currency === undefined) return wrong('account', 'Choose an account that is here.');
	const amount = parseMoney(draft.amount, currency, locale);
	if (!amount.ok) return wrong('amount', whyNot(amount.reason, currency));
	// A sign that was typed goes before the switch beside it.
	const signed = /^\s*[+]/.test(draft.amount) ? 1 : amount.minor < 0 ? -1 : draft.direction === 'in' ? 1 : -1;
	const minor = Math.abs(amount.minor) * signed + 0;
	const [first, ...others] = draft.parts;
	const category = first && first.category !== '' ? first.category : UNCATEGORISED;

	if (payer !== undefined) {
		const parts = Object.entries(draft.weights)
			.filter(([, weight]) => weight > 0)
			.map(([id, weight]) => ({ id, weight }));
		if (parts.length === 0) return wrong('weights', 'Choose at least one person it was for.');
		const lines = sharedLines({
			paid: [{ person: payer, minor: -minor }],
			currency,
			category,
			parts,
			memo: first?.memo ?? '',
			seed
		});
		return { ok: true, date, currency, lines };
	}

	if (others.length === 0) {
		const into = currencyOf(category);
		if (into === undefined) {
			const lines = [
				lineOf(draft.account, minor, currency),
				lineOf(category, -minor, currency, { memo: first?.memo ?? '' })
			];
			return { ok: true, date, currency, lines };
		}
		if (category === draft.account) return wrong('category', 'Choose another account.');
		const [from, to] = minor <= 0 ? [draft.account, category] : [category, draft.account];
		const whole = Math.abs(minor);
		if (into === currency) {
			return { ok: true, date, currency, lines: transferLines({ from, to, minor: whole, currency }) };
		}
		const other = parseMoney(draft.received, into, locale);
		if (!other.ok) return wrong('received', whyNot(other.reason, into));
		const transfer =
			minor <= 0
				? { from, to, minor: whole, currency, received: { minor: Math.abs(other.minor), currency: into } }
				: { from, to, minor: Math.abs(other.minor), currency: into, received: { minor: whole, currency } };
		return { ok: true, date, currency: transfer.currency, lines: transferLines(transfer) };
	}

	const sign = minor > 0 ? 1 : -1;
	const parts: { category: AccountId; minor: number; memo: string }[] = [];
	for (const part of draft.parts) {
		const own = parseMoney(part.amount, currency, locale);
		if (!own.ok) return wrong('parts', whyNot(own.reason, currency));
		if (currencyOf(part.category) !== undefined)
			return wrong('parts', 'A transfer is a transaction of its own: choose a category.');
		parts.push({
			category: part.category === '' ? UNCATEGORISED : part.category,
			minor: own.minor * sign + 0,
			memo: part.memo
		});
	}
	const rest = minor - parts.reduce((sum, part) => sum + part.minor, 0);
	if (rest !== 0)
		return wrong('parts', `The parts and the amount differ by ${formatMoney(Math.abs(rest), currency, locale)}.`);
	return { ok: true, date, currency, lines: splitLines(draft.account, currency, parts) };
}

/** What is not in a part yet, as the parts are signed; undefined while something is no amount. */
export function restOf(draft: Draft, currency: string, locale: string): number | undefined {
	const whole = parseMoney(draft.amount, currency, locale);
	if (!whole.ok) return undefined;
	let rest = Math.abs(whole.minor);
	for (const { amount } of draft.parts) {
		const part = parseMoney(amount, currency, locale);
		if (part.ok) rest -= part.minor;
		else if (part.reason !== 'empty') return undefined;
	}
	return rest;
}

/** Whether two forms say the same about money: then the lines of the first still stand. */
export function sameMoney(a: Draft, b: Draft): boolean {
	const money = ({ account, direction, amount, parts, received, weights }: Draft) =>
		JSON.stringify([account, direction, amount, parts, received, weights]);
	return money(a) === money(b);
}

/** Names in a field, each once. */
export function tagNames(text: string): string[] {
	const names = text.split(',').map((name) => name.trim());
	return [...new Set(names.filter((name) => name !== ''))];
}

/** Everybody of a ledger, with one part each. */
export function evenly(people: readonly string[]): Record<string, number> {
	return Object.fromEntries(people.map((person) => [person, 1]));
}

function whyNot(reason: MoneyProblem, currency: string): string {
	switch (reason) {
		case 'empty':
			return 'Write an amount.';
		case 'unreadable':
			return 'Write an amount, like 12 or 1,234.';
		case 'too-fine': {
			const digits = digitsOf(currency);
			return digits === 0 ? `${currency} has no decimals.` : `${currency} has ${digits} decimals.`;
		}
		case 'too-large':
			return 'This is more than can be kept.';
	}
}
