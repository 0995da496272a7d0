/**
 * What a device and a relay say on `/slf/rendezvous/1`: one stream for each device, open as long as the connection.
 *
 *     device  PUT   tag, blob       "tell others of this tag my note"; again within two minutes, else it is forgotten
 *             DROP  tag
 *     relay   PEER  tag, blob       another's note under a tag that this device holds
 *             REFUSED tag, reason
 *
 * Both sides answer heartbeats (frame kinds 3 and 4, see framed-stream.ts).
 */
import { bytes, bytesUpTo, decode, encode, map, oneOf, union } from './cbor.ts';
import type { Shape } from './cbor.ts';
import { RENDEZVOUS_LIMITS } from './rendezvous-directory.ts';

export const RENDEZVOUS_PROTOCOL = '/slf/rendezvous/1';

/** Largest message of this protocol, in bytes. */
export const RENDEZVOUS_MESSAGE = RENDEZVOUS_LIMITS.blob + 256;

const tag = bytes(32);
const blob = bytesUpTo(RENDEZVOUS_LIMITS.blob);

const request = union({
	PUT: map({ type: oneOf('PUT'), tag, blob }),
	DROP: map({ type: oneOf('DROP'), tag })
});

const answer = union({
	PEER: map({ type: oneOf('PEER'), tag, blob }),
	REFUSED: map({
		type: oneOf('REFUSED'),
		tag,
		reason: oneOf('too-large', 'too-many-tags', 'tag-full', 'directory-full', 'too-fast')
	})
});

export type RendezvousRequest = Shape<typeof request>;
export type RendezvousAnswer = Shape<typeof answer>;

export const encodeRendezvous = (message: RendezvousRequest | RendezvousAnswer): Uint8Array => encode(message);
/** @throws ProtocolError */
export const decodeRendezvousRequest = (received: Uint8Array): RendezvousRequest =>
	decode(received, request, RENDEZVOUS_MESSAGE);
/** @throws ProtocolError */
export const decodeRendezvousAnswer = (received: Uint8Array): RendezvousAnswer =>
	decode(received, answer, RENDEZVOUS_MESSAGE);
