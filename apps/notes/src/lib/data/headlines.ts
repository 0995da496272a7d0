/**
 * Mends headlines that were never written: the page was closed, or its device died, in the moment between a text and
 * its title. The text is safe by then; without this a list would go on showing "New note".
 *
 * Whoever holds the note and may write in it mends it. Two devices that do so at once write the same words.
 */

import type { Platform } from '@slf/platform';
import { headlineOf } from '#lib/domain/markdown.ts';
import type { NoteRef } from './notes.ts';

interface Unheaded extends NoteRef {
	body: string;
	title: string | null;
}

/** What a headline is made of (domain/markdown.ts). */
const BODY = 'substr(body, 1, 8000) AS body';
/** Notes that were written in last: where a title may be behind its text. */
const RECENT = 20;
/** An editor that is open somewhere writes the headline itself within this time. */
const PATIENCE_MS = 2_000;
/** A note that has no words yet is looked at again after this time. */
const LATER_MS = 15_000;

/** Mends what is behind now, and whatever arrives or is left without a title from now on. Returns what stops it. */
export async function keepHeadlines(platform: Platform, wait: (ms: number) => Promise<void>): Promise<() => void> {
	await mend(
		platform,
		await platform.exec<Unheaded>(
			`SELECT scope_id, id, title, ${BODY} FROM notes WHERE deleted_at IS NULL ORDER BY edited_at DESC LIMIT ?`,
			[RECENT]
		)
	);
	// The body is read only now and then: a live query on it would keep every text's column up to the last key.
	const untitled = "FROM notes WHERE deleted_at IS NULL AND coalesce(title, '') = '' LIMIT ?";
	let stopped = false;
	let waiting = false;
	let present = 0;
	const look = async (patience: number): Promise<void> => {
		if (waiting) return;
		waiting = true;
		await wait(patience);
		waiting = false;
		if (stopped || present === 0) return;
		await mend(platform, await platform.exec<Unheaded>(`SELECT scope_id, id, title, ${BODY} ${untitled}`, [RECENT]));
		if (present > 0) lookIn(LATER_MS);
	};
	// What cannot be written now (a full disk) is mended after the next change, or at the next start.
	const lookIn = (patience: number): void => void look(patience).catch(() => {});
	const stop = await platform.live('headlines', `SELECT scope_id, id, title ${untitled}`, [RECENT], (rows) => {
		present = rows.length;
		if (present > 0) lookIn(PATIENCE_MS);
	});
	return () => {
		stopped = true;
		stop();
	};
}

async function mend(platform: Platform, notes: readonly Unheaded[]): Promise<void> {
	for (const { scope_id, id, title, body } of notes) {
		const headline = headlineOf(body ?? '');
		if (headline.title === '' || headline.title === title) continue;
		try {
			await platform.exec('UPDATE notes SET title = ?, excerpt = ? WHERE scope_id = ? AND id = ? AND title IS ?', [
				headline.title,
				headline.excerpt,
				scope_id,
				id,
				title
			]);
		} catch (error) {
			// A note that somebody shared for reading: its owner's devices mend it.
			if ((error as { code?: string }).code !== 'DENIED') throw error;
		}
	}
}
