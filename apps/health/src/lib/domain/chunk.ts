/**
 * Samples of one day as bytes: a table with times, durations and columns of numbers, before it is deflated.
 *
 *     version 1     u8
 *     ticks         u8        0 seconds, 1 milliseconds
 *     n             varint
 *     offset        zigzag    minutes east of UTC of the clock that the times were written with
 *     columns       varint, then for each: varint length, label in UTF-8
 *     times         zigzag of the first, then varints of the differences (sorted, so never negative)
 *     durations     u8 mode: 0 all zero | 1 one varint for all | 2 a varint for each
 *     each column   u8 mode: bit 0: bitmap of the present follows (n bits, lowest first)
 *                            bit 1: 0 scaled integers: u8 decimals, zigzags of the differences
 *                                   1 doubles, little-endian
 *
 * Varints are LEB128 up to 2^53; a zigzag is 2x for x >= 0, else -2x - 1. A value is scaled where every value of its
 * column times 10^decimals (at most 9) is an integer below 2^50 whose quotient gives the same double; so it comes back
 * as it was in either mode.
 *
 * Invariants. Rows are sorted by time, duration, then columns, and no two are equal: the bytes follow from the set of
 * rows, whatever order a file had. A table that is read back is checked in full; what is malformed is refused, and
 * nothing larger than LIMITS is allocated.
 */

export interface Table {
	/** Whether times and durations count milliseconds; seconds else. */
	readonly ms: boolean;
	readonly offset: number;
	/** What each column holds: for samples the UCUM code of its unit. */
	readonly labels: readonly string[];
	/** Ticks since 1970 UTC. */
	readonly times: Float64Array;
	readonly durations: Float64Array;
	/** NaN where there is no value. */
	readonly columns: readonly Float64Array[];
}

export const CHUNK_LIMITS = { rows: 2_000_000, columns: 64, label: 256 } as const;

const MOST_DECIMALS = 9;
/** Differences of two such, doubled, still are exact. */
const MOST_INTEGER = 2 ** 50;
const LONGEST_VARINT = 128 ** 8;

/** Sorts, drops equal rows, and encodes. @throws RangeError for what a table cannot hold */
export function encodeTable(table: Table): Uint8Array {
	const sorted = normalize(table);
	const n = sorted.times.length;
	const out = new Writer();
	out.byte(1);
	out.byte(sorted.ms ? 1 : 0);
	out.varint(n);
	out.zigzag(sorted.offset);
	out.varint(sorted.labels.length);
	for (const label of sorted.labels) out.text(label);
	let before = 0;
	for (let row = 0; row < n; row++) {
		const time = sorted.times[row]!;
		if (row === 0) out.zigzag(time);
		else out.varint(time - before);
		before = time;
	}
	writeDurations(out, sorted.durations);
	for (const column of sorted.columns) writeColumn(out, column);
	return out.bytes();
}

/** @throws RangeError for bytes that are no such table */
export function decodeTable(bytes: Uint8Array): Table {
	const input = new Reader(bytes);
	if (input.byte() !== 1) throw malformed('an unknown version');
	const ticks = input.byte();
	if (ticks > 1) throw malformed('unknown ticks');
	const n = input.varint();
	// A row takes at least one byte for its time, so a short text cannot ask for much memory.
	if (n > CHUNK_LIMITS.rows || n > bytes.length) throw malformed('too many rows');
	const offset = input.zigzag();
	const count = input.varint();
	if (count > CHUNK_LIMITS.columns) throw malformed('too many columns');
	const labels: string[] = [];
	for (let column = 0; column < count; column++) labels.push(input.text());
	const times = new Float64Array(n);
	let time = 0;
	for (let row = 0; row < n; row++) {
		time = row === 0 ? input.zigzag() : time + input.varint();
		times[row] = time;
	}
	if (!(Math.abs(time) <= MOST_INTEGER)) throw malformed('a time out of range');
	const durations = readDurations(input, n);
	const columns = labels.map(() => readColumn(input, n));
	input.end();
	return { ms: ticks === 1, offset, labels, times, durations, columns };
}

