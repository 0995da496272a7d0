/**
 * The worker of an app that is a vault. Locked, it knows the ways in (vault-keeper.ts) and holds no key of the vault;
 * what takes long is loaded already. Open, it is the app's engine as any other.
 *
 *     locked ── unlock, create ──▶ open ── lock(), idle, hidden, asleep ──▶ over: whoever runs it ends it
 *
 * There is no way back from open to locked in here. The one dependable way to forget a key is to end the worker that
 * had it; the next one begins locked. Nobody is ever handed the key.
 *
 * Before an open vault locks, every tab is asked for what was typed and not saved, and has `DRAFTS_WITHIN` to write it
 * through the engine.
 */

import { cryptoReady, toHex } from '../crypto/index.ts';
import { loadEngine } from '../engine/open.ts';
import { loadSchema } from '../engine/schema.ts';
import { vaultPerson, type PersonKeys, type VaultKey } from '../identity/index.ts';
import type { ConnectDetail, EngineReady } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkServer, toWireError, type CallHandlers, type PortLike, type StreamHandlers } from '../protocol/link.ts';
import type { VaultAnswer, VaultStatus } from '../protocol/shapes.ts';
import type { VaultCalls, VaultFactor, VaultStreams } from '../protocol/vault-calls.ts';
import { AppEngine, type AppEngineOptions } from './app-engine.ts';
import { AutoLock } from './auto-lock.ts';
import { bringIn, bringInKnown, fileOf } from './vault-merge.ts';
import { VaultKeeper, type Opened } from './vault-keeper.ts';
import { refused, type Refused } from './vault-ways.ts';
import type { KeeperCalls, KeeperStreams } from './worker-calls.ts';
import type { LinkClient } from '../protocol/link.ts';

/** So long every tab has to write down what was typed before the vault locks, in ms. */
const DRAFTS_WITHIN = 200;

export interface VaultEngineOptions extends Omit<AppEngineOptions, 'custodian' | 'vault'> {
	custodian: LinkClient<KeeperCalls, KeeperStreams>;
	/** The vault is open: the network may be told of it. */
	opened: () => void;
	/** The vault locked: end this, and what else saw keys of its scopes. */
	locked: () => void;
}

interface OpenVault {
	engine: AppEngine;
	vault: VaultKey;
}

export class VaultEngine {
	readonly #options: VaultEngineOptions;
	readonly #person: PersonKeys;
	readonly #keeper: VaultKeeper;
	readonly #ready: EngineReady;
	readonly #autoLock: AutoLock;
	readonly #servers = new Set<LinkServer<VaultCalls, VaultStreams>>();
	readonly #watchers = new Set<(status: VaultStatus) => void>();
	/** Tabs that write down drafts: told of the lock that comes. */
	readonly #drafters = new Set<{ tell: (lock: number) => void }>();
	#drafted: { lock: number; left: number; done: () => void } | undefined;
	#open: OpenVault | undefined;
	/** Settles when the unlocking that is under way has ended. */
	#busy: Promise<void> | undefined;
	#closing: Promise<void> | undefined;
	#isOver = false;
	/** Vaults that lie here and were not brought in. */
	#others = 0;
	/** Version of the vault file that was noted in the open vault. */
	#noted = 0;
	/** Why the database of the vault did not open. */
	#problem: VaultStatus['problem'];

	/** Resolves when it is known whether there is a vault. @throws PlatformError NO_IDENTITY and what the profile says */
	static async open(options: VaultEngineOptions): Promise<VaultEngine> {
		const { environment, database, custodian } = options;
		loadSchema(options.schema, { vault: true });
		await cryptoReady();
		// Unlocking shall not wait for it.
		void loadEngine(environment.wasm).catch(() => {});
		const { person } = await custodian.call('person', {});
		const changes = { tell: () => {} };
		const keeper = await VaultKeeper.open({
			environment,
			app: database,
			person,
			account: custodian,
			changed: () => changes.tell()
		});
		const engine = new VaultEngine(options, person, keeper);
		changes.tell = () => {
			engine.#noteFile();
			void engine.#countOthers().catch(() => {});
			engine.#changed();
		};
		await engine.#countOthers();
		return engine;
	}

