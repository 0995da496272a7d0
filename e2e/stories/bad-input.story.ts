// Things go wrong: a damaged database file, a full disk, no home node, a tab that is older than what it meets. Nothing is
// lost, and the person is told in words.
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { readBuild } from '../../tools/build.ts';
import { distFolder } from '../../tools/project.ts';
import { newerBuild, story, type Device } from '../devices.ts';
import {
	editor,
	isReady,
	isSaved,
	newFolder,
	noteInList,
	openNote,
	openNotes,
	pairByCode,
	shows,
	SOON,
	textOf,
	writeNote
} from '../notes.ts';

/**
 * The file of the profile folder in which Chromium keeps Notes' database: its name says nothing, so it is found by the
 * first bytes, which hold the database's id. Ends the engines, which hold the file.
 */
async function findDatabaseFile(device: Device, page: Page, ending: 'main' | 'log'): Promise<string> {
	await page.goto(new URL('/', page.url()).href);
	const head = await page.evaluate(async (ending) => {
		const root = await navigator.storage.getDirectory();
		const folder = await root.getDirectoryHandle('slf-databases');
		for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
			if (!name.endsWith(`-notes.${ending}`)) continue;
			return [...new Uint8Array(await (await handle.getFile()).slice(0, 64).arrayBuffer())];
		}
		return [];
	}, ending);
	const wanted = Buffer.from(head);
	expect(wanted.length).toBe(64);
	const files = readdirSync(join(device.profile, 'Default', 'File System'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => readFileSync(path).subarray(0, 64).equals(wanted));
	expect(files).toHaveLength(1);
	return files[0]!;
}

/** Changes one bit in every `step` bytes from `from` on. Gives what stands there now. */
function flipBits(path: string, from: number, step: number): Buffer {
	const bytes = readFileSync(path);
	for (let at = from; at < bytes.length; at += step) bytes[at]! ^= 0x10;
	writeFileSync(path, bytes);
	return bytes;
}

/** Pastes at the end of the open note. */
async function paste(page: Page, text: string): Promise<void> {
	await editor(page).click();
	await page.keyboard.press('Control+End');
	await editor(page).evaluate((content, text) => {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', text);
		content.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
	}, text);
}

/** Types at the end of the open note. */
async function typeAtEnd(page: Page, text: string): Promise<void> {
	await editor(page).click();
	await page.keyboard.press('Control+End');
	await page.keyboard.type(text);
}

/** Nothing is on its way to the disk any more: all is there, or was refused. */
const isDurable = (page: Page): Promise<void> =>
	expect.poll(() => page.getByTestId('editor').getAttribute('data-durable'), { timeout: SOON }).toBe('true');

