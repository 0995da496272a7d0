/**
 * Money: whole numbers of a currency's smallest unit. No amount is ever a fraction of a float.
 *
 * A **Minor** is a `number` while it is a safe integer and a `bigint` beyond, never a bigint that a number could hold:
 * exactly what SQLite's 64-bit integers arrive as (SPEC E-1), so equal sums are `===`. The lines of a transaction are
 * bounded by MOST_MINOR and therefore always `number`; only sums can leave the range.
 *
 * How many units make one is ISO 4217's exponent, not CLDR's: ISO gives the Iraqi dinar three digits, browsers none.
 */

export type Minor = number | bigint;

/** The largest amount of one line, either sign: 10^15 units. A transaction's sum stays exact in 64 bits. */
export const MOST_MINOR = 1e15;

/** ISO 4217 list one of 2025, funds and metals left out, by exponent. */
const EXPONENTS = new Map(
	Object.entries({
		0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
		2:
			'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY ' +
			'COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS ' +
			'INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR ' +
			'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD ' +
			'SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
		3: 'BHD IQD JOD KWD LYD OMR TND',
		4: 'CLF UYW'
	}).flatMap(([exponent, codes]) => codes.split(' ').map((code) => [code, Number(exponent)] as const))
);

/** Codes of all currencies known here, in the order of the alphabet. */
export const CURRENCIES: readonly string[] = [...EXPONENTS.keys()].sort();

/** Decimal digits of a currency, or undefined for a code that ISO 4217 does not list. */
export function exponentOf(currency: string): number | undefined {
	return EXPONENTS.get(currency);
}

/** As `exponentOf`; two digits for a code that a newer list may have. */
export function digitsOf(currency: string): number {
	return EXPONENTS.get(currency) ?? 2;
}

