/**
 * The envelope of Bitwarden's password-protected export, as its clients write it.
 *
 *     { encrypted: true, passwordProtected: true, salt, kdfType, kdfIterations, kdfMemory, kdfParallelism,
 *       encKeyValidation_DO_NOT_EDIT: enc(any text), data: enc(the plain export as JSON) }
 *
 *     key  = kdfType 0: PBKDF2-SHA256(password, salt as text, kdfIterations)
 *            kdfType 1: Argon2id(password, SHA-256(salt as text), kdfIterations passes, kdfMemory MiB, kdfParallelism)
 *     enc  = "2." base64(iv) "|" base64(AES-256-CBC) "|" base64(HMAC-SHA256(iv, ciphertext))
 *            under HKDF-Expand(key, "enc") and HKDF-Expand(key, "mac")
 */

import { argon2id } from 'hash-wasm';

export interface BitwardenKdf {
	/** 0: PBKDF2, 1: Argon2id. */
	type: 0 | 1;
	iterations: number;
	/** MiB and lanes; for Argon2id only. */
	memory?: number;
	parallelism?: number;
}

export interface BitwardenKeys {
	cipher: CryptoKey;
	mac: CryptoKey;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export async function bitwardenKeys(password: string, salt: string, kdf: BitwardenKdf): Promise<BitwardenKeys> {
	const master = kdf.type === 0 ? await pbkdf2(password, salt, kdf.iterations) : await argon2(password, salt, kdf);
	return {
		cipher: await crypto.subtle.importKey('raw', await expand(master, 'enc'), 'AES-CBC', false, ['encrypt', 'decrypt']),
		mac: await hmacKey(await expand(master, 'mac'))
	};
}

export async function bitwardenSeal(keys: BitwardenKeys, text: string): Promise<string> {
	const iv = crypto.getRandomValues(new Uint8Array(16));
	const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, keys.cipher, utf8(text)));
	const mac = new Uint8Array(await crypto.subtle.sign('HMAC', keys.mac, joined(iv, sealed)));
	return `2.${[iv, sealed, mac].map(toBase64).join('|')}`;
}

/** Undefined: not sealed under these keys, or changed since. `null`: not a sealed text of this kind at all. */
export async function bitwardenOpen(keys: BitwardenKeys, sealedText: string): Promise<string | undefined | null> {
	const parts = /^2\.([^|]+)\|([^|]+)\|([^|]+)$/.exec(sealedText)?.slice(1).map(fromBase64);
	if (!parts || parts.some((part) => part === undefined)) return null;
	const [iv, sealed, mac] = parts as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
	if (iv.length !== 16 || sealed.length === 0 || sealed.length % 16 !== 0) return null;
	// The seal is checked before anything is decrypted: padding then cannot tell anybody anything.
	if (!(await crypto.subtle.verify('HMAC', keys.mac, mac, joined(iv, sealed)))) return undefined;
	return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, keys.cipher, sealed));
}

async function pbkdf2(password: string, salt: string, iterations: number): Promise<Uint8Array<ArrayBuffer>> {
	const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits']);
	const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: utf8(salt), iterations };
	return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

async function argon2(password: string, salt: string, kdf: BitwardenKdf): Promise<Uint8Array<ArrayBuffer>> {
	const hash = await argon2id({
		password: utf8(password),
		salt: new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(salt))),
		iterations: kdf.iterations,
		memorySize: (kdf.memory ?? 64) * 1024,
		parallelism: kdf.parallelism ?? 4,
		hashLength: 32,
		outputType: 'binary'
	});
	return new Uint8Array(hash);
}

/** HKDF-Expand of one block: HMAC(key, info, 1). WebCrypto's HKDF always extracts first, which Bitwarden does not. */
async function expand(key: Uint8Array<ArrayBuffer>, info: string): Promise<Uint8Array<ArrayBuffer>> {
	const block = joined(utf8(info), new Uint8Array([1]));
	return new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(key), block));
}

function hmacKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
	return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}

export function toBase64(bytes: Uint8Array): string {
	const CHUNK = 0x8000;
	let text = '';
	for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
	return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
	try {
		const binary = atob(text);
		const bytes = new Uint8Array(binary.length);
		for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
		return bytes;
	} catch {
		return undefined;
	}
}
