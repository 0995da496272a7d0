/**
 * The envelope, suite 1: how everything but database pages is encrypted.
 *
 *     envelope := version 1 | suite 1 | salt 24 | commitment 32 | ciphertext | tag 16
 *     (messageKey 32 || commitment 32) = HKDF-SHA-256(key, salt, label || 0x00 || SHA-256(AAD))
 *     ciphertext || tag = ChaCha20-Poly1305-IETF(messageKey, nonce 0, pack(content))
 *
 * Invariants:
 * 1. Each message has a key of its own, so the zero nonce never meets the same key twice.
 * 2. The commitment is checked before anything is decrypted. An AEAD alone may open under two keys (we built such a
 *    ciphertext in 40 lines); with the commitment one envelope has one key, one label, one AAD.
 * 3. One suite is compiled in. Another version or suite is refused, never tried.
 */
import { agree, agreementKeyPair } from './agreement.ts';
import { concatBytes, equalBytes } from './bytes.ts';
import { CryptoError } from './errors.ts';
import { hkdf, labelBytes, sha256 } from './hash.ts';
import { LABELS, type Label } from './labels.ts';
import { pack, unpack } from './pack.ts';
import { randomBytes } from './random.ts';
import type { KeyPair } from './sign.ts';
import { withHeap } from './sodium.ts';

const VERSION = 1;
const SUITE = 1;
const SALT_AT = 2;
const COMMITMENT_AT = 26;
const CIPHERTEXT_AT = 58;
const TAG = 16;

/** Bytes that an envelope adds to its packed content. */
export const ENVELOPE_OVERHEAD = CIPHERTEXT_AT + TAG;

export interface SealOptions {
	/** False where lengths must not depend on content, as in the vault's scopes. True unless said. */
	compress?: boolean;
	/** The 24 bytes of salt; random unless said. For simulations that must repeat exactly, and for nothing else. */
	salt?: Uint8Array;
}

/** Seals `content` (at most 8 MiB) under a key of 32 bytes. `aad` is not stored: the opener must know it. */
export function seal(
	key: Uint8Array,
	label: Label,
	aad: Uint8Array,
	content: Uint8Array,
	options: SealOptions = {}
): Uint8Array {
	const salt = options.salt ?? randomBytes(24);
	if (salt.length !== 24) throw new CryptoError('BAD_KEY', `A salt has 24 bytes, not ${salt.length}`);
	const { messageKey, commitment } = deriveMessageKey(key, label, aad, salt);
	const packed = pack(content, options.compress ?? true);
	const envelope = new Uint8Array(ENVELOPE_OVERHEAD + packed.length);
	envelope[0] = VERSION;
	envelope[1] = SUITE;
	envelope.set(salt, SALT_AT);
	envelope.set(commitment, COMMITMENT_AT);
	envelope.set(encrypt(messageKey, packed), CIPHERTEXT_AT);
	return envelope;
}

/** Opens what `seal` made with the same key, label and AAD. Throws CryptoError. */
export function open(key: Uint8Array, label: Label, aad: Uint8Array, envelope: Uint8Array): Uint8Array {
	if (envelope.length < 2) throw new CryptoError('DAMAGED', 'An envelope that is cut off');
	if (envelope[0] !== VERSION || envelope[1] !== SUITE) {
		throw new CryptoError('UNKNOWN_SUITE', `Envelope version ${envelope[0]}, suite ${envelope[1]} is not known here`);
	}
	if (envelope.length < ENVELOPE_OVERHEAD) throw new CryptoError('DAMAGED', 'An envelope that is cut off');
	const salt = envelope.subarray(SALT_AT, COMMITMENT_AT);
	const { messageKey, commitment } = deriveMessageKey(key, label, aad, salt);
	if (!equalBytes(commitment, envelope.subarray(COMMITMENT_AT, CIPHERTEXT_AT))) {
		throw new CryptoError('WRONG_KEY', 'Another key, purpose or context than the one that sealed this');
	}
	return unpack(decrypt(messageKey, envelope.subarray(CIPHERTEXT_AT)));
}

/**
 * Seals to the holder of an agreement key, without saying who sealed: ephemeral public key 32 | envelope. Whoever must
 * know the author signs the content.
 */
export function sealTo(
	recipient: Uint8Array,
	label: Label,
	aad: Uint8Array,
	content: Uint8Array,
	options: SealOptions & { ephemeralSeed?: Uint8Array } = {}
): Uint8Array {
	const ephemeral = agreementKeyPair(options.ephemeralSeed ?? randomBytes(32));
	const key = boxKey(agree(ephemeral.secretKey, recipient), ephemeral.publicKey, recipient);
	return concatBytes(ephemeral.publicKey, seal(key, label, aad, content, options));
}

