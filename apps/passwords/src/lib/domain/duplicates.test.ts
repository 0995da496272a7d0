import { expect, test } from 'vitest';
import { alreadyThere, holdsAll } from './duplicates.ts';
import { addAddress, addOwn, addTag, emptyItem, setSlot, type PortableItem } from './portable.ts';

function login(title: string, password: string, change: (item: PortableItem) => void = () => {}): PortableItem {
	const item = emptyItem('login', title);
	setSlot(item, 'username', 'ann');
	setSlot(item, 'password', password);
	addAddress(item, 'https://a.example');
	change(item);
	return item;
}

test('[PW-59] only what is the same in everything counts as there already', () => {
	const there = login('Shop', 'secret', (item) => {
		addTag(item, 'work');
		addOwn(item, 'PIN', '1', 'hidden');
	});
	expect(holdsAll(there, login('Shop', 'secret'))).toBe(true);
	expect(holdsAll(there, login('Shop', 'Secret'))).toBe(false);
	expect(holdsAll(there, login('shop', 'secret'))).toBe(false);
	expect(
		holdsAll(
			there,
			login('Shop', 'secret', (item) => addTag(item, 'other'))
		)
	).toBe(false);
	expect(
		holdsAll(
			there,
			login('Shop', 'secret', (item) => addOwn(item, 'PIN', '2', 'hidden'))
		)
	).toBe(false);
	expect(
		holdsAll(
			there,
			login('Shop', 'secret', (item) => addOwn(item, 'Pin', '1', 'hidden'))
		)
	).toBe(false);
	const file = (byte: number) => (item: PortableItem) =>
		void item.attachments.push({ name: 'x', bytes: new Uint8Array([byte]) });
	expect(holdsAll(login('Shop', 'secret', file(1)), login('Shop', 'secret', file(1)))).toBe(true);
	expect(holdsAll(login('Shop', 'secret', file(1)), login('Shop', 'secret', file(2)))).toBe(false);
});

test('[PW-59] what the vault has is left out, and of rows that a file has twice the first stays', () => {
	const items = [login('A', '1'), login('A', '2'), login('A', '1'), login('B', '1'), login('A', '2')];
	expect([...alreadyThere(items, [])]).toEqual([2, 4]);
	expect([...alreadyThere(items, [login('B', '1'), login('A', '2')])]).toEqual([1, 2, 3, 4]);
	expect([...alreadyThere(items, [login('a', '1')])]).toEqual([2, 4]);
});

test('[PW-59] an item that brings a former value or a file the vault does not have stays', () => {
	const former = login('A', '1', (item) =>
		item.former.push({ slot: 'password', kind: 'hidden', label: 'Password', section: '', value: 'old', until: 1 })
	);
	expect([...alreadyThere([former], [login('A', '1')])]).toEqual([]);
	expect([...alreadyThere([login('A', '1')], [former])]).toEqual([0]);
});
