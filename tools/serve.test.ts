import http from 'node:http';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { onPort, parseOrigins, type Origins } from './origins.ts';
import { createSuiteServer, listen, readPath } from './serve.ts';

const ORIGINS: Origins = { suite: 'http://localhost', vault: 'http://passwords.localhost' };

const endings: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of endings.splice(0).reverse()) await end();
});

/** A served folder with these files in it. */
async function served(files: Record<string, string>, origins = ORIGINS) {
	const folder = mkdtempSync(join(tmpdir(), 'slf-serve-'));
	const write = (contents: Record<string, string>, into: string) => {
		for (const [name, text] of Object.entries(contents)) {
			mkdirSync(dirname(join(into, name)), { recursive: true });
			writeFileSync(join(into, name), text);
		}
	};
	write(files, join(folder, 'dist'));
	const server = createSuiteServer(join(folder, 'dist'), origins);
	const { port, addresses, close } = await listen(server, 0);
	endings.push(() => rmSync(folder, { recursive: true }), close);
	const deploy = (contents: Record<string, string>) => {
		write(contents, join(folder, 'next'));
		renameSync(join(folder, 'dist'), join(folder, 'old'));
		renameSync(join(folder, 'next'), join(folder, 'dist'));
	};
	return { server, port, addresses, deploy };
}

interface Answer {
	status: number;
	headers: http.IncomingHttpHeaders;
	body: string;
}

function ask(
	port: number,
	path: string,
	{ host = '127.0.0.1', method = 'GET', headers = {} as Record<string, string> } = {}
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const options = { host, port, path, method, headers: { host: `localhost:${port}`, ...headers }, agent: false };
		const request = http.request(options, (response) => {
			let body = '';
			response.on('data', (part: Buffer) => (body += part));
			response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
		});
		request.on('error', reject);
		request.end();
	});
}

test('[U-1] one server answers on both loopback stacks', async () => {
	const { port, addresses } = await served({ 'index.html': 'home' });
	expect((await ask(port, '/')).body).toBe('home');
	if (addresses.length === 2) expect((await ask(port, '/', { host: '::1' })).body).toBe('home');
});

test('[U-1] nothing starts while a stranger holds the port on either stack', async () => {
	for (const host of ['127.0.0.1', '::1']) {
		const stranger = net.createServer();
		const bound = await new Promise<boolean>((resolve) => {
			stranger.once('error', () => resolve(false));
			stranger.listen(0, host, () => resolve(true));
		});
		if (!bound) continue; // a machine without IPv6
		endings.push(() => new Promise((done) => stranger.close(done)));
		const { port } = stranger.address() as net.AddressInfo;
		await expect(listen(createSuiteServer('/nowhere', ORIGINS), port)).rejects.toThrow(
			`Port ${port} on ${host} is taken`
		);
		// The other stack was let go again.
		const other = host === '::1' ? '127.0.0.1' : '::1';
		const free = net.createServer();
		await new Promise<void>((resolve, reject) => {
			free.once('error', (error: NodeJS.ErrnoException) =>
				error.code === 'EADDRNOTAVAIL' ? resolve() : reject(error)
			);
			free.listen(port, other, resolve);
		});
		endings.push(() => new Promise((done) => free.close(done)));
	}
});

test('[U-2] a path never leads out of the folder, to a dot file or past a NUL', () => {
	for (const path of [
		'/../x',
		'/a/../../x',
		'/%2e%2e/x',
		'/a/%2e%2e%2fx',
		'/..%2fx',
		'/.build.json',
		'/a/.git/config',
		'/a\\..\\x',
		'/%5c..%5cx',
		'/a%00.html',
		'/%',
		'x',
		''
	]) {
		expect(readPath(path), path).toBe(undefined);
	}
	expect(readPath('/notes/a%20b?q=../x#y')).toBe('/notes/a b');
});

test('[U-2] only our own host names are answered, for files as for the home node', async () => {
	const { server, port } = await served({ 'index.html': 'home' });
	server.alsoAnswers = (request, response) => {
		if (request.url !== '/p2p/peer') return false;
		response.end('peer');
		return true;
	};
	expect((await ask(port, '/p2p/peer')).body).toBe('peer');
	expect((await ask(port, '/p2p/peer', { headers: { host: `passwords.localhost:${port}` } })).body).toBe('peer');
	for (const host of ['evil.example', 'x.passwords.localhost', 'passwords.localhost.evil.example']) {
		expect((await ask(port, '/p2p/peer', { headers: { host } })).status, host).toBe(421);
	}
	expect((await ask(port, '/', { method: 'POST' })).status).toBe(405);
});

