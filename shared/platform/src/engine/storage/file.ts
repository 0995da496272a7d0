// The port to a disk. An OPFS FileSystemSyncAccessHandle has exactly this form; node.ts and memory.ts copy it.

export interface StoreFile {
	/** Reads at `at`; answers how many bytes there were. */
	read(target: Uint8Array, options: { at: number }): number;
	/** Writes at `at`, growing the file; answers how many bytes were taken, throws where there is no room. */
	write(source: Uint8Array, options: { at: number }): number;
	truncate(size: number): void;
	/** Returns once everything written is on the disk. */
	flush(): void;
	getSize(): number;
	close(): void;
}

export interface StoreFiles {
	main: StoreFile;
	log: StoreFile;
}
