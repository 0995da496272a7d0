// A disk in memory that fails like a real one: power that goes at a chosen moment, sectors that were not flushed and are
// torn or lost in any order, a quota. For tests and the simulator; seeded, so that a failure can be replayed.
import type { StoreFile, StoreFiles } from './file.ts';

const SECTOR = 512;

/** Thrown by every call once the power is gone. */
export class PowerLoss extends Error {
	constructor() {
		super('power loss');
	}
}

export interface MemoryDiskOptions {
	/** In [0, 1); decides what survives. */
	random?: () => number;
	/** Bytes that all files together may have. */
	quota?: number;
}

export class MemoryDisk {
	quota: number;
	readonly #random: () => number;
	readonly #files = new Map<string, MemoryFile>();
	#operationsLeft = Infinity;

	constructor({ random = () => 0, quota = Infinity }: MemoryDiskOptions = {}) {
		this.#random = random;
		this.quota = quota;
	}

	/** The file of this name, made if it is not there. */
	file(name: string): MemoryFile {
		let file = this.#files.get(name);
		if (!file) this.#files.set(name, (file = new MemoryFile(this)));
		return file;
	}

	/** The two files of a database. */
	files(name: string): StoreFiles {
		return { main: this.file(name), log: this.file(`${name}.log`) };
	}

	/** The n-th write, truncate or flush from now fails half-way, and everything after it. */
	powerOffAfter(operations: number): void {
		this.#operationsLeft = operations;
	}

	get powerIsOff(): boolean {
		return this.#operationsLeft <= 0;
	}

	/** What a disk may hold after the power came back: flushed bytes for sure, of the others any sectors. */
	afterPowerLoss(): MemoryDisk {
		const disk = new MemoryDisk({ random: this.#random, quota: this.quota });
		for (const [name, file] of this.#files) disk.file(name).set(file.survivors(this.#random));
		return disk;
	}

	/** An independent copy, for tampering and for going back. */
	copy(): MemoryDisk {
		const disk = new MemoryDisk({ random: this.#random, quota: this.quota });
		for (const [name, file] of this.#files) disk.file(name).set(file.bytes());
		return disk;
	}

	get size(): number {
		let total = 0;
		for (const file of this.#files.values()) total += file.getSize();
		return total;
	}

	/** For MemoryFile: counts an operation that changes the disk; true when the power goes during it. */
	powerGoes(): boolean {
		if (this.powerIsOff) throw new PowerLoss();
		return --this.#operationsLeft <= 0;
	}

	random(): number {
		return this.#random();
	}
}

export class MemoryFile implements StoreFile {
	readonly #disk: MemoryDisk;
	#live = new Uint8Array(0);
	#size = 0;
	#flushed = new Uint8Array(0);
	readonly #dirty = new Set<number>();

	constructor(disk: MemoryDisk) {
		this.#disk = disk;
	}

	read(target: Uint8Array, { at }: { at: number }): number {
		if (this.#disk.powerIsOff) throw new PowerLoss();
		const length = Math.max(0, Math.min(target.length, this.#size - at));
		target.set(this.#live.subarray(at, at + length));
		return length;
	}

	write(source: Uint8Array, { at }: { at: number }): number {
		const dies = this.#disk.powerGoes();
		let length = dies ? Math.floor(this.#disk.random() * source.length) : source.length;
		const room = this.#disk.quota - (this.#disk.size - this.#size);
		const full = at + length > Math.max(room, this.#size);
		if (full) length = Math.max(0, Math.max(room, this.#size) - at);
		this.#resize(Math.max(this.#size, at + length));
		this.#live.set(source.subarray(0, length), at);
		for (let sector = Math.floor(at / SECTOR); sector * SECTOR < at + length; sector++) this.#dirty.add(sector);
		if (dies) throw new PowerLoss();
		if (full) throw Object.assign(new Error('no room'), { name: 'QuotaExceededError' });
		return length;
	}

	truncate(size: number): void {
		if (this.#disk.powerGoes()) throw new PowerLoss();
		this.#resize(size);
	}

	flush(): void {
		if (this.#disk.powerGoes()) throw new PowerLoss();
		this.#flushed = this.bytes();
		this.#dirty.clear();
	}

	getSize(): number {
		return this.#size;
	}

	close(): void {}

	/** A copy of the content. */
	bytes(): Uint8Array<ArrayBuffer> {
		return this.#live.slice(0, this.#size);
	}

	/** Replaces the content, as if it had always been there. */
	set(bytes: Uint8Array): void {
		this.#live = new Uint8Array(bytes);
		this.#size = bytes.length;
		this.#flushed = this.bytes();
		this.#dirty.clear();
	}

	survivors(random: () => number): Uint8Array {
		const flushed = this.#flushed;
		// Growth and truncation that were not flushed may be undone, wholly or in part.
		const [least, most] = [Math.min(this.#size, flushed.length), Math.max(this.#size, flushed.length)];
		const size = random() < 0.5 ? this.#size : least + Math.floor(random() * (most - least + 1));
		const survived = new Uint8Array(size);
		survived.set(flushed.subarray(0, size));
		for (const sector of this.#dirty) {
			const at = sector * SECTOR;
			if (at >= size || random() < 0.5) continue;
			survived.set(this.#live.subarray(at, Math.min(at + SECTOR, this.#size, size)), at);
		}
		return survived;
	}

	#resize(size: number): void {
		if (size > this.#live.length) {
			const grown = new Uint8Array(Math.max(size, this.#live.length * 2));
			grown.set(this.#live.subarray(0, this.#size));
			this.#live = grown;
		} else if (size < this.#size) this.#live.fill(0, size, this.#size);
		this.#size = size;
	}
}
