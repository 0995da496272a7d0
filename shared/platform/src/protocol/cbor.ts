/**
 * Deterministic CBOR (RFC 8949 section 4.2.1) with closed schemas: each value has exactly one encoding, and bytes that
 * are not it are refused. Peers hash and sign bytes, so two spellings of one message would be two messages.
 *
 * What exists: integers of 64 bits, byte strings, text, arrays, maps with text keys, null, true, false, 64-bit floats.
 *
 * 1. Heads are minimal, lengths definite, text is valid UTF-8, map keys are sorted by their encoding and unique.
 * 2. A number that is a safe integer is an integer; every other number is a 64-bit float; NaN does not exist.
 * 3. No tags, no undefined, no simple values, no short floats, nothing after the value.
 * 4. Decoding follows the schema and nothing else. It never builds what the schema does not name, so depth is the
 *    schema's, a foreign key is an error, and `__proto__` is only a foreign key.
 *
 * Encoding takes plain values; an `undefined` property is left out. Decoded byte strings are copies.
 */
import { ProtocolError, type ProtocolErrorCode } from './errors.ts';
import type { SqlValue } from './sql-value.ts';

/** What `encode` takes. */
export type CborValue =
	| null
	| boolean
	| number
	| bigint
	| string
	| Uint8Array
	| readonly CborValue[]
	| ReadonlyMap<string, CborValue>
	| { readonly [key: string]: CborValue | undefined };

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT64 = 0xfb;

/** Texts of so many bytes are coded by hand. */
const SHORT = 32;

/** Levels of nesting that `skip` follows: more than any schema of ours has. */
const MOST_DEPTH = 16;

const textEncoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF: dropping it would change the text and its encoding.
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The one encoding of `value`. Throws a TypeError on what has none; that is a defect of the caller. */
export function encode(value: object | CborValue): Uint8Array {
	const writer = new Writer();
	writer.value(value as CborValue, 0);
	return writer.finish();
}

/**
 * The value of `bytes` if they are the one encoding of a value of this shape. Throws ProtocolError with a code and the
 * path inside the message. `most` is checked before anything is read.
 */
export function decode<T>(bytes: Uint8Array, schema: Schema<T>, most: number = Number.POSITIVE_INFINITY): T {
	if (bytes.length > most) {
		throw new ProtocolError('TOO_LARGE', '', `${bytes.length} bytes, the most is ${most}`);
	}
	const reader = new Reader(bytes);
	const value = schema.read(reader, '');
	if (reader.at !== bytes.length) throw new ProtocolError('MALFORMED', '', 'bytes after the end of the message');
	return value;
}

