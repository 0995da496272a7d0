/**
 * A connection to one engine or to the hub that outlives the worker at its other end.
 *
 * When the link is lost it dials again. Calls that may be repeated (reads, and writes with an operation id) are sent
 * again to the next worker; streams are opened again there, and begin with the whole state once more.
 *
 * Failing to start is another matter than being lost: then everything waiting is told why, and the next call tries
 * anew.
 */

import type { EngineReady, Target } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { CallArgs, CallResult, CallTable, LinkClient, StreamTable } from '../protocol/link.ts';

/** How to reach a worker: the Tab in browsers, a local one in Node. */
export interface Dialler {
	dial<C extends CallTable, S extends StreamTable>(
		target: Target,
		lost?: string
	): Promise<{ link: LinkClient<C, S>; info: EngineReady }>;
}

export type ConnectionState =
	| { state: 'starting' }
	| { state: 'ready'; info: EngineReady }
	| { state: 'lost' }
	| { state: 'failed'; error: PlatformError }
	| { state: 'closed' };

/** What a stream of the client is told beside its events. */
export interface StreamHandlersOfClient {
	lost?: () => void;
	failed?: (error: PlatformError) => void;
	locked?: () => void;
	whileLocked?: 'wait' | 'fail';
}

/** Codes with which a worker that is on its way out or being started again turns a dial away. */
const DIAL_AGAIN = new Set(['RETRY', 'LOST']);
/** Between two dials that were turned away, in ms. */
const PAUSE = 100;

export class Connection<C extends CallTable, S extends StreamTable> {
	readonly #dialler: Dialler;
	readonly #target: Target;
	readonly #changed: () => void;
	/** Streams that wait for a vault to be unlocked. */
	readonly #locked = new Set<() => void>();
	readonly #closing: Promise<never>;
	#close!: (error: PlatformError) => void;
	#link: Promise<LinkClient<C, S>> | undefined;
	#state: ConnectionState = { state: 'starting' };

	constructor(dialler: Dialler, target: Target, changed: () => void = () => {}) {
		this.#dialler = dialler;
		this.#target = target;
		this.#changed = changed;
		this.#closing = new Promise((_, reject) => (this.#close = reject));
		this.#closing.catch(() => {});
	}

	get state(): ConnectionState {
		return this.#state;
	}

	/** The present link, or the next one. */
	link(): Promise<LinkClient<C, S>> {
		this.#link ??= this.#dial(undefined);
		return this.#link;
	}

	/** A call that may be sent again: a read, or a write that carries an operation id. */
	async call<K extends keyof C & string>(call: K, args: CallArgs<C, K>): Promise<CallResult<C, K>> {
		for (;;) {
			const link = await this.link();
			try {
				return await link.call(call, args);
			} catch (error) {
				if (!isLost(error) || this.#state.state === 'closed') throw error;
			}
		}
	}

	/**
	 * Opens a stream and keeps it open over the loss of workers. A later failure to open it again goes to `failed`. While
	 * a vault is locked it waits for the unlock, unless `whileLocked` says otherwise.
	 * @param lost called after each loss
	 * @param locked called when what came so far must not be shown any more
	 */
	async open<K extends keyof S & string>(
		kind: K,
		args: S[K]['args'],
		event: (value: S[K]['event']) => void,
		handlers: StreamHandlersOfClient = {}
	): Promise<() => void> {
		let wanted = true;
		let close: () => void = () => {};
		const openOnce = async (): Promise<void> => {
			for (;;) {
				try {
					const link = await this.link();
					if (!wanted) return;
					close = await link.open(kind, args, (value) => wanted && event(value));
					if (!wanted) return close();
					void link.lost.then((error) => again(error));
					return;
				} catch (error) {
					if (this.#isClosed()) throw error;
					if (isLost(error)) continue;
					if (!isLocked(error) || handlers.whileLocked === 'fail') throw error;
					handlers.locked?.();
					await this.#unlocked();
					if (!wanted) return;
				}
			}
		};
		const again = (error: PlatformError) => {
			if (!wanted || this.#isClosed()) return;
			handlers.lost?.();
			if (isLocked(error)) {
				handlers.locked?.();
				if (handlers.whileLocked === 'fail') {
					wanted = false;
					return handlers.failed?.(error);
				}
			}
			openOnce().catch((failure) => {
				wanted = false;
				handlers.failed?.(PlatformError.from(failure));
			});
		};
		await openOnce();
		return () => {
			wanted = false;
			close();
		};
	}

	close(): void {
		if (this.#state.state === 'closed') return;
		const error = new PlatformError('CLOSED', 'The platform of this page was closed');
		const link = this.#link;
		this.#set({ state: 'closed' });
		this.#link = Promise.reject(error);
		this.#link.catch(() => {});
		this.#close(error);
		void link?.then(
			(open) => open.lose(error),
			() => {}
		);
	}

	async #dial(lost: string | undefined): Promise<LinkClient<C, S>> {
		for (;;) {
			try {
				const { link, info } = await Promise.race([this.#dialler.dial<C, S>(this.#target, lost), this.#closing]);
				if (this.#isClosed()) {
					link.lose(new PlatformError('CLOSED', 'The platform of this page was closed'));
					return await this.#closing;
				}
				this.#set({ state: 'ready', info });
				void link.lost.then((error) => {
					if (this.#isClosed()) return;
					if (isLocked(error)) {
						this.#link = undefined;
						return this.#set({ state: 'failed', error });
					}
					// Dialled at once, not at the next call: streams and the panel wait for it too.
					this.#set({ state: 'lost' });
					this.#link = this.#dial(info.term);
					this.#link.catch(() => {});
				});
				return link;
			} catch (thrown) {
				const error = PlatformError.from(thrown);
				if (this.#isClosed()) throw error;
				if (DIAL_AGAIN.has(error.code)) {
					await new Promise((resolve) => setTimeout(resolve, PAUSE));
					continue;
				}
				this.#set({ state: 'failed', error });
				this.#link = undefined;
				throw error;
			}
		}
	}

	#isClosed(): boolean {
		return this.#state.state === 'closed';
	}

	/** Resolves when a worker answers again, or never will. Whoever learns of the unlock asks for a link. */
	#unlocked(): Promise<void> {
		return new Promise((resolve) => this.#locked.add(resolve));
	}

	#set(state: ConnectionState): void {
		this.#state = state;
		if (state.state === 'ready' || state.state === 'closed') {
			for (const go of this.#locked) go();
			this.#locked.clear();
		}
		this.#changed();
	}
}

/** With which a vault that is locked refuses. */
export function isLocked(error: unknown): boolean {
	return error instanceof PlatformError && error.code === 'LOCKED';
}

export function isLost(error: unknown): boolean {
	return error instanceof PlatformError && error.code === 'LOST';
}

/** The stop function of a stream that is still being opened. Its failure shows in `status`. */
export function stoppable(opening: Promise<() => void>): () => void {
	opening.catch(() => {});
	return () =>
		void opening.then(
			(close) => close(),
			() => {}
		);
}

/** Unique for ever, and it says when: engines forget old ones, and must know which those are. */
export function newOperation(): string {
	return `${Date.now().toString(36).padStart(9, '0')}-${crypto.randomUUID()}`;
}
