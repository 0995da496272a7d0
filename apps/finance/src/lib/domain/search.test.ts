import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEmptySearch, parseSearch } from './search.ts';

const context = { locale: 'en-US', currencies: ['EUR', 'JPY'] };
const parse = (query: string) => parseSearch(query, context);

test('[FN-40] words are beginnings, one letter alone is itself, and a minus takes out', () => {
	expect(parse('coff e -tax').match).toBe('("coff" *) AND ("e")');
	expect(parse('coff -tax').without).toBe('("tax" *)');
	expect(parse("O'Neill's e-mail").match).toBe('("O" AND "Neill" * AND "s") AND ("e" AND "mail" *)');
});

test('[FN-40] a number is an amount or a word, in the digits of each currency', () => {
	expect(parse('12.50').match).toBe('(("12" * AND "50" *) OR "\ue0001250")');
	expect(parse('7').match).toBe('(("7") OR "\ue000700" OR "\ue0007")');
});

test('[FN-40] ranges, days and states are understood', () => {
	expect(parse('>100').amounts).toEqual([
		[
			{ currency: 'EUR', least: 10001, most: Number.MAX_SAFE_INTEGER },
			{ currency: 'JPY', least: 101, most: Number.MAX_SAFE_INTEGER }
		]
	]);
	expect(parse('10..20').amounts[0]![0]).toEqual({ currency: 'EUR', least: 1000, most: 2000 });
	const within = (query: string) => [parse(query).from, parse(query).to];
	expect(within('2026')).toEqual([20260101, 20261231]);
	expect(within('2026-02')).toEqual([20260201, 20260228]);
	expect(within('after:2026-02 before:2026-03-05')).toEqual([20260201, 20260305]);
	expect(parse('4500').from).toBeUndefined();
	expect(parse('is:conflict tag:Trip "account:my bank"')).toMatchObject({
		states: new Set(['conflict']),
		names: { tag: ['trip'] }
	});
	expect(parse('payee:"Café Noir"').names).toEqual({ payee: ['cafe noir'] });
});

test('[FN-40] nothing that is typed is an error, and nothing but quoted words reaches the index', () => {
	expect(isEmptySearch(parse('  " - .. '))).toBe(true);
	fc.assert(
		fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (query) => {
			const { match = '', without = '' } = parse(query);
			for (const expression of [match, without]) {
				const bare = expression.replace(/"[\p{L}\p{N}\ue000]+"/gu, '');
				expect(bare).toMatch(/^[()* ]*(?:(?:AND|OR)[()* ]*)*$/);
			}
		}),
		{ numRuns: 3000 }
	);
});
