/**
 * Numbers as people type them, kept as they typed them.
 *
 * What is stored is the typed decimal itself (`72.50`, never a double), with a point whatever the keyboard had.
 */

/** A decimal in its stored form, or why it is none. */
export type TypedNumber =
	| { readonly ok: true; readonly text: string; readonly value: number }
	| { readonly ok: false; readonly reason: 'empty' | 'not a number' | 'ambiguous' };

const MOST_DIGITS = 15;

/**
 * Reads `72.5`, `72,5`, `−1.8`, `1 234`. One point or comma is the decimal sign; two different ones are thousands and
 * decimals. `1,234` and `1.234` mean one and a bit: where that is out of range the caller says so. A number with two
 * equal separators (`1,234,567`) is only thousands.
 */
export function readNumber(typed: string): TypedNumber {
	const trimmed = typed
		.trim()
		.replace(/^[−–]/, '-')
		.replaceAll(/[\s\u00a0\u202f'’_]/g, '');
	if (trimmed === '') return { ok: false, reason: 'empty' };
	const separators = trimmed.replaceAll(/[^.,]/g, '');
	let text: string;
	if (separators.length > 1) {
		const last = separators.at(-1)!;
		const first = separators[0]!;
		if (separators.slice(0, -1).replaceAll(first, '') !== '') return { ok: false, reason: 'ambiguous' };
		text = first === last ? trimmed.replaceAll(first, '') : trimmed.replaceAll(first, '').replace(last, '.');
		const groups = first === last ? trimmed.split(first) : trimmed.split(last)[0]!.split(first);
		if (groups.slice(1).some((group) => group.length !== 3)) return { ok: false, reason: 'ambiguous' };
	} else text = trimmed.replace(',', '.');
	if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return { ok: false, reason: 'not a number' };
	text = text
		.replace(/^\+/, '')
		.replace(/^(-?)\./, '$10.')
		.replace(/\.$/, '');
	if (text.replaceAll(/[-.]/g, '').length > MOST_DIGITS) return { ok: false, reason: 'not a number' };
	return { ok: true, text, value: Number(text) };
}

/** Rounded for display, half away from zero, with exactly so many digits behind the point. */
export function fixed(value: number, digits: number): string {
	const scale = 10 ** digits;
	// The shortest decimal of the double decides at a half, as a person reading it would.
	const scaled = Number(`${Math.abs(value)}e${digits}`);
	const rounded = (Number.isNaN(scaled) ? Math.abs(value) * scale : scaled) + 0.5;
	const text = (Math.floor(rounded) / scale).toFixed(digits);
	return value < 0 && Number(text) !== 0 ? `-${text}` : text;
}
