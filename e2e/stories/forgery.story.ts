// A viewer whose device runs a tampered build: it joined by a real invitation, has real keys, lets its owner write, and
// sends what was written. Nobody takes it in.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { story } from '../devices.ts';
import { buildHostile, viewerPromotesItself, viewerWrites } from '../hostile/build.ts';
import {
	editor,
	invite,
	isSaved,
	join,
	newFolder,
	noteInList,
	openFolder,
	openNote,
	openNotes,
	shows,
	SOON,
	textOf,
	writeNote
} from '../notes.ts';
import { distFolder } from '../../tools/project.ts';

let hostile: Awaited<ReturnType<typeof buildHostile>>;
beforeAll(async () => {
	hostile = await buildHostile([...viewerWrites, ...viewerPromotesItself]);
});
afterAll(() => hostile.remove());

/** What the page's device refused, as its settings say it, once that matches `expected`. */
async function refusals(page: Page, ...expected: RegExp[]): Promise<string> {
	await page.goto(new URL('/notes/settings', page.url()).href);
	const list = page.getByTestId('refusals');
	await list.waitFor({ timeout: SOON });
	const seen = async () => {
		await page.getByRole('button', { name: 'Look again' }).click();
		return (await list.textContent()) ?? '';
	};
	for (const pattern of expected) await expect.poll(seen, { timeout: SOON }).toMatch(pattern);
	return seen();
}

async function openList(page: Page, title: string): Promise<void> {
	await page.goto(new URL('/notes/', page.url()).href);
	await openFolder(page, 'Holiday');
	await openNote(page, title);
}

story(
	"[A-18] [A-11] T34 what a viewer's tampered device forges is refused by the owner's and the editor's",
	async ({ suite, device }) => {
		const alice = await openNotes(await device('alice.laptop'));
		await newFolder(alice, 'Holiday');
		await writeNote(alice, 'Packing list\nsun cream');
		await openFolder(alice, 'Holiday');
		const bob = await openNotes(await device('bob.phone'));
		await join(bob, await invite(alice, 'Can write'), 'Bob', alice);

		suite.deploy(hostile.dist);
		const forCarol = await invite(alice, 'Can read');
		const carol = await openNotes(await device('carol.laptop'));
		await join(carol, forCarol, 'Carol', alice);
		suite.deploy(distFolder);

		// On her device there is nothing that she may not do.
		await openFolder(carol, 'Holiday');
		await openNote(carol, 'Packing list');
		await shows(carol, 'Packing list\nsun cream');
		await editor(carol).click();
		await carol.keyboard.press('Control+End');
		await carol.keyboard.type('\ncarol was here');
		await shows(carol, 'Packing list\nsun cream\ncarol was here');
		await isSaved(carol);
		await openFolder(carol, 'Holiday');
		await writeNote(carol, 'Forged by Carol');

		// Her device sent all of it. The others say what they refused, and by which rule.
		const grant = /R1\s+VIEWER may not grant OWNER/;
		const rows = /R1\s+VIEWER may not insert into ”notes”/;
		const text = /R1\s+VIEWER may not update ”notes”/;
		for (const page of [alice, bob]) {
			await refusals(page, grant, rows, text);
			await openList(page, 'Packing list');
			expect(await textOf(page)).toBe('Packing list\nsun cream');
			expect(await noteInList(page, 'Forged by Carol').count()).toBe(0);
		}
		await alice
			.getByRole('button', { name: /^Members$/ })
			.first()
			.click({ timeout: SOON });
		await expect
			.poll(() => alice.getByTestId('members').getByRole('listitem').allInnerTexts(), { timeout: SOON })
			.toHaveLength(3);
		const members = await alice.getByTestId('members').innerText();
		expect(members).toMatch(/Carol\s+Can read/);
		expect(members.match(/Owner/g)).toHaveLength(1);
		await alice.keyboard.press('Escape');

		// The honest go on as if nothing had been.
		await editor(bob).click();
		await bob.keyboard.press('Control+End');
		await bob.keyboard.type('\ntowels');
		await shows(alice, 'Packing list\nsun cream\ntowels');
		await editor(alice).click();
		await alice.keyboard.press('Control+End');
		await alice.keyboard.type('\nhats');
		await shows(bob, 'Packing list\nsun cream\ntowels\nhats');
		await alice.reload();
		await shows(alice, 'Packing list\nsun cream\ntowels\nhats');
	}
);
