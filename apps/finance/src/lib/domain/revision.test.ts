import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentOf, lineOf, sharedLines, simpleLines, transferLines } from './lines.ts';
import { decodeRevision, encodeRevision, MOST_LINES, type Content, type Revision } from './revision.ts';

const plain = contentOf({ date: 20260301, currency: 'EUR', lines: simpleLines('bank', -1000, 'EUR', 'food') });

test('[FN-10] a revision is one short text, and reads back as it was written', () => {
	expect(encodeRevision(plain)).toBe('[20260301,0,"EUR",[["bank",-1000],["food",1000]]]');
	const text = fc.string({ unit: 'grapheme' }).filter((value) => !/\0|\\u0000/.test(value));
	const id = fc.stringMatching(/^[a-z0-9]{1,26}$/);
	const content = fc.record({
		order: fc.nat(2 ** 20 - 1),
		payee: fc.option(id),
		note: text,
		tags: fc.array(id),
		link: fc.option(id),
		deleted: fc.boolean(),
		keys: fc.array(fc.record({ account: id, keys: fc.array(id) })),
		memo: text,
		minor: fc.integer({ min: -(10 ** 15), max: 10 ** 15 })
	});
	fc.assert(
		fc.property(content, id, fc.array(id, { maxLength: 64 }), ({ memo, minor, ...rest }, thread, over) => {
			const foreign = transferLines({
				from: 'a',
				to: 'b',
				minor: 5,
				currency: 'EUR',
				received: { minor: 6, currency: 'USD' }
			});
			const shared = sharedLines({
				paid: [{ person: 'x', minor: 100 }],
				currency: 'EUR',
				category: 'c',
				parts: [
					{ id: 'x', weight: 1 },
					{ id: 'y', weight: 2 }
				],
				seed: 's'
			});
			const own = [lineOf('a', minor, 'EUR', { memo, cleared: true }), lineOf('b', -minor, 'EUR')];
			const whole: Content = { date: 20260301, currency: 'EUR', lines: [...own, ...foreign, ...shared], ...rest };
			const read = decodeRevision('r', encodeRevision(whole, thread, over)) as Revision;
			expect(read).toEqual({ id: 'r', thread, over, content: whole });
		})
	);
});

test.for([
	['not JSON', '[20260301,'],
	['an object', '{"0":20260301}'],
	['a day that does not exist', '[20260230,0,"EUR",[["a",-1],["b",1]]]'],
	['a currency in small letters', '[20260301,0,"eur",[["a",-1],["b",1]]]'],
	['lines that do not sum to zero', '[20260301,0,"EUR",[["a",-1],["b",2]]]'],
	['a fraction of a cent', '[20260301,0,"EUR",[["a",-0.5],["b",0.5]]]'],
	['a text for an amount', '[20260301,0,"EUR",[["a","-1"],["b",1]]]'],
	['an amount beyond the largest', '[20260301,0,"EUR",[["a",-1000000000000001],["b",1000000000000001]]]'],
	['one line', '[20260301,0,"EUR",[["a",0]]]'],
	['a line without an account', '[20260301,0,"EUR",[["",-1],["b",1]]]'],
	['a foreign line without a weight', '[20260301,0,"EUR",[["a",-1],["b",1,"USD"]]]'],
	['a weight in the own currency', '[20260301,0,"EUR",[["a",-1],["b",1,null,1]]]'],
	['shares that are not the line', '[20260301,0,"EUR",[["a",-3],["b",3,null,null,null,null,[["p",2,1]]]]]'],
	['a place outside of the day', '[20260301,1048576,"EUR",[["a",-1],["b",1]]]'],
	['a transaction that could pass for a mark', '[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,"t@a"]'],
	['a zero byte', '[20260301,0,"EUR",[["a",-1],["b",1]],null,"\\u0000"]']
])('[FN-11] %s is no revision', ([, body]) => {
	expect(typeof decodeRevision('r', body!)).toBe('string');
});

test('[FN-11] a revision has at most 200 lines and 64 KiB', () => {
	const lines = (count: number) => [
		...Array.from({ length: count - 1 }, () => lineOf('a', 1, 'EUR')),
		lineOf('b', 1 - count, 'EUR')
	];
	expect(decodeRevision('r', encodeRevision({ ...plain, lines: lines(MOST_LINES) }))).toBeTypeOf('object');
	expect(decodeRevision('r', encodeRevision({ ...plain, lines: lines(MOST_LINES + 1) }))).toBe('lines');
	expect(decodeRevision('r', encodeRevision({ ...plain, note: 'ä'.repeat(40_000) }))).toBe('too-large');
});

test('[FN-13] a revision names the 64 that were written last; those between name the others', () => {
	const over = Array.from({ length: 100 }, (_, n) => `r${n}`);
	const read = decodeRevision('x', encodeRevision(plain, 'r0', over)) as Revision;
	expect(read.over).toEqual(over.slice(36));
});
