/** `createPlatform`: the platform of a page. */

import { PlatformError } from '../protocol/errors.ts';
import { PlatformClient } from './client.ts';
import type { Platform, VaultPlatform } from './platform.ts';
import type { VaultClient } from './vault.ts';
import { connectDetail, Tab } from './tab.ts';

export interface CreateOptions {
	/** Defaults to the first path segment of the document's base, else the first label of the host's name. */
	app?: string;
	/** The app's schema in SQL. Defaults to the one that the app was built with. */
	schema?: string;
	/** Twelve words to begin with, where this browser has no identity yet. With another identity here: see `restore`. */
	mnemonic?: string;
	/**
	 * False: where this browser has no identity yet, none is made, and `status()` says `unjoined` until this installation
	 * joins, is paired, or is given words. Default true.
	 */
	makeIdentity?: boolean;
	/**
	 * True: the database is a vault, locked until the person opens it (`platform.vault`). It hangs on a key of its own, so
	 * what was written without this stays where it was.
	 */
	vault?: boolean;
	/** The build of this page, a growing integer. Defaults to the one that the build tool put in. */
	build?: number;
}

/**
 * Opens the app's database, with this tab or another as the one that runs the engines.
 *
 * Resolves when the database answers, or when it is known that it will not until the person acts: then `status()`
 * says `elsewhere`, `outdated`, `unjoined`, `locked` or `failed`, and calls reject with that reason.
 *
 * @throws PlatformError NO_SCHEMA, BAD_APP, OTHER_IDENTITY
 */
export async function createPlatform(options: CreateOptions & { vault: true }): Promise<VaultPlatform>;
export async function createPlatform(options?: CreateOptions): Promise<Platform>;
export async function createPlatform(options: CreateOptions = {}): Promise<Platform> {
	const app = options.app ?? appOfPage();
	if (!/^[a-z][a-z0-9-]{0,31}$/.test(app) || app === 'account') {
		throw new PlatformError('BAD_APP', 'An app is named by lower-case letters, digits and hyphens');
	}
	const schema = options.schema ?? (typeof __SLF_SCHEMA__ === 'string' ? __SLF_SCHEMA__ : '');
	if (schema.trim() === '') throw new PlatformError('NO_SCHEMA', `There is no schema for the app ${app}`);
	const build = options.build ?? (typeof __SLF_BUILD__ === 'string' ? Number(__SLF_BUILD__) : 0);
	const detail = connectDetail({
		app,
		build,
		schema,
		...(options.mnemonic === undefined ? {} : { mnemonic: options.mnemonic }),
		...(options.makeIdentity === undefined ? {} : { makeIdentity: options.makeIdentity }),
		...(options.vault === undefined ? {} : { vault: options.vault })
	});
	const tab = new Tab({ app, build, detail });
	const client = new PlatformClient({
		app,
		dialler: tab,
		surroundings: () => ({
			elsewhere: tab.state === 'elsewhere',
			singleTab: tab.singleTab,
			leader: tab.leads,
			online: navigator.onLine
		}),
		close: () => tab.close(),
		...(options.vault ? { vault: { passkeys: () => import('./passkeys.ts') } } : {})
	});
	if (options.vault) watchPage(client.vault);
	const changed = () => client.changed();
	tab.onChange = changed;
	addEventListener('online', changed);
	addEventListener('offline', changed);
	await client.started();
	if (options.mnemonic !== undefined && client.status().engine === 'ready') await client.expectWords(options.mnemonic);
	return client;
}

/** Tells the vault whether this page is in sight, and locks it when the page is put away with everything it shows. */
function watchPage(vault: VaultClient): void {
	const look = () => vault.visible(document.visibilityState === 'visible');
	document.addEventListener('visibilitychange', look);
	look();
	document.addEventListener('freeze', () => void vault.lock());
	addEventListener('pagehide', (event: PageTransitionEvent) => {
		if (event.persisted) void vault.lock();
	});
}

function appOfPage(): string {
	const [segment] = new URL(document.baseURI).pathname.split('/').filter(Boolean);
	if (segment !== undefined && !segment.includes('.')) return segment;
	return location.hostname.split('.')[0]!;
}
