/**
 * What happens to content before it is encrypted: perhaps compressed, then padded, so that its length tells little.
 *
 *     packed := form 1 | length 4 (big endian) | body (length bytes) | zeros up to the size class
 *     form   := 0 body is the content · 1 body is raw deflate of the content
 *
 * Size classes are 256 B, 1 KiB, 4 KiB, then Padmé (at most 12 % more, O(log log n) bits told).
 * Content is deflated only above 512 B and only where it helps. Unpacking trusts nothing: the inflated size is at most
 * 16 times the body and at most 8 MiB, and work stops at that bound.
 */
import { deflateSync, Inflate } from 'fflate';
import { CryptoError } from './errors.ts';

export const MOST_CONTENT = 8 * 1024 * 1024;
export const MOST_INFLATION = 16;
const COMPRESS_ABOVE = 512;
/** Rows and samples become as small as with 6, in half the time. */
const DEFLATE_LEVEL = 4;
const HEAD = 5;
const PLAIN = 0;
const DEFLATED = 1;
/** How much goes into the inflater at a time: deflate expands at most 1032 times, so 4 KiB yield at most 4 MiB. */
const SLICE = 4096;

export function pack(content: Uint8Array, compress: boolean): Uint8Array {
	if (content.length > MOST_CONTENT) {
		throw new CryptoError('TOO_LARGE', `Content has ${content.length} bytes, the most is ${MOST_CONTENT}`);
	}
	let form = PLAIN;
	let body = content;
	if (compress && content.length > COMPRESS_ABOVE) {
		const deflated = deflateSync(content, { level: DEFLATE_LEVEL });
		// What shrinks more than 16 times is left as it is: the reader would refuse it as a bomb.
		if (deflated.length < content.length && content.length <= deflated.length * MOST_INFLATION) {
			form = DEFLATED;
			body = deflated;
		}
	}
	const packed = new Uint8Array(sizeClass(HEAD + body.length));
	packed[0] = form;
	new DataView(packed.buffer).setUint32(1, body.length);
	packed.set(body, HEAD);
	return packed;
}

export function unpack(packed: Uint8Array): Uint8Array {
	if (packed.length < HEAD) throw damaged('too short');
	const length = new DataView(packed.buffer, packed.byteOffset).getUint32(1);
	if (HEAD + length > packed.length || sizeClass(HEAD + length) !== packed.length) throw damaged('a wrong length');
	for (let i = HEAD + length; i < packed.length; i++) if (packed[i] !== 0) throw damaged('padding that is not zero');
	const body = packed.subarray(HEAD, HEAD + length);
	if (packed[0] === PLAIN) {
		if (length > MOST_CONTENT) throw tooLarge();
		return body.slice();
	}
	if (packed[0] === DEFLATED) return inflate(body);
	throw damaged('an unknown form');
}

function inflate(body: Uint8Array): Uint8Array {
	const most = Math.min(MOST_CONTENT, body.length * MOST_INFLATION);
	const chunks: Uint8Array[] = [];
	let size = 0;
	const inflater = new Inflate((chunk) => {
		size += chunk.length;
		if (size > most) throw tooLarge();
		chunks.push(chunk);
	});
	try {
		for (let at = 0; at < body.length; at += SLICE) {
			inflater.push(body.subarray(at, at + SLICE), at + SLICE >= body.length);
		}
	} catch (error) {
		if (error instanceof CryptoError) throw error;
		throw damaged('content that does not inflate');
	}
	const content = new Uint8Array(size);
	let at = 0;
	for (const chunk of chunks) {
		content.set(chunk, at);
		at += chunk.length;
	}
	return content;
}

/** The padded size for `length` bytes. */
export function sizeClass(length: number): number {
	if (length <= 256) return 256;
	if (length <= 1024) return 1024;
	if (length <= 4096) return 4096;
	// Padmé: keep as many leading bits of the length as its exponent has bits.
	const exponent = Math.floor(Math.log2(length));
	const kept = Math.floor(Math.log2(exponent)) + 1;
	const step = 2 ** (exponent - kept);
	return Math.ceil(length / step) * step;
}

function damaged(what: string): CryptoError {
	return new CryptoError('DAMAGED', `Sealed content has ${what}`);
}

function tooLarge(): CryptoError {
	return new CryptoError('TOO_LARGE', `Sealed content inflates beyond ${MOST_INFLATION}:1 or ${MOST_CONTENT} bytes`);
}
