// Runs the ledger's work in a page of the finished suite, in a real Chromium: through `platform.exec`, the engine's worker
// and the encrypted store on OPFS, as the app has it.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { Suite } from '../../../../e2e/suite.ts';
import { buildIfChanged, readBuild } from '../../../../tools/build.ts';
import { distFolder } from '../../../../tools/project.ts';
import { launch } from './browser.ts';
import type { Made, Times } from './ledger-work.ts';

const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<p id="state"></p><script type="module" src="./ledger-page.js"></script>`;

export interface Measured {
	/** Of a browser that was not running. */
	coldOpen: number[];
	fill: number;
	times: Times;
}

export async function measureLedger(
	transactions: number,
	rounds: number,
	say: (line: string) => void
): Promise<Measured> {
	const dist = await buildPage();
	const suite = await Suite.start({ dist, home: false });
	const profile = await mkdtemp(join(tmpdir(), 'slf-bench-'));
	/** A browser of its own for each step, so that nothing of the step before is warm. */
	const inBrowser = async <T>(run: (page: Awaited<ReturnType<typeof open>>['page']) => Promise<T>): Promise<T> => {
		const { browser, page } = await open(profile, `${suite.origin}/bench/`, say);
		try {
			return await run(page);
		} finally {
			await browser.close();
		}
	};
	try {
		const start = performance.now();
		const made: Made = await inBrowser((page) => page.evaluate((count) => ledgerBench.fill(count), transactions));
		const fill = performance.now() - start;
		const coldOpen: number[] = [];
		for (let round = 0; round < 3; round++)
			coldOpen.push(await inBrowser((page) => page.evaluate((own) => ledgerBench.firstScreen(own), made)));
		const times = await inBrowser((page) =>
			page.evaluate(([own, count]) => ledgerBench.interact(own, count), [made, rounds] as const)
		);
		return { coldOpen, fill, times };
	} finally {
		await suite.close();
		rmSync(dist, { recursive: true, force: true });
		await rm(profile, { recursive: true, force: true });
	}
}

async function open(profile: string, url: string, say: (line: string) => void) {
	const browser = await launch(profile);
	const page = await browser.newPage();
	page.on('console', (message) => {
		if (message.type() === 'error') say(message.text());
	});
	await page.exposeFunction('benchLine', say);
	await page.goto(url);
	await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'ready', undefined, {
		timeout: 120_000,
		polling: 10
	});
	return { browser, page };
}

async function buildPage(): Promise<string> {
	const finished = process.env.STORY_DIST ?? distFolder;
	if (finished === distFolder) await buildIfChanged();
	const record = readBuild(finished)!;
	const copy = mkdtempSync(join(tmpdir(), 'slf-ledger-'));
	cpSync(finished, copy, { recursive: true });
	await build({
		root: fileURLToPath(new URL('.', import.meta.url)),
		base: '/bench/',
		configFile: false,
		publicDir: false,
		logLevel: 'error',
		define: { __SLF_BUILD__: JSON.stringify(record.build), __SLF_ORIGINS__: JSON.stringify(record.origins) },
		build: {
			outDir: join(copy, 'bench'),
			emptyOutDir: true,
			target: 'es2023',
			modulePreload: false,
			reportCompressedSize: false,
			rolldownOptions: {
				input: [fileURLToPath(new URL('ledger-page.ts', import.meta.url))],
				output: { entryFileNames: '[name].js', format: 'es' }
			}
		}
	});
	writeFileSync(join(copy, 'bench/index.html'), PAGE);
	return copy;
}
