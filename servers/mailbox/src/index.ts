import { join } from 'node:path';
import { startNode } from '@slf/host';
import type { HostOptions, HostedNode } from '@slf/host';
import { cryptoReady } from '@slf/platform/crypto';
import { registerMailbox } from './service.ts';
import type { MailboxService } from './service.ts';
import { SqliteStorage } from './sqlite-storage.ts';
import type { Libp2p } from 'libp2p';

export { registerMailbox } from './service.ts';
export type { MailboxService } from './service.ts';
export { SqliteStorage } from './sqlite-storage.ts';

const FILE = 'mailbox.sqlite';

/** Makes a node a mailbox whose records lie in a folder. Returns what ends it, before the node itself. */
export async function startKeeping(
	node: Libp2p,
	options: Pick<HostOptions, 'dataDir' | 'log'>
): Promise<MailboxService> {
	await cryptoReady();
	const storage = new SqliteStorage(join(options.dataDir, FILE));
	const service = await registerMailbox(node, storage, options.log ? { log: options.log } : {});
	return {
		get faults() {
			return service.faults;
		},
		close() {
			service.close();
			storage.close();
		}
	};
}

/** A mailbox alone on an HTTP server, at `/p2p`. */
export async function startMailbox(options: HostOptions): Promise<HostedNode> {
	const host = await startNode(options);
	const keeping = await startKeeping(host.node, options);
	return {
		...host,
		async close() {
			await host.close();
			keeping.close();
		}
	};
}
