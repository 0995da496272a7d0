// The two origins, and what each of them serves. Passwords has one of its own: storage, workers and passkeys follow the
// origin, so a script that gets into another app reaches nothing of the vault (SECURITY.md).
//
//   suite   /                      the home page, and /link
//           /notes/ /health/ ...   the apps
//           /platform/ /p2p        workers, home node
//   vault   /                      Passwords, and /join
//           /platform/ /p2p        the same code, an installation of its own
//
// Their names stand in slf.config.json: two lines, `{"suite": "https://slf.example", "vault": "https://vault.example"}`.
// A name without a port means the port that a page was loaded from, so one configuration serves every port.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Origins } from '../shared/platform/src/protocol/origins.ts';
import { appsWithScreens, Refusal, root, type App } from './project.ts';

export { onPort } from '../shared/platform/src/protocol/origins.ts';
export type { Origins };

/** What is built as a SvelteKit app: the apps, and the home page. */
export type Site = App | 'home';
export type OriginName = 'suite' | 'vault';

export const originOf = (site: Site): OriginName => (site === 'passwords' ? 'vault' : 'suite');

/** Under which path of its origin a site lives, without a slash at the end. */
export const baseOf = (site: Site): '' | `/${string}` => (site === 'passwords' || site === 'home' ? '' : `/${site}`);

/** Everything that is built, in the order of building. */
export const sitesWithScreens = (): Site[] => ['home', ...appsWithScreens()];

/**
 * The two pages that may hold on to each other's window, so that the vault can join the suite: the vault's opens the
 * suite's. On every other page Cross-Origin-Opener-Policy is `same-origin`.
 */
export const meetingPages: Record<OriginName, { path: string; openerPolicy: string }> = {
	suite: { path: '/link', openerPolicy: 'unsafe-none' },
	vault: { path: '/join', openerPolicy: 'same-origin-allow-popups' }
};

/** @throws Refusal that says what is wrong with the file */
export function parseOrigins(text: string, file = 'slf.config.json'): Origins {
	const wrong = (what: string) =>
		new Refusal(`${file}: ${what}. It reads {"suite": "https://slf.example", "vault": "https://vault.example"}.`);
	let content: unknown;
	try {
		content = JSON.parse(text);
	} catch {
		throw wrong('this is not JSON');
	}
	const given = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>;
	const unknown = Object.keys(given).find((key) => key !== 'suite' && key !== 'vault');
	if (unknown !== undefined) throw wrong(`"${unknown}" means nothing here`);
	const read = (name: OriginName): string => {
		const value = given[name];
		if (typeof value !== 'string' || !URL.canParse(value)) throw wrong(`"${name}" is not an address`);
		const { protocol, origin, href } = new URL(value);
		if (!/^https?:$/.test(protocol)) throw wrong(`"${name}" must begin with https:// (http:// on this machine)`);
		if (href !== `${origin}/`) throw wrong(`"${name}" has more than a scheme, a name and a port`);
		return origin;
	};
	const origins = { suite: read('suite'), vault: read('vault') };
	// Cookies, passkeys and processes go by the name; a port alone is no wall.
	if (new URL(origins.suite).hostname === new URL(origins.vault).hostname)
		throw wrong('the vault needs a name of its own, another port is not enough');
	return origins;
}

export const readOrigins = (): Origins => parseOrigins(readFileSync(join(root, 'slf.config.json'), 'utf8'));
