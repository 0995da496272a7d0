/**
 * The content of a data record: what one transaction changed in one scope, and under which grant. A transaction that is
 * too large for one becomes several records that follow each other in the chain.
 *
 * The wire carries no scope id: the receiver supplies the scope of the record, so a write into another scope cannot be
 * expressed.
 */
import { array, bytes, bytesUpTo, decode, encode, int, map, optional, sqlValue, text, tuple, version } from './cbor.ts';
import type { Schema } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';
import type { SqlValue } from './sql-value.ts';

/**
 * One cell: table, row id, column, value, column version, causal length, place in the transaction. Column '' with value
 * null is the row's own mark (cr-sqlite's sentinel): it exists (odd causal length) or is deleted (even).
 */
export type Change = [
	table: string,
	id: string,
	column: string,
	value: SqlValue,
	columnVersion: number,
	causalLength: number,
	seq: number
];

/** One Yjs update of a text: table, row id, column, client counter, update (version 1 encoding). */
export type TextUpdate = [table: string, id: string, column: string, counter: number, update: Uint8Array];

export interface BatchBody {
	v: 1;
	/** Hash of the grant under which the author writes. */
	grant: Uint8Array;
	/** Heads of the access log that the author saw. */
	heads: Uint8Array[];
	/** What of the data log the author saw: pseudonym, seq. A claim, for bounds and for display. */
	frontier: [author: Uint8Array, seq: number][];
	/** Number of operations, cells and text updates. */
	count: number;
	/** Hash of the schema that the author wrote under. */
	schema: Uint8Array;
	/** Milliseconds since 1970 by the author's clock, for display only. */
	time: number;
	changes: Change[];
	texts: TextUpdate[];
	/** Which part of the transaction this is, of how many, from 1. Absent: it is whole. */
	part?: [index: number, of: number];
}

const name = text(LIMITS.identifier);
const counter = int(0, MOST_INTEGER);

const changeSchema: Schema<Change> = tuple(
	name,
	text(LIMITS.rowId),
	name,
	sqlValue(LIMITS.value),
	counter,
	counter,
	counter
);

const textUpdateSchema: Schema<TextUpdate> = tuple(
	name,
	text(LIMITS.rowId),
	name,
	counter,
	bytesUpTo(LIMITS.textUpdate)
);

const batchSchema: Schema<BatchBody> = map({
	v: version(1),
	grant: bytes(32),
	heads: array(bytes(32), LIMITS.heads),
	frontier: array(tuple(bytes(32), int(1, MOST_INTEGER)), LIMITS.chains),
	count: int(0, LIMITS.changes + LIMITS.textUpdates),
	schema: bytes(32),
	time: int(0, MOST_INTEGER),
	changes: array(changeSchema, LIMITS.changes),
	texts: array(textUpdateSchema, LIMITS.textUpdates),
	part: optional(tuple(int(1, LIMITS.parts), int(2, LIMITS.parts)))
});

export function encodeBatch(body: BatchBody): Uint8Array {
	return encode(body);
}

/** Throws ProtocolError. */
export function decodeBatch(content: Uint8Array): BatchBody {
	const body = decode(content, batchSchema, LIMITS.content);
	if (body.part && body.part[0] > body.part[1]) {
		throw new ProtocolError('WRONG_SHAPE', 'part', 'more parts than the whole has');
	}
	return body;
}
