import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentId, IdMaker, isIdOf, makeId, makerOf, timeOfId } from './row-id.ts';

const alice = new Uint8Array(32).fill(1);
const bob = new Uint8Array(32).fill(2);

test('[A-4] an id is 26 characters, sorts by time and names its maker', () => {
	const id = makeId(alice, 1_795_000_000_000, 7);
	expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
	expect(isIdOf(id, alice)).toBe(true);
	expect(isIdOf(id, bob)).toBe(false);
	expect(makeId(alice, 1_795_000_000_000, 8) > id).toBe(true);
	expect(makeId(alice, 1_795_000_000_001, 0) > makeId(alice, 1_795_000_000_000, 4095)).toBe(true);
});

test('[A-4] whoever knows people tells from an id which of them made it, and when', () => {
	const id = makeId(bob, 1_795_000_000_000, 7);
	const people = ['01'.repeat(32), '02'.repeat(32)];
	expect(makerOf(id, people)).toBe(people[1]);
	expect(makerOf(id, people.slice(0, 1))).toBeUndefined();
	expect(makerOf('h:anything', people)).toBeUndefined();
	expect(timeOfId(id)).toBe(1_795_000_000_000);
});

test('[A-4] any time and counter round-trip through the tag, and any changed letter loses it', () => {
	fc.assert(
		fc.property(fc.nat(2 ** 31), fc.nat(4095), fc.nat(2 ** 13 - 1), fc.nat(25), (low, counter, high, at) => {
			const id = makeId(alice, high * 2 ** 31 + low, counter);
			expect(id).toHaveLength(26);
			expect(isIdOf(id, alice)).toBe(true);
			const other = id[at] === '2' ? '3' : '2';
			expect(isIdOf(id.slice(0, at) + other + id.slice(at + 1), alice)).toBe(false);
		})
	);
});

test('[A-4] ids grow even when the clock goes back, and when 4096 fall into one millisecond', () => {
	let now = 1000;
	const ids = new IdMaker(alice, () => now);
	const made = [ids.next()];
	now = 10;
	for (let index = 0; index < 5000; index++) made.push(ids.next());
	expect(new Set(made).size).toBe(made.length);
	expect([...made].sort()).toEqual(made);
	expect(made.every((id) => isIdOf(id, alice))).toBe(true);
});

test('[A-4] text that is no id belongs to nobody', () => {
	for (const id of ['', 'x', 'h:abc', '8'.repeat(26), '0'.repeat(27), 'u'.repeat(26)])
		expect(isIdOf(id, alice)).toBe(false);
});

test('[A-4] a content id tells values of different types apart', () => {
	const ids = [['1'], [1], [1n], [null], [new Uint8Array([1])], ['1', null]].map((values) => contentId(values));
	expect(new Set(ids).size).toBe(ids.length);
});
