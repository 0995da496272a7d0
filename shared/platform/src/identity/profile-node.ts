/** Profile and device key in a folder, for Node. Only the person's own account may read it. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from '../crypto/random.ts';
import { ProfileError, type DeviceKey, type ProfileStore } from './profile-store.ts';

const OWNER_ONLY = 0o600;

export function nodeProfileStore(folder: string): ProfileStore {
	return {
		read: (name) => readIfThere(join(folder, name)),
		write: (name, bytes) => replaceFile(join(folder, name), bytes)
	};
}

/** A file of 32 random bytes beside the profile. It is as safe as the folder is. */
export function nodeDeviceKey(folder: string): DeviceKey {
	const path = join(folder, 'device.key');
	return {
		async load() {
			const key = await readIfThere(path);
			if (key && key.length !== 32) throw new ProfileError('DAMAGED', 'The key of this device cannot be read');
			return key;
		},
		async create() {
			const key = randomBytes(32);
			await replaceFile(path, key);
			return key;
		}
	};
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
	try {
		return new Uint8Array(await readFile(path));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

/** Writes aside, flushes, renames over the old file, and flushes the folder so that the rename holds. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
	const folder = dirname(path);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const aside = `${path}.new`;
	const file = await open(aside, 'w', OWNER_ONLY);
	try {
		await file.chmod(OWNER_ONLY);
		await file.writeFile(bytes);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(aside, path);
	const directory = await open(folder, 'r');
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}
