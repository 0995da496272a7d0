/// <reference path="./crsqlite-sync.d.ts" />
// Opens a database: loads the wasm engine (once for each worker or process) and sets up one connection.
import factory from '@vlcn.io/wa-sqlite/dist/crsqlite-sync.mjs';
import type { SqliteModule } from './crsqlite-module.ts';
import { Database } from './sqlite.ts';

/** Compiled module (workers get it by message), or where to fetch it. Without it: the file the bundler placed, or Node's. */
export type WasmSource = WebAssembly.Module | URL | string | Uint8Array;

export interface OpenOptions {
	store: ':memory:';
	wasm?: WasmSource;
}

let loading: Promise<SqliteModule> | undefined;

/** The engine's wasm module; the first call decides where it comes from. A failed load may be tried again. */
export function loadEngine(wasm?: WasmSource): Promise<SqliteModule> {
	loading ??= instantiate(wasm).catch((error: unknown) => {
		loading = undefined;
		throw error;
	});
	return loading;
}

async function instantiate(wasm: WasmSource | undefined): Promise<SqliteModule> {
	if (wasm instanceof WebAssembly.Module) {
		return factory({
			instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
				void WebAssembly.instantiate(wasm, imports).then(done);
				return {};
			},
		});
	}
	if (wasm instanceof Uint8Array) return factory({ wasmBinary: wasm });
	if (wasm !== undefined) return factory({ locateFile: () => String(wasm) });
	if (isNode()) return factory({ wasmBinary: await readNodeWasm() });
	return factory();
}

function isNode(): boolean {
	return typeof process !== 'undefined' && process.versions?.node !== undefined;
}

async function readNodeWasm(): Promise<Uint8Array> {
	// Named by variables so that a browser bundle does not try to resolve them.
	const fs = 'node:fs/promises';
	const nodeModule = 'node:module';
	const { readFile } = (await import(/* @vite-ignore */ fs)) as typeof import('node:fs/promises');
	const { createRequire } = (await import(/* @vite-ignore */ nodeModule)) as typeof import('node:module');
	const manifest = createRequire(import.meta.url).resolve('@vlcn.io/wa-sqlite/package.json');
	return readFile(manifest.replace(/package\.json$/, 'dist/crsqlite-sync.wasm'));
}

/** Opens a connection with the engine's settings. */
export async function openDatabase({ wasm }: OpenOptions): Promise<Database> {
	const module = await loadEngine(wasm);
	const db = new Database(module, ':memory:');
	db.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=ON');
	return db;
}
