/**
 * XChaCha20-Poly1305 for database pages: the hottest call of the platform, so it works on blocks of libsodium's heap
 * that are allocated once, and draws nonces from a pool.
 *
 *     sealed page := ciphertext | tag 16 | nonce 24
 *
 * Unlike an envelope it pads nothing and commits to nothing: pages have one size, and their key comes from one wrap.
 */
import { CryptoError } from './errors.ts';
import { randomBytes } from './random.ts';
import { sodium } from './sodium.ts';

const TAG = 16;
const NONCE = 24;
const KEY = 32;
/** One call to the generator serves this many pages. */
const NONCES_AT_ONCE = 256;

export class PageCipher {
	/** Bytes that a sealed page has beyond its content. */
	static readonly OVERHEAD = TAG + NONCE;

	readonly #module = sodium();
	/** key 32 | nonce 24 | tag 16, padded to 80. Zero once wiped. */
	#fixed: number;
	#page = 0;
	#pageSize = 0;
	#aad = 0;
	#aadSize = 0;
	#nonces: Uint8Array = new Uint8Array(0);
	#nonceAt = 0;

	constructor(key: Uint8Array) {
		if (key.length !== KEY) throw new CryptoError('BAD_KEY', `A page key has ${KEY} bytes, not ${key.length}`);
		this.#fixed = this.#module._malloc(80);
		this.#module.HEAPU8.set(key, this.#fixed);
	}

	/** Seals `content` into `target` from `targetAt` on; needs content.length + OVERHEAD bytes there. */
	seal(content: Uint8Array, aad: Uint8Array, target: Uint8Array, targetAt: number): void {
		const size = content.length;
		this.#reserve(size, aad.length);
		const { nonceAt, tagAt } = this.#places();
		const heap = this.#module.HEAPU8;
		heap.set(content, this.#page);
		heap.set(aad, this.#aad);
		heap.set(this.#nextNonce(), nonceAt);
		this.#module._crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
			this.#page,
			tagAt,
			0,
			this.#page,
			size,
			0,
			this.#aad,
			aad.length,
			0,
			0,
			nonceAt,
			this.#fixed
		);
		target.set(heap.subarray(this.#page, this.#page + size), targetAt);
		target.set(heap.subarray(tagAt, tagAt + TAG), targetAt + size);
		target.set(heap.subarray(nonceAt, nonceAt + NONCE), targetAt + size + TAG);
	}

	/**
	 * Opens the page whose content has `size` bytes and whose sealed form starts at `sourceAt`, into the beginning of
	 * `target`. False when it does not authenticate; `target` is then untouched.
	 */
	open(source: Uint8Array, sourceAt: number, size: number, aad: Uint8Array, target: Uint8Array): boolean {
		if (sourceAt < 0 || sourceAt + size + PageCipher.OVERHEAD > source.length) return false;
		this.#reserve(size, aad.length);
		const { nonceAt, tagAt } = this.#places();
		const heap = this.#module.HEAPU8;
		heap.set(source.subarray(sourceAt, sourceAt + size), this.#page);
		heap.set(source.subarray(sourceAt + size, sourceAt + size + TAG), tagAt);
		heap.set(source.subarray(sourceAt + size + TAG, sourceAt + size + TAG + NONCE), nonceAt);
		heap.set(aad, this.#aad);
		const result = this.#module._crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
			this.#page,
			0,
			this.#page,
			size,
			0,
			tagAt,
			this.#aad,
			aad.length,
			0,
			nonceAt,
			this.#fixed
		);
		if (result !== 0) return false;
		target.set(heap.subarray(this.#page, this.#page + size));
		return true;
	}

	/** Forgets the key and the last page. The cipher cannot be used afterwards. */
	wipe(): void {
		if (this.#fixed === 0) return;
		this.#release(this.#fixed, 80);
		this.#release(this.#page, this.#pageSize);
		this.#release(this.#aad, this.#aadSize);
		this.#fixed = this.#page = this.#aad = 0;
	}

	#places() {
		return { nonceAt: this.#fixed + KEY, tagAt: this.#fixed + KEY + NONCE };
	}

	#reserve(size: number, aadSize: number): void {
		if (this.#fixed === 0) throw new CryptoError('BAD_KEY', 'This cipher was wiped');
		if (size > this.#pageSize || this.#page === 0) {
			this.#release(this.#page, this.#pageSize);
			this.#pageSize = Math.max(size, 4096);
			this.#page = this.#module._malloc(this.#pageSize);
		}
		if (aadSize > this.#aadSize || this.#aad === 0) {
			this.#release(this.#aad, this.#aadSize);
			this.#aadSize = Math.max(aadSize, 64);
			this.#aad = this.#module._malloc(this.#aadSize);
		}
	}

	#release(pointer: number, size: number): void {
		if (pointer === 0) return;
		this.#module.HEAPU8.fill(0, pointer, pointer + size);
		this.#module._free(pointer);
	}

	#nextNonce(): Uint8Array {
		if (this.#nonceAt === this.#nonces.length) {
			this.#nonces = randomBytes(NONCE * NONCES_AT_ONCE);
			this.#nonceAt = 0;
		}
		this.#nonceAt += NONCE;
		return this.#nonces.subarray(this.#nonceAt - NONCE, this.#nonceAt);
	}
}