class Writer {
	#bytes = new Uint8Array(256);
	#view = new DataView(this.#bytes.buffer);
	#at = 0;

	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}

	value(value: CborValue | undefined, depth: number): void {
		if (depth > MOST_DEPTH) throw new TypeError('Nested too deep to encode');
		if (value === null) this.#byte(NULL);
		else if (typeof value === 'boolean') this.#byte(value ? TRUE : FALSE);
		else if (typeof value === 'number') this.#number(value);
		else if (typeof value === 'bigint') this.#bigint(value);
		else if (typeof value === 'string') this.#text(value);
		else if (value instanceof Uint8Array) {
			this.#head(BYTES, value.length);
			this.#append(value);
		} else if (Array.isArray(value)) {
			this.#head(ARRAY, value.length);
			for (const item of value as CborValue[]) this.value(item, depth + 1);
		} else if (typeof value === 'object') this.#map(value as object, depth);
		else throw new TypeError(`A value of type ${typeof value} has no encoding`);
	}

	#map(value: object, depth: number): void {
		const entries: [string, CborValue | undefined][] = value instanceof Map ? [...value] : Object.entries(value);
		const present = entries.filter(([, item]) => item !== undefined);
		present.sort(([a], [b]) => compareKeys(a, b));
		this.#head(MAP, present.length);
		for (const [key, item] of present) {
			this.#text(key);
			this.value(item, depth + 1);
		}
	}

	#number(value: number): void {
		if (Number.isSafeInteger(value)) {
			if (value >= 0) this.#head(UINT, value);
			else this.#head(NEGATIVE, -1 - value);
			return;
		}
		if (Number.isNaN(value)) throw new TypeError('NaN has no encoding');
		this.#byte(FLOAT64);
		this.#room(8);
		this.#view.setFloat64(this.#at, value);
		this.#at += 8;
	}

	#bigint(value: bigint): void {
		if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
			this.#number(Number(value));
			return;
		}
		const argument = value >= 0n ? value : -1n - value;
		if (argument > 0x7fff_ffff_ffff_ffffn) throw new TypeError('An integer beyond 64 bits has no encoding');
		this.#byte(((value >= 0n ? UINT : NEGATIVE) << 5) | 27);
		this.#room(8);
		this.#view.setBigUint64(this.#at, argument);
		this.#at += 8;
	}

	#text(text: string): void {
		if (text.length <= SHORT && this.#ascii(text)) return;
		if (!text.isWellFormed()) throw new TypeError('Text with half a surrogate pair has no encoding');
		const bytes = textEncoder.encode(text);
		this.#head(TEXT, bytes.length);
		this.#append(bytes);
	}

	/** Short ASCII, as names and ids are, is several times faster by hand than through TextEncoder. */
	#ascii(text: string): boolean {
		this.#room(9 + text.length);
		const start = this.#at;
		this.#head(TEXT, text.length);
		for (let i = 0; i < text.length; i++) {
			const code = text.charCodeAt(i);
			if (code > 0x7f) {
				this.#at = start;
				return false;
			}
			this.#bytes[this.#at++] = code;
		}
		return true;
	}

	#head(major: number, argument: number): void {
		const type = major << 5;
		this.#room(9);
		if (argument < 24) this.#bytes[this.#at++] = type | argument;
		else if (argument < 0x100) {
			this.#bytes[this.#at++] = type | 24;
			this.#bytes[this.#at++] = argument;
		} else if (argument < 0x1_0000) {
			this.#bytes[this.#at++] = type | 25;
			this.#view.setUint16(this.#at, argument);
			this.#at += 2;
		} else if (argument < 0x1_0000_0000) {
			this.#bytes[this.#at++] = type | 26;
			this.#view.setUint32(this.#at, argument);
			this.#at += 4;
		} else {
			this.#bytes[this.#at++] = type | 27;
			this.#view.setBigUint64(this.#at, BigInt(argument));
			this.#at += 8;
		}
	}

	#byte(byte: number): void {
		this.#room(1);
		this.#bytes[this.#at++] = byte;
	}

	#append(bytes: Uint8Array): void {
		this.#room(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	#room(more: number): void {
		const needed = this.#at + more;
		if (needed <= this.#bytes.length) return;
		const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
		grown.set(this.#bytes.subarray(0, this.#at));
		this.#bytes = grown;
		this.#view = new DataView(grown.buffer);
	}
}

/** Order of encoded keys: the shorter first, then byte by byte. */
function compareKeys(a: string, b: string): number {
	const left = textEncoder.encode(a);
	const right = textEncoder.encode(b);
	if (left.length !== right.length) return left.length - right.length;
	for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
	return 0;
}

