/**
 * Numbers as a person types them: with the marks of their language or of another, with spaces, with either minus.
 *
 * Digits are kept as text until the end, so that money never passes through a fraction: `12.30` with two places is the
 * integer 1230.
 */

export interface NumberMarks {
	/** Between whole and fraction: `.` or `,`. */
	readonly decimal: string;
}

export interface Decimal {
	readonly negative: boolean;
	/** Digits before the mark, at least one. */
	readonly whole: string;
	/** Digits after it. */
	readonly fraction: string;
}

/** How the language of the browser (or `locale`) writes numbers. */
export function numberMarks(locale?: string): NumberMarks {
	const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(1.5);
	return { decimal: parts.find(({ type }) => type === 'decimal')?.value ?? '.' };
}

/**
 * The number in a text, or undefined where there is none.
 *
 * Of point and comma together the last is the decimal mark. One alone is the decimal mark if it is the language's, or
 * if what follows cannot be a group of three.
 */
export function parseDecimal(text: string, { decimal }: NumberMarks): Decimal | undefined {
	const plain = text
		.normalize('NFKC')
		.replace(/[\s'’_\u2066-\u2069\u200e\u200f\u061c]/g, '')
		.replace(/[\u066b]/g, decimal)
		.replace(/[\u066c]/g, '')
		.replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
		.replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
		.replace(/[\u2212\u2013]/g, '-');
	const match = /^([+-]?)([0-9.,]*)$/.exec(plain);
	if (!match) return undefined;
	const [, sign, digits = ''] = match;
	const at = markAt(digits, decimal);
	const groups = (at < 0 ? digits : digits.slice(0, at)).split(/[.,]/);
	const fraction = at < 0 ? '' : digits.slice(at + 1);
	if (/[.,]/.test(fraction)) return undefined;
	// Three each; in India two each before the last three.
	if (groups.length > 1 && !/^[0-9]{1,3}(?: [0-9]{2,3})* [0-9]{3}$/.test(groups.join(' '))) return undefined;
	const whole = groups.join('');
	if (whole + fraction === '') return undefined;
	return { negative: sign === '-', whole: whole.replace(/^0+(?=[0-9])/, '') || '0', fraction };
}

/** Where the decimal mark stands; -1: nowhere. */
function markAt(digits: string, decimal: string): number {
	const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
	if (last < 0) return -1;
	const mark = digits[last]!;
	const other = mark === '.' ? ',' : '.';
	if (digits.includes(other)) return last;
	if (digits.indexOf(mark) !== last) return -1;
	if (mark === decimal) return last;
	return /^[0-9]{1,3}$/.test(digits.slice(0, last)) && /^[0-9]{3}$/.test(digits.slice(last + 1)) ? -1 : last;
}

/**
 * As an integer that counts in the last of `places` decimal places; undefined where it has more places than that, or
 * more digits than a number can hold.
 */
export function toScaled({ negative, whole, fraction }: Decimal, places: number): number | undefined {
	const used = fraction.replace(/0+$/, '');
	if (used.length > places) return undefined;
	const value = Number(whole + used.padEnd(places, '0'));
	return Number.isSafeInteger(value) ? (negative && value !== 0 ? -value : value) : undefined;
}

export function toNumber({ negative, whole, fraction }: Decimal): number {
	const value = Number(`${whole}.${fraction || '0'}`);
	return negative && value !== 0 ? -value : value;
}

/** An integer that counts in the last of `places` decimal places, as the language writes it. Exact. */
export function formatScaled(value: number, places: number, locale?: string): string {
	const digits = String(Math.abs(value)).padStart(places + 1, '0');
	const text = `${value < 0 ? '-' : ''}${digits.slice(0, digits.length - places)}.${places === 0 ? '0' : digits.slice(-places)}`;
	return new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }).format(
		text as Intl.StringNumericLiteral
	);
}
