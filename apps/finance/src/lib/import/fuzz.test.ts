/**
 * Damaged files: every fixture cut and with bytes changed at random. Whatever comes of it, the only failure is an
 * ImportError, what is read is whole by its own rules, and the work is bounded: it is counted, not timed.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDay } from '#lib/domain/dates.ts';
import { exponentOf, isLineMinor } from '#lib/domain/money.ts';
import { ImportError } from './failure.ts';
import { readFile, type Reading } from './read.ts';
import { fixturesOf } from '@slf/platform/testing/fixtures';

const OWN = [
	'Konto;1\n\n"Datum";"Name";"Zweck";"Betrag";"Saldo"\n"02.01.2024";"B\u00e4cker";"=1+1";"-4,50";"95,50"\n"31.01.2024";"Lohn";"x";"1.234,00";"1.329,50"\n',
	'!Type:Bank\nD1/31/2024\nT-7,550.50\nPGrocer\nSFood\n$-7,500.50\nSOther\n$-50.00\n^\nD2/1/2024\nT1.00\nPx\n^\n',
	':20:X\n:25:123/456EUR\n:28C:1/1\n:60F:C231230EUR100,00\n:61:2312310102DR5,99N005NONREF//ABC\nmore\n:86:005?00X?20SVWZ+Y?32N\n:62F:C240102EUR94,01\n-\n'
];
const files = [
	...fixturesOf('finance')
		.list('.', /\.(?:ofx|sta|xml)$/)
		.map(({ name, bytes }) => ({ name, bytes })),
	...OWN.map((text, index) => ({ name: `own ${index}`, bytes: new TextEncoder().encode(text) }))
];

interface Damage {
	file: number;
	/** Of the file, how many thousandths stay. */
	cut: number;
	flips: { at: number; bit: number }[];
	writes: { at: number; text: string }[];
}

const at = fc.nat(999_999);
const damage: fc.Arbitrary<Damage> = fc.record({
	file: fc.nat(files.length - 1),
	cut: fc.oneof(fc.constant(1000), fc.nat(999)),
	flips: fc.array(fc.record({ at, bit: fc.nat(7) }), { maxLength: 6 }),
	// Characters that mean something to some format.
	writes: fc.array(fc.record({ at, text: fc.constantFrom(...'<>";,:\n!^-\0&', '</', ']]>', '<!', '000') }), {
		maxLength: 6
	})
});

function damaged({ file, cut, flips, writes }: Damage): Uint8Array {
	const whole = files[file]!.bytes;
	const bytes = whole.slice(0, Math.ceil((whole.length * cut) / 1000));
	for (const { at, bit } of flips) bytes[at % bytes.length]! ^= 1 << bit;
	for (const { at, text } of writes) {
		if (bytes.length > text.length) bytes.set(new TextEncoder().encode(text), at % (bytes.length - text.length));
	}
	return bytes;
}

test('[FN-108] a damaged file fails with an ImportError or gives rows that are whole', () => {
	let read = 0;
	fc.assert(
		fc.property(damage, (how) => {
			const bytes = damaged(how);
			let reading;
			try {
				reading = readFile(bytes, {}, { currency: 'EUR' });
			} catch (error) {
				if (!(error instanceof ImportError)) throw error;
				expect(error.message).not.toBe('');
				expect(error.advice).not.toBe('');
				return;
			}
			read++;
			for (const { entries } of reading.statements) {
				for (const entry of entries) {
					expect(isDay(entry.date) && isLineMinor(entry.minor) && exponentOf(entry.currency) !== undefined).toBe(true);
					expect(/[\p{Cc}]/u.test(entry.payee + entry.memo + entry.text)).toBe(false);
				}
			}
		}),
		{ numRuns: 4000 }
	);
	expect(read).toBeGreaterThan(100);
});

test('[FN-105] a file that is cut anywhere gives a beginning of what it gives whole, and says so', () => {
	for (const { name, bytes } of files) {
		const read = (end: number) => {
			try {
				const reading = readFile(bytes.subarray(0, end), {}, { currency: 'EUR' });
				// What is left may not show how it is to be read: then it is asked.
				return reading.questions.length > 0 ? undefined : reading;
			} catch (error) {
				if (!(error instanceof ImportError)) throw error;
				return undefined;
			}
		};
		const entriesOf = ({ statements }: Reading): string[] =>
			statements.flatMap(({ entries }) => entries.map((entry) => JSON.stringify(entry)));
		const whole = read(bytes.length);
		if (!whole) continue;
		// Every place within the last 400 bytes, and every seventh of the others.
		for (let end = bytes.length - 1; end > 0; end -= end > bytes.length - 400 ? 1 : 7) {
			const part = read(end);
			if (!part) continue;
			const place = `${name} cut at ${end} of ${bytes.length}`;
			expect(entriesOf(part), place).toEqual(entriesOf(whole).slice(0, entriesOf(part).length));
			if (part.broken || part.faultCount > 0) continue;
			// Between two lines of a table or two records of QIF nothing shows that there was more, nor before the first.
			const isBetween = entriesOf(part).length === 0 || /[\n^]/.test(String.fromCharCode(bytes[end - 1]!));
			if ((part.format === 'csv' || part.format === 'qif') && isBetween) continue;
			// Nor between two statements; but each of them is as it was.
			expect(part.statements, place).toEqual(whole.statements.slice(0, part.statements.length));
		}
	}
});

// Half a million characters: what goes over the text once for each of them would not end within the time of a test.
const shapes = [
	'"',
	'<',
	'<A>',
	'<NAME>',
	'<MEMO>x',
	':61:\n',
	':86:x',
	'&',
	'<![CDATA[',
	'<!--',
	',',
	';\n',
	'"\n',
	'1,',
	'1.',
	'(',
	"'",
	'/NAME/',
	'?20',
	'SVWZ+',
	'-',
	' ',
	'\t',
	'\n',
	'\r',
	'2024-01-05,1.5,"',
	'<a b="',
	']]>'
];
const heads = [
	'',
	'<OFX>',
	'<OFX><NAME>',
	'<OFX><NAME><![CDATA[',
	':20:x\n:25:1\n:60F:C240101EUR1,00\n:61:2401010101D1,00NTRFx\n:86:',
	'!Type:Bank\n',
	'<Document><BkToCstmrStmt>',
	'<Document><BkToCstmrStmt><Stmt a="',
	'2024-01-05,x,1.5\n',
	'a,b,c\n2024-01-05,"x'
];

test.each(heads)('[FN-108] work grows with the length of the file and no faster: after %j', (head) => {
	for (const shape of shapes) {
		try {
			readFile(
				new TextEncoder().encode(head + shape.repeat(Math.ceil(500_000 / shape.length))),
				{},
				{ currency: 'EUR' }
			);
		} catch (error) {
			if (!(error instanceof ImportError)) throw error;
		}
	}
});