/** The one form of a whole number as a Minor. */
export function minorOf(value: Minor): Minor {
	if (typeof value === 'number') return value === 0 ? 0 : value;
	return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

export function addMinor(a: Minor, b: Minor): Minor {
	if (typeof a === 'number' && typeof b === 'number') {
		const sum = a + b;
		if (Number.isSafeInteger(sum)) return sum === 0 ? 0 : sum;
	}
	return minorOf(BigInt(a) + BigInt(b));
}

export function sumMinor(values: Iterable<Minor>): Minor {
	let sum: Minor = 0;
	for (const value of values) sum = addMinor(sum, value);
	return sum;
}

export function negateMinor(value: Minor): Minor {
	return typeof value === 'number' ? (value === 0 ? 0 : -value) : minorOf(-value);
}

/** Whether a value may stand in a line: a whole number within ±MOST_MINOR. */
export function isLineMinor(value: unknown): value is number {
	return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MOST_MINOR;
}

/** `-12.30`: a point, no groups, all digits of the currency. What files and programs read. */
export function toDecimal(minor: Minor, currency: string): string {
	const digits = digitsOf(currency);
	const negative = minor < 0;
	const text = String(minor)
		.replace('-', '')
		.padStart(digits + 1, '0');
	const whole = text.slice(0, text.length - digits);
	const rest = digits === 0 ? '' : `.${text.slice(-digits)}`;
	return `${negative ? '-' : ''}${whole}${rest}`;
}

/** Reads what `toDecimal` writes, also with fewer digits behind the point. Undefined for anything else. */
export function fromDecimal(text: string, currency: string): Minor | undefined {
	const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
	if (!match) return undefined;
	const [, sign, whole, rest = ''] = match as unknown as [string, string, string, string?];
	const digits = digitsOf(currency);
	const kept = rest.replace(/0+$/, '');
	if (kept.length > digits) return undefined;
	const value = BigInt(whole + kept.padEnd(digits, '0'));
	return minorOf(sign === '-' ? -value : value);
}

export interface FormatOptions {
	/** Put a plus before what is above zero. */
	sign?: boolean;
	/** Without the currency's sign, as in a column that names it above. */
	bare?: boolean;
}

const formats = new Map<string, Intl.NumberFormat>();

/** An amount as a person of this locale reads it. Exact at any size: the number never passes through a float. */
export function formatMoney(minor: Minor, currency: string, locale: string, options: FormatOptions = {}): string {
	const key = `${locale} ${currency} ${options.sign} ${options.bare}`;
	let format = formats.get(key);
	if (!format) {
		const digits = digitsOf(currency);
		format = new Intl.NumberFormat(locale, {
			...(options.bare ? {} : { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }),
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
			signDisplay: options.sign ? 'exceptZero' : 'auto'
		});
		formats.set(key, format);
	}
	return format.format(toDecimal(minor, currency) as `${number}`);
}

export type MoneyProblem =
	/** Nothing there. */
	| 'empty'
	/** Not an amount in this locale. */
	| 'unreadable'
	/** More digits behind the decimal sign than the currency has. */
	| 'too-fine'
	/** Beyond MOST_MINOR. */
	| 'too-large';

export type ParsedMoney = { ok: true; minor: number } | { ok: false; reason: MoneyProblem };

interface Signs {
	decimal: string;
	group: string;
	/** Sizes of the groups before the decimal sign, the last of them repeated: 3, or 3 and 2 in India. */
	groups: readonly [number, number];
	/** The locale's own digits, 0 to 9. */
	digits: readonly string[];
}

const signs = new Map<string, Signs>();

function signsOf(locale: string): Signs {
	const known = signs.get(locale);
	if (known) return known;
	const format = new Intl.NumberFormat(locale, { useGrouping: true });
	const parts = format.formatToParts(-123456789.5);
	const value = (type: string, fallback: string) => parts.find((part) => part.type === type)?.value ?? fallback;
	const integers = parts.filter((part) => part.type === 'integer').map((part) => part.value.length);
	const plain = new Intl.NumberFormat(locale, { useGrouping: false });
	const made: Signs = {
		decimal: value('decimal', '.'),
		group: value('group', ''),
		groups: [integers.at(-1) ?? 3, integers.at(-2) ?? 3],
		digits: Array.from({ length: 10 }, (_, digit) => plain.format(digit))
	};
	signs.set(locale, made);
	return made;
}

// Spaces that locales group with, and the ways to write an apostrophe or a minus.
const SPACES = /[\s\u00a0\u2009\u202f]/g;
const MINUS = /[-\u2212\u2012\u2013]/;

/**
 * Reads what a person typed. Only this locale's signs count: a point is never taken for a comma, and groups must have
 * their right size, so that `1.000` is one thousand in German, and in English too precise an amount of one.
 *
 * The currency's sign or code may stand before or behind; a minus before or behind, or parentheses, make it negative.
 */
export function parseMoney(text: string, currency: string, locale: string): ParsedMoney {
	const own = signsOf(locale);
	const parsed = parseWith(own, text, currency, locale);
	// Where a locale has digits of its own, keyboards often give the Latin ones, with the Latin signs.
	if (parsed.ok || parsed.reason !== 'unreadable' || own.digits[0] === '0') return parsed;
	return parseWith(signsOf(`${locale}-u-nu-latn`), text, currency, locale);
}

function parseWith(
	{ decimal, group, groups, digits }: Signs,
	text: string,
	currency: string,
	locale: string
): ParsedMoney {
	let rest = text.normalize('NFKC').replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, '');
	for (const [digit, own] of digits.entries()) if (own !== String(digit)) rest = rest.replaceAll(own, String(digit));
	rest = withoutCurrency(rest, currency, locale).replace(SPACES, ' ').trim();
	if (rest === '') return { ok: false, reason: 'empty' };

	const bracketed = /^\((.*)\)$/.exec(rest);
	if (bracketed) rest = bracketed[1]!.trim();
	const signed = new RegExp(`^(${MINUS.source}|\\+)?\\s*(.*?)\\s*(${MINUS.source})?$`).exec(rest)!;
	const [, before = '', number, behind = ''] = signed as unknown as [string, string?, string?, string?];
	if (number === undefined || [Boolean(bracketed), before !== '', behind !== ''].filter(Boolean).length > 1)
		return { ok: false, reason: 'unreadable' };
	const negative = Boolean(bracketed) || MINUS.test(before) || behind !== '';

	const [whole = '', fraction = '', ...more] = number.split(plainSign(decimal));
	const joined = joinGroups(whole, plainSign(group), groups);
	if (more.length > 0 || joined === undefined || !/^\d*$/.test(fraction) || joined + fraction === '')
		return { ok: false, reason: 'unreadable' };
	const size = digitsOf(currency);
	const kept = fraction.replace(/0+$/, '');
	if (kept.length > size) return { ok: false, reason: 'too-fine' };
	const value = BigInt(joined + kept.padEnd(size, '0'));
	if (value > BigInt(MOST_MINOR)) return { ok: false, reason: 'too-large' };
	const minor = Number(value);
	return { ok: true, minor: negative && minor !== 0 ? -minor : minor };
}

/** Where a locale groups with some space or apostrophe, people type the one of their keyboard. */
function plainSign(sign: string): string {
	if (/^[\s\u00a0\u2009\u202f]$/.test(sign)) return ' ';
	return sign === '\u2019' ? "'" : sign.normalize('NFKC');
}

function withoutCurrency(text: string, currency: string, locale: string): string {
	const names = new Set([currency]);
	for (const currencyDisplay of ['symbol', 'narrowSymbol'] as const) {
		const parts = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay }).formatToParts(0);
		const sign = parts.find((part) => part.type === 'currency')?.value;
		if (sign !== undefined) names.add(sign.normalize('NFKC'));
	}
	const trimmed = text.trim();
	for (const name of [...names].sort((a, b) => b.length - a.length)) {
		for (const at of [trimmed.indexOf(name), trimmed.lastIndexOf(name)]) {
			if (at < 0) continue;
			const outside = [trimmed.slice(0, at), trimmed.slice(at + name.length)] as const;
			if (!outside.every((side) => /\d/.test(side))) return outside.join(' ');
		}
	}
	return trimmed;
}

/** The digits of the whole part, or undefined where a group has a wrong size. Without groups any length is right. */
function joinGroups(whole: string, group: string, [last, others]: readonly [number, number]): string | undefined {
	const text = whole.replaceAll('\u2019', "'");
	if (/^\d*$/.test(text)) return text;
	if (group === '') return undefined;
	const parts = text.split(group);
	const right = parts.every((part, index) => {
		if (!/^\d+$/.test(part)) return false;
		if (index === parts.length - 1) return part.length === last;
		return index === 0 ? part.length <= others : part.length === others;
	});
	return right ? parts.join('') : undefined;
}
