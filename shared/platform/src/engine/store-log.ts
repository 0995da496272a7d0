// The redo log: everything SQLite writes between two syncs is one authenticated record, so a transaction is there whole
// or not at all, and committing it costs one write and one flush.
//
//     log    := header (at 0 and at 4096, equal at rest) | records from 8192
//     header := magic 8 | generation u64 | seq u64 | pages u32 | 0 u32 | database id 16 | 0 (to 64) | MAC 40
//     record := magic u32 | n u32 | generation u64 | seq u64 | pages u32 | flags u32 | n * (page number u32 | slot) | MAC 40
//     slot   := ciphertext of a page | tag 16 | nonce 24           (additional data: database id | page number)
//
// A record's MAC covers its head, the tag of the record before it, and every page number and page tag. `pages` is the
// length of the database after it. A generation ends with a checkpoint: its pages are in the main file, and records of
// older generations that still lie in the file mean nothing.
//
// Recovery replays complete, authentic successors and stops at the first record that is not one: a torn tail. What comes
// behind a torn record was never acknowledged, unless it says that all before it had been flushed (flag 1): then the
// record before it was whole once, and the log is damaged. A damaged last record looks like a torn one.
import { PageCipher, equalBytes } from '../crypto/index.ts';
import type { StoreFile } from './storage/file.ts';
import { StoreError } from './store-error.ts';
import type { StoreCiphers } from './store-header.ts';

const HEADERS_AT = [0, 4096];
const RECORDS_AT = 8192;
const HEADER = 64;
const RECORD_HEAD = 32;
const RECORD_MAGIC = 0x314e5854; // "TXN1"
const FLUSHED_BEFORE = 1;
const TAG = 16;
const MAGIC = new TextEncoder().encode('SLFLOG01');
const NOTHING = new Uint8Array(0);
/** Larger records are written in pieces, so that a huge transaction is not held twice. */
const WRITE_AT_ONCE = 1 << 20;

/** A page in the log: where its slot begins. */
export type LoggedPages = Map<number, number>;

export class RedoLog {
	/** Length of the database in pages, after the last record. */
	pages = 0;
	/** Records that recovery found. */
	recovered = 0;
	readonly #file: StoreFile;
	readonly #ciphers: StoreCiphers;
	readonly #databaseId: Uint8Array;
	readonly #pageSize: number;
	readonly #slotSize: number;
	readonly #name: string;
	readonly #pageAad = new Uint8Array(24);
	readonly #pageAadView = new DataView(this.#pageAad.buffer);
	#buffer = new Uint8Array(65536);
	#generation = 0n;
	#seq = 0n;
	#tag = new Uint8Array(TAG);
	#end = RECORDS_AT;
	#unflushed = false;
	/** Where headers are written, in this order: the one that recovery relied on comes last. */
	#headersAt = HEADERS_AT;
	/** The header of the next generation, from the moment it may be on disk until it stands. */
	#headerOwed: Uint8Array<ArrayBuffer> | undefined;

	constructor(file: StoreFile, ciphers: StoreCiphers, databaseId: Uint8Array, pageSize: number, name: string) {
		this.#file = file;
		this.#ciphers = ciphers;
		this.#databaseId = databaseId;
		this.#pageSize = pageSize;
		this.#slotSize = pageSize + PageCipher.OVERHEAD;
		this.#name = name;
		this.#pageAad.set(databaseId);
	}

	/** Whether the log of a database that was never committed to could look like this: no record, first generation. */
	static isEmpty(file: StoreFile): boolean {
		if (file.getSize() > RECORDS_AT) return false;
		return HEADERS_AT.every((at) => {
			const header = new Uint8Array(HEADER);
			if (file.read(header, { at }) < HEADER || !equalBytes(header.subarray(0, 8), MAGIC)) return true;
			return new DataView(header.buffer).getBigUint64(8, true) <= 1n;
		});
	}

	/** Bytes of records since the last checkpoint. */
	get length(): number {
		return this.#end - RECORDS_AT;
	}

	format(): void {
		this.#file.truncate(0);
		this.restart();
	}

