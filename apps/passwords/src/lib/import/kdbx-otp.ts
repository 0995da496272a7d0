/**
 * One-time codes in KeePass databases. Four programs have four ways:
 *
 *     otp                                  KeePassXC: an otpauth address; older and KeeOtp: key=...&step=...&size=...
 *     TOTP Seed, TOTP Settings             KeeTrayTOTP: base32, and `30;6`, or `30;S` for Steam
 *     TimeOtp-Secret[-Hex|-Base32|-Base64] KeePass 2.47 and later, with -Length, -Period, -Algorithm
 *     HmacOtp-...                          codes by counter: not read
 */

import { base32, parseOtp, readAlgorithm, writeOtp, type Otp } from '../domain/otp.ts';

/** The code as an otpauth address, and which strings said it. Undefined: there is none, or none that is understood. */
export function otpFromStrings(strings: ReadonlyMap<string, string>): { text: string; used: string[] } | undefined {
	return ofKeePassXC(strings) ?? ofTray(strings) ?? ofKeePass(strings);
}

function ofKeePassXC(strings: ReadonlyMap<string, string>) {
	const text = strings.get('otp');
	const outcome = text === undefined ? undefined : parseOtp(text);
	if (!outcome?.ok) return undefined;
	// An address is kept as it is; the older forms become one.
	return { text: /^otpauth:/i.test(text!.trim()) ? text!.trim() : writeOtp(outcome.otp), used: ['otp'] };
}

function ofTray(strings: ReadonlyMap<string, string>) {
	const seed = strings.get('TOTP Seed');
	const outcome = seed === undefined ? undefined : parseOtp(seed);
	if (!outcome?.ok) return undefined;
	const [period = '30', digits = '6'] = (strings.get('TOTP Settings') ?? '').split(';');
	const steam = digits.trim().toUpperCase() === 'S';
	const otp: Otp = {
		...outcome.otp,
		period: Number(period) || 30,
		digits: steam ? 5 : Number(digits) || 6,
		steam
	};
	if (!parseOtp(writeOtp(otp)).ok) return undefined;
	return { text: writeOtp(otp), used: ['TOTP Seed', 'TOTP Settings'].filter((name) => strings.has(name)) };
}

const encodings: readonly [suffix: string, decode: (text: string) => Uint8Array | undefined][] = [
	['', (text) => new TextEncoder().encode(text)],
	['-Hex', fromHex],
	['-Base64', fromBase64],
	[
		'-Base32',
		(text) => {
			const outcome = parseOtp(text);
			return outcome.ok ? outcome.otp.secret : undefined;
		}
	]
];

function ofKeePass(strings: ReadonlyMap<string, string>) {
	for (const [suffix, decode] of encodings) {
		const text = strings.get(`TimeOtp-Secret${suffix}`);
		const secret = text === undefined ? undefined : decode(text);
		if (!secret || secret.length === 0) continue;
		const algorithm = readAlgorithm(strings.get('TimeOtp-Algorithm'));
		if (!algorithm) return undefined;
		const address =
			`otpauth://totp/?secret=${base32(secret)}&algorithm=${algorithm}` +
			`&digits=${strings.get('TimeOtp-Length') ?? '6'}&period=${strings.get('TimeOtp-Period') ?? '30'}`;
		const outcome = parseOtp(address);
		if (!outcome.ok) return undefined;
		return { text: writeOtp(outcome.otp), used: [...strings.keys()].filter((name) => name.startsWith('TimeOtp-')) };
	}
	return undefined;
}

function fromHex(text: string): Uint8Array | undefined {
	const digits = text.replace(/\s/g, '');
	if (!/^([0-9a-f]{2})+$/i.test(digits)) return undefined;
	return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}

function fromBase64(text: string): Uint8Array | undefined {
	try {
		return Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
	} catch {
		return undefined;
	}
}
