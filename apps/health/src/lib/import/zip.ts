/**
 * Reads a zip archive by its central directory, and inflates entries as they stream by.
 *
 * An archive is refused as a whole, before anything is unpacked, when its directory says what no honest program writes:
 * names that lead out of the archive, are absolute or stand twice, links, more than MOST_ENTRIES, entries that overlap
 * each other, an entry of more than MOST_RATIO times its packed size. While an entry is unpacked the same bounds hold
 * for what really comes out of it, since a directory can lie. Nothing is ever written under a name of the archive.
 *
 * ZIP64 is read. Stored and deflated entries are, encrypted ones are not.
 */

import { Inflate } from 'fflate';
import { ImportError, type Bytes } from './types.ts';

export const ZIP_LIMITS = {
	entries: 10_000,
	/** Unpacked by packed. XML of a health export is below 40. */
	ratio: 100,
	/** Entries below this may have any ratio: a file of a thousand zeros is no attack. */
	small: 10 * 1024 * 1024,
	/** Of any entry but the one that is read as a stream. */
	entry: 500 * 1024 * 1024,
	/** Of all entries together. */
	archive: 64 * 1024 ** 3,
	directory: 16 * 1024 * 1024
} as const;

export interface ZipEntry {
	readonly name: string;
	/** Unpacked bytes, as the directory says. */
	readonly size: number;
	/** The entry's bytes, unpacked. @throws ImportError */
	stream(): AsyncIterable<Uint8Array>;
}

interface Entry {
	name: string;
	method: number;
	crc: number;
	packed: number;
	size: number;
	/** Of the local header. */
	offset: number;
}

/** Whether the bytes begin as an archive does. */
export function looksLikeZip(head: Uint8Array): boolean {
	return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/** @throws ImportError with a sentence */
export async function openZip(file: Bytes): Promise<ZipEntry[]> {
	const entries = readDirectory(await directoryOf(file));
	checkNames(entries);
	checkSizes(entries, file.size);
	return entries.map((entry) => ({ name: entry.name, size: entry.size, stream: () => unpack(file, entry) }));
}

const damaged = (what: string): ImportError => new ImportError(`This zip archive is damaged: ${what}.`);
const refused = (what: string): ImportError => new ImportError(`This zip archive was refused: ${what}.`);

const END_LENGTH = 22;
const LOCATOR_LENGTH = 20;

async function directoryOf(file: Bytes): Promise<DataView> {
	const tailAt = Math.max(0, file.size - END_LENGTH - 65_535 - LOCATOR_LENGTH);
	const tail = viewOf(await file.read(tailAt, file.size));
	let at = tail.byteLength - END_LENGTH;
	while (
		at >= 0 &&
		!(tail.getUint32(at, true) === 0x06054b50 && at + END_LENGTH + tail.getUint16(at + 20, true) === tail.byteLength)
	)
		at--;
	if (at < 0) throw damaged('its end is missing, so it was probably not downloaded to the end');
	let count = tail.getUint16(at + 10, true);
	let size = tail.getUint32(at + 12, true);
	let offset = tail.getUint32(at + 16, true);
	if (at >= LOCATOR_LENGTH && tail.getUint32(at - LOCATOR_LENGTH, true) === 0x07064b50) {
		const recordAt = bigAt(tail, at - LOCATOR_LENGTH + 8);
		if (recordAt + 56 > file.size) throw damaged('its directory is not where it says');
		const record = viewOf(await file.read(recordAt, recordAt + 56));
		if (record.getUint32(0, true) !== 0x06064b50) throw damaged('its directory is not where it says');
		[count, size, offset] = [bigAt(record, 32), bigAt(record, 40), bigAt(record, 48)];
	}
	if (count > ZIP_LIMITS.entries) throw refused(`it has more than ${ZIP_LIMITS.entries} entries`);
	if (size > ZIP_LIMITS.directory || offset + size > file.size) throw damaged('its directory is not where it says');
	return viewOf(await file.read(offset, offset + size));
}

function readDirectory(view: DataView): Entry[] {
	const entries: Entry[] = [];
	const names = new TextDecoder();
	let at = 0;
	while (at + 46 <= view.byteLength && view.getUint32(at, true) === 0x02014b50) {
		const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
			number,
			number,
			number
		];
		const end = at + 46 + nameLength + extraLength + commentLength;
		if (end > view.byteLength) throw damaged('its directory ends too early');
		const flags = view.getUint16(at + 8, true);
		const entry: Entry = {
			name: names.decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength)),
			method: view.getUint16(at + 10, true),
			crc: view.getUint32(at + 16, true),
			packed: view.getUint32(at + 20, true),
			size: view.getUint32(at + 24, true),
			offset: view.getUint32(at + 42, true)
		};
		readExtra(view, at + 46 + nameLength, extraLength, entry);
		const mode = view.getUint32(at + 38, true) >>> 16;
		if ((mode & 0o170000) === 0o120000) throw refused('it holds a link');
		if ((flags & 1) === 1) throw new ImportError('This zip archive has a password. Unpack it first.');
		if (entries.length === ZIP_LIMITS.entries) throw refused(`it has more than ${ZIP_LIMITS.entries} entries`);
		entries.push(entry);
		at = end;
	}
	if (at !== view.byteLength) throw damaged('its directory ends too early');
	return entries;
}

/** Sizes of ZIP64: each that is all ones above stands here, in this order. */
function readExtra(view: DataView, from: number, length: number, entry: Entry): void {
	for (let at = from; at + 4 <= from + length;) {
		const [id, size] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
		if (id === 1) {
			let place = at + 4;
			const end = Math.min(at + 4 + size, from + length);
			for (const field of ['size', 'packed', 'offset'] as const) {
				if (entry[field] !== 0xffffffff || place + 8 > end) continue;
				entry[field] = bigAt(view, place);
				place += 8;
			}
		}
		at += 4 + size;
	}
}

