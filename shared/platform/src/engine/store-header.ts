// The header of the main file: who may open the database, and with what.
//
//     copy := magic 8 | version u32 | page size u32 | database id 16 | revision u64 | key generation u32 | wrap length u32
//             | wrap (to 920, zero-filled) | MAC 40 | SHA-256 of all before 32                                 (992 bytes)
//
// Two copies, at 0 and at 2048, so that changing the wrap can never lose the only one: the new revision is written over
// one copy, flushed, then over the other. At rest both are equal, and each serves when the other has rotted. The SHA-256
// needs no key: it tells damage from a wrong key. The MAC, under the meta key, tells forgery.
import { LABELS, PageCipher, equalBytes, hkdf, randomBytes, sha256 } from '../crypto/index.ts';
import type { StoreFile } from './storage/file.ts';
import { StoreError } from './store-error.ts';
import { writeAll } from './store-log.ts';

/** Bytes before the first page. */
export const MAIN_HEADER = 4096;
const COPY = 992;
const COPIES_AT = [0, 2048];
const MAGIC = new TextEncoder().encode('SLFMAIN1');
const VERSION = 1;
const WRAP_AT = 48;
const MAC_AT = 920;
const HASH_AT = 960;
const NOTHING = new Uint8Array(0);

/** Opens and makes the one wrap of a database's random key (keys-and-recovery: HKDF of the account key, database id). */
export interface StoreKey {
	/** The database key (32 bytes). Throws when this account key does not open the wrap. */
	unwrap(wrap: Uint8Array, generation: number, databaseId: Uint8Array): Uint8Array;
	/** At most 872 bytes of wrap, and the generation of the account key that made it. */
	wrap(databaseKey: Uint8Array, databaseId: Uint8Array): { wrap: Uint8Array; generation: number };
	/** When given, another database under this name is refused. */
	databaseId?: Uint8Array;
}

export interface Header {
	databaseId: Uint8Array;
	pageSize: number;
	revision: bigint;
	generation: number;
	wrap: Uint8Array;
	/** Where the copy lies that was read; the other may be torn. */
	at: number;
}

/** The two ciphers of a database. */
export interface StoreCiphers {
	pages: PageCipher;
	meta: PageCipher;
}

export function deriveCiphers(databaseKey: Uint8Array, databaseId: Uint8Array): StoreCiphers {
	return {
		pages: new PageCipher(hkdf(databaseKey, LABELS.databasePages, databaseId)),
		meta: new PageCipher(hkdf(databaseKey, LABELS.databaseMeta, databaseId))
	};
}

/** A header for a new database, with a random id and key, and the ciphers under that key. */
export function createHeader(key: StoreKey, pageSize: number): { header: Header; ciphers: StoreCiphers } {
	const databaseId = key.databaseId ?? randomBytes(16);
	const databaseKey = randomBytes(32);
	const { wrap, generation } = key.wrap(databaseKey, databaseId);
	const ciphers = deriveCiphers(databaseKey, databaseId);
	databaseKey.fill(0);
	return { header: { databaseId, pageSize, revision: 1n, generation, wrap, at: 0 }, ciphers };
}

/** Writes and flushes one copy after the other, the one that was relied on last. */
export function writeHeader(file: StoreFile, header: Header, meta: PageCipher): void {
	const copy = encodeCopy(header, meta);
	for (const at of [...COPIES_AT.filter((other) => other !== header.at), header.at]) {
		writeAll(file, copy, at);
		file.flush();
	}
}

function encodeCopy(header: Header, meta: PageCipher): Uint8Array {
	if (header.wrap.length > MAC_AT - WRAP_AT) throw new RangeError('the wrap does not fit into the header');
	const copy = new Uint8Array(COPY);
	const view = new DataView(copy.buffer);
	copy.set(MAGIC);
	view.setUint32(8, VERSION, true);
	view.setUint32(12, header.pageSize, true);
	copy.set(header.databaseId, 16);
	view.setBigUint64(32, header.revision, true);
	view.setUint32(40, header.generation, true);
	view.setUint32(44, header.wrap.length, true);
	copy.set(header.wrap, WRAP_AT);
	meta.seal(NOTHING, copy.subarray(0, MAC_AT), copy, MAC_AT);
	copy.set(sha256(copy.subarray(0, HASH_AT)), HASH_AT);
	return copy;
}

/** Intact copies, newest first. Neither key nor MAC has been looked at. */
function readCopies(file: StoreFile): { header: Header; bytes: Uint8Array }[] {
	const copies: { header: Header; bytes: Uint8Array }[] = [];
	for (const at of COPIES_AT) {
		const bytes = new Uint8Array(COPY);
		if (file.read(bytes, { at }) < COPY) continue;
		if (!equalBytes(bytes.subarray(0, 8), MAGIC)) continue;
		if (!equalBytes(sha256(bytes.subarray(0, HASH_AT)), bytes.subarray(HASH_AT))) continue;
		const view = new DataView(bytes.buffer);
		if (view.getUint32(8, true) !== VERSION) continue;
		const wrapLength = Math.min(view.getUint32(44, true), MAC_AT - WRAP_AT);
		copies.push({
			bytes,
			header: {
				pageSize: view.getUint32(12, true),
				databaseId: bytes.slice(16, 32),
				revision: view.getBigUint64(32, true),
				generation: view.getUint32(40, true),
				wrap: bytes.slice(WRAP_AT, WRAP_AT + wrapLength),
				at
			}
		});
	}
	return copies.sort((a, b) => (a.header.revision < b.header.revision ? 1 : -1));
}

export function hasHeader(file: StoreFile): boolean {
	return readCopies(file).length > 0;
}

/** Finds a copy that the key opens. The older one counts too: a change of the wrap may have been cut short. */
export function openHeader(file: StoreFile, key: StoreKey, name: string): { header: Header; ciphers: StoreCiphers } {
	const copies = readCopies(file);
	if (copies.length === 0)
		throw new StoreError('DAMAGED', name, 'the header is damaged; restore it from another device');
	let refusal: unknown;
	for (const { header, bytes } of copies) {
		if (key.databaseId && !equalBytes(key.databaseId, header.databaseId))
			throw new StoreError('WRONG_KEY', name, 'this is another database than the one expected');
		let databaseKey: Uint8Array;
		try {
			databaseKey = key.unwrap(header.wrap, header.generation, header.databaseId);
		} catch (error) {
			refusal = error;
			continue;
		}
		const ciphers = deriveCiphers(databaseKey, header.databaseId);
		databaseKey.fill(0);
		if (ciphers.meta.open(bytes, MAC_AT, 0, bytes.subarray(0, MAC_AT), NOTHING)) return { header, ciphers };
		wipe(ciphers);
		throw new StoreError('DAMAGED', name, 'the header was altered; restore it from another device');
	}
	throw new StoreError('WRONG_KEY', name, 'the key does not open it', refusal);
}

export function wipe(ciphers: StoreCiphers): void {
	ciphers.pages.wipe();
	ciphers.meta.wipe();
}
