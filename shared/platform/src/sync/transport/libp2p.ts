/**
 * The transport over libp2p: one WebSocket to the home node, circuits through it to peers. Runs in a worker of a
 * browser and in Node.
 *
 * What libp2p is not trusted with, since it was measured to fail there (design/network.md sections 6 and 9):
 * - It does not make a lost reservation again by itself. Listening is on `/p2p-circuit` and the home node is redialled
 *   here; each new connection then brings its own reservation.
 * - A dial that resolves says nothing about being accepted. A peer counts as there when its first message has come.
 * - Its pings end connections that are busy. They are told not to; the heartbeat is ours.
 */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Connection, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import type { Libp2p } from 'libp2p';
import { MAILBOX_PROTOCOL } from '../../protocol/mailbox.ts';
import { RENDEZVOUS_PROTOCOL } from '../../protocol/rendezvous.ts';
import { ChannelDoor } from './channel-door.ts';
import { CHANNEL_PROTOCOLS } from './channel.ts';
import { homeAddress, homeSocket, isHome } from './home-socket.ts';
import { MailboxClient } from './mailbox-client.ts';
import { RendezvousClient } from './rendezvous-client.ts';
import { systemTimers } from './system-timers.ts';
import { Supervisor } from './supervisor.ts';
import type { Held } from './supervisor.ts';
import type { Channel, Purpose, Transport, TransportStatus } from './transport.ts';

const CONNECT_TIMEOUT = 10_000;
const RESERVATION_TIMEOUT = 5000;
const RESERVATION_LOOK = 10;

/** Channels that one peer may have open with us. */
const MOST_CHANNELS = 16;

export interface Libp2pOptions {
	/** 32 random bytes of this installation: the transport key. Not the identity's and not the device's. */
	seed: Uint8Array;
	/** Where the home node is: `ws://localhost:4173/p2p`. */
	homeNode: string;
	/** From 0 to 1, for jitter. */
	random?: () => number;
}

export class Libp2pTransport implements Transport {
	readonly #node: Libp2p;
	readonly #home: Multiaddr;
	readonly #supervisor: Supervisor;
	readonly #door: ChannelDoor<Connection>;
	readonly rendezvous = new RendezvousClient();
	readonly mailbox = new MailboxClient();
	#homeConnection: Connection | undefined;

	/** Makes a transport that is not started. */
	static async create(options: Libp2pOptions): Promise<Libp2pTransport> {
		const home = homeAddress(options.homeNode);
		const node = await createLibp2p({
			privateKey: await generateKeyPairFromSeed('Ed25519', options.seed),
			start: false,
			addresses: { listen: ['/p2p-circuit'] },
			transports: [homeSocket(options.homeNode), circuitRelayTransport()],
			connectionEncrypters: [noise()],
			streamMuxers: [yamux()],
			connectionGater: { denyDialMultiaddr: (address) => !isReachable(address, home) },
			connectionMonitor: { abortConnectionOnPingFailure: false, pingInterval: 60_000 },
			// All circuits come from the home node's one address: libp2p's limit of 5 a second would refuse a reconnect.
			connectionManager: { inboundConnectionThreshold: Infinity, reconnectRetries: 0 },
			services: { identify: identify() }
		});
		return new Libp2pTransport(node, home, options.random ?? Math.random);
	}

	private constructor(node: Libp2p, home: Multiaddr, random: () => number) {
		this.#node = node;
		this.#home = home;
		this.#supervisor = new Supervisor((signal) => this.#connectHome(signal), systemTimers, random);
		this.#door = new ChannelDoor((connection) => (isRelayed(connection) ? 'relayed' : 'direct'));
	}

	get peerId(): string {
		return this.#node.peerId.toString();
	}

	async start(): Promise<void> {
		for (const lane of ['control', 'bulk'] as const) {
			const accept = (stream: Stream, connection: Connection): void => this.#door.accept(stream, lane, connection);
			await this.#node.handle(CHANNEL_PROTOCOLS[lane], accept, { maxInboundStreams: MOST_CHANNELS });
		}
		await this.#node.start();
		this.#supervisor.start();
	}

