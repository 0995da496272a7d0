/**
 * Profile in OPFS and device key in IndexedDB, for a dedicated worker in the browser.
 *
 * A file is kept in two copies, `<name>.0` and `<name>.1`, and written over the older one, so the newer is whole
 * whatever happens:
 *
 *     copy := SHA-256 of the rest 32 | revision 8 (big endian) | content
 *
 * The device's key-encrypting key is random and lies in IndexedDB, wrapped by a WebCrypto key that cannot be exported:
 * a copy of the files of OPFS alone opens nothing. Whoever has the whole browser profile has both; SECURITY.md says so.
 */
import { concatBytes, equalBytes } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { randomBytes } from '../crypto/random.ts';
import { ProfileError, type DeviceKey, type ProfileStore } from './profile-store.ts';

const HEAD = 40;

/** `folder`: a directory of OPFS that nothing else writes to. Only one worker may use it at a time. */
export function opfsProfileStore(folder: FileSystemDirectoryHandle): ProfileStore {
	return {
		async read(name) {
			const copies = await readCopies(folder, name);
			const newest = newestOf(copies);
			if (newest) return newest.content;
			if (copies.some((copy) => copy.state === 'unreadable')) {
				throw new ProfileError('DAMAGED', 'The profile on this device cannot be read');
			}
			return undefined;
		},
		async write(name, bytes) {
			const copies = await readCopies(folder, name);
			const newest = newestOf(copies);
			const target = newest?.at === 0 ? 1 : 0;
			const body = concatBytes(bigEndian((newest?.revision ?? 0) + 1), bytes);
			await writeFile(folder, `${name}.${target}`, concatBytes(sha256(body), body));
		}
	};
}

type Copy = { at: number } & (
	{ state: 'absent' | 'unreadable' } | { state: 'whole'; revision: number; content: Uint8Array }
);

async function readCopies(folder: FileSystemDirectoryHandle, name: string): Promise<Copy[]> {
	return [await readCopy(folder, name, 0), await readCopy(folder, name, 1)];
}

async function readCopy(folder: FileSystemDirectoryHandle, name: string, at: number): Promise<Copy> {
	let bytes: Uint8Array;
	try {
		const handle = await folder.getFileHandle(`${name}.${at}`);
		bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
	} catch (error) {
		if ((error as DOMException).name === 'NotFoundError') return { at, state: 'absent' };
		throw error;
	}
	// A file that was made and never written to: the very first write was cut off, so there was no profile.
	if (bytes.length === 0) return { at, state: 'absent' };
	const body = bytes.subarray(32);
	if (bytes.length < HEAD || !equalBytes(bytes.subarray(0, 32), sha256(body))) return { at, state: 'unreadable' };
	const revision = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0));
	return { at, state: 'whole', revision, content: body.slice(8) };
}

function newestOf(copies: Copy[]) {
	let newest: Extract<Copy, { state: 'whole' }> | undefined;
	for (const copy of copies) {
		if (copy.state === 'whole' && copy.revision > (newest?.revision ?? -1)) newest = copy;
	}
	return newest;
}

async function writeFile(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
	const handle = await folder.getFileHandle(name, { create: true });
	const access = await handle.createSyncAccessHandle();
	try {
		access.truncate(bytes.length);
		if (access.write(bytes, { at: 0 }) !== bytes.length) {
			throw new DOMException('The disk is full', 'QuotaExceededError');
		}
		access.flush();
	} finally {
		access.close();
	}
}

function bigEndian(value: number): Uint8Array {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
	return bytes;
}

const DATABASE = 'slf-device';
const KEYS = 'keys';
const ONLY = 'device';

interface StoredKey {
	wrapping: CryptoKey;
	iv: Uint8Array<ArrayBuffer>;
	wrapped: Uint8Array<ArrayBuffer>;
}

export function indexedDbDeviceKey(databaseName = DATABASE): DeviceKey {
	return {
		async load() {
			const stored = await withKeys<StoredKey | undefined>(databaseName, 'readonly', (keys) => keys.get(ONLY));
			if (!stored) return undefined;
			const algorithm = { name: 'AES-GCM', iv: stored.iv };
			return new Uint8Array(await crypto.subtle.decrypt(algorithm, stored.wrapping, stored.wrapped));
		},
		async create() {
			const key = randomBytes(32);
			const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
			const iv = new Uint8Array(randomBytes(12));
			const wrapped = new Uint8Array(
				await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, new Uint8Array(key))
			);
			const stored: StoredKey = { wrapping, iv, wrapped };
			await withKeys(databaseName, 'readwrite', (keys) => keys.put(stored, ONLY));
			return key;
		}
	};
}

/** One request in one transaction; resolves when the transaction is complete, which is when it is durable. */
async function withKeys<T>(
	databaseName: string,
	mode: IDBTransactionMode,
	request: (keys: IDBObjectStore) => IDBRequest
): Promise<T> {
	const database = await openKeys(databaseName);
	try {
		return await new Promise<T>((resolve, reject) => {
			const transaction = database.transaction(KEYS, mode, { durability: 'strict' });
			const asked = request(transaction.objectStore(KEYS));
			transaction.oncomplete = () => resolve(asked.result as T);
			transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB gave up'));
		});
	} finally {
		database.close();
	}
}

function openKeys(databaseName: string): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const opening = indexedDB.open(databaseName, 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
		opening.onsuccess = () => resolve(opening.result);
		opening.onerror = () => reject(opening.error ?? new Error('IndexedDB does not open'));
	});
}