function checkNames(entries: readonly Entry[]): void {
	const names = new Set<string>();
	for (const { name } of entries) {
		const parts = name.split('/');
		const leadsOut = parts.includes('..') || name.startsWith('/') || /^[A-Za-z]:|[\\\0]/.test(name);
		if (name === '' || leadsOut) throw refused('a name in it leads out of the archive');
		const folded = name.normalize('NFC').toLowerCase();
		if (names.has(folded)) throw refused('a name stands in it twice');
		names.add(folded);
	}
}

function checkSizes(entries: readonly Entry[], fileSize: number): void {
	let all = 0;
	for (const { packed, size } of entries) {
		all += size;
		if (size > ZIP_LIMITS.small && size > packed * ZIP_LIMITS.ratio)
			throw refused('it unpacks to far more than it holds');
	}
	if (all > ZIP_LIMITS.archive) throw refused('it unpacks to far more than it holds');
	// Each entry has its header and its bytes for itself: in an archive of overlapping ones a few bytes become petabytes.
	const sorted = [...entries].sort((a, b) => a.offset - b.offset);
	for (const [at, { name, offset, packed }] of sorted.entries()) {
		const next = sorted[at + 1]?.offset ?? fileSize;
		if (offset + 30 + utf8Length(name) + packed > next) throw refused('its entries overlap');
	}
}

function utf8Length(text: string): number {
	return new TextEncoder().encode(text).length;
}

/** Packed bytes that are inflated at once: at most 1032 times as many come out. */
const STEP = 16 * 1024;

async function* unpack(file: Bytes, entry: Entry): AsyncGenerator<Uint8Array> {
	const header = viewOf(await file.read(entry.offset, entry.offset + 30));
	if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50)
		throw damaged('an entry is not where it says');
	const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
	if (entry.method !== 0 && entry.method !== 8)
		throw new ImportError('This zip archive is packed in a way that is not known here.');
	const guard = new Guard(entry);
	let out: Uint8Array[] = [];
	const inflate = new Inflate((part) => out.push(part));
	let left = entry.packed;
	for await (const bytes of file.stream(start)) {
		const mine = bytes.subarray(0, Math.min(left, bytes.length));
		for (let at = 0; at < mine.length; at += STEP) {
			const step = mine.subarray(at, at + STEP);
			left -= step.length;
			if (entry.method === 0) out.push(step);
			else
				try {
					inflate.push(step, left === 0);
				} catch {
					throw damaged('an entry cannot be unpacked');
				}
			const ready = out;
			out = [];
			for (const part of ready) {
				guard.check(part, entry.packed - left);
				if (part.length > 0) yield part;
			}
		}
		if (left === 0) break;
	}
	if (left > 0) throw damaged('it ends in the middle of an entry');
	guard.end();
}

class Guard {
	readonly #entry: Entry;
	#size = 0;
	#crc = ~0;

	constructor(entry: Entry) {
		this.#entry = entry;
	}

	check(part: Uint8Array, packed: number): void {
		this.#size += part.length;
		const most = Math.max(ZIP_LIMITS.small, packed * ZIP_LIMITS.ratio);
		if (this.#size > most || this.#size > this.#entry.size) throw refused('it unpacks to far more than it holds');
		this.#crc = crc32(this.#crc, part);
	}

	end(): void {
		if (this.#size !== this.#entry.size || ~this.#crc >>> 0 !== this.#entry.crc)
			throw damaged('an entry is not what was packed');
	}
}

/** An entry in memory. @throws ImportError also where it is larger than `limit` */
export async function readEntry(entry: ZipEntry, limit: number = ZIP_LIMITS.entry): Promise<Uint8Array> {
	if (entry.size > limit) throw new ImportError('A file in this zip archive is too large.');
	const whole = new Uint8Array(entry.size);
	let at = 0;
	for await (const part of entry.stream()) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function bigAt(view: DataView, at: number): number {
	const value = view.getBigUint64(at, true);
	if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('a size is out of range');
	return Number(value);
}

const CRC_TABLES = crcTables();

/** Eight tables, so that eight bytes are taken at a time. */
function crcTables(): Int32Array[] {
	const tables = Array.from({ length: 8 }, () => new Int32Array(256));
	for (let byte = 0; byte < 256; byte++) {
		let value = byte;
		for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
		tables[0]![byte] = value;
	}
	for (let byte = 0; byte < 256; byte++)
		for (let table = 1; table < 8; table++) {
			const before = tables[table - 1]![byte]!;
			tables[table]![byte] = (before >>> 8) ^ tables[0]![before & 255]!;
		}
	return tables;
}

function crc32(crc: number, bytes: Uint8Array): number {
	const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC_TABLES as [
		Int32Array,
		Int32Array,
		Int32Array,
		Int32Array,
		Int32Array,
		Int32Array,
		Int32Array,
		Int32Array
	];
	let value = crc;
	let at = 0;
	for (const end = bytes.length - 7; at < end; at += 8) {
		const low = value ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
		value =
			t7[low & 255]! ^
			t6[(low >>> 8) & 255]! ^
			t5[(low >>> 16) & 255]! ^
			t4[low >>> 24]! ^
			t3[bytes[at + 4]!]! ^
			t2[bytes[at + 5]!]! ^
			t1[bytes[at + 6]!]! ^
			t0[bytes[at + 7]!]!;
	}
	for (; at < bytes.length; at++) value = (value >>> 8) ^ t0[(value ^ bytes[at]!) & 255]!;
	return value;
}
