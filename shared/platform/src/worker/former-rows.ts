/**
 * Moves what a former identity wrote on this device into the databases of the identity that replaced it, when words
 * were restored or the device was paired (A9 of the identity rules). Logs are never merged: every row is written anew.
 *
 * - Rows of the personal scope go to the new personal scope. Every other scope becomes a new scope of the same kind
 *   and name, which holds a copy: the memberships of the former identity end with it.
 * - Ids name their maker, so rows get new ones, and change with them wherever a text or another id holds one: an app
 *   keeps lists of ids in one cell, and makes ids of two. So do the ids of scopes and of the identity; a scope's name
 *   where it is the whole value. Sealed values are bound to their place, so they are opened there and sealed here.
 * - It may be cut off anywhere and run again: new ids follow from old ones, and rows that are there are left alone.
 */

import { makeId, timeOfId } from '../protocol/row-id.ts';
import { sha256 } from '../crypto/hash.ts';
import { toHex, utf8 } from '../crypto/bytes.ts';
import type { Schema, Table } from '../engine/schema.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { SqlValue } from '../protocol/shapes.ts';
import { databaseName, type Environment } from './environment.ts';
import { openReplica, type HostedReplica } from './hosted-replica.ts';

/** Rows that are written in one transaction. */
const AT_ONCE = 200;

/** What may be the id of a row, or the hex of a scope or an identity, with nothing that continues it on either side. */
const ID = /(?<![0-9a-z])(?:[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{64})(?![0-9a-z])/g;

export interface MoveOptions {
	environment: Environment;
	database: string;
	schema: Schema;
	former: PersonKeys;
	person: PersonKeys;
	into: HostedReplica;
}

/** Moves the rows and removes the former database. Does nothing where there is none. */
export async function moveFormerRows(options: MoveOptions): Promise<void> {
	const { environment, database, schema, former, into } = options;
	const name = databaseName(former.identity, database);
	if (!(await environment.files.exists(name))) return;
	const from = await openReplica({ environment, database, schema, person: former });
	try {
		copy(from, into, options);
	} finally {
		from.close();
	}
	into.checkpoint();
	await environment.files.remove(name);
}

function copy(from: HostedReplica, into: HostedReplica, { schema, former, person }: MoveOptions): void {
	from.materialise();
	const tables = schema.tables.filter((table) => table.replicated);
	const rows = tables.map((table) => ({ table, rows: readRows(from, table) }));
	const all = rows.flatMap(({ rows }) => rows);
	if (all.length === 0) return;
	const scopes = makeScopes(from, into, new Set(all.map((row) => row['scope_id'] as string)));
	const renamed = new Map([
		...scopes.names,
		...scopes.ids,
		...newIds(all, person.identity),
		[toHex(former.identity), toHex(person.identity)]
	]);
	const value = (old: SqlValue): SqlValue => {
		if (typeof old !== 'string') return old;
		return renamed.get(old) ?? old.replace(ID, (id) => renamed.get(id) ?? id);
	};
	for (const { table, rows: tableRows } of rows) {
		const columns = columnsOf(table);
		const sql = `INSERT INTO ${quote(table.name)} (${columns.map(quote).join(', ')})
			SELECT ${columns.map(() => '?').join(', ')}
			WHERE NOT EXISTS (SELECT 1 FROM ${quote(table.name)} WHERE scope_id = ? AND id = ?)`;
		for (let at = 0; at < tableRows.length; at += AT_ONCE) {
			into.replica.begin();
			try {
				for (const row of tableRows.slice(at, at + AT_ONCE)) {
					const [scope, id] = [value(row['scope_id']!) as string, value(row['id']!) as string];
					const values = columns.map((column) => {
						const place = { table: table.name, column };
						const old = { ...place, scope: row['scope_id'] as string, id: row['id'] as string };
						const secret =
							row[column] instanceof Uint8Array ? from.replica.sealed.tryOpen(old, row[column]) : undefined;
						return secret === undefined
							? value(row[column]!)
							: into.replica.sealed.seal({ ...place, scope, id }, secret);
					});
					into.run(sql, [...values, scope, id]);
				}
				into.replica.commit();
			} catch (error) {
				if (into.replica.inTransaction) into.replica.rollback();
				throw error;
			}
		}
	}
}

/** Where each scope's rows go, by local name and by true id. */
function makeScopes(from: HostedReplica, into: HostedReplica, used: ReadonlySet<string>) {
	const names = new Map<string, string>();
	const ids = new Map<string, string>();
	const known = new Map(into.scopes().map((info) => [info.scope, info]));
	for (const info of from.scopes()) {
		if (!used.has(info.scope)) continue;
		let target = info.personal ? known.get(into.personalScope()) : undefined;
		// Made by an earlier run that was cut off: its name says whose copy it is.
		target ??= [...known.values()].find(
			(other) => other.kind === info.kind && other.name === info.name && !other.personal
		);
		if (!target) {
			const made = into.replica.createScope(info.kind, { name: info.name });
			target = into.scopes().find(({ scope }) => scope === made.scope)!;
		}
		known.delete(target.scope);
		names.set(info.scope, target.scope);
		ids.set(info.id, target.id);
	}
	return { names, ids };
}

/** An id of the new identity for each old one: of the same time, and always the same. */
function newIds(rows: readonly Record<string, SqlValue>[], identity: Uint8Array): Map<string, string> {
	const renamed = new Map<string, string>();
	const taken = new Set<string>();
	const old = [...new Set(rows.map((row) => row['id'] as string))].sort();
	for (const id of old) {
		const time = timeOfId(id);
		if (time === undefined) continue;
		const hash = sha256(utf8(id));
		let counter = ((hash[0]! << 8) | hash[1]!) & 4095;
		while (taken.has(makeId(identity, time, counter))) counter = (counter + 1) & 4095;
		const next = makeId(identity, time, counter);
		taken.add(next);
		renamed.set(id, next);
	}
	return renamed;
}

function readRows(from: HostedReplica, table: Table): Record<string, SqlValue>[] {
	const columns = columnsOf(table);
	const sql = `SELECT ${columns.map(quote).join(', ')} FROM ${quote(table.name)} ORDER BY scope_id, id`;
	return from.run(sql, []).rows.map((values) => Object.fromEntries(columns.map((column, at) => [column, values[at]!])));
}

/** Those that are stored. */
function columnsOf(table: Table): string[] {
	return table.columns.filter((column) => column.class !== 'EPHEMERAL').map((column) => column.name);
}

function quote(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
