// A database in the origin's private file system. Only a dedicated worker may open these files, and only one at a time.
import { StoreError } from '../store-error.ts';
import type { StoreFile, StoreFiles } from './file.ts';

export interface OpfsOptions {
	/** How long to wait for a holder that is going away (a closing tab, a crashed leader). */
	patienceMilliseconds?: number;
}

/**
 * The files `<name>.main` and `<name>.log` in `folder` ('a/b'), made if missing.
 * @throws StoreError LOCKED when another worker holds them and does not let go in time
 */
export async function openOpfsFiles(
	folder: string,
	name: string,
	{ patienceMilliseconds = 5000 }: OpfsOptions = {}
): Promise<StoreFiles> {
	try {
		let directory = await navigator.storage.getDirectory();
		for (const part of folder.split('/').filter(Boolean))
			directory = await directory.getDirectoryHandle(part, { create: true });
		const until = performance.now() + patienceMilliseconds;
		const main = await openHandle(directory, `${name}.main`, name, until);
		try {
			return { main, log: await openHandle(directory, `${name}.log`, name, until) };
		} catch (error) {
			main.close();
			throw error;
		}
	} catch (error) {
		throw StoreError.fromFile(name, error);
	}
}

async function openHandle(
	directory: FileSystemDirectoryHandle,
	file: string,
	database: string,
	until: number
): Promise<StoreFile> {
	const handle = await directory.getFileHandle(file, { create: true });
	for (let wait = 20; ; wait = Math.min(wait * 2, 250)) {
		try {
			return await handle.createSyncAccessHandle();
		} catch (error) {
			// The handle of a worker that died is freed a moment later.
			const { name } = error as DOMException;
			if (name !== 'NoModificationAllowedError' && name !== 'InvalidStateError') throw error;
			if (performance.now() + wait > until)
				throw new StoreError('LOCKED', database, 'another tab holds it and does not answer', error);
		}
		await new Promise((resolve) => setTimeout(resolve, wait));
	}
}
