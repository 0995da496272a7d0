/**
 * The platform object that apps hold, over connections to two engines and the hub. The same in browsers and in Node:
 * only how a worker is reached differs (`Dialler`).
 */

import {
	ACCOUNT,
	type EngineCalls,
	type EngineReady,
	type EngineStreams,
	type HubCalls,
	type HubStreams
} from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { fromHex } from '../protocol/hex.ts';
import { IdMaker } from '../protocol/row-id.ts';
import type { VaultCalls, VaultStreams } from '../protocol/vault-calls.ts';
import { Connection, isLocked, newOperation, stoppable, type Dialler } from './connection.ts';
import { LiveRowsKeeper } from './diff.ts';
import { joinSuite, type AccountConnection } from './joining.ts';
import { hubPeers } from './peers.ts';
import type {
	HistoryEntry,
	Identity,
	LiveRows,
	Peers,
	Platform,
	PlatformStatus,
	Refusal,
	Row,
	Scopes,
	SqlStatement,
	SqlValue,
	SyncStatus,
	TextHandle,
	Transaction,
	VaultPlatform
} from './platform.ts';
import { checkParams, toRowLists, toRows, toStatementList } from './rows.ts';
import { openText } from './text-handle.ts';
import { Transactions } from './transaction.ts';
import { VaultClient, type PasskeyModule } from './vault.ts';

/** What the page knows of itself, beside its connections. */
export interface Surroundings {
	readonly elsewhere: boolean;
	readonly singleTab: boolean;
	readonly leader: boolean;
	readonly online: boolean;
}

export interface ClientOptions {
	app: string;
	dialler: Dialler;
	surroundings: () => Surroundings;
	close: () => Promise<void>;
	clock?: () => number;
	/** The app's database is a vault. `passkeys`: where there are any. */
	vault?: { passkeys?: PasskeyModule };
}

/** With which the custodian refuses keys where nobody has made an identity. */
const NO_IDENTITY = 'NO_IDENTITY';

const NO_SYNC: SyncStatus = { state: 'off', peers: 0, unsent: 0, refused: 0 };

export class PlatformClient implements VaultPlatform {
	readonly app: string;
	readonly scopes: Scopes;
	readonly peers: Peers;
	readonly identity: Identity;
	readonly ephemeral: Platform['ephemeral'];
	readonly #vault: VaultClient | undefined;
	readonly #engine: Connection<EngineCalls, EngineStreams>;
	readonly #account: AccountConnection;
	readonly #hub: Connection<HubCalls, HubStreams>;
	readonly #transactions: Transactions;
	readonly #options: ClientOptions;
	#vaultConnection: Connection<VaultCalls, VaultStreams> | undefined;
	readonly #listeners = new Set<(status: PlatformStatus) => void>();
	#sync: SyncStatus = NO_SYNC;
	#ids: { info: EngineReady; maker: IdMaker } | undefined;
	#closed = false;

