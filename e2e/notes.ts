// Notes as a person uses it: the moves that stories are made of, by what stands on the screen.
import { expect } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import type { Device } from './devices.ts';

/** Long enough for two browsers and a server on a busy machine; every wait is for a condition. */
export const SOON = 30_000;

/** Opens Notes and waits until the database answers. */
export async function openNotes(device: Device, path = '/notes/'): Promise<Page> {
	const page = await device.open(path);
	await isReady(page);
	return page;
}

export async function isReady(page: Page): Promise<void> {
	await page.getByTestId('sync').first().waitFor({ state: 'attached', timeout: SOON });
}

export const editor = (page: Page): Locator => page.getByTestId('editor').getByRole('textbox');

/** What the open note's editor shows, without the flags of others' cursors. */
export const textOf = (page: Page): Promise<string> =>
	editor(page).evaluate((content) => {
		const copy = content.cloneNode(true) as Element;
		for (const flag of copy.querySelectorAll('.cm-other')) flag.remove();
		return [...copy.querySelectorAll('.cm-line')].map((line) => line.textContent ?? '').join('\n');
	});

/** Starts a new note and types `keys` into it; the editor continues lists and hides marks as it does for anybody. */
export async function typeNote(page: Page, keys: string): Promise<void> {
	await page.getByRole('button', { name: 'New note' }).first().click();
	await editor(page).waitFor({ timeout: SOON });
	await editor(page).click();
	await page.keyboard.type(keys);
	await isSaved(page);
}

/** Starts a new note and types `text` into it, which holds no Markdown. */
export async function writeNote(page: Page, text: string): Promise<void> {
	await typeNote(page, text);
	await expect.poll(() => textOf(page), { timeout: SOON }).toBe(text);
	await isSaved(page);
}

/** Everything typed is on disk, and the editor has nothing to complain of. */
export async function isSaved(page: Page): Promise<void> {
	await expect.poll(() => page.getByTestId('editor').getAttribute('data-durable'), { timeout: SOON }).toBe('true');
	expect(await page.getByTestId('not-saved').count()).toBe(0);
}

export const noteInList = (page: Page, title: string): Locator =>
	page.getByTestId('notes').getByRole('link').filter({ hasText: title });

export async function openNote(page: Page, title: string): Promise<void> {
	await noteInList(page, title).first().click({ timeout: SOON });
	await editor(page).waitFor({ timeout: SOON });
}

/** Waits until the open note shows exactly `text`. */
export const shows = (page: Page, text: string): Promise<void> =>
	expect.poll(() => textOf(page), { timeout: SOON }).toBe(text);

/** Makes `other` a device of the person whose device `page` shows, by the code. Both emoji rows are compared. */
export async function pairByCode(page: Page, other: Page): Promise<void> {
	await page.goto(new URL('/notes/pair', page.url()).href);
	await page.getByRole('button', { name: 'Show a code' }).click({ timeout: SOON });
	const code = await page.getByTestId('pairing-code').innerText({ timeout: SOON });
	await other.goto(new URL('/notes/pair', other.url()).href);
	await other.getByLabel('Code from the other device').fill(code);
	await other.getByRole('button', { name: 'Connect', exact: true }).click();
	await compareEmojis(page, other);
	await page.getByRole('button', { name: 'They are the same' }).click();
	await other.waitForURL('**/notes/', { timeout: SOON });
	await isReady(other);
	await page.goto(new URL('/notes/', page.url()).href);
	await isReady(page);
}

const emojis = (page: Page): Locator => page.getByTestId('emojis').first();

/** The four emojis are the same on both screens. */
export async function compareEmojis(one: Page, other: Page): Promise<void> {
	await emojis(one).waitFor({ timeout: SOON });
	await emojis(other).waitFor({ timeout: SOON });
	expect(await emojis(one).innerText()).toBe(await emojis(other).innerText());
}

export async function newFolder(page: Page, name: string): Promise<void> {
	await page.getByRole('button', { name: 'New folder', exact: true }).first().click();
	await page.getByRole('dialog').getByRole('textbox').fill(name);
	await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name }).waitFor({ timeout: SOON });
}

export const openFolder = (page: Page, name: string): Promise<void> =>
	page.getByRole('link', { name }).first().click({ timeout: SOON });

/** Invites somebody into the folder that the list shows; gives the link. The dialog stays open. */
export async function invite(page: Page, role: 'Can write' | 'Can read'): Promise<string> {
	await page
		.getByRole('button', { name: /^(Share this folder|Members)$/ })
		.first()
		.click({ timeout: SOON });
	const dialog = page.getByRole('dialog');
	await dialog.getByText(role, { exact: true }).click();
	await dialog.getByRole('button', { name: /^(Share and invite|Invite)$/ }).click();
	const link = await page.getByTestId('invitation').innerText({ timeout: SOON });
	await dialog.getByRole('button', { name: 'Done' }).click();
	return link.trim();
}

/** Uses an invitation as `name`, and is let in by `host` after comparing emojis. */
export async function join(guest: Page, link: string, name: string, host: Page): Promise<void> {
	await guest.goto(link);
	await guest.getByLabel('Your name, as the others will see it').fill(name, { timeout: SOON });
	await guest.getByRole('button', { name: 'Ask to join' }).click();
	await compareEmojis(guest, host);
	expect(await host.getByTestId('request').first().innerText()).toContain(name);
	await host.getByRole('button', { name: 'They are the same' }).first().click();
	await guest.waitForURL((url) => !url.pathname.endsWith('/join'), { timeout: SOON });
	await isReady(guest);
}
