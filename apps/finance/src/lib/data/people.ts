/** Who shares the expenses of a ledger, and who owes. */

import type { Platform } from '@slf/platform';
import type { Minor } from '#lib/domain/money.ts';
import { list, type Query, type RowRef } from './query.ts';
import type { EntryRow } from './register.ts';

export interface PersonRow extends RowRef {
	name: string | null;
	/** Hex; null for somebody without the app. */
	identity: string | null;
}

export function people(scopes: readonly string[]): Query<PersonRow> {
	return {
		name: 'people',
		sql: `SELECT scope_id, id, name, identity FROM people
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL ORDER BY name, id, scope_id`,
		params: [list(scopes)]
	};
}

export interface OwedRow {
	scope_id: string;
	person: string;
	currency: string;
	/** Above zero: gets back. Below: owes. The people of one ledger and currency sum to zero. */
	minor: Minor;
}

export function owed(scopes: readonly string[]): Query<OwedRow> {
	return {
		name: 'owed',
		sql: `SELECT r.scope_id, substr(r.id, 6) AS person, m.currency, sum(m.minor) AS minor
			FROM json_each(?) s CROSS JOIN refs r ON r.scope_id = s.value AND r.id >= 'owes:' AND r.id < 'owes;'
				CROSS JOIN months m ON m.place = r.n
			GROUP BY r.n, m.currency ORDER BY r.scope_id, person, m.currency`,
		params: [list(scopes)]
	};
}

/** The transactions that made somebody's balance, newest first. */
export function owedBecauseOf(person: RowRef, limit: number): Query<EntryRow & { currency: string; minor: number }> {
	return {
		name: 'owed-because-of',
		sql: `SELECT v.scope_id, v.id, v.body, e.versions, p.currency, p.minor
			FROM refs r CROSS JOIN postings p ON p.place = r.n
				CROSS JOIN entries e ON e.n = p.n CROSS JOIN revisions v ON v.rowid = e.r
			WHERE r.scope_id = ? AND r.id = ? ORDER BY p.n DESC LIMIT ?`,
		params: [person.scope_id, `owes:${person.id}`, limit]
	};
}

/** Adds somebody without the app, by a name. */
export async function addPerson(platform: Platform, scope: string, name: string): Promise<RowRef> {
	const id = platform.id();
	await platform.exec('INSERT INTO people (scope_id, id, name) VALUES (?, ?, ?)', [scope, id, name]);
	return { scope_id: scope, id };
}

/** Makes the members of a ledger people of it, each once, whoever's device does so first. */
export async function addMembers(
	platform: Platform,
	scope: string,
	members: readonly { identity: string; name: string }[]
): Promise<void> {
	await platform.exec(
		`INSERT INTO people (scope_id, id, name, identity)
			SELECT ?1, 's:' || (value ->> '$[0]'), value ->> '$[1]', value ->> '$[0]' FROM json_each(?2) m
			WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.scope_id = ?1 AND p.identity = m.value ->> '$[0]')`,
		[scope, list(members.map(({ identity, name }) => [identity, name]))]
	);
}