/** Opens what `sealTo` made for this pair. Throws CryptoError. */
export function openFrom(pair: KeyPair, label: Label, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
	if (sealed.length < 32) throw new CryptoError('DAMAGED', 'A sealed box that is cut off');
	const ephemeral = sealed.subarray(0, 32);
	const key = boxKey(agree(pair.secretKey, ephemeral), ephemeral, pair.publicKey);
	return open(key, label, aad, sealed.subarray(32));
}

function boxKey(shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array {
	return hkdf(shared, LABELS.sealedBox, concatBytes(ephemeral, recipient));
}

/** The same HKDF as `hkdf` in hash.ts, by libsodium: three times as fast, and this runs for each value that is opened. */
function deriveMessageKey(key: Uint8Array, label: Label, aad: Uint8Array, salt: Uint8Array) {
	if (key.length !== 32) throw new CryptoError('BAD_KEY', `A sealing key has 32 bytes, not ${key.length}`);
	const prefix = infoPrefix(label);
	const aadHash = sha256(aad);
	const infoSize = prefix.length + aadHash.length;
	const [saltAt, infoAt, extractedAt] = [32, 56, 56 + infoSize];
	const derivedAt = extractedAt + 32;
	return withHeap(derivedAt + 64, (base, module) => {
		module.HEAPU8.set(key, base);
		module.HEAPU8.set(salt, base + saltAt);
		module.HEAPU8.set(prefix, base + infoAt);
		module.HEAPU8.set(aadHash, base + infoAt + prefix.length);
		module._crypto_kdf_hkdf_sha256_extract(base + extractedAt, base + saltAt, salt.length, base, key.length);
		module._crypto_kdf_hkdf_sha256_expand(base + derivedAt, 64, base + infoAt, infoSize, base + extractedAt);
		const derived = module.HEAPU8.slice(base + derivedAt, base + derivedAt + 64);
		return { messageKey: derived.subarray(0, 32), commitment: derived.subarray(32) };
	});
}

const infoPrefixes = new Map<Label, Uint8Array>();

function infoPrefix(label: Label): Uint8Array {
	let prefix = infoPrefixes.get(label);
	if (!prefix) infoPrefixes.set(label, (prefix = labelBytes(label)));
	return prefix;
}

const NONCE = 12;

/** ChaCha20-Poly1305-IETF under a zero nonce, without AAD (the key already depends on it): ciphertext | tag. */
function encrypt(messageKey: Uint8Array, packed: Uint8Array): Uint8Array {
	return chacha20poly1305Seal(messageKey, new Uint8Array(NONCE), new Uint8Array(0), packed);
}

function decrypt(messageKey: Uint8Array, sealed: Uint8Array): Uint8Array {
	const packed = chacha20poly1305Open(messageKey, new Uint8Array(NONCE), new Uint8Array(0), sealed);
	if (!packed) throw new CryptoError('DAMAGED', 'Sealed content was altered');
	return packed;
}

/** RFC 8439, for the envelope and for test vectors only: ciphertext | tag. */
export function chacha20poly1305Seal(
	key: Uint8Array,
	nonce: Uint8Array,
	aad: Uint8Array,
	plaintext: Uint8Array
): Uint8Array {
	const size = plaintext.length;
	const at = heapLayout(size, aad.length);
	return withHeap(at.end, (base, module) => {
		module.HEAPU8.set(key, base);
		module.HEAPU8.set(nonce, base + at.nonce);
		module.HEAPU8.set(aad, base + at.aad);
		module.HEAPU8.set(plaintext, base + at.text);
		module._crypto_aead_chacha20poly1305_ietf_encrypt_detached(
			base + at.text,
			base + at.text + size,
			0,
			base + at.text,
			size,
			0,
			base + at.aad,
			aad.length,
			0,
			0,
			base + at.nonce,
			base
		);
		return module.HEAPU8.slice(base + at.text, base + at.text + size + TAG);
	});
}

/** RFC 8439; undefined when it does not authenticate. */
export function chacha20poly1305Open(
	key: Uint8Array,
	nonce: Uint8Array,
	aad: Uint8Array,
	sealed: Uint8Array
): Uint8Array | undefined {
	const size = sealed.length - TAG;
	if (size < 0) return undefined;
	const at = heapLayout(size, aad.length);
	return withHeap(at.end, (base, module) => {
		module.HEAPU8.set(key, base);
		module.HEAPU8.set(nonce, base + at.nonce);
		module.HEAPU8.set(aad, base + at.aad);
		module.HEAPU8.set(sealed, base + at.text);
		const result = module._crypto_aead_chacha20poly1305_ietf_decrypt_detached(
			base + at.text,
			0,
			base + at.text,
			size,
			0,
			base + at.text + size,
			base + at.aad,
			aad.length,
			0,
			base + at.nonce,
			base
		);
		return result === 0 ? module.HEAPU8.slice(base + at.text, base + at.text + size) : undefined;
	});
}

function heapLayout(size: number, aadSize: number) {
	const text = 48 + aadSize;
	return { nonce: 32, aad: 48, text, end: text + size + TAG };
}
