// A new version arrives while somebody is writing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { buildSuite, readBuild } from '../../tools/build.ts';
import { distFolder } from '../../tools/project.ts';
import { story } from '../devices.ts';
import { editor, isReady, openNotes, shows, SOON, textOf, writeNote } from '../notes.ts';
import { openFirstStart } from '../passwords.ts';

/** Four apps and their workers, on a machine that is busy. */
const BUILD_TAKES = 600_000;

let next: string;
beforeAll(async () => {
	next = mkdtempSync(join(tmpdir(), 'slf-next-'));
	const build = String(Number(readBuild(distFolder)!.build) + 1000);
	await buildSuite({ out: join(next, 'dist'), build });
}, BUILD_TAKES);
afterAll(() => rmSync(next, { recursive: true, force: true }));

/** Chromium runs update checks at its lowest priority until its own start-up is over, which can take three minutes. */
const UPDATE_SHOWS = 200_000;

story(
	'[U-12] [U-20] [V-12] an update is offered while I type; taking it loses no letter, and my other tab is told',
	{ timeout: 320_000 },
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		await writeNote(page, 'Typed before the update');
		await expect
			.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: SOON })
			.toBe('activated');
		const other = await openNotes(laptop);
		await page.bringToFront();

		suite.deploy(join(next, 'dist'));
		await page.evaluate(() => dispatchEvent(new Event('focus')));
		const banner = page.getByTestId('update');
		await expect
			.poll(
				async () => {
					await page.evaluate(() => dispatchEvent(new Event('focus')));
					return banner.count();
				},
				{ timeout: UPDATE_SHOWS, interval: 2_000 }
			)
			.toBe(1);
		await editor(page).click();
		await page.keyboard.press('Control+End');
		await page.keyboard.type(', and after it was offered');
		expect(await textOf(page)).toBe('Typed before the update, and after it was offered');
		const reloaded = page.waitForEvent('load', { timeout: SOON });
		await banner.getByRole('button').click();
		await reloaded;
		await isReady(page);
		await shows(page, 'Typed before the update, and after it was offered');
		await expect.poll(() => other.getByTestId('update').count(), { timeout: SOON }).toBe(1);
	}
);

story(
	'[U-12] [U-23] Passwords is offered the update on its own origin, also before it is anybody’s',
	{ timeout: 320_000 },
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const vault = await openFirstStart(laptop);
		await expect
			.poll(() => vault.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: SOON })
			.toBe('activated');
		suite.deploy(join(next, 'dist'));
		const banner = vault.getByTestId('update');
		await expect
			.poll(
				async () => {
					await vault.evaluate(() => dispatchEvent(new Event('focus')));
					return banner.count();
				},
				{ timeout: UPDATE_SHOWS, interval: 2_000 }
			)
			.toBe(1);
		const reloaded = vault.waitForEvent('load', { timeout: SOON });
		await banner.getByRole('button').click();
		await reloaded;
		await vault.getByTestId('first-start').waitFor({ timeout: SOON });
		const { build } = readBuild(join(next, 'dist'))!;
		expect(await vault.evaluate(() => caches.keys())).toContain(`app:passwords:${build}`);
		// The page with headers of its own came along.
		await suite.stop();
		await vault.goto(`${suite.vault}/join`);
		await vault.getByRole('button', { name: 'Open the suite' }).waitFor({ timeout: SOON });
		expect(await vault.evaluate(() => crossOriginIsolated)).toBe(false);
	}
);
