import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { agree, agreementKeyPair } from './agreement.ts';
import { concatBytes, fromBase32, fromBase64url, fromHex, toBase32, toBase64url, toHex, utf8 } from './bytes.ts';
import { EMOJIS, emojiName, fingerprintEmojis } from './emojis.ts';
import { chacha20poly1305Open, chacha20poly1305Seal } from './envelope.ts';
import { hkdf, labelledHash, sha256 } from './hash.ts';
import { hkdf as plainHkdf } from '@noble/hashes/hkdf.js';
import { sha256 as plainSha256 } from '@noble/hashes/sha2.js';
import { LABELS } from './labels.ts';
import { randomBytes } from './random.ts';
import { cryptoReady } from './sodium.ts';

beforeAll(() => cryptoReady());

describe('X25519, RFC 7748 [C-4]', () => {
	test('section 5.2, both vectors', () => {
		expect(
			toHex(
				agree(
					fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
					fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
				)
			)
		).toBe('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
		expect(
			toHex(
				agree(
					fromHex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d'),
					fromHex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493')
				)
			)
		).toBe('95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
	});

	test('section 5.2, a thousand iterations', () => {
		let k = fromHex(`09${'00'.repeat(31)}`);
		let u = k;
		for (let i = 0; i < 1000; i++) [k, u] = [agree(k, u), k];
		expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
	});

	test('section 6.1, two parties reach the same secret', () => {
		const alice = agreementKeyPair(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
		expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
		const bob = agreementKeyPair(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
		expect(toHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
		const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
		expect(toHex(agree(alice.secretKey, bob.publicKey))).toBe(secret);
		expect(toHex(agree(bob.secretKey, alice.publicKey))).toBe(secret);
	});

	test('noble agrees for any pair of keys', () => {
		fc.assert(
			fc.property(seeds(), seeds(), (a, b) => {
				const other = agreementKeyPair(b).publicKey;
				expect(toHex(other)).toBe(toHex(x25519.getPublicKey(b)));
				expect(toHex(agree(a, other))).toBe(toHex(x25519.getSharedSecret(a, other)));
			}),
			{ numRuns: 25 }
		);
	});

	test('a public key of small order is refused, since the secret would be zero', () => {
		const small = [
			'00'.repeat(32),
			`01${'00'.repeat(31)}`,
			'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
			'5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
			`ec${'ff'.repeat(30)}7f`
		];
		for (const key of small) expect(() => agree(randomBytes(32), fromHex(key))).toThrow('small order');
	});
});

describe('HKDF-SHA-256, RFC 5869 appendix A [C-5]', () => {
	// The vectors fix info as bytes that are not one of our labels, so they check the function underneath; the next test
	// ties ours to it.
	test.each([
		{
			name: 'A.1',
			key: '0b'.repeat(22),
			salt: '000102030405060708090a0b0c',
			info: 'f0f1f2f3f4f5f6f7f8f9',
			length: 42,
			expected: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'
		},
		{
			name: 'A.2',
			key: range(0x00, 0x4f),
			salt: range(0x60, 0xaf),
			info: range(0xb0, 0xff),
			length: 82,
			expected:
				'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87'
		},
		{
			name: 'A.3',
			key: '0b'.repeat(22),
			salt: '',
			info: '',
			length: 42,
			expected: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'
		}
	])('$name', ({ key, salt, info, length, expected }) => {
		expect(toHex(plainHkdf(plainSha256, fromHex(key), fromHex(salt), fromHex(info), length))).toBe(expected);
	});

	test('ours is it, with info = label, zero byte, context', () => {
		const [key, salt] = [randomBytes(32), randomBytes(16)];
		const info = concatBytes(utf8(LABELS.rootSign), new Uint8Array(1), utf8('context'));
		expect(hkdf(key, LABELS.rootSign, salt, 50, utf8('context'))).toEqual(plainHkdf(plainSha256, key, salt, info, 50));
	});
});

describe('ChaCha20-Poly1305, RFC 8439 [C-6]', () => {
	const key = fromHex(range(0x80, 0x9f));
	const nonce = fromHex('070000004041424344454647');
	const aad = fromHex('50515253c0c1c2c3c4c5c6c7');
	const plaintext = utf8(
		"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
	);
	const sealed =
		'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691';

	test('section 2.8.2', () => {
		expect(toHex(chacha20poly1305Seal(key, nonce, aad, plaintext))).toBe(sealed);
		expect(chacha20poly1305Open(key, nonce, aad, fromHex(sealed))).toEqual(plaintext);
	});

	test('another AAD, nonce or key does not open it', () => {
		expect(chacha20poly1305Open(key, nonce, utf8('other'), fromHex(sealed))).toBeUndefined();
		expect(chacha20poly1305Open(key, new Uint8Array(12), aad, fromHex(sealed))).toBeUndefined();
		expect(chacha20poly1305Open(new Uint8Array(32), nonce, aad, fromHex(sealed))).toBeUndefined();
		expect(chacha20poly1305Open(key, nonce, aad, new Uint8Array(15))).toBeUndefined();
	});
});

test('SHA-256 of "abc", and of parts as of the whole [C-5]', () => {
	expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
	expect(sha256(utf8('a'), utf8('bc'))).toEqual(sha256(utf8('abc')));
	expect(labelledHash(LABELS.identity, utf8('x'))).toEqual(sha256(utf8('slf/v1/identity\0x')));
});

test('no label is the beginning of another, and none is there twice [C-3]', () => {
	const labels = Object.values(LABELS);
	expect(new Set(labels).size).toBe(labels.length);
	for (const label of labels) {
		expect(label).toMatch(/^slf\/v1\/[a-z0-9/-]+$/);
		expect(labels.filter((other) => other !== label && other.startsWith(label))).toEqual([]);
	}
});

describe('bytes as text', () => {
	test('base64url and base32 give back what they were given, and each value has one spelling', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
				expect(fromHex(toHex(bytes))).toEqual(bytes);
				expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
				expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
				expect(fromBase32(toBase32(bytes))).toEqual(bytes);
			})
		);
		expect(() => fromBase64url('AB')).toThrow(SyntaxError);
		expect(() => fromBase64url('A')).toThrow(SyntaxError);
		expect(() => fromBase64url('AA==')).toThrow(SyntaxError);
		expect(() => fromHex('0')).toThrow(SyntaxError);
		expect(() => fromHex('zz')).toThrow(SyntaxError);
	});

	test('base32 forgives what people do to a code: case, spaces, hyphens, O for 0, I and L for 1', () => {
		const bytes = fromBase32('0123-4567-89AB-CDEF-1110');
		expect(fromBase32('o123 4567 89ab cdef iLlO')).toEqual(bytes);
		expect(() => fromBase32('U')).toThrow(SyntaxError);
	});
});

test('there are 64 different emojis with 64 different names [C-9]', () => {
	expect(new Set(EMOJIS.map(([emoji]) => emoji)).size).toBe(64);
	expect(new Set(EMOJIS.map(([, name]) => name)).size).toBe(64);
	const four = fingerprintEmojis(utf8('transcript'));
	expect(four).toHaveLength(4);
	expect(fingerprintEmojis(utf8('transcript'))).toEqual(four);
	expect(four.map(emojiName)).not.toContain('unknown');
});

test('random bytes come in any length and differ', () => {
	expect(randomBytes(200_000)).toHaveLength(200_000);
	expect(toHex(randomBytes(32))).not.toBe(toHex(randomBytes(32)));
	expect(
		randomBytes(200_000)
			.subarray(-32)
			.some((byte) => byte !== 0)
	).toBe(true);
});

function seeds() {
	return fc.uint8Array({ minLength: 32, maxLength: 32 });
}

function range(from: number, to: number): string {
	return toHex(Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i));
}
