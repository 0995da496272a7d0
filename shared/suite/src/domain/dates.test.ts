import { expect, test } from 'vitest';
import { age, ago, counted, shortDate } from './dates.ts';

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
])('%i is dated %s', (time, label) => {
	expect(shortDate(time, now, 'en-GB')).toBe(label);
});

test('yesterday evening is yesterday in the morning after the clocks changed', () => {
	expect(shortDate(at(2026, 2, 29, 23, 30), at(2026, 2, 30, 8), 'en-GB')).toBe('Yesterday');
	expect(shortDate(at(2026, 9, 25, 23, 30), at(2026, 9, 26, 8), 'en-GB')).toBe('Yesterday');
});

test.each([
	[at(2026, 10, 22, 9, 0), 'Today'],
	[at(2026, 10, 21), 'Yesterday'],
	[at(2026, 10, 18), 'Last 7 days'],
	[at(2026, 10, 1), 'Last 30 days'],
	[at(2026, 8, 1), 'September'],
	[at(2019, 8, 1), '2019'],
	[0, '1970']
])('%i stands under %s', (time, heading) => {
	expect(age(time, now, 'en-GB')).toBe(heading);
});

test('counts and ages read as a person says them', () => {
	expect(counted(1, 'note')).toBe('1 note');
	expect(counted(0, 'copy', 'copies')).toBe('0 copies');
	expect(ago(now - 30_000, now)).toBe('just now');
	expect(ago(now - 60_000, now)).toBe('1 minute ago');
	expect(ago(now - 5 * 3_600_000, now)).toBe('5 hours ago');
	expect(ago(now + 90_000, now)).toBe('just now');
});
