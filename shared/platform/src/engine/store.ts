// The encrypted, atomic page store of one database, on two files: main (pages) and log (what was committed since).
//
//     main := header 4096 (store-header.ts) | slot of page 0 | slot of page 1 | ...      log: store-log.ts
//
// Invariants:
// - what SQLite writes is held in `#pending` until commit, which appends it as one record: no journal reaches the disk;
// - a committed page is served from `#recent` until a checkpoint has copied its slot (the same ciphertext) to main;
// - main is only overwritten with what the log holds, flushed; the log starts over only when main is flushed. So at every
//   moment main and log together are the last committed state;
// - a failed commit leaves the last committed state, in the files and in memory; a failed open writes nothing.
//
// Not covered: an attacker who puts back older bytes. One old page under its own number authenticates, and so do both
// files together. Replicated data is checked against signed logs; the rest has no anchor outside these files yet.
import { PageCipher, equalBytes } from '../crypto/index.ts';
import type { StoreFiles } from './storage/file.ts';
import { StoreError } from './store-error.ts';
import type { Header, StoreCiphers, StoreKey } from './store-header.ts';
import { MAIN_HEADER, createHeader, hasHeader, openHeader, wipe, writeHeader } from './store-header.ts';
import { RedoLog, writeAll } from './store-log.ts';

export type { StoreKey } from './store-header.ts';
export type { StoreFile, StoreFiles } from './storage/file.ts';

const PAGE_SIZE = 4096;
const CHECKPOINT_BYTES = 4 << 20;
const COPY_AT_ONCE = 1 << 20;

export interface StoreOptions {
	/** For messages: what a person knows the database by. */
	name?: string;
	/** The log is copied to main when it is longer than this. */
	checkpointBytes?: number;
}

export interface StoreStats {
	commits: number;
	flushes: number;
	checkpoints: number;
	/** Checkpoints that failed and left their work to a later one. */
	checkpointsFailed: number;
	pagesSealed: number;
	pagesOpened: number;
	/** Records replayed when the store was opened. */
	recovered: number;
}

/** A committed page that main does not hold yet: its slot in the log, and its content unless recovery found it. */
interface RecentPage {
	offset: number;
	content: Uint8Array | undefined;
}

export class Store {
	readonly name: string;
	readonly databaseId: Uint8Array;
	readonly stats: StoreStats = {
		commits: 0,
		flushes: 0,
		checkpoints: 0,
		checkpointsFailed: 0,
		pagesSealed: 0,
		pagesOpened: 0,
		recovered: 0
	};
	readonly #files: StoreFiles;
	readonly #ciphers: StoreCiphers;
	readonly #log: RedoLog;
	readonly #pageSize: number;
	readonly #slot: Uint8Array;
	readonly #pending = new Map<number, Uint8Array>();
	readonly #recent = new Map<number, RecentPage>();
	readonly #checkpointBytes: number;
	#header: Header;
	#key: StoreKey;
	/** Length in pages: as committed, and as SQLite sees it now. */
	#pages = 0;
	#pagesNow = 0;
	#checkpointAt: number;
	#held = false;
	/** A commit failed: SQLite is going to write the old pages back, and to sync that. */
	#takingBack = false;
	#closed = false;

	/**
	 * Opens the database in these files, or makes one where they are empty. Replays what the log holds.
	 * @throws StoreError WRONG_KEY, DAMAGED, TRUNCATED: nothing was written, and the files are closed.
	 */
	static open(files: StoreFiles, key: StoreKey, options: StoreOptions = {}): Store {
		const name = options.name ?? 'database';
		try {
			return Store.#open(files, key, name, options);
		} catch (error) {
			closeFiles(files);
			throw error instanceof StoreError ? error : StoreError.fromFile(name, error);
		}
	}

