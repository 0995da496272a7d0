import { startNode } from '@slf/host';
import type { HostOptions, HostedNode } from '@slf/host';
import { relayServices, startRelaying } from './relay.ts';
import type { RelayServices } from './relay.ts';

export { relayServices, startRelaying } from './relay.ts';
export type { RelayServices } from './relay.ts';

/** A relay alone on an HTTP server, at `/p2p`. */
export async function startRelay(options: HostOptions): Promise<HostedNode<RelayServices>> {
	const host = await startNode<RelayServices>(options, relayServices());
	const rendezvous = await startRelaying(host.node);
	return {
		...host,
		async close() {
			rendezvous.close();
			await host.close();
		}
	};
}
