import { expect, test } from 'vitest';
import { Addresses } from './address.ts';
import type { Place } from './note.ts';

const scopes = [
	{ scope: 'user:c3c8', id: '0123456789abcdef'.repeat(4), personal: true },
	{ scope: 'folder:Secret plans', id: 'fedcba9876543210'.repeat(4), personal: false }
];
const addresses = new Addresses('/notes', () => scopes);
const note = { scope_id: 'folder:Secret plans', id: '01J' };
const places: Place[] = [
	{ kind: 'all' },
	{ kind: 'trash' },
	{ kind: 'folder', scope: 'user:c3c8', id: '01F' },
	{ kind: 'folder', scope: 'folder:Secret plans', id: null }
];
const read = (address: string) => addresses.read(new URL(address, 'http://localhost'));

test.each(places)('an address leads back to where it was made: %j', (place) => {
	for (const address of [addresses.place(place), addresses.note(note, place)])
		expect(read(address).place).toEqual(place);
	expect(read(addresses.note(note, place)).scope).toBe(note.scope_id);
	expect(read(addresses.note({ scope_id: 'user:c3c8', id: 'x' }, place)).scope).toBe('user:c3c8');
});

test('[V-1] an address carries ids and nothing that a person wrote', () => {
	const written = { ...note, title: 'secret title', excerpt: 'secret words' };
	for (const place of places) {
		const all = [addresses.note(written, place), addresses.place(place), addresses.newNote(place)];
		expect(all.join(' ')).not.toMatch(/secret|plans/i);
	}
});

test('an address that somebody bent shows all notes, or a folder that is not there', () => {
	for (const folder of ['', '/', 'no-slash', '/only-id']) {
		expect(read(`/notes/?folder=${folder}`).place).toEqual({ kind: 'all' });
	}
	expect(read('/notes/?folder=fedc/').place).toEqual({ kind: 'folder', scope: '?', id: null });
	expect(read('/notes/note/x?in=zz').scope).toBe('?');
});
