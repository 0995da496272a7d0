// The size budgets, measured where they count: a browser with an empty profile opens Notes from the finished build,
// begins a note, and the server adds up what it sent; then it opens Passwords.
//
//   page JavaScript   every script a page itself loads until it rests, gzipped; without workers and wasm     150 kB each
//   first note        every byte of every answer, whoever asked (page, workers, service workers' precache)   1.5 MB
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { sandboxArguments } from './browser.ts';
import { distFolder, Refusal } from './project.ts';
import { onPort, readOrigins, type OriginName } from './origins.ts';
import { createSuiteServer, findFile, listen } from './serve.ts';

const budgets = { pageScripts: 150_000, firstNote: 1_500_000 };

interface Sent {
	path: string;
	bytes: number;
	/** What the browser wanted it for: 'script' is the page's own, workers say 'worker' and 'sharedworker'. */
	purpose: string;
	origin: OriginName;
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/**
 * @param browser path of a Chromium
 * @param dist the finished build to measure
 */
export async function measureBudgets(
	browser: string,
	dist = distFolder
): Promise<{ passed: number; failed: number; output: string }> {
	const sent: Sent[] = [];
	let last = performance.now();
	const origins = readOrigins();
	const server = createSuiteServer(dist, origins);
	server.on('request', (request, response) => {
		last = performance.now();
		response.on('finish', () => {
			last = performance.now();
			const path = (request.url ?? '').split('?')[0]!;
			sent.push({
				path,
				bytes: Number(response.getHeader('content-length') ?? 0),
				purpose: String(request.headers['sec-fetch-dest'] ?? ''),
				origin: request.headers.host?.startsWith(new URL(origins.vault).hostname) ? 'vault' : 'suite'
			});
		});
	});
	const { port, close } = await listen(server, 0);
	const profile = mkdtempSync(join(tmpdir(), 'slf-budgets-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: browser,
		args: sandboxArguments()
	});
	/** Nothing asked for and nothing sent for two seconds. */
	const rest = async () => {
		while (performance.now() - last < 2000) await wait(100);
	};
	/** Size of what a site's own page loaded, as gzip. */
	const pageScripts = (origin: OriginName): number =>
		sent
			.filter((one) => one.origin === origin && one.purpose === 'script' && one.path.endsWith('.js'))
			.reduce((sum, { path }) => sum + gzipped(join(dist, findFile(dist, origin, path, false)!)), 0);
	try {
		const page = await context.newPage();
		const suite = new URL(onPort(origins.suite, port)).origin;
		await page.goto(`${suite}/notes/`);
		await page.getByTestId('notes').waitFor();
		await rest();
		const notes = pageScripts('suite');
		await page.goto(`${suite}/notes/new`);
		await page.getByTestId('editor').waitFor();
		await rest();
		const firstNote = sent.reduce((sum, { bytes }) => sum + bytes, 0);

		// An app without its engine, or a sum of nothing, is no measurement.
		for (const needed of ['.wasm', '/engine.', '/network.', '/service-worker.js']) {
			if (!sent.some(({ path, bytes }) => path.includes(needed) && bytes > 0))
				throw new Refusal(`The first visit asked for no ${needed}.`);
		}
		const heaviest = [...sent].sort((a, b) => b.bytes - a.bytes).slice(0, 12);
		await page.goto(onPort(origins.vault, port));
		await page.getByTestId('first-start').waitFor();
		await rest();
		const rows: [string, number, number][] = [
			['JavaScript of Notes (gzip)', notes, budgets.pageScripts],
			['JavaScript of Passwords (gzip)', pageScripts('vault'), budgets.pageScripts],
			['transferred before the first note', firstNote, budgets.firstNote]
		];
		for (const [what, bytes, limit] of rows)
			console.log(`  ${what.padEnd(34)} ${kilobytes(bytes).padStart(10)} of ${kilobytes(limit)}`);
		const over = rows.filter(([, bytes, limit]) => bytes > limit);
		return {
			passed: rows.length - over.length,
			failed: over.length,
			output: heaviest
				.map(({ path, bytes, purpose }) => `${kilobytes(bytes).padStart(10)}  ${path} (${purpose})`)
				.join('\n')
		};
	} finally {
		await context.close();
		await close();
		rmSync(profile, { recursive: true, force: true });
	}
}

/** Size of a file's gzip twin. */
function gzipped(file: string): number {
	return (statSync(`${file}.gz`, { throwIfNoEntry: false }) ?? statSync(file)).size;
}
