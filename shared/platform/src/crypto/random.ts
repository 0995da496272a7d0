/** getRandomValues refuses more than this at once. */
const MOST_AT_ONCE = 65_536;

/** Fresh bytes from the platform's generator, of any length. */
export function randomBytes(length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; at += MOST_AT_ONCE) {
		globalThis.crypto.getRandomValues(bytes.subarray(at, Math.min(at + MOST_AT_ONCE, length)));
	}
	return bytes;
}

/** Gives `size` fresh bytes at each call. Asking the generator for many at once is far cheaper than often for few. */
export function pooled(random: (size: number) => Uint8Array, size: number): () => Uint8Array {
	let pool: Uint8Array = new Uint8Array(0);
	return () => {
		if (pool.length === 0) pool = random(size * 64);
		const bytes = pool.slice(0, size);
		pool = pool.subarray(size);
		return bytes;
	};
}
