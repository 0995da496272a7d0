import { expect, test } from 'vitest';
import {
	draftOf,
	linesOfDraft,
	newDraft,
	restOf,
	sameMoney,
	tagNames,
	type Draft,
	type DraftContext
} from './draft.ts';
import { contentOf } from './lines.ts';
import { imbalance } from './revision.ts';

const currencies: Record<string, string> = { giro: 'EUR', save: 'EUR', yen: 'JPY' };
const context: DraftContext = { locale: 'en', currency: 'EUR', currencyOf: (id) => currencies[id] };
const names = { payee: '', tags: '', cleared: false };

function drafted(change: Partial<Draft>): Draft {
	return { ...newDraft(20260131, 'giro'), amount: '12.50', ...change };
}

function linesOf(change: Partial<Draft>) {
	const read = linesOfDraft(drafted(change), context, 'seed');
	if (!read.ok) throw new Error(`${read.field}: ${read.why}`);
	expect(imbalance(read.lines)).toBe(0);
	return read.lines.map(({ account, minor, currency }) => [account, minor, currency]);
}

const part = (category: string, amount = '', memo = '') => ({ category, amount, memo });

test('an amount without a sign is spent; a plus, or the switch, makes it earned', () => {
	expect(linesOf({ parts: [part('food')] })).toEqual([
		['giro', -1250, 'EUR'],
		['food', 1250, 'EUR']
	]);
	for (const change of [{ amount: '+12.50' }, { direction: 'in' as const }])
		expect(linesOf(change)).toEqual([
			['giro', 1250, 'EUR'],
			['uncategorised', -1250, 'EUR']
		]);
});

test('an account in place of the category makes a transfer, into another currency with what arrives', () => {
	expect(linesOf({ parts: [part('save')] })).toEqual([
		['giro', -1250, 'EUR'],
		['save', 1250, 'EUR']
	]);
	expect(linesOf({ parts: [part('yen')], received: '2,000' })).toEqual([
		['giro', -1250, 'EUR'],
		['yen', 2000, 'JPY']
	]);
	expect(linesOfDraft(drafted({ parts: [part('yen')] }), context, '')).toMatchObject({ ok: false, field: 'received' });
});

test('[FN-160] parts that do not add up are told by how much, never rounded away', () => {
	const parts = [part('food', '10'), part('home', '2.49')];
	expect(linesOfDraft(drafted({ parts }), context, '')).toMatchObject({
		ok: false,
		field: 'parts',
		why: expect.stringContaining('€0.01') as string
	});
	expect(restOf(drafted({ parts }), 'EUR', 'en')).toBe(1);
	expect(linesOf({ parts: [part('food', '15'), part('home', '-2.50')] })).toEqual([
		['giro', -1250, 'EUR'],
		['food', 1500, 'EUR'],
		['home', -250, 'EUR']
	]);
});

test('what somebody paid for three is shared to the last unit', () => {
	const lines = linesOf({ account: 'person:ann', amount: '10', weights: { ann: 1, bob: 1, cem: 1, dan: 0 } });
	expect(lines).toEqual([
		['person:ann', -1000, 'EUR'],
		['uncategorised', 1000, 'EUR']
	]);
});

test('[FN-160] a form says of every transaction it made what it was made of', () => {
	const changes: Partial<Draft>[] = [
		{ parts: [part('food', '', 'rolls')] },
		{ direction: 'in', parts: [part('pay')] },
		{ parts: [part('save')] },
		{ parts: [part('yen')], received: '2,000' },
		{ parts: [part('food', '15.00'), part('home', '-2.50', 'deposit')] },
		{ account: 'person:ann', parts: [part('food')], weights: { ann: 2, bob: 1 } }
	];
	for (const change of changes) {
		const draft = drafted(change);
		const read = linesOfDraft(draft, context, 'seed');
		if (!read.ok) throw new Error(read.why);
		const again = draftOf(contentOf({ date: read.date, currency: read.currency, lines: read.lines }), context, names);
		expect(again).toEqual(draft);
		expect(sameMoney(again!, draft)).toBe(true);
	}
});

test('names of tags count once and without spaces around them', () => {
	expect(tagNames(' trip, food ,, trip')).toEqual(['trip', 'food']);
});
