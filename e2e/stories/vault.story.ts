// The vault as a person uses it: what goes in comes out, what is locked is gone, two devices lose nothing.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { story, type Device } from '../devices.ts';
import { openNotes, pairByCode, SOON } from '../notes.ts';
import { joinSuite, setUpVault } from '../passwords.ts';
import {
	addLogin,
	editItem,
	field,
	fillField,
	isLocked,
	isOpen,
	itemInList,
	lockVault,
	openItem,
	PASSPHRASE,
	read,
	saveItem,
	unlock
} from '../vault.ts';

/** A vault that is open, on a device whose suite has a person. */
async function openVault(device: Device) {
	await (await openNotes(device)).close();
	const page = await joinSuite(device);
	await setUpVault(page, PASSPHRASE);
	await isOpen(page);
	return page;
}

story('[PW-1] a login is kept, locked away, and there again after unlocking', async ({ device }) => {
	const page = await openVault(await device('laptop'));
	await addLogin(page, {
		title: 'Bank',
		username: 'alice',
		password: 'pa55-canary-4711',
		totp: 'JBSW Y3DP EHPK 3PXP',
		address: 'bank.example'
	});
	expect(await read(page, 'password')).toBe('pa55-canary-4711');
	expect(await read(page, 'username')).toBe('alice');
	await expect.poll(() => field(page, 'totp').locator('.code').innerText(), { timeout: SOON }).toMatch(/^\d{3} \d{3}$/);
	expect(await page.getByRole('link', { name: 'bank.example' }).getAttribute('href')).toBe('https://bank.example/');

	await lockVault(page);
	expect(await page.content()).not.toMatch(/Bank|alice|pa55/);
	await unlock(page);
	await openItem(page, 'Bank');
	expect(await read(page, 'password')).toBe('pa55-canary-4711');
});

story(
	'[K-20] the vault locks by itself while an item is being edited: what was typed is kept, sealed, and offered again',
	async ({ device }) => {
		const page = await openVault(await device('laptop'));
		await addLogin(page, { title: 'Mail', username: 'bob', password: 'first' });
		await editItem(page);
		await fillField(page, 'username', 'half-typed-canary');
		await page.keyboard.press('Alt+l');
		await isLocked(page);
		expect(await page.content()).not.toContain('half-typed');
		await unlock(page);
		await page.goto(new URL('/', page.url()).href);
		await unlock(page);
		await page.getByRole('link', { name: 'Go on with it' }).click({ timeout: SOON });
		await page.getByTestId('item-editor').waitFor({ timeout: SOON });
		expect(await field(page, 'username').locator('input').inputValue()).toBe('half-typed-canary');
		await saveItem(page);
		expect(await read(page, 'username')).toBe('half-typed-canary');
		expect(await read(page, 'password')).toBe('first');
	}
);

story(
	'[PW-43] [PW-44] a second device sees the vault only after its own unlock; two fields of one item changed offline on both are both kept, and of one field the loser is in the history',
	async ({ suite, device }) => {
		const laptopDevice = await device('laptop');
		const laptop = await openVault(laptopDevice);
		await addLogin(laptop, { title: 'Shared login', username: 'start', password: 'start' });

		// The phone has the suite of the same person, and joins its own vault.
		const phoneDevice = await device('phone');
		const laptopNotes = await openNotes(laptopDevice);
		const phoneNotes = await openNotes(phoneDevice);
		await pairByCode(laptopNotes, phoneNotes);
		await laptopNotes.close();
		await phoneNotes.close();
		const phone = await joinSuite(phoneDevice);
		await isLocked(phone);
		expect(await phone.content()).not.toContain('Shared login');
		await unlock(phone);
		await itemInList(phone, 'Shared login').first().waitFor({ timeout: SOON });

		await openItem(laptop, 'Shared login');
		await openItem(phone, 'Shared login');
		await suite.stop();
		await editItem(laptop);
		await fillField(laptop, 'username', 'from the laptop');
		await fillField(laptop, 'password', 'laptop-password');
		await saveItem(laptop);
		await editItem(phone);
		await fillField(phone, 'totp', 'JBSWY3DPEHPK3PXP');
		await fillField(phone, 'password', 'phone-password');
		await saveItem(phone);
		await suite.start();

		for (const page of [laptop, phone]) {
			await expect.poll(() => field(page, 'username').innerText(), { timeout: 2 * SOON }).toContain('from the laptop');
			await expect.poll(() => field(page, 'totp').count(), { timeout: 2 * SOON }).toBe(1);
		}
		const winner = await read(laptop, 'password');
		expect(await read(phone, 'password')).toBe(winner);
		const loser = winner === 'phone-password' ? 'laptop-password' : 'phone-password';
		for (const page of [laptop, phone]) {
			await page.getByRole('button', { name: 'Item actions' }).click();
			await page.getByRole('menuitem', { name: 'History' }).click();
			const history = page.getByTestId('history');
			await history.waitFor({ timeout: SOON });
			const hidden = history.getByRole('button', { name: 'Show Password' });
			while ((await hidden.count()) > 0) await hidden.first().click();
			await expect.poll(() => history.innerText(), { timeout: SOON }).toContain(loser);
			expect(await history.innerText()).toContain(winner);
		}
	}
);

