// What people write is nowhere in the clear: not in the browser's profile, not in the home node's files, not on the wire.
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findInBytes, scanForBytes, story } from '../devices.ts';
import { newFolder, noteInList, openNote, openNotes, pairByCode, shows, SOON, writeNote } from '../notes.ts';

story(
	'[S-8] T55 texts of notes are found nowhere in profile, home node or traffic; the same scan finds them in a control',
	async ({ startSuite, device }) => {
		const canaries = [
			'kanarienvogel-titel-7731',
			'kanarienvogel-text-4242',
			'kanarienvogel-ordner-9918',
			'kanarienvogel-suche-5507'
		];
		const suite = await startSuite({ record: true });
		const laptopDevice = await device('laptop', { suite });
		const phoneDevice = await device('phone', { suite });
		const laptop = await openNotes(laptopDevice);
		const phone = await openNotes(phoneDevice);
		await pairByCode(laptop, phone);
		await newFolder(laptop, canaries[2]!);
		await writeNote(laptop, `${canaries[0]}\n${canaries[1]}`);
		await noteInList(phone, canaries[0]!).waitFor({ timeout: SOON });
		await openNote(phone, canaries[0]!);
		await shows(phone, `${canaries[0]}\n${canaries[1]}`);
		await laptop.getByLabel('Search all notes').first().fill(canaries[3]!);
		await laptop.getByText('Nothing found').waitFor({ timeout: SOON });
		await laptopDevice.switchOff();
		await phoneDevice.switchOff();
		await suite.stop();

		expect(scanForBytes(laptopDevice.profile, canaries)).toEqual([]);
		expect(scanForBytes(phoneDevice.profile, canaries)).toEqual([]);
		expect(scanForBytes(suite.dataDir, canaries)).toEqual([]);
		const traffic = suite.traffic();
		expect(traffic.length).toBeGreaterThan(100_000);
		expect(findInBytes(traffic, canaries)).toEqual([]);
	}
);

story('the scan of the story above finds the same texts where nothing hides them', async ({ device }) => {
	// A page that stores as most do: the positive control.
	const canary = 'kanarienvogel-offen-1234';
	const laptop = await device('control');
	const server = createServer((_, response) => {
		response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>control</title>');
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address() as { port: number };
	laptop.tolerate(/T78|favicon|404/);
	const page = await laptop.context.newPage();
	await page.goto(`http://localhost:${port}/`);
	await page.evaluate(async (text) => {
		const folder = await navigator.storage.getDirectory();
		const file = await (await folder.getFileHandle('note.txt', { create: true })).createWritable();
		await file.write(text);
		await file.close();
	}, canary);
	await laptop.switchOff();
	server.close();
	expect(scanForBytes(laptop.profile, [canary]).length).toBeGreaterThan(0);
	const folder = mkdtempSync(join(tmpdir(), 'slf-control-'));
	writeFileSync(join(folder, 'wide'), Buffer.from(`x${canary}`, 'utf16le'));
	expect(scanForBytes(folder, [canary])).toHaveLength(1);
	rmSync(folder, { recursive: true });
});
