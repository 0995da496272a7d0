// The components of every app, on one page: seen by axe in both themes, and used by keys alone.
import { afterAll, beforeAll, expect } from 'vitest';
import type { Page } from 'playwright-core';
import { expectAccessible, story } from '../devices.ts';
import { buildGallery } from '../gallery/build.ts';
import { SOON } from '../notes.ts';
import { look } from '../pictures.ts';

let built: Awaited<ReturnType<typeof buildGallery>>;
beforeAll(async () => {
	built = await buildGallery();
});
afterAll(() => built.remove());

const focused = (page: Page): Promise<string> =>
	page.evaluate(() => document.activeElement?.getAttribute('data-index') ?? document.activeElement?.textContent ?? '');

story(
	'[U-13] every component is accessible in both themes, on a desktop and on a phone',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist, home: false });
		const desktop = await device('desktop', { suite, viewport: { width: 1280, height: 3600 } });
		const page = await desktop.open('/gallery/');
		await page.getByRole('heading', { name: 'Long lists' }).waitFor({ timeout: SOON });
		await look(page, 'components');
		await page.getByLabel('Payee').click();
		await page.getByRole('option', { name: 'Payee 7', exact: false }).first().waitFor({ timeout: SOON });
		await expectAccessible(page, 'an open combobox');
		await page.keyboard.press('Escape');
		await page.getByText('Show as table').first().click();
		await page.getByRole('grid', { name: 'Weight, as a table' }).waitFor({ timeout: SOON });
		await expectAccessible(page, 'a chart as a table');
		const phone = await device('phone', {
			suite,
			viewport: { width: 390, height: 844 },
			hasTouch: true,
			isMobile: true
		});
		const small = await phone.open('/gallery/');
		await small.getByRole('heading', { name: 'Long lists' }).waitFor({ timeout: SOON });
		await look(small, 'components-phone');
		expect(await small.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	}
);

story(
	'[U-13] a chart is read with the keys: each value with its date, a gap skipped, the same as a table',
	async ({ startSuite, device }) => {
		const suite = await startSuite({ dist: built.dist, home: false });
		const laptop = await device('laptop', { suite });
		const page = await laptop.open('/gallery/');
		const chart = page.getByRole('application', { name: 'Weight' });
		const reads = () => page.getByTestId('chart-reads').first().innerText();
		await chart.focus();
		await page.keyboard.press('ArrowLeft');
		await expect.poll(reads).toMatch(/Apr 30, 2026: \d\d\.\d kg/);
		await page.keyboard.press('ArrowLeft');
		await expect.poll(reads).toMatch(/Apr 29, 2026/);
		await page.keyboard.press('Home');
		await expect.poll(reads).toBe('Jan 1, 2026: 74.0 kg');
		for (let i = 0; i < 41; i++) await page.keyboard.press('ArrowRight');
		// Between 10 and 22 February nothing was measured.
		await expect.poll(reads).toMatch(/Feb 22, 2026/);
		await page.keyboard.press('Escape');
		await expect.poll(reads).toBe('');
		await page.getByText('Show as table').first().click();
		const table = page.getByRole('grid', { name: 'Weight, as a table' });
		await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('110');
		await expect.poll(() => table.getByRole('row').nth(1).innerText()).toMatch(/Apr 30, 2026\s+\d\d\.\d kg/);
		await expect
			.poll(() => page.getByRole('application', { name: 'Blood sugar' }).innerText())
			.toBe('Nothing to show yet.');
	}
);

story('[U-13] 200,000 rows are one Tab stop, and only those on screen are made', async ({ startSuite, device }) => {
	const suite = await startSuite({ dist: built.dist, home: false });
	const laptop = await device('laptop', { suite });
	const page = await laptop.open('/gallery/');
	const list = page.getByRole('list', { name: '200,000 rows' });
	await list.getByRole('button', { name: 'Row 3', exact: true }).focus();
	await page.keyboard.press('End');
	await expect.poll(() => focused(page)).toBe('199999');
	await expect.poll(() => list.getByRole('listitem').count()).toBeLessThan(40);
	expect(await list.getByRole('listitem').last().getAttribute('aria-posinset')).toBe('200000');
	await page.keyboard.press('PageUp');
	await page.keyboard.press('ArrowUp');
	await expect.poll(() => focused(page)).toBe('199992');
	await page.keyboard.press('Enter');
	await expect.poll(() => page.getByTestId('opened').innerText()).toBe('199992');
	await page.keyboard.press('Tab');
	await page.keyboard.press('End');
	const table = page.getByRole('grid', { name: 'Payments' });
	await expect.poll(() => table.getByRole('row').last().innerText()).toMatch(/Payee 199999\s+1999\.99/);
	await page.keyboard.press('Enter');
	await expect.poll(() => page.getByTestId('opened').innerText()).toBe('t199999');
});

story('[U-13] numbers, choices and files are given with the keys', async ({ startSuite, device }) => {
	const suite = await startSuite({ dist: built.dist, home: false });
	const laptop = await device('laptop', { suite });
	const page = await laptop.open('/gallery/');
	const numbers = () => page.getByTestId('numbers').innerText();
	await page.getByLabel('Amount').focus();
	await page.keyboard.press('Control+a');
	await page.keyboard.type('1.234,50');
	await expect.poll(numbers).toBe('72.4 123450');
	await page.keyboard.press('Control+a');
	await page.keyboard.type('1.005');
	await page.keyboard.press('Tab');
	await page.getByText('Write at most 2 decimals.').waitFor({ timeout: SOON });
	await expect.poll(numbers).toBe('72.4 none');
	await page.getByRole('textbox', { name: 'Weight' }).fill('900');
	await page.getByRole('textbox', { name: 'Weight' }).blur();
	await page.getByText('Write 500 or less.').waitFor({ timeout: SOON });

	const payee = () => page.getByTestId('payee').innerText();
	await page.getByLabel('Payee').focus();
	await page.keyboard.press('Control+a');
	await page.keyboard.type('payee 27');
	await page.getByRole('option', { name: 'Payee 27', exact: false }).first().waitFor({ timeout: SOON });
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await expect.poll(payee).toBe('p270');
	await page.keyboard.press('Control+a');
	await page.keyboard.type('Corner shop');
	await page.getByRole('option', { name: 'Create “Corner shop”' }).waitFor({ timeout: SOON });
	await page.keyboard.press('Enter');
	await expect.poll(payee).toBe('Corner shop');
	await expect.poll(() => page.getByLabel('Payee').inputValue()).toBe('Corner shop');
	await page.keyboard.type(' and more');
	await page.keyboard.press('Tab');
	// Left without choosing: what was chosen stands there again.
	await expect.poll(() => page.getByLabel('Payee').inputValue()).toBe('Corner shop');

	await page.getByRole('switch', { name: 'Lock when the screen goes off' }).focus();
	await page.keyboard.press('Space');
	expect(await page.getByRole('switch', { name: 'Lock when the screen goes off' }).isChecked()).toBe(false);
	await page.getByRole('tab', { name: 'History' }).focus();
	await page.keyboard.press('ArrowRight');
	await page.getByText('Part two').waitFor({ timeout: SOON });
	await page
		.getByLabel('Choose a file')
		.setInputFiles({ name: 'june.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b') });
	await expect.poll(() => page.getByTestId('files').innerText()).toBe('june.csv');
});
