/** KeePass databases, KDBX 3.1 and 4, and KeePass's XML: opened by kdbxweb, then read as formats/kdbx-names.ts says. */

import type * as kdbx from 'kdbxweb';
import { kdbxweb, OldArgon, prepareKdbx, TooCostly } from '../formats/kdbx-engine.ts';
import { XmlProblem } from '../formats/xml-tree.ts';
import { ImportError, type ImportFormat } from './import-error.ts';
import { Gathering, type Gathered } from './gathering.ts';
import { readDatabase } from './kdbx-entries.ts';
import type { ImportKeys } from './import-file.ts';

const MAGIC = 0x9aa2d903;
const SECOND = { kdb: 0xb54bfb65, beta: 0xb54bfb66, kdbx: 0xb54bfb67 };
const LAST_MINOR: Record<number, number> = { 3: 1, 4: 1 };
/** Rounds of AES that a KDBX 3 asks for; KeePass's slider ends far below. */
const MOST_ROUNDS = 1_000_000_000n;
const HEADER_FIELD = { end: 0, transformRounds: 6, kdfParameters: 11 };

const SAVE_ANEW = 'Open it in KeePass 2 or KeePassXC, save it as KDBX 4, and choose that file.';

/** What the first bytes say. */
export function kdbxKind(bytes: Uint8Array): 'kdbx' | 'kdb' | undefined {
	if (bytes.length < 12) return undefined;
	const view = viewOf(bytes);
	if (view.getUint32(0, true) !== MAGIC) return undefined;
	const second = view.getUint32(4, true);
	if (second === SECOND.kdb) return 'kdb';
	return second === SECOND.kdbx || second === SECOND.beta ? 'kdbx' : undefined;
}

export function refuseKdb(): never {
	throw new ImportError('kdb', 'version', { where: 'header', advice: SAVE_ANEW });
}

export async function readKdbx(bytes: Uint8Array<ArrayBuffer>, keys: ImportKeys): Promise<Gathered> {
	checkHeader(bytes);
	prepareKdbx();
	const credentials = credentialsOf(keys);
	const database = await attempt('kdbx', () =>
		kdbxweb.Kdbx.load(bytes.slice().buffer, credentials, { preserveXml: false })
	);
	return gatherFrom(database, 'kdbx');
}

export async function readKeePassXml(text: string): Promise<Gathered> {
	prepareKdbx();
	const database = await attempt('keepass-xml', () =>
		kdbxweb.Kdbx.loadXml(text, new kdbxweb.Credentials(kdbxweb.ProtectedValue.fromString('')))
	);
	return gatherFrom(database, 'keepass-xml');
}

function gatherFrom(database: kdbx.Kdbx, format: ImportFormat): Gathered {
	const gathering = new Gathering(format);
	readDatabase(database, gathering);
	return gathering.finish();
}

/** An empty password and none at all give different keys, so they are told apart up to here. */
function credentialsOf({ password, keyFile }: ImportKeys): kdbx.Credentials {
	const secret = password === null ? null : kdbxweb.ProtectedValue.fromString(password);
	return new kdbxweb.Credentials(secret, keyFile === undefined ? null : keyFile.slice().buffer);
}

/** What can be told without the key: the version, and what opening it would cost. */
function checkHeader(bytes: Uint8Array): void {
	const view = viewOf(bytes);
	const minor = view.getUint16(8, true);
	const major = view.getUint16(10, true);
	if (view.getUint32(4, true) !== SECOND.kdbx || !(minor <= (LAST_MINOR[major] ?? -1))) {
		throw new ImportError('kdbx', 'version', { where: 'header', advice: SAVE_ANEW });
	}
	if (major >= 4) {
		if (kdfRounds(bytes) > MOST_ROUNDS) throw new ImportError('kdbx', 'too-costly', { where: 'header' });
		return;
	}
	for (let at = 12; at + 3 <= bytes.length;) {
		const size = view.getUint16(at + 1, true);
		if (bytes[at] === HEADER_FIELD.end) return;
		if (bytes[at] === HEADER_FIELD.transformRounds && size === 8 && at + 11 <= bytes.length) {
			if (view.getBigUint64(at + 3, true) > MOST_ROUNDS)
				throw new ImportError('kdbx', 'too-costly', { where: 'header' });
		}
		at += 3 + size;
	}
}

/** Rounds of AES in the key derivation of a KDBX 4; 0 where it uses Argon2, which is checked when it is asked for. */
function kdfRounds(bytes: Uint8Array): bigint {
	const view = viewOf(bytes);
	for (let at = 12; at + 5 <= bytes.length;) {
		const size = view.getUint32(at + 1, true);
		if (bytes[at] === HEADER_FIELD.end) return 0n;
		if (bytes[at] === HEADER_FIELD.kdfParameters) {
			const end = Math.min(at + 5 + size, bytes.length);
			// A variant dictionary: version 2, then type 1, key length 4, key, value length 4, value. `R` is the rounds.
			for (let entry = at + 7; entry + 9 <= end && bytes[entry] !== 0;) {
				const keySize = view.getUint32(entry + 1, true);
				const valueAt = entry + 5 + keySize;
				if (valueAt + 4 > end) return 0n;
				const valueSize = view.getUint32(valueAt, true);
				if (keySize === 1 && bytes[entry + 5] === 0x52 && valueSize === 8 && valueAt + 12 <= end)
					return view.getBigUint64(valueAt + 4, true);
				entry = valueAt + 4 + valueSize;
			}
			return 0n;
		}
		at += 5 + size;
	}
	return 0n;
}

async function attempt<T>(format: ImportFormat, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw translated(error, format);
	}
}

function translated(error: unknown, format: ImportFormat): ImportError {
	if (error instanceof XmlProblem) return new ImportError(format, error.reason, { where: `line ${error.line}` });
	if (error instanceof TooCostly) return new ImportError(format, 'too-costly', { where: 'header' });
	if (error instanceof OldArgon) return new ImportError(format, 'version', { where: 'header', advice: SAVE_ANEW });
	const message = error instanceof Error ? error.message : '';
	// kdbxweb wraps what the parser threw.
	const inXml = /bad xml: (doctype|too-deep|damaged) in line (\d+)/.exec(message);
	if (inXml) return new ImportError(format, inXml[1] as 'doctype', { where: `line ${inXml[2]}` });
	if (error instanceof kdbxweb.KdbxError) {
		switch (error.code) {
			case 'InvalidKey':
				return new ImportError(format, 'wrong-key');
			case 'InvalidVersion':
			case 'Unsupported':
				return new ImportError(format, 'version', { where: 'header', advice: SAVE_ANEW });
		}
		if (/key ?file/i.test(message)) return new ImportError(format, 'bad-key-file');
		return new ImportError(format, 'damaged', { where: placeOf(message) });
	}
	return new ImportError(format, 'damaged');
}

/** kdbxweb's words for where it broke, as places people can be told. */
function placeOf(message: string): string {
	if (/header/i.test(message)) return 'header';
	if (/block|hash/i.test(message)) return 'encrypted part';
	return 'content';
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