	async stop(): Promise<void> {
		this.#supervisor.stop();
		await this.#node.stop();
	}

	async dial(peerId: string, purpose: Purpose): Promise<Channel> {
		const connection = await this.#connectPeer(peerId);
		return this.#door.open(
			connection,
			(lane, signal) => connection.newStream(CHANNEL_PROTOCOLS[lane], { signal }),
			purpose,
			AbortSignal.timeout(CONNECT_TIMEOUT)
		);
	}

	onChannel(purpose: Purpose, handler: (channel: Channel) => void): () => void {
		return this.#door.onChannel(purpose, handler);
	}

	status(): TransportStatus {
		return this.#supervisor.status;
	}

	onStatus(listener: (status: TransportStatus) => void): () => void {
		return this.#supervisor.onStatus(listener);
	}

	hint(): void {
		this.#supervisor.hint();
	}

	async #connectPeer(peerId: string): Promise<Connection> {
		const open = this.#node
			.getConnections()
			.find((one) => one.remotePeer.toString() === peerId && one.status === 'open');
		if (open) return open;
		const home = this.#homeConnection;
		if (!home || home.status !== 'open') throw new Error('the home node is not connected');
		const circuit = multiaddr(`${this.#home.toString()}/p2p/${home.remotePeer.toString()}/p2p-circuit/p2p/${peerId}`);
		return this.#node.dial(circuit, { signal: AbortSignal.timeout(CONNECT_TIMEOUT) });
	}

	/** Connects to the home node: WebSocket, reservation, rendezvous; and the mailbox beside them. */
	async #connectHome(stopped: AbortSignal): Promise<Held> {
		const signal = AbortSignal.any([stopped, AbortSignal.timeout(CONNECT_TIMEOUT)]);
		// A connection that its other end has forgotten would be found again instead of a new one made.
		await this.#dropHome();
		const connection = await this.#node.dial(this.#home, { signal, force: true }).catch((error: unknown) => {
			throw new Error(`the home node does not answer`, { cause: error });
		});
		this.#homeConnection = connection;
		try {
			const stream = await connection.newStream(RENDEZVOUS_PROTOCOL, { signal });
			await this.#reserved(signal);
			const over = this.rendezvous.use(stream).then(async (reason) => {
				await this.#dropHome();
				return reason;
			});
			void this.#useMailbox(connection);
			return { over };
		} catch (error) {
			await this.#dropHome();
			throw error;
		}
	}

	async #useMailbox(connection: Connection): Promise<void> {
		while (connection.status === 'open') {
			try {
				await this.mailbox.use(
					await connection.newStream(MAILBOX_PROTOCOL, { signal: AbortSignal.timeout(CONNECT_TIMEOUT) })
				);
			} catch {
				// A relay without a mailbox, or a connection that is going down: the loop ends or tries later.
			}
			if (connection.status === 'open') await delay(5000);
		}
	}

	/**
	 * Resolves when others can reach us through the home node. Looks again and again: libp2p tells of a new address a
	 * second later.
	 */
	async #reserved(signal: AbortSignal): Promise<void> {
		const limit = AbortSignal.any([signal, AbortSignal.timeout(RESERVATION_TIMEOUT)]);
		while (!this.#node.getMultiaddrs().some((address) => address.toString().includes('/p2p-circuit'))) {
			if (limit.aborted) throw new Error('the home node gave no way to be reached');
			await delay(RESERVATION_LOOK);
		}
	}

	async #dropHome(): Promise<void> {
		const connection = this.#homeConnection;
		this.#homeConnection = undefined;
		if (connection && connection.status === 'open') connection.abort(new Error('replaced or silent'));
	}
}

function isReachable(address: Multiaddr, home: Multiaddr): boolean {
	const [relay = ''] = address.toString().split('/p2p-circuit');
	return isHome(multiaddr(relay), home);
}

function isRelayed(connection: Connection): boolean {
	return connection.remoteAddr.toString().includes('/p2p-circuit');
}

function delay(milliseconds: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
