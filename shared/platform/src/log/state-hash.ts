/**
 * The state of a scope as one hash: equal sets of operations give equal hashes on every peer.
 *
 *     SHA-256(label || cells || texts)
 *     cells: for each table by name, each row by id (bytes): a mark with its causal length, then, if the row lives,
 *            each replicated cell by column name with its value and version
 *     texts: table, row, column, text of each live text that is not empty, in the order of the three names
 *
 * Not in it: the scope's local name, site, db_version, seq and times, which depend on the order of arrival. A row's mark
 * of causal length 1 is implied by any of its cells, and cr-sqlite stores it on some peers only; here it is always there.
 */
import type { DeclaredTable, Declaration } from '../access/policy.ts';
import { isReplicatedCell } from '../access/verdict.ts';
import { compareBytes, utf8 } from '../crypto/bytes.ts';
import { labelledHash, sha256 } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import type { Database, SqlValue } from '../engine/sqlite.ts';
import { encode } from '../protocol/cbor.ts';
import { quoted, SENTINEL } from './changes.ts';

export function stateHash(
	db: Database,
	declaration: Declaration,
	scopeName: string,
	texts: Iterable<readonly [table: string, id: string, column: string, text: string]>
): Uint8Array {
	const hashes: Uint8Array[] = [];
	for (const name of [...declaration.keys()].sort()) {
		hashes.push(sha256(tableBytes(db, declaration.get(name)!, scopeName)));
	}
	return labelledHash(LABELS.stateHash, ...hashes, textHash(texts));
}

function textHash(texts: Iterable<readonly [string, string, string, string]>): Uint8Array {
	const listed = [...texts].map((text) => ({ key: utf8(text.slice(0, 3).join('\0')), text }));
	listed.sort((a, b) => compareBytes(a.key, b.key));
	return sha256(encode(listed.map(({ text }) => [...text])));
}

function tableBytes(db: Database, table: DeclaredTable, scopeName: string): Uint8Array {
	const rows = [...rowsOf(db, table, scopeName)].map(([id, row]) => ({ key: utf8(id), id, row }));
	rows.sort((a, b) => compareBytes(a.key, b.key));
	const listed = rows.map(({ id, row }) => [
		id,
		row.causalLength,
		row.causalLength % 2 === 1 ? row.cells.sort(byName) : []
	]);
	return encode([table.name, listed]);
}

interface RowState {
	causalLength: number;
	cells: [column: string, version: number, value: SqlValue][];
}

function rowsOf(db: Database, table: DeclaredTable, scopeName: string): Map<string, RowState> {
	const rows = new Map<string, RowState>();
	const cells = table.columns.filter(isReplicatedCell).map(({ name }) => name);
	const clock = quoted(`${table.name}__crsql_clock`);
	const keys = quoted(`${table.name}__crsql_pks`);
	const values = cells.map((name) => `WHEN '${name.replaceAll("'", "''")}' THEN t.${quoted(name)}`).join(' ');
	const sql = `SELECT k.id, c.col_name, c.col_version, ${values ? `CASE c.col_name ${values} END` : 'NULL'}
		FROM ${keys} k JOIN ${clock} c ON c.key = k.__crsql_key
			LEFT JOIN ${quoted(table.name)} t ON t.scope_id = k.scope_id AND t.id = k.id
		WHERE k.scope_id = ?`;
	for (const [id, column, version, value] of db.all(sql, [scopeName]) as [string, string, number, SqlValue][]) {
		let row = rows.get(id);
		if (!row) rows.set(id, (row = { causalLength: 1, cells: [] }));
		if (column === SENTINEL) row.causalLength = version;
		else if (cells.includes(column)) row.cells.push([column, version, value]);
	}
	return rows;
}

function byName([a]: [string, number, SqlValue], [b]: [string, number, SqlValue]): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
