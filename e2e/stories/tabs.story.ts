// Tabs come, go and crash; what was acknowledged stays, once. Through the lab page: the real platform without screens.
import { afterAll, beforeAll, expect } from 'vitest';
import type { Page } from 'playwright-core';
import { story, type Device } from '../devices.ts';
import { buildLab } from '../lab/build.ts';
import { openNote, openNotes, shows, SOON, writeNote } from '../notes.ts';

let built: Awaited<ReturnType<typeof buildLab>>;
beforeAll(async () => {
	built = await buildLab();
});
afterAll(() => built.remove());

async function openLab(device: Device): Promise<Page> {
	const page = await device.open('/lab/');
	await expect.poll(() => page.locator('#state').innerText(), { timeout: SOON }).toMatch(/^ready/);
	return page;
}

const leads = (page: Page): Promise<boolean> => page.evaluate(() => lab.platform.status().leader);

/** Writes rows one after the other until stopped; keeps in the page which were acknowledged. */
const startWriting = (page: Page, name: string): Promise<void> =>
	page.evaluate((name) => {
		const acknowledged: string[] = [];
		lab.notes.acknowledged = acknowledged;
		lab.notes.writing = true;
		lab.notes.done = (async () => {
			for (let n = 0; lab.notes.writing === true; n++) {
				const id = lab.platform.id();
				await lab.platform.exec('INSERT INTO entries (id, scope_id, value) VALUES (?, ?, ?)', [id, lab.scope, n]);
				await lab.platform.exec('UPDATE entries SET value = value + 1000 WHERE scope_id = ? AND id = ?', [
					lab.scope,
					id
				]);
				acknowledged.push(`${name} ${n} ${id}`);
			}
		})();
	}, name);

const acknowledgedBy = (page: Page): Promise<string[]> => page.evaluate(() => lab.notes.acknowledged as string[]);

const stopWriting = (page: Page): Promise<string[]> =>
	page.evaluate(async () => {
		lab.notes.writing = false;
		await (lab.notes.done as Promise<void>);
		return lab.notes.acknowledged as string[];
	});

/** Every acknowledged row is there exactly once, with its update applied exactly once. */
async function expectAllOnce(page: Page, acknowledged: string[]): Promise<void> {
	const rows = await page.evaluate(() =>
		lab.platform.exec<{ id: string; value: number }>('SELECT id, value FROM entries WHERE scope_id = ?', [lab.scope])
	);
	const valueById = new Map(rows.map(({ id, value }) => [id, value]));
	for (const line of acknowledged) {
		const [, n, id] = line.split(' ');
		expect(valueById.get(id!), line).toBe(Number(n) + 1000);
	}
	expect(valueById.size).toBe(rows.length);
}

story(
	'[W-1] the leading tab is closed in mid-write: another answers, and every acknowledged write is there once',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const first = await openLab(laptop);
		const second = await openLab(laptop);
		expect(await leads(first)).toBe(true);
		await startWriting(first, 'first');
		await startWriting(second, 'second');
		await expect.poll(async () => (await acknowledgedBy(second)).length, { timeout: SOON }).toBeGreaterThan(10);
		const byFirst = await acknowledgedBy(first);
		await first.close();
		const before = (await acknowledgedBy(second)).length;
		await expect
			.poll(async () => (await acknowledgedBy(second)).length, { timeout: SOON })
			.toBeGreaterThan(before + 10);
		expect(await leads(second)).toBe(true);
		await expectAllOnce(second, [...byFirst, ...(await stopWriting(second))]);
	}
);

story(
	'[W-2] the leading tab crashes in mid-write: every acknowledged write is there once',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const first = await openLab(laptop);
		const second = await openLab(laptop);
		await startWriting(second, 'second');
		await startWriting(first, 'first');
		await expect.poll(async () => (await acknowledgedBy(first)).length, { timeout: SOON }).toBeGreaterThan(10);
		const byFirst = await acknowledgedBy(first);
		const cdp = await laptop.context.newCDPSession(first);
		cdp.send('Page.crash').catch(() => undefined); // never answers: its page is gone
		const before = (await acknowledgedBy(second)).length;
		await expect
			.poll(async () => (await acknowledgedBy(second)).length, { timeout: SOON })
			.toBeGreaterThan(before + 10);
		await expectAllOnce(second, [...byFirst, ...(await stopWriting(second))]);
	}
);

story(
	'[W-2] the leading tab goes to another page and comes back: the other answers meanwhile, and both go on',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist });
		const laptop = await device('laptop', { suite });
		const first = await openLab(laptop);
		const second = await openLab(laptop);
		expect(await leads(first)).toBe(true);
		await startWriting(second, 'second');
		await expect.poll(async () => (await acknowledgedBy(second)).length, { timeout: SOON }).toBeGreaterThan(5);
		// Into the back/forward cache, where a page is frozen with all it holds.
		await first.goto(`${suite.origin}/`);
		const away = (await acknowledgedBy(second)).length;
		await expect.poll(async () => (await acknowledgedBy(second)).length, { timeout: SOON }).toBeGreaterThan(away + 5);
		await first.goBack();
		await expect.poll(() => first.locator('#state').innerText(), { timeout: SOON }).toMatch(/^ready/);
		const acknowledged = await stopWriting(second);
		await expectAllOnce(first, acknowledged);
		await expectAllOnce(second, acknowledged);
	}
);

story(
	'[W-22] where a browser has no SharedWorker one tab at a time works, and the other says so',
	async ({ device }) => {
		const laptop = await device('laptop');
		await laptop.context.addInitScript(() => {
			delete (globalThis as { SharedWorker?: unknown }).SharedWorker;
		});
		const first = await openNotes(laptop);
		await writeNote(first, 'Written in the first tab');
		const second = await laptop.open('/notes/');
		await second.getByText('Notes is open in another tab').waitFor({ timeout: SOON });
		await first.close();
		await openNote(second, 'Written in the first tab');
		await shows(second, 'Written in the first tab');
	}
);
