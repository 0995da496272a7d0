/**
 * What a device and a mailbox say on `/slf/mailbox/1`: one stream for each device.
 *
 *     device   DEPOSIT  id, tag, records        each record as its author made it
 *              FETCH    id, tag, after, most    records deposited after position `after`, about `most` bytes
 *              WATCH    tag / UNWATCH tag       tell me when something comes
 *     mailbox  WELCOME  mailbox                 first message: which store this is; positions hold for it alone
 *              DEPOSITED id, stored, known, refused?    sent when it is on disk. Records after a refused one were not
 *                                               looked at
 *              RECORDS  id, records, next, more, gap    `gap`: between `after` and the first of these, some were dropped
 *              NEWS     tag, latest             the position of the newest record of a watched tag
 *              FAILED   id, reason
 *
 * A position counts the deposits of one tag from 1. There is no delete.
 */
import { array, bool, bytes, bytesUpTo, decode, encode, int, map, oneOf, optional, union, version } from './cbor.ts';
import type { Shape } from './cbor.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';

export const MAILBOX_PROTOCOL = '/slf/mailbox/1';

/** Bytes of records in one answer, unless a single record is larger. */
export const MAILBOX_PAGE = 1024 * 1024;

/** Largest message of this protocol, in bytes. */
export const MAILBOX_MESSAGE = LIMITS.record + MAILBOX_PAGE;

/** Records in one deposit or answer. */
export const MAILBOX_RECORDS = 4096;

/** Tags that one session may watch. */
export const MAILBOX_WATCHES = 1024;

const tag = bytes(32);
const id = int(0, MOST_INTEGER);
const position = int(0, MOST_INTEGER);
const records = array(bytesUpTo(LIMITS.record), MAILBOX_RECORDS);

const request = union({
	DEPOSIT: map({ type: oneOf('DEPOSIT'), id, tag, records }),
	FETCH: map({ type: oneOf('FETCH'), id, tag, after: position, most: int(1, MAILBOX_PAGE) }),
	WATCH: map({ type: oneOf('WATCH'), tag }),
	UNWATCH: map({ type: oneOf('UNWATCH'), tag })
});

const refusal = map({
	/** Index in the deposit, from 0. */
	index: int(0, MAILBOX_RECORDS),
	reason: oneOf('malformed', 'wrong-tag', 'gap', 'fork', 'unknown-chains', 'full'),
	/** With `gap`: the seq that the mailbox wants next of this chain. */
	expected: optional(int(1, MOST_INTEGER))
});

const answer = union({
	WELCOME: map({ type: oneOf('WELCOME'), v: version(1), mailbox: bytes(16) }),
	DEPOSITED: map({
		type: oneOf('DEPOSITED'),
		id,
		stored: int(0, MAILBOX_RECORDS),
		known: int(0, MAILBOX_RECORDS),
		refused: optional(refusal)
	}),
	RECORDS: map({ type: oneOf('RECORDS'), id, records, next: position, more: bool, gap: bool }),
	NEWS: map({ type: oneOf('NEWS'), tag, latest: position }),
	FAILED: map({ type: oneOf('FAILED'), id, reason: oneOf('storage', 'too-many-watches') })
});

export type MailboxRequest = Shape<typeof request>;
export type MailboxAnswer = Shape<typeof answer>;
export type DepositRefusal = Shape<typeof refusal>;

export const encodeMailbox = (message: MailboxRequest | MailboxAnswer): Uint8Array => encode(message);
/** @throws ProtocolError */
export const decodeMailboxRequest = (received: Uint8Array): MailboxRequest =>
	decode(received, request, MAILBOX_MESSAGE);
/** @throws ProtocolError */
export const decodeMailboxAnswer = (received: Uint8Array): MailboxAnswer => decode(received, answer, MAILBOX_MESSAGE);
