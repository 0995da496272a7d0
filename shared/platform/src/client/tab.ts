/**
 * One tab's place among the others: it says hello to the switchboard, stands for election, and dials the engines and
 * the hub wherever they run.
 *
 * Invariants
 * - `slf:tab:<id>` is held before hello, for the life of the page.
 * - Only a tab of the newest build among the open ones stands for election; a leader that learns of a newer one steps
 *   down, so that the newest build's engine runs.
 * - `dial` gives a link only after the other end answered, and ties it to that worker's life lock: a link never
 *   hangs on a dead worker.
 * - A page on its way into the back/forward cache gives everything up at once (its frozen workers would make every
 *   other tab wait) and stands again when it is shown.
 */

import {
	BRIDGE,
	engineLock,
	LEADER_LOCK,
	networkLock,
	tabLock,
	type ConnectDetail,
	type EngineReady,
	type FromSwitchboard,
	type Target,
	type ToSwitchboard
} from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkClient, type CallTable, type PortLike, type StreamTable } from '../protocol/link.ts';
import { Leader } from './leader.ts';
import { scriptUrl, SWITCHBOARD_URL } from './script-url.ts';
import { Switchboard } from './switchboard.ts';

export interface TabOptions {
	app: string;
	build: number;
	/** What this tab's engines are started with. */
	detail: Omit<ConnectDetail, 'lost'>;
}

/** `elsewhere`: without SharedWorker one tab works at a time, and that is another one. */
export type TabState = 'alone' | 'elsewhere' | 'led' | 'closed';

export interface Dialled<C extends CallTable, S extends StreamTable> {
	link: LinkClient<C, S>;
	info: EngineReady;
}

export class Tab {
	/** Called when `state` or `leads` changed. */
	onChange: () => void = () => {};
	readonly id = crypto.randomUUID();
	readonly singleTab = typeof SharedWorker === 'undefined';
	readonly #options: TabOptions;
	#switchboard: PortLike | undefined;
	#state: TabState = 'alone';
	#term: string | undefined;
	#newest = 0;
	#leader: Leader | undefined;
	/** Set while this tab stands for election or leads. */
	#standing: AbortController | undefined;
	#stepDown: (() => void) | undefined;
	#suspended = false;
	#termWaiters = new Set<() => void>();
	readonly #closing = new AbortController();

	constructor(options: TabOptions) {
		this.#options = options;
		this.#newest = options.build;
		void this.#start();
	}

	get state(): TabState {
		return this.#state;
	}

	get leads(): boolean {
		return this.#leader !== undefined;
	}