	/**
	 * Reads the header and replays the records. `found` gets each record's pages and the length of the database after it.
	 * Writes nothing.
	 */
	recover(found: (pages: LoggedPages, length: number) => void): void {
		this.#readHeader();
		while (this.#replayOne(found)) this.recovered++;
		if (this.#laterRecordExists())
			throw new StoreError('DAMAGED', this.#name, 'its log is damaged; restore it from another device');
	}

	/** Additional data of a page; valid until the next call. */
	pageAad(page: number): Uint8Array {
		this.#pageAadView.setUint32(TAG, page, true);
		return this.#pageAad;
	}

	/** Reads a slot into `target` at `at`. */
	readSlot(offset: number, target: Uint8Array): void {
		if (this.#file.read(target, { at: offset }) < target.length)
			throw new StoreError('TRUNCATED', this.#name, 'its log is too short');
	}

	/**
	 * Appends one record. When it throws, nothing was committed and the log is as before.
	 * @param pages plaintext by page number
	 * @param length pages of the database after this record
	 * @returns where each page's slot lies
	 */
	append(pages: ReadonlyMap<number, Uint8Array>, length: number, flush: boolean): LoggedPages {
		if (this.#headerOwed) throw new Error('restart was not finished');
		try {
			return this.#append(pages, length, flush);
		} catch (error) {
			// The record may stand whole on disk although its writer was told it failed: spoil it, as well as can be.
			try {
				writeAll(this.#file, new Uint8Array(RECORD_HEAD), this.#end);
				this.#file.flush();
			} catch {
				// The next record takes its place.
			}
			throw error;
		}
	}

	#append(pages: ReadonlyMap<number, Uint8Array>, length: number, flush: boolean): LoggedPages {
		const entry = 4 + this.#slotSize;
		const size = RECORD_HEAD + pages.size * entry + PageCipher.OVERHEAD;
		const buffer = this.#bufferFor(size, entry);
		const view = new DataView(buffer.buffer);
		const aad = new Uint8Array(RECORD_HEAD + TAG + pages.size * (4 + TAG));
		const head = new DataView(aad.buffer);
		head.setUint32(0, RECORD_MAGIC, true);
		head.setUint32(4, pages.size, true);
		head.setBigUint64(8, this.#generation, true);
		head.setBigUint64(16, this.#seq + 1n, true);
		head.setUint32(24, length, true);
		head.setUint32(28, this.#unflushed ? 0 : FLUSHED_BEFORE, true);
		aad.set(this.#tag, RECORD_HEAD);
		buffer.set(aad.subarray(0, RECORD_HEAD));

		const places: LoggedPages = new Map();
		let base = this.#end;
		let at = RECORD_HEAD;
		let aadAt = RECORD_HEAD + TAG;
		for (const [page, content] of pages) {
			if (at + entry > buffer.length) {
				writeAll(this.#file, buffer.subarray(0, at), base);
				base += at;
				at = 0;
			}
			view.setUint32(at, page, true);
			this.#ciphers.pages.seal(content, this.pageAad(page), buffer, at + 4);
			aad.set(buffer.subarray(at, at + 4), aadAt);
			const tagAt = at + 4 + this.#pageSize;
			aad.set(buffer.subarray(tagAt, tagAt + TAG), aadAt + 4);
			places.set(page, base + at + 4);
			at += entry;
			aadAt += 4 + TAG;
		}
		if (at + PageCipher.OVERHEAD > buffer.length) {
			writeAll(this.#file, buffer.subarray(0, at), base);
			base += at;
			at = 0;
		}
		this.#ciphers.meta.seal(NOTHING, aad, buffer, at);
		const tag = buffer.slice(at, at + TAG);
		writeAll(this.#file, buffer.subarray(0, at + PageCipher.OVERHEAD), base);
		if (flush) this.#file.flush();

		this.#unflushed = !flush;
		this.#tag = tag;
		this.#seq++;
		this.#end += size;
		this.pages = length;
		return places;
	}

	flush(): boolean {
		if (!this.#unflushed) return false;
		this.#file.flush();
		this.#unflushed = false;
		return true;
	}

	/**
	 * Starts the next generation: the main file holds everything up to here, flushed. The old records are void once this
	 * returns. When it throws, they may be void after a crash: call it again before anything is appended.
	 */
	restart(): void {
		this.#headerOwed ??= this.#nextHeader();
		const header = this.#headerOwed;
		for (const at of this.#headersAt) {
			writeAll(this.#file, header, at);
			this.#file.flush();
		}
		this.#headerOwed = undefined;
		this.#generation++;
		this.#tag = header.slice(HEADER, HEADER + TAG);
		this.#end = RECORDS_AT;
		this.#unflushed = false;
	}

	/** A restart failed half-way and must be repeated. */
	get restartOwed(): boolean {
		return this.#headerOwed !== undefined;
	}

	/** Gives the space of old records back. Only right after restart. */
	shrink(): void {
		this.#file.truncate(RECORDS_AT);
	}

	fileSize(): number {
		return this.#file.getSize();
	}

	close(): void {
		this.#file.close();
	}

	#bufferFor(size: number, entry: number): Uint8Array<ArrayBuffer> {
		const needed = Math.min(size, WRITE_AT_ONCE + entry);
		if (this.#buffer.length < needed) this.#buffer = new Uint8Array(needed);
		return this.#buffer;
	}

	#nextHeader(): Uint8Array<ArrayBuffer> {
		const header = new Uint8Array(HEADER + PageCipher.OVERHEAD);
		const view = new DataView(header.buffer);
		header.set(MAGIC);
		view.setBigUint64(8, this.#generation + 1n, true);
		view.setBigUint64(16, this.#seq, true);
		view.setUint32(24, this.pages, true);
		header.set(this.#databaseId, 32);
		this.#ciphers.meta.seal(NOTHING, header.subarray(0, HEADER), header, HEADER);
		return header;
	}

	#readHeader(): void {
		let best: { generation: bigint; seq: bigint; pages: number; tag: Uint8Array<ArrayBuffer> } | undefined;
		for (const at of HEADERS_AT) {
			const header = new Uint8Array(HEADER + PageCipher.OVERHEAD);
			if (this.#file.read(header, { at }) < header.length) continue;
			if (!equalBytes(header.subarray(0, 8), MAGIC)) continue;
			if (!this.#ciphers.meta.open(header, HEADER, 0, header.subarray(0, HEADER), NOTHING)) continue;
			const view = new DataView(header.buffer);
			const generation = view.getBigUint64(8, true);
			if (best && best.generation >= generation) continue;
			best = {
				generation,
				seq: view.getBigUint64(16, true),
				pages: view.getUint32(24, true),
				tag: header.slice(HEADER, HEADER + TAG)
			};
			this.#headersAt = [...HEADERS_AT.filter((other) => other !== at), at];
		}
		if (!best) {
			const code = this.#file.getSize() < RECORDS_AT ? 'TRUNCATED' : 'DAMAGED';
			throw new StoreError(code, this.#name, 'its log has no valid header; restore it from another device');
		}
		this.#generation = best.generation;
		this.#seq = best.seq;
		this.#tag = best.tag;
		this.pages = best.pages;
		this.#end = RECORDS_AT;
	}

	#replayOne(found: (pages: LoggedPages, length: number) => void): boolean {
		const total = this.#file.getSize();
		const entrySize = 4 + this.#slotSize;
		const head = new Uint8Array(RECORD_HEAD);
		if (this.#end + RECORD_HEAD > total || this.#file.read(head, { at: this.#end }) < RECORD_HEAD) return false;
		const view = new DataView(head.buffer);
		const count = view.getUint32(4, true);
		if (view.getUint32(0, true) !== RECORD_MAGIC) return false;
		if (view.getBigUint64(8, true) !== this.#generation) return false;
		if (view.getBigUint64(16, true) !== this.#seq + 1n) return false;
		const size = RECORD_HEAD + count * entrySize + PageCipher.OVERHEAD;
		if (this.#end + size > total) return false;

		const aad = new Uint8Array(RECORD_HEAD + TAG + count * (4 + TAG));
		aad.set(head);
		aad.set(this.#tag, RECORD_HEAD);
		const entry = new Uint8Array(entrySize);
		const entryView = new DataView(entry.buffer);
		const content = new Uint8Array(this.#pageSize);
		const pages: LoggedPages = new Map();
		for (let index = 0; index < count; index++) {
			const at = this.#end + RECORD_HEAD + index * entrySize;
			if (this.#file.read(entry, { at }) < entrySize) return false;
			const page = entryView.getUint32(0, true);
			if (!this.#ciphers.pages.open(entry, 4, this.#pageSize, this.pageAad(page), content)) return false;
			const aadAt = RECORD_HEAD + TAG + index * (4 + TAG);
			aad.set(entry.subarray(0, 4), aadAt);
			aad.set(entry.subarray(4 + this.#pageSize, 4 + this.#pageSize + TAG), aadAt + 4);
			pages.set(page, at + 4);
		}
		const mac = new Uint8Array(PageCipher.OVERHEAD);
		const macAt = this.#end + size - PageCipher.OVERHEAD;
		if (this.#file.read(mac, { at: macAt }) < mac.length) return false;
		if (!this.#ciphers.meta.open(mac, 0, 0, aad, NOTHING)) return false;

		this.pages = view.getUint32(24, true);
		this.#seq++;
		this.#tag = mac.slice(0, TAG);
		this.#end += size;
		found(pages, this.pages);
		return true;
	}

	/** Looks behind the end for the record after the missing one, written when the missing one was already on disk. */
	#laterRecordExists(): boolean {
		const rest = new Uint8Array(Math.max(0, this.#file.getSize() - this.#end));
		const read = this.#file.read(rest, { at: this.#end });
		const view = new DataView(rest.buffer);
		const first = RECORD_MAGIC & 0xff;
		for (let at = rest.indexOf(first); at >= 0 && at + RECORD_HEAD <= read; at = rest.indexOf(first, at + 1)) {
			if (view.getUint32(at, true) !== RECORD_MAGIC) continue;
			if (view.getBigUint64(at + 8, true) !== this.#generation) continue;
			if (view.getBigUint64(at + 16, true) !== this.#seq + 2n) continue;
			if (view.getUint32(at + 28, true) === FLUSHED_BEFORE) return true;
		}
		return false;
	}
}

/** A write that takes fewer bytes than given is a full disk. */
export function writeAll(file: StoreFile, bytes: Uint8Array, at: number): void {
	const written = file.write(bytes, { at });
	if (written !== bytes.length)
		throw Object.assign(new Error(`wrote ${written} of ${bytes.length} bytes`), { name: 'QuotaExceededError' });
}
