// Finance as a person uses it: the moves that stories are made of, by what stands on the screen.
import type { Locator, Page } from 'playwright-core';
import type { Device } from './devices.ts';
import { isReady, SOON } from './notes.ts';

/** Opens Finance and waits until the database answers. */
export async function openFinance(device: Device, path = '/finance/'): Promise<Page> {
	const page = await device.open(path);
	await isReady(page);
	return page;
}

/** Fills in the form of a new account, which is open. */
export async function fillAccount(page: Page, name: string, holds = ''): Promise<void> {
	const dialog = page.getByRole('dialog', { name: 'New account' });
	await dialog.getByRole('textbox', { name: 'Name' }).fill(name, { timeout: SOON });
	if (holds !== '') await dialog.getByRole('textbox', { name: 'It holds' }).fill(holds);
	await dialog.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name }).waitFor({ timeout: SOON });
}

/** Makes a ledger of its own, to be shared. */
export async function newLedger(page: Page, name: string): Promise<void> {
	await page.getByRole('button', { name: 'New shared ledger' }).first().click({ timeout: SOON });
	await page.getByRole('dialog').getByRole('textbox').fill(name, { timeout: SOON });
	await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name }).waitFor({ timeout: SOON });
}

/** Invites somebody into the ledger that the register shows; gives the link. */
export async function inviteToLedger(page: Page, role: 'Can write' | 'Can read'): Promise<string> {
	await page.getByRole('button', { name: 'Share this ledger' }).click({ timeout: SOON });
	const dialog = page.getByRole('dialog');
	await dialog.getByText(role, { exact: true }).click({ timeout: SOON });
	await dialog.getByRole('button', { name: /^(Share and invite|Invite)$/ }).click();
	const link = await page.getByTestId('invitation').innerText({ timeout: SOON });
	await dialog.getByRole('button', { name: 'Done' }).click();
	return link.trim();
}

/** Chooses in a field that is filled in by typing; what is not there is made. */
async function choose(field: Locator, text: string): Promise<void> {
	const page = field.page();
	await field.press('Control+a');
	await field.pressSequentially(text);
	await page
		.getByRole('option', { name: new RegExp(`^(Create “)?${text}`) })
		.first()
		.waitFor({ timeout: SOON });
	await field.press('Enter');
	await page.getByRole('listbox').waitFor({ state: 'detached', timeout: SOON });
}

export interface Writing {
	payee: string;
	amount: string;
	category?: string;
	parts?: readonly (readonly [category: string, amount: string])[];
}

/** Writes a transaction in the line above the register, without a mouse. */
export async function writeTransaction(page: Page, { payee, amount, category, parts = [] }: Writing): Promise<void> {
	await page.keyboard.press('Alt+n');
	const form = page.getByTestId('entry-form');
	await choose(form.getByRole('combobox', { name: 'Payee' }), payee);
	if (category !== undefined) await choose(form.getByRole('combobox', { name: 'Category' }), category);
	await form.getByRole('textbox', { name: /^Amount in/ }).fill(amount);
	if (parts.length > 0) await form.getByRole('button', { name: 'Split' }).press('Enter');
	for (const [index, [name, part]] of parts.entries()) {
		if (index > 1) await form.getByRole('button', { name: 'Part', exact: true }).press('Enter');
		await choose(form.getByRole('combobox', { name: `Category of part ${index + 1}` }), name);
		await form.getByRole('textbox', { name: `Amount of part ${index + 1}` }).fill(part);
	}
	await form.getByRole('textbox', { name: 'Note', exact: true }).press('Control+Enter');
	await rowOf(page, payee).first().waitFor({ timeout: SOON });
}

/** Rows of the register that say this. */
export const rowOf = (page: Page, text: string): Locator =>
	page.getByTestId('register').getByRole('listitem').filter({ hasText: text });

export async function openTransaction(page: Page, text: string): Promise<Locator> {
	await rowOf(page, text).getByRole('button').first().click({ timeout: SOON });
	const panel = page.getByTestId('transaction');
	await panel.waitFor({ timeout: SOON });
	return panel;
}