function normalize(table: Table): Table {
	const n = table.times.length;
	if (n > CHUNK_LIMITS.rows || table.columns.length > CHUNK_LIMITS.columns) throw new RangeError('chunk: too large');
	for (let row = 0; row < n; row++) {
		const [time, duration] = [table.times[row]!, table.durations[row]!];
		if (!Number.isInteger(time) || Math.abs(time) > MOST_INTEGER) throw new RangeError('chunk: a time out of range');
		if (!Number.isInteger(duration) || duration < 0 || duration > MOST_INTEGER)
			throw new RangeError('chunk: a duration out of range');
		for (const column of table.columns)
			if (Math.abs(column[row]!) === Infinity) throw new RangeError('chunk: a value out of range');
	}
	const compare = (a: number, b: number): number => {
		const byTime = table.times[a]! - table.times[b]! || table.durations[a]! - table.durations[b]!;
		if (byTime !== 0) return byTime;
		for (const column of table.columns) {
			const order = compareValues(column[a]!, column[b]!);
			if (order !== 0) return order;
		}
		return 0;
	};
	let order: number[] | undefined;
	for (let row = 1; row < n && !order; row++)
		if (compare(row - 1, row) >= 0) {
			const all = Array.from({ length: n }, (_, index) => index).sort(compare);
			order = all.filter((at, index) => index === 0 || compare(all[index - 1]!, at) !== 0);
		}
	if (!order) return table;
	const rows = order;
	const pick = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row]!);
	return {
		...table,
		times: pick(table.times),
		durations: pick(table.durations),
		columns: table.columns.map(pick)
	};
}

/** A missing value comes first and equals another missing one. */
function compareValues(a: number, b: number): number {
	if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 0 : 1) - (Number.isNaN(b) ? 0 : 1);
	return a - b;
}

function writeDurations(out: Writer, durations: Float64Array): void {
	const first = durations[0] ?? 0;
	if (durations.every((duration) => duration === first)) {
		out.byte(first === 0 ? 0 : 1);
		if (first !== 0) out.varint(first);
		return;
	}
	out.byte(2);
	for (const duration of durations) out.varint(duration);
}

function readDurations(input: Reader, n: number): Float64Array {
	const mode = input.byte();
	if (mode > 2) throw malformed('unknown durations');
	const durations = new Float64Array(n);
	if (mode === 1) durations.fill(input.varint());
	if (mode === 2) for (let row = 0; row < n; row++) durations[row] = input.varint();
	return durations;
}

function writeColumn(out: Writer, column: Float64Array): void {
	const present = column.filter((value) => !Number.isNaN(value));
	const gaps = present.length < column.length;
	const decimals = decimalsOf(present);
	out.byte((gaps ? 1 : 0) | (decimals === undefined ? 2 : 0));
	if (gaps) out.bitmap(column);
	if (decimals === undefined) return out.doubles(present);
	out.byte(decimals);
	const scale = 10 ** decimals;
	let before = 0;
	for (const value of present) {
		const scaled = Math.round(value * scale);
		out.zigzag(scaled - before);
		before = scaled;
	}
}

function readColumn(input: Reader, n: number): Float64Array {
	const mode = input.byte();
	if (mode > 3) throw malformed('an unknown column');
	const present = (mode & 1) === 1 ? input.bitmap(n) : undefined;
	const column = new Float64Array(n).fill(NaN);
	const isDoubles = (mode & 2) === 2;
	const decimals = isDoubles ? 0 : input.byte();
	if (decimals > MOST_DECIMALS) throw malformed('too many decimals');
	const scale = 10 ** decimals;
	let scaled = 0;
	for (let row = 0; row < n; row++) {
		if (present && !present[row]) continue;
		if (isDoubles) {
			const value = input.double();
			if (!Number.isFinite(value)) throw malformed('a value that is no number');
			column[row] = value;
		} else {
			scaled += input.zigzag();
			column[row] = scaled / scale;
		}
	}
	return column;
}

