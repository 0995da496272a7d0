/** The environment of an engine worker in the browser: OPFS and IndexedDB. */

import { randomBytes } from '../crypto/random.ts';
import type { WasmSource } from '../engine/open.ts';
import { openOpfsFiles } from '../engine/storage/opfs.ts';
import { StoreError } from '../engine/store-error.ts';
import { indexedDbDeviceKey, opfsProfileStore } from '../identity/profile-browser.ts';
import type { DatabaseFiles, Environment } from './environment.ts';
import { realTimers } from './turns.ts';

const PROFILE_FOLDER = 'slf-profile';
const VAULT_FOLDER = 'slf-vault';
const VAULT_SECRET = 'slf-vault-secret';
const DATABASE_FOLDER = 'slf-databases';
const ENDING = '.main';

export async function browserEnvironment(wasm: WasmSource | undefined): Promise<Environment> {
	const root = await navigator.storage.getDirectory();
	const databases = await root.getDirectoryHandle(DATABASE_FOLDER, { create: true });
	const profile = await root.getDirectoryHandle(PROFILE_FOLDER, { create: true });
	const vault = await root.getDirectoryHandle(VAULT_FOLDER, { create: true });
	const { deviceName, runsOn } = describeBrowser(navigator.userAgent);
	return {
		files: opfsFiles(databases),
		profile: { store: opfsProfileStore(profile), deviceKey: indexedDbDeviceKey(), deviceName, runsOn },
		vault: { store: opfsProfileStore(vault), secret: indexedDbDeviceKey(VAULT_SECRET) },
		clock: Date.now,
		random: randomBytes,
		after: realTimers,
		...(wasm === undefined ? {} : { wasm })
	};
}

function opfsFiles(folder: FileSystemDirectoryHandle): DatabaseFiles {
	const has = async (name: string): Promise<boolean> => {
		try {
			await folder.getFileHandle(name + ENDING);
			return true;
		} catch (error) {
			if ((error as DOMException).name === 'NotFoundError') return false;
			throw error;
		}
	};
	return {
		open: (name) => openOpfsFiles(DATABASE_FOLDER, name),
		exists: has,
		async remove(name) {
			// Main first: without it there is no database, whatever is left of its log.
			for (const file of [name + ENDING, `${name}.log`]) {
				await folder.removeEntry(file).catch((error: DOMException) => {
					if (error.name !== 'NotFoundError') throw error;
				});
			}
		},
		async setAside(name, time) {
			// Main first: a log without one belongs to nothing.
			for (const file of [name + ENDING, `${name}.log`]) {
				try {
					await moveFile(await folder.getFileHandle(file), `${file}.damaged-${time}`);
				} catch (error) {
					if ((error as DOMException).name !== 'NotFoundError') throw StoreError.fromFile(name, error);
				}
			}
		},
		async list() {
			const names: string[] = [];
			for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
				if (name.endsWith(ENDING)) names.push(name.slice(0, -ENDING.length));
			}
			return names;
		}
	};
}

/** Not in TypeScript's library yet; every browser with access handles has it. */
const moveFile = (file: FileSystemFileHandle, name: string): Promise<void> =>
	(file as unknown as { move(name: string): Promise<void> }).move(name);

/** A name that tells the person's devices apart until they name them. */
export function describeBrowser(userAgent: string): { deviceName: string; runsOn: string } {
	const system =
		[
			[/Android/, 'Android'],
			[/iPhone|iPad/, 'iOS'],
			[/Mac OS X/, 'macOS'],
			[/Windows/, 'Windows'],
			[/CrOS/, 'ChromeOS'],
			[/Linux/, 'Linux']
		].find(([pattern]) => (pattern as RegExp).test(userAgent))?.[1] ?? 'an unknown system';
	const browser =
		[
			[/Edg\//, 'Edge'],
			[/OPR\//, 'Opera'],
			[/Firefox\//, 'Firefox'],
			[/Chrome\//, 'Chromium'],
			[/Safari\//, 'Safari']
		].find(([pattern]) => (pattern as RegExp).test(userAgent))?.[1] ?? 'A browser';
	const runsOn = `${String(browser)} on ${String(system)}`;
	return { deviceName: runsOn, runsOn };
}
