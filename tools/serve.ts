// Serves a finished build. One HTTP server answers on both loopback stacks: Chromium prefers ::1 and Firefox
// 127.0.0.1, so a stranger on the other one would be taken for us.
//
// Hosts: the suite lives on localhost (and 127.0.0.1); passwords.localhost is reserved for Passwords, an origin of its
// own. Any other Host is refused with 421: a page that rebinds its own name to this machine gets nothing.
// Every answer carries the strict headers below; pages get the policy that SvelteKit wrote into them as a header.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, type Stats } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net from 'node:net';
import { extname, join } from 'node:path';
import { policyHeader } from './content-security-policy.ts';
import { apps, Refusal } from './project.ts';

const mediaTypes: Record<string, string> = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.json': 'application/json',
	'.webmanifest': 'application/manifest+json',
	'.png': 'image/png',
	'.svg': 'image/svg+xml',
	'.wasm': 'application/wasm',
	'.txt': 'text/plain; charset=utf-8'
};

const denied = ['accelerometer', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'idle-detection', 'local-fonts'];
const deniedToo = [
	'magnetometer',
	'microphone',
	'midi',
	'payment',
	'picture-in-picture',
	'serial',
	'usb',
	'xr-spatial-tracking'
];
const allowed = [
	'camera',
	'clipboard-write',
	'fullscreen',
	'publickey-credentials-create',
	'publickey-credentials-get'
];

const strictHeaders = {
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-embedder-policy': 'require-corp',
	'cross-origin-resource-policy': 'same-origin',
	'origin-agent-cluster': '?1',
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'permissions-policy': [...denied, ...deniedToo]
		.map((name) => `${name}=()`)
		.concat(allowed.map((name) => `${name}=(self)`))
		.join(', ')
};

/** Names that answer for the suite. `passwords.localhost` joins with the Passwords app. */
const suiteHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The host of a Host header without its port. */
const hostName = (header: string | undefined): string => (header ?? '').replace(/:[0-9]+$/, '').toLowerCase();

const isOurs = (request: IncomingMessage): boolean => suiteHosts.has(hostName(request.headers.host));

/** A WebSocket says who opens it; a page of another site may not. Programs send no Origin. */
function originIsOurs(request: IncomingMessage): boolean {
	const { origin } = request.headers;
	if (origin === undefined) return true;
	return URL.canParse(origin) && suiteHosts.has(hostName(new URL(origin).host));
}

/** Files whose name changes with their content. */
const isImmutable = (path: string): boolean =>
	/^\/[a-z]+\/_app\/immutable\//.test(path) ||
	/^\/platform\/(engine|network)\.[0-9]+\.js$/.test(path) ||
	/^\/platform\/[^/]+-[0-9a-f]{12}\.wasm$/.test(path);

const stat = (path: string): Stats | undefined => {
	const found = statSync(path, { throwIfNoEntry: false });
	return found?.isFile() ? found : undefined;
};

/** The path of a request: decoded, without a way out of the folder; `undefined` when it is not a path we could mean. */
export function readPath(target: string): string | undefined {
	const [encoded = ''] = target.split(/[?#]/, 1);
	if (!encoded.startsWith('/')) return undefined;
	let path: string;
	try {
		path = decodeURIComponent(encoded);
	} catch {
		return undefined;
	}
	// Dot files are ours (.build.json); backslashes and NUL mean something only to file systems.
	if (/[\\\0]/.test(path) || path.split('/').some((part) => part.startsWith('.'))) return undefined;
	return path;
}

/** What stands for `path` in the build: the file itself, or the app's page for a deep link. */
function findFile(dist: string, path: string, wantsPage: boolean): string | undefined {
	const own = path.endsWith('/') ? `${path}index.html` : path;
	if (stat(join(dist, own))) return own;
	const app = apps.find((name) => path.startsWith(`/${name}/`));
	const isAsset = app !== undefined && path.startsWith(`/${app}/_app/`);
	if (app === undefined || isAsset || (extname(path) !== '' && !wantsPage)) return undefined;
	const page = `/${app}/index.html`;
	return stat(join(dist, page)) ? page : undefined;
}

const metaPolicy = /<meta http-equiv="content-security-policy" content="([^"]*)"/i;

/** Pages carry the policy SvelteKit wrote, with its hash; scripts carry the plain one, since workers take theirs from it. */
function policyOf(file: string, path: string): string | undefined {
	const kind = extname(file);
	if (kind === '.html') {
		const written = metaPolicy.exec(readFileSync(path, 'utf8'))?.[1];
		return written === undefined ? policyHeader : `${written}; frame-ancestors 'none'`;
	}
	return kind === '.js' || kind === '.svg' ? policyHeader : undefined;
}