/** The fewest decimals with which every value is an exact scaled integer; undefined where there are none. */
function decimalsOf(values: Float64Array): number | undefined {
	let decimals = 0;
	let scale = 1;
	for (const value of values) {
		for (;;) {
			const scaled = Math.round(value * scale);
			// Minus zero has no integer of its own.
			if (scaled / scale === value && Math.abs(scaled) < MOST_INTEGER && !Object.is(value, -0)) break;
			if (++decimals > MOST_DECIMALS || Math.abs(scaled) >= MOST_INTEGER || Object.is(value, -0)) return undefined;
			scale = 10 ** decimals;
		}
	}
	// A later value may have raised the scale beyond what an earlier one can bear.
	for (const value of values) {
		const scaled = Math.round(value * scale);
		if (scaled / scale !== value || Math.abs(scaled) >= MOST_INTEGER) return undefined;
	}
	return decimals;
}

function malformed(what: string): RangeError {
	return new RangeError(`chunk: ${what}`);
}

class Writer {
	#bytes = new Uint8Array(1024);
	#at = 0;

	#room(length: number): void {
		if (this.#at + length <= this.#bytes.length) return;
		const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length));
		larger.set(this.#bytes);
		this.#bytes = larger;
	}

	byte(value: number): void {
		this.#room(1);
		this.#bytes[this.#at++] = value;
	}

	varint(value: number): void {
		this.#room(8);
		let rest = value;
		// Bit operations stop at 32 bits; the few larger ones go by division.
		while (rest >= 0x80000000) {
			this.#bytes[this.#at++] = (rest % 128) | 128;
			rest = Math.floor(rest / 128);
		}
		while (rest >= 128) {
			this.#bytes[this.#at++] = (rest & 127) | 128;
			rest >>>= 7;
		}
		this.#bytes[this.#at++] = rest;
	}

	zigzag(value: number): void {
		this.varint(value >= 0 ? value * 2 : value * -2 - 1);
	}

	text(value: string): void {
		const bytes = new TextEncoder().encode(value);
		if (bytes.length > CHUNK_LIMITS.label) throw new RangeError('chunk: a label that is too long');
		this.varint(bytes.length);
		this.#room(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	bitmap(column: Float64Array): void {
		const length = Math.ceil(column.length / 8);
		this.#room(length);
		for (let row = 0; row < column.length; row++)
			if (!Number.isNaN(column[row]!)) this.#bytes[this.#at + (row >> 3)]! |= 1 << (row & 7);
		this.#at += length;
	}

	doubles(values: Float64Array): void {
		this.#room(values.length * 8);
		const view = new DataView(this.#bytes.buffer);
		for (const value of values) {
			view.setFloat64(this.#at, value, true);
			this.#at += 8;
		}
	}

	bytes(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}
}

class Reader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	}

	byte(): number {
		if (this.#at >= this.#bytes.length) throw malformed('it ends too early');
		return this.#bytes[this.#at++]!;
	}

	varint(): number {
		let value = this.byte();
		if (value < 128) return value;
		value &= 127;
		let factor = 128;
		for (;;) {
			const byte = this.byte();
			value += (byte & 127) * factor;
			factor *= 128;
			if (value > Number.MAX_SAFE_INTEGER || factor > LONGEST_VARINT) throw malformed('a number out of range');
			if (byte < 128) return value;
		}
	}

	zigzag(): number {
		const value = this.varint();
		return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
	}

	text(): string {
		const length = this.varint();
		if (length > CHUNK_LIMITS.label || this.#at + length > this.#bytes.length)
			throw malformed('a label that is too long');
		const text = new TextDecoder('utf-8', { fatal: false }).decode(this.#bytes.subarray(this.#at, this.#at + length));
		this.#at += length;
		return text;
	}

	bitmap(n: number): boolean[] {
		const bits: boolean[] = [];
		const start = this.#at;
		this.#at += Math.ceil(n / 8);
		if (this.#at > this.#bytes.length) throw malformed('it ends too early');
		for (let row = 0; row < n; row++) bits.push(((this.#bytes[start + (row >> 3)]! >> (row & 7)) & 1) === 1);
		return bits;
	}

	double(): number {
		if (this.#at + 8 > this.#bytes.length) throw malformed('it ends too early');
		const value = this.#view.getFloat64(this.#at, true);
		this.#at += 8;
		return value;
	}

	end(): void {
		if (this.#at !== this.#bytes.length) throw malformed('more follows');
	}
}
