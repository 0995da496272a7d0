// The vault's origin: an app of its own beside the suite, and a wall between the two. T77 runs an attacker's script in
// the real page of Notes, with every right that Notes has.
import http from 'node:http';
import { expect } from 'vitest';
import { story } from '../devices.ts';
import { openNotes, SOON } from '../notes.ts';
import { joinSuite, openFirstStart } from '../passwords.ts';

function ask(origin: string, path: string, host = new URL(origin).host): Promise<http.IncomingMessage> {
	return new Promise((resolve, reject) => {
		const { port } = new URL(origin);
		// Node cannot resolve the vault's name; the server goes by the Host.
		http
			.get({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => resolve(answer.resume()))
			.on('error', reject);
	});
}

story(
	'[U-7] [U-17] each origin serves its own app, and passkeys may be asked for on the vault’s alone',
	async ({ suite }) => {
		const vault = await ask(suite.vault, '/item/deep/link');
		expect(vault.statusCode).toBe(200);
		expect(vault.headers).toMatchObject({
			'cross-origin-opener-policy': 'same-origin',
			'cross-origin-embedder-policy': 'require-corp',
			'cross-origin-resource-policy': 'same-origin',
			'origin-agent-cluster': '?1'
		});
		expect(vault.headers['content-security-policy']).toContain("connect-src 'self'");
		expect(vault.headers['permissions-policy']).toContain('publickey-credentials-get=(self)');
		const notes = await ask(suite.origin, '/notes/');
		expect(notes.headers['permissions-policy']).toContain('publickey-credentials-get=()');
		const redirect = await ask(suite.origin, '/passwords/item/x?secret');
		expect([redirect.statusCode, redirect.headers.location]).toEqual([307, `${suite.vault}/`]);
		for (const host of ['evil.example', 'x.passwords.localhost', `passwords.localhost.evil.example:1`])
			expect((await ask(suite.vault, '/', host)).statusCode, host).toBe(421);
	}
);

story('[U-10] the browser offers to install Passwords, apart from the suite', async ({ suite, device }) => {
	const laptop = await device('laptop');
	const vault = await openFirstStart(laptop);
	const cdp = await laptop.context.newCDPSession(vault);
	const { url, errors, data } = await cdp.send('Page.getAppManifest');
	expect(errors).toEqual([]);
	expect(url).toBe(`${suite.vault}/manifest.webmanifest`);
	expect(JSON.parse(data!)).toMatchObject({ id: '/', scope: '/', start_url: '/', name: 'Passwords' });
	await vault.evaluate(() => navigator.serviceWorker.ready);
	expect((await cdp.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([]);
	expect((await cdp.send('Page.getAppId')).appId).toBe(`${suite.vault}/`);
});

story(
	'[U-11] [U-23] with the server gone, every address of Passwords opens, each with the headers that are its own',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const vault = await openFirstStart(laptop);
		await expect
			.poll(() => vault.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: SOON })
			.toBe('activated');
		expect(await vault.evaluate(() => crossOriginIsolated)).toBe(true);
		// The workers' own service worker has them too.
		await expect
			.poll(
				() => vault.evaluate(async () => (await navigator.serviceWorker.getRegistration('/platform/'))?.active?.state),
				{ timeout: SOON }
			)
			.toBe('activated');
		await suite.stop();
		for (const [path, isolated] of [
			['/', true],
			['/join', false],
			['/item/some-id', true],
			['/settings', true]
		] as const) {
			await vault.goto(suite.vault + path);
			const shows =
				path === '/join' ? vault.getByRole('button', { name: 'Open the suite' }) : vault.getByTestId('first-start');
			await shows.waitFor({ timeout: SOON });
			expect(await vault.evaluate(() => crossOriginIsolated), path).toBe(isolated);
		}
	}
);

/** What a script finds of storage, workers and locks in the page that it runs in. */
async function possessions() {
	const names: string[] = [];
	const look = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
		for await (const entry of folder.values()) {
			names.push(path + entry.name);
			if (entry.kind === 'directory') await look(entry as FileSystemDirectoryHandle, `${path}${entry.name}/`);
		}
	};
	await look(await navigator.storage.getDirectory(), '');
	const { held = [] } = await navigator.locks.query();
	return {
		files: names.filter((name) => name.includes('/')),
		databases: (await indexedDB.databases()).map(({ name }) => name ?? ''),
		caches: await caches.keys(),
		locks: held.map(({ name }) => name ?? ''),
		keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
		cookies: document.cookie,
		registrations: (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope)
	};
}

