import fc from 'fast-check';
import { deflateSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { agreementKeyPair } from './agreement.ts';
import { concatBytes, utf8 } from './bytes.ts';
import { chacha20poly1305Seal, ENVELOPE_OVERHEAD, open, openFrom, seal, sealTo } from './envelope.ts';
import { CryptoError } from './errors.ts';
import { hkdf, sha256 } from './hash.ts';
import { LABELS } from './labels.ts';
import { MOST_CONTENT, pack, sizeClass, unpack } from './pack.ts';
import { PageCipher } from './page-cipher.ts';
import { randomBytes } from './random.ts';
import type { KeyPair } from './sign.ts';
import { cryptoReady } from './sodium.ts';

beforeAll(() => cryptoReady());

const key = new Uint8Array(32).fill(1);
const aad = utf8('context');
const label = LABELS.sealRecord;

function codeOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof CryptoError) return error.code;
		throw error;
	}
	return 'no error';
}

describe('envelope, suite 1 [C-7]', () => {
	test('gives back what was sealed, whatever its length and content', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 9000 }), fc.uint8Array({ maxLength: 40 }), (content, context) => {
				expect(open(key, label, context, seal(key, label, context, content))).toEqual(content);
				expect(open(key, label, context, seal(key, label, context, content, { compress: false }))).toEqual(content);
			})
		);
	});

	test('T09 every single flipped bit is refused', () => {
		const envelope = seal(key, label, aad, utf8('a secret'));
		for (let bit = 0; bit < envelope.length * 8; bit++) {
			const altered = envelope.slice();
			altered[bit >> 3]! ^= 1 << (bit & 7);
			expect(
				codeOf(() => open(key, label, aad, altered)),
				`bit ${bit}`
			).not.toBe('no error');
		}
	});

	test('every cut and every byte too many is refused', () => {
		const envelope = seal(key, label, aad, utf8('a secret'));
		for (let length = 0; length < envelope.length; length++) {
			expect(
				codeOf(() => open(key, label, aad, envelope.subarray(0, length))),
				`${length} bytes`
			).not.toBe('no error');
		}
		expect(codeOf(() => open(key, label, aad, concatBytes(envelope, new Uint8Array(1))))).toBe('DAMAGED');
	});

	test('another key, label or context is told apart from damage, before anything is decrypted', () => {
		const envelope = seal(key, label, aad, utf8('a secret'));
		expect(codeOf(() => open(new Uint8Array(32), label, aad, envelope))).toBe('WRONG_KEY');
		expect(codeOf(() => open(key, LABELS.sealEphemeral, aad, envelope))).toBe('WRONG_KEY');
		expect(codeOf(() => open(key, label, utf8('other'), envelope))).toBe('WRONG_KEY');
		const damaged = envelope.slice();
		damaged[damaged.length - 1]! ^= 1;
		expect(codeOf(() => open(key, label, aad, damaged))).toBe('DAMAGED');
	});

	test('T08 an unknown version or suite is refused, not guessed', () => {
		for (const at of [0, 1]) {
			for (const value of [0, 2, 255]) {
				const envelope = seal(key, label, aad, utf8('a secret'));
				envelope[at] = value;
				expect(codeOf(() => open(key, label, aad, envelope))).toBe('UNKNOWN_SUITE');
			}
		}
	});

	test('T48 the commitment names one key: swapping in the commitment of another does not make it open', () => {
		const other = new Uint8Array(32).fill(2);
		const envelope = seal(key, label, aad, utf8('a secret'));
		const forged = envelope.slice();
		const salt = envelope.subarray(2, 26);
		forged.set(hkdf(other, label, salt, 64, sha256(aad)).subarray(32), 26);
		expect(codeOf(() => open(other, label, aad, forged))).toBe('DAMAGED');
		expect(codeOf(() => open(key, label, aad, forged))).toBe('WRONG_KEY');
	});

	test("a key of another length is the caller's mistake and says so", () => {
		expect(codeOf(() => seal(new Uint8Array(31), label, aad, aad))).toBe('BAD_KEY');
	});

	test('the same content sealed twice looks different', () => {
		expect(seal(key, label, aad, aad)).not.toEqual(seal(key, label, aad, aad));
	});
});