/** A position in received bytes. Only schemas use it. */
class Reader {
	readonly bytes: Uint8Array;
	readonly #view: DataView;
	at = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	}

	peek(path: string): number {
		const byte = this.bytes[this.at];
		if (byte === undefined) throw fail('MALFORMED', path, 'ends too early');
		return byte;
	}

	/** Consumes a head of this major type and gives its argument, which must be minimal and at most 2^53 - 1. */
	head(major: number, path: string, expected: string): number {
		if (this.peek(path) >> 5 !== major) throw fail('WRONG_SHAPE', path, `expected ${expected}`);
		const argument = this.argument(path);
		if (typeof argument === 'bigint') throw fail('WRONG_SHAPE', path, 'an integer beyond 2^53');
		return argument;
	}

	/** Consumes a head whatever its major type; a bigint only beyond 2^53 - 1. */
	argument(path: string): number | bigint {
		const info = this.peek(path) & 31;
		this.at++;
		if (info < 24) return info;
		const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0;
		if (size === 0) throw fail('MALFORMED', path, 'an indefinite length or reserved head');
		this.need(size, path);
		const start = this.at;
		this.at += size;
		if (size === 8) {
			const wide = this.#view.getBigUint64(start);
			if (wide < 0x1_0000_0000n) throw notMinimal(path);
			return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
		}
		const value =
			size === 1 ? this.bytes[start]! : size === 2 ? this.#view.getUint16(start) : this.#view.getUint32(start);
		const least = size === 1 ? 24 : size === 2 ? 0x100 : 0x1_0000;
		if (value < least) throw notMinimal(path);
		return value;
	}

	need(size: number, path: string): void {
		if (this.at + size > this.bytes.length) throw fail('MALFORMED', path, 'ends too early');
	}

	take(size: number, path: string): Uint8Array {
		this.need(size, path);
		this.at += size;
		return this.bytes.subarray(this.at - size, this.at);
	}

	text(most: number, path: string): string {
		const size = this.head(TEXT, path, 'text');
		if (size > most) throw fail('TOO_LARGE', path, `text of ${size} bytes, the most is ${most}`);
		return this.utf8(this.take(size, path), path);
	}

	utf8(bytes: Uint8Array, path: string): string {
		// Short ASCII, as names and ids are, is several times faster by hand than through TextDecoder.
		if (bytes.length <= SHORT) {
			let text = '';
			for (const byte of bytes) {
				if (byte > 0x7f) return this.#decodeUtf8(bytes, path);
				text += String.fromCharCode(byte);
			}
			return text;
		}
		return this.#decodeUtf8(bytes, path);
	}

	#decodeUtf8(bytes: Uint8Array, path: string): string {
		try {
			return textDecoder.decode(bytes);
		} catch {
			throw fail('MALFORMED', path, 'text that is not UTF-8');
		}
	}

	float(path: string): number {
		this.at++;
		this.need(8, path);
		const value = this.#view.getFloat64(this.at);
		this.at += 8;
		if (Number.isNaN(value)) throw fail('MALFORMED', path, 'NaN');
		if (Number.isSafeInteger(value)) throw fail('MALFORMED', path, 'a float that is an integer');
		return value;
	}

	/** Consumes an integer of 64 bits: a number where exact, else a bigint. */
	integer(path: string): number | bigint {
		const negative = this.peek(path) >> 5 === NEGATIVE;
		const argument = this.argument(path);
		if (typeof argument === 'number') {
			if (!negative) return argument;
			const value = -1 - argument;
			return Number.isSafeInteger(value) ? value : -1n - BigInt(argument);
		}
		if (argument > 0x7fff_ffff_ffff_ffffn) throw fail('WRONG_SHAPE', path, 'an integer beyond 64 bits');
		return negative ? -1n - argument : argument;
	}

	/** Consumes one value of any shape, checking its form. */
	skip(path: string, depth: number): void {
		if (depth > MOST_DEPTH) throw fail('TOO_DEEP', path, `nested deeper than ${MOST_DEPTH}`);
		const first = this.peek(path);
		const major = first >> 5;
		if (major === UINT || major === NEGATIVE) this.integer(path);
		else if (major === BYTES) this.take(this.head(BYTES, path, 'bytes'), path);
		else if (major === TEXT) this.text(Number.POSITIVE_INFINITY, path);
		else if (major === ARRAY) {
			const count = this.head(ARRAY, path, 'a list');
			for (let i = 0; i < count; i++) this.skip(path, depth + 1);
		} else if (major === MAP) this.entries(path, () => this.skip(path, depth + 1));
		else if (first === FALSE || first === TRUE || first === NULL) this.at++;
		else if (first === FLOAT64) this.float(path);
		else throw fail('MALFORMED', path, major === SIMPLE ? 'an unknown simple value' : 'a tag');
	}

	/** Consumes a map; `each` consumes the value of a key. Keys must come in order and once. */
	entries(path: string, each: (key: string) => void): void {
		const count = this.head(MAP, path, 'a map');
		let before: Uint8Array | undefined;
		for (let i = 0; i < count; i++) {
			const start = this.at;
			const key = this.text(1024, path);
			const encoded = this.bytes.subarray(start, this.at);
			if (before && !comesAfter(encoded, before)) throw fail('MALFORMED', path, 'keys out of order or repeated');
			before = encoded;
			each(key);
		}
	}
}

