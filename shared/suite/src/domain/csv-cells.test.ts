import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvRow, guarded, unguarded } from './csv-cells.ts';

const cell = fc.oneof(
	fc.string(),
	fc
		.array(fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＠', 'a', '"', ',', ' '))
		.map((parts) => parts.join(''))
);

test('T65 no guarded cell begins a formula, and each gives back exactly what it was', () => {
	fc.assert(
		fc.property(cell, (text) => {
			const safe = guarded(text);
			expect(safe).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
			expect(unguarded(safe)).toBe(text);
		})
	);
	expect(guarded('=1+1')).toBe("'=1+1");
	expect(guarded("'tis")).toBe("'tis");
	expect(guarded("'=x")).toBe("''=x");
});

test('a row quotes what would end a cell or be trimmed', () => {
	expect(csvRow(['a', 'b,c', 'say "d"', 'e\nf', ' g', ''])).toBe('a,"b,c","say ""d""","e\nf"," g",\r\n');
});
