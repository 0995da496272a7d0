/** The few verbs over audited libraries. Everything is synchronous after `await cryptoReady()`. */
export { cryptoReady } from './sodium.ts';
export { CryptoError, type CryptoErrorCode } from './errors.ts';
export { LABELS, type Label } from './labels.ts';
export { randomBytes } from './random.ts';
export { sha256, hkdf, labelledHash, labelBytes } from './hash.ts';
export { signingKeyPair, sign, verify, type KeyPair } from './sign.ts';
export { agreementKeyPair, agree } from './agreement.ts';
export { seal, open, sealTo, openFrom, ENVELOPE_OVERHEAD, type SealOptions } from './envelope.ts';
export { PageCipher } from './page-cipher.ts';
export { fingerprintEmojis, emojiName, EMOJIS } from './emojis.ts';
export {
	utf8,
	concatBytes,
	equalBytes,
	compareBytes,
	toHex,
	fromHex,
	toBase64url,
	fromBase64url,
	toBase32,
	fromBase32
} from './bytes.ts';
