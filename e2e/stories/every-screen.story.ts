// Every screen of Notes, light and dark, phone and desktop: axe finds nothing serious. With SCREENSHOTS=<folder> each
// is also kept as a picture to look at.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expectAccessible, story } from '../devices.ts';
import { editor, newFolder, noteInList, openNote, openNotes, SOON, typeNote, writeNote } from '../notes.ts';

const pictures = process.env.SCREENSHOTS;
if (pictures !== undefined) mkdirSync(pictures, { recursive: true });

const looks = [
	{ name: 'desktop', viewport: { width: 1280, height: 800 } },
	{ name: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
] as const;

async function look(page: Page, name: string): Promise<void> {
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
		if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`) });
		await expectAccessible(page, `${name}, ${scheme}`);
	}
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