	constructor(options: ClientOptions) {
		const changed = () => this.changed();
		this.app = options.app;
		this.#options = options;
		this.#engine = new Connection(options.dialler, `engine:${options.app}`, changed);
		this.#account = new Connection(options.dialler, `engine:${ACCOUNT}`, () => this.#accountChanged());
		this.#hub = new Connection(options.dialler, 'hub', () => this.#hubChanged());
		this.#transactions = new Transactions(this.#engine);
		this.peers = hubPeers(this.app, this.#engine, this.#hub);
		this.scopes = scopesOf(this.#engine);
		this.identity = identityOf(this.#account, (identity) => this.#opened(identity));
		if (options.vault) this.#vault = this.#openVault(options.vault);
		this.ephemeral = {
			set: async (table, scope, id, values) => {
				checkParams(Object.values(values));
				await this.#engine.call('setEphemeral', { table, scope, id, values });
			}
		};
	}

	/** Resolves when the engine answers, or when it is known that it will not until the person acts. */
	async started(): Promise<void> {
		await new Promise<void>((resolve) => {
			const stop = this.onStatus(({ engine }) => {
				if (engine === 'starting') return;
				resolve();
				queueMicrotask(() => stop());
			});
			this.#engine.link().catch(() => {});
		});
		if (this.#mayHaveVault) await this.#vault?.start();
		// Not needed for the first screen, so after it.
		void this.#hub
			.open('status', {}, (status) => {
				this.#sync = status;
				this.changed();
			})
			.catch(() => {});
	}

	get vault(): VaultClient {
		if (!this.#vault) throw new PlatformError('NO_VAULT', 'Open the platform with { vault: true }');
		return this.#vault;
	}

	/**
	 * Makes sure that the identity here is that of these words.
	 * @throws PlatformError OTHER_IDENTITY: to become it is `identity.restore`, which moves rows; the person decides that
	 */
	async expectWords(mnemonic: string): Promise<void> {
		if ((await this.identity.checkWords(mnemonic)).ok) return;
		await this.close();
		throw new PlatformError(
			'OTHER_IDENTITY',
			'This device has another identity than that of the words: restore it first'
		);
	}

	async exec<R extends object = Row>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
		checkParams(params);
		return toRows<R>(await this.#engine.call('exec', { op: newOperation(), sql, params }));
	}

	async batch<R extends object = Row>(statements: readonly SqlStatement[]): Promise<R[][]> {
		const list = toStatementList(statements);
		return toRowLists<R>(await this.#engine.call('batch', { op: newOperation(), ...list }), statements.length);
	}

	transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
		return this.#transactions.run(newOperation(), work);
	}

	async live<R extends object = Row>(
		name: string,
		sql: string,
		params: readonly SqlValue[],
		callback: (rows: LiveRows<R>) => void,
		locked?: () => void
	): Promise<() => void> {
		checkParams(params);
		let keeper = new LiveRowsKeeper<R>();
		return this.#engine.open('live', { name, sql, params }, (update) => callback(keeper.receive(update)), {
			locked: () => {
				keeper = new LiveRowsKeeper<R>();
				locked?.();
			}
		});
	}

	text(table: string, scope: string, id: string, column: string): Promise<TextHandle> {
		return openText(this.#engine, { table, scope, id, column }, newOperation);
	}

	id(): string {
		const { state } = this.#engine;
		if (state.state === 'ready' && this.#ids?.info !== state.info) {
			const { identity, lane } = state.info;
			const maker = new IdMaker(fromHex(identity), this.#options.clock ?? Date.now, lane);
			this.#ids = { info: state.info, maker };
		}
		// While an engine is lost the identity is still known from the one before.
		if (!this.#ids) throw new PlatformError('NOT_READY', 'The database is not open yet');
		return this.#ids.maker.next();
	}

	status(): PlatformStatus {
		const { elsewhere, ...surroundings } = this.#options.surroundings();
		const connection = this.#engine.state;
		const status = { ...surroundings, sync: this.#sync };
		if (this.#closed) return { ...status, engine: 'closed' };
		if (connection.state === 'failed') {
			const { code, message } = connection.error;
			if (code === NO_IDENTITY) return { ...status, engine: 'unjoined' };
			if (code === 'LOCKED') return { ...status, engine: 'locked' };
			return { ...status, engine: code === 'OUTDATED' ? 'outdated' : 'failed', problem: { code, message } };
		}
		if (elsewhere && connection.state !== 'ready') return { ...status, engine: 'elsewhere' };
		if (connection.state === 'ready' && connection.info.problem) {
			return { ...status, engine: 'ready', problem: connection.info.problem };
		}
		return { ...status, engine: connection.state };
	}

	onStatus(listener: (status: PlatformStatus) => void): () => void {
		this.#listeners.add(listener);
		listener(this.status());
		return () => this.#listeners.delete(listener);
	}

	history(table: string, scope: string, id: string): Promise<HistoryEntry[]> {
		return this.#engine.call('history', { table, scope, id });
	}

	refusals(): Promise<Refusal[]> {
		return this.#engine.call('refusals', {});
	}

	setDatabaseAside(): Promise<void> {
		if (this.#vault) return this.#vault.setAside();
		return this.#account.call('setAside', { database: this.app });
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		for (const connection of [this.#engine, this.#account, this.#hub]) connection.close();
		this.#vaultConnection?.close();
		this.changed();
		await this.#options.close();
	}

	/** Something that `status` shows may be different now. */
	changed(): void {
		// Whoever is the custodian next may have an identity: known when this one is lost.
		if (this.#isUnjoined && this.#account.state.state === 'starting') this.#account.link().catch(() => {});
		const status = this.status();
		if (this.#mayHaveVault) void this.#vault?.start();
		for (const listener of [...this.#listeners]) listener(status);
	}

	#openVault({ passkeys }: { passkeys?: PasskeyModule }): VaultClient {
		const { dialler, app } = this.#options;
		const connection = new Connection<VaultCalls, VaultStreams>(dialler, `vault:${app}`, () => {
			if (connection.state.state === 'ready') vault.connected();
		});
		this.#vaultConnection = connection;
		const vault: VaultClient = new VaultClient({
			connection,
			passkeys,
			opened: () => this.#unlocked(),
			changed: () => {
				// Whoever unlocked it, in whichever tab: this one's streams go on.
				if (vault.status().state === 'open') void this.#unlocked().catch(() => {});
			},
			end: async () => {
				await dialler.dial(`lock:${app}`).catch(() => {});
			}
		});
		return vault;
	}

	/** Resolves when the engine of an open vault answers. */
	async #unlocked(): Promise<void> {
		for (;;) {
			try {
				await this.#engine.link();
				return;
			} catch (error) {
				// A dial from before the unlock.
				if (!isLocked(error) || this.vault.status().state !== 'open') throw error;
			}
		}
	}

	/** Resolves when the engine runs for this identity, or cannot. */
	async #opened(identity: string): Promise<void> {
		await new Promise<void>((resolve) => {
			const stop = this.onStatus(() => {
				const { state } = this.#engine;
				const isOpen = state.state === 'ready' && state.info.identity === identity;
				const isOver = state.state === 'closed' || (state.state === 'failed' && !this.#isUnjoined);
				if (!isOpen && !isOver) return;
				resolve();
				queueMicrotask(() => stop());
			});
		});
	}

	/** Whether the worker of the vault can be asked. */
	get #mayHaveVault(): boolean {
		const { engine } = this.status();
		return engine === 'locked' || engine === 'ready';
	}

	get #isUnjoined(): boolean {
		const { state } = this.#engine;
		return state.state === 'failed' && state.error.code === NO_IDENTITY;
	}

	/** A custodian that was started again may have been given an identity. */
	#accountChanged(): void {
		if (this.#account.state.state === 'ready' && this.#isUnjoined) this.#engine.link().catch(() => {});
	}

	#hubChanged(): void {
		if (this.#hub.state.state !== 'ready') this.#sync = NO_SYNC;
		this.changed();
	}
}

function scopesOf(engine: Connection<EngineCalls, EngineStreams>): Scopes {
	return {
		create: (kind, { name = '' } = {}) => engine.call('createScope', { op: newOperation(), kind, name }),
		personal: () => engine.call('personalScope', {}),
		list: () => engine.call('scopes', {}),
		members: (scope) => engine.call('members', { scope }),
		watch: (callback) => stoppable(engine.open('scopes', {}, callback))
	};
}

function identityOf(account: AccountConnection, opened: (identity: string) => Promise<void>): Identity {
	return {
		get: () => account.call('identity', {}),
		watch: (callback) => stoppable(account.open('identity', {}, callback)),
		words: () => account.call('words', {}),
		confirmWords: (text, keep) => account.call('confirmWords', { text, keep }),
		checkWords: (text) => account.call('checkWords', { text }),
		restore: async (text) => {
			const result = await account.call('restore', { text });
			// The engines start again with the keys of that identity, and move what was written here.
			if (result.ok) await opened((await account.call('identity', {})).identity);
			return result;
		},
		joinSuite: () => joinSuite(account),
		setName: (name) => account.call('setName', { name }),
		setDeviceName: (name) => account.call('setDeviceName', { name })
	};
}
