/** The addresses of worker scripts, through the one Trusted Types policy of the platform. */

interface Policy {
	createScriptURL(url: string): string;
}
interface TrustedTypes {
	createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | undefined;

/** Only own files under /platform/ and an app's service worker may run as workers. */
function check(url: string): string {
	if (!/^\/(platform\/[\w.-]+\.js|([\w-]+\/)?service-worker\.js)$/.test(url)) {
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
