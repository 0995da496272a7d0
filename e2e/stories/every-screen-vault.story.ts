// Every screen of Passwords, light and dark, phone and desktop: axe finds nothing serious. With SCREENSHOTS=<folder>
// each is also kept as a picture to look at. Between screens nothing is loaded anew: that would lock the vault.
import type { Page } from 'playwright-core';
import { story } from '../devices.ts';
import { openNotes, SOON } from '../notes.ts';
import { openFirstStart, askToJoin } from '../passwords.ts';
import { look } from '../pictures.ts';
import { addLogin, editItem, field, isLocked, isOpen, itemInList, openItem, PASSPHRASE, startItem } from '../vault.ts';

const looks = [
	{ name: 'desktop', viewport: { width: 1280, height: 800 } },
	{ name: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
] as const;

/** Goes to a screen as a person does who knows its name. */
async function goTo(page: Page, name: string): Promise<void> {
	await page.keyboard.press('Control+k');
	await page.getByRole('combobox', { name: 'Find an item or do something' }).fill(name);
	await page.getByRole('option', { name, exact: false }).first().click({ timeout: SOON });
	await page.getByRole('dialog').waitFor({ state: 'detached', timeout: SOON });
}

for (const { name: form, ...options } of looks) {
	story(`[U-13] every screen of Passwords is accessible in both themes on a ${form}`, async ({ device }) => {
		const laptop = await device(form, options);
		await (await openNotes(laptop)).close();
		const page = await openFirstStart(laptop);
		await look(page, `vault-${form}-first-start`);
		const { link } = await askToJoin(page);
		await look(page, `vault-${form}-join`);
		await look(link, `vault-${form}-link`);
		await link.getByRole('button', { name: 'They are the same' }).click();
		await page.getByTestId('vault-setup').waitFor({ timeout: SOON });
		await page.getByRole('button', { name: 'Make one for me' }).click();
		await page.getByTestId('generator').waitFor({ timeout: SOON });
		await look(page, `vault-${form}-set-up`);
		await page.getByRole('textbox', { name: 'Passphrase' }).fill(PASSPHRASE);
		await page.getByLabel('Once more').fill(PASSPHRASE);
		await page.getByRole('button', { name: 'Make the vault' }).click();
		await isOpen(page);
		await look(page, `vault-${form}-empty`);

		await addLogin(page, {
			title: 'Bank of somewhere with a rather long name that does not fit into any list at all',
			username: 'alice@example.org',
			password: 'Xk3&il1O0|r m',
			totp: 'JBSWY3DPEHPK3PXP',
			address: 'https://bank.example/login'
		});
		await addLogin(page, { title: 'مصرف', username: 'ليلى', password: 'x' });
		await startItem(page, 'Card');
		await look(page, `vault-${form}-edit-card`);
		await page.getByLabel('Title', { exact: true }).fill('Visa');
		await field(page, 'brand').locator('input').fill('Visa');
		await field(page, 'number').locator('input').fill('4111 1111 1111 1111');
		await page.getByRole('button', { name: 'Save', exact: true }).click();
		await page.getByTestId('item').waitFor({ timeout: SOON });
		await goTo(page, 'All items');
		await itemInList(page, 'Visa').first().waitFor({ timeout: SOON });
		await look(page, `vault-${form}-list`);
		await openItem(page, 'Bank of somewhere');
		await page.getByRole('button', { name: 'Show Password' }).click();
		await field(page, 'password').locator('.secret').waitFor({ timeout: SOON });
		await look(page, `vault-${form}-item`);
		await editItem(page);
		await look(page, `vault-${form}-edit`);
		await page.getByRole('button', { name: 'Cancel' }).click();
		for (const [name, wait] of [
			['Generator', 'generator'],
			['Review', 'reviewed']
		] as const) {
			await goTo(page, name);
			await page.getByTestId(wait).waitFor({ timeout: SOON });
			await look(page, `vault-${form}-${name.toLowerCase()}`);
		}
		await goTo(page, 'Import');
		await page.getByRole('heading', { level: 1, name: 'Import' }).waitFor({ timeout: SOON });
		await look(page, `vault-${form}-import`);
		const csv = 'where,who,what\nhttps://a.example,alice,secret\n';
		await page
			.locator('input[type=file]')
			.first()
			.setInputFiles({ name: 'some.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
		await page.getByTestId('mapping').waitFor({ timeout: SOON });
		await look(page, `vault-${form}-mapping`);
		await goTo(page, 'Trash');
		await page.getByText('The trash is empty').waitFor({ timeout: SOON });
		await look(page, `vault-${form}-trash`);
		await goTo(page, 'Settings');
		await page.getByTestId('vault-ways').waitFor({ timeout: SOON });
		await look(page, `vault-${form}-settings`);
		await page.getByRole('link', { name: 'Export' }).click({ timeout: SOON });
		await page.getByRole('heading', { level: 1, name: 'Export' }).waitFor({ timeout: SOON });
		await look(page, `vault-${form}-export`);
		if (form === 'phone') {
			await goTo(page, 'All items');
			await page.getByRole('link', { name: 'Vault', exact: true }).click({ timeout: SOON });
			await look(page, `vault-${form}-places`);
		}
		await page.keyboard.press('Alt+l');
		await isLocked(page);
		await look(page, `vault-${form}-locked`);
	});
}
