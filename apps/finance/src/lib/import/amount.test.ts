import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURRENCIES, exponentOf } from '#lib/domain/money.ts';
import { inferDecimal, readAmount, readFixed, takeApart, type DecimalMark } from './amount.ts';

/** One column, read as its cells say: minor units, or why not, or 'ask'. */
function column(cells: readonly string[], exponent = 2): (number | string)[] | 'ask' {
	const { value, open } = inferDecimal(cells, exponent);
	if (open.length > 0) return 'ask';
	return cells.map((cell) => read(cell, value, exponent));
}

function read(cell: string, mark: DecimalMark, exponent = 2): number | string {
	const written = takeApart(cell);
	const amount = written && readAmount(written, mark, exponent);
	return !amount ? 'none' : 'minor' in amount ? amount.minor : amount.reason;
}

test('[FN-103] the table of firefly-iii/data-importer AmountTest: each in a column that says how it is written', () => {
	expect(column(['1000,-'])).toEqual([100_000]);
	expect(column(['1.000,-'])).toEqual([100_000]);
	expect(column(['EUR 1.000,-'])).toEqual([100_000]);
	expect(column(['1,001,257.0000000'])).toEqual([100_125_700]);
	// The two that only the rest of the column can tell apart.
	expect(column(['1.000', '12,50'])).toEqual([100_000, 1250]);
	expect(column(['123.450', '12.50'])).toEqual([12_345, 1250]);
	expect(column(['1.000'])).toBe('ask');
	expect(column(['123.450'])).toBe('ask');
});

test('[FN-103] a column in which cells contradict each other is asked about, not read cell by cell', () => {
	expect(column(['1,234.56', '1.234,56'])).toBe('ask');
	expect(column(['1.50', '2,50'])).toBe('ask');
	const { open } = inferDecimal(['1.50', '2,50', '3,50'], 2);
	expect(open.slice(0, 2).sort()).toEqual(['1.50', '2,50']);
});

test('[FN-103] whole numbers and cells that say it leave nothing open', () => {
	expect(column(['5', '-12', '1 000'])).toEqual([500, -1200, 100_000]);
	expect(column(['0.123', '5.000'], 3)).toEqual([123, 5000]);
	expect(column(['1.234.567', '8'])).toEqual([123_456_700, 800]);
	expect(column(['1234.567', '1.000'])).toEqual(['AMOUNT_TOO_PRECISE', 100]);
	expect(column(["1'234.50", "12'000.-"])).toEqual([123_450, 1_200_000]);
	expect(column(['1,00,000.00'])).toEqual([10_000_000]);
});

test('[FN-104] the decimals are those of the currency, and nothing is rounded', () => {
	expect(column(['1,5', '2,25'], 2)).toEqual([150, 225]);
	expect(column(['1500', '20'], 0)).toEqual([1500, 20]);
	expect(read('12.5', '.', 0)).toBe('AMOUNT_TOO_PRECISE');
	expect(read('12.50', '.', 0)).toBe('AMOUNT_TOO_PRECISE');
	expect(read('12.00', '.', 0)).toBe(12);
	expect(read('1.2345', '.', 3)).toBe('AMOUNT_TOO_PRECISE');
	expect(read('0.07', '.', 2)).toBe(7);
	// The classic of floating point: 1.15 * 100 is 114.99999999999999.
	expect(read('1.15', '.', 2)).toBe(115);
	expect(read('9999999999999.99', '.', 2)).toBe(999_999_999_999_999);
	expect(read('99999999999999.99', '.', 2)).toBe('AMOUNT_TOO_LARGE');
});

test('[FN-103] signs stand before, behind, in brackets or in words; two are none', () => {
	for (const cell of [
		'-5.00',
		'5.00-',
		'(5.00)',
		'- 5.00',
		'−5.00',
		'€ -5.00',
		'-€5.00',
		'5.00 DR',
		'5.00 S',
		'EUR -5.00',
		'-5.00 EUR'
	]) {
		expect(read(cell, '.'), cell).toBe(-500);
	}
	for (const cell of ['5.00', '+5.00', '5.00+', '€5.00', '5.00 CR', '5.00 H', 'US$5.00', '5.00 zł', '５.００']) {
		expect(read(cell, '.'), cell).toBe(500);
	}
	for (const cell of [
		'--5',
		'-5-',
		'(-5)',
		'5)',
		'abc',
		'',
		'-',
		'NaN',
		'Infinity',
		'1e5',
		'0x10',
		'5 EUR 6',
		'12:30',
		'1.2.3',
		'Ref 123',
		'EUR 5 USD'
	]) {
		expect(read(cell, '.'), cell).toMatch(/none|AMOUNT_WRONG/);
	}
	expect(Object.is(read('-0.00', '.'), 0)).toBe(true);
});

