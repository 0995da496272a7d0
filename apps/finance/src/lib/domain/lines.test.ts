import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	again,
	contentOf,
	openingLines,
	orderNow,
	orderOfRow,
	otherSide,
	settlementLines,
	shapeOf,
	sharedLines,
	simpleLines,
	splitLines,
	transferLines
} from './lines.ts';
import { imbalance, MOST_ORDER } from './revision.ts';

const isAccount = (id: string) => ['bank', 'card', 'wise'].includes(id);

test('[FN-11] whatever a form writes sums to zero', () => {
	const minor = fc.integer({ min: -(10 ** 9), max: 10 ** 9 });
	fc.assert(
		fc.property(minor, fc.array(minor, { minLength: 1, maxLength: 20 }), fc.nat(10 ** 9), (one, many, paid) => {
			const parts = many.map((part, index) => ({ category: `c${index}`, minor: part }));
			const people = many.map((part, index) => ({ id: `p${index}`, weight: Math.abs(part) + 1 }));
			const forms = [
				simpleLines('bank', one, 'EUR', 'food'),
				splitLines('bank', 'EUR', parts),
				openingLines('bank', one, 'EUR'),
				transferLines({ from: 'bank', to: 'card', minor: paid, currency: 'EUR' }),
				transferLines({
					from: 'bank',
					to: 'wise',
					minor: paid,
					currency: 'EUR',
					received: { minor: 7, currency: 'USD' }
				}),
				settlementLines('alice', 'bob', paid, 'EUR'),
				sharedLines({
					paid: [{ person: 'p0', minor: paid }],
					currency: 'EUR',
					category: 'food',
					parts: people,
					seed: 't'
				})
			];
			for (const lines of forms) {
				expect(imbalance(lines)).toBe(0);
				for (const { minor: amount, shares } of lines)
					if (shares.length > 0) expect(shares.reduce((sum, share) => sum + share.minor, 0)).toBe(amount);
			}
		})
	);
});

test('what was written with a form is shown in that form again', () => {
	const simple = simpleLines('bank', -1250, 'EUR', 'food');
	expect(shapeOf(simple, isAccount)).toEqual({
		kind: 'simple',
		account: 'bank',
		minor: -1250,
		currency: 'EUR',
		category: 'food'
	});
	const parts = [
		{ category: 'food', minor: -1000, memo: 'bread' },
		{ category: 'fun', minor: -250, memo: '' }
	];
	expect(shapeOf(splitLines('bank', 'EUR', parts), isAccount)).toEqual({
		kind: 'split',
		account: 'bank',
		currency: 'EUR',
		parts
	});
	const transfer = { from: 'bank', to: 'wise', minor: 500, currency: 'EUR', received: { minor: 540, currency: 'USD' } };
	expect(shapeOf(transferLines(transfer), isAccount)).toEqual({ kind: 'transfer', transfer });
	expect(shapeOf(settlementLines('a', 'b', 5, 'EUR'), isAccount)).toEqual({ kind: 'lines' });
});

test('an account sees the other side of a transaction', () => {
	expect(otherSide(simpleLines('bank', -1, 'EUR', 'food'), 'bank')).toMatchObject({ kind: 'one', account: 'food' });
	const split = splitLines('bank', 'EUR', [
		{ category: 'food', minor: -1 },
		{ category: 'fun', minor: -2 }
	]);
	expect(otherSide(split, 'bank')).toMatchObject({ kind: 'split' });
	expect(otherSide(split, 'fun')).toMatchObject({ kind: 'split' });
});

test('rows of a statement stand before what was written by hand that day, each in its order', () => {
	const orders = Array.from({ length: 9000 }, (_, position) => orderOfRow(position, 'bank'));
	expect(orders.every((order, at) => at === 0 || order >= orders[at - 1]!)).toBe(true);
	expect(orders.at(-1)).toBeLessThan(orderNow(new Date(2026, 0, 1, 0, 0, 0)));
	expect(orderNow(new Date(2026, 0, 1, 23, 59, 59, 999))).toBeLessThanOrEqual(MOST_ORDER);
	expect(orderOfRow(3, 'bank')).not.toBe(orderOfRow(3, 'card'));
});

test('the same transaction another time is not cleared and is no row of a statement', () => {
	const once = contentOf(
		{
			date: 20260101,
			currency: 'EUR',
			lines: simpleLines('bank', -1, 'EUR', 'food').map((l) => ({ ...l, cleared: true }))
		},
		{ keys: [{ account: 'bank', keys: ['k'] }], link: 'x', payee: 'p' }
	);
	const copy = again(once, 20260201, 5);
	expect(copy).toMatchObject({ date: 20260201, order: 5, keys: [], link: null, payee: 'p' });
	expect(copy.lines.some(({ cleared }) => cleared)).toBe(false);
});
