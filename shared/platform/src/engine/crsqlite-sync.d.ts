// The package ships the synchronous build without usable types.
declare module '@vlcn.io/wa-sqlite/dist/crsqlite-sync.mjs' {
	export default function factory(options?: object): Promise<import('./crsqlite-module.ts').SqliteModule>;
}
