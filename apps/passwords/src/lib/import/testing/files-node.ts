/** Small files for tests, written as other programs write them, without our own writers. */

import { deflateRawSync } from 'node:zlib';
import type { ImportFile } from '../import-file.ts';

export const textFile = (text: string, name = 'file'): ImportFile => ({ name, bytes: new TextEncoder().encode(text) });

export const bytesFile = (bytes: Uint8Array | readonly number[], name = 'file'): ImportFile => ({
	name,
	bytes: Uint8Array.from(bytes)
});

/** A zip archive of one file. */
export function zipOf(name: string, content: string): Uint8Array {
	const packed = deflateRawSync(Buffer.from(content));
	const header = Buffer.alloc(30);
	header.writeUInt32LE(0x04034b50, 0);
	header.writeUInt16LE(8, 8);
	header.writeUInt32LE(packed.length, 18);
	header.writeUInt32LE(content.length, 22);
	header.writeUInt16LE(name.length, 26);
	return Buffer.concat([header, Buffer.from(name), packed]);
}
