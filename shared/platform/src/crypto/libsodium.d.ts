/**
 * The part of libsodium's raw WebAssembly module that we call. The package ships no types; its default export since
 * 0.8 is an Emscripten factory. Pointers are byte offsets into HEAPU8, which is replaced whenever the heap grows: read
 * `module.HEAPU8` again after every malloc.
 */
declare module 'libsodium' {
	export interface SodiumModule {
		readonly HEAPU8: Uint8Array;
		_malloc(size: number): number;
		_free(pointer: number): void;
		_sodium_init(): number;
		_crypto_sign_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
		_crypto_sign_detached(
			signature: number,
			signatureLength: number,
			message: number,
			messageLength: number,
			messageLengthHigh: number,
			secretKey: number
		): number;
		_crypto_sign_verify_detached(
			signature: number,
			message: number,
			messageLength: number,
			messageLengthHigh: number,
			publicKey: number
		): number;
		_crypto_scalarmult_base(publicKey: number, secretKey: number): number;
		_crypto_scalarmult(shared: number, secretKey: number, publicKey: number): number;
		_crypto_kdf_hkdf_sha256_extract(
			extracted: number,
			salt: number,
			saltLength: number,
			key: number,
			keyLength: number
		): number;
		_crypto_kdf_hkdf_sha256_expand(
			derived: number,
			derivedLength: number,
			info: number,
			infoLength: number,
			extracted: number
		): number;
		_crypto_aead_chacha20poly1305_ietf_encrypt_detached: AeadEncrypt;
		_crypto_aead_chacha20poly1305_ietf_decrypt_detached: AeadDecrypt;
		_crypto_aead_xchacha20poly1305_ietf_encrypt_detached: AeadEncrypt;
		_crypto_aead_xchacha20poly1305_ietf_decrypt_detached: AeadDecrypt;
	}

	/** Lengths are 64-bit: low word, high word. `unused` is libsodium's nsec, always 0. */
	type AeadEncrypt = (
		ciphertext: number,
		tag: number,
		tagLength: number,
		message: number,
		messageLength: number,
		messageLengthHigh: number,
		aad: number,
		aadLength: number,
		aadLengthHigh: number,
		unused: number,
		nonce: number,
		key: number
	) => number;
	type AeadDecrypt = (
		message: number,
		unused: number,
		ciphertext: number,
		ciphertextLength: number,
		ciphertextLengthHigh: number,
		tag: number,
		aad: number,
		aadLength: number,
		aadLengthHigh: number,
		nonce: number,
		key: number
	) => number;

	export default function createSodium(options: {
		/** 32 random bits. */
		getRandomValue: () => number;
		instantiateWasm?: (
			imports: WebAssembly.Imports,
			done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void
		) => object;
	}): Promise<SodiumModule>;
}
