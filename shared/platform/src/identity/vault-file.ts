/**
 * What an installation keeps of its vaults beside the databases, readable before anything is open: every way in, and
 * when to lock. No key and no name is in it.
 *
 *     file := CBOR { body: bytes, signer: 32 bytes, signature: 64 bytes }        signer: this device
 *     body := CBOR { v, identity, app, version, prfSalt, lockAfter, hiddenAfter, entries: [...], passkeys: [...] }
 *
 * `version` grows with every change. `entries` are those for passphrase and words of every vault of this app that the
 * person has (vault-entry.ts). `passkeys` are this installation's own. There is one salt for PRF, so that one prompt can
 * offer all passkeys, and it is never that of another app or use.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { LABELS } from '../crypto/labels.ts';
import { sign, verify, type KeyPair } from '../crypto/sign.ts';
import { array, bytes, bytesUpTo, decode, encode, int, map, text, version, type Shape } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { LIMITS, MOST_INTEGER } from '../protocol/limits.ts';
import type { IdentityCard } from './card.ts';
import { isNewer, MOST_ENTRY, readEntry, type PortableEntry } from './vault-entry.ts';

const MOST_ENTRIES = 32;
export const MOST_PASSKEYS = 16;

const passkeySchema = map({
	vault: bytes(16),
	/** WebAuthn's id of the credential. */
	credential: bytesUpTo(1023),
	name: text(LIMITS.name),
	addedAt: int(0, MOST_INTEGER),
	/** Where the browser found it, such as `internal`; helps it to find it again. */
	transports: array(text(32), 8),
	envelope: bytesUpTo(1024)
});

const bodySchema = map({
	v: version(1),
	identity: bytes(32),
	app: text(LIMITS.identifier),
	version: int(1, MOST_INTEGER),
	prfSalt: bytes(32),
	/** Milliseconds without activity after which the vault locks. */
	lockAfter: int(0, MOST_INTEGER),
	/** Milliseconds with no tab in sight after which it locks. */
	hiddenAfter: int(0, MOST_INTEGER),
	entries: array(bytesUpTo(MOST_ENTRY), MOST_ENTRIES),
	passkeys: array(passkeySchema, MOST_PASSKEYS)
});

const fileSchema = map({ body: bytesUpTo(LIMITS.profileFile), signer: bytes(32), signature: bytes(64) });

export type PasskeyEntry = Shape<typeof passkeySchema>;

export interface VaultFile extends Omit<Shape<typeof bodySchema>, 'v' | 'entries'> {
	entries: PortableEntry[];
}

export function encodeVaultFile(file: VaultFile, device: KeyPair): Uint8Array {
	const body = encode({ v: 1, ...file, entries: file.entries.map(({ signed }) => signed) });
	const signature = sign(LABELS.signVaultFile, body, device.secretKey);
	return encode({ body, signer: device.publicKey, signature });
}

/** Throws ProtocolError: nothing of a file that is not whole, or not by a device of the person, is used. */
export function readVaultFile(bytes: Uint8Array, card: IdentityCard, app: string): VaultFile {
	const { body, signer, signature } = decode(bytes, fileSchema, LIMITS.profileFile);
	const { v: _, ...file } = decode(body, bodySchema, LIMITS.profileFile);
	if (!card.devices.has(toHex(signer)) || !verify(LABELS.signVaultFile, body, signature, signer)) {
		throw new ProtocolError('BAD_SIGNATURE', 'signature', 'not by a device of this identity');
	}
	if (!equalBytes(file.identity, card.identity) || file.app !== app) {
		throw new ProtocolError('WRONG_SHAPE', 'identity', 'the vault of another identity or app');
	}
	return { ...file, entries: file.entries.map((signed) => readEntry(signed, card, app)) };
}

/** A vault of the person, as its entries tell of it. */
export interface KnownVault {
	id: Uint8Array;
	hex: string;
	madeAt: number;
	entries: PortableEntry[];
}

/** Of each vault and type the entry that counts. */
export function mergeEntries(...lists: readonly (readonly PortableEntry[])[]): PortableEntry[] {
	const best = new Map<string, PortableEntry>();
	for (const entry of lists.flat()) {
		const key = entryId(entry);
		const present = best.get(key);
		if (!present || isNewer(entry, present)) best.set(key, entry);
	}
	return [...best.keys()].sort().map((key) => best.get(key)!);
}

/** Id of an entry's row in the account database. */
export function entryId({ app, vault, type }: Pick<PortableEntry, 'app' | 'vault' | 'type'>): string {
	return `${app}:${toHex(vault)}:${type}`;
}

/** The vaults of these entries, the one that counts first: the older, whatever device it was made on. */
export function vaultsOf(entries: readonly PortableEntry[]): KnownVault[] {
	const vaults = new Map<string, KnownVault>();
	for (const entry of entries) {
		const hex = toHex(entry.vault);
		const vault = vaults.get(hex) ?? { id: entry.vault, hex, madeAt: entry.madeAt, entries: [] };
		vault.madeAt = Math.min(vault.madeAt, entry.madeAt);
		vault.entries.push(entry);
		vaults.set(hex, vault);
	}
	return [...vaults.values()].sort((a, b) => a.madeAt - b.madeAt || (a.hex < b.hex ? -1 : 1));
}
