// Where Node finds the engine: the package's emscripten loader knows browsers and workers only.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** @public open.ts imports it by a variable. */
export function readEngineWasm(): Promise<Uint8Array> {
	const manifest = createRequire(import.meta.url).resolve('@vlcn.io/wa-sqlite/package.json');
	return readFile(manifest.replace(/package\.json$/, 'dist/crsqlite-sync.wasm'));
}
