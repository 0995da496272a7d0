import { expect, test } from 'vitest';
import { noteAddress, placeAddress, readAddress } from './address.ts';
import type { Place } from './note.ts';

const base = '/notes';
const note = { scope_id: 'folder:ab/12', id: '01J' };
const places: Place[] = [
	{ kind: 'all' },
	{ kind: 'trash' },
	{ kind: 'folder', scope: 'user:alice', id: '01F' },
	{ kind: 'folder', scope: 'folder:ab/12', id: null }
];

test.each(places)('an address leads back to where it was made: %j', (place) => {
	for (const address of [placeAddress(place, base), noteAddress(note, place, base)]) {
		const url = new URL(address, 'http://localhost');
		expect(readAddress(url.pathname, url.searchParams, base).place).toEqual(place);
	}
	const url = new URL(noteAddress(note, place, base), 'http://localhost');
	expect(readAddress(url.pathname, url.searchParams, base).scope).toBe(note.scope_id);
});

test('[U-1] an address carries ids and nothing that a person wrote', () => {
	const written = { ...note, title: 'Secret title', excerpt: 'secret words' };
	for (const place of places) expect(noteAddress(written, place, base)).not.toMatch(/secret/i);
});

test('an address that somebody bent shows all notes', () => {
	for (const folder of ['', '/', 'no-slash', '/only-id']) {
		expect(readAddress('/notes/', new URLSearchParams({ folder }), base).place).toEqual({ kind: 'all' });
	}
});
