import { age } from '@slf/suite/domain';

/** Notes under one heading of the list. */
export interface Section<Note> {
	label: string;
	notes: Note[];
}

interface Dated {
	pinned_at: number | null;
	edited_at: number | null;
}

/** The list in sections; notes keep their order, which is pinned first, then newest first. */
export function sectionsOf<Note extends Dated>(notes: readonly Note[], now: number, locale?: string): Section<Note>[] {
	const sections: Section<Note>[] = [];
	for (const note of notes) {
		const label = note.pinned_at === null ? age(note.edited_at ?? 0, now, locale) : 'Pinned';
		const last = sections.at(-1);
		if (last?.label === label) last.notes.push(note);
		else sections.push({ label, notes: [note] });
	}
	return sections;
}
