// Attacks from the web side, by their numbers in the threat list.
import { createServer } from 'node:http';
import { expect } from 'vitest';
import { story } from '../devices.ts';
import { openNotes, SOON, writeNote } from '../notes.ts';

story('[U-14] T74 a script put into the page does not run, and markup in a note is text', async ({ device }) => {
	const laptop = await device('laptop');
	const page = await openNotes(laptop);
	await writeNote(
		page,
		'<img src=x onerror="globalThis.hit=1"> <script>globalThis.hit=2</script> [x](javascript:globalThis.hit=3)'
	);
	expect(await page.evaluate(() => (globalThis as { hit?: number }).hit)).toBeUndefined();

	laptop.tolerate(/Content Security Policy|policy violation|TrustedHTML|TrustedScript|Trusted Type/i);
	const outcome = await page.evaluate(async () => {
		const script = document.createElement('script');
		const tries: Record<string, string> = {};
		const attempt = (name: string, act: () => unknown) => {
			try {
				act();
				tries[name] = 'done';
			} catch (error) {
				tries[name] = (error as Error).name;
			}
		};
		attempt('text of a script', () => (script.textContent = 'globalThis.hit = 4'));
		attempt('put in', () => document.head.append(script));
		attempt('innerHTML', () => (document.createElement('div').innerHTML = '<b>x</b>'));
		attempt('worker from a string', () => new Worker('data:text/javascript,1'));
		attempt('a policy of its own', () =>
			(
				globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
			).trustedTypes.createPolicy('mine', {})
		);
		await new Promise((done) => requestAnimationFrame(done));
		return { tries, hit: (globalThis as { hit?: number }).hit };
	});
	expect(outcome.hit).toBeUndefined();
	expect(outcome.tries).toMatchObject({
		innerHTML: 'TypeError',
		'worker from a string': 'TypeError',
		'a policy of its own': 'TypeError'
	});
});

story('[U-15] T75 T76 another site can neither frame Notes nor hold on to its window', async ({ suite, device }) => {
	const laptop = await device('laptop');
	laptop.tolerate(/.*/); // the attacker's page complains, as it should
	const server = createServer((_, response) => {
		response
			.writeHead(200, { 'content-type': 'text/html' })
			.end(`<!doctype html><title>evil</title><iframe id="f" src="${suite.origin}/notes/"></iframe>`);
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address() as { port: number };
	const evil = await laptop.context.newPage();
	await evil.goto(`http://127.0.0.1:${port}/`);
	const framed = evil.frames().find((frame) => frame.parentFrame() !== null);
	expect(await framed!.evaluate(() => location.href).catch(() => 'refused')).not.toContain('/notes/');

	const popup = laptop.context.waitForEvent('page');
	await evil.evaluate((address) => {
		(globalThis as { held?: Window | null }).held = window.open(address);
	}, `${suite.origin}/notes/`);
	const opened = await popup;
	await opened.getByTestId('sync').first().waitFor({ state: 'attached', timeout: SOON });
	expect(await opened.evaluate(() => window.opener)).toBeNull();
	await expect
		.poll(() => evil.evaluate(() => (globalThis as { held?: Window | null }).held?.closed), { timeout: SOON })
		.toBe(true);
	server.close();
});

story(
	'[U-16] T55 addresses and titles, which browsers write to disk, never carry what was written',
	async ({ device }) => {
		const laptop = await device('laptop');
		const page = await openNotes(laptop);
		await writeNote(page, 'Diagnosis\nsecret');
		expect(await page.title()).toBe('Notes');
		expect(page.url()).not.toMatch(/diagnosis|secret/i);
		await page.getByLabel('Search all notes').first().fill('secret');
		await page.getByTestId('notes').getByRole('link').first().waitFor({ timeout: SOON });
		expect(page.url()).not.toMatch(/secret/);
	}
);
