import { decode as looseDecode, encode as looseEncode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../crypto/bytes.ts';
import {
	array,
	bool,
	bytes,
	bytesUpTo,
	decode,
	dictionary,
	encode,
	int,
	map,
	nullable,
	oneOf,
	opaque,
	optional,
	sqlValue,
	text,
	tuple,
	union,
	version,
	type Schema
} from './cbor.ts';
import { ProtocolError } from './errors.ts';

const anyInt = int(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const value = sqlValue(1_000_000);
const person = map({ name: text(100), age: int(0, 200), email: optional(text(100)) });

function codeOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof ProtocolError) return error.code;
		throw error;
	}
	return 'no error';
}
const read = (hex: string, schema: Schema<unknown>): string => codeOf(() => decode(fromHex(hex), schema));

describe('each value has one encoding [C-11]', () => {
	test.each([
		[0, '00'],
		[23, '17'],
		[24, '1818'],
		[255, '18ff'],
		[256, '190100'],
		[65_535, '19ffff'],
		[65_536, '1a00010000'],
		[4_294_967_296, '1b0000000100000000'],
		[Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
		[-1, '20'],
		[-25, '3818'],
		[-9_007_199_254_740_991, '3b001ffffffffffffe'],
		[9_007_199_254_740_992n, '1b0020000000000000'],
		[-9_007_199_254_740_992n, '3b001fffffffffffff'],
		[9_223_372_036_854_775_807n, '1b7fffffffffffffff'],
		[-9_223_372_036_854_775_808n, '3b7fffffffffffffff'],
		[1.5, 'fb3ff8000000000000'],
		[1e300, 'fb7e37e43c8800759c'],
		[Number.POSITIVE_INFINITY, 'fb7ff0000000000000'],
		[null, 'f6'],
		['', '60'],
		['ü', '62c3bc'],
		['\uFEFFstarts with a mark', '75efbbbf73746172747320776974682061206d61726b'],
		[new Uint8Array([1, 2]), '420102']
	] as const)('%s', (plain, hex) => {
		expect(toHex(encode(plain))).toBe(hex);
		expect(decode(fromHex(hex), value)).toEqual(plain);
	});

	test('a bigint that a number holds is that number', () => {
		expect(toHex(encode(5n))).toBe('05');
		expect(toHex(encode(-5n))).toBe('24');
	});

	test('any cell value comes back, and cborg reads the same bytes', () => {
		fc.assert(
			fc.property(cells(), (cell) => {
				const encoded = encode(cell);
				expect(decode(encoded, value)).toEqual(cell);
				expect(toHex(encode(decode(encoded, value)))).toBe(toHex(encoded));
				if (typeof cell !== 'string') expect(looseDecode(encoded)).toEqual(cell);
				if (typeof cell !== 'string') expect(toHex(looseEncode(cell, { float64: true }))).toBe(toHex(encoded));
			}),
			{ numRuns: 500 }
		);
	});

	test('maps are sorted the shorter key first, as cborg sorts them, and undefined fields are left out', () => {
		expect(toHex(encode({ bb: 1, a: 2, ab: 3, c: undefined }))).toBe('a3616102626162036262' + '6201');
		fc.assert(
			fc.property(fc.dictionary(fc.string({ maxLength: 40, unit: 'grapheme' }), fc.nat()), (object) => {
				const plain = { ...object };
				expect(toHex(encode(plain))).toBe(toHex(looseEncode(plain)));
				expect(decode(encode(plain), dictionary(anyInt, 100))).toEqual(new Map(Object.entries(plain)));
			})
		);
	});

	test('whatever bytes decode, they are the encoding of what they decode to', () => {
		const schemas: Schema<unknown>[] = [value, person, array(anyInt, 10), dictionary(value, 10), opaque(1000)];
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(schemas.length - 1), (input, which) => {
				let decoded: unknown;
				try {
					decoded = decode(input, schemas[which]!);
				} catch (error) {
					expect(error).toBeInstanceOf(ProtocolError);
					return;
				}
				const again = which === 4 ? (decoded as Uint8Array) : encode(decoded as object);
				expect(toHex(again)).toBe(toHex(input));
			}),
			{ numRuns: 5000 }
		);
	});

	test('a flipped bit of a valid message is refused or gives another message, never the same one twice', () => {
		const message = encode({ name: 'Ada', age: 36, email: 'a@b' });
		for (let bit = 0; bit < message.length * 8; bit++) {
			const altered = message.slice();
			altered[bit >> 3]! ^= 1 << (bit & 7);
			let decoded: object | undefined;
			try {
				decoded = decode(altered, person);
			} catch (error) {
				expect(error).toBeInstanceOf(ProtocolError);
			}
			if (decoded) expect(toHex(encode(decoded))).toBe(toHex(altered));
		}
	});

	test("what has no encoding is the caller's mistake", () => {
		expect(() => encode(Number.NaN)).toThrow(TypeError);
		expect(() => encode('\ud800')).toThrow(TypeError);
		expect(() => encode(1n << 63n)).toThrow(TypeError);
		expect(() => encode([undefined as unknown as null])).toThrow(TypeError);
		expect(() => encode([() => 0] as unknown as object)).toThrow(TypeError);
	});
});

