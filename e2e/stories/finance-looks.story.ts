// Every screen of Finance, light and dark, phone and desktop: axe finds nothing serious. With SCREENSHOTS=<folder> each
// is also kept as a picture to look at.
import { story } from '../devices.ts';
import { fillAccount, openFinance, openTransaction, rowOf, writeTransaction } from '../finance.ts';
import { SOON } from '../notes.ts';
import { look } from '../pictures.ts';

const SCREENS = [
	'month',
	'reports',
	'people',
	'import',
	'export',
	'categories',
	'settings',
	'accounts',
	'new'
] as const;

story(
	'[U-13] every screen of Finance is accessible in both themes, and written in without a mouse',
	async ({ suite, device }) => {
		const page = await openFinance(await device('desktop', { viewport: { width: 1280, height: 800 } }));
		await page.getByText('Your ledger is empty').waitFor({ timeout: SOON });
		await look(page, 'desktop-empty');
		await page.getByRole('button', { name: 'Add an account' }).click();
		await page.getByRole('dialog', { name: 'New account' }).waitFor({ timeout: SOON });
		await look(page, 'desktop-account');
		await fillAccount(page, 'Current account', '1250.40');
		await writeTransaction(page, { payee: 'Bakery at the corner', category: 'Groceries', amount: '4.80' });
		await writeTransaction(page, { payee: 'Landlord', category: 'Housing', amount: '620' });
		await writeTransaction(page, { payee: 'مخبز الحي', category: 'Groceries', amount: '7.25' });
		await writeTransaction(page, {
			payee: 'Market',
			amount: '60',
			parts: [
				['Groceries', '40'],
				['Household', '20']
			]
		});
		await writeTransaction(page, { payee: 'Employer', category: 'Pay', amount: '2000' });
		await look(page, 'desktop-writing');
		await page.getByTestId('entry-form').getByRole('button', { name: 'Close' }).click();
		await look(page, 'desktop-register');
		await openTransaction(page, 'Market');
		await look(page, 'desktop-transaction');
		await page.keyboard.press('Escape');
		await page.keyboard.press('Control+k');
		await page.getByRole('combobox', { name: /^Find a payment/ }).fill('mar');
		await page.getByRole('option', { name: /Market/ }).waitFor({ timeout: SOON });
		await look(page, 'desktop-palette');
		await page.keyboard.press('Escape');
		for (const screen of SCREENS) {
			await page.goto(`${suite.origin}/finance/${screen}`);
			await page
				.getByRole('heading', { level: 1 })
				.or(page.getByText('Choose an account'))
				.first()
				.waitFor({ timeout: SOON });
			await page.locator('#content .waiting[role="status"]').first().waitFor({ state: 'detached', timeout: SOON });
			await look(page, `desktop-${screen}`);
		}
		await page.setViewportSize({ width: 390, height: 844 });
		for (const screen of ['', ...SCREENS]) {
			await page.goto(`${suite.origin}/finance/${screen}`);
			if (screen === '') await rowOf(page, 'Market').waitFor({ timeout: SOON });
			else await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: SOON });
			await page.locator('#content .waiting[role="status"]').first().waitFor({ state: 'detached', timeout: SOON });
			await look(page, `phone-${screen || 'register'}`);
		}
	}
);
