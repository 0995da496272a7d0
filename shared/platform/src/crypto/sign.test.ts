import { ed25519 } from '@noble/curves/ed25519.js';
import * as nobleEd25519 from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from './bytes.ts';
import { LABELS } from './labels.ts';
import { sign, signBytes, signingKeyPair, verify, verifyBytes } from './sign.ts';
import { cryptoReady } from './sodium.ts';

beforeAll(async () => {
	await cryptoReady();
	nobleEd25519.hashes.sha512 = sha512;
});

describe('RFC 8032 section 7.1 [C-1]', () => {
	const vectors = [
		{
			name: 'TEST 1, empty message',
			seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
			publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
			message: '',
			signature:
				'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
		},
		{
			name: 'TEST 2, one byte',
			seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
			publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
			message: '72',
			signature:
				'92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
		},
		{
			name: 'TEST 3, two bytes',
			seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
			publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
			message: 'af82',
			signature:
				'6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'
		},
		{
			name: 'TEST SHA(abc)',
			seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
			publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
			message:
				'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
			signature:
				'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704'
		}
	];
	test.each(vectors)('$name', ({ seed, publicKey, message, signature }) => {
		const pair = signingKeyPair(fromHex(seed));
		expect(toHex(pair.publicKey)).toBe(publicKey);
		expect(toHex(signBytes(fromHex(message), pair.secretKey))).toBe(signature);
		expect(verifyBytes(fromHex(message), fromHex(signature), pair.publicKey)).toBe(true);
	});
});

test('noble signs and judges ordinary messages as libsodium does [C-1]', () => {
	fc.assert(
		fc.property(bytesOf(32), fc.uint8Array({ maxLength: 200 }), fc.nat(511), (seed, message, bit) => {
			const pair = signingKeyPair(seed);
			const signature = signBytes(message, pair.secretKey);
			expect(toHex(nobleEd25519.sign(message, seed))).toBe(toHex(signature));
			expect(nobleEd25519.verify(signature, message, pair.publicKey)).toBe(true);
			const forged = signature.slice();
			forged[bit >> 3]! ^= 1 << (bit & 7);
			expect(verifyBytes(message, forged, pair.publicKey)).toBe(false);
		}),
		{ numRuns: 25 }
	);
});

/**
 * The edge cases of "Taming the many EdDSAs" (the classes of ed25519-speccheck), constructed here from their
 * definitions: A = a B + t T and R = r B + u T, with T of order 8 and S = r + h a. The equation without cofactor holds
 * when h t + u = 0 mod 8; with cofactor 8 it always holds.
 */
