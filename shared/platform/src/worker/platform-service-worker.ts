/// <reference lib="webworker" />
/**
 * The service worker of /platform/: keeps the workers and the wasm of this build for offline starts. It has a scope
 * of its own because a SharedWorker's script is matched to a service worker by the script's address, not the page's.
 *
 * It takes over at once: it only adds files under names of their own, and leaves older builds' files to tabs that
 * still run them. Those of builds that no tab of any app runs any more are removed when a page asks it to tidy.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'platform:';
const own = PREFIX + __SLF_BUILD__;

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('message', (event) => {
	if (event.data?.type === 'tidy') event.waitUntil(tidy());
});
worker.addEventListener('fetch', (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
	event.respondWith(answer(url.pathname, request));
});

async function install(): Promise<void> {
	const cache = await caches.open(own);
	// All but the switchboard have names of their own in each build, so what the HTTP cache has of them is right.
	const request = (file: string) =>
		new Request(file, { cache: file.endsWith('/switchboard.js') ? 'reload' : 'default' });
	await cache.addAll([...new Set(__SLF_PLATFORM_FILES__)].map(request));
	await worker.skipWaiting();
}

/** Own build first: `caches.match` alone would answer from the oldest cache, with the first switchboard for ever. */
async function answer(path: string, request: Request): Promise<Response> {
	const mine = await (await caches.open(own)).match(path);
	if (mine) return mine;
	for (const name of await caches.keys()) {
		if (!name.startsWith(PREFIX) || name === own) continue;
		const older = await (await caches.open(name)).match(path);
		if (older) return older;
	}
	return fetch(request);
}

async function tidy(): Promise<void> {
	const { held = [] } = await navigator.locks.query();
	const used = new Set(held.map(({ name = '' }) => /^build:.*:(\d+)$/.exec(name)?.[1]));
	for (const name of await caches.keys()) {
		if (!name.startsWith(PREFIX)) continue;
		const build = name.slice(PREFIX.length);
		if (Number(build) < Number(__SLF_BUILD__) && !used.has(build)) await caches.delete(name);
	}
}
