// Passwords joins the suite on its machine: two origins of one browser, two windows, one yes.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectAccessible, story } from '../devices.ts';
import { compareEmojis, openNotes, pairByCode, SOON } from '../notes.ts';
import { askToJoin, joinSuite, openFirstStart, setUpVault } from '../passwords.ts';

/** What Passwords says when it has not joined. */
const failureOf = (vault: Page): Promise<string> => vault.getByTestId('failure').innerText({ timeout: SOON });

/** Every address that any page of the browser was on. */
function addressesOf(context: BrowserContext): string[] {
	const seen: string[] = [];
	const watch = (page: Page): void => void page.on('framenavigated', (frame) => seen.push(frame.url()));
	context.pages().forEach(watch);
	context.on('page', watch);
	return seen;
}

story(
	'[K-1] [K-2] [K-7] Passwords joins with four emojis; it is one line with Notes among my devices, and both are in step',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const addresses = addressesOf(laptop.context);
		const notes = await openNotes(laptop, '/notes/settings');
		await notes.getByLabel('Your name, as people you share with see it').fill('Ada', { timeout: SOON });
		await notes.getByLabel('Your name, as people you share with see it').press('Enter');

		const vault = await joinSuite(laptop);
		await setUpVault(vault);
		// The account's database came over the home node: the name that was given in Notes is here.
		// Within the page: a vault whose page goes away is locked.
		await vault.getByRole('link', { name: 'Settings' }).first().click();
		const name = vault.getByLabel('Your name, as people you share with see it');
		await expect.poll(() => name.inputValue(), { timeout: SOON }).toBe('Ada');
		for (const page of [notes, vault]) {
			await expect.poll(() => page.getByTestId('devices').locator('li').count(), { timeout: SOON }).toBe(1);
			expect(await page.getByTestId('devices').innerText()).toContain('This device');
		}
		// And the other way round.
		await name.fill('Ada L.');
		await name.press('Enter');
		await notes.reload(); // the field still holds what was typed there
		await expect
			.poll(() => notes.getByLabel('Your name, as people you share with see it').inputValue(), { timeout: SOON })
			.toBe('Ada L.');

		// A phone that is paired with Notes makes two machines, whoever counts.
		const phone = await openNotes(await device('phone'));
		await pairByCode(notes, phone);
		await phone.goto(`${suite.origin}/notes/settings`);
		await expect.poll(() => phone.getByTestId('devices').locator('li').count(), { timeout: SOON }).toBe(2);
		await expect.poll(() => vault.getByTestId('devices').locator('li').count(), { timeout: SOON }).toBe(2);

		// No address of any window said anything.
		const met = addresses.filter((address) => /\/(link|join)/.test(address));
		expect(new Set(met)).toEqual(new Set([`${suite.origin}/link`, `${suite.vault}/join`]));
	}
);

story('[K-1] what joined is there after the browser was closed, and asks nothing again', async ({ device }) => {
	const laptop = await device('laptop');
	await joinSuite(laptop); // Notes was never opened: the suite begins as it does at every first start
	await laptop.switchOff();
	await laptop.switchOn();
	const vault = await laptop.openVault();
	await vault.getByTestId('vault-setup').waitFor({ timeout: SOON });
	expect(await vault.getByTestId('first-start').count()).toBe(0);
	// Its page to join has nothing more to do.
	await vault.goto(new URL('/join', vault.url()).href);
	await vault.getByTestId('vault-setup').waitFor({ timeout: SOON });
});

story(
	'[K-2] [K-6] a no, a closed window and a change of mind leave Passwords as it was, each in plain words',
	async ({ device }) => {
		const laptop = await device('laptop');
		const vault = await openFirstStart(laptop);
		await expectAccessible(vault, 'the first start');
		const first = await askToJoin(vault);
		await expectAccessible(first.link, 'the suite’s page');
		await expectAccessible(vault, 'the vault’s page');
		await first.link.getByRole('button', { name: 'No', exact: true }).click();
		expect(await failureOf(vault)).toMatch(/You said no/);

		const again = async () => {
			const opened = vault.context().waitForEvent('page');
			await vault.getByRole('button', { name: 'Open the suite' }).click();
			const link = await opened;
			await compareEmojis(link, vault);
			return link;
		};
		const second = await again();
		await second.close();
		expect(await failureOf(vault)).toMatch(/was closed/);

		const third = await again();
		const gone = third.waitForEvent('close', { timeout: SOON });
		await vault.getByRole('button', { name: 'Cancel' }).click();
		expect(await failureOf(vault)).toMatch(/gave up/);
		await gone;

		// A window that is closed before it said anything.
		const opened = vault.context().waitForEvent('page');
		await vault.getByRole('button', { name: 'Open the suite' }).click();
		await (await opened).close();
		expect(await failureOf(vault)).toMatch(/was closed/);

		// Still nobody's: nothing was made in any of these.
		await vault.reload();
		await vault.getByRole('button', { name: 'Open the suite' }).waitFor({ timeout: SOON });
		const made = await vault.evaluate(async () => {
			const names: string[] = [];
			const look = async (folder: FileSystemDirectoryHandle): Promise<void> => {
				for await (const entry of folder.values())
					if (entry.kind === 'directory') await look(entry as FileSystemDirectoryHandle);
					else names.push(entry.name);
			};
			await look(await navigator.storage.getDirectory());
			return { names, keys: (await indexedDB.databases()).map(({ name }) => name) };
		});
		expect(made).toEqual({ names: [], keys: [] });
	}
);

