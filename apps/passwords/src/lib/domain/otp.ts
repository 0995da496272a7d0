/**
 * One-time codes (RFC 6238), and the many ways in which people paste and programs write their secret.
 *
 * Read: `otpauth://totp/...`, `steam://SECRET`, a bare base32 secret with spaces, dashes, padding and any case, and
 * KeeOtp's `key=...&size=...`. Kept and written as one `otpauth://` address. Reading changes nothing: a link or a
 * QR code gives a proposal, and what becomes of it is said on a button (T72).
 */

import { HOTP, Secret } from 'otpauth';
import { plainLine } from './text.ts';

export type OtpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

export interface Otp {
	readonly secret: Uint8Array;
	readonly algorithm: OtpAlgorithm;
	/** 6 to 8; Steam's codes have 5 letters. */
	readonly digits: number;
	/** Seconds. */
	readonly period: number;
	readonly steam: boolean;
	/** Who asks for the code, and for which account; both may be empty. Never shown as more than text. */
	readonly issuer: string;
	readonly account: string;
}

export type OtpProblem =
	| 'empty'
	/** Some other address. */
	| 'not-otp'
	/** A code that counts uses instead of time. */
	| 'counter'
	| 'no-secret'
	| 'not-base32'
	| 'algorithm'
	| 'digits'
	| 'period';

export type OtpOutcome = { ok: true; otp: Otp } | { ok: false; reason: OtpProblem };

const STEAM_ALPHABET = '23456789BCDFGHJKMNPQRTVWXY';
const STEAM_DIGITS = 5;
const MOST_SECRET = 512;
const DEFAULTS = { algorithm: 'SHA1', digits: 6, period: 30, steam: false, issuer: '', account: '' } as const;

