import fc from 'fast-check';
import { deflateSync } from 'fflate';
import { expect, test } from 'vitest';
import { decodeTable, encodeTable, type Table } from './chunk.ts';
import { chunkRow, packTable, unpackTable } from './sample-chunk.ts';

const number = fc.oneof(
	{ weight: 4, arbitrary: fc.integer({ min: -1000, max: 20_000 }).map((value) => value / 100) },
	fc.double({ noDefaultInfinity: true, noNaN: true }),
	fc.constantFrom(0, -0, 1e-320, 2 ** 53, -(2 ** 50), 0.1 + 0.2, 123456789.1234567),
	fc.constant(NaN)
);

const table: fc.Arbitrary<Table> = fc
	.record({ n: fc.nat(40), columns: fc.integer({ min: 0, max: 4 }) })
	.chain(({ n, columns }) =>
		fc.record({
			ms: fc.boolean(),
			offset: fc.integer({ min: -840, max: 840 }),
			labels: fc.array(fc.string({ maxLength: 12, unit: 'grapheme' }), { minLength: columns, maxLength: columns }),
			times: fc.array(fc.integer({ min: -(10 ** 9), max: 2 ** 50 }), { minLength: n, maxLength: n }),
			durations: fc.oneof(
				fc.constant(new Array<number>(n).fill(60)),
				fc.array(fc.nat(100_000), { minLength: n, maxLength: n })
			),
			columns: fc.array(fc.array(number, { minLength: n, maxLength: n }), { minLength: columns, maxLength: columns })
		})
	)
	.map((plain) => ({
		...plain,
		times: Float64Array.from(plain.times),
		durations: Float64Array.from(plain.durations),
		columns: plain.columns.map((column) => Float64Array.from(column))
	}));

const rowsOf = ({ times, durations, columns }: Table): string[] =>
	Array.from(times, (time, row) =>
		[time, durations[row]!, ...columns.map((column) => (Object.is(column[row], -0) ? '-0' : column[row]!))].join(' ')
	);

test('[HL-21] what goes into a chunk comes out of it: every row once, every number as it was', () => {
	fc.assert(
		fc.property(table, (given) => {
			const back = unpackTable(packTable(given));
			expect({ ...back, times: 0, durations: 0, columns: 0 }).toEqual({ ...given, times: 0, durations: 0, columns: 0 });
			// Zero and minus zero are equal, so of two rows that differ in that alone one stays.
			const plain = (rows: string[]) => [
				...new Set(rows.map((row) => row.replaceAll('-0 ', '0 ').replace(/-0$/, '0')))
			];
			expect(plain(rowsOf(back)).toSorted()).toEqual(plain(rowsOf(given)).toSorted());
			expect(new Set(rowsOf(back)).size).toBe(rowsOf(back).length);
		}),
		{ numRuns: 400 }
	);
});

test('[HL-20] the bytes follow from the set of samples, not from the order in which a file had them', () => {
	fc.assert(
		fc.property(table, fc.infiniteStream(fc.nat()), (given, random) => {
			const order = Array.from(given.times, (_, row) => ({ row, by: random.next().value as number }))
				.toSorted((a, b) => a.by - b.by)
				.map(({ row }) => row);
			const twice = [...order, ...order];
			const pick = (from: Float64Array) => Float64Array.from(twice, (row) => from[row]!);
			const shuffled = {
				...given,
				times: pick(given.times),
				durations: pick(given.durations),
				columns: given.columns.map(pick)
			};
			const same = (bytes: Uint8Array) => [...bytes];
			// Minus zero sorts like zero: which of the two stays is not fixed, so leave it out here.
			fc.pre(given.columns.every((column) => column.every((value) => !Object.is(value, -0))));
			expect(same(encodeTable(shuffled))).toEqual(same(encodeTable(given)));
		})
	);
});

const minutes = (count: number, value: (row: number) => number): Table => ({
	ms: false,
	offset: 60,
	labels: ['{steps}'],
	times: Float64Array.from({ length: count }, (_, row) => 1_772_323_200 + row * 60),
	durations: new Float64Array(count).fill(60),
	columns: [Float64Array.from({ length: count }, (_, row) => value(row))]
});

test('[HL-20] the deflater is part of the id of a chunk: its output is held here', () => {
	const chunk = chunkRow(
		'steps',
		'h:source',
		20_513,
		minutes(1440, (row) => (row * 7919) % 131)
	);
	expect(chunk.id).toBe('h:_1G8k4yHAZ0hxQPp9OQvNtIR0Nbxo10X6qkqhSZWSWI');
	expect(chunk.until).toBe(1_772_323_200 + 1440 * 60 + 3600);
});

test('a day of minutes is small: below four bytes a sample', () => {
	const body = packTable(minutes(1440, (row) => Math.round(Math.abs(Math.sin(row)) * 10_000) / 100));
	expect(body.length / 1440).toBeLessThan(4);
});

test('[HL-21] malformed bytes are refused with a RangeError, whatever they are, and allocate nothing large', () => {
	const good = encodeTable(minutes(50, (row) => row));
	const refuses = (bytes: Uint8Array) => {
		try {
			decodeTable(bytes);
			return 'read';
		} catch (error) {
			if (error instanceof RangeError) return 'refused';
			throw error;
		}
	};
	for (let length = 0; length < good.length; length++) expect(refuses(good.subarray(0, length))).toBe('refused');
	expect(refuses(Uint8Array.of(...good, 0))).toBe('refused');
	// Two million rows claimed in nine bytes.
	expect(() => decodeTable(Uint8Array.of(1, 0, 0x80, 0x89, 0x7a, 0, 0, 0, 0))).toThrow(/too many rows/);
	// A number without an end.
	expect(refuses(Uint8Array.of(1, 0, ...new Array<number>(500).fill(0x80)))).toBe('refused');
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(good.length - 1), (noise, at) => {
			refuses(noise);
			const changed = good.slice();
			changed.set(noise.subarray(0, changed.length - at), at);
			refuses(changed);
			try {
				unpackTable(noise);
			} catch (error) {
				expect(error).toBeInstanceOf(RangeError);
			}
		}),
		{ numRuns: 2000 }
	);
});

test('T67 a chunk that inflates to a gigabyte is refused before it is in memory', () => {
	const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
	expect(bomb.length).toBeLessThan(100_000);
	expect(() => unpackTable(bomb)).toThrow(/too large/);
});

test('what a table cannot hold is an error of the writer', () => {
	const one = minutes(1, () => 1);
	expect(() => encodeTable({ ...one, times: Float64Array.of(0.5) })).toThrow(RangeError);
	expect(() => encodeTable({ ...one, durations: Float64Array.of(-1) })).toThrow(RangeError);
	expect(() => encodeTable({ ...one, columns: [Float64Array.of(Infinity)] })).toThrow(RangeError);
});
