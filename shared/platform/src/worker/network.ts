/**
 * The network half of a device: synchronisation and hub over the engines' ports. network-main.ts runs it in a worker,
 * node.ts in the process.
 *
 * It begins with the port to the account's engine, which says who this is. When that engine is lost, everything here
 * is void (the identity may be another one): whoever runs it ends it and starts a new one. Where there is no identity
 * yet, newcomer-network.ts runs instead.
 */

import { hkdf, LABELS, randomBytes, toHex } from '../crypto/index.ts';
import { ACCOUNT, type EngineReady, type HubCalls, type HubStreams } from '../protocol/bridge.ts';
import type { LinkClient, PortLike } from '../protocol/link.ts';
import { LinkServer } from '../protocol/link.ts';
import type { PageAddresses } from '../protocol/origins.ts';
import type { SyncStatus } from '../protocol/shapes.ts';
import type { Timers } from '../protocol/timers.ts';
import { SyncEngine } from '../sync/engine.ts';
import { Hub } from '../sync/hub.ts';
import type { HubAccount, HubEngine, HubTables } from '../sync/hub-ports.ts';
import type { EngineStatus } from '../sync/status.ts';
import { Libp2pTransport } from '../sync/transport/libp2p.ts';
import type { Transport } from '../sync/transport/transport.ts';
import { remoteStore } from './sync-bridge.ts';
import type {
	NetworkAccountCalls,
	NetworkAccountStreams,
	NetworkEngineCalls,
	NetworkEngineStreams
} from './worker-calls.ts';

export type AccountLink = LinkClient<NetworkAccountCalls, NetworkAccountStreams>;
export type EngineLink = LinkClient<NetworkEngineCalls, NetworkEngineStreams>;

export interface NetworkOptions {
	account: AccountLink;
	term: string;
	build: number;
	/** Address of the home node: `ws://localhost:4173/p2p`. */
	home: string;
	pages: PageAddresses;
	timers: Timers;
	/** Instead of libp2p: tests. */
	transport?: Transport | undefined;
}

/** Either of the two, as whoever runs it sees it. */
export interface RunningNetwork {
	/** Synchronises an app's database for as long as its link lives. */
	addEngine(app: string, engine: EngineLink): Promise<void>;
	/** Serves a tab: the hub and the status. */
	serveTab(port: PortLike): () => void;
	/** The browser is online, or somebody looks: try again now. */
	hint(): void;
	stop(): Promise<void>;
}

export class Network implements RunningNetwork {
	readonly #sync: SyncEngine;
	readonly #hub: Hub;
	readonly #ready: EngineReady;
	readonly #home: string;
	readonly #servers = new Set<{ close(): void }>();

	private constructor(sync: SyncEngine, hub: Hub, ready: EngineReady, home: string) {
		this.#sync = sync;
		this.#hub = hub;
		this.#ready = ready;
		this.#home = home;
	}

	static async start(options: NetworkOptions): Promise<Network> {
		const { account, term, build, home, timers, pages } = options;
		const { person } = await account.call('person', {});
		const seed = hkdf(person.device.secretKey, LABELS.transportSeed);
		const transport = options.transport ?? (await Libp2pTransport.create({ seed, homeNode: home }));
		// Read at each new session, so a newer card is shown from then on.
		const self = { card: person.card, device: person.device };
		const sync = new SyncEngine({ transport, self, timers, random: randomFraction, randomBytes });
		const hub = new Hub({
			transport,
			timers,
			random: randomBytes,
			identity: person.identity,
			account: hubAccount(account),
			presence: sync.presence,
			pages
		});
		const ready: EngineReady = { database: 'network', term, build, identity: toHex(person.identity) };
		const network = new Network(sync, hub, ready, new URL(home).host);
		await sync.addStore(remoteStore(ACCOUNT, account));
		await hub.start();
		await account.open('identity', {}, () => {
			void Promise.resolve(account.call('self', {})).then(
				({ card }) => {
					self.card = card;
					hub.selfChanged();
				},
				() => {}
			);
		});
		await sync.start();
		return network;
	}

