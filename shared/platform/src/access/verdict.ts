/**
 * The verdict on a batch: may its author do all that is in it?
 *
 * A function of the batch and of the part of the access log that the batch itself names, so every peer that has both
 * comes to the same verdict, whenever they came. What is missing makes it wait; it never turns a refusal into consent.
 *
 *  R1  the grant is in force and belongs to the author's identity; its role may do each verb to each table and column
 *  R9  tables and columns are declared; values have the declared type; verbs follow from the batch alone:
 *        I  all replicated columns, column version 1, causal length 1, an id that the author's identity made
 *        D  an even causal length;  an odd one above 1 is D and I;  everything else is U
 *      a WRITE_ONCE cell is written once, with its row, by the one whose tag the row's id bears
 *
 * The bound on growth over the scope needs all batches that are here and is applied by the log.
 */
import { fromHex } from '../crypto/bytes.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Change } from '../protocol/batch.ts';
import type { SqlValue } from '../protocol/sql-value.ts';
import { contentId, isIdOf } from '../protocol/row-id.ts';
import type { AccessLog } from './access-log.ts';
import type { BatchClaim, Hex, Refusal } from './operation.ts';
import { allows, type DeclaredColumn, type DeclaredTable, type Declaration } from './policy.ts';
import type { Role, Verb } from './roles.ts';

export type Verdict =
	| { status: 'valid'; identity: Hex; role: Role; declaration: Declaration }
	| { status: 'waiting'; for: Hex }
	| { status: 'refused'; refusal: Refusal };

/** Growth that one batch may claim, and versions that it may hold above what the scope has grown to. */
export const MAX_GROWTH = LIMITS.changes;

export function judgeBatch(access: AccessLog, batch: BatchClaim): Verdict {
	for (const head of batch.heads) if (!access.isSettled(head)) return { status: 'waiting', for: head };
	const binding = access.bindingOf(batch.author);
	if (!binding) return { status: 'waiting', for: batch.author };
	const grant = access.grant(batch.grant);
	if (!grant && !access.isSettled(batch.grant)) return { status: 'waiting', for: batch.grant };
	if (grant?.subject !== binding.identity) {
		return refuse({ rule: 'R1', reason: 'it does not cite a grant in force of its author' });
	}
	const declaration = access.policyAt(batch.heads, batch.schema);
	if (!declaration) return refuse({ rule: 'R1', reason: 'no owner had published a policy for its schema' });
	const refusal = judgeContent(declaration, grant.role, binding.identity, batch);
	return refusal ? refuse(refusal) : { status: 'valid', identity: binding.identity, role: grant.role, declaration };
}

/** What in the batch this role may not do, or undefined. */
export function judgeContent(
	declaration: Declaration,
	role: Role,
	identity: Hex,
	batch: Pick<BatchClaim, 'changes' | 'texts' | 'count'>
): Refusal | undefined {
	if (batch.count > MAX_GROWTH) return { rule: 'R9', reason: `it claims a growth above ${MAX_GROWTH}` };
	if (batch.count < batch.changes.length + batch.texts.length) {
		return { rule: 'R9', reason: 'it holds more than it counts' };
	}
	const maker = fromHex(identity);
	const inserted = new Set<string>();
	for (const [key, row] of rowsOf(batch.changes)) {
		const table = declaration.get(row[0]![0]);
		if (!table) return { rule: 'R9', reason: 'no such table in the policy', table: row[0]![0] };
		const judged = judgeRow(table, role, maker, row);
		if ('rule' in judged) return judged;
		if (judged.isInsert) inserted.add(key);
	}
	for (const [name, id, column] of batch.texts) {
		const table = declaration.get(name);
		if (!table) return { rule: 'R9', reason: 'no such table in the policy', table: name };
		if (table.columns.find((declared) => declared.name === column)?.class !== 'REALTIME') {
			return { rule: 'R9', reason: 'not a column of live text', table: name, column };
		}
		// Who may put a row there may also give it its first text.
		if (inserted.has(rowKey(name, id))) continue;
		if (!allows(table, role, 'U', column)) return denied(table.name, role, 'U', column);
	}
	return undefined;
}

/** Changes by row, in their order. */
export function rowsOf(changes: readonly Change[]): Map<string, Change[]> {
	const rows = new Map<string, Change[]>();
	for (const change of changes) {
		const key = rowKey(change[0], change[1]);
		const row = rows.get(key);
		if (row) row.push(change);
		else rows.set(key, [change]);
	}
	return rows;
}

function rowKey(table: string, id: string): string {
	return `${table}\0${id}`;
}

