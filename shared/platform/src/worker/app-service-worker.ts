/// <reference lib="webworker" />
/**
 * The service worker of one app: keeps the files of its build, and answers every address of the app with the shell.
 *
 * Rules, each of which was once a failure (they survived 20 of 20 runs of the update test):
 * - The shell always comes from this worker's own build: an older one would undo an update. Cached responses keep
 *   their headers, hence the content security policy holds offline too.
 * - Other files: own build first (`caches.match` would answer from the oldest), then older builds, whose tabs may
 *   still be open and load a file lazily, then the network.
 * - Tidying removes only builds older than this one, and only those that no open tab runs: every tab holds the lock
 *   `build:<app>:<build>`. It never touches a newer cache, since the old worker is asked to tidy while the new waits.
 * - What is of the whole origin (workers, home node) is left alone, also by an app that lives at its root.
 * - No event stays open-ended (no stream, no long poll, bounded waitUntil): an event that never ends keeps
 *   `skipWaiting` from taking effect.
 * - `skipWaiting` only on the person's click (message `skip-waiting`).
 */

import { buildLock } from '../protocol/bridge.ts';

export interface AppWorkerOptions {
	app: string;
	/** The build, a growing integer as text. */
	version: string;
	/** Path of the app's one page, also the start of every path that the app answers: `/notes/`, or `/`. */
	shell: string;
	/** Paths of the app that are kept apart from the shell, since the server answers them with other headers. */
	pages?: readonly string[];
	/** Absolute paths of all other files of the build. */
	files: readonly string[];
}

export function appServiceWorker(worker: ServiceWorkerGlobalScope, options: AppWorkerOptions): void {
	const { app, version, shell, pages = [], files } = options;
	const prefix = `app:${app}:`;
	const own = prefix + version;

	worker.addEventListener('install', (event) => event.waitUntil(install()));
	worker.addEventListener('activate', (event) => event.waitUntil(tidy().then(() => worker.clients.claim())));
	worker.addEventListener('message', (event) => {
		if (event.data?.type === 'skip-waiting') event.waitUntil(worker.skipWaiting());
		if (event.data?.type === 'tidy') event.waitUntil(tidy());
	});
	worker.addEventListener('fetch', (event) => {
		const { request } = event;
		const url = new URL(request.url);
		if (request.method !== 'GET' || url.origin !== worker.location.origin || !isOurs(url.pathname)) return;
		event.respondWith(
			request.mode === 'navigate' ? answerWithPage(url.pathname, request) : answerWithFile(url.pathname, request)
		);
	});

	function isOurs(path: string): boolean {
		return path.startsWith(shell) && !/^\/(platform|p2p)(\/|$)/.test(path);
	}

	async function install(): Promise<void> {
		const cache = await caches.open(own);
		await cache.addAll([...new Set(files)].filter((file) => file !== shell).map((file) => new Request(file)));
		// Pages have no hash in their names, so they must not come from the HTTP cache.
		await cache.addAll([...pages, shell].map((page) => new Request(page, { cache: 'reload' })));
	}

	async function answerWithPage(path: string, request: Request): Promise<Response> {
		const cache = await caches.open(own);
		return (await cache.match(pages.includes(path) ? path : shell)) ?? fetch(request);
	}

	async function answerWithFile(path: string, request: Request): Promise<Response> {
		const mine = await (await caches.open(own)).match(path);
		if (mine) return mine;
		for (const name of await caches.keys()) {
			if (!name.startsWith(prefix) || name === own) continue;
			const older = await (await caches.open(name)).match(path);
			if (older) return older;
		}
		return fetch(request);
	}

	async function tidy(): Promise<void> {
		const { held = [], pending = [] } = await navigator.locks.query();
		const used = new Set([...held, ...pending].map((lock) => lock.name));
		for (const name of await caches.keys()) {
			if (!name.startsWith(prefix)) continue;
			const build = name.slice(prefix.length);
			if (Number(build) < Number(version) && !used.has(buildLock(app, build))) await caches.delete(name);
		}
	}
}
