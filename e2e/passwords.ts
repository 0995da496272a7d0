// Passwords as a person uses it, beside the suite on the same device.
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import type { Device } from './devices.ts';
import { compareEmojis, SOON } from './notes.ts';

/** Opens Passwords where nobody has joined yet. */
export async function openFirstStart(device: Device): Promise<Page> {
	const vault = await device.openVault();
	await vault.getByTestId('first-start').waitFor({ timeout: SOON });
	return vault;
}

/** From the first start to the suite's window, as far as both show their emojis, which are compared. */
export async function askToJoin(vault: Page): Promise<{ link: Page }> {
	await vault.getByRole('link', { name: /Join the suite on this device/ }).click();
	await vault.waitForURL('**/join');
	const opened = vault.context().waitForEvent('page');
	await vault.getByRole('button', { name: 'Open the suite' }).click({ timeout: SOON });
	const link = await opened;
	await compareEmojis(link, vault);
	return { link };
}

/** Makes Passwords on this device an installation of the person whose suite is there. Gives its page. */
export async function joinSuite(device: Device): Promise<Page> {
	const vault = await openFirstStart(device);
	const { link } = await askToJoin(vault);
	const closed = link.waitForEvent('close', { timeout: SOON });
	await link.getByRole('button', { name: 'They are the same' }).click();
	await vault.waitForURL((url) => url.pathname === '/', { timeout: SOON });
	await closed;
	await expect.poll(() => vault.getByTestId('first-start').count(), { timeout: SOON }).toBe(0);
	return vault;
}

/** Makes the vault of somebody who has joined. */
export async function setUpVault(vault: Page, passphrase = 'correct horse battery staple lantern'): Promise<void> {
	await vault.getByTestId('vault-setup').waitFor({ timeout: SOON });
	await vault.getByLabel('Passphrase', { exact: true }).fill(passphrase);
	await vault.getByLabel('Once more').fill(passphrase);
	await vault.getByText('Very strong').waitFor({ timeout: SOON });
	await vault.getByRole('button', { name: 'Make the vault' }).click();
	await vault.getByTestId('sync').first().waitFor({ state: 'attached', timeout: SOON });
}