	static #open(files: StoreFiles, key: StoreKey, name: string, options: StoreOptions): Store {
		if (isUnborn(files)) {
			const { header, ciphers } = createHeader(key, PAGE_SIZE);
			const store = new Store(files, key, header, ciphers, name, options);
			// Log first: once main has its header, there is a log to go with it.
			files.main.truncate(0);
			store.#log.format();
			writeHeader(files.main, header, ciphers.meta);
			return store;
		}
		if (files.main.getSize() < MAIN_HEADER && !hasHeader(files.main))
			throw new StoreError('TRUNCATED', name, 'its header is missing; restore it from another device');
		const { header, ciphers } = openHeader(files.main, key, name);
		try {
			const store = new Store(files, key, header, ciphers, name, options);
			store.#recover();
			return store;
		} catch (error) {
			wipe(ciphers);
			throw error;
		}
	}

	private constructor(
		files: StoreFiles,
		key: StoreKey,
		header: Header,
		ciphers: StoreCiphers,
		name: string,
		options: StoreOptions
	) {
		this.#files = files;
		this.#key = key;
		this.#header = header;
		this.#ciphers = ciphers;
		this.name = name;
		this.databaseId = header.databaseId;
		this.#pageSize = header.pageSize;
		this.#slot = new Uint8Array(header.pageSize + PageCipher.OVERHEAD);
		this.#checkpointBytes = options.checkpointBytes ?? CHECKPOINT_BYTES;
		this.#checkpointAt = this.#checkpointBytes;
		this.#log = new RedoLog(files.log, ciphers, header.databaseId, header.pageSize, name);
	}

	/** Generation of the account key that wraps this database's key. */
	get keyGeneration(): number {
		return this.#header.generation;
	}

	/** Wraps the same database key anew, for instance under a new generation of the account key. */
	rewrap(key: StoreKey): void {
		const { wrap: old, generation, databaseId, revision } = this.#header;
		const databaseKey = this.#key.unwrap(old, generation, databaseId);
		const wrapped = key.wrap(databaseKey, databaseId);
		databaseKey.fill(0);
		const header: Header = {
			...this.#header,
			revision: revision + 1n,
			generation: wrapped.generation,
			wrap: wrapped.wrap
		};
		try {
			writeHeader(this.#files.main, header, this.#ciphers.meta);
		} catch (error) {
			throw StoreError.fromFile(this.name, error);
		}
		this.#header = header;
		this.#key = key;
	}

	// What SQLite calls, through the VFS. Offsets and sizes are bytes of the plain database.

	fileSize(): number {
		return this.#pagesNow * this.#pageSize;
	}

	/** Fills `target`, with zeros beyond the end; answers how many bytes there were. */
	read(target: Uint8Array, offset: number): number {
		const size = this.#pageSize;
		const end = this.#pagesNow * size;
		let done = 0;
		while (done < target.length && offset + done < end) {
			const at = offset + done;
			const page = Math.floor(at / size);
			const inPage = at - page * size;
			const length = Math.min(size - inPage, target.length - done);
			const pending = this.#pending.get(page);
			if (pending) target.set(pending.subarray(inPage, inPage + length), done);
			else if (length === size) this.#readCommitted(page, target.subarray(done, done + size));
			else {
				const content = new Uint8Array(size);
				this.#readCommitted(page, content);
				target.set(content.subarray(inPage, inPage + length), done);
			}
			done += length;
		}
		if (done < target.length) target.fill(0, done);
		return done;
	}

	write(source: Uint8Array, offset: number): void {
		const size = this.#pageSize;
		let done = 0;
		while (done < source.length) {
			const at = offset + done;
			const page = Math.floor(at / size);
			const inPage = at - page * size;
			const length = Math.min(size - inPage, source.length - done);
			let content = this.#pending.get(page);
			if (!content) {
				content = new Uint8Array(size);
				if (length < size && page < this.#pagesNow) this.#readCommitted(page, content);
				this.#pending.set(page, content);
			}
			content.set(source.subarray(done, done + length), inPage);
			if (page >= this.#pagesNow) this.#pagesNow = page + 1;
			done += length;
		}
	}

	truncate(bytes: number): void {
		this.#pagesNow = Math.ceil(bytes / this.#pageSize);
		for (const page of this.#pending.keys()) if (page >= this.#pagesNow) this.#pending.delete(page);
	}

	/**
	 * Makes everything written so far durable; with `flush` false only consistent (a power cut may take the last commits).
	 * When it throws, the store is at the last commit again.
	 */
	commit(flush: boolean): void {
		if (this.#held) return;
		try {
			if (this.#takingBack) this.#dropUnchanged();
			const changed = this.#pending.size > 0 || this.#pagesNow !== this.#pages;
			if (changed && this.#log.restartOwed) this.#startOver();
			if (changed) this.#append(flush);
			else if (flush && this.#log.flush()) this.stats.flushes++;
			this.#takingBack = false;
		} catch (error) {
			this.rollback();
			this.#takingBack = true;
			throw StoreError.fromFile(this.name, error);
		}
		if (this.#log.length > this.#checkpointAt) this.#tryCheckpoint();
	}

	/** Makes all commits within `fn` one, flushed: for steps that must not be found half done. */
	together<T>(fn: () => T): T {
		this.#held = true;
		let result: T;
		try {
			result = fn();
		} catch (error) {
			this.rollback();
			throw error;
		} finally {
			this.#held = false;
		}
		this.commit(true);
		return result;
	}

	/** Forgets what was written since the last commit. */
	rollback(): void {
		this.#pending.clear();
		this.#pagesNow = this.#pages;
	}

	/** Copies what the log holds to main. Call it when idle and before the page goes away; safe at any time. */
	checkpoint(): void {
		try {
			this.#checkpoint();
		} catch (error) {
			this.stats.checkpointsFailed++;
			throw StoreError.fromFile(this.name, error);
		}
	}

	/** Checkpoint, then close. A checkpoint that fails leaves its work in the log for the next open. */
	close(): void {
		if (this.#closed) return;
		this.rollback();
		this.#tryCheckpoint();
		if (this.#log.length === 0 && !this.#log.restartOwed) {
			try {
				this.#log.shrink();
			} catch {
				// Space that the next close may give back.
			}
		}
		this.abandon();
	}

	/** Closes without writing anything. */
	abandon(): void {
		if (this.#closed) return;
		this.#closed = true;
		wipe(this.#ciphers);
		this.#recent.clear();
		this.#pending.clear();
		closeFiles(this.#files);
	}

	#recover(): void {
		this.#log.recover((pages, length) => {
			for (const [page, offset] of pages) this.#recent.set(page, { offset, content: undefined });
			this.#forgetBeyond(length);
		});
		this.#pages = this.#pagesNow = this.#log.pages;
		this.stats.recovered = this.#log.recovered;
		const inMain = Math.floor((this.#files.main.getSize() - MAIN_HEADER) / this.#slot.length);
		for (let page = Math.max(0, inMain); page < this.#pages; page++)
			if (!this.#recent.has(page))
				throw new StoreError('TRUNCATED', this.name, 'pages are missing; restore it from another device');
	}

	#append(flush: boolean): void {
		const places = this.#log.append(this.#pending, this.#pagesNow, flush);
		for (const [page, content] of this.#pending) this.#recent.set(page, { offset: places.get(page)!, content });
		this.stats.commits++;
		this.stats.pagesSealed += this.#pending.size;
		if (flush) this.stats.flushes++;
		if (this.#pagesNow < this.#pages) this.#forgetBeyond(this.#pagesNow);
		this.#pages = this.#pagesNow;
		this.#pending.clear();
	}

	/** Without this a full disk would fail even the reads that follow, since SQLite syncs its rollback first. */
	#dropUnchanged(): void {
		const committed = new Uint8Array(this.#pageSize);
		for (const [page, content] of this.#pending) {
			if (page >= this.#pages) continue;
			this.#readCommitted(page, committed);
			if (equalBytes(content, committed)) this.#pending.delete(page);
		}
	}

	#forgetBeyond(length: number): void {
		for (const page of this.#recent.keys()) if (page >= length) this.#recent.delete(page);
	}

	/** Decrypts a committed page straight into `target`. */
	#readCommitted(page: number, target: Uint8Array): void {
		const recent = this.#recent.get(page);
		if (recent?.content) {
			target.set(recent.content);
			return;
		}
		if (recent) this.#log.readSlot(recent.offset, this.#slot);
		else if (this.#files.main.read(this.#slot, { at: this.#slotAt(page) }) < this.#slot.length)
			throw new StoreError('TRUNCATED', this.name, `page ${page} is missing; restore it from another device`);
		if (!this.#ciphers.pages.open(this.#slot, 0, this.#pageSize, this.#log.pageAad(page), target))
			throw new StoreError('DAMAGED', this.name, `page ${page} is damaged; restore it from another device`);
		this.stats.pagesOpened++;
	}

	#slotAt(page: number): number {
		return MAIN_HEADER + page * this.#slot.length;
	}

	/** A commit stands whether or not the checkpoint after it works: on failure the log just goes on growing. */
	#tryCheckpoint(): void {
		try {
			this.#checkpoint();
			this.#checkpointAt = this.#checkpointBytes;
		} catch {
			this.stats.checkpointsFailed++;
			this.#checkpointAt = this.#log.length + this.#checkpointBytes;
		}
	}

	#checkpoint(): void {
		if (this.#log.restartOwed) this.#startOver();
		if (this.#log.length === 0) return;
		if (this.#log.flush()) this.stats.flushes++;
		this.#copyToMain();
		this.#files.main.flush();
		this.#startOver();
		this.stats.checkpoints++;
	}

	#copyToMain(): void {
		const slotSize = this.#slot.length;
		const most = Math.floor(COPY_AT_ONCE / slotSize);
		const run = new Uint8Array(most * slotSize);
		let first = 0;
		let count = 0;
		const writeRun = () => {
			if (count > 0) writeAll(this.#files.main, run.subarray(0, count * slotSize), this.#slotAt(first));
			count = 0;
		};
		for (const page of [...this.#recent.keys()].sort((a, b) => a - b)) {
			if (count > 0 && (page !== first + count || count === most)) writeRun();
			if (count === 0) first = page;
			this.#log.readSlot(this.#recent.get(page)!.offset, run.subarray(count * slotSize, (count + 1) * slotSize));
			count++;
		}
		writeRun();
	}

	/** The second half of a checkpoint, which may have to be repeated. */
	#startOver(): void {
		this.#log.restart();
		this.#recent.clear();
		// Only now is no record left that needs the pages beyond the end; slots that stay there do no harm.
		try {
			const end = this.#slotAt(this.#pages);
			if (this.#files.main.getSize() > end) this.#files.main.truncate(end);
			if (this.#log.fileSize() > 4 * this.#checkpointBytes) this.#log.shrink();
		} catch {
			// Space that a later checkpoint gives back.
		}
	}
}

/** Nothing was ever committed here: no files, or a first start that was cut short. */
function isUnborn(files: StoreFiles): boolean {
	return files.main.getSize() <= MAIN_HEADER && RedoLog.isEmpty(files.log) && !hasHeader(files.main);
}

function closeFiles(files: StoreFiles): void {
	for (const file of [files.main, files.log]) {
		try {
			file.close();
		} catch {
			// Closing is all that can be asked for here.
		}
	}
}
