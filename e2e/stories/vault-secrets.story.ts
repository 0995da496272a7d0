// What is in the vault is nowhere else: not in the page, the heaps, the profile, the home node or the traffic once it is
// locked, not on the suite's origin while it is open, and with another person only what was shared with them.
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { findInBytes, scanForBytes, story, type Device } from '../devices.ts';
import { debuggable, scanHeaps } from '../heap.ts';
import { compareEmojis, openNotes, SOON } from '../notes.ts';
import { joinSuite, setUpVault } from '../passwords.ts';
import {
	addLogin,
	editItem,
	field,
	fillField,
	isOpen,
	itemInList,
	lockVault,
	openItem,
	PASSPHRASE,
	read,
	saveItem
} from '../vault.ts';

async function openVault(device: Device): Promise<Page> {
	const page = await joinSuite(device);
	await setUpVault(page, PASSPHRASE);
	await isOpen(page);
	return page;
}

story(
	'[K-18] [PW-48] T55 T61 what is in a locked vault is in no page, no heap, no file of the profile or home node, nor was it on the wire; while it is open it is nowhere but on the vault’s origin',
	async ({ startSuite, device }) => {
		const canaries = {
			title: 'kanarienvogel-titel-6611',
			username: 'kanarienvogel-name-6612',
			password: 'kanarienvogel-passwort-6613'
		};
		const needles = Object.values(canaries);
		const suite = await startSuite({ record: true });
		const laptop = await device('laptop', { suite, args: debuggable });
		const notes = await openNotes(laptop);
		const vault = await openVault(laptop);
		await addLogin(vault, canaries);
		expect(await read(vault, 'password')).toBe(canaries.password);

		const open = await scanHeaps(laptop, needles);
		for (const needle of needles) expect(open.found.some((finding) => finding.needle === needle)).toBe(true);
		const outside = open.found.filter(({ heap }) => heap.includes(`${suite.origin}/`));
		expect(open.heaps.some((heap) => heap.includes(`${suite.origin}/notes/`))).toBe(true);
		expect(outside).toEqual([]);
		expect(await notes.content()).not.toContain('kanarienvogel');

		await lockVault(vault);
		expect(await vault.content()).not.toContain('kanarienvogel');
		expect((await scanHeaps(laptop, needles)).found).toEqual([]);
		await laptop.switchOff();
		await suite.stop();
		expect(scanForBytes(laptop.profile, needles)).toEqual([]);
		expect(scanForBytes(suite.dataDir, needles)).toEqual([]);
		expect(findInBytes(suite.traffic(), needles)).toEqual([]);
	}
);

/** Asks to come into a vault with a link, and is let in after both compared emojis in their vaults. */
async function enter(guest: Page, link: string, name: string, host: Page): Promise<void> {
	await guest.goto(link);
	await unlockFresh(guest);
	await guest.getByLabel('Your name, as the others will see it').fill(name, { timeout: SOON });
	await guest.getByRole('button', { name: 'Ask to join' }).click();
	await compareEmojis(guest, host);
	await host.getByRole('button', { name: 'They are the same' }).first().click();
	await guest.waitForURL((url) => !url.pathname.endsWith('/invited'), { timeout: SOON });
}

/** A page that was loaded anew was the only one: its vault is locked. */
async function unlockFresh(page: Page): Promise<void> {
	await page.getByTestId('vault-locked').getByLabel('Passphrase').fill(PASSPHRASE, { timeout: SOON });
	await page.getByRole('button', { name: 'Unlock', exact: true }).click({ timeout: SOON });
	await page.getByTestId('vault-locked').waitFor({ state: 'detached', timeout: SOON });
}

async function inviteInto(page: Page, role: 'Can write' | 'Can read'): Promise<string> {
	await page.getByRole('button', { name: 'Share this vault' }).first().click({ timeout: SOON });
	const dialog = page.getByRole('dialog');
	await dialog.getByText(role, { exact: true }).click();
	const name = dialog.getByLabel('Your name, as they will see it');
	if (await name.count()) await name.fill('Alice');
	await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
	const link = await page.getByTestId('invitation').innerText({ timeout: SOON });
	await dialog.getByRole('button', { name: 'Done' }).click();
	return link.trim();
}

story(
	'[PW-47] a shared vault: one writes, one only reads, and neither sees what was not shared',
	async ({ device }) => {
		const alice = await openVault(await device('alice.laptop'));
		const bobDevice = await device('bob.phone');
		const bob = await openVault(bobDevice);
		const carol = await openVault(await device('carol.phone'));
		await addLogin(alice, { title: 'Private of Alice', username: 'a', password: 'private-canary-3301' });

		await alice.getByRole('button', { name: 'New shared vault' }).click();
		await alice.getByRole('dialog').getByLabel('Name').fill('Family');
		await alice.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
		await alice.getByRole('heading', { level: 1, name: 'Family' }).waitFor({ timeout: SOON });
		await addLogin(alice, { title: 'Television', username: 'us', password: 'popcorn' });

		await alice
			.getByRole('link', { name: /^Family/ })
			.first()
			.click();
		await enter(bob, await inviteInto(alice, 'Can write'), 'Bob', alice);
		await enter(carol, await inviteInto(alice, 'Can read'), 'Carol', alice);
		for (const page of [bob, carol]) {
			await itemInList(page, 'Television')
				.first()
				.waitFor({ timeout: 2 * SOON });
			await openItem(page, 'Television');
			expect(await read(page, 'password')).toBe('popcorn');
		}
		await editItem(bob);
		await fillField(bob, 'password', 'caramel');
		await saveItem(bob);
		expect(await carol.getByTestId('read-only').count()).toBe(1);
		expect(await carol.getByRole('button', { name: 'Edit', exact: true }).count()).toBe(0);
		await openItem(alice, 'Television');
		await alice.getByRole('button', { name: 'Show Password' }).click();
		await expect.poll(() => field(alice, 'password').innerText(), { timeout: 2 * SOON }).toContain('caramel');
		await expect.poll(() => field(carol, 'password').innerText(), { timeout: 2 * SOON }).toContain('caramel');
		for (const page of [bob, carol]) expect(await page.content()).not.toContain('Private of Alice');
		await bobDevice.switchOff();
		expect(scanForBytes(bobDevice.profile, ['private-canary-3301', 'Private of Alice'])).toEqual([]);
	}
);