describe('padding and compression [C-8]', () => {
	test('contents of one size class have one length', () => {
		const length = (n: number): number => seal(key, label, aad, randomBytes(n)).length - ENVELOPE_OVERHEAD;
		expect([0, 1, 200, 251].map(length)).toEqual([256, 256, 256, 256]);
		expect([252, 1000, 1019].map(length)).toEqual([1024, 1024, 1024]);
		expect([1020, 4091].map(length)).toEqual([4096, 4096]);
	});

	test('above 4 KiB padding costs at most 12 % and never shrinks', () => {
		fc.assert(
			fc.property(fc.integer({ min: 4097, max: 20_000_000 }), (length) => {
				const padded = sizeClass(length);
				expect(padded).toBeGreaterThanOrEqual(length);
				expect(padded).toBeLessThanOrEqual(length * 1.12);
				expect(sizeClass(padded)).toBe(padded);
			})
		);
	});

	test('nothing is deflated up to 512 bytes, or where that is forbidden', () => {
		expect(pack(new Uint8Array(512), true)[0]).toBe(0);
		expect(pack(utf8('word '.repeat(110)), true)[0]).toBe(0);
		expect(pack(text(2000), true)[0]).toBe(1);
		expect(pack(text(2000), false)[0]).toBe(0);
		expect(pack(randomBytes(2000), true)[0]).toBe(0);
	});

	test('what shrinks beyond 16:1 is kept plain, since a reader would take it for a bomb', () => {
		const zeros = new Uint8Array(100_000);
		expect(pack(zeros, true)[0]).toBe(0);
		expect(unpack(pack(zeros, true))).toEqual(zeros);
	});

	test('T26 a decompression bomb is stopped at 16:1', () => {
		const bomb = packedBy(1, deflateSync(new Uint8Array(64 * 1024 * 1024), { level: 9 }));
		expect(codeOf(() => unpack(bomb))).toBe('TOO_LARGE');
	});

	test('T26 content beyond 8 MiB is neither sealed nor opened', () => {
		expect(codeOf(() => pack(new Uint8Array(MOST_CONTENT + 1), true))).toBe('TOO_LARGE');
		expect(codeOf(() => unpack(packedBy(0, new Uint8Array(MOST_CONTENT + 1))))).toBe('TOO_LARGE');
		expect(unpack(packedBy(0, new Uint8Array(MOST_CONTENT)))).toHaveLength(MOST_CONTENT);
	});

	test('content that a key holder packed wrongly is refused', () => {
		const fine = pack(utf8('x'), true);
		const withByte = (at: number, value: number): Uint8Array => Uint8Array.from(fine, (b, i) => (i === at ? value : b));
		expect(codeOf(() => unpack(withByte(0, 2)))).toBe('DAMAGED');
		expect(codeOf(() => unpack(withByte(255, 1)))).toBe('DAMAGED');
		expect(codeOf(() => unpack(withByte(1, 255)))).toBe('DAMAGED');
		expect(codeOf(() => unpack(concatBytes(fine, new Uint8Array(256))))).toBe('DAMAGED');
		expect(codeOf(() => unpack(packedBy(1, utf8('not deflate at all'))))).toBe('DAMAGED');
		expect(codeOf(() => unpack(packedBy(1, deflateSync(text(5000)).subarray(0, 50))))).toBe('DAMAGED');
		expect(codeOf(() => unpack(new Uint8Array(3)))).toBe('DAMAGED');
	});

	test('a bomb inside a rightly sealed envelope is stopped too', () => {
		const salt = randomBytes(24);
		const derived = hkdf(key, label, salt, 64, sha256(aad));
		const bomb = packedBy(1, deflateSync(new Uint8Array(1024 * 1024)));
		const envelope = concatBytes(
			Uint8Array.of(1, 1),
			salt,
			derived.subarray(32),
			chacha20poly1305Seal(derived.subarray(0, 32), new Uint8Array(12), new Uint8Array(0), bomb)
		);
		expect(codeOf(() => open(key, label, aad, envelope))).toBe('TOO_LARGE');
	});
});

