/**
 * The wrap set: the account key, once for each way to open it. It lies beside the databases and is readable before
 * anything is open.
 *
 *     wrapSet := CBOR { body: bytes, signer: 32 bytes, signature: 64 bytes }
 *     body    := CBOR { v, identity, version, generation, entries: [{ type, id, envelope }, ...] }
 *     envelope: the account key under the entry's own key, AAD = CBOR { identity, generation, type, id }
 *
 * `version` grows by one with every change and the whole is signed by the root or a device of the identity, so nobody
 * who merely stores it can add, drop or replace an entry. Types in force: `words` (key from the words) and `device`
 * (key from this installation). Others are kept as they are.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { CryptoError } from '../crypto/errors.ts';
import { LABELS, type Label } from '../crypto/labels.ts';
import { sign, verify, type KeyPair } from '../crypto/sign.ts';
import { array, bytes, bytesUpTo, decode, encode, int, map, oneOf, version, type Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';
import type { AccountKey } from './account-key.ts';
import type { IdentityCard } from './card.ts';

export type WrapType = 'words' | 'device';

const LABEL_OF: Record<WrapType, Label> = { words: LABELS.sealWrapWords, device: LABELS.sealWrapDevice };

const entrySchema = map({ type: oneOf('words', 'device'), id: bytes(32), envelope: bytesUpTo(1024) });

const bodySchema = map({
	v: version(1),
	identity: bytes(32),
	version: int(1, MOST_INTEGER),
	/** Of the account key inside. */
	generation: int(0, MOST_INTEGER),
	entries: array(entrySchema, 64)
});

const wrapSetSchema = map({ body: bytesUpTo(LIMITS.profileFile), signer: bytes(32), signature: bytes(64) });

export type WrapEntry = Shape<typeof entrySchema>;
export type WrapSet = Omit<Shape<typeof bodySchema>, 'v'>;

/** An entry of `type` for the account key. `id`: the identity for words, the device's public key for a device. */
export function wrapEntry(
	type: WrapType,
	id: Uint8Array,
	wrappingKey: Uint8Array,
	identity: Uint8Array,
	account: AccountKey
): WrapEntry {
	const aad = entryAad(identity, account.generation, type, id);
	return { type, id, envelope: seal(wrappingKey, LABEL_OF[type], aad, account.key) };
}

export function signWrapSet(set: WrapSet, signer: KeyPair): Uint8Array {
	const body = encode({ v: 1, ...set });
	return encode({ body, signer: signer.publicKey, signature: sign(LABELS.signWrapSet, body, signer.secretKey) });
}

/**
 * Reads and checks a wrap set against the card of its identity. `atLeast` is the version last seen, when that is known:
 * an older one is somebody's roll back. Throws ProtocolError.
 */
export function readWrapSet(file: Uint8Array, card: IdentityCard, atLeast = 1): WrapSet {
	const { body, signer, signature } = decode(file, wrapSetSchema, LIMITS.profileFile);
	const { v: _, ...set } = decode(body, bodySchema, LIMITS.profileFile);
	if (!equalBytes(set.identity, card.identity)) {
		throw new ProtocolError('WRONG_SHAPE', 'identity', 'a wrap set of another identity');
	}
	if (!equalBytes(signer, card.rootKey) && !card.devices.has(toHex(signer))) {
		throw new ProtocolError('BAD_SIGNATURE', 'signer', 'neither the root nor a device of this identity');
	}
	if (!verify(LABELS.signWrapSet, body, signature, signer)) {
		throw new ProtocolError('BAD_SIGNATURE', 'signature', 'not by the signer that it names');
	}
	if (set.version < atLeast) {
		throw new ProtocolError('WRONG_SHAPE', 'version', `version ${set.version} is older than ${atLeast}`);
	}
	return set;
}

/** The account key by the entry of this type and id. Throws CryptoError; WRONG_KEY also when there is no such entry. */
export function openWrap(set: WrapSet, type: WrapType, id: Uint8Array, wrappingKey: Uint8Array): AccountKey {
	const entry = set.entries.find((candidate) => candidate.type === type && equalBytes(candidate.id, id));
	if (!entry) throw new CryptoError('WRONG_KEY', `The wrap set has no such entry for ${type}`);
	const key = open(wrappingKey, LABEL_OF[type], entryAad(set.identity, set.generation, type, id), entry.envelope);
	if (key.length !== 32) throw new CryptoError('DAMAGED', 'An account key has 32 bytes');
	return { generation: set.generation, key };
}

function entryAad(identity: Uint8Array, generation: number, type: WrapType, id: Uint8Array): Uint8Array {
	return encode({ identity, generation, type, id });
}
