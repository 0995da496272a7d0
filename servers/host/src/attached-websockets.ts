/**
 * libp2p over the WebSockets of an HTTP server that already exists.
 *
 * The pages' own server accepts the upgrade, so that browsers reach the node at the origin that served them
 * (`connect-src 'self'`) and no second port is open, which a page of another origin could reach without our gate.
 * Dialling is not offered: servers of ours only answer.
 */
import { TypedEventEmitter, serviceCapabilities, transportSymbol } from '@libp2p/interface';
import type {
	ComponentLogger,
	Connection,
	CreateListenerOptions,
	Listener,
	ListenerEvents,
	Transport
} from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { WebSocketConnection } from './websocket-connection.ts';

/** The largest WebSocket message: Noise packets are at most 64 KiB, a sender may join a few. */
const MAX_MESSAGE = 1024 * 1024;

/** What the transport listens on; a name only, the HTTP server does the listening. */
export const ATTACHED_ADDRESS = '/dns/attached/tcp/80/ws';

/** Takes accepted upgrades and gives them to libp2p. Make one, pass `transport` to libp2p, then `accept` upgrades. */
export class AttachedWebSockets {
	readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
	#listener: AttachedListener | undefined;

	/** The factory that libp2p's `transports` wants. */
	readonly transport = (components: { logger: ComponentLogger }): Transport => ({
		[transportSymbol]: true,
		[Symbol.toStringTag]: '@slf/attached-websockets',
		// @ts-expect-error libp2p reads this symbol; its Transport type does not declare it
		[serviceCapabilities]: ['@libp2p/transport'],
		dial: (): Promise<Connection> => Promise.reject(new Error('this node does not dial')),
		createListener: (options: CreateListenerOptions) =>
			(this.#listener = new AttachedListener(options, components.logger)),
		listenFilter: (addresses: Multiaddr[]) => addresses.filter((address) => address.toString() === ATTACHED_ADDRESS),
		dialFilter: () => []
	});

	/** Number of open sockets. */
	get size(): number {
		return this.#sockets.clients.size;
	}

	/** Completes the WebSocket handshake of one upgrade request. The caller has checked that it may come in. */
	accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		const listener = this.#listener;
		if (!listener) return void socket.destroy();
		this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
			const log = listener.logger.forComponent('slf:websocket');
			const connection = new WebSocketConnection(accepted, addressOf(request), log);
			listener.upgrade(connection);
		});
	}

	close(): void {
		for (const socket of this.#sockets.clients) socket.terminate();
		this.#sockets.close();
	}
}

class AttachedListener extends TypedEventEmitter<ListenerEvents> implements Listener {
	readonly logger: ComponentLogger;
	readonly #options: CreateListenerOptions;
	readonly #closing = new AbortController();

	constructor(options: CreateListenerOptions, logger: ComponentLogger) {
		super();
		this.#options = options;
		this.logger = logger;
	}

	upgrade(connection: WebSocketConnection): void {
		const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(10_000)]);
		this.#options.upgrader
			.upgradeInbound(connection, { signal })
			.catch((error: unknown) => connection.abort(error instanceof Error ? error : new Error(String(error))));
	}

	async listen(): Promise<void> {
		this.safeDispatchEvent('listening');
	}

	/** None: peers know the address from which they loaded the page, and no other way leads here. */
	getAddrs(): Multiaddr[] {
		return [];
	}

	updateAnnounceAddrs(): void {}

	async close(): Promise<void> {
		this.#closing.abort(new Error('the server is stopping'));
		this.safeDispatchEvent('close');
	}
}

function addressOf(request: IncomingMessage): Multiaddr {
	const { remoteAddress = '0.0.0.0', remotePort = 0 } = request.socket;
	return multiaddr(`/${isIPv6(remoteAddress) ? 'ip6' : 'ip4'}/${remoteAddress}/tcp/${remotePort}/ws`);
}