story(
	'[U-18] T77 a script in Notes reaches neither storage, workers, locks nor channels of the vault',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const notes = await openNotes(laptop);
		const vault = await joinSuite(laptop);
		await vault.evaluate(() => localStorage.setItem('canary', 'of the vault'));
		await vault.evaluate(() => {
			document.cookie = 'canary=of-the-vault; SameSite=Lax';
			const heard: unknown[] = [];
			(globalThis as unknown as { heard: unknown[] }).heard = heard;
			for (const name of ['slf:build', 'canary']) new BroadcastChannel(name).onmessage = ({ data }) => heard.push(data);
			addEventListener('message', ({ data }) => heard.push(data));
			addEventListener('storage', (event) => heard.push((event as StorageEvent).key));
		});
		await expect
			.poll(async () => (await vault.evaluate(possessions)).files.join(' '), { timeout: SOON })
			.toMatch(/\.main/);
		const [theirs, ours] = [await vault.evaluate(possessions), await notes.evaluate(possessions)];
		// There is something to reach on both sides, and nothing of one is on the other.
		expect(theirs.locks).toContain('slf:leader');
		expect(ours.locks).toContain('slf:leader');
		expect(ours.keys).not.toContain('canary');
		expect(ours.cookies).not.toContain('canary');
		expect(ours.caches.filter((name) => name.includes('passwords'))).toEqual([]);
		expect(ours.registrations.every((scope) => scope.startsWith(`${suite.origin}/`))).toBe(true);
		const terms = (locks: string[]) =>
			locks.filter((name) => name.startsWith('slf:tab:') || name.startsWith('slf:engine:'));
		expect(terms(ours.locks).filter((name) => terms(theirs.locks).includes(name))).toEqual([]);
		expect(ours.files.filter((name) => name.includes('passwords'))).toEqual([]);

		laptop.tolerate(
			/policy violation|Content Security Policy|TrustedScriptURL|Refused to|another origin|SharedWorker|Failed to|Permissions policy|publickey|Framing|frame-ancestors|ERR_/i
		);
		const tries = await notes.evaluate(async (origin) => {
			const outcome: Record<string, string> = {};
			const attempt = async (name: string, act: () => unknown): Promise<void> => {
				try {
					const value = await act();
					outcome[name] = `done: ${String(value)}`;
				} catch (error) {
					outcome[name] = (error as Error).name;
				}
			};
			await attempt('fetch', async () => (await fetch(`${origin}/`)).status);
			await attempt('fetch without cors', async () => (await fetch(`${origin}/`, { mode: 'no-cors' })).type);
			await attempt(
				'shared worker',
				() => new SharedWorker(`${origin}/platform/switchboard.js`, { type: 'module', name: 'slf' })
			);
			await attempt('import', () => import(/* @vite-ignore */ `${origin}/platform/switchboard.js`));
			await attempt('passkey of the vault', () =>
				navigator.credentials.get({
					publicKey: { challenge: new Uint8Array(32), rpId: new URL(origin).hostname, userVerification: 'discouraged' }
				})
			);
			await attempt('passkey of this origin', () =>
				navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), userVerification: 'discouraged' } })
			);
			await attempt(
				'socket',
				() =>
					new Promise((resolve, reject) => {
						const socket = new WebSocket(`${origin.replace('http', 'ws')}/p2p`);
						socket.onopen = () => resolve('open');
						socket.onerror = () => reject(new TypeError('refused'));
					})
			);
			await attempt('frame', () => {
				const frame = Object.assign(document.createElement('iframe'), { src: `${origin}/` });
				document.body.append(frame);
				return new Promise((resolve, reject) => {
					frame.onload = () => {
						try {
							resolve(frame.contentWindow!.document.title);
						} catch (error) {
							reject(error as Error);
						}
					};
					setTimeout(() => reject(new TypeError('nothing came')), 3000);
				});
			});
			for (const name of ['slf:build', 'canary']) new BroadcastChannel(name).postMessage({ build: '1', from: 'notes' });
			localStorage.setItem('canary', 'of notes');
			return outcome;
		}, suite.vault);
		for (const [what, result] of Object.entries(tries)) expect(result, what).not.toMatch(/^done/);
		expect(Object.keys(tries)).toHaveLength(8);
		expect(await vault.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([]);
		expect(await vault.evaluate(() => localStorage.getItem('canary'))).toBe('of the vault');
	}
);

story(
	'[U-18] T77 T76 a script in Notes that opens the vault holds a window that is closed to it',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const notes = await openNotes(laptop);
		await joinSuite(laptop);
		// Also the page that joins: it holds the suite's window, never the other way round.
		for (const path of ['/', '/join', '/item/x']) {
			const opened = laptop.context.waitForEvent('page');
			await notes.evaluate((address) => {
				(globalThis as unknown as { held: Window | null }).held = window.open(address, 'vault', 'popup');
			}, suite.vault + path);
			const tab = await opened;
			await tab.waitForLoadState();
			expect(await tab.evaluate(() => window.opener), path).toBe(null);
			const held = () =>
				notes.evaluate(() => {
					const { held } = globalThis as unknown as { held: Window };
					let document = 'refused';
					try {
						document = held.document.title;
					} catch {
						// another origin, or no window any more
					}
					return { closed: held.closed, frames: held.length, document };
				});
			await expect.poll(held, { timeout: SOON }).toEqual({ closed: true, frames: 0, document: 'refused' });
			await tab.close();
		}
	}
);