describe('sealed box [C-7]', () => {
	let pair: KeyPair;
	beforeAll(() => {
		pair = agreementKeyPair(new Uint8Array(32).fill(3));
	});

	test('opens for the recipient and nobody else', () => {
		const sealed = sealTo(pair.publicKey, LABELS.sealEpochKey, aad, utf8('key'));
		expect(openFrom(pair, LABELS.sealEpochKey, aad, sealed)).toEqual(utf8('key'));
		const other = agreementKeyPair(new Uint8Array(32).fill(4));
		expect(codeOf(() => openFrom(other, LABELS.sealEpochKey, aad, sealed))).toBe('WRONG_KEY');
		expect(codeOf(() => openFrom(pair, LABELS.sealPairing, aad, sealed))).toBe('WRONG_KEY');
		expect(codeOf(() => openFrom(pair, LABELS.sealEpochKey, aad, sealed.subarray(0, 20)))).toBe('DAMAGED');
	});

	test('a recipient or sender key of small order is refused', () => {
		expect(codeOf(() => sealTo(new Uint8Array(32), LABELS.sealEpochKey, aad, aad))).toBe('BAD_KEY');
		const sealed = sealTo(pair.publicKey, LABELS.sealEpochKey, aad, aad);
		sealed.fill(0, 0, 32);
		expect(codeOf(() => openFrom(pair, LABELS.sealEpochKey, aad, sealed))).toBe('BAD_KEY');
	});
});

describe('page cipher [C-10]', () => {
	test('opens what it sealed, at any place of a larger buffer, and nothing else', () => {
		const cipher = new PageCipher(key);
		const page = randomBytes(4096);
		const file = new Uint8Array(3 * (4096 + PageCipher.OVERHEAD));
		cipher.seal(page, utf8('page 2'), file, 4096 + PageCipher.OVERHEAD);
		const out = new Uint8Array(4096);
		expect(cipher.open(file, 4096 + PageCipher.OVERHEAD, 4096, utf8('page 2'), out)).toBe(true);
		expect(out).toEqual(page);
		expect(cipher.open(file, 4096 + PageCipher.OVERHEAD, 4096, utf8('page 3'), out)).toBe(false);
		expect(cipher.open(file, 0, 4096, utf8('page 2'), out)).toBe(false);
		expect(cipher.open(file, file.length - 10, 4096, utf8('page 2'), out)).toBe(false);
		expect(new PageCipher(new Uint8Array(32)).open(file, 4096 + 40, 4096, utf8('page 2'), out)).toBe(false);
		expect(out).toEqual(page);
	});

	test('T52 every flipped bit of a small page is refused', () => {
		const cipher = new PageCipher(key);
		const sealed = new Uint8Array(64 + PageCipher.OVERHEAD);
		cipher.seal(randomBytes(64), aad, sealed, 0);
		const out = new Uint8Array(64);
		for (let bit = 0; bit < sealed.length * 8; bit++) {
			sealed[bit >> 3]! ^= 1 << (bit & 7);
			expect(cipher.open(sealed, 0, 64, aad, out), `bit ${bit}`).toBe(false);
			sealed[bit >> 3]! ^= 1 << (bit & 7);
		}
		expect(cipher.open(sealed, 0, 64, aad, out)).toBe(true);
	});

	test('a thousand pages have a thousand nonces', () => {
		const cipher = new PageCipher(key);
		const nonces = new Set<string>();
		for (let i = 0; i < 1000; i++) {
			const sealed = new Uint8Array(PageCipher.OVERHEAD);
			cipher.seal(new Uint8Array(0), aad, sealed, 0);
			nonces.add(sealed.subarray(16).join());
		}
		expect(nonces.size).toBe(1000);
	});

	test('works for pages and contexts larger than before, and not after wiping', () => {
		const cipher = new PageCipher(key);
		for (const size of [10, 100_000, 5]) {
			const page = randomBytes(size);
			const sealed = new Uint8Array(size + PageCipher.OVERHEAD);
			cipher.seal(page, randomBytes(size).fill(9), sealed, 0);
			const out = new Uint8Array(size);
			expect(cipher.open(sealed, 0, size, new Uint8Array(size).fill(9), out)).toBe(true);
			expect(out).toEqual(page);
		}
		cipher.wipe();
		cipher.wipe();
		expect(() => cipher.seal(new Uint8Array(1), aad, new Uint8Array(50), 0)).toThrow('wiped');
	});
});

/** A packed form with any body, right in everything but what the body may be. */
function packedBy(form: number, body: Uint8Array): Uint8Array {
	const packed = new Uint8Array(sizeClass(5 + body.length));
	packed[0] = form;
	new DataView(packed.buffer).setUint32(1, body.length);
	packed.set(body, 5);
	return packed;
}

function text(length: number): Uint8Array {
	return utf8(Array.from({ length: length / 10 }, (_, i) => `line ${(i * i * 7919) % 99991}`).join('\n'));
}