story(
	'[W-12] [S-5] a damaged database is not opened and not touched; Notes says which, and brings the notes back from my phone',
	async ({ device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		const phone = await openNotes(await device('phone'));
		await pairByCode(page, phone);
		await writeNote(page, 'Written before the damage');
		await noteInList(phone, 'Written before the damage').waitFor({ timeout: SOON });

		const main = await findDatabaseFile(laptop, page, 'main');
		const log = await findDatabaseFile(laptop, page, 'log');
		await laptop.switchOff();
		const damaged = flipBits(main, 100, 1000);
		const beside = readFileSync(log);

		await laptop.switchOn();
		const again = await laptop.open('/notes/');
		const failed = again.getByTestId('database-damaged');
		await failed.waitFor({ timeout: SOON });
		expect(await failed.innerText()).toMatch(/database “notes” .*damaged/i);
		expect(await failed.innerText()).toMatch(/not changed[^]*other devices[^]*12 words/);
		expect(readFileSync(main).equals(damaged)).toBe(true);
		expect(readFileSync(log).equals(beside)).toBe(true);

		await again.getByRole('button', { name: 'Bring the notes back' }).click();
		await isReady(again);
		await openNote(again, 'Written before the damage');
		await shows(again, 'Written before the damage');
		await writeNote(again, 'Written after it');
		await noteInList(phone, 'Written after it').waitFor({ timeout: SOON });
		// What was damaged is still there, to the byte.
		expect(readFileSync(main).equals(damaged)).toBe(true);
	}
);

story(
	'[S-4] a full disk: what is written is refused with a clear message, and all that is stored stays readable',
	async ({ suite, device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		await writeNote(page, 'First note\nstays readable');
		await writeNote(page, 'Second note\nstays too');
		await writeNote(page, 'Third note\ngrows');
		const browser = await laptop.context.newCDPSession(page);
		await browser.send('Storage.overrideQuotaForOrigin', { origin: suite.origin, quotaSize: 1 });

		// Chromium gives a file room in steps of up to a megabyte: there has to be more than what is left of the last one.
		const refused = page.getByTestId('refused');
		for (let times = 0; times < 20 && (await refused.count()) === 0; times++) {
			await paste(page, `\n${randomBytes(40_000).toString('hex').replace(/.{80}/g, '$&\n')}`);
			await isDurable(page);
		}
		expect(await refused.innerText()).toMatch(/no room left.*not saved.*saved before is safe/i);
		await openNote(page, 'First note');
		await shows(page, 'First note\nstays readable');
		await page.getByLabel('Search all notes').first().fill('stays too');
		await noteInList(page, 'Second note').waitFor({ timeout: SOON });
		await page.getByLabel('Search all notes').first().fill('');

		await browser.send('Storage.overrideQuotaForOrigin', { origin: suite.origin });
		await openNote(page, 'Second note');
		await editor(page).click();
		await page.keyboard.press('Control+End');
		await page.keyboard.type('\nthere is room again');
		await shows(page, 'Second note\nstays too\nthere is room again');
		await isSaved(page);
		await writeNote(page, 'Fourth note');
		await page.reload();
		await isReady(page);
		await openNote(page, 'Second note');
		await shows(page, 'Second note\nstays too\nthere is room again');
	}
);

story(
	'[N-4] without a home node everything works, and the panel says in words how it is',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ home: false });
		const laptop = await device('laptop', { suite });
		laptop.tolerate(/WebSocket connection to 'ws:\/\/localhost:[0-9]+\/p2p' failed/);
		const page = await openNotes(laptop);
		await newFolder(page, 'Garden');
		await writeNote(page, 'Sow carrots\nin April');
		const other = await openNotes(laptop);
		await openNote(other, 'Sow carrots');
		await editor(other).click();
		await other.keyboard.press('Control+End');
		await other.keyboard.type('\nor in May');
		await shows(page, 'Sow carrots\nin April\nor in May');
		await other.getByLabel('Search all notes').first().fill('april');
		await noteInList(other, 'Sow carrots').waitFor({ timeout: SOON });
		await expect
			.poll(() => other.getByTestId('sync').first().innerText(), { timeout: SOON })
			.toMatch(/Saved here, (offline|[0-9]+ waiting)/);
		await page.goto(`${suite.origin}/notes/settings`);
		await page
			.getByText('The home node cannot be reached. Your notes are safe here and everything works')
			.waitFor({ timeout: SOON });
		await page.goto(`${suite.origin}/notes/`);
		await openNote(page, 'Sow carrots');
		await shows(page, 'Sow carrots\nin April\nor in May');
	}
);

/** Opens Notes as Shift+Reload does: past the service worker, which still has the old build. */
async function openPastServiceWorker(device: Device, origin: string): Promise<Page> {
	const page = await device.context.newPage();
	const browser = await device.context.newCDPSession(page);
	await browser.send('Network.enable');
	await browser.send('Network.setBypassServiceWorker', { bypass: true });
	await page.goto(`${origin}/notes/`);
	await isReady(page);
	return page;
}

const isControlled = (page: Page): Promise<void> =>
	expect
		.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: SOON })
		.toBe('activated');

