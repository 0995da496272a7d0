/** The cycle, day by day, and the journal of mood, symptoms and notes. Of scopes of the kinds `cycle` and `mind`. */

import type { Platform } from '@slf/platform';
import type { CycleDay, CycleDayRow } from '#lib/domain/cycle.ts';
import type { JournalEntry, JournalRow } from '#lib/domain/journal.ts';
import { formatDay, formatMoment } from '#lib/domain/time.ts';
import { asList, edit, putAway, type Query, type Ref, type Undo } from './query.ts';

/** All days with an entry, in order. Where a body has two scopes of the kind, the caller takes the first of a day. */
export function cycleDays(scopes: readonly string[]): Query<CycleDayRow> {
	return {
		name: 'cycle-days',
		sql: `SELECT scope_id, id, bleeding, temperature, mucus, note FROM cycle_days
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND id GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
				AND (bleeding IS NOT NULL OR temperature IS NOT NULL OR mucus IS NOT NULL OR note IS NOT NULL)
			ORDER BY id, scope_id`,
		params: [asList(scopes)]
	};
}

const CYCLE_COLUMNS = ['bleeding', 'temperature', 'mucus', 'note'] as const;

/** Writes only what is named in `changes`, so that two devices can each fill in their part of a day. */
export async function setCycleDay(
	platform: Platform,
	scope: string,
	day: number,
	changes: Partial<CycleDay>
): Promise<Undo> {
	const id = formatDay(day);
	const columns = CYCLE_COLUMNS.filter((column) => changes[column] !== undefined);
	if (columns.length === 0) return async () => {};
	const set = async (exec: Platform['exec'], values: Partial<CycleDay>): Promise<void> => {
		await exec(
			`INSERT INTO cycle_days (scope_id, id, ${columns.join(', ')}) VALUES (?, ?, ${columns.map(() => '?').join(', ')})
				ON CONFLICT (scope_id, id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
			[scope, id, ...columns.map((column) => values[column] ?? null)]
		);
	};
	const before = await platform.transaction(async (tx) => {
		const [row] = await tx.exec<CycleDay>(
			'SELECT bleeding, temperature, mucus, note FROM cycle_days WHERE scope_id = ? AND id = ?',
			[scope, id]
		);
		await set((sql, params) => tx.exec(sql, params), changes);
		return row;
	});
	return () => set((sql, params) => platform.exec(sql, params), before ?? {});
}

/** Fills in what is empty and leaves the rest: an import never changes what a person wrote. */
export async function fillCycleDays(
	platform: Platform,
	scope: string,
	days: readonly (Partial<CycleDay> & { readonly day: number })[]
): Promise<number> {
	let filled = 0;
	for (let at = 0; at < days.length; at += 500) {
		const rows = days
			.slice(at, at + 500)
			.map(({ day, bleeding, temperature, mucus }) => [
				formatDay(day),
				bleeding ?? null,
				temperature ?? null,
				mucus ?? null
			]);
		const list = JSON.stringify(rows);
		const [counted] = await platform.exec<{ n: number }>(
			`SELECT count(*) AS n FROM json_each(?) v LEFT JOIN cycle_days d ON d.scope_id = ? AND d.id = v.value ->> 0
				WHERE (d.bleeding IS NULL AND v.value ->> 1 IS NOT NULL) OR (d.temperature IS NULL AND v.value ->> 2 IS NOT NULL)
					OR (d.mucus IS NULL AND v.value ->> 3 IS NOT NULL)`,
			[list, scope]
		);
		if (counted!.n === 0) continue;
		filled += counted!.n;
		await platform.exec(
			`INSERT INTO cycle_days (scope_id, id, bleeding, temperature, mucus)
				SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
				ON CONFLICT (scope_id, id) DO UPDATE SET bleeding = coalesce(bleeding, excluded.bleeding),
					temperature = coalesce(temperature, excluded.temperature), mucus = coalesce(mucus, excluded.mucus)`,
			[scope, list]
		);
	}
	return filled;
}

const JOURNAL_COLUMNS = 'scope_id, id, kind, name, level, at, note';
const INSTANT = 'unixepoch(substr(at, 1, 25))';

/** Newest first. */
export function journalOf(scopes: readonly string[], limit: number): Query<JournalRow> {
	return {
		name: 'journal',
		sql: `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE scope_id IN (SELECT value FROM json_each(?))
			AND deleted_at IS NULL ORDER BY ${INSTANT} DESC, id DESC LIMIT ?`,
		params: [asList(scopes), limit]
	};
}

/** For charts of mood or of one symptom, in order. @param from UTC seconds, until is included */
export function journalLevels(
	scopes: readonly string[],
	kind: 'mood' | 'symptom',
	name: string,
	from: number,
	until: number
): Query<{ level: number; at: string }> {
	return {
		name: 'journal-levels',
		sql: `SELECT level, at FROM journal WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL
			AND kind = ? AND coalesce(name, '') = ? AND level IS NOT NULL AND ${INSTANT} BETWEEN ? AND ? ORDER BY ${INSTANT}, id`,
		params: [asList(scopes), kind, name, from, until]
	};
}

/** Symptoms that were written down, the most frequent first: what two taps offer. */
export function symptomsUsed(scopes: readonly string[], limit: number): Query<{ name: string; times: number }> {
	return {
		name: 'symptoms',
		sql: `SELECT name, count(*) AS times FROM journal WHERE scope_id IN (SELECT value FROM json_each(?))
			AND kind = 'symptom' AND name IS NOT NULL AND deleted_at IS NULL
			GROUP BY name ORDER BY times DESC, name LIMIT ?`,
		params: [asList(scopes), limit]
	};
}

function cells({ kind, name, level, at, note }: JournalEntry): (string | number | null)[] {
	return [kind, name === '' ? null : name, level ?? null, formatMoment(at), note === '' ? null : note];
}

/** @param entry as `checkJournalEntry` of domain/journal.ts gives it */
export async function addJournalEntry(
	platform: Platform,
	scope: string,
	entry: JournalEntry
): Promise<{ ref: Ref; undo: Undo }> {
	const id = platform.id();
	await platform.exec('INSERT INTO journal (scope_id, id, kind, name, level, at, note) VALUES (?, ?, ?, ?, ?, ?, ?)', [
		scope,
		id,
		...cells(entry)
	]);
	const undo = async () => void (await platform.exec('DELETE FROM journal WHERE scope_id = ? AND id = ?', [scope, id]));
	return { ref: { scope_id: scope, id }, undo };
}

export function editJournalEntry(platform: Platform, ref: Ref, entry: JournalEntry): Promise<Undo> {
	const [kind, name, level, at, note] = cells(entry);
	return edit(platform, 'journal', ref, { kind: kind!, name: name!, level: level!, at: at!, note: note! });
}

export function removeJournalEntry(platform: Platform, ref: Ref, now: number): Promise<Undo> {
	return putAway(platform, 'journal', ref, now);
}

/** Imported ones: their ids are hashes of what they say, so those that are there stay as they are. */
export async function addJournalRows(
	platform: Platform,
	scope: string,
	rows: readonly { readonly id: string; readonly entry: JournalEntry }[]
): Promise<number> {
	let added = 0;
	for (let at = 0; at < rows.length; at += 500) {
		const part = rows.slice(at, at + 500);
		const known = new Set(
			(
				await platform.exec<{ id: string }>(
					'SELECT id FROM journal WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))',
					[scope, asList(part.map(({ id }) => id))]
				)
			).map(({ id }) => id)
		);
		const fresh = part.filter(({ id }) => !known.has(id));
		if (fresh.length === 0) continue;
		await platform.exec(
			`INSERT OR IGNORE INTO journal (scope_id, id, kind, name, level, at, note)
				VALUES ${fresh.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
			fresh.flatMap(({ id, entry }) => [scope, id, ...cells(entry)])
		);
		added += fresh.length;
	}
	return added;
}
