// Notes is an app: it can be installed, and it works when there is no server at all.
import { expect } from 'vitest';
import { story } from '../devices.ts';
import { isReady, noteInList, openNote, openNotes, shows, SOON, writeNote } from '../notes.ts';

story(
	'[U-10] the browser offers to install Notes: manifest, icons, scope and shortcut are in order',
	async ({ device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		const cdp = await laptop.context.newCDPSession(page);
		const { url, errors, data } = await cdp.send('Page.getAppManifest');
		expect(errors).toEqual([]);
		expect(new URL(url).pathname).toBe('/notes/manifest.webmanifest');
		const manifest = JSON.parse(data!) as { scope: string; icons: { purpose: string }[]; shortcuts: { url: string }[] };
		expect(manifest.scope).toBe('/notes/');
		expect(manifest.icons.map(({ purpose }) => purpose).sort()).toEqual(
			expect.arrayContaining(['any', 'maskable', 'monochrome'])
		);
		expect(manifest.shortcuts.map((shortcut) => shortcut.url)).toContain('/notes/new');
		await page.evaluate(() => navigator.serviceWorker.ready);
		const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
		expect(installabilityErrors).toEqual([]);
	}
);

story(
	'[U-11] with the server gone, every address of Notes opens, shows what is here and takes new notes',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		await writeNote(page, 'Before the server went\nkept on this device');
		await page.evaluate(async () => {
			const { active } = await navigator.serviceWorker.ready;
			if (active?.state !== 'activated')
				await new Promise((done) => active?.addEventListener('statechange', done, { once: true }));
		});
		await expect
			.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: SOON })
			.toBe('activated');
		const deepLink = page.url();
		await suite.stop();

		for (const path of [
			'/notes/',
			'/notes/trash',
			'/notes/settings',
			'/notes/settings/words',
			'/notes/pair',
			'/notes/folders'
		]) {
			await page.goto(suite.origin + path);
			await isReady(page);
		}
		await page.goto(deepLink);
		await shows(page, 'Before the server went\nkept on this device');

		await page.goto(`${suite.origin}/notes/`);
		await writeNote(page, 'Written without a server');
		await page.reload();
		await noteInList(page, 'Written without a server').waitFor({ timeout: SOON });
		await openNote(page, 'Before the server went');
		await shows(page, 'Before the server went\nkept on this device');

		// The panel says how things stand, in words.
		await page.goto(`${suite.origin}/notes/settings`);
		await expect
			.poll(() => page.getByTestId('sync-facts').innerText(), { timeout: SOON })
			.toMatch(/Not reached|Connecting/);
	}
);