const engines = (page: Page): string[] =>
	page
		.workers()
		.map((worker) => new URL(worker.url()).pathname)
		.filter((path) => path.startsWith('/platform/engine.'));

story('[U-12] a tab of an older build steps down when a newer one opens, and both go on', async ({ suite, device }) => {
	const newer = await newerBuild();
	const laptop = await device('laptop');
	const old = await openNotes(laptop);
	await isControlled(old);
	await writeNote(old, 'Typed in the old build');
	expect(engines(old)).not.toEqual([]);

	suite.deploy(newer);
	const fresh = await openPastServiceWorker(laptop, suite.origin);
	await openNote(fresh, 'Typed in the old build');
	await shows(fresh, 'Typed in the old build');
	await expect.poll(() => engines(old), { timeout: SOON }).toEqual([]);
	expect(new Set(engines(fresh))).toEqual(new Set([`/platform/engine.${readBuild(newer)!.build}.js`]));

	await typeAtEnd(old, ', and on in it');
	await shows(fresh, 'Typed in the old build, and on in it');
	await typeAtEnd(fresh, ', seen in the new');
	await shows(old, 'Typed in the old build, and on in it, seen in the new');
	expect(await old.getByTestId('outdated').count()).toBe(0);
});

const NEWER = [
	'PRAGMA user_version = 2;',
	'CREATE TABLE labels (id TEXT PRIMARY KEY, scope_id TEXT, name LWW_TEXT);',
	"SELECT crsql_as_crr('labels');",
	"SELECT crsql_policy('labels', 'OWNER:RW, EDITOR:RW, VIEWER:R');"
].join(' ');

/** A copy of a finished build in which Notes' schema is newer: it has one table more. */
function withNewerSchema(dist: string): string {
	const copy = mkdtempSync(join(tmpdir(), 'slf-newer-schema-'));
	cpSync(dist, copy, { recursive: true });
	const changed = globSync('notes/_app/immutable/**/*.js', { cwd: copy }).filter((file) => {
		const path = join(copy, file);
		const script = readFileSync(path, 'utf8');
		const parts = script.split('CREATE TABLE notes (');
		if (parts.length === 1) return false;
		writeFileSync(path, parts.join(`${NEWER} CREATE TABLE notes (`));
		for (const packed of [`${path}.br`, `${path}.gz`]) rmSync(packed, { force: true });
		// Else the browser would keep the old one under the same name.
		expect(existsSync(join(distFolder, file)), `${file} has the same name in both builds`).toBe(false);
		return true;
	});
	expect(changed).toHaveLength(1);
	return copy;
}

story(
	'[W-15] a tab older than the data says reload, keeps what was typed, and reloading brings the newer build',
	async ({ suite, device }) => {
		const newer = withNewerSchema(await newerBuild(2));
		const laptop = await device('laptop');
		const old = await openNotes(laptop);
		await isControlled(old);
		await writeNote(old, 'Typed in the old build');

		suite.deploy(newer);
		const fresh = await openPastServiceWorker(laptop, suite.origin);
		await openNote(fresh, 'Typed in the old build');
		await shows(fresh, 'Typed in the old build');
		await typeAtEnd(fresh, ', seen in the new');
		await isSaved(fresh);

		const banner = old.getByTestId('outdated');
		await banner.waitFor({ timeout: SOON });
		expect(await banner.innerText()).toMatch(/older than your notes\. Reload/);
		expect(await textOf(old)).toContain('Typed in the old build');
		const reloaded = old.waitForEvent('load', { timeout: SOON });
		await banner.getByRole('button', { name: 'Reload' }).click();
		await reloaded;
		await isReady(old);
		expect(await old.getByTestId('outdated').count()).toBe(0);
		await shows(old, 'Typed in the old build, seen in the new');
		await typeAtEnd(old, ', and on');
		await shows(fresh, 'Typed in the old build, seen in the new, and on');
		// And it is kept for offline again.
		await isControlled(old);
		rmSync(newer, { recursive: true, force: true });
	}
);
