/**
 * One role as a program of its own: `node main.ts --port N --data DIR [--host NAME]...`.
 * TLS is a reverse proxy's work.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';

export interface Role {
	handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
	close(): Promise<void>;
}

export interface RoleOptions {
	server: Server;
	dataDir: string;
	hosts: string[];
	log: (line: string) => void;
}

/** Runs a role until SIGINT or SIGTERM. `--bind` says which address to listen on (loopback unless said otherwise). */
export async function runStandalone(name: string, start: (options: RoleOptions) => Promise<Role>): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '4180' },
			data: { type: 'string', default: `./${name}-data` },
			bind: { type: 'string', default: '127.0.0.1' },
			host: { type: 'string', multiple: true, default: [] }
		}
	});
	const port = Number(values.port);
	if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port ${values.port} is no port`);
	const server = createServer();
	const role = await start({ server, dataDir: values.data, hosts: values.host, log: (line) => console.log(line) });
	server.on('request', (request, response) => {
		if (role.handleRequest(request, response)) return;
		response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here.\n');
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, values.bind, resolve);
	});
	const address = server.address();
	const shown = typeof address === 'object' && address ? address.port : port;
	console.log(`${name}: ws://${values.bind}:${shown}/p2p, files in ${values.data}`);

	let stopping = false;
	const stop = (): void => {
		if (stopping) return;
		stopping = true;
		server.close();
		server.closeAllConnections();
		void role.close().then(() => process.exit(0));
	};
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
}
