/**
 * The network half of an installation that has no identity yet: a transport under a key of this start alone, so that
 * it can meet the device whose code is entered here. It synchronises nothing. Once there is an identity everything is
 * started again (custodian.ts), with a Network.
 */

import { randomBytes } from '../crypto/index.ts';
import type { EngineReady, HubCalls, HubStreams } from '../protocol/bridge.ts';
import { LinkServer, type LinkClient, type PortLike } from '../protocol/link.ts';
import type { SyncStatus } from '../protocol/shapes.ts';
import { NewcomerHub } from '../sync/newcomer-hub.ts';
import { Libp2pTransport } from '../sync/transport/libp2p.ts';
import type { Transport } from '../sync/transport/transport.ts';
import type { NetworkOptions, RunningNetwork } from './network.ts';
import type { CustodianCalls } from './worker-calls.ts';

export class NewcomerNetwork implements RunningNetwork {
	readonly #transport: Transport;
	readonly #hub: NewcomerHub;
	readonly #ready: EngineReady;
	readonly #home: string;
	readonly #servers = new Set<{ close(): void }>();

	private constructor(transport: Transport, hub: NewcomerHub, ready: EngineReady, home: string) {
		this.#transport = transport;
		this.#hub = hub;
		this.#ready = ready;
		this.#home = home;
	}

	static async start(options: NetworkOptions): Promise<NewcomerNetwork> {
		const { term, build, home, timers } = options;
		const account = options.account as LinkClient<CustodianCalls>;
		const transport = options.transport ?? (await Libp2pTransport.create({ seed: randomBytes(32), homeNode: home }));
		const hub = new NewcomerHub({
			transport,
			timers,
			random: randomBytes,
			account: {
				introduce: (deviceName) => account.call('introduce', { deviceName }),
				withdrawIntroduction: (introduction) => account.call('withdrawIntroduction', { introduction }),
				adopt: (introduction, gift) => account.call('adopt', { introduction, gift })
			}
		});
		await transport.start();
		const ready: EngineReady = { database: 'network', term, build, identity: '' };
		return new NewcomerNetwork(transport, hub, ready, new URL(home).host);
	}

	/** There is none: an app's engine does not open without an identity. */
	async addEngine(): Promise<void> {}

	serveTab(port: PortLike): () => void {
		const server = new LinkServer<HubCalls, HubStreams>(
			port,
			this.#hub.calls,
			{
				...this.#hub.streams,
				status: (_args, emit) => {
					emit(this.#status());
					return this.#transport.onStatus(() => emit(this.#status()));
				}
			},
			this.#ready
		);
		this.#servers.add(server);
		return () => {
			this.#servers.delete(server);
			server.close();
		};
	}

	hint(): void {
		this.#transport.hint();
	}

	async stop(): Promise<void> {
		for (const server of this.#servers) server.close();
		this.#hub.stop();
		await this.#transport.stop();
	}

	#status(): SyncStatus {
		const { homeNode, reason } = this.#transport.status();
		return {
			state: homeNode === 'connected' ? 'online' : homeNode,
			peers: 0,
			unsent: 0,
			refused: 0,
			home: this.#home,
			...(reason === undefined ? {} : { problem: reason })
		};
	}
}
