// The key of a vault in a real browser: passkeys, passphrase, waits, and the lock. Through the lab on the vault's origin:
// the real platform without an app's screens.
import { afterAll, beforeAll, expect } from 'vitest';
import type { Page } from 'playwright-core';
import { Authenticator } from '../authenticator.ts';
import { scanForBytes, story, type Device } from '../devices.ts';
import { debuggable, scanHeaps } from '../heap.ts';
import { buildLab } from '../lab/build.ts';
import { SOON } from '../notes.ts';

const PASSPHRASE = 'correct horse battery';

let built: Awaited<ReturnType<typeof buildLab>>;
beforeAll(async () => {
	built = await buildLab();
});
afterAll(() => built.remove());

async function openLab(device: Device): Promise<Page> {
	const page = await device.openVault('/lab/vault-lab.html');
	await is(page, /^(locked (absent|locked)|ready open)$/);
	return page;
}

/** What the page shows of engine and vault. */
const is = (page: Page, state: RegExp | string): Promise<void> =>
	expect.poll(() => page.locator('#state').innerText(), { timeout: SOON }).toMatch(state);

const shows = (page: Page, titles: string): Promise<void> =>
	expect.poll(() => page.locator('#items').innerText(), { timeout: SOON }).toBe(titles);

const add = (page: Page, title: string, secret = ''): Promise<void> =>
	page.evaluate(([title, secret]) => vaultLab.add(title!, secret!), [title, secret]);

const create = (page: Page, passkeyName?: string) =>
	page.evaluate(
		([passphrase, passkeyName]) =>
			vaultLab.platform.vault.create({ passphrase: passphrase!, ...(passkeyName ? { passkeyName } : {}) }),
		[PASSPHRASE, passkeyName]
	);

const unlock = (page: Page, passphrase = PASSPHRASE) =>
	page.evaluate((passphrase) => vaultLab.platform.vault.unlock({ passphrase }), passphrase);

const unlockByPasskey = (page: Page) => page.evaluate(() => vaultLab.platform.vault.unlock({ passkey: true }));

const lock = (page: Page): Promise<void> => page.evaluate(() => vaultLab.platform.vault.lock());

const status = (page: Page) => page.evaluate(() => vaultLab.platform.vault.status());

story(
	'[K-16] a vault set up with a passkey: locked it shows nothing in any tab, the fingerprint opens it in all of them',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		const reader = await Authenticator.on(page);
		await is(page, 'locked absent');
		expect(await create(page, 'This laptop')).toEqual({ ok: true });
		await is(page, 'ready open');
		expect(await reader.passkeys()).toBe(1);
		expect(await status(page)).toMatchObject({ passphrase: true, passkeys: [{ name: 'This laptop', works: true }] });
		await add(page, 'one');
		const other = await openLab(laptop);
		await shows(other, 'one');
		await page.bringToFront();
		await lock(page);
		for (const tab of [page, other]) {
			await is(tab, 'locked locked');
			await shows(tab, '');
		}
		const refused = await page.evaluate(() =>
			vaultLab.platform.exec('SELECT * FROM items').catch((error) => error.code)
		);
		expect(refused).toBe('LOCKED');
		expect(await unlockByPasskey(page)).toEqual({ ok: true });
		for (const tab of [page, other]) await shows(tab, 'one');
		await add(other, 'two');
		await shows(page, 'one, two');
	}
);

/** As Safari 26.4 answered for security keys: with a PRF value, but not the one. */
const breakPrf = (page: Page, broken: boolean): Promise<void> =>
	page.evaluate((broken) => {
		const own = Object.getPrototypeOf(navigator.credentials) as CredentialsContainer;
		navigator.credentials.get = async (options) => {
			const credential = (await own.get.call(navigator.credentials, options)) as PublicKeyCredential;
			const results = credential.getClientExtensionResults() as { prf?: { results?: { first?: BufferSource } } };
			if (broken && results.prf?.results?.first) results.prf.results.first = new Uint8Array(32).fill(1);
			credential.getClientExtensionResults = () => results as AuthenticationExtensionsClientOutputs;
			return credential;
		};
	}, broken);

