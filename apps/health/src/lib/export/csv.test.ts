import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { csvLine, guardCell, unguardCell } from './csv.ts';

test('T65 a cell that a spreadsheet would run as a formula gets an apostrophe', () => {
	const formulas = [
		'=1+1',
		'+1+1',
		'-1+cmd|calc',
		'@SUM(A1)',
		'\t=1',
		'\r=1',
		"'=1",
		"''=1",
		'=HYPERLINK("http://x","y")',
		'-'
	];
	for (const formula of formulas) {
		const line = csvLine([formula]);
		const [[cell]] = Papa.parse<string[]>(line).data as [[string]];
		expect(cell, formula).toBe(`'${formula}`);
		expect(unguardCell(cell)).toBe(formula);
	}
	expect(['-1.8', '-5', '72.5', "it's", "'", '', '2026-03-01'].map(guardCell)).toEqual([
		'-1.8',
		'-5',
		'72.5',
		"it's",
		"'",
		'',
		'2026-03-01'
	]);
});

test('T65 any text comes back from a file as it was, and no cell of a file begins a formula', () => {
	const cell = fc.oneof(
		fc.string({ unit: 'grapheme', maxLength: 20 }),
		fc
			.array(fc.constantFrom('=', '+', '-', '@', '\t', "'", '"', ',', '\n', ' ', 'a', '1'), { maxLength: 8 })
			.map((parts) => parts.join(''))
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(cell, cell, fc.constant('end')), { minLength: 1, maxLength: 8 }), (rows) => {
			const text = rows.map(csvLine).join('');
			const { data } = Papa.parse<string[]>(text, { delimiter: ',', newline: '\r\n' });
			expect(data.slice(0, -1).map((row) => row.map(unguardCell))).toEqual(rows);
			for (const row of data.slice(0, -1))
				for (const found of row)
					expect(/^[=+\-@\t\r]/.test(found) && !/^-\d+(\.\d+)?$/.test(found), JSON.stringify(found)).toBe(false);
		}),
		{ numRuns: 500 }
	);
});