	async addEngine(app: string, engine: EngineLink): Promise<void> {
		const { vault = false } = (await engine.ready) as EngineReady;
		const store = remoteStore(app, engine);
		const hubEngine = hubEngineOf(engine, vault);
		this.#hub.addEngine(app, hubEngine);
		void engine.lost.then(() => {
			this.#hub.removeEngine(app);
			void this.#sync.removeStore(store);
		});
		await this.#sync.addStore(store);
	}

	serveTab(port: PortLike): () => void {
		const server = new LinkServer<HubCalls, HubStreams>(
			port,
			this.#hub.calls,
			{
				...this.#hub.streams,
				status: (_args, emit) => {
					emit(this.#status(this.#sync.status()));
					return this.#sync.onStatus((status) => emit(this.#status(status)));
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
		this.#sync.hint();
	}

	async stop(): Promise<void> {
		for (const server of this.#servers) server.close();
		this.#hub.stop();
		await this.#sync.stop();
	}

	#status({ homeNode, peers, scopes, refused, problem }: EngineStatus): SyncStatus {
		const lastExchange = Math.max(0, ...peers.map(({ lastSeen }) => lastSeen));
		const hubProblem = this.#hub.problem?.message;
		const reason = problem ?? hubProblem ?? homeNode.reason;
		return {
			state: homeNode.state === 'connected' || peers.length > 0 ? 'online' : homeNode.state,
			peers: peers.length,
			unsent: scopes.reduce((sum, { waiting }) => sum + waiting, 0),
			refused,
			home: this.#home,
			...(lastExchange > 0 ? { lastExchange } : {}),
			...(reason === undefined ? {} : { problem: reason })
		};
	}
}

function hubAccount(account: AccountLink): HubAccount {
	return {
		scope: () => account.call('personalScope', {}),
		// A read remembers no operation id; it is there because the call has one.
		query: async (sql, params) => (await account.call('exec', { op: '', sql, params })).rows,
		write: async (op, sql, params) => {
			await account.call('exec', { op, sql, params });
		},
		onChange: (listener) => until(account.open('commits', {}, () => listener())),
		self: () => account.call('self', {}),
		introduce: (deviceName) => account.call('introduce', { deviceName }),
		withdrawIntroduction: (introduction) => account.call('withdrawIntroduction', { introduction }),
		adopt: (introduction, gift) => account.call('adopt', { introduction, gift }),
		addDevice: (introduction) => account.call('addDevice', { introduction }),
		mergeCard: (card) => account.call('mergeCard', { card })
	};
}

function hubEngineOf(engine: EngineLink, isVault: boolean): HubEngine {
	return {
		...(isVault ? { tables: vaultTables(engine) } : {}),
		directory: () => engine.call('directory', {}),
		joinScope: (entry) => engine.call('joinScope', entry),
		grantCard: (op, scope, card, role) => engine.call('grantCard', { op, scope, card, role }),
		scopes: () => engine.call('scopes', {}),
		onDirectory: (listener) =>
			until(
				engine.open('commits', {}, ({ directory }) => {
					if (directory || isVault) listener();
				})
			)
	};
}

function vaultTables(engine: EngineLink): HubTables {
	return {
		scope: () => engine.call('personalScope', {}),
		query: (sql, params) => engine.call('tableQuery', { sql, params }),
		write: (op, sql, params) => engine.call('tableWrite', { op, sql, params })
	};
}

/** What ends a stream that is still being opened; a lost engine ends it by itself. */
function until(opening: Promise<() => void>): () => void {
	opening.catch(() => {});
	return () =>
		void opening.then(
			(close) => close(),
			() => {}
		);
}

/** From 0 to 1, without 1. */
function randomFraction(): number {
	const [a, b, c, d] = randomBytes(4) as unknown as [number, number, number, number];
	return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;
}