describe('T68 bytes that are not the one encoding are refused [C-12]', () => {
	test.each([
		['a repeated key', 'a2' + '6161' + '01' + '6161' + '02', dictionary(anyInt, 5)],
		['keys out of order', 'a2' + '6162' + '01' + '6161' + '02', dictionary(anyInt, 5)],
		['a longer key before a shorter', 'a2' + '626161' + '01' + '6162' + '02', dictionary(anyInt, 5)],
		['an integer written too long', '1817', anyInt],
		['an integer in 8 bytes that fits 4', '1b00000000ffffffff', anyInt],
		['a length written too long', '580101', bytesUpTo(9)],
		['a float for an integer', 'fb3ff0000000000000', value],
		['minus zero as a float', 'fb8000000000000000', value],
		['a half float', 'f93c00', value],
		['a single float', 'fa3fc00000', value],
		['NaN', 'fb7ff8000000000000', value],
		['an indefinite list', '9f01ff', array(anyInt, 5)],
		['indefinite bytes', '5f4101ff', bytesUpTo(9)],
		['an indefinite map', 'bf616101ff', dictionary(anyInt, 5)],
		['a tag', 'c001', opaque(9)],
		['undefined', 'f7', opaque(9)],
		['an unknown simple value', 'e0', opaque(9)],
		['a reserved head', '1c', anyInt],
		['invalid UTF-8', '61ff', text(9)],
		['an overlong UTF-8 sequence', '62c080', text(9)],
		['half a surrogate pair in UTF-8', '63eda080', text(9)],
		['invalid UTF-8 in long text', `7819${'ff'.repeat(25)}`, text(99)],
		['bytes after the end', '0000', anyInt],
		['nothing at all', '', anyInt],
		['a head cut off', '19', anyInt],
		['bytes cut off', '4401', bytesUpTo(9)],
		['an integer beyond 64 bits', '1bffffffffffffffff', value]
	])('%s', (_, hex, schema) => {
		expect(read(hex, schema)).toMatch(/^(MALFORMED|WRONG_SHAPE)$/);
	});

	test('a key named __proto__ is a foreign key, and an ordinary entry of a dictionary', () => {
		const evil = encode(new Map([['__proto__', new Map([['admin', true]])]]));
		expect(codeOf(() => decode(evil, map({ name: optional(text(9)) })))).toBe('WRONG_SHAPE');
		const entries = decode(encode(new Map([['__proto__', 1]])), dictionary(anyInt, 5));
		expect([...entries]).toEqual([['__proto__', 1]]);
		expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
	});

	test('20,000 nested lists are refused without a deep stack', () => {
		const deep = new Uint8Array(20_001).fill(0x81);
		deep[20_000] = 0;
		expect(codeOf(() => decode(deep, opaque(100_000)))).toBe('TOO_DEEP');
		expect(codeOf(() => decode(deep, array(array(anyInt, 5), 5)))).toBe('WRONG_SHAPE');
	});

	test('a list that claims four billion items costs nothing', () => {
		expect(read('9affffffff', array(anyInt, 5))).toBe('TOO_LARGE');
		expect(read('9affffffff', opaque(100))).toBe('MALFORMED');
		expect(read('5affffffff', bytesUpTo(0xffff_ffff))).toBe('MALFORMED');
	});
});

