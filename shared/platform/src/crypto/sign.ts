/**
 * Ed25519 by libsodium, the one verifier of everything that replicates: two replicas that judged one signature
 * differently would never agree again. It is cofactorless and refuses small-order keys and non-canonical values.
 * A signature covers label || 0x00 || SHA-256(message), so one made for a purpose never serves another.
 */
import { labelBytes, sha256 } from './hash.ts';
import type { Label } from './labels.ts';
import { concatBytes } from './bytes.ts';
import { CryptoError } from './errors.ts';
import { withHeap } from './sodium.ts';

/** An Ed25519 pair; `secretKey` is libsodium's 64 bytes, seed and public key. */
export interface KeyPair {
	publicKey: Uint8Array;
	secretKey: Uint8Array;
}

export function signingKeyPair(seed: Uint8Array): KeyPair {
	if (seed.length !== 32) throw new CryptoError('BAD_KEY', `A signing seed has 32 bytes, not ${seed.length}`);
	return withHeap(128, (at, module) => {
		module.HEAPU8.set(seed, at + 96);
		module._crypto_sign_seed_keypair(at, at + 32, at + 96);
		return {
			publicKey: module.HEAPU8.slice(at, at + 32),
			secretKey: module.HEAPU8.slice(at + 32, at + 96)
		};
	});
}

/** A signature of 64 bytes over label || 0x00 || SHA-256(message). */
export function sign(label: Label, message: Uint8Array, secretKey: Uint8Array): Uint8Array {
	if (secretKey.length !== 64) {
		throw new CryptoError('BAD_KEY', `A secret signing key has 64 bytes, not ${secretKey.length}`);
	}
	return signBytes(signedBytes(label, message), secretKey);
}

/** Whether `signature` over `message` under `label` is valid. Never throws: any malformed input is simply false. */
export function verify(label: Label, message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
	return verifyBytes(signedBytes(label, message), signature, publicKey);
}

function signedBytes(label: Label, message: Uint8Array): Uint8Array {
	return concatBytes(labelBytes(label), sha256(message));
}

/** Plain Ed25519 (RFC 8032), for `sign` and for test vectors only: it separates no purposes. */
export function signBytes(bytes: Uint8Array, secretKey: Uint8Array): Uint8Array {
	return withHeap(128 + bytes.length, (at, module) => {
		module.HEAPU8.set(secretKey, at + 64);
		module.HEAPU8.set(bytes, at + 128);
		module._crypto_sign_detached(at, 0, at + 128, bytes.length, 0, at + 64);
		return module.HEAPU8.slice(at, at + 64);
	});
}

/** Plain Ed25519, for `verify` and for test vectors only. */
export function verifyBytes(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
	if (signature.length !== 64 || publicKey.length !== 32) return false;
	return withHeap(96 + bytes.length, (at, module) => {
		module.HEAPU8.set(signature, at);
		module.HEAPU8.set(publicKey, at + 64);
		module.HEAPU8.set(bytes, at + 96);
		return module._crypto_sign_verify_detached(at, at + 96, bytes.length, 0, at + 64) === 0;
	});
}
