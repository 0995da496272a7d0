/**
 * What an engine needs of the machine it runs on, so that the same code runs in a worker over OPFS, in Node over a
 * folder, and in tests in memory.
 *
 * Databases of one identity are named `<first 16 hex digits of the identity>-<database>`: after words were restored,
 * the former identity's files lie beside the new ones until their rows have moved.
 */

import type { WasmSource } from '../engine/open.ts';
import type { StoreFiles } from '../engine/storage/file.ts';
import type { DeviceKey, ProfileStore } from '../identity/index.ts';
import { toHex } from '../crypto/bytes.ts';
import type { After } from './turns.ts';

export interface DatabaseFiles {
	/** Opens the two files of a database, made if missing. @throws StoreError LOCKED */
	open(name: string): Promise<StoreFiles>;
	exists(name: string): Promise<boolean>;
	/** Removes a database that is not open; fine when there is none. */
	remove(name: string): Promise<void>;
	/** Keeps a database that is not open under another name, ending in `.damaged-<time>`; nothing opens it any more. */
	setAside(name: string, time: number): Promise<void>;
	/** Names of all databases here. */
	list(): Promise<string[]>;
}

export interface Environment {
	files: DatabaseFiles;
	profile: { store: ProfileStore; deviceKey: DeviceKey; deviceName: string; runsOn: string };
	/** Files of vaults, and the secret of this installation that passkeys are mixed with. */
	vault: { store: ProfileStore; secret: DeviceKey };
	clock: () => number;
	random: (length: number) => Uint8Array;
	after: After;
	wasm?: WasmSource;
}

export function databaseName(identity: Uint8Array, database: string): string {
	return `${toHex(identity.subarray(0, 8))}-${database}`;
}

/** The database that a file belongs to, if it is one of this identity. */
export function databaseOf(name: string, identity: Uint8Array): string | undefined {
	const prefix = databaseName(identity, '');
	return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
