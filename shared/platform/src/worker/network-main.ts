/**
 * Entry of the network worker, /platform/network.<build>.js: libp2p, synchronisation and the hub, away from pages and
 * engines, so that neither a busy window nor a long query stalls the network.
 *
 * It holds its life lock from before `up`. When the account's engine is lost it ends: the identity may be another one
 * now, and the leader starts a new network worker with the next engine that is up.
 */

import { cryptoReady } from '../crypto/index.ts';
import { ACCOUNT, networkLock, tabLock, type FromNetwork, type ToNetwork } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient } from '../protocol/link.ts';
import { originsAt, pageAddresses } from '../protocol/origins.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import type { AccountLink, EngineLink, RunningNetwork } from './network.ts';
import { startNetwork } from './start-network.ts';

const worker = self as unknown as DedicatedWorkerGlobalScope;
const tell = (message: FromNetwork): void => worker.postMessage(message);

let settings: Extract<ToNetwork, { type: 'start' }> | undefined;
let network: Promise<RunningNetwork> | undefined;
/** Engines of apps that came before the account's. */
const early: { database: string; port: MessagePort }[] = [];

worker.onmessage = (event: MessageEvent<ToNetwork>) => {
	const message = event.data;
	switch (message.type) {
		case 'start':
			settings = message;
			return;
		case 'engine':
			addEngine(message.database, event.ports[0]!);
			return;
		case 'connect':
			void serveTab(event.ports[0]!, message.tab);
			return;
		case 'hint':
			if (message.online && message.visible) void network?.then((open) => open.hint());
			return;
		case 'stop':
			void stop();
	}
};

function addEngine(database: string, port: MessagePort): void {
	if (database === ACCOUNT && !network) {
		network = start(port);
		network.catch(fail);
		for (const engine of early.splice(0)) addEngine(engine.database, engine.port);
	} else if (!network) {
		early.push({ database, port });
	} else {
		const link: EngineLink = new LinkClient(port);
		network.then((open) => open.addEngine(database, link)).catch(() => {});
	}
}

async function start(port: MessagePort): Promise<RunningNetwork> {
	const { term, build, home } = settings!;
	await holdLife(networkLock(term));
	await cryptoReady();
	const account: AccountLink = new LinkClient(port);
	void account.lost.then(fail);
	const { origin } = worker.location;
	const pages = pageAddresses(origin, origin === originsAt(__SLF_ORIGINS__, worker.location).vault);
	const open = await startNetwork({ account, term, build, home, pages, timers: systemTimers });
	tell({ type: 'up', term });
	return open;
}

async function serveTab(port: MessagePort, tab: string): Promise<void> {
	const letGo = (await network)?.serveTab(port);
	if (letGo) void navigator.locks.request(tabLock(tab), letGo);
}

async function stop(): Promise<void> {
	await network?.then((open) => open.stop()).catch(() => {});
	worker.close();
}

function fail(thrown: unknown): void {
	const { code, message } = PlatformError.from(thrown);
	tell({ type: 'failed', error: { code, message } });
	worker.close();
}

function holdLife(name: string): Promise<void> {
	return new Promise((held) => {
		void navigator.locks.request(name, () => {
			held();
			return new Promise(() => {});
		});
	});
}
