/**
 * Payees and tags. Both are made by writing their name, and their ids follow from it, so that two devices that write the
 * same name at the same time make one of them. A payee that was renamed keeps its id: what a bank calls by the old name
 * is found under the new one.
 */

import { contentId, type Platform, type Transaction } from '@slf/platform';
import { foldName } from '#lib/domain/search.ts';
import { list, type Query, type RowRef, type Undo } from './query.ts';
import { setColumns } from './rows.ts';

export interface PayeeRow extends RowRef {
	name: string | null;
	/** Merged into that payee. */
	alias_of: string | null;
}

export interface TagRow extends RowRef {
	name: string | null;
}

export function payees(scopes: readonly string[]): Query<PayeeRow> {
	return {
		name: 'payees',
		sql: `SELECT scope_id, id, name, alias_of FROM payees
			WHERE scope_id IN (SELECT value FROM json_each(?)) ORDER BY name, scope_id, id`,
		params: [list(scopes)]
	};
}

export function tags(scopes: readonly string[]): Query<TagRow> {
	return {
		name: 'tags',
		sql: `SELECT scope_id, id, name FROM tags
			WHERE scope_id IN (SELECT value FROM json_each(?)) ORDER BY name, scope_id, id`,
		params: [list(scopes)]
	};
}

/** The id that a payee of this name has when it is made. */
export const payeeIdOf = (name: string): string => derived('payee', name);
export const tagIdOf = (name: string): string => derived('tag', name);

function derived(kind: string, name: string): string {
	return `s:${contentId([kind, foldName(name)]).slice(2, 28)}`;
}

/**
 * The payees of these names in a scope, made where they are not. A name that some payee has now goes to that one; else
 * to the one that was made with it.
 */
export function payeesNamed(platform: Platform, scope: string, names: readonly string[]): Promise<Map<string, string>> {
	return platform.transaction((tx) => named(tx, platform, 'payees', scope, names, payeeIdOf));
}

export function tagsNamed(platform: Platform, scope: string, names: readonly string[]): Promise<Map<string, string>> {
	return platform.transaction((tx) => named(tx, platform, 'tags', scope, names, tagIdOf));
}

async function named(
	tx: Transaction,
	platform: Platform,
	table: 'payees' | 'tags',
	scope: string,
	names: readonly string[],
	idOf: (name: string) => string
): Promise<Map<string, string>> {
	const columns = table === 'payees' ? 'id, name, alias_of' : 'id, name, NULL AS alias_of';
	const rows = await tx.exec<{ id: string; name: string | null; alias_of: string | null }>(
		`SELECT ${columns} FROM ${table} WHERE scope_id = ? ORDER BY id DESC`,
		[scope]
	);
	const byName = new Map(rows.map((row) => [foldName(row.name ?? ''), row.alias_of ?? row.id]));
	const known = new Set(rows.map(({ id }) => id));
	const found = new Map<string, string>();
	const made: [id: string, name: string][] = [];
	for (const name of names) {
		const key = foldName(name);
		let id = byName.get(key);
		if (id === undefined) {
			// The derived id may be taken by one that was renamed: then this is another.
			id = known.has(idOf(name)) ? platform.id() : idOf(name);
			byName.set(key, id);
			made.push([id, name.trim()]);
		}
		found.set(name, id);
	}
	if (made.length > 0)
		await tx.exec(
			`INSERT INTO ${table} (scope_id, id, name) SELECT ?, value ->> '$[0]', value ->> '$[1]' FROM json_each(?)`,
			[scope, list(made)]
		);
	return found;
}

/**
 * The payees that rows of a statement name. Always by derived id, so that both who import the same statement write the
 * same, whatever each has renamed since; the row is made where it is missing.
 */
export async function payeesOfStatement(
	platform: Platform,
	scope: string,
	names: readonly string[]
): Promise<Map<string, string>> {
	const ids = new Map(names.filter((name) => foldName(name) !== '').map((name) => [name, payeeIdOf(name)]));
	const rows = [...ids].map(([name, id]) => [id, name.trim()]);
	if (rows.length > 0)
		await platform.exec(
			`INSERT INTO payees (scope_id, id, name)
				SELECT ?1, value ->> '$[0]', min(value ->> '$[1]') FROM json_each(?2)
				WHERE NOT EXISTS (SELECT 1 FROM payees p WHERE p.scope_id = ?1 AND p.id = value ->> '$[0]')
				GROUP BY value ->> '$[0]'`,
			[scope, list(rows)]
		);
	return ids;
}

export function renamePayee(platform: Platform, payee: RowRef, name: string): Promise<Undo> {
	return setColumns(platform, 'payees', payee, { name });
}

/** Shows and finds everything of one payee under another, without touching a transaction. */
export function mergePayee(platform: Platform, payee: RowRef, into: string | null): Promise<Undo> {
	return setColumns(platform, 'payees', payee, { alias_of: into });
}
