// A database in a folder, over node:fs. One process at a time: a lock file names its holder.
import fs from 'node:fs';
import path from 'node:path';
import { StoreError } from '../store-error.ts';
import type { StoreFile, StoreFiles } from './file.ts';

class NodeFile implements StoreFile {
	readonly #descriptor: number;
	readonly #closed: (() => void) | undefined;
	#open = true;

	constructor(file: string, closed?: () => void) {
		this.#descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
		this.#closed = closed;
	}

	read(target: Uint8Array, { at }: { at: number }): number {
		return fs.readSync(this.#descriptor, target, 0, target.length, at);
	}

	write(source: Uint8Array, { at }: { at: number }): number {
		return fs.writeSync(this.#descriptor, source, 0, source.length, at);
	}

	truncate(size: number): void {
		fs.ftruncateSync(this.#descriptor, size);
	}

	flush(): void {
		fs.fdatasyncSync(this.#descriptor);
	}

	getSize(): number {
		return fs.fstatSync(this.#descriptor).size;
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		fs.closeSync(this.#descriptor);
		this.#closed?.();
	}
}

/**
 * The files `<name>.main` and `<name>.log` in `folder` (made if missing), held until the main file is closed.
 * @throws StoreError LOCKED when another process, or another store of this one, holds them
 */
export function openNodeFiles(folder: string, name: string): StoreFiles {
	fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
	const base = path.join(folder, name);
	const release = lock(`${base}.lock`, name);
	try {
		const main = new NodeFile(`${base}.main`, release);
		try {
			return { main, log: new NodeFile(`${base}.log`) };
		} catch (error) {
			main.close();
			throw error;
		}
	} catch (error) {
		release();
		throw StoreError.fromFile(name, error);
	}
}

interface Holder {
	pid: number;
	/** When that process started, as its system counts; a number that is used again is then not taken for it. */
	started: string;
}

/** Makes the lock file whole, then links it into place: whoever sees it can read it. */
function lock(file: string, name: string): () => void {
	const mine: Holder = { pid: process.pid, started: startOf(process.pid) ?? '' };
	const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
	fs.writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
	try {
		for (let attempt = 0; attempt < 3; attempt++) {
			try {
				fs.linkSync(draft, file);
				return () => fs.rmSync(file, { force: true });
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw StoreError.fromFile(name, error);
			}
			const holder = readHolder(file);
			if (holder && isAlive(holder))
				throw new StoreError('LOCKED', name, `it is open in another process (${holder.pid}); close that one first`);
			if (holder) removeStale(file, draft, holder);
		}
		throw new StoreError('LOCKED', name, 'another process is opening it at this moment');
	} finally {
		fs.rmSync(draft, { force: true });
	}
}

/** Moves the lock of a dead process away, and back again if a living one was faster. */
function removeStale(file: string, draft: string, stale: Holder): void {
	const aside = `${draft}.stale`;
	try {
		fs.renameSync(file, aside);
	} catch {
		return;
	}
	const moved = readHolder(aside);
	if (moved && (moved.pid !== stale.pid || moved.started !== stale.started)) fs.linkSync(aside, file);
	fs.rmSync(aside, { force: true });
}

function readHolder(file: string): Holder | undefined {
	try {
		const { pid, started } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Holder>;
		return { pid: Number(pid), started: String(started) };
	} catch (error) {
		// Gone meanwhile, or a file that no version of this wrote: the latter is nobody's.
		return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : { pid: 0, started: '' };
	}
}

function isAlive({ pid, started }: Holder): boolean {
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
	const now = startOf(pid);
	return now === undefined || started === '' || now === started;
}

/** Start of a process in clock ticks since boot, with the boot's id; undefined where /proc is not there. */
function startOf(pid: number): string | undefined {
	try {
		const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
		const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
		return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
	} catch {
		return undefined;
	}
}