test('[U-2] a WebSocket opened by a page of another site is refused', async () => {
	const { server, port } = await served({ 'index.html': 'home' });
	server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
	const upgrade = (origin: string | undefined) =>
		new Promise<string>((resolve) => {
			const socket = net.connect(port, '127.0.0.1', () =>
				socket.write(
					`GET /p2p HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${origin === undefined ? '' : `origin: ${origin}\r\n`}\r\n`
				)
			);
			let heard = '';
			socket.on('data', (part) => (heard += String(part)));
			socket.on('error', () => undefined);
			socket.on('close', () => resolve(heard.split('\r\n')[0]!));
		});
	expect(await upgrade(`http://localhost:${port}`)).toMatch(/101/);
	expect(await upgrade(undefined)).toMatch(/101/);
	expect(await upgrade(`http://passwords.localhost:${port}`)).toMatch(/101/);
	for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example'])
		expect(await upgrade(origin), origin).not.toMatch(/101/);
});

test('[U-1] deep links get their app, missing files do not, and an app without its slash is sent on', async () => {
	const { port } = await served({
		'index.html': 'home',
		'notes/index.html': 'notes',
		'notes/_app/immutable/a.js': 'x'
	});
	expect((await ask(port, '/notes/n/abc')).body).toBe('notes');
	expect((await ask(port, '/notes/n/a.b', { headers: { 'sec-fetch-dest': 'document' } })).body).toBe('notes');
	expect((await ask(port, '/notes/missing.png')).status).toBe(404);
	expect((await ask(port, '/notes/_app/immutable/gone.js')).status).toBe(404);
	expect((await ask(port, '/health/')).status).toBe(404);
	expect((await ask(port, '/notes?new')).headers.location).toBe('/notes/?new');
	expect((await ask(port, '/health')).status).toBe(404);
});

test('[U-1] hashed files are kept for ever, all others asked for again and answered with 304', async () => {
	const { port } = await served({
		'notes/index.html': 'n',
		'notes/_app/immutable/a.js': 'x',
		'platform/engine.12.js': 'e',
		'platform/switchboard.js': 's',
		'platform/crsqlite-0123456789ab.wasm': 'w'
	});
	for (const path of ['/notes/_app/immutable/a.js', '/platform/engine.12.js', '/platform/crsqlite-0123456789ab.wasm']) {
		expect((await ask(port, path)).headers['cache-control'], path).toMatch(/immutable/);
	}
	for (const path of ['/notes/', '/platform/switchboard.js']) {
		const first = await ask(port, path);
		expect(first.headers['cache-control'], path).toBe('no-cache');
		const again = await ask(port, path, { headers: { 'if-none-match': first.headers.etag! } });
		expect(again.status).toBe(304);
		expect(again.body).toBe('');
		expect(again.headers['cross-origin-embedder-policy']).toBe('require-corp');
	}
});

test('[U-1] the smallest form that the browser takes is sent', async () => {
	const { port } = await served({
		'a.js': 'plain',
		'a.js.br': 'brotli',
		'a.js.gz': 'gzip',
		'b.js': 'plain',
		'b.js.gz': 'gzip'
	});
	const form = async (path: string, accepts: string) =>
		(await ask(port, path, { headers: { 'accept-encoding': accepts } })).body;
	expect(await form('/a.js', 'gzip, deflate, br, zstd')).toBe('brotli');
	expect(await form('/b.js', 'gzip, deflate, br, zstd')).toBe('gzip');
	expect(await form('/a.js', 'gzip, br;q=0')).toBe('gzip');
	expect(await form('/a.js', '')).toBe('plain');
});