	/**
	 * A link to an engine or to the hub, once somebody leads and it answers.
	 *
	 * @param lost the term of the worker whose death was noticed, if one was
	 * @throws PlatformError OUTDATED, DAMAGED and others with which the worker refuses or fails to start; CLOSED
	 */
	async dial<C extends CallTable, S extends StreamTable>(target: Target, lost?: string): Promise<Dialled<C, S>> {
		for (;;) {
			const term = await this.#whoLeads();
			const { port1, port2 } = new MessageChannel();
			const link = new LinkClient<C, S>(port1);
			const detail: ConnectDetail = lost === undefined ? this.#options.detail : { ...this.#options.detail, lost };
			this.#post({ v: 1, type: 'connect', term, target, detail }, [port2]);
			const info = (await Promise.race([link.ready, this.#leaderChanged(term)])) as EngineReady | undefined;
			if (info === undefined) {
				link.lose(new PlatformError('LOST', 'The leading tab went away'));
				continue;
			}
			this.#tieToLife(link, target, info);
			return { link, info };
		}
	}

	/** Gives up leadership and takes leave. */
	async close(): Promise<void> {
		if (this.#state === 'closed') return;
		this.#set('closed');
		this.#post({ v: 1, type: 'bye' });
		const leader = this.#leader;
		this.#giveUp();
		this.#closing.abort();
		this.#wake();
		await leader?.stopped;
	}

	async #start(): Promise<void> {
		// Held until the page goes: getting it tells the switchboard that this tab is gone.
		await new Promise<void>((held) => {
			navigator.locks
				.request(tabLock(this.id), { signal: this.#closing.signal }, () => {
					held();
					return new Promise<void>((release) => this.#closing.signal.addEventListener('abort', () => release()));
				})
				.catch(() => {});
		});
		addEventListener('pagehide', this.#onPageHide);
		addEventListener('pageshow', this.#onPageShow);
		document.addEventListener('visibilitychange', this.#hint);
		addEventListener('online', this.#hint);
		addEventListener('offline', this.#hint);
		if (this.singleTab) this.#stand();
		else this.#join(new SharedWorker(scriptUrl(SWITCHBOARD_URL), { type: 'module', name: 'slf' }).port);
	}

	/** Says hello to a switchboard: the shared one, or this page's own. */
	#join(port: PortLike): void {
		this.#switchboard = port;
		port.onmessage = (event: MessageEvent<FromSwitchboard>) => this.#receive(event.data);
		this.#post({ v: 1, type: 'hello', tab: this.id, app: this.#options.app, build: this.#options.build });
	}

	#post(message: ToSwitchboard, transfer: Transferable[] = []): void {
		this.#switchboard?.postMessage(message, transfer);
	}

	#receive(message: FromSwitchboard): void {
		if (message?.v !== 1 || this.#state === 'closed') return;
		switch (message.type) {
			case 'here':
				return this.#watchSwitchboard(message.life);
			case 'leader':
				this.#term = message.term;
				this.#set('led');
				return this.#wake();
			case 'newest':
				this.#newest = message.build;
				if (this.#options.build < message.build) this.#giveUp();
				else this.#stand();
		}
	}

	/** The browser may end the SharedWorker alone. Links to engines live on; new ones need a new switchboard. */
	#watchSwitchboard(life: string): void {
		if (this.singleTab) return;
		navigator.locks
			.request(life, { mode: 'shared', signal: this.#closing.signal }, () => {
				if (this.#state === 'closed') return;
				this.#join(new SharedWorker(scriptUrl(SWITCHBOARD_URL), { type: 'module', name: 'slf' }).port);
				this.#announce();
			})
			.catch(() => {});
	}

	#set(state: TabState): void {
		if (this.#state === state || this.#state === 'closed') return;
		this.#state = state;
		this.onChange();
	}

	#wake(): void {
		for (const waiter of [...this.#termWaiters]) waiter();
	}

	async #whoLeads(): Promise<string> {
		for (;;) {
			if (this.#state === 'closed') throw new PlatformError('CLOSED', 'The platform of this page was closed');
			if (this.#term !== undefined) return this.#term;
			await new Promise<void>((resolve) => {
				const waiter = () => {
					this.#termWaiters.delete(waiter);
					resolve();
				};
				this.#termWaiters.add(waiter);
			});
		}
	}

	#leaderChanged(term: string): Promise<undefined> {
		return new Promise((resolve) => {
			const waiter = () => {
				if (this.#term === term && this.#state !== 'closed') return;
				this.#termWaiters.delete(waiter);
				resolve(undefined);
			};
			this.#termWaiters.add(waiter);
			waiter();
		});
	}

	#tieToLife(link: Pick<LinkClient<CallTable>, 'lose' | 'lost'>, target: Target, info: EngineReady): void {
		const life = target === 'hub' ? networkLock(info.term) : engineLock(info.database, info.term);
		const watching = new AbortController();
		navigator.locks
			.request(life, { mode: 'shared', signal: watching.signal }, () => {
				link.lose(new PlatformError('LOST', `The worker of ${target} is gone`));
			})
			.catch(() => {});
		void link.lost.then(() => watching.abort());
	}

	// --- Election -------------------------------------------------------------------------------------------------

	#stand(): void {
		if (this.#standing || this.#suspended || this.#state === 'closed') return;
		if (this.#options.build < this.#newest) return;
		const standing = new AbortController();
		this.#standing = standing;
		void navigator.locks
			.request(LEADER_LOCK, { signal: standing.signal }, () => this.#lead(standing))
			.catch(() => {})
			.finally(() => {
				if (this.#standing === standing) this.#standing = undefined;
				// Lost an election that was lawful (the lock was stolen, or the leader failed): stand again.
				if (!standing.signal.aborted) this.#stand();
			});
		if (this.singleTab) {
			void navigator.locks.query().then(({ held }) => {
				if (!this.leads && held?.some((lock) => lock.name === LEADER_LOCK)) this.#set('elsewhere');
			});
		}
	}

	/** Runs for as long as this tab leads; the lock is held until it returns. */
	async #lead(standing: AbortController): Promise<void> {
		if (standing.signal.aborted) return;
		const leader = new Leader(this.#options.build);
		this.#leader = leader;
		if (this.singleTab) {
			const { port1, port2 } = new MessageChannel();
			new Switchboard().connect(port2);
			this.#join(port1);
		}
		this.#announce();
		this.#hint();
		this.onChange();
		await new Promise<void>((resolve) => {
			this.#stepDown = resolve;
			if (standing.signal.aborted) resolve();
		});
		this.#stepDown = undefined;
		await leader.stop();
		this.#leader = undefined;
		this.onChange();
	}

	#announce(): void {
		if (!this.#leader) return;
		const { port1, port2 } = new MessageChannel();
		this.#leader.listen(port1);
		this.#post({ v: 1, type: 'lead', term: this.#leader.term, build: this.#options.build }, [port2]);
	}

	/** Stops standing and leading. Another tab's leadership is not touched. */
	#giveUp(): void {
		this.#standing?.abort();
		this.#standing = undefined;
		this.#stepDown?.();
	}

	readonly #onPageHide = (event: PageTransitionEvent): void => {
		this.#suspended = true;
		// Into the back/forward cache: the workers would be frozen with their locks. Else the browser ends them anyway,
		// and until then they may finish what they were asked.
		if (event.persisted) this.#leader?.kill();
		this.#giveUp();
	};

	readonly #onPageShow = (event: PageTransitionEvent): void => {
		if (!event.persisted) return;
		this.#suspended = false;
		this.#stand();
	};

	readonly #hint = (): void => {
		this.#leader?.hint(navigator.onLine, document.visibilityState === 'visible');
	};
}

/** What every connection of this page says about itself. */
export function connectDetail(options: {
	app: string;
	build: number;
	schema?: string;
	mnemonic?: string;
	makeIdentity?: boolean;
	vault?: boolean;
}): Omit<ConnectDetail, 'lost'> {
	const detail: Omit<ConnectDetail, 'lost'> = { bridge: BRIDGE, build: options.build, app: options.app };
	if (options.schema !== undefined) detail.schema = options.schema;
	if (options.mnemonic !== undefined) detail.mnemonic = options.mnemonic;
	if (options.makeIdentity !== undefined) detail.makeIdentity = options.makeIdentity;
	if (options.vault !== undefined) detail.vault = options.vault;
	return detail;
}