describe("T47 edge cases of Ed25519 get libsodium's verdict, whatever others say [C-2]", () => {
	const L = ed25519.Point.Fn.ORDER;
	const B = ed25519.Point.BASE;
	const T = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
	const a = 0x1234_5678_9abc_def0_1234n;
	const r = 0x0fed_cba9_8765_4321n;

	type Point = typeof B;
	const times = (point: Point, n: number): Point =>
		n % 8 === 0 ? ed25519.Point.ZERO : point.multiplyUnsafe(BigInt(n));
	const keyWith = (t: number): Uint8Array => B.multiply(a).add(times(T, t)).toBytes();
	const nonceWith = (u: number): Uint8Array => B.multiply(r).add(times(T, u)).toBytes();
	const h = (R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint =>
		littleEndian(sha512(concatBytes(R, A, message))) % L;
	/** Tries messages until the hash has the wanted remainder mod 8. */
	function messageWith(R: Uint8Array, A: Uint8Array, wanted: (h: number) => boolean): Uint8Array {
		for (let i = 0; ; i++) {
			const message = utf8(`edge case ${i}`);
			if (wanted(Number(h(R, A, message) % 8n))) return message;
		}
	}
	function edge(R: Uint8Array, A: Uint8Array, message: Uint8Array, secret: bigint, nonce: bigint, more = 0n) {
		const S = ((nonce + h(R, A, message) * secret) % L) + more;
		return { A, message, signature: concatBytes(R, toLittleEndian(S)) };
	}
	const any = () => true;
	const identity = ed25519.Point.ZERO.toBytes();
	const smallA = T.toBytes();
	/** y = p + 1: the identity, written in a way that the standard forbids. */
	const identityWrongly = fromHex(`ee${'ff'.repeat(30)}7f`);

	const A = keyWith(0);
	const mixedA = keyWith(1);
	const R = nonceWith(0);
	const cases: Record<string, () => { A: Uint8Array; message: Uint8Array; signature: Uint8Array }> = {
		'an ordinary signature': () => edge(R, A, messageWith(R, A, any), a, r),
		'key and nonce of small order, S = 0': () =>
			edge(
				smallA,
				smallA,
				messageWith(smallA, smallA, (x) => x === 7),
				0n,
				0n
			),
		'key of small order': () =>
			edge(
				R,
				smallA,
				messageWith(R, smallA, (x) => x === 0),
				0n,
				r
			),
		'nonce of small order': () => edge(identity, A, messageWith(identity, A, any), a, 0n),
		'key with torsion that cancels by itself': () =>
			edge(
				R,
				mixedA,
				messageWith(R, mixedA, (x) => x === 0),
				a,
				r
			),
		'key and nonce with torsion that cancel out': () =>
			edge(
				nonceWith(5),
				mixedA,
				messageWith(nonceWith(5), mixedA, (x) => x === 3),
				a,
				r
			),
		'key with torsion that only a cofactor removes': () =>
			edge(
				R,
				mixedA,
				messageWith(R, mixedA, (x) => x === 1),
				a,
				r
			),
		'nonce with torsion that only a cofactor removes': () =>
			edge(nonceWith(1), A, messageWith(nonceWith(1), A, any), a, r),
		'S too large by L': () => edge(R, A, messageWith(R, A, any), a, r, L),
		'S too large by 8 L': () => edge(R, A, messageWith(R, A, any), a, r, 8n * L),
		'nonce written non-canonically': () => edge(identityWrongly, A, messageWith(identityWrongly, A, any), a, 0n),
		'key written non-canonically': () => edge(R, identityWrongly, messageWith(R, identityWrongly, any), 0n, r)
	};
	// libsodium decides. The other two columns are why nobody else may: they differ from it, and from each other.
	const verdicts: Record<keyof typeof cases, [libsodium: boolean, nobleDefault: boolean, nobleStrict: boolean]> = {
		'an ordinary signature': [true, true, true],
		'key and nonce of small order, S = 0': [false, true, false],
		'key of small order': [false, true, false],
		'nonce of small order': [false, true, true],
		'key with torsion that cancels by itself': [true, true, true],
		'key and nonce with torsion that cancel out': [true, true, true],
		'key with torsion that only a cofactor removes': [false, true, true],
		'nonce with torsion that only a cofactor removes': [false, true, true],
		'S too large by L': [false, false, false],
		'S too large by 8 L': [false, false, false],
		'nonce written non-canonically': [false, true, false],
		'key written non-canonically': [false, true, false]
	};
	test.each(Object.keys(cases))('%s', (name) => {
		const { A, message, signature } = cases[name]!();
		const noble = (zip215: boolean): boolean => {
			try {
				return nobleEd25519.verify(signature, message, A, { zip215 });
			} catch {
				return false;
			}
		};
		expect([verifyBytes(message, signature, A), noble(true), noble(false)]).toEqual(verdicts[name]);
	});
});

test('a signature made for one purpose does not serve another [C-3]', () => {
	const pair = signingKeyPair(new Uint8Array(32).fill(7));
	const message = utf8('the same bytes');
	const signature = sign(LABELS.signRecord, message, pair.secretKey);
	expect(verify(LABELS.signRecord, message, signature, pair.publicKey)).toBe(true);
	expect(verify(LABELS.signJoin, message, signature, pair.publicKey)).toBe(false);
	expect(verifyBytes(message, signature, pair.publicKey)).toBe(false);
});

test('a malformed key or signature is refused without an exception [C-2]', () => {
	const pair = signingKeyPair(new Uint8Array(32).fill(7));
	const message = utf8('x');
	const signature = sign(LABELS.signRecord, message, pair.secretKey);
	for (const key of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(32), new Uint8Array(32).fill(255)]) {
		expect(verify(LABELS.signRecord, message, signature, key)).toBe(false);
	}
	for (const wrong of [
		new Uint8Array(0),
		new Uint8Array(64),
		signature.subarray(1),
		concatBytes(signature, signature)
	]) {
		expect(verify(LABELS.signRecord, message, wrong, pair.publicKey)).toBe(false);
	}
});

function bytesOf(length: number) {
	return fc.uint8Array({ minLength: length, maxLength: length });
}

function littleEndian(bytes: Uint8Array): bigint {
	let value = 0n;
	for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
	return value;
}

function toLittleEndian(value: bigint): Uint8Array {
	const bytes = new Uint8Array(32);
	for (let i = 0; i < 32; i++, value >>= 8n) bytes[i] = Number(value & 255n);
	return bytes;
}
