/**
 * The key of a vault: 32 random bytes, and what hangs on them. Nothing here follows from the account key or the words,
 * so that whoever has those has no vault yet.
 *
 *     vault key -> HKDF 'account', 'personal', 'kem', salt = vault id -> what wraps the database's key, the key of the
 *                  personal scope, and the agreement key to which the epochs of shared scopes are sealed
 *
 * To the engine these three stand where those of the account stand elsewhere (`vaultPerson`), so that it is the same
 * engine. The id is random and public; file name and personal scope carry it, so two vaults never meet in one place.
 */
import { agreementKeyPair } from '../crypto/agreement.ts';
import { toHex } from '../crypto/bytes.ts';
import { hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { PersonKeys } from './person.ts';

export interface VaultKey {
	/** 16 bytes, public. */
	id: Uint8Array;
	/** 32 bytes. */
	key: Uint8Array;
}

export function newVaultKey(random: (length: number) => Uint8Array): VaultKey {
	return { id: random(16), key: random(32) };
}

/** The person as the engine of their vault knows them. */
export function vaultPerson(person: PersonKeys, { id, key }: VaultKey): PersonKeys {
	return {
		...person,
		agreement: agreementKeyPair(hkdf(key, LABELS.vaultAgreement, id)),
		accountKey: hkdf(key, LABELS.vaultAccount, id),
		accountGeneration: 0,
		accountKey0: hkdf(key, LABELS.vaultPersonal, id)
	};
}

/** What `databaseName` is given for the file of an app's vault: `passwords-<32 hex digits>`. */
export function vaultDatabase(app: string, id: Uint8Array): string {
	return `${app}-${toHex(id)}`;
}

/** Whether that is what a file of an identity is for. */
export function isVaultDatabase(database: string): boolean {
	return /^[a-z][a-z0-9-]*-[0-9a-f]{32}$/.test(database);
}

/** What the personal scope of a vault is derived for, in place of the app's name (`personalScope`). */
export function vaultPlace(app: string, id: Uint8Array): string {
	return `${app}/${toHex(id)}`;
}