function comesAfter(key: Uint8Array, before: Uint8Array): boolean {
	const length = Math.min(key.length, before.length);
	for (let i = 0; i < length; i++) if (key[i] !== before[i]) return key[i]! > before[i]!;
	return key.length > before.length;
}

function fail(code: ProtocolErrorCode, path: string, message: string): ProtocolError {
	return new ProtocolError(code, path, message);
}

function notMinimal(path: string): ProtocolError {
	return fail('MALFORMED', path, 'a number written longer than it needs');
}

/** A shape: how to read it. `path` names the place for errors. */
export interface Schema<T> {
	read(reader: Reader, path: string): T;
}

/** The type of the values of a schema. */
export type Shape<S> = S extends Schema<infer T> ? T : never;

/** Exactly `size` bytes. */
export function bytes(size: number): Schema<Uint8Array> {
	return {
		read(reader, path) {
			const length = reader.head(BYTES, path, 'bytes');
			if (length !== size) throw fail('WRONG_SHAPE', path, `${length} bytes, expected ${size}`);
			return reader.take(length, path).slice();
		}
	};
}

/** Any bytes, at most `most`. */
export function bytesUpTo(most: number): Schema<Uint8Array> {
	return {
		read(reader, path) {
			const length = reader.head(BYTES, path, 'bytes');
			if (length > most) throw fail('TOO_LARGE', path, `${length} bytes, the most is ${most}`);
			return reader.take(length, path).slice();
		}
	};
}

/** Text of at most `most` bytes of UTF-8. */
export function text(most: number): Schema<string> {
	return { read: (reader, path) => reader.text(most, path) };
}

/** An integer from `least` to `most`, both within what a number holds exactly. */
export function int(least: number, most: number): Schema<number> {
	return {
		read(reader, path) {
			const major = reader.peek(path) >> 5;
			if (major !== UINT && major !== NEGATIVE) throw fail('WRONG_SHAPE', path, 'expected an integer');
			const value = reader.integer(path);
			if (typeof value === 'bigint' || value < least || value > most) {
				throw fail('WRONG_SHAPE', path, `an integer outside ${least} to ${most}`);
			}
			return value;
		}
	};
}

export const bool: Schema<boolean> = {
	read(reader, path) {
		const byte = reader.peek(path);
		if (byte !== TRUE && byte !== FALSE) throw fail('WRONG_SHAPE', path, 'expected true or false');
		reader.at++;
		return byte === TRUE;
	}
};

/** One of the texts named. */
export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
	const most = Math.max(...values.map((value) => value.length));
	return {
		read(reader, path) {
			const value = reader.text(most, path);
			if (!values.includes(value as T)) throw fail('WRONG_SHAPE', path, `expected ${values.join(' or ')}`);
			return value as T;
		}
	};
}

/** The version number of a message: exactly this one. */
export function version<const N extends number>(known: N): Schema<N> {
	return {
		read(reader, path) {
			const value = reader.head(UINT, path, 'a version');
			if (value !== known) throw fail('UNKNOWN_VERSION', path, `version ${value}, known here is ${known}`);
			return known;
		}
	};
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
	return {
		read(reader, path) {
			if (reader.peek(path) !== NULL) return schema.read(reader, path);
			reader.at++;
			return null;
		}
	};
}

/** A list of at least `least` and at most `most` items. */
export function array<T>(of: Schema<T>, most: number, least = 0): Schema<T[]> {
	return {
		read(reader, path) {
			const count = reader.head(ARRAY, path, 'a list');
			if (count > most) throw fail('TOO_LARGE', path, `${count} items, the most is ${most}`);
			if (count < least) throw fail('WRONG_SHAPE', path, `${count} items, the least is ${least}`);
			const items: T[] = [];
			for (let i = 0; i < count; i++) items.push(of.read(reader, `${path}[${i}]`));
			return items;
		}
	};
}

/** A list of fixed length with a schema for each place. */
export function tuple<const S extends readonly Schema<unknown>[]>(
	...schemas: S
): Schema<{ -readonly [K in keyof S]: Shape<S[K]> }> {
	return {
		read(reader, path) {
			const count = reader.head(ARRAY, path, 'a list');
			if (count !== schemas.length) throw fail('WRONG_SHAPE', path, `${count} items, expected ${schemas.length}`);
			return schemas.map((schema, i) => schema.read(reader, `${path}[${i}]`)) as {
				-readonly [K in keyof S]: Shape<S[K]>;
			};
		}
	};
}