test("[U-1] a page's own policy becomes its header, and no page may be framed", async () => {
	const meta = `<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'sha256-x'">`;
	const { port } = await served({ 'notes/index.html': meta, 'index.html': 'no policy of its own', 'worker.js': '' });
	expect((await ask(port, '/notes/')).headers['content-security-policy']).toBe(
		"default-src 'none'; script-src 'sha256-x'; frame-ancestors 'none'"
	);
	for (const path of ['/', '/worker.js']) {
		const policy = String((await ask(port, path)).headers['content-security-policy']);
		expect(policy).toMatch(
			/^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';.*trusted-types svelte-trusted-html .*frame-ancestors 'none'$/
		);
		expect(policy).not.toMatch(/'(svelte|sveltekit|platform)-/);
	}
});

const BOTH = {
	'home/index.html': 'home',
	'home/link.html': 'link',
	'home/_app/immutable/h.js': 'h',
	'notes/index.html': 'notes',
	'passwords/index.html': 'vault',
	'passwords/_app/immutable/p.js': 'p',
	'passwords/manifest.webmanifest': '{}',
	'platform/switchboard.js': 'switchboard'
};

test('[U-7] each origin has its own files at its root, both have the platform, and neither has anything of the other', async () => {
	const { port } = await served(BOTH);
	const of = (host: string) => async (path: string) =>
		(await ask(port, path, { headers: { host: `${host}:${port}`, 'sec-fetch-dest': 'document' } })).body.trim();
	const [suite, vault] = [of('localhost'), of('passwords.localhost')];
	expect(await suite('/')).toBe('home');
	expect(await suite('/link')).toBe('link');
	expect(await suite('/_app/immutable/h.js')).toBe('h');
	expect(await suite('/notes/deep/link')).toBe('notes');
	expect(await vault('/')).toBe('vault');
	expect(await vault('/item/deep')).toBe('vault');
	expect(await vault('/manifest.webmanifest')).toBe('{}');
	for (const each of [suite, vault]) expect(await each('/platform/switchboard.js')).toBe('switchboard');

	for (const path of ['/_app/immutable/p.js', '/manifest.webmanifest', '/home/index.html', '/home/', '/deep/link'])
		expect(await suite(path), path).toBe('Not here.');
	// Every address that is no file is the vault's own page: also those that mean an app on the suite.
	for (const path of ['/notes/', '/home/link', '/link', '/passwords/']) expect(await vault(path), path).toBe('vault');
	for (const path of ['/_app/immutable/h.js', '/platform/missing.js', '/platform/x'])
		expect(await vault(path), path).toBe('Not here.');
});

test('[U-7] the suite sends on who looks for Passwords, to its start and with nothing of what was asked', async () => {
	const { port } = await served(BOTH);
	for (const path of ['/passwords', '/passwords/', '/passwords/item/secret?x=y', '/passwords/_app/immutable/p.js']) {
		const { status, headers, body } = await ask(port, path);
		expect([status, headers.location, body], path).toEqual([307, `http://passwords.localhost:${port}/`, '']);
	}
	const { port: without } = await served({ 'home/index.html': 'home' });
	expect((await ask(without, '/passwords/')).status).toBe(404);
});

test('[U-17] only the two pages that meet have another opener policy, and only the vault may ask for a passkey', async () => {
	const { port } = await served(BOTH);
	const headers = async (host: string, path: string) =>
		(await ask(port, path, { headers: { host: `${host}:${port}` } })).headers;
	const opener = async (host: string, path: string) => (await headers(host, path))['cross-origin-opener-policy'];
	expect(await opener('localhost', '/link')).toBe('unsafe-none');
	expect(await opener('passwords.localhost', '/join')).toBe('same-origin-allow-popups');
	for (const path of ['/', '/join', '/notes/', '/notes/link', '/link/', '/link.html', '/platform/switchboard.js'])
		expect(await opener('localhost', path), path).toBe('same-origin');
	for (const path of ['/', '/link', '/join/', '/item/join', '/platform/switchboard.js', '/missing.js'])
		expect(await opener('passwords.localhost', path), path).toBe('same-origin');
	const allows = async (host: string, path: string) =>
		String((await headers(host, path))['permissions-policy']).match(/publickey-credentials-[a-z]+=\([a-z]*\)/g);
	expect(await allows('localhost', '/notes/')).toEqual([
		'publickey-credentials-create=()',
		'publickey-credentials-get=()'
	]);
	expect(await allows('passwords.localhost', '/')).toEqual([
		'publickey-credentials-create=(self)',
		'publickey-credentials-get=(self)'
	]);
	for (const [host, path] of [
		['localhost', '/link'],
		['passwords.localhost', '/join']
	] as const) {
		const page = await headers(host, path);
		expect(page['content-security-policy']).toContain("frame-ancestors 'none'");
		expect(page['cross-origin-embedder-policy']).toBe('require-corp');
	}
});

test('[U-8] the names of a real server come from its configuration', async () => {
	const origins = parseOrigins('{"suite": "https://slf.example", "vault": "https://vault.example:8443"}');
	const { port } = await served(BOTH, origins);
	const body = async (host: string) => (await ask(port, '/', { headers: { host } })).body;
	expect(await body('slf.example')).toBe('home');
	expect(await body('vault.example:8443')).toBe('vault');
	for (const host of ['localhost', '127.0.0.1', 'passwords.localhost', 'example'])
		expect((await ask(port, '/', { headers: { host } })).status, host).toBe(421);
	expect((await ask(port, '/passwords/', { headers: { host: 'slf.example' } })).headers.location).toBe(
		'https://vault.example:8443/'
	);
	expect(onPort(origins.suite, '')).toBe('https://slf.example/');
});

test('[U-8] a configuration that is no two names is refused with what is wrong', () => {
	const refused: [string, RegExp][] = [
		['{', /not JSON/],
		['[]', /"suite" is not an address/],
		['{"suite": "slf.example", "vault": "https://v.example"}', /"suite" is not an address/],
		['{"suite": "https://slf.example/notes", "vault": "https://v.example"}', /"suite" has more than/],
		['{"suite": "https://slf.example", "vault": "https://person@v.example"}', /"vault" has more than/],
		['{"suite": "ftp://slf.example", "vault": "https://v.example"}', /"suite" must begin/],
		['{"suite": "https://slf.example", "vault": "https://slf.example:8443"}', /a name of its own/],
		['{"suite": "https://slf.example", "vault": "https://v.example", "port": 1}', /"port" means nothing/]
	];
	for (const [text, what] of refused) expect(() => parseOrigins(text), text).toThrow(what);
});

test('[U-5] a new build renamed into place is served from the next request on', async () => {
	const { port, deploy } = await served({ 'notes/index.html': 'build 1' });
	expect((await ask(port, '/notes/')).body).toBe('build 1');
	deploy({ 'notes/index.html': 'build 2' });
	expect((await ask(port, '/notes/deep')).body).toBe('build 2');
});
