/**
 * One way to open a vault: its key in a committing envelope, under a key that takes both the account key and a factor.
 *
 *     key      = HKDF(account key || factor, label of the type, salt = vault id)
 *     factor   : passphrase  Argon2id of it
 *                words       a key of the 12 words that no device keeps: typed, each time
 *                passkey     its PRF value || a secret of this installation
 *     envelope : the vault key, AAD = CBOR of everything else that the entry says, Argon2's parameters among it
 *
 * Entries for passphrase and words open on any device of the person. They are signed one by one by the device that made
 * them, and travel as rows of the account database; a server never sees them, a stranger's are not read:
 *
 *     entry := CBOR { body: bytes, signer: 32 bytes, signature: 64 bytes }
 *
 * Of two entries of one vault and type the newer counts, on every device alike: the higher version, then the later time,
 * then the lower hash. A version never goes down, so an old passphrase cannot come back. `envelope: null` closes a way.
 *
 * Entries for passkeys belong to one installation and lie in its vault file alone (vault-file.ts).
 */
import { compareBytes, concatBytes, equalBytes, toHex } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { hkdf, sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify, type KeyPair } from '../crypto/sign.ts';
import { bytes, bytesUpTo, decode, encode, int, map, nullable, oneOf, text, version } from '../protocol/cbor.ts';
import type { Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';
import type { IdentityCard } from './card.ts';
import { argon2Schema } from './passphrase.ts';
import type { PersonKeys } from './person.ts';
import type { VaultKey } from './vault-key.ts';

const MOST_ENVELOPE = 1024;
export const MOST_ENTRY = 4096;

const LABEL_OF = {
	passphrase: LABELS.vaultPassphrase,
	words: LABELS.vaultWords,
	passkey: LABELS.vaultPasskey
} as const;

export type PortableType = 'passphrase' | 'words';

const bodySchema = map({
	v: version(1),
	identity: bytes(32),
	app: text(LIMITS.identifier),
	vault: bytes(16),
	/** When the vault was made, ms since 1970: of two vaults of one person the older is the vault. */
	madeAt: int(0, MOST_INTEGER),
	type: oneOf('passphrase', 'words'),
	version: int(1, MOST_INTEGER),
	/** When this entry was made. */
	time: int(0, MOST_INTEGER),
	/** Of the account key that it takes. */
	accountGeneration: int(0, MOST_INTEGER),
	argon2: nullable(argon2Schema),
	envelope: nullable(bytesUpTo(MOST_ENVELOPE))
});

const entrySchema = map({ body: bytesUpTo(MOST_ENTRY), signer: bytes(32), signature: bytes(64) });

export type EntryBody = Omit<Shape<typeof bodySchema>, 'v'>;

/** An entry that was read and is by a device of the person. */
export interface PortableEntry extends EntryBody {
	/** As it was signed. */
	signed: Uint8Array;
}

/** What of the person it takes to wrap and unwrap. */
export type Account = Pick<PersonKeys, 'identity' | 'accountKey' | 'accountGeneration'>;

/** Everything that an entry says of itself, but the envelope. */
type Said = Omit<EntryBody, 'envelope' | 'identity' | 'accountGeneration'>;

export function wrapPortable(account: Account, said: Said, factor: Uint8Array, vault: VaultKey): EntryBody {
	const body = { ...said, identity: account.identity, accountGeneration: account.accountGeneration };
	const key = wrappingKey(said.type, account, factor, vault.id);
	return { ...body, envelope: seal(key, LABELS.sealVaultKey, portableAad(body), vault.key, { compress: false }) };
}

/** Throws CryptoError: WRONG_KEY for another factor, another account key, or an entry of another place. */
export function openPortable(account: Account, entry: EntryBody, factor: Uint8Array): VaultKey {
	if (entry.envelope === null) throw new TypeError('A closed entry opens nothing');
	const key = wrappingKey(entry.type, account, factor, entry.vault);
	return { id: entry.vault, key: open(key, LABELS.sealVaultKey, portableAad(entry), entry.envelope) };
}

export function signEntry(body: EntryBody, device: KeyPair): PortableEntry {
	const bytes = encode({ v: 1, ...body });
	const signature = sign(LABELS.signVaultEntry, bytes, device.secretKey);
	return { ...body, signed: encode({ body: bytes, signer: device.publicKey, signature }) };
}

/** Checks that it is of this person's app, and by one of their devices. Throws ProtocolError. */
export function readEntry(signed: Uint8Array, card: IdentityCard, app: string): PortableEntry {
	const { body, signer, signature } = decode(signed, entrySchema, MOST_ENTRY);
	const { v: _, ...said } = decode(body, bodySchema, MOST_ENTRY);
	if (!equalBytes(said.identity, card.identity) || said.app !== app) {
		throw new ProtocolError('WRONG_SHAPE', 'identity', 'an entry of another vault');
	}
	if ((said.type === 'passphrase') !== (said.argon2 !== null)) {
		throw new ProtocolError('WRONG_SHAPE', 'argon2', 'a passphrase has parameters, words have none');
	}
	if (!equalBytes(signer, card.rootKey) && !card.devices.has(toHex(signer))) {
		throw new ProtocolError('BAD_SIGNATURE', 'signer', 'neither the root nor a device of this identity');
	}
	if (!verify(LABELS.signVaultEntry, body, signature, signer)) {
		throw new ProtocolError('BAD_SIGNATURE', 'signature', 'not by the signer that it names');
	}
	return { ...said, signed };
}

/** Whether `entry` counts and `other`, of the same vault and type, does not. */
export function isNewer(entry: PortableEntry, other: PortableEntry): boolean {
	if (entry.version !== other.version) return entry.version > other.version;
	if (entry.time !== other.time) return entry.time > other.time;
	return compareBytes(sha256(entry.signed), sha256(other.signed)) < 0;
}

/** What an entry for a passkey says of itself. */
export interface PasskeySaid {
	vault: Uint8Array;
	/** WebAuthn's id of the credential. */
	credential: Uint8Array;
	/** For `eval.first`. */
	prfSalt: Uint8Array;
}

/** The envelope for a passkey. @param factor PRF value || secret of the installation */
export function wrapForPasskey(account: Account, app: string, said: PasskeySaid, factor: Uint8Array, vault: VaultKey) {
	const key = wrappingKey('passkey', account, factor, vault.id);
	return seal(key, LABELS.sealVaultKey, passkeyAad(account, app, said), vault.key, { compress: false });
}

/** Throws CryptoError: WRONG_KEY when the PRF value, the installation's secret or the account key is another. */
export function openByPasskey(
	account: Account,
	app: string,
	said: PasskeySaid,
	factor: Uint8Array,
	envelope: Uint8Array
): VaultKey {
	const key = wrappingKey('passkey', account, factor, said.vault);
	return { id: said.vault, key: open(key, LABELS.sealVaultKey, passkeyAad(account, app, said), envelope) };
}

function wrappingKey(type: keyof typeof LABEL_OF, account: Account, factor: Uint8Array, vault: Uint8Array): Uint8Array {
	const joined = concatBytes(account.accountKey, factor);
	try {
		return hkdf(joined, LABEL_OF[type], vault);
	} finally {
		joined.fill(0);
	}
}

function portableAad({
	identity,
	app,
	vault,
	madeAt,
	type,
	version,
	accountGeneration,
	argon2
}: Omit<EntryBody, 'envelope'>) {
	return encode({ identity, app, vault, madeAt, type, version, accountGeneration, argon2 });
}

function passkeyAad({ identity, accountGeneration }: Account, app: string, said: PasskeySaid): Uint8Array {
	const { vault, credential, prfSalt } = said;
	return encode({ identity, accountGeneration, app, vault, type: 'passkey', credential, prfSalt });
}