/** The variant of `path` to send: brotli before gzip, the file as it is where neither is wanted or made. */
function pickVariant(path: string, accepts: string): { path: string; encoding?: string } {
	for (const [encoding, suffix] of [
		['br', '.br'],
		['gzip', '.gz']
	] as const) {
		const wanted = accepts.split(',').some((part) => {
			const [name, quality] = part.trim().split(';');
			return name === encoding && !/^\s*q=0(\.0*)?$/.test(quality ?? '');
		});
		if (wanted && stat(path + suffix)) return { path: path + suffix, encoding };
	}
	return { path };
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
	response
		.writeHead(status, { ...strictHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
		.end(`${sentence}\n`);
}

function answer(dist: string, request: IncomingMessage, response: ServerResponse): void {
	if (!isOurs(request)) return refuse(response, 421, 'This server does not answer for that host.');
	if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET and HEAD.');
	const target = request.url ?? '/';
	const path = readPath(target);
	if (path === undefined) return refuse(response, 400, 'Not a path.');
	const app = apps.find((name) => path === `/${name}`);
	if (app !== undefined && stat(join(dist, app, 'index.html'))) {
		response.writeHead(308, { ...strictHeaders, location: `/${app}/${target.slice(path.length)}` }).end();
		return;
	}
	const file = findFile(dist, path, request.headers['sec-fetch-dest'] === 'document');
	if (file === undefined) return refuse(response, 404, 'Not here.');

	const whole = join(dist, file);
	const variant = pickVariant(whole, String(request.headers['accept-encoding'] ?? ''));
	const bytes = readFileSync(variant.path);
	const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
	const policy = policyOf(file, whole);
	const headers = {
		...strictHeaders,
		'content-type': mediaTypes[extname(file)] ?? 'application/octet-stream',
		'cache-control': isImmutable(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
		vary: 'accept-encoding',
		etag: tag,
		...(policy === undefined ? {} : { 'content-security-policy': policy }),
		...(variant.encoding === undefined ? {} : { 'content-encoding': variant.encoding })
	};
	if (request.headers['if-none-match'] === tag) {
		response.writeHead(304, headers).end();
		return;
	}
	// Set apart from the others so that a listener can read it back (the budgets do).
	response.setHeader('content-length', bytes.length);
	response.writeHead(200, headers);
	response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** The HTTP server, and whoever answers some requests before the files do (the home node). */
export type SuiteServer = Server & { alsoAnswers(request: IncomingMessage, response: ServerResponse): boolean };

/**
 * The suite's HTTP server, not yet listening. `dist` is looked up on every request: a new build renamed into its place
 * is served from the next request on.
 */
export function createSuiteServer(dist: string): SuiteServer {
	const suite: SuiteServer = Object.assign(createServer(), { alsoAnswers: () => false });
	suite.on('request', (request: IncomingMessage, response: ServerResponse) => {
		try {
			if (isOurs(request) && suite.alsoAnswers(request, response)) return;
			answer(dist, request, response);
		} catch (error) {
			// A build renamed away between looking and reading. Nothing of the request is told.
			if (response.headersSent) response.destroy();
			else refuse(response, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 503 : 500, 'Please try again.');
		}
	});
	suite.prependListener('upgrade', (request, socket) => {
		if (isOurs(request) && originIsOurs(request)) return;
		socket.end('HTTP/1.1 421 Misdirected Request\r\nconnection: close\r\n\r\n');
		socket.destroy();
	});
	return suite;
}

const listenOn = (server: net.Server, port: number, host: string): Promise<void> =>
	new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen({ port, host, exclusive: true }, () => {
			server.off('error', reject);
			resolve();
		});
	});

/**
 * Listens on 127.0.0.1 and ::1 (only the first where the machine has no IPv6).
 *
 * @param port 0 picks a free one
 * @returns the port, and a function that closes both
 * @throws Refusal when either is taken
 */
export async function listen(
	server: Server,
	port: number
): Promise<{ port: number; addresses: string[]; close(): Promise<void> }> {
	const taken = (host: string) =>
		new Refusal(
			`Port ${port} on ${host} is taken by another program. A stranger on one of the two loopback addresses would be ` +
				`taken for slf, so nothing was started. End that program, or choose another port: npm start -- --port ${port + 1}`
		);
	await listenOn(server, port, '127.0.0.1').catch((error: NodeJS.ErrnoException) => {
		throw error.code === 'EADDRINUSE' ? taken('127.0.0.1') : error;
	});
	const real = (server.address() as net.AddressInfo).port;
	const sixth = net.createServer((socket) => server.emit('connection', socket));
	const addresses = [`127.0.0.1:${real}`, `[::1]:${real}`];
	try {
		await listenOn(sixth, real, '::1');
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') {
			server.close();
			if (code === 'EADDRINUSE' && port === 0) return listen(server, port);
			throw code === 'EADDRINUSE' ? taken('::1') : error;
		}
		addresses.pop();
	}
	return {
		port: real,
		addresses,
		close: async () => {
			server.closeAllConnections();
			await Promise.all([new Promise((done) => server.close(done)), new Promise((done) => sixth.close(done))]);
		}
	};
}
