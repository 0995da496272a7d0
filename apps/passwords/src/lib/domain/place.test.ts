import { expect, test } from 'vitest';
import { Addresses, isIn, samePlace, type Place } from './place.ts';
import type { ItemLine } from './item.ts';

const scopes = [
	{ scope: 'user:alice', id: 'a'.repeat(64), personal: true },
	{ scope: 'vault:Family secrets', id: 'b'.repeat(64), personal: false }
];
const addresses = new Addresses('', () => scopes);
const at = (address: string) => addresses.read(new URL(address, 'http://passwords.localhost'));

const places: Place[] = [
	{ kind: 'all' },
	{ kind: 'favourites' },
	{ kind: 'type', type: 'card' },
	{ kind: 'folder', scope: 'user:alice', id: '0123' },
	{ kind: 'folder', scope: 'vault:Family secrets', id: null },
	{ kind: 'trash' }
];

test('every place comes back from its address, also behind an open item', () => {
	for (const place of places) {
		expect(samePlace(at(addresses.place(place)).place, place)).toBe(true);
		const item = at(addresses.item({ scope_id: 'vault:Family secrets', id: 'x1' }, place));
		expect(item).toEqual({ place, scope: 'vault:Family secrets' });
	}
});

test('an address says nothing that a person wrote [PW-41]', () => {
	for (const place of places) {
		expect(addresses.item({ scope_id: 'vault:Family secrets', id: 'x1' }, place)).not.toMatch(/family|secret/i);
	}
});

test('a list shows what belongs there', () => {
	const line = { scope_id: 'user:alice', type: 'card', folder_id: '0123', favourite_at: null } as ItemLine;
	expect(places.map((place) => isIn(line, place))).toEqual([true, false, true, true, false, false]);
});
