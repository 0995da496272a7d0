import { expect, test } from 'vitest';
import { imbalance } from '#lib/domain/revision.ts';
import { choicesOf, decide, type Choice } from './decide.ts';
import { planImport } from './plan.ts';
import type { Entry } from './statement.ts';

function entry(date: number, minor: number, payee: string, more: Partial<Entry> = {}): Entry {
	return {
		date,
		minor,
		currency: 'EUR',
		payee,
		memo: 'm',
		text: payee,
		kind: 'other',
		pending: false,
		line: 1,
		...more
	};
}

const rows = planImport({
	entries: [
		entry(20260701, -450, 'BAKERY'),
		entry(20260702, -900, 'MARKET', {
			parts: [
				{ minor: -600, category: 'Food', memo: 'fruit' },
				{ minor: -300, category: 'Home', memo: '' }
			]
		}),
		entry(20260703, -100, 'CHANCE'),
		entry(20260704, -5, 'SOON', { pending: true })
	],
	currency: 'EUR',
	known: [],
	candidates: [
		{ thread: 'mine', date: 20260701, minor: -450, words: 'bakery' },
		{ thread: 'other', date: 20260705, minor: -100, words: 'lunch' }
	]
});

const decided = (choices: Record<number, Choice> = {}) =>
	decide({
		account: 'acc',
		rows,
		choices: new Map(Object.entries(choices).map(([index, choice]) => [Number(index), choice])),
		payees: new Map([['MARKET', 'p1']]),
		categoryOf: (_, category) => (category === 'Food' ? 'c-food' : undefined)
	});

test('[FN-125] what is suggested with words in common is matched unless the person says otherwise, a mere chance is not', () => {
	expect(rows.map((row) => choicesOf(row)[0])).toEqual(['match', 'import', 'import', 'leave']);
	expect(decided().map(({ kind }) => kind)).toEqual(['add', 'add', 'keys']);
	expect(decided().at(-1)).toEqual({ kind: 'keys', thread: 'mine', keys: rows[0]!.keys });
	expect(decided({ 0: 'import', 2: 'match', 1: 'leave' })).toMatchObject([
		{ kind: 'add', keys: rows[0]!.keys },
		{ kind: 'keys', thread: 'other', keys: rows[2]!.keys }
	]);
	// What is no choice for a row is not done.
	expect(decided({ 3: 'match' }).filter(({ kind }) => kind === 'add')).toHaveLength(2);
});

test('[FN-128] a row becomes a whole transaction: its line is cleared, its parts keep their categories, it sums to zero', () => {
	const [market] = decided();
	if (market?.kind !== 'add') throw new Error('it was not added');
	expect(market.content).toMatchObject({
		date: 20260702,
		payee: 'p1',
		note: 'm',
		lines: [
			{ account: 'acc', minor: -900, cleared: true },
			{ account: 'c-food', minor: 600, memo: 'fruit' },
			{ account: 'uncategorised', minor: 300 }
		]
	});
	expect(imbalance(market.content.lines)).toBe(0);
});

test('[FN-123] keys that a known transaction lacks are added once, whatever rows they come from', () => {
	const [plain] = planImport({ entries: [entry(20260701, -1, 'x')], currency: 'EUR', known: [], candidates: [] });
	const again = planImport({
		entries: [entry(20260701, -1, 'x', { bankId: 'A' })],
		currency: 'EUR',
		known: plain!.keys.map((key) => ({ key, thread: 't', deleted: false })),
		candidates: []
	});
	const result = decide({ account: 'acc', rows: [...again, ...again], choices: new Map(), payees: new Map() });
	expect(result).toEqual([{ kind: 'keys', thread: 't', keys: [again[0]!.keys[0]] }]);
});
