/**
 * The small files of a profile (wrap sets, the sealed words) in the origin's private file system.
 *
 * A write must leave either the old bytes or the new ones, whatever happens: these files hold the only way to the
 * keys. Each name is therefore two files, written in turn:
 *
 *     serial 4 | length 4 | SHA-256 of all else 32 | bytes          (integers big-endian)
 *
 * and the whole one with the higher serial counts. Only one worker, the custodian, opens them.
 */

import { sha256 } from '../crypto/hash.ts';
import { equalBytes } from '../crypto/bytes.ts';
import type { StoreFile } from '../engine/storage/file.ts';

const HEADER = 40;
const SIDES = ['a', 'b'] as const;

/** Opens (and makes) a file for one use. */
export type OpenFile = (name: string) => Promise<StoreFile>;

export class ProfileFiles {
	readonly #open: OpenFile;

	constructor(open: OpenFile) {
		this.#open = open;
	}

	async read(name: string): Promise<Uint8Array | undefined> {
		return (await this.#newest(name))?.bytes;
	}

	async write(name: string, bytes: Uint8Array): Promise<void> {
		const newest = await this.#newest(name);
		const serial = (newest?.serial ?? 0) + 1;
		const file = await this.#open(`${name}.${newest?.side === 'a' ? 'b' : 'a'}`);
		try {
			const whole = new Uint8Array(HEADER + bytes.length);
			const view = new DataView(whole.buffer);
			view.setUint32(0, serial);
			view.setUint32(4, bytes.length);
			whole.set(bytes, HEADER);
			whole.set(checksum(whole), 8);
			file.truncate(0);
			file.write(whole, { at: 0 });
			file.flush();
		} finally {
			file.close();
		}
	}

	async #newest(name: string): Promise<{ side: 'a' | 'b'; serial: number; bytes: Uint8Array } | undefined> {
		const found = [];
		for (const side of SIDES) {
			const file = await this.#open(`${name}.${side}`);
			try {
				const whole = readWhole(file);
				if (whole) found.push({ side, ...whole });
			} finally {
				file.close();
			}
		}
		return found.sort((one, other) => other.serial - one.serial)[0];
	}
}

function readWhole(file: StoreFile): { serial: number; bytes: Uint8Array } | undefined {
	const size = file.getSize();
	if (size < HEADER) return undefined;
	const whole = new Uint8Array(size);
	if (file.read(whole, { at: 0 }) !== size) return undefined;
	const view = new DataView(whole.buffer);
	if (view.getUint32(4) !== size - HEADER || !equalBytes(checksum(whole), whole.subarray(8, HEADER))) return undefined;
	return { serial: view.getUint32(0), bytes: whole.slice(HEADER) };
}

function checksum(whole: Uint8Array): Uint8Array {
	return sha256(whole.subarray(0, 8), whole.subarray(HEADER));
}

/** Files in a folder of the origin's private file system. Worker only. */
export function opfsOpener(folder: string): OpenFile {
	return async (name) => {
		let directory = await navigator.storage.getDirectory();
		for (const part of folder.split('/')) directory = await directory.getDirectoryHandle(part, { create: true });
		const handle = await directory.getFileHandle(name, { create: true });
		// The handle of a custodian that died is freed a moment later.
		for (let attempt = 0; ; attempt++) {
			try {
				return await handle.createSyncAccessHandle();
			} catch (error) {
				if (attempt >= 200 || (error as DOMException).name !== 'NoModificationAllowedError') throw error;
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
		}
	};
}
