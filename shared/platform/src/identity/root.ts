/**
 * What follows from the 12 words, alike on every device and without a network:
 *
 *     words -> BIP39 seed -> HKDF 'words/root' -> signing key, agreement key, wrap key, account key of generation 0
 *     genesis  = CBOR { v, suite, rootSign, rootAgreement }
 *     identity = SHA-256('slf/v1/identity' || 0x00 || genesis)
 *
 * Genesis holds no time and no nonce, so the same words are the same identity even on two devices that are offline.
 * The identity is a hash of it and not a key, so that the words can be replaced later without becoming someone else.
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { hkdf, labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { signingKeyPair, type KeyPair } from '../crypto/sign.ts';
import { bytes, decode, encode, map, version } from '../protocol/cbor.ts';
import { seedOfWords } from './words.ts';

export interface Root {
	/** 32 bytes: who the person is, for ever. */
	identity: Uint8Array;
	genesis: Uint8Array;
	sign: KeyPair;
	agreement: KeyPair;
	/** Wraps account keys in the wrap set's entry for words. */
	wrapKey: Uint8Array;
	/** Account key of generation 0. */
	accountKey: Uint8Array;
	/** What the words are to the wrap set of a vault (vault-entry.ts). Not kept anywhere: only typed words give it. */
	vaultFactor: Uint8Array;
}

const genesisSchema = map({ v: version(1), suite: version(1), rootSign: bytes(32), rootAgreement: bytes(32) });

export interface Genesis {
	identity: Uint8Array;
	rootSign: Uint8Array;
	rootAgreement: Uint8Array;
}

/** `words` must have passed `checkWords`. */
export function rootFromWords(words: readonly string[]): Root {
	const key = hkdf(seedOfWords(words), LABELS.wordsRoot);
	const sign = signingKeyPair(hkdf(key, LABELS.rootSign));
	const agreement = agreementKeyPair(hkdf(key, LABELS.rootAgreement));
	const genesis = encode({ v: 1, suite: 1, rootSign: sign.publicKey, rootAgreement: agreement.publicKey });
	return {
		identity: identityOf(genesis),
		genesis,
		sign,
		agreement,
		wrapKey: hkdf(key, LABELS.rootWrap),
		accountKey: hkdf(key, LABELS.rootAccountKey),
		vaultFactor: hkdf(key, LABELS.rootVault)
	};
}

/** Throws ProtocolError. */
export function readGenesis(genesis: Uint8Array): Genesis {
	const { rootSign, rootAgreement } = decode(genesis, genesisSchema, 256);
	return { identity: identityOf(genesis), rootSign, rootAgreement };
}

function identityOf(genesis: Uint8Array): Uint8Array {
	return labelledHash(LABELS.identity, genesis);
}
