/** X25519 (RFC 7748): two parties who know each other's public key share a secret. */
import { CryptoError } from './errors.ts';
import type { KeyPair } from './sign.ts';
import { withHeap } from './sodium.ts';

/** The pair of a seed; `secretKey` is the seed itself (clamping is part of the multiplication). */
export function agreementKeyPair(seed: Uint8Array): KeyPair {
	if (seed.length !== 32) throw new CryptoError('BAD_KEY', `An agreement seed has 32 bytes, not ${seed.length}`);
	return withHeap(64, (at, module) => {
		module.HEAPU8.set(seed, at + 32);
		module._crypto_scalarmult_base(at, at + 32);
		return { publicKey: module.HEAPU8.slice(at, at + 32), secretKey: seed.slice() };
	});
}

/**
 * The shared secret, raw: derive from it with `hkdf`, never use it as a key. Throws BAD_KEY for a public key of small
 * order, with which the secret would be zero whatever the other key is.
 */
export function agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
	if (secretKey.length !== 32 || publicKey.length !== 32) {
		throw new CryptoError('BAD_KEY', 'Agreement keys have 32 bytes');
	}
	return withHeap(96, (at, module) => {
		module.HEAPU8.set(secretKey, at + 32);
		module.HEAPU8.set(publicKey, at + 64);
		const result = module._crypto_scalarmult(at, at + 32, at + 64);
		if (result !== 0) throw new CryptoError('BAD_KEY', 'An agreement key of small order');
		return module.HEAPU8.slice(at, at + 32);
	});
}
