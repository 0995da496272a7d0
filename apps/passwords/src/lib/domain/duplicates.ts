/**
 * Which items of an import are there already, or twice in the file: the same in everything that a person would look
 * at. Only those are left out, and only when the person says so; what differs in anything stays.
 */

import { fold } from './text.ts';
import type { PortableItem } from './portable.ts';

/** Places in `incoming` of items that the vault (`there`) or an earlier item of the file holds whole. */
export function alreadyThere(incoming: readonly PortableItem[], there: readonly PortableItem[]): Set<number> {
	const alike = Map.groupBy(there, likeness);
	const held = new Set<number>();
	for (const [index, item] of incoming.entries()) {
		const key = likeness(item);
		const others = alike.get(key) ?? [];
		if (others.some((other) => holdsAll(other, item))) held.add(index);
		else alike.set(key, [...others, item]);
	}
	return held;
}

/** True if nothing is lost when `incoming` goes: `there` has all that it has. */
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
		) &&
		incoming.former.every(({ slot, value }) =>
			there.former.some((former) => former.slot === slot && former.value === value)
		)
	);
}

/** What two items must share to be worth comparing. */
function likeness({ type, title }: PortableItem): string {
	return `${type}\n${fold(title)}`;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
