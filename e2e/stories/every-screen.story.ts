// Every screen of Notes, light and dark, phone and desktop: axe finds nothing serious. With SCREENSHOTS=<folder> each
// is also kept as a picture to look at.
import type { Page } from 'playwright-core';
import { story } from '../devices.ts';
import { editor, newFolder, noteInList, openFolder, openNote, openNotes, SOON, typeNote, writeNote } from '../notes.ts';
import { look } from '../pictures.ts';

const looks = [
	{ name: 'desktop', viewport: { width: 1280, height: 800 } },
	{ name: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
] as const;

/** What opens over a screen. Each is closed by going on to the next, so that none catches the clicks of another. */
async function whatOpens(page: Page, form: string): Promise<void> {
	await page.keyboard.press('Control+k');
	await page.getByRole('combobox', { name: 'Find a note or do something' }).fill('e');
	await page.getByRole('option', { name: 'Recovery words' }).waitFor({ timeout: SOON });
	await look(page, `${form}-palette`);
	await page.getByRole('combobox', { name: 'Find a note or do something' }).fill('keyboard');
	await page.keyboard.press('Enter');
	await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ timeout: SOON });
	await look(page, `${form}-keys`);
	await page.keyboard.press('Escape');
	if (form === 'desktop') {
		await openFolder(page, 'Recipes');
		await page.getByRole('button', { name: 'Share this folder' }).click({ timeout: SOON });
		await page.getByRole('dialog', { name: 'Share “Recipes”' }).waitFor({ timeout: SOON });
		await look(page, 'desktop-share');
		await page.keyboard.press('Escape');
		await page.goto(new URL('/notes/', page.url()).href);
		await openNote(page, 'Plans');
	}
	await page.getByRole('button', { name: 'Note actions' }).click({ timeout: SOON });
	await page.getByRole('menuitem', { name: 'Move to folder' }).waitFor({ timeout: SOON });
	await look(page, `${form}-menu`);
}

for (const { name: form, ...options } of looks) {
	story(`[U-13] every screen of Notes is accessible in both themes on a ${form}`, async ({ suite, device }) => {
		const laptop = await device(form, options);
		const page = await openNotes(laptop);
		await page.getByText('No notes yet').waitFor({ timeout: SOON });
		await look(page, `${form}-empty`);
		if (form === 'desktop') {
			await newFolder(page, 'Recipes');
			await page.goto(`${suite.origin}/notes/`);
		}
		await writeNote(page, 'قائمة التسوق\nخبز وحليب');
		await page.goto(`${suite.origin}/notes/`);
		await writeNote(
			page,
			'A very long title that goes on and on until it surely does not fit into the list any more\nwith a text'
		);
		await page.goto(`${suite.origin}/notes/`);
		await typeNote(page, '# Plans\n- [ ] call the *plumber*\nwater the **plants**\n\nSee https://example.org');
		if (form === 'desktop') await noteInList(page, 'Plans').first().waitFor({ timeout: SOON });
		await look(page, `${form}-note`);
		await page.goto(`${suite.origin}/notes/`);
		await noteInList(page, 'Plans').first().waitFor({ timeout: SOON });
		await look(page, `${form}-list`);
		await page.getByLabel('Search all notes').first().fill('plants');
		await noteInList(page, 'Plans').first().waitFor({ timeout: SOON });
		await look(page, `${form}-search`);
		await page.getByLabel('Search all notes').first().fill('');
		await openNote(page, 'Plans');
		await editor(page).waitFor({ timeout: SOON });
		await whatOpens(page, form);
		for (const path of ['folders', 'trash', 'settings', 'settings/words', 'settings/restore', 'pair', 'join']) {
			await page.goto(`${suite.origin}/notes/${path}`);
			await page.getByTestId('sync').first().waitFor({ state: 'attached', timeout: SOON });
			await look(page, `${form}-${path.replace('/', '-')}`);
		}
		await page.goto(`${suite.origin}/notes/pair`);
		await page.getByRole('button', { name: 'Show a code' }).click({ timeout: SOON });
		await page.getByTestId('pairing-code').waitFor({ timeout: SOON });
		await look(page, `${form}-pair-code`);
		await page.goto(`${suite.origin}/`);
		await look(page, `${form}-home`);
	});
}
