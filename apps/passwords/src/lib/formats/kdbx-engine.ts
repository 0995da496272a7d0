/**
 * kdbxweb, with what it needs from outside: Argon2 (hash-wasm) and, in workers and Node, a parser of XML.
 *
 * A file says itself how much work opening it costs. What no program asks for is refused before anything is computed:
 * such a file wants to hang the device.
 */

import { argon2d, argon2id } from 'hash-wasm';
import * as namespace from 'kdbxweb';
import { parseXml, writeXml, type XmlDocument } from './xml-tree.ts';

/** Node gives the module of a UMD file as its default, bundlers give its names. */
export const kdbxweb = 'Kdbx' in namespace ? namespace : (namespace as { default: typeof namespace }).default;

/** KiB. KeePassXC goes to 64 GiB on paper; a browser's worker has less, and people use 64 MiB to 1 GiB. */
const MOST_MEMORY = 1024 * 1024;
/** Passes times KiB: about two minutes. */
const MOST_WORK = 128 * 1024 * 1024;
const MOST_LANES = 16;

export class TooCostly extends Error {}
export class OldArgon extends Error {}

const ARGON2_TYPES = { d: 0, id: 2 };
const ARGON2_VERSION = 0x13;

let ready = false;

/** To be called before anything of kdbxweb is used. */
export function prepareKdbx(): void {
	if (ready) return;
	ready = true;
	kdbxweb.CryptoEngine.setArgon2Impl(async (password, salt, memory, iterations, length, lanes, type, version) => {
		if (memory > MOST_MEMORY || iterations * memory > MOST_WORK || lanes > MOST_LANES) throw new TooCostly();
		if (version !== ARGON2_VERSION) throw new OldArgon();
		const argon2 = type === ARGON2_TYPES.id ? argon2id : argon2d;
		const hash = await argon2({
			password: new Uint8Array(password),
			salt: new Uint8Array(salt),
			memorySize: memory,
			iterations,
			parallelism: lanes,
			hashLength: length,
			outputType: 'binary'
		});
		return hash.slice().buffer;
	});
	// kdbxweb looks for these names in its realm. A window has them; there it would read with the browser's own.
	const realm = globalThis as { DOMParser?: unknown; XMLSerializer?: unknown };
	realm.DOMParser ??= class {
		parseFromString = parseXml;
	};
	realm.XMLSerializer ??= class {
		serializeToString = (document: XmlDocument) => writeXml(document);
	};
}
