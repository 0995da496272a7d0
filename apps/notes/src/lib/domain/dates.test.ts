import { expect, test } from 'vitest';
import { ago, counted, sectionsOf, shortDate } from './dates.ts';

// A place where the clocks change, whatever the machine is set to.
process.env.TZ = 'Europe/Berlin';

const now = new Date(2026, 10, 22, 9, 30).getTime();
const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();

test.each([
	[at(2026, 10, 22, 8, 5), '08:05'],
	[at(2026, 10, 21, 23, 59), 'Yesterday'],
	[at(2026, 10, 17), 'Tuesday'],
	[at(2026, 9, 3), '3 Oct'],
	[at(2024, 9, 3), '3 Oct 2024'],
	[at(2026, 10, 23, 8, 0), '08:00']
])('a note of %i is dated %s', (time, label) => {
	expect(shortDate(time, now, 'en-GB')).toBe(label);
});

test('yesterday evening is yesterday in the morning after the clocks changed', () => {
	expect(shortDate(at(2026, 2, 29, 23, 30), at(2026, 2, 30, 8), 'en-GB')).toBe('Yesterday');
	expect(shortDate(at(2026, 9, 25, 23, 30), at(2026, 9, 26, 8), 'en-GB')).toBe('Yesterday');
});

test('a list is cut into sections in the order of its notes', () => {
	const note = (id: string, edited_at: number, pinned_at: number | null = null) => ({ id, edited_at, pinned_at });
	const sections = sectionsOf(
		[
			note('p', at(2020, 1, 1), 1),
			note('t', at(2026, 10, 22, 9, 0)),
			note('y', at(2026, 10, 21)),
			note('w', at(2026, 10, 18)),
			note('m', at(2026, 10, 1)),
			note('s', at(2026, 8, 1)),
			note('o', at(2019, 8, 1)),
			note('n', 0)
		],
		now,
		'en-GB'
	);
	expect(sections.map((s) => [s.label, ...s.notes.map((n) => n.id)])).toEqual([
		['Pinned', 'p'],
		['Today', 't'],
		['Yesterday', 'y'],
		['Last 7 days', 'w'],
		['Last 30 days', 'm'],
		['September', 's'],
		['2019', 'o'],
		['1970', 'n']
	]);
});

test('counts and ages read as a person says them', () => {
	expect(counted(1, 'note')).toBe('1 note');
	expect(counted(0, 'copy', 'copies')).toBe('0 copies');
	expect(ago(now - 30_000, now)).toBe('just now');
	expect(ago(now - 60_000, now)).toBe('1 minute ago');
	expect(ago(now - 5 * 3_600_000, now)).toBe('5 hours ago');
	expect(ago(now + 90_000, now)).toBe('just now');
});
