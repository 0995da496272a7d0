// Two partners keep one ledger. Both change one split at the same time, offline: both see both versions, one touch
// settles it for both. Somebody who may only read cannot write.
import { expect } from 'vitest';
import { story } from '../devices.ts';
import {
	fillAccount,
	inviteToLedger,
	newLedger,
	openFinance,
	openTransaction,
	rowOf,
	writeTransaction
} from '../finance.ts';
import { join, SOON } from '../notes.ts';

story(
	'[FN-161] [FN-162] two partners change one split offline: both see both versions, one touch settles it',
	async ({ suite, device }) => {
		const alice = await openFinance(await device('alice.laptop'));
		await alice.getByRole('button', { name: 'Add an account' }).click({ timeout: SOON });
		await fillAccount(alice, 'Secret savings', '5000');
		await newLedger(alice, 'Household');
		await alice.getByRole('button', { name: 'Add an account' }).click({ timeout: SOON });
		await fillAccount(alice, 'Joint', '1000');
		await writeTransaction(alice, {
			payee: 'Market',
			amount: '60',
			parts: [
				['Groceries', '40'],
				['Household', '20']
			]
		});
		await alice.getByRole('button', { name: 'Close' }).first().click();
		const household = new URL(alice.url());
		await alice.goto(`${household.origin}/finance/${household.search.replace(/\/[^/]*$/, '/')}`);
		await alice.getByRole('heading', { level: 1, name: 'Household' }).waitFor({ timeout: SOON });
		const forBob = await inviteToLedger(alice, 'Can write');

		const bob = await openFinance(await device('bob.laptop'));
		await join(bob, forBob, 'Bob', alice);
		await rowOf(bob, 'Market').waitFor({ timeout: SOON });
		expect(await bob.getByText('Secret savings').count()).toBe(0);

		// Both have it open before either has changed it: whatever comes in meanwhile, neither has seen the other's change.
		for (const page of [alice, bob]) await openTransaction(page, 'Market');
		const change = async (page: typeof alice, part: number, amount: string) => {
			const panel = page.getByTestId('transaction');
			await panel.getByRole('textbox', { name: /^Amount in/ }).fill(amount);
			await panel.getByRole('textbox', { name: `Amount of part ${part}` }).fill(part === 1 ? '50' : '45');
			await panel.getByRole('button', { name: 'Save' }).click();
			await panel.waitFor({ state: 'detached', timeout: SOON });
		};
		await suite.stop();
		await change(alice, 1, '70');
		await change(bob, 2, '85');
		await suite.start();

		for (const page of [alice, bob]) {
			await page.getByTestId('conflict').waitFor({ timeout: SOON });
			const panel = await openTransaction(page, 'Market');
			await expect.poll(() => panel.getByTestId('version').count(), { timeout: SOON }).toBe(2);
			for (const amount of ['70.00', '85.00']) await panel.getByText(amount).first().waitFor({ timeout: SOON });
		}
		await bob
			.getByTestId('version')
			.filter({ hasText: '85.00' })
			.getByRole('button', { name: /^Keep this one/ })
			.click();
		for (const page of [alice, bob]) {
			await page.getByTestId('conflict').waitFor({ state: 'detached', timeout: SOON });
			await rowOf(page, '85.00').waitFor({ timeout: SOON });
		}
	}
);

story('[P-5] who may only read a ledger cannot write in it', async ({ device }) => {
	const alice = await openFinance(await device('alice.laptop'));
	await newLedger(alice, 'Household');
	await alice.getByRole('button', { name: 'Add an account' }).click({ timeout: SOON });
	await fillAccount(alice, 'Joint', '1000');
	const address = new URL(alice.url());
	await alice.goto(`${address.origin}/finance/${address.search.replace(/\/[^/]*$/, '/')}`);
	const forCarol = await inviteToLedger(alice, 'Can read');
	const carol = await openFinance(await device('carol.laptop'));
	await join(carol, forCarol, 'Carol', alice);
	await carol.getByTestId('read-only').waitFor({ timeout: SOON });
	await rowOf(carol, 'Opening balance').waitFor({ timeout: SOON });
	expect(await carol.getByRole('button', { name: 'New transaction' }).count()).toBe(0);
	const panel = await openTransaction(carol, 'Opening balance');
	expect(await panel.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0);
	await carol.keyboard.press('Escape');
	await rowOf(carol, 'Opening balance').getByRole('button').first().focus();
	await carol.keyboard.press('Delete');
	await carol.reload();
	await rowOf(carol, 'Opening balance').waitFor({ timeout: SOON });
});
