/**
 * The home node: what a household needs, in one process and at one address. A relay with rendezvous, and a mailbox.
 * It sees which devices meet and how much they exchange; it can read nothing (SECURITY.md).
 */
import { startNode } from '@slf/host';
import type { HostOptions, HostedNode } from '@slf/host';
import { startKeeping } from '@slf/mailbox';
import { relayServices, startRelaying } from '@slf/relay';
import type { RelayServices } from '@slf/relay';

export interface HomeNode extends HostedNode<RelayServices> {
	/** Streams that were ended because of what came over them, since the start. */
	readonly faults: number;
}

/**
 * Attaches a home node to an HTTP server: WebSockets at `/p2p`, and `handleRequest` answers `GET /p2p/peer`. The server
 * stays the caller's; `close` leaves it running.
 */
export async function startHome(options: HostOptions): Promise<HomeNode> {
	const host = await startNode<RelayServices>(options, relayServices());
	const rendezvous = await startRelaying(host.node);
	const keeping = await startKeeping(host.node, options);
	return {
		...host,
		get faults() {
			return rendezvous.faults + keeping.faults;
		},
		async close() {
			rendezvous.close();
			await host.close();
			keeping.close();
		}
	};
}
