// One person, two devices, the real home node between them.
import { expect } from 'vitest';
import { story } from '../devices.ts';
import {
	editor,
	isReady,
	isSaved,
	noteInList,
	openNote,
	openNotes,
	pairByCode,
	shows,
	SOON,
	textOf,
	writeNote
} from '../notes.ts';

const phoneLook = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

story(
	'[N-10] what I write on the laptop I read on the phone, and both keep what they wrote offline',
	async ({ suite, device }) => {
		const laptop = await (await device('laptop')).open('/notes/');
		await isReady(laptop);
		await writeNote(laptop, 'Shopping\nmilk');
		const phone = await openNotes(await device('phone', phoneLook));
		await pairByCode(laptop, phone);

		await openNote(phone, 'Shopping');
		await shows(phone, 'Shopping\nmilk');

		// Live, both ways.
		await openNote(laptop, 'Shopping');
		await editor(laptop).click();
		await laptop.keyboard.press('Control+End');
		await laptop.keyboard.type('\nbread');
		await shows(phone, 'Shopping\nmilk\nbread');
		await editor(phone).click();
		await phone.keyboard.press('Control+End');
		await phone.keyboard.type('\ntea');
		await shows(laptop, 'Shopping\nmilk\nbread\ntea');

		// The server goes; both write into the same note; nothing of either is lost.
		await suite.stop();
		await laptop.keyboard.press('Control+End');
		await laptop.keyboard.type('\nfrom the laptop');
		await phone.keyboard.press('Control+Home');
		await phone.keyboard.type('from the phone: ');
		await isSaved(laptop);
		await isSaved(phone);
		await suite.start();

		const both = async () => [await textOf(laptop), await textOf(phone)];
		await expect.poll(async () => new Set(await both()).size, { timeout: SOON }).toBe(1);
		await expect
			.poll(() => textOf(laptop), { timeout: SOON })
			.toBe('from the phone: Shopping\nmilk\nbread\ntea\nfrom the laptop');
		expect(await textOf(phone)).toBe(await textOf(laptop));
	}
);

story('[N-20] a note written while my other device was off reaches it through the mailbox', async ({ device }) => {
	const laptopDevice = await device('laptop');
	const phoneDevice = await device('phone', phoneLook);
	const laptop = await openNotes(laptopDevice);
	const phone = await openNotes(phoneDevice);
	await pairByCode(laptop, phone);
	await phoneDevice.switchOff();

	await writeNote(laptop, 'For later\nthe phone was off');
	await laptop.goto(new URL('/notes/settings', laptop.url()).href);
	await expect
		.poll(() => laptop.getByTestId('sync-facts').innerText(), { timeout: SOON })
		.toMatch(/Reached[^]*Waiting to be sent\s+Nothing/);
	await laptopDevice.switchOff();

	// Only the mailbox can have it now.
	await phoneDevice.switchOn();
	const again = await openNotes(phoneDevice);
	await noteInList(again, 'For later').waitFor({ timeout: SOON });
	await openNote(again, 'For later');
	await shows(again, 'For later\nthe phone was off');
});

story('[I-2] [I-1] twelve words alone bring everything back on a new device', async ({ device }) => {
	const laptop = await openNotes(await device('laptop'));
	await writeNote(laptop, 'Only in the mailbox\nand in my words');
	await laptop.goto(new URL('/notes/settings/words', laptop.url()).href);
	await laptop.getByRole('button', { name: 'Show the words' }).click({ timeout: SOON });
	const words = (await laptop.getByTestId('words').locator('li').allInnerTexts()).map((item) =>
		item.replace(/[^a-z]/g, '')
	);
	expect(words).toHaveLength(12);

	const tablet = await openNotes(await device('tablet'), '/notes/settings/restore');
	// A word that is wrong is named, with what it may be.
	const fill = async (all: string[]) => {
		for (const [index, word] of all.entries())
			await tablet.getByRole('textbox', { name: `Word ${index + 1}`, exact: true }).fill(word);
	};
	const misspelt = [...words];
	misspelt[4] = `${words[4]}x`;
	await fill(misspelt);
	await tablet.getByRole('button', { name: 'Restore', exact: true }).click();
	const problem = tablet.getByTestId('words-problem');
	await problem.waitFor({ timeout: SOON });
	expect(await problem.innerText()).toMatch(/Word 5/);
	await problem.getByRole('button', { name: words[4]!, exact: true }).click();
	await tablet.getByRole('button', { name: 'Restore', exact: true }).click();
	await tablet.waitForURL('**/notes/', { timeout: SOON });
	await openNote(tablet, 'Only in the mailbox');
	await shows(tablet, 'Only in the mailbox\nand in my words');
});
