import { expect, test } from 'vitest';
import { formatScaled, numberMarks, parseDecimal, toNumber, toScaled } from './number.ts';

const english = numberMarks('en-GB');
const german = numberMarks('de-DE');
const read = (text: string, marks = english) => {
	const decimal = parseDecimal(text, marks);
	return decimal && toNumber(decimal);
};

test.each([
	['12', 12],
	['12.5', 12.5],
	['1,234.50', 1234.5],
	['1.234,50', 1234.5],
	["1'234.50", 1234.5],
	['1 234,5', 1234.5],
	['\u22123', -3],
	['.5', 0.5],
	['5.', 5],
	['1,234,567', 1234567],
	['12,34,567', 1234567],
	['007', 7],
	['١٢٣٫٥', 123.5],
	['-0', 0]
])('%s is a number in English', (text, value) => {
	expect(read(text)).toBe(value);
});

test('a mark alone goes by the language, unless that makes no sense', () => {
	expect(read('1,234')).toBe(1234);
	expect(read('1,234', german)).toBe(1.234);
	expect(read('1.234', german)).toBe(1234);
	expect(read('1.234')).toBe(1.234);
	expect(read('12,5')).toBe(12.5);
	expect(read('12.5', german)).toBe(12.5);
});

test.each(['', '-', '.', 'twelve', '1e5', '1,2,3', '1..2', '1.2.3', '12,34,5', '0x1', '--1', '1,234.5.6'])(
	'"%s" is none',
	(text) => {
		expect(read(text)).toBeUndefined();
	}
);

test('money is counted in its smallest part and never rounded', () => {
	const scaled = (text: string, places = 2) => toScaled(parseDecimal(text, english)!, places);
	expect(scaled('0.1')).toBe(10);
	expect(scaled('12.30')).toBe(1230);
	expect(scaled('1.100')).toBe(110);
	expect(scaled('1.005')).toBeUndefined();
	expect(scaled('90071992547409.91')).toBe(Number.MAX_SAFE_INTEGER);
	expect(scaled('90071992547409.92')).toBeUndefined();
	expect(scaled('-0.00')).toBe(0);
	expect(scaled('1500', 0)).toBe(1500);
});

test('what is shown reads back as what it was', () => {
	for (const locale of ['en-GB', 'de-DE', 'fr-FR', 'de-CH', 'ar-EG', 'hi-IN']) {
		for (const [value, places] of [
			[123456, 2],
			[-5, 2],
			[0, 2],
			[1234, 0],
			[Number.MAX_SAFE_INTEGER, 3]
		] as const) {
			const shown = formatScaled(value, places, locale);
			const back = parseDecimal(shown, numberMarks(locale));
			expect(back && toScaled(back, places), `${locale} ${shown}`).toBe(value);
		}
	}
});