story(
	'[K-16] a passkey that a flawed browser or the wrong finger answers for opens nothing and is never added; each is named',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		const reader = await Authenticator.on(page);
		const addPasskey = () => page.evaluate(() => vaultLab.platform.vault.addPasskey('This laptop'));
		await create(page);
		await add(page, 'one');
		await breakPrf(page, true);
		expect(await addPasskey()).toMatchObject({ ok: false, code: 'PRF_DIFFERENT' });
		expect((await status(page)).passkeys).toEqual([]);
		await breakPrf(page, false);
		expect(await addPasskey()).toEqual({ ok: true });
		expect(await addPasskey()).toMatchObject({ ok: false, code: 'ALREADY' });
		await lock(page);
		expect(await unlockByPasskey(page)).toEqual({ ok: true });
		await lock(page);
		await breakPrf(page, true);
		expect(await unlockByPasskey(page)).toMatchObject({ ok: false, code: 'PRF_DIFFERENT' });
		await breakPrf(page, false);
		await reader.recognises(false);
		expect(await unlockByPasskey(page)).toMatchObject({ ok: false, code: 'NOT_ALLOWED' });
		expect(await status(page)).toMatchObject({ state: 'locked' });
		expect(await unlock(page)).toEqual({ ok: true });
		await shows(page, 'one');
	}
);

story(
	'[K-16] a reader without PRF is told apart, and the vault is made without it by passphrase',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		await Authenticator.on(page, { hasPrf: false });
		expect(await create(page, 'This laptop')).toMatchObject({ ok: false, code: 'PRF_MISSING' });
		expect(await status(page)).toMatchObject({ state: 'absent' });
		expect(await create(page)).toEqual({ ok: true });
		expect(await page.evaluate(() => vaultLab.platform.vault.addPasskey('again'))).toMatchObject({
			code: 'PRF_MISSING'
		});
		await lock(page);
		expect(await unlockByPasskey(page)).toMatchObject({ ok: false, code: 'NO_PASSKEY' });
		expect(await unlock(page)).toEqual({ ok: true });
	}
);

story(
	'[K-15] wrong passphrases wait, also after the browser was ended; the fingerprint does not',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		let page = await openLab(laptop);
		await create(page);
		await lock(page);
		const wrong = async () => {
			const answer = await unlock(page, 'wrong horse battery');
			return answer.ok ? '' : answer.code;
		};
		for (let attempt = 0; attempt < 3; attempt++) expect(await wrong()).toBe('WRONG_PASSPHRASE');
		expect(await wrong()).toBe('WAIT');
		await expect.poll(wrong, { timeout: SOON }).toBe('WRONG_PASSPHRASE');
		await laptop.pullThePlug();
		await laptop.switchOn();
		page = await openLab(laptop);
		// A quarter of a minute now: the browser has started again before it is over.
		expect(await unlock(page)).toMatchObject({ ok: false, code: 'WAIT' });
		expect((await status(page)).waitUntil).toBeLessThan(Date.now() + 15_001);
		await expect.poll(() => unlock(page), { timeout: SOON }).toEqual({ ok: true });
		// With a passkey added now, a wait stands in nobody's way.
		await Authenticator.on(page);
		expect(await page.evaluate(() => vaultLab.platform.vault.addPasskey('This laptop'))).toEqual({ ok: true });
		await lock(page);
		for (let attempt = 0; attempt < 3; attempt++) await unlock(page, 'wrong horse battery');
		expect(await unlock(page)).toMatchObject({ code: 'WAIT' });
		expect(await unlockByPasskey(page)).toEqual({ ok: true });
	}
);

story(
	'[K-16] T60 with what the browser kept beside the passkey gone the passkey says so, and the passphrase recovers',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		await Authenticator.on(page);
		await create(page, 'This laptop');
		await add(page, 'one');
		await lock(page);
		await page.evaluate(
			() =>
				new Promise<void>((resolve, reject) => {
					const removing = indexedDB.deleteDatabase('slf-vault-secret');
					removing.onsuccess = () => resolve();
					removing.onerror = () => reject(removing.error!);
				})
		);
		expect(await unlockByPasskey(page)).toMatchObject({ ok: false, code: 'SECRET_LOST' });
		expect(await unlock(page)).toEqual({ ok: true });
		await shows(page, 'one');
	}
);