story('[K-6] where the browser blocks the window it says so, and a click opens it', async ({ suite, device }) => {
	const laptop = await device('laptop', { blocksPopups: true });
	const vault = await laptop.context.newPage();
	await vault.goto(`${suite.vault}/join`);
	// Whatever Playwright evaluates counts as an act of the person; the protocol itself can do without.
	const cdp = await laptop.context.newCDPSession(vault);
	const evaluate = async (expression: string): Promise<unknown> =>
		(await cdp.send('Runtime.evaluate', { expression, userGesture: false, returnByValue: true })).result.value;
	const said = `document.querySelector('[data-testid=failure]')?.textContent ?? document.querySelector('button')?.click()`;
	await expect.poll(() => evaluate(said), { timeout: SOON }).toMatch(/blocked the window/);
	const opened = laptop.context.waitForEvent('page');
	await vault.getByRole('button', { name: 'Open the suite' }).click();
	await compareEmojis(await opened, vault);
});

/** Somebody else's page, on another port of this machine. */
async function strangersPage(): Promise<{ address: string; port: number; close(): void }> {
	const server = http.createServer((_, response) =>
		response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>stranger</title>')
	);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const close = (): void => {
		server.closeAllConnections();
		server.close();
	};
	return { address: `http://127.0.0.1:${port}/`, port, close };
}

story(
	'[K-5] T76 a stranger that opens the suite’s page, or the vault’s, gets neither a word nor a port nor a hand on them',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		laptop.tolerate(/another origin|postMessage|target origin|favicon/);
		await openNotes(laptop);
		const server = await strangersPage();
		// Another port of the vault's own name is another origin, and as much a stranger.
		for (const address of [server.address, `http://passwords.localhost:${server.port}/`]) {
			const stranger = await laptop.context.newPage();
			await stranger.goto(address);
			const opened = laptop.context.waitForEvent('page');
			await stranger.evaluate((link) => {
				const all = globalThis as unknown as { heard: unknown[]; held: Window | null; port: MessagePort };
				all.heard = [];
				addEventListener('message', ({ data }) => all.heard.push(data));
				all.held = window.open(link);
				const { port1, port2 } = new MessageChannel();
				all.port = port1;
				port1.onmessage = ({ data }) => all.heard.push(data);
				// Everything a stranger could say, to whoever listens, until it is over.
				const say = () => all.held?.postMessage({ slf: 'join', v: 1, type: 'port' }, '*', []);
				setInterval(say, 50);
				setTimeout(() => all.held?.postMessage({ slf: 'join', v: 1, type: 'port' }, '*', [port2]), 500);
			}, `${suite.origin}/link`);
			const link = await opened;
			await link.getByTestId('over').waitFor({ timeout: SOON });
			expect(await link.getByTestId('over').innerText()).toMatch(/If it was not Passwords, close it/);
			expect(await stranger.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([]);
			await link.close();

			// The vault's page: the hand is cut off before anything is shown.
			const second = laptop.context.waitForEvent('page');
			await stranger.evaluate((join) => {
				(globalThis as unknown as { held: Window | null }).held = window.open(join);
			}, `${suite.vault}/join`);
			const join = await second;
			await join.getByRole('button', { name: 'Open the suite' }).waitFor({ timeout: SOON });
			expect(await join.evaluate(() => window.opener)).toBe(null);
			await expect
				.poll(() => stranger.evaluate(() => (globalThis as unknown as { held: Window | null }).held?.closed))
				.toBe(true);
			await join.close();
			await stranger.close();
		}
		server.close();
	}
);

story('[K-5] the suite’s page that nobody opened says what it is for and starts nothing', async ({ suite, device }) => {
	const laptop = await device('laptop');
	const link = await laptop.open('/link');
	expect(await link.getByTestId('over').innerText({ timeout: SOON })).toMatch(/lets Passwords join/);
	await expectAccessible(link, 'the suite’s page, opened by nobody');
	expect(await link.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name))).toEqual([]);
	expect(link.url()).toBe(`${suite.origin}/link`);
});

story('T75 no page of the vault, and not the one that joins, shows inside a frame', async ({ suite, device }) => {
	const laptop = await device('laptop');
	laptop.tolerate(/another origin|Refused to frame|frame-ancestors|Framing|favicon/);
	const server = await strangersPage();
	const pages = [`${suite.vault}/`, `${suite.vault}/join`, `${suite.origin}/link`];
	const stranger = await laptop.context.newPage();
	await stranger.goto(server.address);
	await stranger.evaluate((all) => {
		for (const src of [...all, location.href])
			document.body.append(Object.assign(document.createElement('iframe'), { src }));
	}, pages);
	const shown = () =>
		stranger
			.frames()
			.slice(1)
			.map((frame) => frame.url());
	// The last one shows: frames as such work there.
	await expect
		.poll(shown, { timeout: SOON })
		.toEqual([...pages.map(() => 'chrome-error://chromewebdata/'), server.address]);
	server.close();
});
