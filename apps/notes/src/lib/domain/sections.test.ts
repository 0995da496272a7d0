import { expect, test } from 'vitest';
import { sectionsOf } from './sections.ts';

const now = new Date(2026, 10, 22, 9, 30).getTime();
const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();

test('a list is cut into sections in the order of its notes', () => {
	const note = (id: string, edited_at: number, pinned_at: number | null = null) => ({ id, edited_at, pinned_at });
	const sections = sectionsOf(
		[
			note('p', at(2020, 1, 1), 1),
			note('q', at(2019, 1, 1), 2),
			note('t', at(2026, 10, 22, 9, 0)),
			note('y', at(2026, 10, 21)),
			note('m', at(2026, 10, 1)),
			note('m2', at(2026, 9, 30))
		],
		now,
		'en-GB'
	);
	expect(sections.map((s) => [s.label, ...s.notes.map((n) => n.id)])).toEqual([
		['Pinned', 'p', 'q'],
		['Today', 't'],
		['Yesterday', 'y'],
		['Last 30 days', 'm', 'm2']
	]);
});
