// What a person does in the vault, once it is there (passwords.ts makes it).
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { SOON } from './notes.ts';

export const PASSPHRASE = 'correct horse battery staple lantern';

export interface LoginGiven {
	title: string;
	username?: string;
	password?: string;
	totp?: string;
	address?: string;
}

/** The rows of the list. */
export const itemInList = (page: Page, title: string) =>
	page.getByTestId('items').getByRole('link', { name: title, exact: false });

/** One field of the item that is open, or being edited. */
export const field = (page: Page, slot: string) => page.locator(`.field[data-slot="${slot}"]`);

/** Waits until the vault is open. */
export async function isOpen(page: Page): Promise<void> {
	await page.getByTestId('items').waitFor({ state: 'attached', timeout: SOON });
}

/** Waits until the vault is locked. */
export async function isLocked(page: Page): Promise<void> {
	await page.getByTestId('vault-locked').waitFor({ timeout: SOON });
}

/** Begins a new item. Not by its address: loading the only page anew locks the vault. */
export async function startItem(page: Page, type: string): Promise<void> {
	await page.keyboard.press('Alt+n');
	await page.getByRole('button', { name: new RegExp(`^${type}`) }).click({ timeout: SOON });
	await page.getByTestId('item-editor').waitFor({ timeout: SOON });
}

export async function addLogin(page: Page, { title, username, password, totp, address }: LoginGiven): Promise<void> {
	await startItem(page, 'Login');
	await page.getByLabel('Title', { exact: true }).fill(title);
	if (username !== undefined) await field(page, 'username').locator('input').fill(username);
	if (password !== undefined) await field(page, 'password').locator('input').fill(password);
	if (totp !== undefined) await field(page, 'totp').locator('input').fill(totp);
	if (address !== undefined) {
		await page.getByRole('button', { name: 'Address', exact: true }).click();
		await page.getByLabel('Address 1', { exact: true }).fill(address);
	}
	await saveItem(page);
}

export async function saveItem(page: Page): Promise<void> {
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByTestId('item').waitFor({ timeout: SOON });
}

export async function openItem(page: Page, title: string): Promise<void> {
	await itemInList(page, title).first().click({ timeout: SOON });
	await page.getByTestId('item').getByRole('heading', { level: 1, name: title }).waitFor({ timeout: SOON });
}

export async function editItem(page: Page): Promise<void> {
	await page.getByRole('button', { name: 'Edit', exact: true }).click({ timeout: SOON });
	await page.getByTestId('item-editor').waitFor({ timeout: SOON });
}

/** Types over a field of the item that is being edited. */
export async function fillField(page: Page, slot: string, value: string): Promise<void> {
	await field(page, slot).locator('input, textarea').last().fill(value);
}

/** What stands in a field, asked for where it is a secret. */
export async function read(page: Page, slot: string): Promise<string> {
	const row = field(page, slot);
	await row.waitFor({ timeout: SOON });
	const show = row.getByRole('button', { name: /^Show / });
	if (await show.count()) await show.click();
	await expect.poll(() => row.locator('dd .dots').count(), { timeout: SOON }).toBe(0);
	return (await row.locator('dd').innerText()).trim();
}

export async function lockVault(page: Page): Promise<void> {
	await page.keyboard.press('Alt+l');
	await isLocked(page);
}

export async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
	await typePassphrase(page, passphrase);
	await isOpen(page);
}

export async function typePassphrase(page: Page, passphrase: string): Promise<void> {
	await page.getByTestId('vault-locked').getByLabel('Passphrase').fill(passphrase);
	await page.getByRole('button', { name: 'Unlock', exact: true }).click({ timeout: SOON });
}
