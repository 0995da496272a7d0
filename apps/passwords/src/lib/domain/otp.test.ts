import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base32, groupedCode, otpCode, parseOtp, writeOtp, type Otp, type OtpAlgorithm } from './otp.ts';
import { plainLine } from './text.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

function read(text: string): Otp {
	const outcome = parseOtp(text);
	if (!outcome.ok) throw new Error(`${outcome.reason}: ${text}`);
	return outcome.otp;
}
const problem = (text: string) => {
	const outcome = parseOtp(text);
	return outcome.ok ? 'none' : outcome.reason;
};
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

// RFC 6238, appendix B. The secrets are its erratum's: as long as the hash is wide.
const seeds: Record<OtpAlgorithm, Uint8Array> = {
	SHA1: ascii('12345678901234567890'),
	SHA256: ascii('12345678901234567890123456789012'),
	SHA512: ascii('1234567890123456789012345678901234567890123456789012345678901234')
};
const vectors: [seconds: number, algorithm: OtpAlgorithm, code: string][] = [
	[59, 'SHA1', '94287082'],
	[59, 'SHA256', '46119246'],
	[59, 'SHA512', '90693936'],
	[1111111109, 'SHA1', '07081804'],
	[1111111109, 'SHA256', '68084774'],
	[1111111109, 'SHA512', '25091201'],
	[1111111111, 'SHA1', '14050471'],
	[1111111111, 'SHA256', '67062674'],
	[1111111111, 'SHA512', '99943326'],
	[1234567890, 'SHA1', '89005924'],
	[1234567890, 'SHA256', '91819424'],
	[1234567890, 'SHA512', '93441116'],
	[2000000000, 'SHA1', '69279037'],
	[2000000000, 'SHA256', '90698825'],
	[2000000000, 'SHA512', '38618901'],
	[20000000000, 'SHA1', '65353130'],
	[20000000000, 'SHA256', '77737706'],
	[20000000000, 'SHA512', '47863826']
];

test.each(vectors)('[PW-20] RFC 6238: at %d s with %s the code is %s', (seconds, algorithm, code) => {
	const otp: Otp = {
		secret: seeds[algorithm],
		algorithm,
		digits: 8,
		period: 30,
		steam: false,
		issuer: '',
		account: ''
	};
	expect(otpCode(otp, seconds * 1000).code).toBe(code);
	expect(otpCode({ ...otp, digits: 6 }, seconds * 1000).code).toBe(code.slice(2));
	expect(otpCode({ ...otp, digits: 7 }, seconds * 1000).code).toBe(code.slice(1));
	expect(otpCode(otp, seconds * 1000).until).toBe((Math.floor(seconds / 30) + 1) * 30_000);
});

test('[PW-20] Steam codes are five letters of its alphabet, from the same number', () => {
	const otp = read(`steam://${SECRET}`);
	// The same, written out with Node's HMAC: truncate, then five times the remainder by 26.
	const expected = (now: number) => {
		const counter = Buffer.alloc(8);
		counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
		const mac = createHmac('sha1', otp.secret).update(counter).digest();
		let number = mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff;
		let code = '';
		for (let place = 0; place < 5; place++) {
			code += '23456789BCDFGHJKMNPQRTVWXY'[number % 26]!;
			number = Math.floor(number / 26);
		}
		return code;
	};
	for (const now of [0, 59_000, 1_234_567_890_000, 1_600_000_000_000])
		expect(otpCode(otp, now).code).toBe(expected(now));
	expect(read(writeOtp(otp))).toEqual(otp);
	expect(groupedCode(otpCode(otp, 0).code)).toHaveLength(5);
	expect(groupedCode('12345678')).toBe('1234 5678');
});

test('[PW-21] a secret is read as people paste it: spaces, dashes, case, padding, look-alikes', () => {
	const { secret } = read(SECRET);
	expect(base32(secret)).toBe(SECRET);
	for (const text of [
		'gezd gnbv gy3t qojq gezd gnbv gy3t qojq',
		'GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ',
		`  ${SECRET}======\n`,
		`otpauth://totp/x?secret=${SECRET.toLowerCase()}`,
		`otpauth://TOTP/?SECRET=${SECRET}%3D%3D`,
		`key=${SECRET}&step=30&size=6`
	])
		expect(read(text).secret, text).toEqual(secret);
	expect(read('ABCDEFG0').secret).toEqual(read('ABCDEFGO').secret);
});

