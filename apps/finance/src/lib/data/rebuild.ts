/**
 * The tables that triggers fill, made anew when a newer version of the app computes them otherwise, or when a person
 * asks for it. What people wrote is not touched, and nothing of it leaves the device.
 */

import type { Platform } from '@slf/platform';
import { THREAD } from './query.ts';

/** Raised with every change of a trigger or of a local table of schema.sql. */
const BUILD = 1;
/** Revisions looked at in one step. */
const STEP = 2000;

/** Makes them anew if an older version filled them. Call at the start, before anything is shown. */
export async function rebuildIfOlder(platform: Platform, progress: (done: number, of: number) => void): Promise<void> {
	const [built] = await platform.exec<{ version: number | null }>('SELECT max(version) AS version FROM built');
	if (built!.version === BUILD) return;
	const [newest] = await platform.exec<{ rowid: number | null }>('SELECT max(rowid) AS rowid FROM revisions');
	if (built!.version !== null || newest!.rowid !== null) await rebuild(platform, progress);
	await platform.batch([
		{ sql: 'DELETE FROM built' },
		{ sql: 'INSERT INTO built (version) VALUES (?)', params: [BUILD] }
	]);
}

/** Makes all computed tables anew, in steps; cut off, it begins again at the next start. */
export async function rebuild(platform: Platform, progress: (done: number, of: number) => void): Promise<void> {
	await platform.exec('DELETE FROM built');
	const [{ last } = { last: 0 }] = await platform.exec<{ last: number }>(
		'SELECT coalesce(max(rowid), 0) AS last FROM revisions'
	);
	// In steps too: a hundred thousand rows with all that hangs on them are too much for one transaction.
	for (;;) {
		await platform.exec('DELETE FROM entries WHERE n IN (SELECT n FROM entries LIMIT ?)', [STEP]);
		const [left] = await platform.exec<{ any: number }>('SELECT EXISTS (SELECT 1 FROM entries) AS "any"');
		if (left!.any === 0) break;
	}
	await platform.batch(
		['postings', 'months', 'entry_tags', 'statement_keys', 'entries_search'].map((table) => ({
			sql: `DELETE FROM ${table}`
		}))
	);
	for (let at = 0; at <= last; at += STEP) {
		await platform.exec(
			`INSERT INTO settle (scope_id, id) SELECT DISTINCT v.scope_id, ${THREAD} FROM revisions v
				WHERE v.rowid > ? AND v.rowid <= ? AND json_valid(v.body)`,
			[at, at + STEP]
		);
		progress(Math.min(at + STEP, last), last);
	}
}
