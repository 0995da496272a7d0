/**
 * The WebSocket to a home node at `/p2p` of the pages' own origin, as a libp2p transport.
 *
 * libp2p's address filters refuse a WebSocket address with a path, its dialler takes one. So the network sees the plain
 * address of the home node (`/dns/localhost/tcp/4173/ws`), and the path is put on where the socket is opened. Nothing
 * but the configured home node can be dialled.
 */
import type { ComponentLogger, Transport } from '@libp2p/interface';
import { webSockets } from '@libp2p/websockets';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';

type Components = Parameters<ReturnType<typeof webSockets>>[0] & { logger: ComponentLogger };

/**
 * The address of a home node as libp2p writes it.
 * @param url `ws://host[:port]/path` or `wss://...`
 * @throws TypeError if it is neither
 */
export function homeAddress(url: string): Multiaddr {
	const { protocol, hostname, port } = new URL(url);
	if (protocol !== 'ws:' && protocol !== 'wss:') throw new TypeError(`${protocol} is no WebSocket`);
	const secure = protocol === 'wss:';
	const host = hostname.startsWith('[')
		? `/ip6/${hostname.slice(1, -1)}`
		: /^\d+(\.\d+){3}$/.test(hostname)
			? `/ip4/${hostname}`
			: `/dns/${hostname}`;
	return multiaddr(`${host}/tcp/${port || (secure ? 443 : 80)}${secure ? '/tls' : ''}/ws`);
}

/** A libp2p transport that reaches one home node and nothing else. */
export function homeSocket(url: string): (components: Components) => Transport {
	const address = homeAddress(url);
	const path = new URL(url).pathname.slice(1);
	const withPath = path === '' ? address : multiaddr(`${address.toString()}/http-path/${encodeURIComponent(path)}`);
	return (components) => {
		const sockets = webSockets()(components);
		return new Proxy(sockets, {
			get(target, property, receiver) {
				if (property === 'dial')
					return (_: Multiaddr, options: Parameters<Transport['dial']>[1]) => target.dial(withPath, options);
				if (property === 'dialFilter')
					return (addresses: Multiaddr[]) => addresses.filter((one) => isHome(one, address));
				if (property === 'listenFilter') return () => [];
				return Reflect.get(target, property, receiver) as unknown;
			}
		});
	};
}

/** True for the home node's address, with or without its peer id behind it. */
export function isHome(candidate: Multiaddr, home: Multiaddr): boolean {
	const [plain, ...rest] = candidate.toString().split('/p2p/');
	return plain === home.toString() && rest.length <= 1 && !rest[0]?.includes('/');
}
