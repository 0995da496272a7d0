import { expect, test } from 'vitest';
import { csvRow, guarded, unguarded } from './csv-cells.ts';

const LETTERS = ["'", '=', '+', '-', '@', '\t', '\r', '\n', '\uff1d', '\uff20', '"', ',', ' ', 'a', ''];

/** Every text of up to four of these letters. */
const texts = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.flatMap((c) => LETTERS.map((d) => a + b + c + d))));

test('T65 no guarded cell begins a formula, and each gives back exactly what it was', () => {
	for (const text of texts) {
		const safe = guarded(text);
		if (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(safe)) expect.fail(JSON.stringify(text));
		if (unguarded(safe) !== text) expect.fail(JSON.stringify(text));
	}
	expect(guarded('=1+1')).toBe("'=1+1");
	expect(guarded("'tis")).toBe("'tis");
	expect(guarded("'=x")).toBe("''=x");
});

test('a row quotes what would end a cell or be trimmed', () => {
	expect(csvRow(['a', 'b,c', 'say "d"', 'e\nf', ' g', ''])).toBe('a,"b,c","say ""d""","e\nf"," g",\r\n');
});
