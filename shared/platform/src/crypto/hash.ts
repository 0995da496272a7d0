/** SHA-256 for every hash and id, HKDF-SHA-256 (RFC 5869) for every derived key. */
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8 } from './bytes.ts';
import type { Label } from './labels.ts';

const ZERO = new Uint8Array(1);

/** SHA-256 of the parts joined. Parts are not delimited: give at most one of them a variable length. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
	if (parts.length === 1) return nobleSha256(parts[0]!);
	const hash = nobleSha256.create();
	for (const part of parts) hash.update(part);
	return hash.digest();
}

/** A label as it enters hashes, keys and signatures: its text and a zero byte. */
export function labelBytes(label: Label): Uint8Array {
	return concatBytes(utf8(label), ZERO);
}

/** SHA-256(label || 0x00 || parts). */
export function labelledHash(label: Label, ...parts: Uint8Array[]): Uint8Array {
	return sha256(labelBytes(label), ...parts);
}

/** HKDF-SHA-256 with info = label || 0x00 (|| context). */
export function hkdf(
	key: Uint8Array,
	label: Label,
	salt?: Uint8Array,
	length = 32,
	context: Uint8Array = new Uint8Array(0)
): Uint8Array {
	return nobleHkdf(nobleSha256, key, salt, concatBytes(labelBytes(label), context), length);
}
