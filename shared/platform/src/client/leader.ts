/**
 * What the leading tab does: it starts one engine worker for each database somebody asks for, the custodian (the
 * account's engine) before all others, and the network worker when the first app's engine is up; and it hands them
 * the ports that the switchboard passes on.
 *
 * Invariants
 * - A port is handed to a worker only after that worker said `up`: until then it waits here, and if the worker fails
 *   its ports are told why. So no port is lost with a worker that never lived.
 * - Each start of a worker has a term of its own, and the worker holds the lock of that term for its life. A worker
 *   that dies while the leader lives is started again when somebody asks.
 * - Compiled wasm modules are made once in this page and posted to every worker.
 * - A vault's engine is introduced to the network while it is open. When it locks, or is lost, its worker is ended and
 *   the network worker with it, whoever asked for that.
 */

import {
	ACCOUNT,
	BRIDGE,
	engineLock,
	networkLock,
	type ConnectDetail,
	type FromEngine,
	type FromNetwork,
	type FromSwitchboardToLeader,
	type ToEngine,
	type ToNetwork,
	type WasmModules
} from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkServer, type PortLike } from '../protocol/link.ts';
import { engineUrl, networkUrl, scriptUrl } from './script-url.ts';

/** How long a worker may take to write what it has before it is ended. */
const STOP_LIMIT = 3000;

export class Leader {
	readonly term = crypto.randomUUID();
	/** Settles when `stop` is done. */
	readonly stopped: Promise<void>;
	readonly #build: number;
	readonly #engines = new Map<string, WorkerProcess<ToEngine, FromEngine>>();
	/** On their way out, while a newer one waits for their files. */
	readonly #retiring = new Map<string, WorkerProcess<ToEngine, FromEngine>>();
	/** By database: what the newest tab said of itself. */
	readonly #details = new Map<string, ConnectDetail>();
	#network: WorkerProcess<ToNetwork, FromNetwork> | undefined;
	#modules: Promise<WasmModules> | undefined;
	#hints = { online: true, visible: true };
	#stopping = false;
	#settleStopped!: () => void;

