/// <reference path="./libsodium.d.ts" />
/**
 * libsodium, loaded once per thread. Everything in crypto/ is synchronous after `cryptoReady()`, because batches are
 * sealed and signed inside a SQLite transaction, which cannot wait for a promise.
 */
import createSodium, { type SodiumModule } from 'libsodium';
import { CryptoError } from './errors.ts';

let loaded: SodiumModule | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads libsodium; call it as often as you like. A module that another thread has compiled may be handed in, so that
 * five workers compile once; without it the copy embedded in the package is compiled.
 */
export function cryptoReady(wasm?: WebAssembly.Module): Promise<void> {
	loading ??= load(wasm).catch((error: unknown) => {
		loading = undefined;
		throw error;
	});
	return loading;
}

async function load(wasm: WebAssembly.Module | undefined): Promise<void> {
	const module = wasm ? await createFrom(wasm) : await createSodium({ getRandomValue });
	if (module._sodium_init() < 0) throw new CryptoError('NOT_READY', 'libsodium did not start');
	loaded = module;
}

function createFrom(wasm: WebAssembly.Module): Promise<SodiumModule> {
	return new Promise((resolve, reject) => {
		createSodium({
			getRandomValue,
			instantiateWasm(imports, done) {
				// Emscripten never hears of a failure here, so it goes straight to our own promise.
				WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm), reject);
				return {};
			}
		}).then(resolve, reject);
	});
}

/** libsodium looks for `window`, `self` or `require`; a Node module has none of them, so it is told. */
function getRandomValue(): number {
	return globalThis.crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** The loaded module. Throws NOT_READY before `cryptoReady()` has resolved. */
export function sodium(): SodiumModule {
	if (!loaded) throw new CryptoError('NOT_READY', 'Await cryptoReady() before using crypto');
	return loaded;
}

/**
 * Calls `use` with a block of `size` bytes on libsodium's heap, wiped and freed afterwards: keys and plaintext pass
 * through it and must not stay.
 */
export function withHeap<T>(size: number, use: (pointer: number, module: SodiumModule) => T): T {
	const module = sodium();
	const pointer = module._malloc(size);
	if (pointer === 0) throw new CryptoError('TOO_LARGE', `No memory for ${size} bytes`);
	try {
		return use(pointer, module);
	} finally {
		module.HEAPU8.fill(0, pointer, pointer + size);
		module._free(pointer);
	}
}