export function parseOtp(text: string): OtpOutcome {
	const trimmed = text.trim();
	if (trimmed === '') return { ok: false, reason: 'empty' };
	if (/^steam:\/\//i.test(trimmed)) return bare(trimmed.slice('steam://'.length), true);
	if (/^otpauth:\/\//i.test(trimmed)) return parseAddress(trimmed);
	if (/^key=/i.test(trimmed)) return parseKeeOtp(trimmed);
	if (/^[a-z][a-z0-9+.-]*:/i.test(trimmed)) return { ok: false, reason: 'not-otp' };
	return bare(trimmed, false);
}

/** As an `otpauth://` address: what is stored, and what other programs read. */
export function writeOtp(otp: Otp): string {
	const account = encodeURIComponent(otp.account);
	const label = otp.issuer === '' ? account : `${encodeURIComponent(otp.issuer)}:${account}`;
	const query = [`secret=${base32(otp.secret)}`];
	if (otp.issuer !== '') query.push(`issuer=${encodeURIComponent(otp.issuer)}`);
	if (otp.steam) query.push('encoder=steam');
	query.push(`algorithm=${otp.algorithm}`, `digits=${otp.digits}`, `period=${otp.period}`);
	return `otpauth://totp/${label}?${query.join('&')}`;
}

/** The code at `now` (ms since 1970), and when the next one begins. */
export function otpCode(otp: Otp, now: number): { code: string; until: number } {
	const counter = Math.floor(now / 1000 / otp.period);
	const ask = { secret: new Secret({ buffer: copyOf(otp.secret).buffer }), algorithm: otp.algorithm, counter };
	const code = otp.steam
		? steamCode(HOTP.generate({ ...ask, digits: 10 }))
		: HOTP.generate({ ...ask, digits: otp.digits });
	return { code, until: (counter + 1) * otp.period * 1000 };
}

/** In the groups in which people read it: `123 456`, `1234 5678`. */
export function groupedCode(code: string): string {
	if (code.length < 6) return code;
	const half = Math.ceil(code.length / 2);
	return `${code.slice(0, half)} ${code.slice(half)}`;
}

/** Ten decimal digits hold the whole truncated number, which Steam writes in its own alphabet. */
function steamCode(decimal: string): string {
	let number = Number(decimal);
	let code = '';
	for (let place = 0; place < STEAM_DIGITS; place++) {
		code += STEAM_ALPHABET.charAt(number % STEAM_ALPHABET.length);
		number = Math.floor(number / STEAM_ALPHABET.length);
	}
	return code;
}

function bare(text: string, steam: boolean): OtpOutcome {
	const secret = readBase32(text);
	if (secret === undefined) return { ok: false, reason: text.trim() === '' ? 'no-secret' : 'not-base32' };
	return { ok: true, otp: { ...DEFAULTS, secret, steam, digits: steam ? STEAM_DIGITS : 6 } };
}

function parseAddress(text: string): OtpOutcome {
	// Not `new URL`: it refuses labels that programs do write, such as a lone `%` or a space.
	const match = /^otpauth:\/\/([a-z]+)\/?([^?#]*)\??([^#]*)/i.exec(text);
	if (!match) return { ok: false, reason: 'not-otp' };
	const [, type, label, query] = match;
	if (type!.toLowerCase() === 'hotp') return { ok: false, reason: 'counter' };
	if (type!.toLowerCase() !== 'totp') return { ok: false, reason: 'not-otp' };
	const given = readQuery(query!);
	const steam = given.get('encoder')?.toLowerCase() === 'steam';
	const names = namesOf(label!, given.get('issuer') ?? '');
	return fromParts(given.get('secret'), given.get('algorithm'), given.get('digits'), given.get('period'), names, steam);
}

/** `key=SECRET&step=30&size=6&otpHashMode=Sha1`: KeeOtp, and KeePassXC before 2.4. */
function parseKeeOtp(text: string): OtpOutcome {
	const given = readQuery(text);
	if (given.get('type')?.toLowerCase() === 'hotp') return { ok: false, reason: 'counter' };
	const names = { issuer: '', account: '' };
	return fromParts(given.get('key'), given.get('otphashmode'), given.get('size'), given.get('step'), names, false);
}

function fromParts(
	secretText: string | undefined,
	algorithmText: string | undefined,
	digitsText: string | undefined,
	periodText: string | undefined,
	names: { issuer: string; account: string },
	steam: boolean
): OtpOutcome {
	if (secretText === undefined || secretText.trim() === '') return { ok: false, reason: 'no-secret' };
	const secret = readBase32(secretText);
	if (secret === undefined) return { ok: false, reason: 'not-base32' };
	const algorithm = readAlgorithm(algorithmText);
	if (algorithm === undefined) return { ok: false, reason: 'algorithm' };
	const digits = steam ? STEAM_DIGITS : readNumber(digitsText, 6);
	if (digits === undefined || (!steam && (digits < 6 || digits > 8))) return { ok: false, reason: 'digits' };
	const period = readNumber(periodText, 30);
	if (period === undefined || period < 1 || period > 3600) return { ok: false, reason: 'period' };
	return { ok: true, otp: { secret, algorithm, digits, period, steam, ...names } };
}

export function readAlgorithm(text: string | undefined): OtpAlgorithm | undefined {
	const name = (text || 'SHA1')
		.toUpperCase()
		.replace(/^HMAC-?|-/g, '')
		.replaceAll('-', '');
	return name === 'SHA1' || name === 'SHA256' || name === 'SHA512' ? name : undefined;
}

/** `Issuer:account`, where the issuer may also stand in the query and then counts. */
function namesOf(label: string, issuer: string): { issuer: string; account: string } {
	// A colon that is written as such divides; an encoded one may be part of a name, or all there is.
	const divider = /:/.exec(label) ?? /%3A/i.exec(label);
	const before = divider ? label.slice(0, divider.index) : '';
	const account = divider ? label.slice(divider.index + divider[0].length) : label;
	return { issuer: plainLine(issuer || decoded(before)), account: plainLine(decoded(account)) };
}

function readQuery(query: string): Map<string, string> {
	const given = new Map<string, string>();
	for (const part of query.split('&')) {
		const equals = part.indexOf('=');
		if (equals < 0) continue;
		const name = part.slice(0, equals).toLowerCase();
		// The first counts, so that nothing appended to a scanned address replaces its secret.
		if (!given.has(name)) given.set(name, decoded(part.slice(equals + 1).replaceAll('+', ' ')));
	}
	return given;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function readNumber(text: string | undefined, otherwise: number): number | undefined {
	if (text === undefined || text.trim() === '') return otherwise;
	return /^\d{1,5}$/.test(text.trim()) ? Number(text) : undefined;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Spaces, dashes, case and padding do not count, nor do 0, 1 and 8 for the letters they are mistaken for. */
function readBase32(text: string): Uint8Array | undefined {
	const letters = text
		.replace(/[\s\p{Pd}=]/gu, '')
		.toUpperCase()
		.replaceAll('0', 'O')
		.replaceAll('1', 'I')
		.replaceAll('8', 'B');
	if (letters === '' || letters.length > MOST_SECRET || !/^[A-Z2-7]+$/.test(letters)) return undefined;
	const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
	if (bytes.length === 0) return undefined;
	let pending = 0;
	let bits = 0;
	let at = 0;
	for (const letter of letters) {
		pending = ((pending << 5) | BASE32.indexOf(letter)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[at++] = pending >>> bits;
		}
	}
	return bytes;
}

export function base32(bytes: Uint8Array): string {
	return new Secret({ buffer: copyOf(bytes).buffer }).base32;
}

/** A buffer of its own: a view may lie in a larger one. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	return new Uint8Array(bytes);
}
