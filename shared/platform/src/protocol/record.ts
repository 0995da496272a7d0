/**
 * A record: the unit of both logs of a scope, of every transfer between peers, and of what relays and mailboxes keep.
 * They and other members forward the author's bytes as they are.
 *
 *     record     := CBOR { header: bytes, ciphertext: bytes, signature: 64 bytes }
 *     header     := CBOR { v, log, tag, author, seq, prev, keyId, size, body }
 *     signature  := Ed25519 by `author` over label 'slf/v1/sig/record' and the header bytes
 *     hash       := SHA-256(header bytes): the record's name, in `prev`, in heads, as the id of an operation
 *     ciphertext := envelope (crypto/envelope.ts) under the epoch's content key,
 *                   AAD = SHA-256(CBOR { v, log, tag, author, seq, prev, keyId })
 *
 * `body` is SHA-256(ciphertext) and `size` its length: the signature covers the ciphertext through them, so a server
 * that cannot open a record can still verify and deduplicate it. The AAD is the header without those two, since they
 * are known only after sealing; the signature binds the rest.
 *
 * `author` is the pseudonym: a device's public key in this scope alone. `seq` counts from 1 in each log of an author;
 * `prev` is the hash of the record before, zeros at 1.
 */
import { equalBytes } from '../crypto/bytes.ts';
import { open, seal, type SealOptions } from '../crypto/envelope.ts';
import { sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify } from '../crypto/sign.ts';
import { bytes, bytesUpTo, decode, encode, int, map, oneOf, version, type Shape } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';

export const RECORD_VERSION = 1;

/** `prev` of the first record of a chain. */
export const NO_RECORD = new Uint8Array(32);

const headerSchema = map({
	v: version(RECORD_VERSION),
	log: oneOf('access', 'data'),
	tag: bytes(32),
	author: bytes(32),
	seq: int(1, MOST_INTEGER),
	prev: bytes(32),
	keyId: bytes(8),
	size: int(0, LIMITS.ciphertext),
	body: bytes(32)
});

const recordSchema = map({
	header: bytesUpTo(LIMITS.header),
	ciphertext: bytesUpTo(LIMITS.ciphertext),
	signature: bytes(64)
});

export type RecordHeader = Shape<typeof headerSchema>;
export type RecordLog = RecordHeader['log'];

/** What the author decides before sealing. */
export type RecordPlace = Omit<RecordHeader, 'v' | 'size' | 'body'>;

export interface SplitRecord {
	header: RecordHeader;
	headerBytes: Uint8Array;
	ciphertext: Uint8Array;
	signature: Uint8Array;
	/** SHA-256 of the header bytes. */
	hash: Uint8Array;
}

/** Seals `content` under the epoch's content key, signs the header with the pseudonym's secret key. */
export function sealRecord(
	place: RecordPlace,
	contentKey: Uint8Array,
	content: Uint8Array,
	pseudonymSecretKey: Uint8Array,
	options: SealOptions = {}
): { bytes: Uint8Array; hash: Uint8Array } {
	const ciphertext = seal(contentKey, LABELS.sealRecord, recordAad(place), content, options);
	return signRecord(place, ciphertext, pseudonymSecretKey);
}

/** Signs a ciphertext that is already sealed. */
export function signRecord(
	place: RecordPlace,
	ciphertext: Uint8Array,
	pseudonymSecretKey: Uint8Array
): { bytes: Uint8Array; hash: Uint8Array } {
	const header: RecordHeader = {
		v: RECORD_VERSION,
		log: place.log,
		tag: place.tag,
		author: place.author,
		seq: place.seq,
		prev: place.prev,
		keyId: place.keyId,
		size: ciphertext.length,
		body: sha256(ciphertext)
	};
	const headerBytes = encode(header);
	const signature = sign(LABELS.signRecord, headerBytes, pseudonymSecretKey);
	return { bytes: encode({ header: headerBytes, ciphertext, signature }), hash: sha256(headerBytes) };
}

/**
 * Takes received bytes apart: size, canonical form, body hash and signature are checked, and what a seq of 1 implies.
 * Chain, epoch and rights are for the log to judge. Throws ProtocolError.
 */
export function splitRecord(received: Uint8Array): SplitRecord {
	const record = decode(received, recordSchema, LIMITS.record);
	const header = decode(record.header, headerSchema, LIMITS.header);
	if (header.size !== record.ciphertext.length) {
		throw new ProtocolError('WRONG_SHAPE', 'header.size', 'not the length of the ciphertext');
	}
	if (!equalBytes(header.body, sha256(record.ciphertext))) {
		throw new ProtocolError('BAD_HASH', 'header.body', 'not the hash of the ciphertext');
	}
	if ((header.seq === 1) !== equalBytes(header.prev, NO_RECORD)) {
		throw new ProtocolError('WRONG_SHAPE', 'header.prev', 'zeros belong to the first record of a chain, only');
	}
	if (!verify(LABELS.signRecord, record.header, record.signature, header.author)) {
		throw new ProtocolError('BAD_SIGNATURE', 'signature', 'not by the author of the header');
	}
	return {
		header,
		headerBytes: record.header,
		ciphertext: record.ciphertext,
		signature: record.signature,
		hash: sha256(record.header)
	};
}

/** A record of one's own store, where signature and hash were checked on the way in. */
export function recordHeader(stored: Uint8Array): Pick<SplitRecord, 'header' | 'headerBytes' | 'ciphertext'> {
	const { header: headerBytes, ciphertext } = decode(stored, recordSchema, LIMITS.record);
	return { header: decode(headerBytes, headerSchema, LIMITS.header), headerBytes, ciphertext };
}

/** The content of a record. Throws CryptoError when the key is not that of its epoch or the content was altered. */
export function openRecord(record: Pick<SplitRecord, 'header' | 'ciphertext'>, contentKey: Uint8Array): Uint8Array {
	return open(contentKey, LABELS.sealRecord, recordAad(record.header), record.ciphertext);
}

function recordAad(place: RecordPlace): Uint8Array {
	const { log, tag, author, seq, prev, keyId } = place;
	return sha256(encode({ v: RECORD_VERSION, log, tag, author, seq, prev, keyId }));
}
