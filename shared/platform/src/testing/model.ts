/**
 * The oracle: what the rows of a scope must be, computed from its records alone, without a database.
 *
 * It knows nothing of order or cr-sqlite. A batch counts if its author's chain reaches it and the rest of its transaction,
 * the rules find it valid and no version in it is above the growth of all such batches. Of a row the greatest causal length counts; of a
 * cell, among the changes at that causal length, the greatest version, and of those the bigger value.
 */
import { evaluate, type Genesis } from '../access/access-log.ts';
import type { DeclaredTable, Declaration } from '../access/policy.ts';
import { isReplicatedCell, judgeBatch } from '../access/verdict.ts';
import { compareBytes, equalBytes, toHex, utf8 } from '../crypto/bytes.ts';
import type { SqlValue } from '../engine/sqlite.ts';
import { readOperation } from '../log/access-records.ts';
import { Scope, type ScopeRow } from '../log/scope.ts';
import { decodeBatch, type BatchBody, type Change } from '../protocol/batch.ts';
import { NO_RECORD, openRecord, splitRecord, type SplitRecord } from '../protocol/record.ts';

export interface ModelScope {
	row: ScopeRow;
	key: Uint8Array;
	ownsDerived?: Genesis['ownsDerived'];
}

/** Rows by table: id and the values of its replicated columns in declared order. Rows by id. */
export function modelRows(
	of: ModelScope,
	records: readonly Uint8Array[],
	declaration: Declaration
): Map<string, SqlValue[][]> {
	const scope = new Scope(of.row, [{ number: 0, key: of.key }], of.ownsDerived);
	const split = records.map((bytes) => splitRecord(bytes));
	const access = evaluate(
		scope.access.genesis,
		reachable(split, 'access').map((record) => readOperation(scope, record, record.hash)!)
	);
	const valid: BatchBody[] = [];
	const data = reachable(split, 'data');
	const ends = new Map(data.map(({ header }) => [toHex(header.author), header.seq]));
	for (const record of data) {
		const body = decodeBatch(openRecord(record, scope.epoch.secrets.content));
		const { changes, texts, count } = body;
		const claim = {
			grant: toHex(body.grant),
			heads: body.heads.map(toHex),
			schema: toHex(body.schema),
			changes,
			texts,
			count
		};
		const author = toHex(record.header.author);
		const [part, of] = body.part ?? [1, 1];
		const isComplete = record.header.seq + of - part <= ends.get(author)!;
		if (isComplete && judgeBatch(access, { author, ...claim }).status === 'valid') valid.push(body);
	}
	const growth = valid.reduce((sum, { count }) => sum + count, 0);
	const within = valid.filter(({ changes }) =>
		changes.every(([, , , , version, length]) => Math.max(version, length) <= growth)
	);
	const changes = within.flatMap((body) => body.changes);
	return new Map([...declaration.values()].map((table) => [table.name, rowsOf(table, changes)]));
}

/** Records that their author's chain reaches from its beginning. */
function reachable(records: readonly SplitRecord[], log: 'access' | 'data'): SplitRecord[] {
	const reached: SplitRecord[] = [];
	const sorted = records.filter(({ header }) => header.log === log).sort((a, b) => a.header.seq - b.header.seq);
	const ends = new Map<string, SplitRecord>();
	for (const record of sorted) {
		const author = toHex(record.header.author);
		const end = ends.get(author);
		if (!equalBytes(record.header.prev, end?.hash ?? NO_RECORD)) continue;
		ends.set(author, record);
		reached.push(record);
	}
	return reached;
}

function rowsOf(table: DeclaredTable, changes: readonly Change[]): SqlValue[][] {
	const byId = new Map<string, Change[]>();
	for (const change of changes) {
		if (change[0] === table.name) byId.set(change[1], [...(byId.get(change[1]) ?? []), change]);
	}
	const rows: SqlValue[][] = [];
	for (const [id, own] of byId) {
		const causalLength = Math.max(...own.map((change) => change[5]));
		if (causalLength % 2 === 0) continue;
		const current = own.filter((change) => change[5] === causalLength);
		const columns = table.columns.filter(isReplicatedCell);
		rows.push([id, ...columns.map(({ name }) => winner(current.filter(([, , column]) => column === name)))]);
	}
	return rows.sort(([a], [b]) => compareBytes(utf8(a as string), utf8(b as string)));
}

function winner(cells: readonly Change[]): SqlValue {
	let best: Change | undefined;
	for (const cell of cells) {
		if (!best || cell[4] > best[4] || (cell[4] === best[4] && compareValues(cell[3], best[3]) > 0)) best = cell;
	}
	return best ? best[3] : null;
}

/** Values of one declared type: NULL is the smallest, text by its bytes. */
function compareValues(a: SqlValue, b: SqlValue): number {
	if (a === null || b === null) return Number(a !== null) - Number(b !== null);
	if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
	if (typeof a === 'string' && typeof b === 'string') return compareBytes(utf8(a), utf8(b));
	return a < b ? -1 : a > b ? 1 : 0;
}