test('[PW-21] an address carries issuer, account, hash, digits and period', () => {
	const otp = read(
		`otpauth://totp/ACME%20Co:john@example.com?secret=${SECRET}&issuer=ACME%20Co&algorithm=SHA512&digits=8&period=60`
	);
	expect(otp).toMatchObject({
		issuer: 'ACME Co',
		account: 'john@example.com',
		algorithm: 'SHA512',
		digits: 8,
		period: 60
	});
	expect(read(`otpauth://totp/100%:a b?secret=${SECRET}`)).toMatchObject({ issuer: '100%', account: 'a b' });
	expect(read(`key=${SECRET}&step=60&size=8&otpHashMode=Sha256`)).toMatchObject({
		algorithm: 'SHA256',
		digits: 8,
		period: 60
	});
});

test('[PW-21] what is written is read back the same', () => {
	const names = fc
		.string({ unit: 'grapheme' })
		.map(plainLine)
		.filter((text) => !text.includes(':'));
	const anyOtp = fc.record({
		secret: fc.uint8Array({ minLength: 1, maxLength: 64 }),
		algorithm: fc.constantFrom('SHA1', 'SHA256', 'SHA512'),
		digits: fc.constantFrom(6, 7, 8),
		period: fc.integer({ min: 1, max: 3600 }),
		steam: fc.constant(false),
		issuer: names,
		account: names
	}) as fc.Arbitrary<Otp>;
	fc.assert(
		fc.property(anyOtp, (otp) => {
			expect(read(writeOtp(otp))).toEqual(otp);
		})
	);
});

test('[PW-21] what is no time-based code is refused with the reason', () => {
	expect(problem('')).toBe('empty');
	expect(problem('https://example.com/?secret=ABC')).toBe('not-otp');
	expect(problem('otpauth://push/x?secret=GEZDGNBV')).toBe('not-otp');
	expect(problem('otpauth://hotp/x?secret=GEZDGNBV&counter=1')).toBe('counter');
	expect(problem('otpauth://totp/x?issuer=a')).toBe('no-secret');
	expect(problem('otpauth://totp/x?secret=%00')).toBe('not-base32');
	expect(problem('not base 32 !')).toBe('not-base32');
	expect(problem(`otpauth://totp/x?secret=${SECRET}&algorithm=MD5`)).toBe('algorithm');
	expect(problem(`otpauth://totp/x?secret=${SECRET}&digits=5`)).toBe('digits');
	expect(problem(`otpauth://totp/x?secret=${SECRET}&digits=1e1`)).toBe('digits');
	expect(problem(`otpauth://totp/x?secret=${SECRET}&period=0`)).toBe('period');
	expect(problem('A'.repeat(600))).toBe('not-base32');
});

test('T72 a hostile code or link is text: nothing it appends replaces the secret, nothing it names poses as another', () => {
	const otp = read(
		`otpauth://totp/bank.example%E2%80%AEmoc.live:a%0A%0Db?secret=${SECRET}&secret=AAAAAAAA&issuer=%3Cimg%20src=x%3E%E2%80%8B&action=save`
	);
	expect(base32(otp.secret)).toBe(SECRET);
	expect(otp.account).toBe('a b');
	expect(otp.issuer).toBe('<img src=x>');
	// What is read is a value, and the same each time: there is nowhere it could have been stored.
	const link = `otpauth://totp/x?secret=${SECRET}`;
	expect(parseOtp(link)).toEqual(parseOtp(link));
	for (const text of ['slf:add?secret=GEZDGNBV', 'javascript:alert(1)', 'data:text/html,x'])
		expect(problem(text)).toBe('not-otp');
});

test('no text breaks the reader', () => {
	fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseOtp(text)));
	fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseOtp(`otpauth://totp/${text}`)));
});
