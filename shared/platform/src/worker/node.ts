/** `@slf/platform/node`: the platform in Node, over a folder. The same engines and the same client as in a page. */

import { readFileSync } from 'node:fs';
import { PlatformClient } from '../client/client.ts';
import type { Platform } from '../client/platform.ts';
import { cryptoReady } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import { pageAddresses } from '../protocol/origins.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import { nodeEnvironment } from './environment-node.ts';
import { LocalSuite, type LocalSuiteOptions } from './local-suite.ts';

export { applyDiff } from '../client/diff.ts';
export { PlatformError } from '../protocol/errors.ts';
export type * from '../client/platform.ts';

export interface OpenOptions {
	/** The person's folder; made if missing. One process at a time. */
	dir: string;
	app: string;
	/** The app's schema in SQL. */
	schema: string;
	/** Twelve words to begin with, where the folder has no identity yet. */
	mnemonic?: string;
	/** Address of a home node to synchronise through: `ws://localhost:4173/p2p`. Without it nothing leaves. */
	home?: string;
}

/** @throws PlatformError when the database does not open */
export async function openPlatform({ dir, app, schema, mnemonic, home }: OpenOptions): Promise<Platform> {
	await cryptoReady();
	const suite = openSuite(dir, mnemonic === undefined ? {} : { mnemonic });
	const platform = await openLocal(suite, app, schema);
	if (mnemonic !== undefined) await platform.expectWords(mnemonic);
	if (home !== undefined) {
		const origin = new URL(home).origin.replace(/^ws/, 'http');
		await suite.startNetwork({ home, pages: pageAddresses(origin), timers: systemTimers });
	}
	return platform;
}

/** All engines of the person whose folder this is, in this process. */
export function openSuite(dir: string, options: Pick<LocalSuiteOptions, 'mnemonic' | 'makeIdentity'> = {}): LocalSuite {
	return new LocalSuite({
		environment: nodeEnvironment(dir),
		accountSchema: readFileSync(new URL('../identity/account.sql', import.meta.url), 'utf8'),
		...options
	});
}

/** A platform for one app over engines in this process. Closing it closes them. */
export async function openLocal(
	suite: LocalSuite,
	app: string,
	schema: string,
	{ vault = false } = {}
): Promise<PlatformClient> {
	suite.register(app, schema, vault);
	const client = new PlatformClient({
		app,
		dialler: suite,
		surroundings: () => ({ elsewhere: false, singleTab: false, leader: true, online: true }),
		close: () => suite.close(),
		...(vault ? { vault: {} } : {})
	});
	await client.started();
	const { engine, problem } = client.status();
	if (engine !== 'ready' && problem) {
		await client.close();
		throw new PlatformError(problem.code, problem.message);
	}
	return client;
}
