import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as money from './money.ts';

const { addMinor, exponentOf, formatMoney, fromDecimal, minorOf, parseMoney, sumMinor, toDecimal } = money;

const read = (text: string, currency: string, locale: string) => {
	const parsed = parseMoney(text, currency, locale);
	return parsed.ok ? parsed.minor : parsed.reason;
};

test('[FN-1] a currency has the digits of ISO 4217, not those of the browser: yen none, Bahraini and Iraqi dinars three', () => {
	const exponents = ['EUR', 'JPY', 'BHD', 'IQD', 'CLF', 'XXX'].map(exponentOf);
	expect(exponents).toEqual([2, 0, 3, 3, 4, undefined]);
	const names = new Intl.DisplayNames('en', { type: 'currency' });
	const current = Intl.supportedValuesOf('currency').filter((code) => !names.of(code)!.includes('('));
	const gone = ['CUC', 'HRK', 'XDR', 'XSU'];
	expect(current.filter((code) => !money.CURRENCIES.includes(code) && !gone.includes(code))).toEqual([]);
	expect(
		new Intl.NumberFormat('en', { style: 'currency', currency: 'IQD' }).resolvedOptions().maximumFractionDigits
	).toBe(0);
});

test('[FN-1] what has one value has one form: a number while it is safe, a bigint beyond', () => {
	expect(minorOf(5n)).toBe(5);
	expect(Object.is(minorOf(-0), 0)).toBe(true);
	const beyond = addMinor(Number.MAX_SAFE_INTEGER, 1);
	expect(beyond).toBe(9007199254740992n);
	expect(addMinor(beyond, -1)).toBe(Number.MAX_SAFE_INTEGER);
	fc.assert(
		fc.property(fc.array(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })), (values) => {
			const sum = values.reduce((total, value) => total + value, 0n);
			return sumMinor(values.map(minorOf)) === minorOf(sum);
		})
	);
});

test('[FN-2] a decimal text and minor units are the same amount both ways, at any size', () => {
	expect(toDecimal(-1234, 'EUR')).toBe('-12.34');
	expect(toDecimal(5, 'BHD')).toBe('0.005');
	expect(toDecimal(1234, 'JPY')).toBe('1234');
	expect(fromDecimal('12.3', 'EUR')).toBe(1230);
	expect(fromDecimal('12.3400', 'EUR')).toBe(1234);
	expect(fromDecimal('12.345', 'EUR')).toBeUndefined();
	fc.assert(
		fc.property(fc.bigInt(), fc.constantFrom(...money.CURRENCIES), (value, currency) => {
			expect(fromDecimal(toDecimal(minorOf(value), currency), currency)).toBe(minorOf(value));
		})
	);
});

test('[FN-2] an amount is shown exactly, also one that a float cannot hold', () => {
	expect(formatMoney(900719925474099301n, 'EUR', 'en-US')).toBe('€9,007,199,254,740,993.01');
	expect(formatMoney(-1234567, 'EUR', 'de-DE')).toBe('-12.345,67\u00a0€');
	expect(formatMoney(1234, 'IQD', 'en-US', { bare: true })).toBe('1.234');
	expect(formatMoney(1200, 'EUR', 'en-US', { sign: true })).toBe('+€12.00');
});

test.for([
	['1,234.56', 'en-US', 123456],
	['1234.5', 'en-US', 123450],
	['$ 12', 'en-US', 1200],
	['US$12.00', 'de-DE', 'unreadable'],
	['(12.30)', 'en-US', -1230],
	['12.30-', 'en-US', -1230],
	['\u221212.30', 'en-US', -1230],
	['--12', 'en-US', 'unreadable'],
	['(-12)', 'en-US', 'unreadable'],
	['1.000', 'en-US', 100],
	['1.005', 'en-US', 'too-fine'],
	['1.000', 'de-DE', 100000],
	['1.00', 'de-DE', 'unreadable'],
	['12,5', 'de-DE', 1250],
	['12,5', 'en-US', 'unreadable'],
	['1\u202f234,50', 'fr-FR', 123450],
	['1 234,50 €', 'fr-FR', 123450],
	["1'234.50", 'de-CH', 123450],
	['12,34,567.89', 'en-IN', 123456789],
	['12,34,567.89', 'en-US', 'unreadable'],
	['١٢٫٥', 'ar-EG', 1250],
	['12.5', 'ar-EG', 1250],
	['', 'en-US', 'empty'],
	['€', 'en-US', 'empty'],
	['abc', 'en-US', 'unreadable'],
	['.5', 'en-US', 50],
	['.', 'en-US', 'unreadable'],
	['1e3', 'en-US', 'unreadable'],
	['99999999999999999', 'en-US', 'too-large'],
	['-0', 'en-US', 0]
] as const)('[FN-3] "%s" typed in %s is %s', ([text, locale, expected]) => {
	expect(read(text, text.includes('$') ? 'USD' : 'EUR', locale)).toBe(expected);
});

test('[FN-3] whatever is shown can be typed again, in any locale and currency', () => {
	const locales = [
		'en-US',
		'de-DE',
		'fr-FR',
		'de-CH',
		'en-IN',
		'pt-BR',
		'pl-PL',
		'ar-EG',
		'fa-IR',
		'hi-IN',
		'ja-JP',
		'sv-SE'
	];
	fc.assert(
		fc.property(
			fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
			fc.constantFrom('EUR', 'USD', 'JPY', 'BHD', 'CLF', 'CHF', 'INR'),
			fc.constantFrom(...locales),
			fc.boolean(),
			(minor, currency, locale, bare) => {
				expect(read(formatMoney(minor, currency, locale, { bare }), currency, locale)).toBe(minor === 0 ? 0 : minor);
			}
		),
		{ numRuns: 2000 }
	);
});
