/**
 * The hub: what a person asks of the network, in one place. It pairs devices, invites people, keeps the directory of
 * scopes in step between the account and the apps, and lists devices and people. It runs in the network worker, and
 * just so in Node; everything it touches is handed to it (hub-ports.ts).
 *
 * Nothing is given to anybody before a person said yes here: requests wait in `streams.requests` until `calls.accept`.
 */
import { toHex } from '../crypto/bytes.ts';
import { verifyCard } from '../identity/card.ts';
import type { HubCalls, HubStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { CallHandlers, StreamHandlers } from '../protocol/link.ts';
import { every } from '../protocol/timers.ts';
import type { Device, PairingOffer, Person } from '../protocol/shapes.ts';
import { AccountTables } from './account-tables.ts';
import { Attempts } from './attempts.ts';
import { DirectoryKeeper } from './directory-keeper.ts';
import { HandshakeError, tagOf } from './emoji-handshake.ts';
import { enterCode } from './enter-code.ts';
import { LastSeen, listDevices, listPeople } from './hub-lists.ts';
import { operationId, type HubEngine, type HubOptions, type WaitingRequest } from './hub-ports.ts';
import { Inviting } from './inviting.ts';
import { PairingHost } from './pairing.ts';
import type { Channel } from './transport/transport.ts';

/** Milliseconds that a channel may stay silent before it says what it is about. */
const SILENCE = 30_000;
/** Milliseconds after which expired invitations are looked for. */
const SWEEP = 60_000;

export class Hub {
	readonly #options: HubOptions;
	readonly #engines = new Map<string, HubEngine>();
	readonly #engineStops = new Map<string, () => void>();
	readonly #tables: AccountTables;
	/** Of vaults, by app. */
	readonly #vaultTables = new Map<string, AccountTables>();
	readonly #keeper: DirectoryKeeper;
	readonly #inviting: Inviting;
	readonly #attempts: Attempts;
	readonly #lastSeen: LastSeen;
	readonly #waiting = new Map<string, WaitingRequest>();
	readonly #requestListeners = new Set<() => void>();
	readonly #listListeners = new Set<() => void>();
	readonly #stops: (() => void)[] = [];
	#pairing: { id: string; host: PairingHost } | undefined;

	constructor(options: HubOptions) {
		this.#options = options;
		const { account, timers, random, presence } = options;
		this.#tables = new AccountTables(account, () => this.#newOperation());
		const tablesOf = (app: string): AccountTables => this.#vaultTables.get(app) ?? this.#tables;
		this.#keeper = new DirectoryKeeper({ account, tables: this.#tables, tablesOf, engines: this.#engines, timers });
		this.#attempts = new Attempts(timers, random);
		this.#inviting = new Inviting({
			...options,
			tablesOf,
			allTables: () => [this.#tables, ...this.#vaultTables.values()],
			attempts: this.#attempts,
			engines: this.#engines,
			engine: (app) => this.#engine(app),
			wait: (over, request) => this.#await(over, request)
		});
		this.#lastSeen = new LastSeen(presence);
	}

	/** Begins to answer. The transport is started by whoever owns it. */
	async start(): Promise<void> {
		const { transport, account, presence, timers } = this.#options;
		this.#stops.push(
			transport.onChannel('pairing', (channel) =>
				this.#listen(channel, (tag, frame) => this.#paired(channel, tag, frame))
			),
			transport.onChannel('invitation', (channel) =>
				this.#listen(channel, (tag, frame) => this.#inviting.met(channel, tag, frame))
			),
			account.onChange(() => this.#accountChanged()),
			presence.onChange(() => {
				this.#lastSeen.note();
				this.#tellLists();
			}),
			every(timers, SWEEP, () => void this.#inviting.load())
		);
		this.#keeper.wake();
		await this.#inviting.load();
	}

	stop(): void {
		for (const stop of this.#stops.splice(0)) stop();
		for (const app of [...this.#engines.keys()]) this.removeEngine(app);
		this.#pairing?.host.withdraw();
		this.#inviting.stop();
		this.#keeper.stop();
		this.#attempts.stop();
		for (const { decline } of this.#waiting.values()) void decline();
	}

	/** The database of an app is open. */
	addEngine(app: string, engine: HubEngine): void {
		this.removeEngine(app);
		this.#engines.set(app, engine);
		if (engine.tables) {
			this.#vaultTables.set(app, new AccountTables(engine.tables, () => this.#newOperation(), 'vault_'));
			void this.#inviting.load();
		}
		this.#engineStops.set(
			app,
			engine.onDirectory(() => {
				this.#keeper.wake();
				if (engine.tables) void this.#inviting.load();
			})
		);
		this.#keeper.wake();
	}

	removeEngine(app: string): void {
		this.#engineStops.get(app)?.();
		this.#engineStops.delete(app);
		this.#engines.delete(app);
		this.#vaultTables.delete(app);
	}

	/** The identity has another name, device name or card. */
	selfChanged(): void {
		this.#keeper.wake();
		this.#tellLists();
	}

	/** Why the directory could not be kept in step, if it could not. */
	get problem(): Error | undefined {
		return this.#keeper.problem;
	}

	readonly calls: CallHandlers<HubCalls> = {
		invite: (args) => this.#inviting.invite(args),
		invitations: ({ app }) => this.#inviting.list(app),
		withdraw: ({ invitation }) => this.#inviting.withdraw(invitation),
		accept: async ({ request }) => {
			const waiting = this.#waitingFor(request);
			this.#forget(request);
			await refusalAsPlatformError(waiting.accept());
		},
		decline: async ({ request }) => {
			const waiting = this.#waitingFor(request);
			this.#forget(request);
			await waiting.decline();
		},
		join: (args) => this.#inviting.join(args),
		offerPairing: () => this.#offerPairing(),
		cancelPairing: ({ offer }) => {
			if (this.#pairing?.id !== offer) return;
			this.#pairing.host.withdraw();
			this.#pairing = undefined;
		},
		enterPairing: (args) => enterCode(args, { ...this.#options, attempts: this.#attempts }),
		cancelAttempt: ({ attempt }) => this.#attempts.cancel(attempt)
	};

	/** All but `status`, which is the sync engine's. */
	readonly streams: Omit<StreamHandlers<HubStreams>, 'status'> = {
		requests: ({ app }, emit) =>
			subscribe(this.#requestListeners, () => {
				emit([...this.#waiting.values()].filter((waiting) => (waiting.app ?? app) === app).map(({ view }) => view));
			}),
		attempt: ({ attempt }, emit) => this.#attempts.watch(attempt, emit),
		devices: (_args, emit) =>
			this.#list((): Promise<Device[]> => listDevices(this.#options.account, this.#tables, this.#lastSeen), emit),
		people: (_args, emit) =>
			this.#list((): Promise<Person[]> => listPeople(this.#options.identity, this.#tables, this.#lastSeen), emit)
	};

	// --- Pairing -----------------------------------------------------------------------------------------------------

	async #offerPairing(): Promise<PairingOffer> {
		const { transport, timers, random, account, pages } = this.#options;
		// Said before a code is shown and typed in vain. What joined the suite on its machine may not add devices.
		const { card, device } = await account.self();
		const verified = verifyCard(card);
		if (!verified.ok || verified.devices.get(device)?.delegate !== true) {
			throw new PlatformError('NOT_ENTITLED', 'This installation may not add devices; the one it joined may');
		}
		this.#pairing?.host.withdraw();
		const id = this.#newId();
		const addDevice = async (introduction: Uint8Array) => await account.addDevice(introduction);
		const host = new PairingHost({ transport, timers, random, addDevice }, () => {});
		this.#pairing = { id, host };
		return { id, code: host.code, link: `${pages.pair}#${host.code}`, expiresAt: host.expiresAt };
	}

	async #paired(channel: Channel, tag: Uint8Array, frame: Uint8Array): Promise<void> {
		const pairing = this.#pairing;
		if (!pairing || toHex(pairing.host.secret.tag) !== toHex(tag)) return channel.close('nothing is known of this');
		const request = await pairing.host.meet(channel, frame);
		const { name, runsOn, device } = request.introduction;
		this.#await(request.over, {
			view: {
				id: this.#newId(),
				kind: 'device',
				identity: toHex(device),
				name,
				place: runsOn,
				emojis: request.emojis,
				at: this.#options.timers.now()
			},
			accept: async () => {
				await request.accept();
				this.selfChanged();
			},
			decline: () => request.decline()
		});
	}

	// --- Requests and lists ------------------------------------------------------------------------------------------

	/** Reads the first frame of a channel, and hands it on with the tag that it names. */
	#listen(channel: Channel, begin: (tag: Uint8Array, frame: Uint8Array) => Promise<void>): void {
		let isFirst = true;
		const cancel = this.#options.timers.after(SILENCE, () => channel.close('nothing was said'));
		void channel.closed.then(cancel);
		channel.onMessage((frame) => {
			if (!isFirst) return;
			isFirst = false;
			cancel();
			const tag = tagOf(frame);
			if (!tag) return channel.close('not understood');
			// What went wrong was told to the other side; a person here has nothing to do about it.
			begin(tag, frame).catch(() => channel.close('it came to nothing'));
		});
	}

	#await(over: Promise<void>, waiting: WaitingRequest): void {
		this.#waiting.set(waiting.view.id, waiting);
		this.#tellRequests();
		void over.then(() => this.#forget(waiting.view.id));
	}

	#waitingFor(request: string): WaitingRequest {
		const waiting = this.#waiting.get(request);
		if (!waiting) throw new PlatformError('GONE', 'Whoever asked is gone; they can ask again');
		return waiting;
	}

	#forget(request: string): void {
		if (this.#waiting.delete(request)) this.#tellRequests();
	}

	#engine(app: string): HubEngine {
		const engine = this.#engines.get(app);
		if (!engine) throw new PlatformError('NOT_OPEN', `The database of ${app} is not open on this device`);
		return engine;
	}

	#accountChanged(): void {
		this.#keeper.wake();
		void this.#inviting.load();
		this.#tellLists();
	}

	#list<T>(read: () => Promise<T>, emit: (value: T) => void): () => void {
		return subscribe(this.#listListeners, () => {
			read().then(emit, () => {});
		});
	}

	#tellRequests(): void {
		for (const listener of [...this.#requestListeners]) listener();
	}

	#tellLists(): void {
		for (const listener of [...this.#listListeners]) listener();
	}

	#newOperation(): string {
		return operationId(this.#options.timers, this.#options.random);
	}

	#newId(): string {
		return toHex(this.#options.random(16));
	}
}

/** Calls `listener` now and whenever the set is told. */
function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
	listeners.add(listener);
	listener();
	return () => listeners.delete(listener);
}

async function refusalAsPlatformError(work: Promise<void>): Promise<void> {
	try {
		await work;
	} catch (error) {
		if (error instanceof HandshakeError) throw new PlatformError(error.code, error.message, {}, { cause: error });
		throw error;
	}
}
