import { expect, test } from 'vitest';
import {
	isOwnSlot,
	isSecret,
	itemTypes,
	ownSlot,
	partId,
	partOf,
	partsFrom,
	partsUntil,
	slotOf,
	subtitleOf,
	templates
} from './item.ts';

test('[PW-1] passwords, codes, numbers and notes are secret; what lists show is not', () => {
	const secret = itemTypes.flatMap((type) => templates[type].filter(({ kind }) => isSecret(kind)).map((s) => s.slot));
	expect([...new Set(secret)].sort()).toEqual(
		['code', 'licence', 'national', 'notes', 'number', 'passport', 'password', 'pin', 'totp'].sort()
	);
	expect(slotOf('login', 'username')?.kind).toBe('text');
	expect(slotOf('login', 'number')).toBeUndefined();
});

test('[PW-1] no slot of a template can be taken for one that a person added, and none stands twice', () => {
	for (const type of itemTypes) {
		const names = templates[type].map((each) => each.slot);
		expect(new Set(names).size).toBe(names.length);
		expect(names.filter(isOwnSlot)).toEqual([]);
		for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*$/);
	}
	expect(isOwnSlot(ownSlot('x'))).toBe(true);
});

test('[PW-2] the parts of an item are exactly the rows between its two marks', () => {
	const id = '01arz3ndektsv4rrffq69g5fav';
	expect(partOf(partId(id, '+a.b'))).toEqual({ item: id, part: '+a.b' });
	const inside = [partId(id, 'username'), partId(id, '+0'), partId(id, '~')];
	const outside = [
		id,
		`${id}0.password`,
		partId(`${id.slice(0, -1)}w`, 'password'),
		partId(`${id.slice(0, -1)}u`, 'z')
	];
	for (const name of inside) expect(name >= partsFrom(id) && name < partsUntil(id)).toBe(true);
	for (const name of outside) expect(name >= partsFrom(id) && name < partsUntil(id)).toBe(false);
});

test('[PW-3] the second line of a list never holds a secret', () => {
	const values = Object.fromEntries(
		itemTypes.flatMap((type) => templates[type].map(({ slot }) => [slot, `<${slot}>`]))
	);
	for (const type of itemTypes) {
		for (const { slot, kind } of templates[type])
			if (isSecret(kind)) expect(subtitleOf(type, values)).not.toContain(`<${slot}>`);
	}
	expect(subtitleOf('login', { username: ' ann ' })).toBe('ann');
	expect(subtitleOf('card', { brand: 'Visa', holder: 'Ann Ek', number: '4111111111111111' })).toBe('Visa · Ann Ek');
	expect(subtitleOf('identity', { first: 'Ann', last: 'Ek' })).toBe('Ann Ek');
	expect(subtitleOf('identity', { email: 'a@example.com' })).toBe('a@example.com');
	expect(subtitleOf('note', { notes: 'x' })).toBe('');
});
