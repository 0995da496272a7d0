// SQLite's file system: databases live in Stores that were opened before; journals and temporary files live in memory.
//
// A rollback journal in memory is enough, because a Store is atomic for everything between two syncs. It cannot be
// refused either: cr-sqlite writes while it opens, before any PRAGMA can be given. WAL and super-journals are refused,
// since they would put page content on disk in a way this file does not control.
//
// No method may throw: it would unwind through wasm. The error is kept, and the connection throws it from the statement.
import type { SqliteModule } from './crsqlite-module.ts';
import type { Store } from './store.ts';

export const VFS_NAME = 'slf';

const OK = 0;
const CANTOPEN = 14;
const NOTFOUND = 12;
const IOERR_READ = 266;
const IOERR_SHORT_READ = 522;
const IOERR_WRITE = 778;
const IOERR_FSYNC = 1034;
const IOERR_TRUNCATE = 1546;
const OPEN_MAIN_DB = 0x100;
/** Temporary and transient databases, main, temporary and statement journals. */
const OPEN_IN_MEMORY = 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000;
/** The moment after a commit: with synchronous=OFF there is no sync before it. */
const FCNTL_COMMIT_PHASETWO = 22;
const IOCAP_UNDELETABLE_WHEN_OPEN = 0x800;

interface VfsFile {
	read(target: Uint8Array, offset: number): number;
	write(source: Uint8Array, offset: number): void;
	truncate(size: number): void;
	fileSize(): number;
	commit(flush: boolean): void;
}

export class Vfs {
	readonly name = VFS_NAME;
	readonly #stores = new Map<string, Store>();
	readonly #open = new Map<number, { file: VfsFile; store?: Store }>();
	readonly #errors = new Map<Store, unknown>();
	#mounted = 0;

	/** Makes a store openable; answers the file name to open. (Names are short: SQLite's limit here is 64 bytes.) */
	mount(store: Store): string {
		const name = `store-${++this.#mounted}`;
		this.#stores.set(name, store);
		return name;
	}

	unmount(name: string): void {
		const store = this.#stores.get(name);
		this.#stores.delete(name);
		if (store) this.#errors.delete(store);
	}

	/** What the store threw at the last failing call; forgotten once taken. */
	takeError(store: Store): unknown {
		const error = this.#errors.get(store);
		this.#errors.delete(store);
		return error;
	}

	xOpen(name: string | null, id: number, flags: number, outFlags: DataView): number {
		// URI parameters arrive appended to the name.
		const store = this.#stores.get(String(name).split('?')[0]!);
		if (flags & OPEN_MAIN_DB) {
			if (!store) return CANTOPEN;
			this.#open.set(id, { file: store, store });
		} else if (flags & OPEN_IN_MEMORY) this.#open.set(id, { file: new TemporaryFile() });
		else return CANTOPEN;
		outFlags.setInt32(0, flags, true);
		return OK;
	}

	xClose(id: number): number {
		this.#open.get(id)?.store?.rollback();
		this.#open.delete(id);
		return OK;
	}

	xRead(id: number, target: Uint8Array, offset: number): number {
		return this.#guard(id, IOERR_READ, (file) => (file.read(target, offset) < target.length ? IOERR_SHORT_READ : OK));
	}

	xWrite(id: number, source: Uint8Array, offset: number): number {
		return this.#guard(id, IOERR_WRITE, (file) => file.write(source, offset));
	}

	xTruncate(id: number, size: number): number {
		return this.#guard(id, IOERR_TRUNCATE, (file) => file.truncate(size));
	}

	xSync(id: number): number {
		return this.#guard(id, IOERR_FSYNC, (file) => file.commit(true));
	}

	xFileSize(id: number, out: DataView): number {
		out.setBigInt64(0, BigInt(this.#open.get(id)?.file.fileSize() ?? 0), true);
		return OK;
	}

	xFileControl(id: number, operation: number): number {
		if (operation !== FCNTL_COMMIT_PHASETWO) return NOTFOUND;
		return this.#guard(id, IOERR_FSYNC, (file) => file.commit(false));
	}

	xAccess(name: string, _flags: number, out: DataView): number {
		out.setInt32(0, this.#stores.has(name) ? 1 : 0, true);
		return OK;
	}

	xDelete(): number {
		return OK;
	}

	xLock(): number {
		return OK;
	}

	xUnlock(): number {
		return OK;
	}

	xCheckReservedLock(_id: number, out: DataView): number {
		out.setInt32(0, 0, true);
		return OK;
	}

	xSectorSize(): number {
		return 4096;
	}

	xDeviceCharacteristics(): number {
		return IOCAP_UNDELETABLE_WHEN_OPEN;
	}

	#guard(id: number, failure: number, fn: (file: VfsFile) => number | void): number {
		const open = this.#open.get(id);
		if (!open) return failure;
		try {
			return fn(open.file) ?? OK;
		} catch (error) {
			if (open.store) this.#errors.set(open.store, error);
			return failure;
		}
	}
}

class TemporaryFile implements VfsFile {
	#bytes = new Uint8Array(0);
	#size = 0;

	read(target: Uint8Array, offset: number): number {
		const length = Math.max(0, Math.min(target.length, this.#size - offset));
		target.set(this.#bytes.subarray(offset, offset + length));
		target.fill(0, length);
		return length;
	}

	write(source: Uint8Array, offset: number): void {
		const end = offset + source.length;
		if (end > this.#bytes.length) {
			const grown = new Uint8Array(Math.max(65536, this.#bytes.length * 2, end));
			grown.set(this.#bytes.subarray(0, this.#size));
			this.#bytes = grown;
		}
		this.#bytes.set(source, offset);
		this.#size = Math.max(this.#size, end);
	}

	truncate(size: number): void {
		this.#size = Math.min(this.#size, size);
	}

	fileSize(): number {
		return this.#size;
	}

	commit(): void {}
}

const registered = new WeakMap<SqliteModule, Vfs>();

/** The one VFS of a wasm module. */
export function vfsOf(module: SqliteModule): Vfs {
	let vfs = registered.get(module);
	if (!vfs) {
		vfs = new Vfs();
		module.registerVFS(vfs, false);
		registered.set(module, vfs);
	}
	return vfs;
}