story(
	'[K-18] [K-20] a vault locks by itself in every tab; what was typed is written before, and not in the clear',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		await create(page);
		const other = await openLab(laptop);
		await is(other, 'ready open');
		await add(page, 'one');
		await other.evaluate(() => {
			vaultLab.platform.vault.onLocking(() =>
				vaultLab.platform.exec('INSERT INTO drafts VALUES (?, ?)', ['d', 'kanarienvogel-entwurf-4711'])
			);
		});
		await page.evaluate(() => vaultLab.platform.vault.setLockAfter(3000));
		// Somebody works in one tab: the vault stays open for both.
		await page.evaluate(async () => {
			const end = Date.now() + 6000;
			while (Date.now() < end) {
				vaultLab.platform.vault.activity();
				await new Promise((resolve) => setTimeout(resolve, 100));
			}
		});
		await is(page, 'ready open');
		for (const tab of [page, other]) {
			await is(tab, 'locked locked');
			await shows(tab, '');
		}
		expect(await unlock(other)).toEqual({ ok: true });
		const drafts = await page.evaluate(() => vaultLab.platform.exec('SELECT words FROM drafts'));
		expect(drafts).toEqual([{ words: 'kanarienvogel-entwurf-4711' }]);
		await laptop.switchOff();
		expect(scanForBytes(laptop.profile, ['kanarienvogel-entwurf-4711', PASSPHRASE])).toEqual([]);
	}
);

story(
	'[K-18] the vault locks when no tab was in sight for a while, when its page is frozen, and in the middle of a query that does not end',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		await create(page);
		await add(page, 'one');
		const other = await openLab(laptop);
		await is(other, 'ready open');
		const sight = (tab: Page, state: string) =>
			tab.evaluate((state) => {
				Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
				document.dispatchEvent(new Event('visibilitychange'));
			}, state);
		await page.evaluate(() => vaultLab.platform.vault.setHiddenAfter(1000));
		await sight(page, 'hidden');
		await add(other, 'two');
		await sight(other, 'hidden');
		for (const tab of [page, other]) await is(tab, 'locked locked');
		for (const tab of [page, other]) await sight(tab, 'visible');

		expect(await unlock(page)).toEqual({ ok: true });
		// The debugger freezes no page that holds locks; what such a page does is told to it by hand.
		await other.evaluate(() => document.dispatchEvent(new Event('freeze')));
		for (const tab of [page, other]) await is(tab, 'locked locked');

		expect(await unlock(page)).toEqual({ ok: true });
		const query = page.evaluate(() =>
			vaultLab.platform
				.exec('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n')
				.catch((error) => error.code)
		);
		await lock(page);
		expect(await query).toBe('LOCKED');
		await is(other, 'locked locked');
		expect(await unlock(page)).toEqual({ ok: true });
		await shows(page, 'one, two');
	}
);

story(
	'[K-18] with the leading tab the key is gone: the next one leads a locked vault',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const page = await openLab(laptop);
		await create(page);
		await add(page, 'one');
		const other = await openLab(laptop);
		await shows(other, 'one');
		expect(await page.evaluate(() => vaultLab.platform.status().leader)).toBe(true);
		await page.close();
		await is(other, 'locked locked');
		await shows(other, '');
		expect(await other.evaluate(() => vaultLab.platform.status().leader)).toBe(true);
		expect(await unlock(other)).toEqual({ ok: true });
		await shows(other, 'one');
	}
);

story(
	'[K-18] T61 the heaps of pages and workers hold nothing of a vault that was locked; the same look finds it while it is open',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite, args: debuggable });
		const page = await openLab(laptop);
		await create(page);
		const needles = ['kanarienvogel-titel-8812', 'kanarienvogel-geheim-8813'];
		// Put together in the page, so that no source text holds them.
		await page.evaluate(() =>
			vaultLab.add(['kanarienvogel', 'titel', '8812'].join('-'), ['kanarienvogel', 'geheim', '8813'].join('-'))
		);
		const other = await openLab(laptop);
		await expect.poll(() => other.locator('#items').innerText(), { timeout: SOON }).not.toBe('');
		const open = await scanHeaps(laptop, needles);
		for (const needle of needles) expect(open.found.some((finding) => finding.needle === needle)).toBe(true);
		await lock(page);
		for (const tab of [page, other]) await is(tab, 'locked locked');
		const locked = await scanHeaps(laptop, needles);
		expect(locked.heaps.filter((heap) => heap.startsWith('page')).length).toBe(2);
		expect(locked.heaps.some((heap) => heap.startsWith('worker'))).toBe(true);
		expect(locked.found).toEqual([]);
	}
);
