/** The rendezvous protocol on a node: each device's stream is one session of the directory. */
import { systemTimers } from '@slf/host';
import type { Libp2p } from 'libp2p';
import {
	FramedStream,
	HEARTBEAT,
	RENDEZVOUS_MESSAGE,
	RENDEZVOUS_PROTOCOL,
	RendezvousDirectory,
	decodeRendezvousRequest,
	encodeRendezvous
} from '@slf/platform/protocol';
import type { RendezvousLimits } from '@slf/platform/protocol';

export interface Rendezvous {
	readonly directory: RendezvousDirectory;
	/** Streams that were ended because of what came over them. */
	readonly faults: number;
	close(): void;
}

const SWEEP = 30_000;

/** Streams of one device: one in use, and one that replaces it after a reconnect that only one side has noticed. */
const STREAMS_PER_DEVICE = 4;

/** Bytes that wait to go to one device before it counts as not listening. */
const MOST_UNSENT = 512 * 1024;

/** Makes a node answer rendezvous. */
export async function registerRendezvous(node: Libp2p, limits?: RendezvousLimits): Promise<Rendezvous> {
	const directory = new RendezvousDirectory(Date.now, limits);
	const rendezvous = { directory, faults: 0, close: () => clearInterval(sweeping) };
	const sweeping = setInterval(() => directory.sweep(), SWEEP);
	sweeping.unref();

	await node.handle(
		RENDEZVOUS_PROTOCOL,
		(stream) => {
			const framed = new FramedStream(stream, {
				timers: systemTimers,
				maxMessage: RENDEZVOUS_MESSAGE,
				heartbeat: HEARTBEAT
			});
			const session = directory.join((tag, blob) => {
				if (stream.writeBufferLength > MOST_UNSENT) return framed.abort(new Error('does not read'));
				send({ type: 'PEER', tag, blob });
			});
			const send = (answer: Parameters<typeof encodeRendezvous>[0]): void => {
				// Rejects when the stream is over, which `closed` tells as well.
				framed.send(encodeRendezvous(answer)).catch(() => {});
			};
			framed.onMessage((bytes) => {
				const message = decodeRendezvousRequest(bytes);
				if (message.type === 'DROP') return session.drop(message.tag);
				const outcome = session.put(message.tag, message.blob);
				if (outcome !== 'ok') send({ type: 'REFUSED', tag: message.tag, reason: outcome });
			});
			void framed.closed.then((error) => {
				session.close();
				if (error?.name === 'ProtocolError') rendezvous.faults++;
			});
		},
		{ maxInboundStreams: STREAMS_PER_DEVICE }
	);
	return rendezvous;
}
