/**
 * Bytes of a file to text. Banks write UTF-8, with or without a mark, UTF-16 with one, and very often windows-1252
 * under any name. What they declare is wrong often enough that it is asked last: bytes that are valid UTF-8 and not
 * ASCII are UTF-8, since no text of another encoding comes out so by chance.
 */

import { ImportError } from './failure.ts';

/** Larger than ten years of a busy account in the wordiest format. */
export const MOST_BYTES = 64 * 1024 * 1024;

export interface Decoded {
	readonly text: string;
	/** As TextDecoder names it. */
	readonly encoding: string;
}

/** Encodings that a file may declare and that differ from windows-1252. */
const DECLARED =
	/(?:CHARSET:|encoding=["'])\s*(?:windows-|cp)?((?:iso-?8859-?\d{1,2})|125\d|ibm\d{3}|shift_jis|koi8-r|gbk|big5|euc-kr)/i;

/** @throws ImportError EMPTY, TOO_LARGE */
export function decode(bytes: Uint8Array): Decoded {
	if (bytes.length > MOST_BYTES) throw new ImportError(undefined, { where: {}, reason: 'TOO_LARGE' });
	const decoded = decodeAs(encodingOf(bytes), bytes);
	if (!/\S/u.test(decoded.text)) throw new ImportError(undefined, { where: {}, reason: 'EMPTY' });
	return decoded;
}

function encodingOf(bytes: Uint8Array): string {
	const [a, b, c] = bytes;
	if (a === 0xff && b === 0xfe) return 'utf-16le';
	if (a === 0xfe && b === 0xff) return 'utf-16be';
	if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
	// Every second byte of western text in UTF-16 is zero; no other encoding has zeros at all.
	if (bytes.length >= 4 && a !== 0 && b === 0 && c !== 0 && bytes[3] === 0) return 'utf-16le';
	if (bytes.length >= 4 && a === 0 && b !== 0 && c === 0 && bytes[3] !== 0) return 'utf-16be';
	if (isUtf8(bytes)) return 'utf-8';
	const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, 1024));
	const declared = DECLARED.exec(head)?.[1]?.toLowerCase();
	return declared === undefined ? 'windows-1252' : /^125\d$/.test(declared) ? `windows-${declared}` : declared;
}

function isUtf8(bytes: Uint8Array): boolean {
	// A file that was cut may end within a character; that must not make all of it windows-1252.
	let end = bytes.length;
	for (let back = 1; back <= 3 && back <= bytes.length; back++) {
		const byte = bytes[bytes.length - back]!;
		if (byte >= 0xc0) {
			end = bytes.length - back;
			break;
		}
		if (byte < 0x80) break;
	}
	return isWholeUtf8(bytes) || (end < bytes.length && isWholeUtf8(bytes.subarray(0, end)));
}

function isWholeUtf8(bytes: Uint8Array): boolean {
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes);
		return true;
	} catch {
		return false;
	}
}

function decodeAs(encoding: string, bytes: Uint8Array): Decoded {
	let decoder: TextDecoder;
	try {
		decoder = new TextDecoder(encoding);
	} catch {
		decoder = new TextDecoder('windows-1252');
	}
	return { text: decoder.decode(bytes), encoding: decoder.encoding };
}
