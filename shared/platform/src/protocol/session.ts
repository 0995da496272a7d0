/**
 * What two devices say to each other on a sync channel, in this order:
 *
 *     VERSION   which versions of this protocol I speak. Its form never changes, so that any two builds can tell each
 *               other which one is too old
 *     HELLO     who I claim to be: identity card, device, a fresh nonce
 *     PROOF     the device's signature over both transport peer ids, both nonces and the version
 *     SCOPES    blinded tags of my scopes; again whenever they change
 *     FRONTIER  for a scope in common: which records I have
 *     RECORDS   what you lack, as its authors made it; on the control lane when little and recent, else on the bulk lane
 *     ACK       so many RECORDS messages of a scope are stored here
 *     EPHEMERAL a value that is never stored, sealed under the scope's key
 *     STATE     hash of the tables at a frontier, to compare
 *
 * A scope goes by the blinded tag that the sender of the message made for it in this session.
 */
import { labelBytes, hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { concatBytes } from '../crypto/bytes.ts';
import { array, bytes, bytesUpTo, decode, encode, int, map, oneOf, text, tuple, union } from './cbor.ts';
import type { Shape } from './cbor.ts';
import { LIMITS, MOST_INTEGER } from './limits.ts';

/** The version of this protocol that this build speaks. */
export const SESSION_VERSION = 1;
/** The oldest version that it still speaks. */
export const SESSION_LEAST = 1;

/** Bytes of records in one RECORDS message, unless a single record is larger. */
export const SESSION_PAGE = 256 * 1024;

/** Largest sealed ephemeral value, in bytes. */
export const MOST_EPHEMERAL = 16 * 1024;

const MOST_MESSAGE = LIMITS.record + SESSION_PAGE;
const MOST_SCOPES = 4096;

/** Sequence numbers from and to, both included. */
const range = tuple(int(1, MOST_INTEGER), int(1, MOST_INTEGER));
const chains = array(tuple(bytes(32), array(range, LIMITS.ranges)), LIMITS.chains);
const tag = bytes(32);
const version = int(1, 65_535);

/** Which records of one log somebody has: pseudonym and ranges of seq, sorted by pseudonym, ranges sorted and apart. */
export type FrontierChain = [author: Uint8Array, ranges: [from: number, to: number][]];

/** Which records of a scope somebody has. */
export interface Frontier {
	access: FrontierChain[];
	data: FrontierChain[];
}

const message = union({
	VERSION: map({ type: oneOf('VERSION'), speaks: version, least: version }),
	HELLO: map({ type: oneOf('HELLO'), card: bytesUpTo(LIMITS.card), device: bytes(32), nonce: bytes(32) }),
	PROOF: map({ type: oneOf('PROOF'), signature: bytes(64) }),
	SCOPES: map({ type: oneOf('SCOPES'), tags: array(tag, MOST_SCOPES) }),
	FRONTIER: map({ type: oneOf('FRONTIER'), scope: tag, access: chains, data: chains }),
	RECORDS: map({ type: oneOf('RECORDS'), scope: tag, records: array(bytesUpTo(LIMITS.record), 4096, 1) }),
	ACK: map({ type: oneOf('ACK'), scope: tag, count: int(1, MOST_INTEGER), refused: int(0, MOST_INTEGER) }),
	EPHEMERAL: map({ type: oneOf('EPHEMERAL'), scope: tag, sealed: bytesUpTo(MOST_EPHEMERAL) }),
	STATE: map({ type: oneOf('STATE'), scope: tag, frontier: bytes(32), state: bytes(32) }),
	BYE: map({ type: oneOf('BYE'), reason: text(200) })
});

export type SessionMessage = Shape<typeof message>;

export const encodeSession = (sent: SessionMessage): Uint8Array => encode(sent);
/** @throws ProtocolError */
export const decodeSession = (received: Uint8Array): SessionMessage => decode(received, message, MOST_MESSAGE);

/** One end of a session, as the proofs name it. */
export interface SessionEnd {
	/** Transport peer id. */
	peerId: string;
	nonce: Uint8Array;
}

/**
 * What PROOF signs under `LABELS.signHello`. It names both ends of this very connection: passed on over another
 * connection, to another peer or in another session it proves nothing.
 */
export function proofStatement(version: number, device: Uint8Array, from: SessionEnd, to: SessionEnd): Uint8Array {
	return encode({ version, device, from: { ...from }, to: { ...to } });
}

/**
 * The tag by which one side names a scope in one session. Who does not hold the scope's session secret learns nothing
 * from it, and cannot make one; the two directions differ, so a tag sent back is not an answer.
 */
export function blindedScope(sessionSecret: Uint8Array, from: SessionEnd, to: SessionEnd): Uint8Array {
	return hkdf(sessionSecret, LABELS.sessionScope, concatBytes(from.nonce, to.nonce));
}

/** For hashes of frontiers: the same records give the same bytes on every device. */
export function encodeFrontier({ access, data }: Frontier): Uint8Array {
	return concatBytes(labelBytes(LABELS.signFrontier), encode({ access, data }));
}
