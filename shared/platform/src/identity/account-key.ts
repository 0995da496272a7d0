/**
 * What an account key protects. Generation 0 comes from the words; later ones will be random. It wraps database keys,
 * and generation 0 gives the person's agreement key and the keys of personal scopes, so that a restored device needs
 * nobody to find them.
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { concatBytes, utf8 } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { CryptoError } from '../crypto/errors.ts';
import { hkdf, labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { KeyPair } from '../crypto/sign.ts';
import { encode } from '../protocol/cbor.ts';

/** An account key of 32 bytes and its generation. */
export interface AccountKey {
	generation: number;
	key: Uint8Array;
}

/** A personal scope: every device of the person derives the same one. */
export interface PersonalScope {
	/** True id, 32 bytes. */
	id: Uint8Array;
	/** Key of epoch 0. */
	epochKey: Uint8Array;
}

/** The person's agreement key of generation 0: what epoch keys of shared scopes are sealed to. */
export function personAgreementKey(accountKey0: Uint8Array): KeyPair {
	return agreementKeyPair(hkdf(accountKey0, LABELS.accountAgreement));
}

/**
 * The personal scope of an app; that of `account` is the scope of the account database.
 *
 *     id  = SHA-256('slf/v1/scope/user' || 0x00 || identity || app)
 *     key = HKDF(account key 0, 'slf/v1/account/personal-scope', salt = id)
 */
export function personalScope(identity: Uint8Array, accountKey0: Uint8Array, app: string): PersonalScope {
	const id = personalScopeId(identity, app);
	return { id, epochKey: hkdf(accountKey0, LABELS.accountPersonalScope, id) };
}

export function personalScopeId(identity: Uint8Array, app: string): Uint8Array {
	return labelledHash(LABELS.personalScopeId, identity, utf8(app));
}

/** The one wrap of a database's header. */
export function wrapDatabaseKey(account: AccountKey, databaseId: Uint8Array, databaseKey: Uint8Array): Uint8Array {
	const key = hkdf(account.key, LABELS.accountDatabase, databaseId);
	return seal(key, LABELS.sealDatabaseKey, databaseAad(databaseId, account.generation), databaseKey);
}

/** Throws CryptoError: WRONG_KEY when another account key, or another generation, made the wrap. */
export function unwrapDatabaseKey(account: AccountKey, databaseId: Uint8Array, wrap: Uint8Array): Uint8Array {
	const key = hkdf(account.key, LABELS.accountDatabase, databaseId);
	const databaseKey = open(key, LABELS.sealDatabaseKey, databaseAad(databaseId, account.generation), wrap);
	if (databaseKey.length !== 32) throw new CryptoError('DAMAGED', 'A database key has 32 bytes');
	return databaseKey;
}

/** How `openDatabase` asks for keys (StoreKey of engine/store-header.ts), answered with an account key. */
export function databaseKeyring(account: AccountKey) {
	return {
		unwrap(wrap: Uint8Array, generation: number, databaseId: Uint8Array): Uint8Array {
			if (generation !== account.generation) {
				throw new CryptoError('WRONG_KEY', `Wrapped by account key ${generation}, here is ${account.generation}`);
			}
			return unwrapDatabaseKey(account, databaseId, wrap);
		},
		wrap(databaseKey: Uint8Array, databaseId: Uint8Array): { wrap: Uint8Array; generation: number } {
			return { wrap: wrapDatabaseKey(account, databaseId, databaseKey), generation: account.generation };
		}
	};
}

function databaseAad(databaseId: Uint8Array, generation: number): Uint8Array {
	return concatBytes(databaseId, encode(generation));
}