	constructor(build: number) {
		this.#build = build;
		this.stopped = new Promise((resolve) => (this.#settleStopped = resolve));
	}

	/** Serves what comes from a switchboard. */
	listen(port: PortLike): void {
		port.onmessage = (event: MessageEvent<FromSwitchboardToLeader>) => {
			const { tab, target, detail } = event.data;
			this.#connect(tab, target, detail as ConnectDetail, event.ports[0]!);
		};
	}

	hint(online: boolean, visible: boolean): void {
		this.#hints = { online, visible };
		this.#network?.post({ type: 'hint', ...this.#hints });
		if (!visible) for (const engine of this.#engines.values()) engine.post({ type: 'quiet' });
	}

	/** Lets every worker finish and write, then ends it. App engines before the custodian whose keys they use. */
	async stop(): Promise<void> {
		if (!this.#stopping) {
			this.#stopping = true;
			this.#network?.end();
			await this.#stopEngines();
			this.#settleStopped();
		}
		return this.stopped;
	}

	/** Ends every worker now. What is committed is on disk; nothing else may be relied on. */
	kill(): void {
		this.#stopping = true;
		this.#network?.end();
		for (const engine of this.#engines.values()) engine.end();
		this.#settleStopped();
	}

	async #stopEngines(): Promise<void> {
		const engines = [...this.#engines.values()];
		await Promise.all(engines.map((engine) => this.#stopEngine(engine)));
	}

	async #stopEngine(engine: WorkerProcess<ToEngine, FromEngine>): Promise<void> {
		engine.post({ type: 'stop' });
		await Promise.race([engine.ended, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT))]);
		engine.end();
	}

	#connect(tab: string, target: string, detail: ConnectDetail, port: MessagePort): void {
		if (this.#stopping) return port.close(); // the tab hears of the next leader
		if (detail.bridge !== BRIDGE) {
			const newer = detail.bridge > BRIDGE;
			return LinkServer.refuse(
				port,
				new PlatformError(
					newer ? 'RETRY' : 'OUTDATED',
					newer
						? 'An older version of this app is stepping down'
						: 'A newer version of this app is running. Reload this page'
				)
			);
		}
		if (target === 'hub') return this.#networkProcess().give({ type: 'connect', as: 'tab', tab }, port);
		const [, kind, database] = /^(engine|vault|lock):([a-z][a-z0-9-]{0,31})$/.exec(target) ?? [];
		if (!database) return LinkServer.refuse(port, new PlatformError('UNKNOWN_TARGET', 'There is no such engine'));
		const running = this.#engines.get(database);
		if (kind === 'lock') {
			if (running?.vault === 'open') running.end();
			return LinkServer.refuse(port, new PlatformError('LOCKED', 'The vault is locked'));
		}
		if (detail.lost !== undefined && running?.term === detail.lost) running.end();
		const as = kind === 'vault' ? 'vault' : 'tab';
		this.#engine(database, this.#newest(database, detail)).give({ type: 'connect', as, detail, tab }, port);
	}

	/**
	 * The newest build's schema of a database, as far as tabs have brought one. An engine that runs with an older one is
	 * stopped: it starts again with the newer, and then refuses the tabs of the older build.
	 */
	#newest(database: string, detail: ConnectDetail): ConnectDetail {
		const known = this.#details.get(database);
		if (known && known.build > detail.build) return known;
		this.#details.set(database, detail);
		// Tabs of every app ask for the account; its schema is the platform's own.
		if (known !== undefined && known.schema !== detail.schema && database !== ACCOUNT) this.#retire(database);
		return detail;
	}

	#retire(database: string): void {
		const running = this.#engines.get(database);
		if (!running) return;
		this.#engines.delete(database);
		this.#retiring.set(database, running);
		void this.#stopEngine(running).then(() => this.#retiring.delete(database));
	}

	#engine(database: string, detail: ConnectDetail): WorkerProcess<ToEngine, FromEngine> {
		const running = this.#engines.get(database);
		if (running && !running.isOver) return running;
		const term = crypto.randomUUID();
		const engine = new WorkerProcess<ToEngine, FromEngine>(
			term,
			scriptUrl(engineUrl(this.#build)),
			`slf ${database}`,
			engineLock(database, term),
			(message) => this.#fromEngine(message, engine)
		);
		if (detail.vault && database !== ACCOUNT) engine.vault = 'locked';
		this.#engines.set(database, engine);
		void engine.ended.then(() => {
			if (this.#engines.get(database) === engine) this.#engines.delete(database);
			if (engine.vault === 'open') this.#renewNetwork();
		});
		void this.#startEngine(engine, database, detail);
		return engine;
	}

	async #startEngine(
		engine: WorkerProcess<ToEngine, FromEngine>,
		database: string,
		detail: ConnectDetail
	): Promise<void> {
		await this.#retiring.get(database)?.ended;
		this.#modules ??= compileModules();
		const start: ToEngine = {
			type: 'start',
			database,
			term: engine.term,
			build: this.#build,
			modules: await this.#modules,
			...(detail.schema !== undefined && database !== ACCOUNT ? { schema: detail.schema } : {}),
			...(engine.vault === undefined ? {} : { vault: true }),
			...(detail.mnemonic !== undefined && database === ACCOUNT ? { mnemonic: detail.mnemonic } : {}),
			...(detail.makeIdentity !== undefined && database === ACCOUNT ? { makeIdentity: detail.makeIdentity } : {})
		};
		if (database === ACCOUNT) return engine.post(start);
		const { port1, port2 } = new MessageChannel();
		this.#engine(ACCOUNT, detail).give({ type: 'connect', as: 'engine', detail: null }, port1);
		engine.post(start, [port2]);
	}

	#fromEngine(message: FromEngine, from: WorkerProcess<ToEngine, FromEngine>): void {
		switch (message.type) {
			case 'up':
				this.#networkProcess();
				return this.#introduce(message.database);
			case 'opened':
				from.vault = 'open';
				return this.#introduce(message.database);
			case 'locked':
				return from.end();
			case 'restart':
				return this.#restart();
		}
	}

	/** The network worker knows keys of the scopes of a vault that is locked now. */
	#renewNetwork(): void {
		this.#network?.end();
		this.#network = undefined;
		if (!this.#stopping) this.#networkProcess();
	}

	/**
	 * The custodian replaced the identity: nothing that runs may go on with the old keys. Who dials from now on gets the
	 * engine after: a port handed to one that is stopping would never be answered.
	 */
	#restart(): void {
		this.#network?.end();
		this.#network = undefined;
		for (const database of [...this.#engines.keys()]) this.#retire(database);
	}

	#networkProcess(): WorkerProcess<ToNetwork, FromNetwork> {
		if (this.#network && !this.#network.isOver) return this.#network;
		const term = crypto.randomUUID();
		const network = new WorkerProcess<ToNetwork, FromNetwork>(
			term,
			scriptUrl(networkUrl(this.#build)),
			'slf network',
			networkLock(term),
			() => {}
		);
		this.#network = network;
		const home = new URL('/p2p', location.href);
		home.protocol = home.protocol === 'https:' ? 'wss:' : 'ws:';
		// Everything on screen first: the network has waited for years and can wait for an idle moment.
		whenIdle(() => {
			if (network.isOver) return;
			network.post({ type: 'start', term, build: this.#build, home: home.href });
			network.post({ type: 'hint', ...this.#hints });
			for (const database of this.#engines.keys()) this.#introduce(database);
		});
		return network;
	}

	/** Gives the network worker a port to an engine. Again when either was started again. */
	#introduce(database: string): void {
		const engine = this.#engines.get(database);
		const network = this.#network;
		if (engine?.vault === 'locked') return;
		if (!engine || !network || engine.introducedTo === network.term || engine.isOver || !network.isPosted) return;
		engine.introducedTo = network.term;
		const { port1, port2 } = new MessageChannel();
		engine.give({ type: 'connect', as: 'network', detail: null }, port1);
		// Not held back until it is up: it is up when it knows the account.
		network.post({ type: 'engine', database }, [port2]);
	}
}

/** A worker with its life lock, and the ports that wait for it to be up. */
class WorkerProcess<To extends { type: string }, From extends { type: string }> {
	readonly term: string;
	/** Settles when the worker is gone, however it went. */
	readonly ended: Promise<void>;
	/** The term of the network worker that has a port to this engine. */
	introducedTo: string | undefined;
	/** Of an engine whose database is a vault. */
	vault: 'locked' | 'open' | undefined;
	/** Its start was posted. */
	isPosted = false;
	#worker: Worker | undefined;
	#up = false;
	#over = false;
	#waiting: { message: To; port: MessagePort }[] = [];
	#settleEnded!: () => void;
	readonly #watching = new AbortController();

	constructor(term: string, url: string, name: string, life: string, receive: (message: From) => void) {
		this.term = term;
		this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
		const worker = new Worker(url, { type: 'module', name });
		this.#worker = worker;
		worker.onerror = (event) => {
			event.preventDefault();
			// Before `up` this is a script that did not load; later an exception that no handler caught.
			if (!this.#up) this.#fail({ code: 'WORKER_FAILED', message: `A part of the app could not be started: ${name}` });
		};
		worker.onmessage = ({ data }: MessageEvent<From>) => {
			const message = data as unknown as FromEngine;
			if (message.type === 'up') this.#isUp(life);
			if (message.type === 'failed') this.#fail(message.error);
			if (message.type === 'stopped') this.end();
			receive(data);
		};
	}

	get isOver(): boolean {
		return this.#over;
	}

	post(message: To, transfer: Transferable[] = []): void {
		if (message.type === 'start') this.isPosted = true;
		this.#worker?.postMessage(message, transfer);
	}

	/** Hands the port over once the worker is up. */
	give(message: To, port: MessagePort): void {
		if (this.#up) this.post(message, [port]);
		else this.#waiting.push({ message, port });
	}

	end(): void {
		if (this.#over) return;
		this.#over = true;
		this.#watching.abort();
		this.#worker?.terminate();
		this.#worker = undefined;
		for (const { port } of this.#waiting.splice(0)) {
			LinkServer.refuse(port, new PlatformError('RETRY', 'A part of the app is being started again'));
		}
		this.#settleEnded();
	}

	#isUp(life: string): void {
		this.#up = true;
		for (const { message, port } of this.#waiting.splice(0)) this.post(message, [port]);
		// The worker holds this lock: getting it means that it died by itself.
		navigator.locks.request(life, { mode: 'shared', signal: this.#watching.signal }, () => this.end()).catch(() => {});
	}

	#fail(error: { code: string; message: string }): void {
		for (const { port } of this.#waiting.splice(0)) {
			LinkServer.refuse(port, new PlatformError(error.code, error.message));
		}
		this.end();
	}
}

async function compileModules(): Promise<WasmModules> {
	if (typeof __SLF_CRSQLITE__ !== 'string' || __SLF_CRSQLITE__ === '') return {};
	try {
		return { crsqlite: await WebAssembly.compileStreaming(fetch(__SLF_CRSQLITE__)) };
	} catch {
		// The workers compile for themselves, and say so if they cannot either.
		return {};
	}
}

function whenIdle(work: () => void): void {
	if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 1000 });
	else setTimeout(work, 200);
}
