// The instruments of the other stories, shown to work: a scan that finds, a plug that can be pulled, a recorder that
// hears, a server that comes back. What they prove elsewhere is worth what they prove here.
import { expect } from 'vitest';
import { findInBytes, scanForBytes, story } from '../devices.ts';

const canary = 'Zweiundzwanzig Kolibris trinken Malventee';

story('the scan finds a text that a page kept in the clear, and only then', async ({ device }) => {
	const laptop = await device('laptop');
	const page = await laptop.open('/');
	await page.evaluate((text) => localStorage.setItem('control', text), canary);
	await laptop.switchOff();
	const found = scanForBytes(laptop.profile, [canary, 'a text that nobody wrote']);
	expect(found.length).toBeGreaterThan(0);
	expect(new Set(found.map(({ needle }) => needle))).toEqual(new Set([canary]));
});

story('the recorder hears a text that goes to the server in the clear', async ({ startSuite, device }) => {
	const suite = await startSuite({ record: true });
	const laptop = await device('laptop', { suite });
	const page = await laptop.open('/');
	await page.evaluate((text) => fetch(`/${encodeURIComponent(text)}`), canary.replaceAll(' ', '-'));
	expect(findInBytes(suite.traffic(), [canary.replaceAll(' ', '-'), 'a text that nobody wrote'])).toHaveLength(1);
	laptop.tolerate(/404/);
});

story('a device whose plug was pulled starts again from its profile', async ({ device }) => {
	const laptop = await device('laptop');
	const page = await laptop.open('/');
	await page.evaluate(async () => {
		const folder = await navigator.storage.getDirectory();
		const file = await (await folder.getFileHandle('kept', { create: true })).createWritable();
		await file.write('still here');
		await file.close();
	});
	await laptop.pullThePlug();
	await laptop.switchOn();
	const again = await laptop.open('/');
	const kept = await again.evaluate(async () => {
		const folder = await navigator.storage.getDirectory();
		return (await (await folder.getFileHandle('kept')).getFile()).text();
	});
	expect(kept).toBe('still here');
});

story('a server that was killed comes back at the same address with the same home node', async ({ suite, device }) => {
	const laptop = await device('laptop');
	const page = await laptop.open('/');
	const { origin } = suite;
	const peer = () => page.evaluate(() => fetch('/p2p/peer').then((answer) => answer.text()));
	const before = await peer();
	await suite.kill();
	await expect(peer()).rejects.toThrow('Failed to fetch');
	await suite.start();
	expect(suite.origin).toBe(origin);
	expect(await peer()).toBe(before);
});