	private constructor(options: VaultEngineOptions, person: PersonKeys, keeper: VaultKeeper) {
		const { environment, database, term, build } = options;
		this.#options = options;
		this.#person = person;
		this.#keeper = keeper;
		this.#ready = { database, term, build, identity: toHex(person.identity), vault: true };
		this.#autoLock = new AutoLock({
			clock: environment.clock,
			after: environment.after,
			lockAfter: () => keeper.lockAfter,
			hiddenAfter: () => keeper.hiddenAfter,
			lock: () => void this.lock()
		});
	}

	get isOpen(): boolean {
		return this.#open !== undefined;
	}

	status(): VaultStatus {
		const { isKnown, ...known } = this.#keeper.status();
		const open = this.#isOver ? undefined : this.#open;
		return {
			...known,
			...(this.#problem ? { problem: this.#problem } : {}),
			state: open ? 'open' : this.#busy ? 'unlocking' : isKnown || this.#problem ? 'locked' : 'absent',
			others: this.#others,
			isOther: open !== undefined && !this.#isOldest(open.vault)
		};
	}

	/** Serves a tab of the app; while the vault is locked it is refused with LOCKED. */
	serveTab(port: PortLike, detail: ConnectDetail | null): () => void {
		if (this.#open && !this.#isOver) return this.#open.engine.serveTab(port, detail);
		LinkServer.refuse(port, LOCKED());
		return () => {};
	}

	/** Serves what a tab may ask of the vault itself, locked or open. */
	serveVault(port: PortLike): () => void {
		if (this.#isOver) {
			LinkServer.refuse(port, new PlatformError('RETRY', 'The vault has just been locked'));
			return () => {};
		}
		const tab = {};
		const calls: CallHandlers<VaultCalls> = {
			...this.#calls,
			visible: ({ visible }) => this.#autoLock.tab(tab, visible)
		};
		const server = new LinkServer<VaultCalls, VaultStreams>(port, calls, this.#streams, this.#ready);
		this.#servers.add(server);
		this.#autoLock.tab(tab);
		return () => {
			this.#autoLock.tabGone(tab);
			this.#servers.delete(server);
			server.close();
		};
	}

	/** Only while it is open. */
	serveNetwork(port: PortLike): () => void {
		if (this.#open && !this.#isOver) return this.#open.engine.serveNetwork(port);
		LinkServer.refuse(port, LOCKED());
		return () => {};
	}

	async quiet(): Promise<void> {
		await this.#open?.engine.quiet();
	}

	/** Asks for drafts, writes everything, refuses what comes, and says that this is to be ended. */
	async lock(): Promise<void> {
		// Whoever locks while it is being unlocked wants it locked.
		await this.#busy;
		if (this.#open) await this.close();
	}

	/** As `lock`, whether it is open or not. */
	close(): Promise<void> {
		this.#closing ??= this.#shut();
		return this.#closing;
	}

	async #shut(): Promise<void> {
		this.#autoLock.stop();
		if (this.#open) await this.#askForDrafts();
		this.#isOver = true;
		this.#changed();
		try {
			await this.#open?.engine.close(LOCKED());
		} catch {
			// What could not be written (a full disk) is as after a crash. The key goes in any case.
		} finally {
			for (const server of this.#servers) server.close(new PlatformError('LOST', 'The vault was locked'));
			this.#options.custodian.lose(new PlatformError('CLOSED', 'The vault was locked'));
			this.#options.locked();
		}
	}

	#askForDrafts(): Promise<void> {
		const left = this.#drafters.size;
		if (left === 0) return Promise.resolve();
		return new Promise((resolve) => {
			const cancel = this.#options.environment.after(DRAFTS_WITHIN, resolve);
			const lock = this.#options.environment.clock();
			this.#drafted = { lock, left, done: () => (cancel(), resolve()) };
			for (const { tell } of [...this.#drafters]) tell(lock);
		});
	}

	readonly #calls: Omit<CallHandlers<VaultCalls>, 'visible'> = {
		create: (ways) =>
			this.#opening(async () => {
				const made = await this.#keeper.create(ways);
				return made.ok ? { ...made, others: [] } : made;
			}),
		unlock: (factor) => this.#opening(() => this.#keeper.unlock(factor), factor),
		bringIn: (factor) => this.#bringIn(factor),
		lock: () => this.lock(),

		setPassphrase: ({ passphrase }) => this.#changing((vault) => this.#keeper.setPassphrase(vault, passphrase)),
		addWords: ({ text }) => this.#changing((vault) => this.#keeper.addWords(vault, text)),
		addPasskey: (passkey) => this.#changing((vault) => this.#keeper.addPasskey(vault, passkey)),
		removePasskey: ({ id }) => this.#changing(() => this.#keeper.removePasskey(id)),
		settings: async (waits) => {
			const answer = await this.#changing(() => this.#keeper.setWaits(waits));
			this.#autoLock.changed();
			return answer;
		},

		passkeyPrompt: () => this.#keeper.passkeyPrompt(),
		activity: () => this.#autoLock.activity(),
		drafted: ({ lock }) => {
			if (this.#drafted?.lock === lock && --this.#drafted.left === 0) this.#drafted.done();
		},
		setAside: async () => {
			if (this.#open) throw new PlatformError('LOCKED_FILE', 'The vault is open');
			const [main] = this.#keeper.vaults();
			const { files, clock } = this.#options.environment;
			if (main) await files.setAside(fileOf(this.#person, this.#options.database, main.id), clock());
			this.#problem = undefined;
			this.#changed();
		}
	};

	readonly #streams: StreamHandlers<VaultStreams> = {
		status: (_args, emit) => {
			emit(this.status());
			this.#watchers.add(emit);
			return () => this.#watchers.delete(emit);
		},
		locking: (_args, emit) => {
			emit(null);
			const drafter = { tell: (lock: number) => void emit({ lock, within: DRAFTS_WITHIN }) };
			this.#drafters.add(drafter);
			return () => this.#drafters.delete(drafter);
		}
	};

	/** One at a time: what it opens is opened whole, with whatever else the same factor opens brought in. */
	async #opening(open: () => Promise<Opened | Refused>, factor?: VaultFactor): Promise<VaultAnswer> {
		if (this.#isOver) return refused('LOCKED', 'The vault is being locked.');
		if (this.#open) return { ok: true };
		if (this.#busy) return refused('BUSY', 'The vault is being unlocked already.');
		let done = () => {};
		this.#busy = new Promise((resolve) => (done = resolve));
		this.#changed();
		try {
			const opened = await open();
			return opened.ok ? await this.#openDatabase(opened, factor?.type === 'passkey') : opened;
		} catch (error) {
			// The key was right, and the database does not open: said in full, for whoever sets it aside.
			const { code, message } = toWireError(error);
			this.#problem = { code, message };
			return refused(code, message);
		} finally {
			this.#busy = undefined;
			this.#changed();
			done();
		}
	}

	async #openDatabase({ vault, others }: Opened, byPasskey: boolean): Promise<VaultAnswer> {
		const { database, custodian } = this.#options;
		const engine = await AppEngine.open({ ...this.#options, vault });
		this.#problem = undefined;
		if (await this.#isOldFile(engine)) {
			if (byPasskey) {
				await engine.host.close();
				return refused('OLD_FILE', OLD_FILE);
			}
		}
		if (this.#isOldest(vault)) {
			await this.#takeAll(engine, others);
			const { publicKey } = vaultPerson(this.#person, vault).agreement;
			// What others share with this vault is sealed to it. Without an account to say so it is said next time.
			void Promise.resolve(custodian.call('sayVaultKey', { app: database, publicKey })).catch(() => {});
		}
		this.#open = { engine, vault };
		this.#noteFile();
		await this.#countOthers();
		this.#autoLock.start();
		this.#options.opened();
		return { ok: true };
	}

	/** Somebody put an older vault file back: passkeys that were removed would open again. They are all taken out. */
	async #isOldFile({ replica: { replica } }: AppEngine): Promise<boolean> {
		const seen = Number(replica.getCursor(FILE_SEEN) ?? 0);
		if (this.#keeper.version >= seen) return false;
		await this.#keeper.dropPasskeys(seen);
		return true;
	}

	/** Keeps the version of the vault file in the vault, which nobody puts back without the key. */
	#noteFile(): void {
		const open = this.#isOver ? undefined : this.#open;
		if (!open || this.#noted === this.#keeper.version) return;
		const version = this.#keeper.version;
		this.#noted = version;
		const { host, replica } = open.engine;
		void host.turns.run(() => replica.replica.setCursor(FILE_SEEN, String(version))).catch(() => {});
	}

	/** Brings in what the same factor opened, and what the vault has keys of. Where that fails the vault opens without. */
	async #takeAll(engine: AppEngine, others: readonly VaultKey[]): Promise<void> {
		const { database, environment } = this.#options;
		try {
			for (const other of others) {
				const isHere = await environment.files.exists(fileOf(this.#person, database, other.id));
				if (isHere) await this.#take(engine, other);
			}
			await bringInKnown(this.#into(engine));
		} catch (error) {
			const { code, message } = toWireError(error);
			this.#problem = { code, message: `Another vault that lies here could not be brought in yet: ${message}` };
		}
	}

	#into(engine: AppEngine) {
		return { ...this.#options, person: this.#person, app: this.#options.database, engine };
	}

	async #take(engine: AppEngine, other: VaultKey): Promise<void> {
		await bringIn(this.#into(engine), other);
		await this.#keeper.retire(other.id);
	}

	/** Of two vaults of one person the older counts. */
	#isOldest({ id }: VaultKey): boolean {
		const [main] = this.#keeper.vaults();
		return main === undefined || main.hex === toHex(id);
	}

	/** Other vaults of this person whose databases lie here, beside the open one or the one that counts. */
	async #countOthers(): Promise<void> {
		const own = this.#open ? toHex(this.#open.vault.id) : this.#keeper.vaults()[0]?.hex;
		const prefix = fileOf(this.#person, this.#options.database, new Uint8Array(0));
		const names = await this.#options.environment.files.list();
		const ids = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
		const others = ids.filter((id) => /^[0-9a-f]{32}$/.test(id) && id !== own).length;
		if (others === this.#others) return;
		this.#others = others;
		this.#changed();
	}

	async #bringIn(factor: VaultFactor): Promise<VaultAnswer> {
		const open = this.#open;
		if (!open || this.#isOver) return refused('LOCKED', 'The vault is locked.');
		if (!this.#isOldest(open.vault)) {
			return refused('NOT_OLDEST', 'Lock this vault and unlock the older one; this one is then brought into it.');
		}
		const opened = await this.#keeper.unlock(factor);
		if (!opened.ok) return opened;
		const others = [opened.vault, ...opened.others].filter(({ id }) => toHex(id) !== toHex(open.vault.id));
		if (others.length === 0) return refused('SAME_VAULT', 'This opens the vault that is open already.');
		for (const other of others) await this.#take(open.engine, other);
		await this.#countOthers();
		return { ok: true };
	}

	async #changing(change: (vault: VaultKey) => Promise<VaultAnswer>): Promise<VaultAnswer> {
		if (!this.#open || this.#isOver) return refused('LOCKED', 'The vault is locked.');
		return change(this.#open.vault);
	}

	#changed(): void {
		const status = this.status();
		for (const watcher of [...this.#watchers]) watcher(status);
	}
}

/** The version of the vault file that the vault has seen (slf_cursors). */
const FILE_SEEN = 'vault-file';
const OLD_FILE =
	'What this device keeps of the ways into the vault was put back to an older state. Unlock with the passphrase or the words, then add the passkey again.';

const LOCKED = (): PlatformError => new PlatformError('LOCKED', 'The vault is locked');
