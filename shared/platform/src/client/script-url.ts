/** The addresses of worker scripts, through the one Trusted Types policy of the platform. */

interface Policy {
	createScriptURL(url: string): string;
}
interface TrustedTypes {
	createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | undefined;

/** Only own files may run as workers: those of /platform/, an app's service worker, and workers its build bundled. */
const OWN_WORKER = /^\/(platform\/[\w.-]+\.js|([\w-]+\/)?(service-worker|_app\/immutable\/workers\/[\w.-]+)\.js)$/;

function check(url: string): string {
	if (!OWN_WORKER.test(url)) {
		throw new TypeError(`platform-url: ${url} is not a worker of this suite`);
	}
	return url;
}

export function scriptUrl(url: string): string {
	const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
	if (!trustedTypes) return check(url);
	policy ??= trustedTypes.createPolicy('platform-url', { createScriptURL: check });
	return policy.createScriptURL(url);
}

export const SWITCHBOARD_URL = '/platform/switchboard.js';
export const PLATFORM_WORKER_URL = '/platform/sw.js';
export const engineUrl = (build: number): string => `/platform/engine.${build}.js`;
export const networkUrl = (build: number): string => `/platform/network.${build}.js`;

/**
 * Starts a worker that an app's own build bundled.
 *
 * @param url what `import url from './name.worker.ts?worker&url'` gives
 */
export function startWorker(url: string): Worker {
	return new Worker(scriptUrl(url), { type: 'module' });
}
