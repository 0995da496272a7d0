/** Zip archives for tests, entry by entry, so that each field of them can lie. */

import { deflateSync } from 'fflate';

export interface Member {
	name: string;
	bytes: Uint8Array;
	/** What the directory says instead of the truth. */
	claims?: {
		size?: number;
		packed?: number;
		offset?: number;
		crc?: number;
		mode?: number;
		flags?: number;
		method?: number;
	};
}

export function archive(members: readonly Member[], { entries }: { entries?: number } = {}): Blob {
	const parts: Uint8Array[] = [];
	const directory: Uint8Array[] = [];
	let at = 0;
	for (const { name, bytes, claims = {} } of members) {
		const packed = deflateSync(bytes);
		const title = new TextEncoder().encode(name);
		const head = new DataView(new ArrayBuffer(30));
		head.setUint32(0, 0x04034b50, true);
		head.setUint16(8, 8, true);
		head.setUint16(26, title.length, true);
		const local = [new Uint8Array(head.buffer), title, packed];
		const line = new DataView(new ArrayBuffer(46));
		line.setUint32(0, 0x02014b50, true);
		line.setUint16(8, claims.flags ?? 0, true);
		line.setUint16(10, claims.method ?? 8, true);
		line.setUint32(16, claims.crc ?? crc32(bytes), true);
		line.setUint32(20, claims.packed ?? packed.length, true);
		line.setUint32(24, claims.size ?? bytes.length, true);
		line.setUint16(28, title.length, true);
		line.setUint32(38, (claims.mode ?? 0o100644) * 65536, true);
		line.setUint32(42, claims.offset ?? at, true);
		directory.push(new Uint8Array(line.buffer), title);
		for (const part of local) {
			parts.push(part);
			at += part.length;
		}
	}
	const size = directory.reduce((sum, { length }) => sum + length, 0);
	const end = new DataView(new ArrayBuffer(22));
	end.setUint32(0, 0x06054b50, true);
	end.setUint16(8, entries ?? members.length, true);
	end.setUint16(10, entries ?? members.length, true);
	end.setUint32(12, size, true);
	end.setUint32(16, at, true);
	return new Blob([...parts, ...directory, new Uint8Array(end.buffer)] as BlobPart[]);
}

/** Bit by bit, as the polynomial is written down. */
function crc32(bytes: Uint8Array): number {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}
