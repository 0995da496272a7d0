/**
 * Entry of an engine worker, /platform/engine.<build>.js: one worker for each open database, that of the account
 * being the custodian. The leader's messages come in (bridge.ts, `ToEngine`); everything else goes over ports.
 *
 * The worker holds its life lock from before `up` until it ends: browsers free it however the worker goes, which is
 * how everybody learns of its death.
 */

import accountSchema from '../identity/account.sql?raw';
import { ACCOUNT, engineLock, tabLock, type FromEngine, type ToEngine } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient, LinkServer } from '../protocol/link.ts';
import { AccountEngine } from './account-engine.ts';
import { AppEngine } from './app-engine.ts';
import { browserEnvironment } from './environment-browser.ts';
import { VaultEngine } from './vault-engine.ts';
import type { KeeperCalls, KeeperStreams } from './worker-calls.ts';

const worker = self as unknown as DedicatedWorkerGlobalScope;
const tell = (message: FromEngine): void => worker.postMessage(message);

let engine: AccountEngine | AppEngine | VaultEngine | undefined;

worker.onmessage = (event: MessageEvent<ToEngine>) => {
	const message = event.data;
	switch (message.type) {
		case 'start':
			void start(message, event.ports[0]);
			return;
		case 'connect':
			connect(message, event.ports[0]!);
			return;
		case 'quiet':
			void engine?.quiet();
			return;
		case 'stop':
			void stop();
	}
};

async function start(message: Extract<ToEngine, { type: 'start' }>, keys: MessagePort | undefined): Promise<void> {
	const { database, term, build, modules } = message;
	try {
		await holdLife(engineLock(database, term));
		const environment = await browserEnvironment(modules.crsqlite ?? (__SLF_CRSQLITE__ || undefined));
		if (database === ACCOUNT) {
			const { mnemonic, makeIdentity } = message;
			engine = await AccountEngine.open({
				environment,
				schema: accountSchema,
				term,
				build,
				...(mnemonic === undefined ? {} : { mnemonic }),
				...(makeIdentity === undefined ? {} : { makeIdentity }),
				restart: () => tell({ type: 'restart' })
			});
		} else {
			const schema = message.schema ?? '';
			const custodian = new LinkClient<KeeperCalls, KeeperStreams>(keys!);
			const options = { environment, database, schema, term, build, custodian };
			engine = message.vault
				? await VaultEngine.open({
						...options,
						opened: () => tell({ type: 'opened', database }),
						locked: () => tell({ type: 'locked', database })
					})
				: await AppEngine.open(options);
		}
		tell({ type: 'up', database, term });
	} catch (thrown) {
		const { code, message: text } = PlatformError.from(thrown);
		tell({ type: 'failed', error: { code, message: text } });
		worker.close();
	}
}

function connect(message: Extract<ToEngine, { type: 'connect' }>, port: MessagePort): void {
	if (!engine) return port.close();
	if (message.as === 'network') return void engine.serveNetwork(port);
	if (message.as === 'engine') return void (engine instanceof AccountEngine && engine.serveEngine(port));
	const letGo = serve(engine, message, port);
	// The tab holds this lock for its life: getting it means that nobody reads this port any more.
	if (message.tab !== undefined) void navigator.locks.request(tabLock(message.tab), letGo);
}

function serve(
	to: AccountEngine | AppEngine | VaultEngine,
	{ as, detail }: Extract<ToEngine, { type: 'connect' }>,
	port: MessagePort
): () => void {
	if (to instanceof AccountEngine) return to.serveTab(port);
	if (as !== 'vault') return to.serveTab(port, detail);
	if (to instanceof VaultEngine) return to.serveVault(port);
	LinkServer.refuse(port, new PlatformError('UNKNOWN_TARGET', 'This app is no vault'));
	return () => {};
}

async function stop(): Promise<void> {
	try {
		await engine?.close();
	} finally {
		tell({ type: 'stopped' });
		worker.close();
	}
}

function holdLife(name: string): Promise<void> {
	return new Promise((held) => {
		void navigator.locks.request(name, () => {
			held();
			return new Promise(() => {});
		});
	});
}
