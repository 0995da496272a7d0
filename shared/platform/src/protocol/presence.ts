/**
 * What is shown to the others in a scope and kept by nobody: cursors, and values of EPHEMERAL columns.
 *
 *     sealed  := envelope under the ephemeral key of an epoch, label 'slf/v1/seal/ephemeral', AAD = true scope id
 *     content := CBOR { v, author, serial, body, signature }
 *     signature by the author's pseudonym over scope id || author || serial 8 (big endian) || body,
 *                label 'slf/v1/sig/ephemeral'
 *
 * `serial` grows with every message of an author: an older one is not shown again.
 */

import { concatBytes } from '../crypto/bytes.ts';
import {
	array,
	bytes,
	bytesUpTo,
	decode,
	dictionary,
	encode,
	int,
	map,
	nullable,
	oneOf,
	sqlValue,
	text,
	union,
	version,
	type Shape
} from './cbor.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';
import { MOST_EPHEMERAL } from './session.ts';

/** A Yjs relative position; its form is the text engine's. */
const place = bytesUpTo(256);

const bodySchema = union({
	/** Where an editor's selection is; null: it is gone. */
	CURSOR: map({
		type: oneOf('CURSOR'),
		editor: text(64),
		table: text(LIMITS.identifier),
		id: text(LIMITS.rowId),
		column: text(LIMITS.identifier),
		selection: nullable(map({ anchor: place, head: place }))
	}),
	/** Values of EPHEMERAL columns of rows. */
	VALUES: map({
		type: oneOf('VALUES'),
		rows: array(
			map({
				table: text(LIMITS.identifier),
				id: text(LIMITS.rowId),
				values: dictionary(sqlValue(4096), 32)
			}),
			64
		)
	})
});

const messageSchema = map({
	v: version(1),
	author: bytes(32),
	serial: int(1, MOST_INTEGER),
	body: bytesUpTo(MOST_EPHEMERAL),
	signature: bytes(64)
});

export type PresenceBody = Shape<typeof bodySchema>;
export type PresenceMessage = Omit<Shape<typeof messageSchema>, 'v'>;

export const encodePresence = (message: PresenceMessage): Uint8Array => encode({ v: 1, ...message });

/** @throws ProtocolError */
export function decodePresence(content: Uint8Array): PresenceMessage {
	const { v: _, ...message } = decode(content, messageSchema, MOST_EPHEMERAL);
	return message;
}

export const encodePresenceBody = (body: PresenceBody): Uint8Array => encode(body);

/** @throws ProtocolError */
export const decodePresenceBody = (received: Uint8Array): PresenceBody => decode(received, bodySchema, MOST_EPHEMERAL);

/** What the author signs. */
export function presenceStatement(
	scope: Uint8Array,
	{ author, serial, body }: Pick<PresenceMessage, 'author' | 'serial' | 'body'>
): Uint8Array {
	const number = new Uint8Array(8);
	new DataView(number.buffer).setBigUint64(0, BigInt(serial));
	return concatBytes(scope, author, number, body);
}
