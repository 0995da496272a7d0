import fc from 'fast-check';
import { expect, test } from 'vitest';
import { METRICS } from './metrics.ts';
import { fixed, readNumber } from './number.ts';
import { convert, GLUCOSE, isKnownUnit, unitFromText, unitLabel } from './units.ts';

// From NIST SP 811 and UCUM's own definitions, written down by hand.
test.each([
	[1, '[lb_av]', 'g', 453.592_37],
	[1, '[stone_av]', '[lb_av]', 14],
	[1, '[oz_av]', 'g', 28.349_523_125],
	[1, '[ft_i]', 'cm', 30.48],
	[1, '[mi_i]', 'm', 1609.344],
	[120, 'mm[Hg]', 'kPa', 15.998_64],
	[98.6, '[degF]', 'Cel', 37],
	[0, 'Cel', 'K', 273.15],
	[-40, 'Cel', '[degF]', -40],
	[1, 'kcal', 'kJ', 4.184],
	[0.97, '1', '%', 97],
	[90, 'min', 'h', 1.5],
	[36, 'km/h', 'm/s', 10]
])('[HL-1] %d %s is so many %s', (value, from, to, wanted) => {
	expect(convert(value, from, to)).toBeCloseTo(wanted, 9);
});

test('[HL-4] glucose converts by its molar mass, and nothing converts between mass and amount without one', () => {
	expect(convert(100, 'mg/dL', 'mmol/L', GLUCOSE)).toBeCloseTo(5.5507, 4);
	expect(convert(5.5, 'mmol/L', 'mg/dL', GLUCOSE)).toBeCloseTo(99.0858, 4);
	expect(convert(100, 'mg/dL', 'mmol/L')).toBeUndefined();
	expect(convert(1, 'kg', 'cm', GLUCOSE)).toBeUndefined();
	expect(convert(1, 'kg', 'furlong')).toBeUndefined();
});

test('[HL-1] there and back gives the same number, to the last digit that is shown', () => {
	const pairs = METRICS.flatMap((metric) =>
		metric.units.flatMap((from) => metric.units.map((to) => ({ metric, from, to })))
	);
	fc.assert(
		fc.property(
			fc.constantFrom(...pairs),
			fc.double({ min: 0, max: 1e4, noNaN: true }),
			({ metric, from, to }, value) => {
				const there = convert(value, from, to, metric.substance)!;
				const back = convert(there, to, from, metric.substance)!;
				expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, value));
			}
		)
	);
});

test('every unit of every metric is known and has a label', () => {
	for (const { units } of METRICS) for (const unit of units) expect(isKnownUnit(unit), unit).toBe(true);
	expect(unitLabel('Cel')).toBe('°C');
	expect(unitLabel('{widgets}')).toBe('widgets');
});

test('units as programs write them become UCUM; an unknown one stays as it is', () => {
	expect(['count/min', 'mmHg', 'degF', 'lb', 'Cal', 'mmol<180.1558800000541>/L', 'BPM'].map(unitFromText)).toEqual([
		'/min',
		'mm[Hg]',
		'[degF]',
		'[lb_av]',
		'kcal',
		'mmol/L',
		'/min'
	]);
	expect(unitFromText('dBASPL')).toBe('dBASPL');
});

test('numbers are read as people type them, and kept as typed', () => {
	const read = (typed: string) => {
		const number = readNumber(typed);
		return number.ok ? number.text : number.reason;
	};
	expect(['72.50', '72,5', ' 1 234.5 ', '1,234.5', '1.234,5', '1,234,567', '−1.8', '.5', '5.', '+7'].map(read)).toEqual(
		['72.50', '72.5', '1234.5', '1234.5', '1234.5', '1234567', '-1.8', '0.5', '5', '7']
	);
	expect(['', 'abc', '1.2.3,4', '1,2,3', '12e5', '0x10', '--1', '12345678901234567'].map(read)).toEqual([
		'empty',
		'not a number',
		'ambiguous',
		'ambiguous',
		'not a number',
		'not a number',
		'not a number',
		'not a number'
	]);
});

test('a number is rounded half away from zero, as a person would', () => {
	expect([1.005, 2.5, -2.5, -0.04, 0.125, 1e-9].map((value) => fixed(value, 2))).toEqual([
		'1.01',
		'2.50',
		'-2.50',
		'-0.04',
		'0.13',
		'0.00'
	]);
	expect(fixed(-0.001, 1)).toBe('0.0');
	expect(fixed(1e21, 0)).toBe('1e+21');
});
