/** Bytes: comparing, joining, writing as text. */

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
	return encoder.encode(text);
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const joined = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		joined.set(part, at);
		at += part.length;
	}
	return joined;
}

/** Compares without stopping at the first difference, so that the time taken tells nothing about a secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
	return difference === 0;
}

/** Orders as memcmp does: the order of cr-sqlite and of canonical CBOR. Not for secrets. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const difference = a[i]! - b[i]!;
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
	let text = '';
	for (const byte of bytes) text += HEX[byte];
	return text;
}

/** Reads lower or upper case; throws a SyntaxError on anything that is not whole bytes of hex. */
export function fromHex(text: string): Uint8Array {
	if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new SyntaxError('Not hexadecimal');
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64 for URLs (RFC 4648 section 5) without padding. */
export function toBase64url(bytes: Uint8Array): string {
	return toBits(bytes, 6, BASE64URL);
}

/** Strict: throws a SyntaxError on padding, other characters, and leftover bits that are not zero. */
export function fromBase64url(text: string): Uint8Array {
	return fromBits(text, 6, BASE64URL);
}

/** Crockford's alphabet: without I, L, O and U, so that a code read aloud or from paper is not misread. */
const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function toBase32(bytes: Uint8Array): string {
	return toBits(bytes, 5, BASE32);
}

/** Forgiving as Crockford wrote it: any case, spaces and hyphens ignored, O is 0, I and L are 1. */
export function fromBase32(text: string): Uint8Array {
	const plain = text
		.toUpperCase()
		.replace(/[\s-]+/g, '')
		.replace(/O/g, '0')
		.replace(/[IL]/g, '1');
	return fromBits(plain, 5, BASE32);
}

function toBits(bytes: Uint8Array, width: number, alphabet: string): string {
	let text = '';
	let held = 0;
	let bits = 0;
	for (const byte of bytes) {
		held = (held << 8) | byte;
		bits += 8;
		while (bits >= width) {
			bits -= width;
			text += alphabet[(held >> bits) & (alphabet.length - 1)];
		}
		held &= (1 << bits) - 1;
	}
	if (bits > 0) text += alphabet[(held << (width - bits)) & (alphabet.length - 1)];
	return text;
}

function fromBits(text: string, width: number, alphabet: string): Uint8Array {
	const bytes = new Uint8Array(Math.floor((text.length * width) / 8));
	let at = 0;
	let held = 0;
	let bits = 0;
	for (const character of text) {
		const value = alphabet.indexOf(character);
		if (value < 0) throw new SyntaxError('A character that does not belong here');
		held = (held << width) | value;
		bits += width;
		if (bits >= 8) {
			bits -= 8;
			bytes[at++] = held >> bits;
			held &= (1 << bits) - 1;
		}
	}
	// Each value has one spelling: bits that fill no byte must be zero and too few to have been a character.
	if (bits >= width || held !== 0) throw new SyntaxError('Cut off or altered');
	return bytes;
}
