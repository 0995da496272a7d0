// Runs one worker script in a real Chromium, on a profile of its own: bundled by Vite into a temporary folder, served from
// a port of this machine, and driven through one exchange: the page posts `task` to the worker, the worker posts lines of
// progress ({ line }) and at last its result ({ result }) or { error }.
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, extname, normalize } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { build } from 'vite';
import { browserVersion, findBrowser, sandboxArguments } from '../../../../tools/browser.ts';

const TYPES: Record<string, string> = {
	'.html': 'text/html',
	'.js': 'text/javascript',
	'.mjs': 'text/javascript',
	'.wasm': 'application/wasm'
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">`;

/** What the numbers were measured on. */
export function describeMachine(): Record<string, string | number> {
	return {
		browser: browserVersion(findBrowser()),
		cpu: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		memoryGiB: Math.round(totalmem() / 2 ** 30),
		system: `${process.platform} ${process.arch}`,
		node: process.version
	};
}

/** @param entry absolute path of the worker's TypeScript */
export async function runInWorker<T>(entry: string, task: unknown, onLine: (line: string) => void): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), 'slf-bench-'));
	let server: Server | undefined;
	try {
		const site = join(folder, 'site');
		await bundle(entry, site);
		await writeFile(join(site, 'index.html'), PAGE);
		server = await serve(site);
		const { port } = server.address() as AddressInfo;
		return await drive<T>(`http://127.0.0.1:${port}/`, join(folder, 'profile'), task, onLine);
	} finally {
		server?.close();
		await rm(folder, { recursive: true, force: true });
	}
}

async function bundle(entry: string, outDir: string): Promise<void> {
	await build({
		configFile: false,
		logLevel: 'error',
		base: './',
		root: join(entry, '..'),
		worker: { format: 'es' },
		build: {
			outDir,
			target: 'es2023',
			modulePreload: false,
			emptyOutDir: true,
			rollupOptions: { input: entry, output: { entryFileNames: 'worker.js' } }
		}
	});
}

function serve(folder: string): Promise<Server> {
	const server = createServer((request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://localhost');
		const file = join(folder, normalize(pathname === '/' ? '/index.html' : pathname));
		readFile(file).then(
			(bytes) => {
				const type = TYPES[extname(file)] ?? 'application/octet-stream';
				response.writeHead(200, {
					'content-type': type,
					'cross-origin-opener-policy': 'same-origin',
					'cross-origin-embedder-policy': 'require-corp'
				});
				response.end(bytes);
			},
			() => response.writeHead(404).end()
		);
	});
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A Chromium with a profile in this folder. */
export function launch(profile: string): Promise<BrowserContext> {
	return chromium.launchPersistentContext(profile, { executablePath: findBrowser(), args: sandboxArguments() });
}

async function drive<T>(url: string, profile: string, task: unknown, onLine: (line: string) => void): Promise<T> {
	const browser = await launch(profile);
	try {
		const page = browser.pages()[0] ?? (await browser.newPage());
		page.on('console', (message) => {
			if (message.type() === 'error') onLine(message.text());
		});
		await page.exposeFunction('benchLine', onLine);
		await page.goto(url);
		return await page.evaluate(
			(given) =>
				new Promise<T>((resolve, reject) => {
					const worker = new Worker('/worker.js', { type: 'module' });
					worker.onmessage = ({ data }: MessageEvent<{ line?: string; result?: T; error?: string }>) => {
						if (data.line !== undefined) (globalThis as unknown as { benchLine(l: string): void }).benchLine(data.line);
						else if (data.error !== undefined) reject(new Error(data.error));
						else resolve(data.result as T);
					};
					worker.onerror = (event) => reject(new Error(event.message));
					worker.postMessage(given);
				}),
			task
		);
	} finally {
		await browser.close();
	}
}