const OPTIONAL = Symbol('optional');

/** Marks a field of `map` that may be absent. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> & { [OPTIONAL]: true } {
	return { read: (reader, path) => schema.read(reader, path), [OPTIONAL]: true };
}

type Fields = { readonly [key: string]: Schema<unknown> };
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { [OPTIONAL]: true } ? K : never }[keyof F];
type MapShape<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Shape<F[K]> } & {
	[K in OptionalKeys<F>]?: Shape<F[K]>;
};

/** A map with exactly these fields. */
export function map<const F extends Fields>(fields: F): Schema<{ [K in keyof MapShape<F>]: MapShape<F>[K] }> {
	const schemaByKey = new Map(Object.entries(fields));
	const required = [...schemaByKey].filter(([, schema]) => !(OPTIONAL in schema)).map(([key]) => key);
	return {
		read(reader, path) {
			const found: Record<string, unknown> = {};
			reader.entries(path, (key) => {
				const schema = schemaByKey.get(key);
				if (!schema) throw fail('WRONG_SHAPE', path, 'a field that does not belong here');
				found[key] = schema.read(reader, path === '' ? key : `${path}.${key}`);
			});
			for (const key of required) {
				if (!(key in found)) throw fail('WRONG_SHAPE', path, `the field ${key} is missing`);
			}
			return found as { [K in keyof MapShape<F>]: MapShape<F>[K] };
		}
	};
}

/** A map from any text to values of one shape, as a Map: a foreign key never names a property of an object. */
export function dictionary<T>(of: Schema<T>, most: number): Schema<Map<string, T>> {
	return {
		read(reader, path) {
			const found = new Map<string, T>();
			reader.entries(path, (key) => {
				if (found.size === most) throw fail('TOO_LARGE', path, `more than ${most} entries`);
				found.set(key, of.read(reader, `${path}[]`));
			});
			return found;
		}
	};
}

type UnionShape<F extends Record<string, Schema<object>>> = { [K in keyof F]: Shape<F[K]> }[keyof F];

/**
 * One of several maps, told apart by their field `type`. Each schema must itself have a field `type` (use `oneOf`), so
 * that what it gives is complete.
 */
export function union<const F extends Record<string, Schema<object>>>(variants: F): Schema<UnionShape<F>> {
	const schemaByType = new Map(Object.entries(variants));
	return {
		read(reader, path) {
			const start = reader.at;
			let type: string | undefined;
			reader.entries(path, (key) => {
				if (key === 'type') type = reader.text(64, `${path}.type`);
				else reader.skip(path, 1);
			});
			if (type === undefined) throw fail('WRONG_SHAPE', path, 'the field type is missing');
			const schema = schemaByType.get(type);
			if (!schema) throw fail('UNKNOWN_VERSION', path, 'a type that is not known here');
			reader.at = start;
			return schema.read(reader, path) as UnionShape<F>;
		}
	};
}

/** Any well-formed value, given as its own encoding: what is kept and passed on without being understood. */
export function opaque(most: number): Schema<Uint8Array> {
	return {
		read(reader, path) {
			const start = reader.at;
			reader.skip(path, 1);
			if (reader.at - start > most) {
				throw fail('TOO_LARGE', path, `${reader.at - start} bytes, the most is ${most}`);
			}
			return reader.bytes.slice(start, reader.at);
		}
	};
}

/** A value of a cell; text and blobs of at most `most` bytes. */
export function sqlValue(most: number): Schema<SqlValue> {
	const textSchema = text(most);
	const bytesSchema = bytesUpTo(most);
	return {
		read(reader, path) {
			const first = reader.peek(path);
			const major = first >> 5;
			if (major === UINT || major === NEGATIVE) return reader.integer(path);
			if (major === TEXT) return textSchema.read(reader, path);
			if (major === BYTES) return bytesSchema.read(reader, path);
			if (first === FLOAT64) return reader.float(path);
			if (first !== NULL) throw fail('WRONG_SHAPE', path, 'expected a value of a cell');
			reader.at++;
			return null;
		}
	};
}