describe('the schema is closed [C-13]', () => {
	test('a message has the fields named, optional ones or not, and no other', () => {
		expect(decode(encode({ name: 'Ada', age: 36 }), person)).toEqual({ name: 'Ada', age: 36 });
		expect(decode(encode({ name: 'Ada', age: 36, email: 'a@b' }), person)).toEqual({
			name: 'Ada',
			age: 36,
			email: 'a@b'
		});
		expect(codeOf(() => decode(encode({ name: 'Ada' }), person))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode({ name: 'Ada', age: 36, more: 1 }), person))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode({ name: 'Ada', age: 201 }), person))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode({ name: 1, age: 36 }), person))).toBe('WRONG_SHAPE');
	});

	test('an error names the path, never the content', () => {
		const schema = map({ list: array(person, 5) });
		try {
			decode(
				encode({
					list: [
						{ name: 'Ada', age: 36 },
						{ name: 'secret', age: 999 }
					]
				}),
				schema
			);
			expect.unreachable();
		} catch (error) {
			expect((error as ProtocolError).path).toBe('list[1].age');
			expect((error as ProtocolError).message).not.toMatch(/secret|999/);
		}
	});

	test('sizes and counts are bounded', () => {
		expect(codeOf(() => decode(encode('abc'), text(2)))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode(new Uint8Array(3)), bytesUpTo(2)))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode(new Uint8Array(3)), bytes(4)))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode([1, 2, 3]), array(anyInt, 2)))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode([]), array(anyInt, 2, 1)))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode({ a: 1, b: 2 }), dictionary(anyInt, 1)))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode('abc'), sqlValue(2)))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode('abc'), text(9), 3))).toBe('TOO_LARGE');
		expect(codeOf(() => decode(encode([1]), tuple(anyInt, anyInt)))).toBe('WRONG_SHAPE');
	});

	test('union, version, oneOf, nullable, bool', () => {
		const shape = union({
			DOT: map({ type: oneOf('DOT'), x: anyInt }),
			LINE: map({ type: oneOf('LINE'), from: anyInt, to: anyInt })
		});
		expect(decode(encode({ type: 'LINE', from: 1, to: 2 }), shape)).toEqual({ type: 'LINE', from: 1, to: 2 });
		expect(codeOf(() => decode(encode({ type: 'DOT', from: 1, to: 2 }), shape))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode({ type: 'AREA' }), shape))).toBe('UNKNOWN_VERSION');
		expect(codeOf(() => decode(encode({ x: 1 }), shape))).toBe('WRONG_SHAPE');
		expect(codeOf(() => decode(encode(2), version(1)))).toBe('UNKNOWN_VERSION');
		expect(codeOf(() => decode(encode('C'), oneOf('A', 'B')))).toBe('WRONG_SHAPE');
		expect(decode(encode(null), nullable(anyInt))).toBeNull();
		expect(decode(encode(true), bool)).toBe(true);
		expect(codeOf(() => decode(encode(1), bool))).toBe('WRONG_SHAPE');
	});

	test('opaque keeps the bytes of what it does not understand', () => {
		const inner = { anything: [1, 'two', new Uint8Array(3), null, true, 1.5, { deep: {} }] };
		expect(toHex(decode(encode({ type: 'X', body: inner }), map({ type: text(9), body: opaque(999) })).body)).toBe(
			toHex(encode(inner))
		);
	});
});

/** Any cell, without integers that a number could hold but a bigint was given for. */
function cells() {
	return fc.oneof(
		fc.constant(null),
		fc.integer(),
		fc.maxSafeInteger(),
		fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)),
		fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
		fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
		fc.string({ unit: 'grapheme', maxLength: 300 }),
		fc.uint8Array({ maxLength: 300 })
	);
}
