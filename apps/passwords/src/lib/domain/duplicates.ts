/**
 * Which items of an import are there already, or twice in the file: the same in everything that a person would look
 * at. Only those are left out, and only when the person says so; what differs in anything stays.
 */

import { fold } from './text.ts';
import type { PortableItem } from './portable.ts';

/** What two items must share to be looked at more closely; made of what lists show, without opening a secret. */
export function likenessKey(item: {
	type: string;
	title: string | null;
	subtitle: string | null;
	hosts: readonly string[];
}): string {
	const hosts = [...item.hosts].map((host) => host.toLowerCase()).sort();
	return [item.type, fold(item.title ?? ''), fold(item.subtitle ?? ''), ...hosts].join('\n');
}

/** True if nothing is lost when one of the two goes: `there` has all that `incoming` has. */
export function holdsAll(there: PortableItem, incoming: PortableItem): boolean {
	return (
		there.type === incoming.type &&
		there.title === incoming.title &&
		incoming.fields.every((field) =>
			there.fields.some(
				({ slot, label, value }) =>
					value === field.value && slot === field.slot && (slot !== null || label === field.label)
			)
		) &&
		incoming.addresses.every(({ url }) => there.addresses.some((address) => address.url === url)) &&
		incoming.tags.every((tag) => there.tags.includes(tag)) &&
		incoming.attachments.every(({ name, bytes }) =>
			there.attachments.some((file) => file.name === name && sameBytes(file.bytes, bytes))
		)
	);
}

/** The places in `items` of those that an earlier one of them holds already. */
export function repeatedWithin(items: readonly PortableItem[], likeness: (item: PortableItem) => string): Set<number> {
	const kept = new Map<string, PortableItem[]>();
	const repeated = new Set<number>();
	for (const [index, item] of items.entries()) {
		const key = likeness(item);
		const alike = kept.get(key) ?? [];
		if (alike.some((earlier) => holdsAll(earlier, item))) repeated.add(index);
		else kept.set(key, [...alike, item]);
	}
	return repeated;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
