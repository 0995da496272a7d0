/**
 * How two devices that share a secret find each other: both leave a sealed note with their transport peer id under a
 * tag that only the secret gives, and the guest dials the host. The relay sees a tag and sealed bytes.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { open, seal } from '../crypto/envelope.ts';
import { CryptoError } from '../crypto/errors.ts';
import { LABELS } from '../crypto/labels.ts';
import { decode, encode, map, oneOf, text } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { HandshakeError, type SharedSecret } from './emoji-handshake.ts';
import type { Timers } from '../protocol/timers.ts';
import type { Channel, Transport } from './transport/transport.ts';

type Side = 'host' | 'guest';

const noteSchema = map({ side: oneOf('host', 'guest'), peerId: text(200) });

/** Leaves the host's note. Returns what takes it away. */
export function waitAsHost(transport: Transport, secret: SharedSecret): () => void {
	transport.rendezvous.register(secret.tag, noteOf(transport, secret, 'host'));
	return () => transport.rendezvous.unregister(secret.tag);
}

/**
 * Looks for the host for `within` milliseconds and connects to it. Throws HandshakeError NOBODY when no host could be
 * reached in that time, CANCELLED when `signal` says so.
 */
export function findHost(
	transport: Transport,
	secret: SharedSecret,
	within: number,
	timers: Timers,
	signal: AbortSignal
): Promise<Channel> {
	return new Promise((resolve, reject) => {
		const { rendezvous } = transport;
		const tried = new Set<string>();
		let over = false;
		const finish = (): boolean => {
			if (over) return false;
			over = true;
			stopListening();
			cancelTimer();
			signal.removeEventListener('abort', onAbort);
			rendezvous.unregister(secret.tag);
			return true;
		};
		const fail = (code: 'NOBODY' | 'CANCELLED'): void => {
			if (finish()) reject(new HandshakeError(code));
		};
		const onAbort = (): void => fail('CANCELLED');
		const stopListening = rendezvous.onPeer((tag, blob) => {
			if (!equalBytes(tag, secret.tag)) return;
			const peerId = readNote(secret, blob);
			if (peerId === undefined || tried.has(peerId)) return;
			tried.add(peerId);
			transport.dial(peerId, secret.purpose).then(
				(channel) => {
					if (finish()) resolve(channel);
					else channel.close('another device was found first');
				},
				// It may leave its note again, with a better connection.
				() => tried.delete(peerId)
			);
		});
		const cancelTimer = timers.after(within, () => fail('NOBODY'));
		signal.addEventListener('abort', onAbort);
		if (signal.aborted) onAbort();
		else rendezvous.register(secret.tag, noteOf(transport, secret, 'guest'));
	});
}

function noteOf(transport: Transport, secret: SharedSecret, side: Side): Uint8Array {
	return seal(secret.key, LABELS.meetingNote, secret.tag, encode({ side, peerId: transport.peerId }));
}

/** The peer id of a host's note; undefined for a guest's, or what somebody without the secret left there. */
function readNote(secret: SharedSecret, blob: Uint8Array): string | undefined {
	try {
		const note = decode(open(secret.key, LABELS.meetingNote, secret.tag, blob), noteSchema, 512);
		return note.side === 'host' ? note.peerId : undefined;
	} catch (error) {
		if (error instanceof CryptoError || error instanceof ProtocolError) return undefined;
		throw error;
	}
}

/** A key for maps of secrets. */
export const tagKey = (secret: SharedSecret): string => toHex(secret.tag);
