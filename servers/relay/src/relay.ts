/**
 * The relay: devices that cannot reach each other directly talk through it, and find each other at it.
 *
 * It carries circuits (libp2p's relay, version 2) between the transport peer ids of devices. Inside a circuit the two
 * ends run Noise with each other, so the relay sees who dials whom, when and how much, and no content. It keeps nothing
 * on disk but its own key.
 */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import type { Libp2p } from 'libp2p';
import { registerRendezvous } from './rendezvous.ts';
import type { Rendezvous } from './rendezvous.ts';

/** Devices that may be reachable through one relay at a time. */
const MAX_RESERVATIONS = 2000;

/** Circuits that one device may have opened at a time; libp2p's own limit is 32. */
const MAX_CIRCUITS_PER_DEVICE = 128;

export interface RelayServices extends Record<string, unknown> {
	relay: CircuitRelayService;
}

/** The services that a node needs to be a relay. */
export function relayServices(): { relay: ReturnType<typeof circuitRelayServer> } {
	return {
		relay: circuitRelayServer({
			maxInboundHopStreams: MAX_CIRCUITS_PER_DEVICE,
			// The stock limits (128 KiB and two minutes for a whole circuit) are for strangers' relays.
			reservations: { maxReservations: MAX_RESERVATIONS, applyDefaultLimit: false }
		})
	};
}

/** Makes a node with `relayServices` a relay with rendezvous. */
export async function startRelaying(node: Libp2p<RelayServices>): Promise<Rendezvous> {
	// libp2p keeps the reservation of a device that left for two hours. Devices that come and go would use them all up.
	// The reservation's own timer must be ended too: later it would delete the next reservation of the same device.
	node.addEventListener('peer:disconnect', ({ detail: peer }) => {
		const { reservations } = node.services.relay;
		reservations.get(peer)?.signal.clear();
		reservations.delete(peer);
	});
	return registerRendezvous(node);
}