function judgeRow(
	table: DeclaredTable,
	role: Role,
	maker: Uint8Array,
	row: readonly Change[]
): Refusal | { isInsert: boolean } {
	const malformed = checkForm(table, row);
	if (malformed) return malformed;
	const causalLength = row[0]![5];
	const id = row[0]![1];
	const cells = row.filter(([, , column]) => column !== '');
	const byAuthor = isIdOf(id, maker) || isContentId(table, id, cells);
	const isInsert = causalLength === 1 && byAuthor && isWhole(table, cells) && cells.every((cell) => cell[4] === 1);
	// cr-sqlite sends this when a key was changed: the new row's cells are not in it, and nobody would ever get them.
	if (causalLength % 2 === 1 && cells.length < row.length && !isWhole(table, cells)) {
		const reason = "a row's id and scope_id never change: insert it anew and delete the old one";
		return { rule: 'R9', reason, table: table.name };
	}
	const writeOnce = checkWriteOnce(table, causalLength, cells, byAuthor);
	if (writeOnce) return writeOnce;

	const needed: [Verb, string?][] = [];
	if (causalLength % 2 === 0) needed.push(['D']);
	else if (causalLength > 1) needed.push(['D'], ['I']);
	else if (isInsert) needed.push(['I']);
	else if (cells.length === 0) needed.push(['U']);
	else for (const cell of cells) needed.push(['U', cell[2]]);
	for (const [verb, column] of needed) {
		if (!allows(table, role, verb, column)) return denied(table.name, role, verb, column);
	}
	return { isInsert };
}

/** One causal length for the row, each column once and declared, values of the declared type, versions in range. */
function checkForm(table: DeclaredTable, row: readonly Change[]): Refusal | undefined {
	const causalLength = row[0]![5];
	const seen = new Set<string>();
	for (const [, id, column, value, version, length, seq] of row) {
		const bad = (reason: string): Refusal => ({ rule: 'R9', reason, table: table.name, column });
		if (id === '') return bad('a row without an id');
		if (length !== causalLength || length < 1) return bad('a row with two causal lengths, or none');
		if (version < 1 || seq > MAX_SEQ) return bad('a version or place out of range');
		if (seen.has(column)) return bad('a cell that stands there twice');
		seen.add(column);
		if (column === '') {
			if (value !== null || version !== length) return bad('a mark of a row that is none');
			continue;
		}
		if (length % 2 === 0) return bad('a cell of a deleted row');
		const declared = table.columns.find(({ name }) => name === column);
		if (!declared) return bad('no such column in the policy');
		if (!isReplicatedCell(declared)) return bad(`a ${declared.class} column is not written this way`);
		if (!hasType(value, declared)) return bad(`not a value of type ${declared.affinity}`);
	}
	return undefined;
}

/** Far above what a transaction within the bound on growth can number. */
const MAX_SEQ = 2 ** 31 - 1;

/** Whether the column travels as cells. Live text goes as updates, ephemeral values never enter a batch. */
export function isReplicatedCell(column: DeclaredColumn): boolean {
	return column.class === 'LWW' || column.class === 'WRITE_ONCE';
}

function isWhole(table: DeclaredTable, cells: readonly Change[]): boolean {
	return cells.length === table.columns.filter(isReplicatedCell).length;
}

function hasType(value: SqlValue, column: DeclaredColumn): boolean {
	if (value === null) return true;
	switch (column.affinity) {
		case 'TEXT':
			return typeof value === 'string';
		case 'INTEGER':
			return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
		case 'REAL':
			return typeof value === 'number';
		case 'BLOB':
			return value instanceof Uint8Array;
	}
}

function checkWriteOnce(
	table: DeclaredTable,
	causalLength: number,
	cells: readonly Change[],
	byAuthor: boolean
): Refusal | undefined {
	if (!table.columns.some((column) => column.class === 'WRITE_ONCE')) return undefined;
	const refusal = (reason: string, column?: string): Refusal => ({
		rule: 'R9',
		reason,
		table: table.name,
		...(column === undefined ? {} : { column })
	});
	// A row that came back would come with other values.
	if (causalLength > 2) return refusal('a row with WRITE_ONCE columns does not come back');
	for (const [, , name, , version] of cells) {
		if (table.columns.find((column) => column.name === name)!.class !== 'WRITE_ONCE') continue;
		if (version !== 1) return refusal('a WRITE_ONCE column is written again', name);
		if (!byAuthor) return refusal('a WRITE_ONCE column of a row that somebody else may have made', name);
	}
	return undefined;
}

/** Whether the id is the hash of the row's WRITE_ONCE values, all of which are here. */
function isContentId(table: DeclaredTable, id: string, cells: readonly Change[]): boolean {
	if (!id.startsWith('h:')) return false;
	const values: SqlValue[] = [];
	for (const column of table.columns) {
		if (column.class !== 'WRITE_ONCE') continue;
		const cell = cells.find((candidate) => candidate[2] === column.name);
		if (!cell) return false;
		values.push(cell[3]);
	}
	return values.length > 0 && contentId(values) === id;
}

function denied(table: string, role: Role, verb: Verb, column?: string): Refusal {
	const words = { R: 'read', I: 'insert into', U: 'update', D: 'delete from' };
	return {
		rule: 'R1',
		reason: `${role} may not ${words[verb]} "${table}"`,
		table,
		role,
		...(column === undefined ? {} : { column })
	};
}

function refuse(refusal: Refusal): Verdict {
	return { status: 'refused', refusal };
}
