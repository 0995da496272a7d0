// The size budgets, measured where they count: a browser with an empty profile opens Notes from the finished build,
// begins a note, and the server adds up what it sent.
//
//   page JavaScript   every script the page itself loads until it rests, gzipped; without workers and wasm   150 kB
//   first note        every byte of every answer, whoever asked (page, workers, service workers' precache)   1.5 MB
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { sandboxArguments } from './browser.ts';
import { distFolder, Refusal } from './project.ts';
import { createSuiteServer, listen } from './serve.ts';

const budgets = { pageScripts: 150_000, firstNote: 1_500_000 };

interface Sent {
	path: string;
	bytes: number;
	/** What the browser wanted it for: 'script' is the page's own, workers say 'worker' and 'sharedworker'. */
	purpose: string;
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
	const server = createSuiteServer(dist);
	server.on('request', (request, response) => {
		last = performance.now();
		response.on('finish', () => {
			last = performance.now();
			const path = (request.url ?? '').split('?')[0]!;
			sent.push({
				path,
				bytes: Number(response.getHeader('content-length') ?? 0),
				purpose: String(request.headers['sec-fetch-dest'] ?? '')
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
	try {
		const page = await context.newPage();
		await page.goto(`http://localhost:${port}/notes/`);
		await page.getByTestId('notes').waitFor();
		await rest();
		const scripts = sent.filter(({ path, purpose }) => purpose === 'script' && path.endsWith('.js'));
		const pageScripts = scripts.reduce((sum, { path }) => sum + gzipped(join(dist, path)), 0);
		await page.goto(`http://localhost:${port}/notes/new`);
		await page.getByTestId('editor').waitFor();
		await rest();
		const firstNote = sent.reduce((sum, { bytes }) => sum + bytes, 0);

		// An app without its engine, or a sum of nothing, is no measurement.
		for (const needed of ['.wasm', '/engine.', '/network.', '/service-worker.js']) {
			if (!sent.some(({ path, bytes }) => path.includes(needed) && bytes > 0))
				throw new Refusal(`The first visit asked for no ${needed}.`);
		}
		const rows: [string, number, number][] = [
			['JavaScript of the page (gzip)', pageScripts, budgets.pageScripts],
			['transferred before the first note', firstNote, budgets.firstNote]
		];
		for (const [what, bytes, limit] of rows)
			console.log(`  ${what.padEnd(34)} ${kilobytes(bytes).padStart(10)} of ${kilobytes(limit)}`);
		const over = rows.filter(([, bytes, limit]) => bytes > limit);
		const heaviest = [...sent].sort((a, b) => b.bytes - a.bytes).slice(0, 12);
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
