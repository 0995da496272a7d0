/**
 * Puts the cells of a valid batch into the tables.
 *
 * The receiver alone decides what the wire does not say: the scope (the batch's own, by its local name), the site
 * (from the signer) and the db_version. Keys are packed by the engine itself.
 *
 * A row that came back (odd causal length above 1) is deleted first, at the causal length before. cr-sqlite keeps the
 * old cells of a row that it had not seen deleted, with version 0, and drops those of a row that it had: two peers would
 * differ for ever where a batch does not bring every column.
 */
import type { Declaration } from '../access/policy.ts';
import type { Database } from '../engine/sqlite.ts';
import { sha256 } from '../crypto/hash.ts';
import type { Change } from '../protocol/batch.ts';
import { SENTINEL } from './changes.ts';

const insertOf = (value: string): string =>
	`INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)
		VALUES (?, crsql_pack_columns(?, ?), ?, ${value}, ?, 1, ?, ?, ?)`;
const INSERT = insertOf('?');
// Of two values with one version cr-sqlite takes the bigger, and to it an integer and a real are never equal nor in
// numeric order. 1.0 is an integer on the wire, so it is made real again before it is compared.
const INSERT_REAL = insertOf('CAST(? AS REAL)');

/** The site under which cr-sqlite files what a pseudonym wrote: 16 bytes of its hash. */
export function siteOf(pseudonym: Uint8Array): Uint8Array {
	return sha256(pseudonym).subarray(0, 16);
}

/** Inside `withSyncBitReset` and a transaction. The changes have been judged. */
export function applyChanges(
	db: Database,
	declaration: Declaration,
	scopeName: string,
	site: Uint8Array,
	changes: readonly Change[]
): void {
	const returned = new Set<string>();
	for (const [table, id, column, value, version, causalLength, seq] of changes) {
		if (causalLength > 1 && causalLength % 2 === 1) {
			const row = `${table}\0${id}`;
			if (!returned.has(row)) {
				returned.add(row);
				db.run(INSERT, [table, scopeName, id, SENTINEL, null, causalLength - 1, site, causalLength - 1, seq]);
			}
		}
		const isReal = declaration.get(table)?.columns.some(({ name, affinity }) => name === column && affinity === 'REAL');
		const insert = isReal ? INSERT_REAL : INSERT;
		db.run(insert, [table, scopeName, id, column === '' ? SENTINEL : column, value, version, site, causalLength, seq]);
	}
}

/**
 * A merge that fails leaves cr-sqlite's sync bit set, and every local write after it would be stored but never
 * replicated, without any error. So the bit is cleared however the merge ends.
 */
export function withSyncBitReset<T>(db: Database, merge: () => T): T {
	try {
		return merge();
	} finally {
		db.value('SELECT crsql_internal_sync_bit(0)');
	}
}
