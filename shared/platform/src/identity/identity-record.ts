/**
 * A record of the identity log: a statement about an identity, signed by its root, by a device that may speak for it
 * (`delegate`), or, for the name, by any of its devices.
 *
 *     record := CBOR { body: bytes, signer: 32 bytes, signature: 64 bytes }
 *     body   := CBOR { v, type, identity, ... }
 *     signature over label 'slf/v1/sig/identity-record' and the body bytes
 *
 * The log is a set: the same words may be in use on two devices that are offline, so there is no order to rely on.
 */
import { sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify, type KeyPair } from '../crypto/sign.ts';
import { bool, bytes, bytesUpTo, decode, encode, int, map, oneOf, text, union, version } from '../protocol/cbor.ts';
import type { Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';

const base = { v: version(1), identity: bytes(32) };

const deviceAddSchema = map({
	...base,
	type: oneOf('DEVICE_ADD'),
	/** Public signing key of the device. */
	device: bytes(32),
	/** Public agreement key of the device. */
	agreement: bytes(32),
	name: text(LIMITS.name),
	/** What it runs on, such as 'Chromium on Linux'. */
	runsOn: text(LIMITS.name),
	/** Which machine it is on: installations of one place are shown, and later revoked, together. */
	place: bytes(16),
	/** Whether it may add devices itself. */
	delegate: bool,
	time: int(0, MOST_INTEGER)
});

const agreementSchema = map({
	...base,
	type: oneOf('AGREEMENT'),
	generation: int(0, MOST_INTEGER),
	publicKey: bytes(32)
});

const nameSchema = map({
	...base,
	type: oneOf('NAME'),
	name: text(LIMITS.name),
	/** The higher counts. */
	version: int(0, MOST_INTEGER)
});

const vaultKeySchema = map({
	...base,
	type: oneOf('VAULT_KEY'),
	/** Whose scopes it is for. */
	app: text(LIMITS.identifier),
	/** The higher counts. */
	version: int(0, MOST_INTEGER),
	/** Agreement key of the person's vault: epochs of that app's scopes are sealed to it, and never to `AGREEMENT`. */
	publicKey: bytes(32)
});

const bodySchema = union({
	DEVICE_ADD: deviceAddSchema,
	AGREEMENT: agreementSchema,
	NAME: nameSchema,
	VAULT_KEY: vaultKeySchema
});

const recordSchema = map({ body: bytesUpTo(LIMITS.identityRecord), signer: bytes(32), signature: bytes(64) });

export type IdentityStatement = Shape<typeof bodySchema>;
export type DeviceAdd = Shape<typeof deviceAddSchema>;

export interface IdentityRecord {
	statement: IdentityStatement;
	signer: Uint8Array;
	/** SHA-256 of the record. */
	hash: Uint8Array;
}

/** Without the fields that `signStatement` fills in. */
type WithoutBase<T> = T extends unknown ? Omit<T, 'v' | 'identity'> : never;
export type Statement = WithoutBase<IdentityStatement>;

export function signStatement(identity: Uint8Array, statement: Statement, signer: KeyPair): Uint8Array {
	const body = encode({ ...statement, v: 1, identity });
	const signature = sign(LABELS.signIdentityRecord, body, signer.secretKey);
	return encode({ body, signer: signer.publicKey, signature });
}

/** Checks form and signature. Whether the signer may say it is for the card to judge. Throws ProtocolError. */
export function readIdentityRecord(received: Uint8Array): IdentityRecord {
	const { body, signer, signature } = decode(received, recordSchema, LIMITS.identityRecord);
	const statement = decode(body, bodySchema, LIMITS.identityRecord);
	if (!verify(LABELS.signIdentityRecord, body, signature, signer)) {
		throw new ProtocolError('BAD_SIGNATURE', 'signature', 'not by the signer that it names');
	}
	return { statement, signer, hash: sha256(received) };
}
