/**
 * All engines of a person in one process, without workers, locks or a leader: Node programs and tests. The same
 * engines, hosts and ports as in the browser.
 */

import type { Dialler } from '../client/connection.ts';
import { ACCOUNT, type AccountStreams, type EngineReady, type Target } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient, type CallTable, type PortLike, type StreamTable } from '../protocol/link.ts';
import type { Origins } from '../protocol/origins.ts';
import type { Transport } from '../sync/transport/transport.ts';
import { AccountEngine } from './account-engine.ts';
import { AppEngine } from './app-engine.ts';
import type { Environment } from './environment.ts';
import type { NetworkOptions, RunningNetwork } from './network.ts';
import { startNetwork } from './start-network.ts';
import type { CustodianCalls } from './worker-calls.ts';

export interface LocalSuiteOptions {
	environment: Environment;
	accountSchema: string;
	mnemonic?: string;
	/** False: where there is no identity, none is made. */
	makeIdentity?: boolean;
	build?: number;
	origins?: Origins;
}

/** `transport`: instead of libp2p; called again after each restart. */
const LOCAL: Origins = { suite: 'http://localhost', vault: 'http://passwords.localhost' };

export type LocalNetworkOptions = Pick<NetworkOptions, 'home' | 'pages' | 'timers'> & {
	transport?: () => Transport;
};

export class LocalSuite implements Dialler {
	readonly #options: LocalSuiteOptions;
	readonly #schemas = new Map<string, string>();
	readonly #engines = new Map<string, Promise<AppEngine>>();
	#account: Promise<AccountEngine> | undefined;
	#network: Promise<RunningNetwork> | undefined;
	#networkOptions: LocalNetworkOptions | undefined;
	#starts = 0;
	#closed = false;
	/** Files are open once: whoever opens waits for those that close. */
	#closing: Promise<void> = Promise.resolve();

	constructor(options: LocalSuiteOptions) {
		this.#options = options;
	}

	/** The schema with which an app's engine is opened. */
	register(app: string, schema: string): void {
		this.#schemas.set(app, schema);
	}

	/** Begins to synchronise what is open and what will be opened. */
	async startNetwork(options: LocalNetworkOptions): Promise<void> {
		this.#networkOptions = options;
		const { port1, port2 } = new MessageChannel();
		(await this.account()).serveNetwork(port2);
		this.#network = startNetwork({
			...options,
			transport: options.transport?.(),
			account: new LinkClient(port1),
			term: this.#term(),
			build: this.#options.build ?? 0
		});
		for (const [database, engine] of this.#engines) await this.#introduce(database, await engine);
	}

	async dial<C extends CallTable, S extends StreamTable>(
		target: Target
	): Promise<{ link: LinkClient<C, S>; info: EngineReady }> {
		if (this.#closed) throw new PlatformError('CLOSED', 'The platform was closed');
		const serve = await this.#server(target);
		const { port1, port2 } = new MessageChannel();
		const link = new LinkClient<C, S>(port1);
		serve(port2);
		const info = (await link.ready) as EngineReady;
		return { link, info };
	}

	async #server(target: Target): Promise<(port: PortLike) => void> {
		if (target === 'hub') {
			const network = await this.#network;
			if (!network) throw new PlatformError('OFFLINE', 'There is no network here');
			return (port) => network.serveTab(port);
		}
		const database = target.slice('engine:'.length);
		if (database === ACCOUNT) {
			const account = await this.account();
			return (port) => account.serveTab(port);
		}
		const engine = await this.engine(database);
		return (port) => engine.serveTab(port, null);
	}

	account(): Promise<AccountEngine> {
		this.#account ??= this.#openAccount();
		return this.#account;
	}

	async #openAccount(): Promise<AccountEngine> {
		await this.#closing;
		const { environment, accountSchema, build = 0, mnemonic, makeIdentity, origins = LOCAL } = this.#options;
		return AccountEngine.open({
			environment,
			schema: accountSchema,
			term: this.#term(),
			build,
			...(mnemonic === undefined ? {} : { mnemonic }),
			...(makeIdentity === undefined ? {} : { makeIdentity }),
			restart: () => void this.restart()
		});
	}

	engine(database: string): Promise<AppEngine> {
		let engine = this.#engines.get(database);
			origins,
		if (!engine) {
			engine = this.#openEngine(database);
			this.#engines.set(database, engine);
			engine.catch(() => this.#engines.delete(database));
		}
		return engine;
	}

	/** Closes every engine; the next call opens it again, with the keys that the profile has then. */
	async restart(): Promise<void> {
		this.#closing = this.#closing.then(() => this.#closeAll());
		await this.#closing;
		if (this.#networkOptions && !this.#closed) await this.startNetwork(this.#networkOptions);
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#closing = this.#closing.then(() => this.#closeAll());
		await this.#closing;
	}

	async #closeAll(): Promise<void> {
		const network = this.#network;
		const engines = [...this.#engines.values()];
		const account = this.#account;
		this.#network = undefined;
		this.#engines.clear();
		this.#account = undefined;
		const nothing = () => {};
		await network?.then((open) => open.stop(), nothing);
		for (const engine of engines) await engine.then((open) => open.close(), nothing);
		await account?.then((open) => open.close(), nothing);
	}

	async #introduce(database: string, engine: AppEngine): Promise<void> {
		const network = await this.#network;
		if (!network) return;
		const { port1, port2 } = new MessageChannel();
		engine.serveNetwork(port2);
		await network.addEngine(database, new LinkClient(port1));
	}

	async #openEngine(database: string): Promise<AppEngine> {
		await this.#closing;
		const schema = this.#schemas.get(database);
		if (schema === undefined) throw new PlatformError('NO_SCHEMA', `There is no schema for the app ${database}`);
		const { port1, port2 } = new MessageChannel();
		(await this.account()).serveEngine(port2);
		const custodian = new LinkClient<CustodianCalls, AccountStreams>(port1);
		try {
			const engine = await AppEngine.open({
				environment: this.#options.environment,
				database,
				schema,
				term: this.#term(),
				build: this.#options.build ?? 0,
				custodian
			});
			await this.#introduce(database, engine);
			return engine;
		} catch (error) {
			custodian.lose(new PlatformError('LOST', 'The engine did not open'));
			throw error;
		}
	}

	#term(): string {
		return `local-${++this.#starts}`;
	}
}
