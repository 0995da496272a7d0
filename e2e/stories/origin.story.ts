// What stands around every page of the suite: policy, isolation, hosts. Attacks by their numbers in the threat list.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { story } from '../devices.ts';

/** A plain HTTP request; `fetch` would not let a test lie about the host. */
function ask(
	origin: string,
	path: string,
	headers: Record<string, string> = {}
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
	return new Promise((resolve, reject) => {
		const { port } = new URL(origin);
		const request = http.get(
			{ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } },
			(response) => {
				const parts: Buffer[] = [];
				response.on('data', (part: Buffer) => parts.push(part));
				response.on('end', () =>
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
				);
			}
		);
		request.on('error', reject);
	});
}

story('[U-1] every page and worker carries the strict headers, and deep links lead to their app', async ({ suite }) => {
	const page = await ask(suite.origin, '/notes/some/deep/link');
	expect(page.status).toBe(200);
	const policy = String(page.headers['content-security-policy']);
	for (const rule of [
		"default-src 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"base-uri 'none'",
		"connect-src 'self'"
	]) {
		expect(policy).toContain(rule);
	}
	expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
	expect(page.headers).toMatchObject({
		'cross-origin-opener-policy': 'same-origin',
		'cross-origin-embedder-policy': 'require-corp',
		'cross-origin-resource-policy': 'same-origin',
		'origin-agent-cluster': '?1',
		'x-content-type-options': 'nosniff',
		'referrer-policy': 'no-referrer',
		'cache-control': 'no-cache'
	});
	const worker = await ask(suite.origin, '/platform/switchboard.js', { 'accept-encoding': 'br' });
	expect(worker.headers['content-security-policy']).toContain("default-src 'none'");
});

story('[U-2] a host that is not ours, a way out of the folder and a file of our own are refused', async ({ suite }) => {
	const { port } = new URL(suite.origin);
	for (const host of [
		'evil.example',
		`evil.example:${port}`,
		`x.passwords.localhost:${port}`,
		'localhost.evil.example'
	]) {
		expect((await ask(suite.origin, '/notes/', { host })).status, host).toBe(421);
	}
	for (const path of [
		'/../package.json',
		'/%2e%2e/package.json',
		'/notes/..%2f..%2fpackage.json',
		'/.build.json',
		'/%00',
		'/%zz',
		'/notes/\\..\\x'
	]) {
		expect((await ask(suite.origin, path)).status, path).toBe(400);
	}
});

story(
	'[U-4] T74 an inline script, a string as markup and an unknown Trusted Types policy are blocked, and seen',
	async ({ device }) => {
		const phone = await device('phone');
		const page = await phone.open('/');
		const home = await page.evaluate(() => {
			const script = document.createElement('script');
			script.append('globalThis.injected = true');
			try {
				document.body.append(script);
			} catch {
				// Trusted Types throws before the policy is asked.
			}
			const attempt = (what: () => void) => {
				try {
					what();
					return 'allowed';
				} catch (error) {
					return (error as Error).name;
				}
			};
			const types = (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } })
				.trustedTypes;
			return {
				injected: 'injected' in globalThis,
				markup: attempt(() => (document.createElement('p').innerHTML = '<img src=x onerror=alert(1)>')),
				policy: attempt(() => types.createPolicy('evil', {})),
				worker: attempt(() => new Worker('/platform/switchboard.js'))
			};
		});
		expect(home).toEqual({ injected: false, markup: 'TypeError', policy: 'TypeError', worker: 'TypeError' });
		await expect.poll(() => phone.problems.join('\n')).toMatch(/policy violation \(T74\)/);
		phone.tolerate(/policy violation|Trusted|Content Security Policy/i);
	}
);

/** A page of somebody else's, with no policy that could do our work. */
async function strangersPage(markup: string): Promise<{ address: string; close(): void }> {
	const server = http.createServer((_, response) =>
		response.writeHead(200, { 'content-type': 'text/html' }).end(markup)
	);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const close = () => {
		server.closeAllConnections();
		server.close();
	};
	return { address: `http://localhost:${(server.address() as AddressInfo).port}/`, close };
}

story('T75 no page of the suite shows inside a frame', async ({ suite, device }) => {
	const phone = await device('phone');
	const framed = await strangersPage('<p>framed</p>');
	const stranger = await strangersPage(
		`<iframe src="${suite.origin}/"></iframe><iframe src="${suite.origin}/notes/"></iframe><iframe src="${framed.address}"></iframe>`
	);
	const page = await phone.context.newPage();
	await page.goto(stranger.address, { waitUntil: 'load' });
	const shown = () =>
		page
			.frames()
			.slice(1)
			.map((frame) => frame.url());
	// The third shows: frames as such work there.
	await expect
		.poll(shown, { timeout: 10_000 })
		.toEqual(['chrome-error://chromewebdata/', 'chrome-error://chromewebdata/', framed.address]);
	await phone.switchOff();
	phone.tolerate(/another origin|Refused to frame|frame-ancestors|Framing/);
	stranger.close();
	framed.close();
});

story('T76 a page that opens the suite gets no hand on it', async ({ suite, device }) => {
	const phone = await device('phone');
	const stranger = await strangersPage(`<a href="${suite.origin}/notes/" target="suite" rel="opener">open</a>`);
	const page = await phone.context.newPage();
	await page.goto(stranger.address);
	const [opened, hand] = await Promise.all([
		phone.context.waitForEvent('page'),
		page.evaluateHandle((address) => window.open(address), `${suite.origin}/notes/`)
	]);
	await opened.waitForLoadState();
	expect(await opened.evaluate(() => window.opener)).toBe(null);
	await expect.poll(() => hand.evaluate((window) => window?.closed)).toBe(true);
	expect(await opened.evaluate(() => crossOriginIsolated)).toBe(true);

	const [linked] = await Promise.all([phone.context.waitForEvent('page'), page.getByRole('link').click()]);
	await linked.waitForLoadState();
	expect(await linked.evaluate(() => window.opener)).toBe(null);
	await phone.switchOff();
	phone.tolerate(/another origin/);
	stranger.close();
});

story('T78 a request to another origin is blocked, and seen', async ({ device, startSuite }) => {
	const phone = await device('phone');
	const stranger = await startSuite({ home: false });
	const page = await phone.open('/');
	const answered = await page.evaluate(
		(address) =>
			fetch(address, { mode: 'no-cors' }).then(
				() => true,
				() => false
			),
		`${stranger.origin}/home.css`
	);
	expect(answered).toBe(false);
	await expect.poll(() => phone.problems.join('\n')).toMatch(/connect-src/);

	// The two witnesses, the page's and the browser's own log, are shown to see: nothing forbids a page to navigate.
	await page.evaluate((address) => location.assign(address), stranger.origin);
	await page.waitForURL(`${stranger.origin}/`);
	await phone.switchOff();
	const seen = phone.problems.join('\n');
	expect(seen).toMatch(/^request to another origin/m);
	expect(seen).toMatch(/^network log: request to another origin/m);
	phone.tolerate(/policy violation|Content Security Policy|another origin/i);
});

story("[U-3] the home node's WebSocket is within connect-src 'self'", async ({ suite, device }) => {
	const phone = await device('phone');
	const page = await phone.open('/');
	const outcome = await page.evaluate(
		(address) =>
			new Promise((resolve) => {
				const socket = new WebSocket(address);
				socket.onopen = () => resolve('open');
				socket.onerror = () => resolve('refused');
			}),
		`${suite.origin.replace('http', 'ws')}/p2p`
	);
	expect(outcome).toBe('open');
});
