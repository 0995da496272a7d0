/**
 * Who measured: a device or program, under one name however an export writes it.
 *
 * Apple writes `<<HKDevice: 0x283a5b2c0>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,7,
 * software:9.1>`: the address is another at every export and the software another after every update, so a watch would
 * become dozens of devices. What stays is who wrote it (the source's name) and what it runs on.
 */

export interface SourceName {
	/** What the id is the hash of. */
	readonly key: string;
	/** What a person reads. */
	readonly name: string;
	/** Decides the place in the order of sources until a person says otherwise. */
	readonly kind: SourceKind;
}

export type SourceKind = 'worn' | 'scale' | 'phone' | 'program' | 'file';

/** @param name of the program or device that wrote the sample; @param device what it says of the hardware, or '' */
export function sourceName(name: string, device: string): SourceName {
	const shown = tidy(name);
	const parts = deviceParts(device);
	const hardware = [parts['manufacturer'], parts['model'], parts['hardware']].map((part) => tidy(part ?? ''));
	const key = [shown, ...hardware].join('\u001f');
	return {
		key,
		name: shown === '' ? tidy(parts['name'] ?? '') || 'Unnamed' : shown,
		kind: kindOf(`${shown} ${device}`)
	};
}

/** One form for letters that look the same, and for the spaces that programs put between them. */
function tidy(text: string): string {
	return text
		.normalize('NFC')
		.replaceAll(/[\u00a0\u2007\u202f\s]+/g, ' ')
		.trim()
		.slice(0, 200);
}

function deviceParts(device: string): Record<string, string> {
	const parts: Record<string, string> = Object.create(null) as Record<string, string>;
	const inside = device.replaceAll(/[<>]/g, '');
	// Values hold commas themselves (`Watch6,7`): a part begins at ", name:".
	for (const part of inside.split(/, (?=[a-zA-Z ]+:)/)) {
		const colon = part.indexOf(':');
		if (colon > 0) parts[part.slice(0, colon).trim()] = part.slice(colon + 1).trim();
	}
	return parts;
}

const KINDS: readonly [SourceKind, RegExp][] = [
	['worn', /watch|band|ring|oura|fitbit|garmin|whoop|polar|strap|fenix|forerunner|vivo/i],
	['scale', /scale|withings|health mate|body|omron|beurer|glucose|dexcom|libre|meter/i],
	['phone', /phone|pixel|galaxy|android/i]
];

function kindOf(text: string): SourceKind {
	return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'program';
}

/** A row of `sources`. */
export interface SourceRow {
	readonly scope_id: string;
	readonly id: string;
	readonly name: string | null;
	readonly kind: string | null;
	/** A key that sorts as text, set when a person put the sources in order; NULL before. */
	readonly rank: string | null;
}

const KIND_ORDER: readonly string[] = ['worn', 'scale', 'phone', 'program', 'file'];

/** What is typed by hand stands first of all: a person who writes a number down means it. */
export const BY_HAND = 'by-hand';

/** Ids of sources, the one that counts first at the front. The same on every device that has the same rows. */
export function orderSources(rows: readonly SourceRow[]): string[] {
	const place = (row: SourceRow): number => {
		const at = KIND_ORDER.indexOf(row.kind ?? '');
		return at < 0 ? KIND_ORDER.length : at;
	};
	const sorted = [...rows].sort((a, b) => {
		if (a.rank !== null && b.rank !== null) return compare(a.rank, b.rank) || compare(a.id, b.id);
		// A source that came after the person made an order stands behind those of that order.
		if (a.rank !== null || b.rank !== null) return a.rank !== null ? -1 : 1;
		return place(a) - place(b) || compare(a.name ?? '', b.name ?? '') || compare(a.id, b.id);
	});
	return [BY_HAND, ...new Set(sorted.map(({ id }) => id))];
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
