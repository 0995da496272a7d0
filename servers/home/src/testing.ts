/** A home node on a free loopback port, for tests: it can be killed and started again at the same address. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHome } from './index.ts';
import type { HomeNode } from './index.ts';

export class TestHome {
	readonly dataDir = mkdtempSync(join(tmpdir(), 'slf-home-'));
	#server: Server | undefined;
	#home: HomeNode | undefined;
	port = 0;

	get url(): string {
		return `ws://127.0.0.1:${this.port}/p2p`;
	}

	get home(): HomeNode {
		if (!this.#home) throw new Error('the home node is not running');
		return this.#home;
	}

	async start(): Promise<this> {
		const server = createServer((request, response) => {
			if (!this.home.handleRequest(request, response)) response.writeHead(404).end();
		});
		this.#home = await startHome({ server, dataDir: this.dataDir });
		await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
		this.#server = server;
		this.port = (server.address() as { port: number }).port;
		return this;
	}

	/** Ends the node as a crash would: sockets break. Files stay. */
	async stop(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		await this.#home?.close();
		this.#home = undefined;
		server?.closeAllConnections();
		if (server) await new Promise((resolve) => server.close(resolve));
	}

	async remove(): Promise<void> {
		await this.stop();
		rmSync(this.dataDir, { recursive: true, force: true });
	}
}
