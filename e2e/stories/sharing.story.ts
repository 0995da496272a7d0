// One person shares a folder with two others: one may write, one may read.
import { expect } from 'vitest';
import { story } from '../devices.ts';
import {
	editor,
	invite,
	join,
	newFolder,
	noteInList,
	openFolder,
	openNote,
	openNotes,
	shows,
	SOON,
	writeNote
} from '../notes.ts';

story('[A-18] [P-5] alice shares a folder: bob who may write writes, carol who may read cannot', async ({ device }) => {
	const alice = await openNotes(await device('alice.laptop'));
	await writeNote(alice, 'Private\nnobody else');
	await newFolder(alice, 'Holiday');
	await writeNote(alice, 'Packing list\nsun cream');
	await openFolder(alice, 'Holiday');
	const forBob = await invite(alice, 'Can write');
	const bob = await openNotes(await device('bob.phone'));
	await join(bob, forBob, 'Bob', alice);
	const forCarol = await invite(alice, 'Can read');
	const carol = await openNotes(await device('carol.laptop'));
	await join(carol, forCarol, 'Carol', alice);

	await openFolder(bob, 'Holiday');
	await openNote(bob, 'Packing list');
	await shows(bob, 'Packing list\nsun cream');
	await editor(bob).click();
	await bob.keyboard.press('Control+End');
	await bob.keyboard.type('\ntowels');

	await openFolder(alice, 'Holiday');
	await openNote(alice, 'Packing list');
	await shows(alice, 'Packing list\nsun cream\ntowels');

	await openFolder(carol, 'Holiday');
	await openNote(carol, 'Packing list');
	await shows(carol, 'Packing list\nsun cream\ntowels');
	await carol.getByTestId('read-only').waitFor({ timeout: SOON });
	await editor(carol).click();
	await carol.keyboard.type('carol was here');
	await shows(carol, 'Packing list\nsun cream\ntowels');
	expect(await carol.getByRole('button', { name: 'New note' }).count()).toBe(0);

	// What was not shared is nowhere with them.
	for (const page of [bob, carol]) {
		await page.goto(new URL('/notes/', page.url()).href);
		await noteInList(page, 'Packing list').waitFor({ timeout: SOON });
		expect(await noteInList(page, 'Private').count()).toBe(0);
	}
});