story('[PW-42] a password in three keys: type, and copy what is found; it is cleared again', async ({ device }) => {
	const laptop = await device('laptop');
	const page = await openVault(laptop);
	await laptop.context.grantPermissions(['clipboard-read', 'clipboard-write']);
	await addLogin(page, { title: 'Alpha', username: 'a-user', password: 'a-pass' });
	await addLogin(page, { title: 'Beta', username: 'b-user', password: 'b-pass' });
	await page.keyboard.press('/');
	await page.keyboard.type('b');
	await itemInList(page, 'Alpha').first().waitFor({ state: 'detached', timeout: SOON });
	await page.keyboard.press('Control+Shift+c');
	const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
	await expect.poll(clipboard, { timeout: SOON }).toBe('b-pass');
	await page.keyboard.press('Control+c');
	await expect.poll(clipboard, { timeout: SOON }).toBe('b-user');
	// T63: asked to, it clears at once; by itself after its time (clipboard.test.ts has the clock).
	await page.getByRole('button', { name: 'Clear now' }).click();
	await expect.poll(clipboard, { timeout: SOON }).toBe(' ');
	await page.keyboard.press('/');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('p');
	await expect.poll(clipboard, { timeout: SOON }).toBe('b-pass');
	await lockVault(page);
	await expect.poll(clipboard, { timeout: SOON }).toBe(' ');
});

story('[PW-60] the vault goes out as a KeePass file and comes back in, whole', async ({ device }) => {
	const page = await openVault(await device('laptop'));
	await addLogin(page, { title: 'To export', username: 'ex', password: 'port me', address: 'ex.example' });
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await page.getByRole('link', { name: 'Export' }).click({ timeout: SOON });
	await page.getByLabel('Password of the file').fill('file password 99');
	await page.getByLabel('Once more').fill('file password 99');
	const [download] = await Promise.all([
		page.waitForEvent('download', { timeout: SOON }),
		page.getByRole('button', { name: 'Write the file' }).click()
	]);
	expect(download.suggestedFilename()).toMatch(/^vault-\d{4}-\d\d-\d\d\.kdbx$/);
	const file = readFileSync(await download.path());
	expect(file.includes('port me')).toBe(false);

	await page.getByRole('link', { name: 'Settings' }).first().click();
	await page.getByRole('link', { name: 'Import' }).click({ timeout: SOON });
	const choose = (name: string, buffer: Buffer) =>
		page.locator('input[type=file]').first().setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
	await choose('vault.kdbx', file);
	await page.getByLabel('Password of the file').fill('not the password');
	await page.getByRole('button', { name: 'Read the file' }).click();
	await expect
		.poll(() => page.getByTestId('import-failure').getAttribute('data-reason'), { timeout: SOON })
		.toBe('wrong-key');
	await page.getByLabel('Password of the file').fill('file password 99');
	await page.getByRole('button', { name: 'Read the file' }).click();
	await page.getByTestId('import-report').waitFor({ timeout: SOON });
	await page.getByRole('button', { name: /^Import 1 item/ }).click();
	await page.getByRole('button', { name: 'Show the items' }).click({ timeout: SOON });
	await expect.poll(() => itemInList(page, 'To export').count(), { timeout: SOON }).toBe(2);

	// A file that is nobody's: said what it is not, and nothing came of it.
	await page.getByRole('link', { name: 'Settings' }).first().click();
	await page.getByRole('link', { name: 'Import' }).click({ timeout: SOON });
	await choose('broken.kdbx', file.subarray(0, 900));
	await page.getByLabel('Password of the file').fill('file password 99');
	await page.getByRole('button', { name: 'Read the file' }).click();
	await expect
		.poll(() => page.getByTestId('import-failure').innerText(), { timeout: SOON })
		.toMatch(/Nothing was imported/);
});
