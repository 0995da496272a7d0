/**
 * Who may open a WebSocket to us.
 *
 * Browsers send `Origin` with every WebSocket, and no same-origin policy holds them back: a page of any site may try to
 * reach a home node in its visitor's network. So the origin must be the host that was asked for, and that host must be
 * one of ours, or else a foreign name that resolves to our address (DNS rebinding) would pass. Programs send no Origin
 * and are let in: what a server knows is ciphertext, and its protocols bound what a stranger can use up.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

export interface GateLimits {
	/** Open sockets in all. */
	sockets: number;
	/** Open sockets from one network address. */
	socketsPerAddress: number;
	/** New sockets per second from one network address, averaged over ten seconds. */
	rate: number;
}

export const DEFAULT_GATE: GateLimits = { sockets: 2000, socketsPerAddress: 200, rate: 20 };

export interface GateRefusal {
	status: 403 | 429 | 503;
	reason: string;
}

export class Gate {
	readonly #limits: GateLimits;
	readonly #hosts: ReadonlySet<string>;
	readonly #open = new Map<string, number>();
	readonly #recent = new Map<string, { count: number; since: number }>();
	#total = 0;

	/** @param hosts names under which the pages are served, besides localhost and plain IP addresses */
	constructor(hosts: readonly string[] = [], limits: GateLimits = DEFAULT_GATE) {
		this.#limits = limits;
		this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
	}

	/** Undefined if the request may come in; then `entered` must be called once. */
	refusal(request: IncomingMessage, now = Date.now()): GateRefusal | undefined {
		const { origin, host } = request.headers;
		if (origin !== undefined && !this.#sameOrigin(origin, host)) return { status: 403, reason: 'another origin' };
		if (this.#total >= this.#limits.sockets) return { status: 503, reason: 'full' };
		const address = request.socket.remoteAddress ?? '';
		if ((this.#open.get(address) ?? 0) >= this.#limits.socketsPerAddress) return { status: 429, reason: 'too many' };
		if (this.#tooFast(address, now)) return { status: 429, reason: 'too fast' };
		return undefined;
	}

	/** Counts one socket as open; returns what to call when it closes. */
	entered(request: IncomingMessage): () => void {
		const address = request.socket.remoteAddress ?? '';
		this.#total++;
		this.#open.set(address, (this.#open.get(address) ?? 0) + 1);
		let left = false;
		return () => {
			if (left) return;
			left = true;
			this.#total--;
			const count = (this.#open.get(address) ?? 1) - 1;
			if (count === 0) this.#open.delete(address);
			else this.#open.set(address, count);
		};
	}

	#sameOrigin(origin: string, host: string | undefined): boolean {
		if (!host || !URL.canParse(origin)) return false;
		const from = new URL(origin);
		if (from.protocol !== 'http:' && from.protocol !== 'https:') return false;
		// A default port is absent from both or written in one of them.
		const asked = new URL(`${from.protocol}//${host}`);
		return from.host === asked.host && this.#isOurs(asked.hostname);
	}

	#isOurs(hostname: string): boolean {
		if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
		// An address cannot be rebound: the page itself came from it.
		if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return true;
		return this.#hosts.has(hostname);
	}

	#tooFast(address: string, now: number): boolean {
		const seen = this.#recent.get(address);
		if (!seen || now - seen.since > 10_000) {
			if (this.#recent.size > 10_000) this.#recent.clear();
			this.#recent.set(address, { count: 1, since: now });
			return false;
		}
		return ++seen.count > this.#limits.rate * 10;
	}
}
