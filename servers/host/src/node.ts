/**
 * What every server of ours is: a libp2p node that answers at `/p2p` of an HTTP server, with roles (relay, mailbox)
 * added to it. The role decides what it speaks; this file decides who gets in and how much they may use.
 */
import { identify } from '@libp2p/identify';
import type { ServiceMap } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { Libp2p, ServiceFactoryMap } from 'libp2p';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ATTACHED_ADDRESS, AttachedWebSockets } from './attached-websockets.ts';
import { Gate } from './gate.ts';
import type { GateLimits } from './gate.ts';
import { serverKey } from './key.ts';

export const DEFAULT_PATH = '/p2p';

export interface HostOptions {
	/** The HTTP server whose upgrades at `path` are ours. Upgrades of other paths are left alone. */
	server: Server;
	/** Folder of this server's files; made if missing. */
	dataDir: string;
	/** Where the WebSocket lives. */
	path?: string;
	/** Names under which the pages are served, besides localhost and IP addresses. */
	hosts?: readonly string[];
	limits?: GateLimits;
	log?: (line: string) => void;
}

/** A running node. `node` is for the roles; the rest is for whoever serves the pages. */
export interface HostedNode<Services extends ServiceMap = ServiceMap> {
	readonly node: Libp2p<Services>;
	readonly peerId: string;
	/** Answers `GET <path>/peer` with `{"peerId": string}`; false if the request is not ours. */
	handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
	close(): Promise<void>;
}

/** Starts the node on the server's upgrades. The server may be listening already, or later. */
export async function startNode<Services extends ServiceMap = Record<never, never>>(
	options: HostOptions,
	services: ServiceFactoryMap<Services> = {} as ServiceFactoryMap<Services>
): Promise<HostedNode<Services>> {
	const { server, path = DEFAULT_PATH, log = () => {} } = options;
	const sockets = new AttachedWebSockets();
	const gate = new Gate(options.hosts, options.limits);
	const node = await createLibp2p({
		privateKey: await serverKey(options.dataDir),
		addresses: { listen: [ATTACHED_ADDRESS] },
		transports: [sockets.transport],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux()],
		// The gate counts sockets by address already; libp2p's own limit of 5 a second would refuse a household behind
		// one reverse proxy.
		connectionManager: {
			inboundConnectionThreshold: Infinity,
			maxIncomingPendingConnections: 200,
			maxConnections: options.limits?.sockets ?? 2000
		},
		// A ping that starves behind bulk must not end the connection: peers have a heartbeat of their own.
		connectionMonitor: { abortConnectionOnPingFailure: false },
		services: { ...services, identify: identify(), ping: ping() } as ServiceFactoryMap<Services>
	});

	const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
		if (pathOf(request) !== path) {
			// With nobody else to answer it, the socket would stay open for ever.
			if (server.listenerCount('upgrade') === 1) refuse(socket, 404);
			return;
		}
		const refusal = gate.refusal(request);
		if (refusal) {
			log(`refused a connection: ${refusal.reason}`);
			return refuse(socket, refusal.status);
		}
		socket.once('close', gate.entered(request));
		sockets.accept(request, socket, head);
	};
	server.on('upgrade', onUpgrade);

	return {
		node,
		peerId: node.peerId.toString(),
		handleRequest(request, response) {
			if (pathOf(request) !== `${path}/peer`) return false;
			const body = JSON.stringify({ peerId: node.peerId.toString() });
			response.writeHead(request.method === 'GET' ? 200 : 405, {
				'content-type': 'application/json',
				'cache-control': 'no-store',
				'x-content-type-options': 'nosniff'
			});
			response.end(request.method === 'GET' ? body : undefined);
			return true;
		},
		async close() {
			server.off('upgrade', onUpgrade);
			await node.stop();
			sockets.close();
		}
	};
}

function pathOf(request: IncomingMessage): string {
	return (request.url ?? '').split('?', 1)[0] ?? '';
}

function refuse(socket: Duplex, status: number): void {
	socket.on('error', () => {});
	socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