test('[FN-103] groups have their right size, or it is another number', () => {
	for (const cell of ['1,23', '1,2345', '12,34,5', '1,234,5', '0,123', ',123', '1,,000']) {
		expect(read(cell, '.'), cell).toBe('AMOUNT_WRONG');
	}
});

// The oracle: sign, digits and separators are written out from a big integer, never from a number.
const written = fc
	.record({
		minor: fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }),
		currency: fc.constantFrom(...CURRENCIES),
		mark: fc.constantFrom<DecimalMark>('.', ','),
		group: fc.constantFrom('', 'other', ' ', "'", '\u00a0', '\u202f', '’'),
		sign: fc.constantFrom('front', 'behind', 'brackets', 'minus'),
		code: fc.constantFrom('', 'front', 'behind'),
		zeros: fc.nat(3)
	})
	.map(({ minor, currency, mark, group, sign, code, zeros }) => {
		const exponent = exponentOf(currency)!;
		const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
		const whole = digits.slice(0, digits.length - exponent);
		const separator = group === 'other' ? (mark === '.' ? ',' : '.') : group;
		const grouped = whole.replace(/\B(?=(\d{3})+$)/g, separator);
		const fraction = digits.slice(digits.length - exponent) + '0'.repeat(zeros);
		const plain = fraction === '' ? grouped : grouped + mark + fraction;
		const signs = { front: ['-', ''], behind: ['', '-'], brackets: ['(', ')'], minus: ['\u2212', ''] }[sign];
		const signed = minor < 0n ? signs![0]! + plain + signs![1]! : plain;
		const text = code === 'front' ? `${currency} ${signed}` : code === 'behind' ? `${signed} ${currency}` : signed;
		return { text, minor, mark, exponent, currency, code };
	});

test('[FN-104] any amount, written in any of these ways, is read to the last unit', () => {
	fc.assert(
		fc.property(written, ({ text, minor, mark, exponent, currency, code }) => {
			const apart = takeApart(text)!;
			expect(apart.currency).toBe(code === '' ? undefined : currency);
			const amount = readAmount(apart, mark, exponent);
			expect('minor' in amount && BigInt(amount.minor)).toBe(minor);
		}),
		{ numRuns: 2000 }
	);
});

test('[FN-103] a column with one cell that shows it is read to the last unit, whatever the others are', () => {
	const cells = fc.array(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), { minLength: 1, maxLength: 20 });
	fc.assert(
		fc.property(cells, fc.constantFrom<DecimalMark>('.', ','), fc.boolean(), (values, mark, groups) => {
			const other = mark === '.' ? ',' : '.';
			const texts = [1n, ...values].map((value) => {
				const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
				const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, groups ? other : '');
				return `${value < 0n ? '-' : ''}${whole}${mark}${digits.slice(-2)}`;
			});
			expect(column(texts)).toEqual([1, ...values.map(Number)]);
		})
	);
});

test('[FN-104] amounts of formats that fix their writing', () => {
	expect(readFixed('12,5', ',.', 2)).toEqual({ minor: 1250 });
	expect(readFixed('000000000025,00', ',', 2)).toEqual({ minor: 2500 });
	expect(readFixed('-6.60', '.,', 2)).toEqual({ minor: -660 });
	expect(readFixed('500', ',', 2)).toEqual({ minor: 50_000 });
	expect(readFixed('0,', ',', 2)).toEqual({ minor: 0 });
	expect(readFixed('1,5', '.', 2)).toEqual({ reason: 'AMOUNT_WRONG' });
	for (const text of ['1.000,00', '1e5', 'NaN', '.', '', '0x1', '--1'])
		expect(readFixed(text, '.,', 2)).toHaveProperty('reason');
});
