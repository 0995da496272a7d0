/**
 * Ids of rows: 128 bits that need nobody's permission and name their maker's identity to those who know it.
 *
 *     time 44 bits (ms) | counter 12 bits | tag 72 bits = SHA-256(label || identity || time and counter, 7 bytes)
 *
 * written as 26 characters of an alphabet that sorts as the bits do. The tag lets a receiver tell an insertion by the
 * signer from a write over somebody else's row, without asking the database (rule R9). An id is never trusted for
 * order. Beside these there are content ids, `h:` and the hash of what the row says for ever.
 */
// Not from crypto/index.ts: pages make ids too, and need no libsodium for it.
import { concatBytes, fromHex, toBase64url, utf8 } from '../crypto/bytes.ts';
import { labelledHash, sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 26;
const TIME_LIMIT = 2 ** 44;
const COUNTER_LIMIT = 4096;
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/** Makers of one device that work at the same time each have a lane of the counter of their own. */
export const LANES = 64;
const LANE_SIZE = COUNTER_LIMIT / LANES;

/** Makes ids of one identity, ever increasing even when the clock stands still or goes back. */
export class IdMaker {
	readonly #identity: Uint8Array;
	readonly #clock: () => number;
	readonly #first: number;
	readonly #end: number;
	#time = 0;
	#counter = 0;

	/**
	 * @param lane from 0 to LANES - 1; two makers with the same lane, or one without, may make the same id in the same
	 *   millisecond
	 */
	constructor(identity: Uint8Array, clock: () => number, lane?: number) {
		this.#identity = identity;
		this.#clock = clock;
		this.#first = lane === undefined ? 0 : (lane % LANES) * LANE_SIZE;
		this.#end = lane === undefined ? COUNTER_LIMIT : this.#first + LANE_SIZE;
	}

	next(): string {
		const now = Math.min(Math.max(Math.floor(this.#clock()), 0), TIME_LIMIT - 1);
		if (now > this.#time) {
			this.#time = now;
			this.#counter = this.#first;
		} else if (++this.#counter === this.#end) {
			this.#time++;
			this.#counter = this.#first;
		}
		return makeId(this.#identity, this.#time, this.#counter);
	}
}

export function makeId(identity: Uint8Array, time: number, counter: number): string {
	const head = headBytes(time, counter);
	return encode(concatBytes(head, tagOf(identity, head)));
}

/** Whether `id` was made by that identity, or is at least what it would have made at the time the id says. */
export function isIdOf(id: string, identity: Uint8Array): boolean {
	const bytes = decode(id);
	if (!bytes) return false;
	const tag = tagOf(identity, bytes.subarray(0, 7));
	for (let index = 0; index < tag.length; index++) if (tag[index] !== bytes[7 + index]) return false;
	return true;
}

/** Which of these identities, in hex, made the id; undefined for ids of another form, and of anybody else. */
export function makerOf(id: string, identities: Iterable<string>): string | undefined {
	for (const hex of identities) if (isIdOf(id, fromHex(hex))) return hex;
	return undefined;
}

/**
 * The id of a row that is what it says: `h:` and the hash of its WRITE_ONCE values in declared order, each as JSON
 * text (bytes and big integers by their hex and decimal).
 */
export function contentId(values: readonly (null | number | bigint | string | Uint8Array)[]): string {
	const text = JSON.stringify(
		values.map((value) => {
			if (value instanceof Uint8Array) return ['bytes', toBase64url(value)];
			if (typeof value === 'bigint') return ['int', String(value)];
			return value;
		})
	);
	return `h:${toBase64url(sha256(utf8(text)))}`;
}

function headBytes(time: number, counter: number): Uint8Array {
	const head = new Uint8Array(7);
	// 56 bits exceed what a double holds exactly, so the counter is joined to the low bits of time only.
	const high = Math.floor(time / 2 ** 20);
	const rest = (time % 2 ** 20) * COUNTER_LIMIT + counter;
	head[0] = high >>> 16;
	head[1] = high >>> 8;
	head[2] = high;
	head[3] = rest / 2 ** 24;
	head[4] = rest >>> 16;
	head[5] = rest >>> 8;
	head[6] = rest;
	return head;
}

function tagOf(identity: Uint8Array, head: Uint8Array): Uint8Array {
	return labelledHash(LABELS.rowId, identity, head).subarray(0, 9);
}

function encode(bytes: Uint8Array): string {
	// 130 bits of text for 128 of data: the two spare bits lead, as zeros, so that text sorts as the number does.
	let text = '';
	let pending = 0;
	let bits = 2;
	for (const byte of bytes) {
		pending = (pending << 8) | byte;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			text += ALPHABET[(pending >>> bits) & 31];
		}
		pending &= (1 << bits) - 1;
	}
	return text;
}

function decode(id: string): Uint8Array | undefined {
	// The first letter holds three bits of the number; a larger one would be a second spelling of the same id.
	if (id.length !== LENGTH || id[0]! > '7') return undefined;
	const bytes = new Uint8Array(16);
	let pending = 0;
	let bits = -2;
	let at = 0;
	for (const letter of id) {
		const value = VALUES.get(letter);
		if (value === undefined) return undefined;
		pending = (pending << 5) | value;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[at++] = pending >>> bits;
			pending &= (1 << bits) - 1;
		}
	}
	return bytes;
}

/** When an id of ours says that it was made, in ms; undefined for ids of another form. Never trusted for order. */
export function timeOfId(id: string): number | undefined {
	const bytes = decode(id);
	if (!bytes) return undefined;
	const [a, b, c, d, e, f] = bytes as unknown as [number, number, number, number, number, number];
	return ((a << 16) | (b << 8) | c) * 2 ** 20 + ((d << 12) | (e << 4) | (f >>> 4));
}
