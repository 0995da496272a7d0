// Serves a finished build. One HTTP server answers on both loopback stacks: Chromium prefers ::1 and Firefox
// 127.0.0.1, so a stranger on the other one would be taken for us.
//
// Two origins from one server, told apart by the Host header (origins.ts): the suite, and the vault, each with its own
// files and the same workers. Any other Host is refused with 421: a page that rebinds its own name to this machine gets
// nothing.
// Every answer carries the strict headers below; pages get the policy that SvelteKit wrote into them as a header.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, type Stats } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net from 'node:net';
import { extname, join } from 'node:path';
import { policyHeader } from './content-security-policy.ts';
import { baseOf, meetingPages, onPort, originOf, type OriginName, type Origins } from './origins.ts';
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
const allowed = ['camera', 'clipboard-write', 'fullscreen'];
/** Passkeys open the vault; a script in the suite must not ask for one, not even for the suite's own name. */
const passkeys = ['publickey-credentials-create', 'publickey-credentials-get'];

const permissions = (name: OriginName): string =>
	[...denied, ...deniedToo, ...(name === 'vault' ? [] : passkeys)]
		.map((feature) => `${feature}=()`)
		.concat([...allowed, ...(name === 'vault' ? passkeys : [])].map((feature) => `${feature}=(self)`))
		.join(', ');

const alwaysStrict = {
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-embedder-policy': 'require-corp',
	'cross-origin-resource-policy': 'same-origin',
	'origin-agent-cluster': '?1',
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer'
};

const strictHeaders: Record<OriginName, Record<string, string>> = {
	suite: { ...alwaysStrict, 'permissions-policy': permissions('suite') },
	vault: { ...alwaysStrict, 'permissions-policy': permissions('vault') }
};

/** The headers of one address: as strict as all, but for the two pages that meet. */
const headersOf = (name: OriginName, path: string): Record<string, string> =>
	path === meetingPages[name].path
		? { ...strictHeaders[name], 'cross-origin-opener-policy': meetingPages[name].openerPolicy }
		: strictHeaders[name];

/** Which origin a Host header means: `undefined` for a name that is not ours. */
type ReadHost = (host: string | undefined) => OriginName | undefined;

function hostsOf(origins: Origins): ReadHost {
	const names = new Map<string, OriginName>();
	for (const name of ['suite', 'vault'] as const) names.set(new URL(origins[name]).hostname, name);
	if (names.get('localhost') === 'suite') for (const address of ['127.0.0.1', '[::1]']) names.set(address, 'suite');
	return (host) => names.get((host ?? '').replace(/:[0-9]+$/, '').toLowerCase());
}

/** A WebSocket says who opens it; a page of another site may not. Programs send no Origin. */
function originIsOurs(request: IncomingMessage, nameOf: ReadHost): boolean {
	const { origin } = request.headers;
	if (origin === undefined) return true;
	return URL.canParse(origin) && nameOf(new URL(origin).host) !== undefined;
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

/** Folders of the build that stand at the root of an origin and nowhere else. */
const rootFolders = { suite: '/home', vault: '/passwords' } as const;

/**
 * What stands for `path` of an origin in the build: the file itself, or the app's page for a deep link.
 *
 * @returns a path below the build's folder
 */
export function findFile(dist: string, name: OriginName, path: string, wantsPage: boolean): string | undefined {
	const own = path.endsWith('/') ? `${path}index.html` : path;
	const isShared = path.startsWith('/platform/');
	// Each app of the suite has its folder; what is not in one is the home page's. The vault has one app, at its root.
	const isAtRoot = Object.values(rootFolders).some((folder) => path === folder || path.startsWith(`${folder}/`));
	const places = name === 'suite' ? [...(isAtRoot ? [] : ['']), rootFolders.suite] : [rootFolders.vault];
	for (const place of isShared ? [''] : places) {
		for (const file of [`${place}${own}`, `${place}${path}.html`]) if (stat(join(dist, file))) return file;
	}
	const app = apps.find((each) => originOf(each) === name && path.startsWith(`${baseOf(each)}/`));
	const isAsset = app !== undefined && path.startsWith(`${baseOf(app)}/_app/`);
	if (app === undefined || isShared || isAsset || (extname(path) !== '' && !wantsPage)) return undefined;
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
		.writeHead(status, {
			...strictHeaders.suite,
			'content-type': 'text/plain; charset=utf-8',
			'cache-control': 'no-store'
		})
		.end(`${sentence}\n`);
}

function answer(served: Served, name: OriginName, request: IncomingMessage, response: ServerResponse): void {
	const { dist, origins } = served;
	if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET and HEAD.');
	const target = request.url ?? '/';
	const path = readPath(target);
	if (path === undefined) return refuse(response, 400, 'Not a path.');
	const app = apps.find((each) => name === 'suite' && path.split('/', 2)[1] === each);
	if (app !== undefined && originOf(app) !== name && stat(join(dist, app, 'index.html'))) {
		// To its start, with nothing of what was asked.
		const port = /:([0-9]+)$/.exec(request.headers.host ?? '')?.[1] ?? '';
		const location = onPort(origins[originOf(app)], port);
		response.writeHead(307, { ...strictHeaders[name], location, 'cache-control': 'no-store' }).end();
		return;
	}
	if (app !== undefined && path === `/${app}` && stat(join(dist, app, 'index.html'))) {
		response.writeHead(308, { ...strictHeaders[name], location: `/${app}/${target.slice(path.length)}` }).end();
		return;
	}
	const file = findFile(dist, name, path, request.headers['sec-fetch-dest'] === 'document');
	if (file === undefined) return refuse(response, 404, 'Not here.');

	const whole = join(dist, file);
	const variant = pickVariant(whole, String(request.headers['accept-encoding'] ?? ''));
	const bytes = readFileSync(variant.path);
	const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
	const policy = policyOf(file, whole);
	const headers = {
		...headersOf(name, path),
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

interface Served {
	dist: string;
	origins: Origins;
}

/**
 * The suite's HTTP server, not yet listening. `dist` is looked up on every request: a new build renamed into its place
 * is served from the next request on.
 */
export function createSuiteServer(dist: string, origins: Origins): SuiteServer {
	const nameOf = hostsOf(origins);
	const suite: SuiteServer = Object.assign(createServer(), { alsoAnswers: () => false });
	suite.on('request', (request: IncomingMessage, response: ServerResponse) => {
		const name = nameOf(request.headers.host);
		if (name === undefined) return refuse(response, 421, 'This server does not answer for that host.');
		try {
			if (suite.alsoAnswers(request, response)) return;
			answer({ dist, origins }, name, request, response);
		} catch (error) {
			// A build renamed away between looking and reading. Nothing of the request is told.
			if (response.headersSent) response.destroy();
			else refuse(response, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 503 : 500, 'Please try again.');
		}
	});
	suite.prependListener('upgrade', (request, socket) => {
		if (nameOf(request.headers.host) !== undefined && originIsOurs(request, nameOf)) return;
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
