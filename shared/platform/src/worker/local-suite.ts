/**
 * All engines of a person in one process, without workers, locks or a leader: Node programs and tests. The same
 * engines, hosts and ports as in the browser.
 */

import type { Dialler } from '../client/connection.ts';
import { ACCOUNT, type EngineReady, type Target } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient, type CallTable, type PortLike, type StreamTable } from '../protocol/link.ts';
import type { Transport } from '../sync/transport/transport.ts';
import { AccountEngine } from './account-engine.ts';
import { AppEngine } from './app-engine.ts';
import type { Environment } from './environment.ts';
import type { NetworkOptions, RunningNetwork } from './network.ts';
import { startNetwork } from './start-network.ts';
import { VaultEngine, type VaultEngineOptions } from './vault-engine.ts';
import type { KeeperCalls, KeeperStreams } from './worker-calls.ts';

export interface LocalSuiteOptions {
	environment: Environment;
	accountSchema: string;
	mnemonic?: string;
	/** False: where there is no identity, none is made. */
	makeIdentity?: boolean;
	build?: number;
}

/** `transport`: instead of libp2p; called again after each restart. */
export type LocalNetworkOptions = Pick<NetworkOptions, 'home' | 'pages' | 'timers'> & {
	transport?: () => Transport;
};

export class LocalSuite implements Dialler {
	readonly #options: LocalSuiteOptions;
	readonly #schemas = new Map<string, string>();
	readonly #vaults = new Set<string>();
	readonly #engines = new Map<string, Promise<AppEngine | VaultEngine>>();
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

	/** The schema with which an app's engine is opened, and whether the app is a vault. */
	register(app: string, schema: string, vault = false): void {
		this.#schemas.set(app, schema);
		if (vault) this.#vaults.add(app);
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
			const code = this.#networkOptions ? 'RETRY' : 'OFFLINE';
			if (!network) throw new PlatformError(code, 'There is no network here');
			return (port) => network.serveTab(port);
		}
		const [kind, database] = target.split(':') as ['engine' | 'vault' | 'lock', string];
		if (database === ACCOUNT) {
			const account = await this.account();
			return (port) => account.serveTab(port);
		}
		const engine = await this.engine(database);
		if (kind === 'engine') return (port) => engine.serveTab(port, null);
		if (!(engine instanceof VaultEngine)) throw new PlatformError('UNKNOWN_TARGET', `${database} is no vault`);
		return (port) => engine.serveVault(port);
	}

	account(): Promise<AccountEngine> {
		this.#account ??= this.#openAccount();
		return this.#account;
	}

	async #openAccount(): Promise<AccountEngine> {
		await this.#closing;
		const { environment, accountSchema, build = 0, mnemonic, makeIdentity } = this.#options;
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

	engine(database: string): Promise<AppEngine | VaultEngine> {
		let engine = this.#engines.get(database);
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

	async #introduce(database: string, engine: AppEngine | VaultEngine): Promise<void> {
		const network = await this.#network;
		if (!network || (engine instanceof VaultEngine && !engine.isOpen)) return;
		const { port1, port2 } = new MessageChannel();
		engine.serveNetwork(port2);
		await network.addEngine(database, new LinkClient(port1));
	}

	async #openEngine(database: string): Promise<AppEngine | VaultEngine> {
		await this.#closing;
		const schema = this.#schemas.get(database);
		if (schema === undefined) throw new PlatformError('NO_SCHEMA', `There is no schema for the app ${database}`);
		const { port1, port2 } = new MessageChannel();
		(await this.account()).serveEngine(port2);
		const custodian = new LinkClient<KeeperCalls, KeeperStreams>(port1);
		const { environment, build = 0 } = this.#options;
		const options = { environment, database, schema, term: this.#term(), build, custodian };
		try {
			const engine = this.#vaults.has(database) ? await this.#openVault(options) : await AppEngine.open(options);
			await this.#introduce(database, engine);
			return engine;
		} catch (error) {
			custodian.lose(new PlatformError('LOST', 'The engine did not open'));
			throw error;
		}
	}

	async #openVault(options: Omit<VaultEngineOptions, 'opened' | 'locked'>): Promise<VaultEngine> {
		const { database } = options;
		const vault: VaultEngine = await VaultEngine.open({
			...options,
			opened: () => void this.#introduce(database, vault).catch(() => {}),
			locked: () => {
				if (!this.#engines.delete(database)) return;
				// What saw keys of its scopes is ended too.
				const network = this.#network;
				this.#network = undefined;
				void network
					?.then((open) => open.stop())
					.then(() => {
						if (this.#networkOptions && !this.#closed) return this.startNetwork(this.#networkOptions);
					});
			}
		});
		return vault;
	}

	#term(): string {
		return `local-${++this.#starts}`;
	}
}
