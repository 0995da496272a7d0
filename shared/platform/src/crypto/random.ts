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
