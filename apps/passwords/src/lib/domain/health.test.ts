import { expect, test } from 'vitest';
import { healthOf, OLD_AFTER, type HealthFacts, type Judged } from './health.ts';
import type { ItemLine, ItemType } from './item.ts';
import type { StrengthScore } from './strength.ts';

const NOW = 1_800_000_000_000;
const line = (id: string, type: ItemType = 'login', scope_id = 'a'): ItemLine => ({
	scope_id,
	id,
	type,
	title: id,
	subtitle: null,
	folder_id: null,
	favourite_at: null,
	edited_at: NOW
});
const judged = (item: string, score: StrengthScore, mark: string, scope_id = 'a'): Judged => ({
	scope_id,
	item,
	strength: { score, guessesLog10: score * 3 + item.length / 10 },
	mark
});

const facts: HealthFacts = {
	lines: [line('one'), line('two'), line('three', 'login', 'b'), line('four'), line('wifi', 'custom')],
	judged: [
		judged('one', 1, 'M'),
		judged('two', 4, 'N'),
		judged('three', 1, 'M', 'b'),
		judged('four', 0, 'O'),
		judged('wifi', 4, 'N'),
		judged('deleted meanwhile', 0, 'M')
	],
	addresses: [
		{ scope_id: 'a', item: 'one', url: 'http://one.example' },
		{ scope_id: 'b', item: 'one', url: 'http://other.example' },
		{ scope_id: 'a', item: 'two', url: 'https://two.example' },
		{ scope_id: 'a', item: 'two', url: 'http://localhost' }
	],
	withCode: [{ scope_id: 'a', item: 'two' }],
	changedAt: new Map([
		['a two', NOW - OLD_AFTER - 1],
		['a four', NOW - OLD_AFTER + 1],
		['b three', NOW - 2 * OLD_AFTER]
	]),
	now: NOW
};

test('[PW-72] weak, reused, old and unencrypted passwords, and logins without a second factor', () => {
	const report = healthOf(facts);
	expect(report.weak.map((each) => each.line.id)).toEqual(['four', 'one', 'three']);
	expect(report.reused.map((group) => group.map(({ id }) => id))).toEqual([
		['one', 'three'],
		['two', 'wifi']
	]);
	expect(report.old.map((each) => each.line.id)).toEqual(['three', 'two']);
	expect(report.insecure.map(({ id }) => id)).toEqual(['one']);
	expect(report.withoutCode.map(({ id }) => id)).toEqual(['one', 'three', 'four']);
	expect(report.checked).toBe(5);
});

test('[PW-72] an empty vault has nothing to report', () => {
	const empty = healthOf({ ...facts, lines: [], judged: [] });
	expect(empty).toEqual({ weak: [], reused: [], old: [], insecure: [], withoutCode: [], checked: 0 });
});
