/**
 * One MessagePort between two parts of the platform: requests with one answer each, and streams of events.
 *
 * Frames, each a plain object with `t`:
 *
 *     to the server                          to the client
 *     call   id, call, args                  ready                      the first frame; before it nothing is answered
 *     open   stream, kind, args              refused error              instead of `ready`; the port is then closed
 *     close  stream                          done   id, value
 *     seen   stream, serial                  failed id, error           also answers `open`
 *                                            opened stream
 *                                            event  stream, serial, value
 *
 * Invariants
 * - A stream's first event follows `opened` as a message of its own, hence in a later task than the promise
 *   that `open` gave.
 * - Back-pressure: at most WINDOW events of a stream are under way. A source that can pause is told 'busy', and to
 *   resume when the client has caught up. Any other is closed at one event more, and opened again when the client
 *   has seen everything: so every source must begin with the whole state.
 * - Only names that the server's tables own are called. (Comlink follows any property path; that is why it is
 *   not used on this side.)
 * - A dead port never answers. Whoever learns of the death by other means (a Web Lock) calls `lose`, which rejects
 *   everything pending with code LOST.
 */

import { PlatformError, type WireError } from './errors.ts';

export interface PortLike {
	postMessage(message: unknown, transfer?: Transferable[]): void;
	onmessage: ((event: MessageEvent) => void) | null;
	close(): void;
}

/** Names of calls to functions of one argument object. */
export type CallTable = { [name: string]: (args: never) => unknown };
/** Names of streams to { args, event }. */
export type StreamTable = { [name: string]: { args: unknown; event: unknown } };

export type CallArgs<C extends CallTable, K extends keyof C> = Parameters<C[K]>[0];
export type CallResult<C extends CallTable, K extends keyof C> = Awaited<ReturnType<C[K]>>;

type ToServer =
	| { t: 'call'; id: number; call: string; args: unknown }
	| { t: 'open'; stream: number; kind: string; args: unknown }
	| { t: 'close'; stream: number }
	| { t: 'seen'; stream: number; serial: number };

type ToClient =
	| { t: 'ready'; info: unknown }
	| { t: 'refused'; error: WireError }
	| { t: 'done'; id: number; value: unknown }
	| { t: 'failed'; id: number; error: WireError }
	| { t: 'opened'; stream: number }
	| { t: 'unopened'; stream: number; error: WireError }
	| { t: 'event'; stream: number; serial: number; value: unknown };

const WINDOW = 32;

/** Errors of other classes of ours carry a code too (wrong key, malformed input); what has none is a defect here. */
export function toWireError(error: unknown): WireError {
	const wire = PlatformError.from(error).toWire();
	const code = (error as { code?: unknown } | null)?.code;
	if (typeof code === 'string') wire.code = code;
	return wire;
}

/** How an open stream of the client ends early: its `open` failed, or the port was lost. */
interface ClientStream {
	opened: () => void;
	failed: (error: PlatformError) => void;
	event: (value: never) => void;
}

export class LinkClient<C extends CallTable, S extends StreamTable = Record<never, never>> {
	readonly ready: Promise<unknown>;
	/** Settles once, when the link is lost. */
	readonly lost: Promise<PlatformError>;
	readonly #port: PortLike;
	readonly #calls = new Map<number, { resolve: (value: never) => void; reject: (error: PlatformError) => void }>();
	readonly #streams = new Map<number, ClientStream>();
	#next = 1;
	#lostWith: PlatformError | undefined;
	#settleReady!: { resolve: (info: unknown) => void; reject: (error: PlatformError) => void };
	#settleLost!: (error: PlatformError) => void;

	constructor(port: PortLike) {
		this.#port = port;
		this.ready = new Promise((resolve, reject) => (this.#settleReady = { resolve, reject }));
		this.ready.catch(() => {});
		this.lost = new Promise((resolve) => (this.#settleLost = resolve));
		port.onmessage = (event: MessageEvent<ToClient>) => this.#receive(event.data);
	}

	/** @param transfer ports among the arguments, which go over to the other side */
	call<K extends keyof C & string>(
		call: K,
		args: CallArgs<C, K>,
		transfer: Transferable[] = []
	): Promise<CallResult<C, K>> {
		if (this.#lostWith) return Promise.reject(this.#lostWith);
		const id = this.#next++;
		return new Promise((resolve, reject) => {
			this.#calls.set(id, { resolve, reject });
			try {
				this.#post({ t: 'call', id, call, args }, transfer);
			} catch {
				// Structured clone refused a value, for example a function among the parameters.
				this.#calls.delete(id);
				reject(new PlatformError('BAD_VALUE', 'A value is of a type that cannot be stored'));
			}
		});
	}

	/** Resolves when the stream is open; its events come in later tasks. */
	open<K extends keyof S & string>(
		kind: K,
		args: S[K]['args'],
		event: (value: S[K]['event']) => void
	): Promise<() => void> {
		if (this.#lostWith) return Promise.reject(this.#lostWith);
		const stream = this.#next++;
		const close = () => {
			if (this.#streams.delete(stream) && !this.#lostWith) this.#post({ t: 'close', stream });
		};
		return new Promise((resolve, reject) => {
			this.#streams.set(stream, {
				opened: () => resolve(close),
				failed: (error) => (this.#streams.delete(stream), reject(error)),
				event
			});
			try {
				this.#post({ t: 'open', stream, kind, args });
			} catch {
				this.#streams.delete(stream);
				reject(new PlatformError('BAD_VALUE', 'A value is of a type that cannot be stored'));
			}
		});
	}

	/** The other side is gone: everything pending is rejected, nothing more is sent. */
	lose(error: PlatformError): void {
		if (this.#lostWith) return;
		this.#lostWith = error;
		this.#port.onmessage = null;
		this.#port.close();
		this.#settleReady.reject(error);
		for (const { reject } of this.#calls.values()) reject(error);
		for (const stream of [...this.#streams.values()]) stream.failed(error);
		this.#calls.clear();
		this.#streams.clear();
		this.#settleLost(error);
	}

	#post(message: ToServer, transfer: Transferable[] = []): void {
		this.#port.postMessage(message, transfer);
	}

	#receive(message: ToClient): void {
		switch (message.t) {
			case 'ready':
				return this.#settleReady.resolve(message.info);
			case 'refused':
				return this.lose(PlatformError.fromWire(message.error));
			case 'done':
			case 'failed': {
				const waiting = this.#calls.get(message.id);
				this.#calls.delete(message.id);
				if (message.t === 'done') waiting?.resolve(message.value as never);
				else waiting?.reject(PlatformError.fromWire(message.error));
				return;
			}
			case 'opened':
				return this.#streams.get(message.stream)?.opened();
			case 'unopened':
				return this.#streams.get(message.stream)?.failed(PlatformError.fromWire(message.error));
			case 'event': {
				const stream = this.#streams.get(message.stream);
				if (!stream) return;
				// Acknowledged also when the listener throws: its mistake must not stop the stream.
				this.#post({ t: 'seen', stream: message.stream, serial: message.serial });
				stream.event(message.value as never);
			}
		}
	}
}

export type CallHandlers<C extends CallTable> = {
	[K in keyof C]: (args: CallArgs<C, K>) => CallResult<C, K> | Promise<CallResult<C, K>>;
};
/** Takes an event. 'busy': took it, and wants no more until `resume`. */
export type Emit<T> = (value: T) => void | 'busy';
/** What closes a source; of one that can pause, also what lets it go on. */
export type OpenSource = (() => void) | { close: () => void; resume: () => void };
/** Opens a source, which begins with the whole state. */
export type StreamHandlers<S extends StreamTable> = {
	[K in keyof S]: (args: S[K]['args'], emit: Emit<S[K]['event']>) => OpenSource | Promise<OpenSource>;
};

/** Bytes from here on change hands: below, copying them is quicker. */
const HAND_OVER_FROM = 16 * 1024;
const handedOver = new WeakMap<object, Transferable[]>();

/**
 * An answer whose large byte arrays become the receiver's without being copied. They must be the answer's alone: whoever
 * made them finds them empty afterwards.
 */
export function handOver<T extends object>(answer: T, values: Iterable<unknown>): T {
	const transfer: Transferable[] = [];
	for (const value of values) {
		if (!(value instanceof Uint8Array) || value.byteLength < HAND_OVER_FROM) continue;
		const { buffer } = value;
		if (buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength) transfer.push(buffer);
	}
	if (transfer.length > 0) handedOver.set(answer, transfer);
	return answer;
}

/** The serving end of one port. */
export class LinkServer<C extends CallTable, S extends StreamTable = Record<never, never>> {
	readonly #port: PortLike;
	readonly #calls: CallHandlers<C>;
	readonly #streams: StreamHandlers<S>;
	readonly #open = new Map<number, ServedStream>();
	#closed = false;

	constructor(port: PortLike, calls: CallHandlers<C>, streams: StreamHandlers<S>, info: unknown = {}) {
		this.#port = port;
		this.#calls = calls;
		this.#streams = streams;
		port.onmessage = (event: MessageEvent<ToServer>) => this.#receive(event.data);
		this.#post({ t: 'ready', info });
	}

	/** Tells the client why it is not served, and closes the port. */
	static refuse(port: PortLike, error: unknown): void {
		port.postMessage({ t: 'refused', error: toWireError(error) } satisfies ToClient);
		port.close();
	}

	close(error?: unknown): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const stream of this.#open.values()) stream.close();
		this.#open.clear();
		this.#port.onmessage = null;
		if (error !== undefined) LinkServer.refuse(this.#port, error);
		else this.#port.close();
	}

	#post(message: ToClient, transfer: Transferable[] = []): void {
		if (!this.#closed) this.#port.postMessage(message, transfer);
	}

	#receive(message: ToServer): void {
		switch (message.t) {
			case 'call':
				return void this.#answer(message.id, message.call, message.args);
			case 'open':
				return void this.#openStream(message.stream, message.kind, message.args);
			case 'close':
				this.#open.get(message.stream)?.close();
				this.#open.delete(message.stream);
				return;
			case 'seen':
				return this.#open.get(message.stream)?.seen(message.serial);
		}
	}

	async #answer(id: number, call: string, args: unknown): Promise<void> {
		try {
			if (!Object.hasOwn(this.#calls, call)) throw new PlatformError('UNKNOWN_CALL', `There is no call ${call}`);
			const value: unknown = await this.#calls[call]!(args as never);
			const transfer = typeof value === 'object' && value !== null ? handedOver.get(value) : undefined;
			this.#post({ t: 'done', id, value }, transfer);
		} catch (error) {
			this.#post({ t: 'failed', id, error: toWireError(error) });
		}
	}

	async #openStream(id: number, kind: string, args: unknown): Promise<void> {
		try {
			if (!Object.hasOwn(this.#streams, kind)) throw new PlatformError('UNKNOWN_CALL', `There is no stream ${kind}`);
			const source = this.#streams[kind]!;
			const stream = new ServedStream(
				(emit) => source(args as never, emit),
				(serial, value) => this.#post({ t: 'event', stream: id, serial, value }),
				(error) => this.#post({ t: 'unopened', stream: id, error: toWireError(error) })
			);
			this.#open.set(id, stream);
			await stream.start(() => this.#post({ t: 'opened', stream: id }));
		} catch (error) {
			this.#open.delete(id);
			this.#post({ t: 'unopened', stream: id, error: toWireError(error) });
		}
	}
}

class ServedStream {
	readonly #open: (emit: Emit<unknown>) => OpenSource | Promise<OpenSource>;
	readonly #send: (serial: number, value: unknown) => void;
	readonly #fail: (error: unknown) => void;
	#source: { close: () => void; resume?: () => void } | undefined;
	#serial = 0;
	#seen = 0;
	#run = 0;
	/** `full`: the source is paused. `behind`: it is closed, to be opened again. */
	#state: 'opening' | 'flowing' | 'full' | 'behind' | 'closed' = 'opening';
	/** Events that the source gave before `opened` was sent. */
	#early: unknown[] = [];

	constructor(
		open: (emit: Emit<unknown>) => OpenSource | Promise<OpenSource>,
		send: (serial: number, value: unknown) => void,
		fail: (error: unknown) => void
	) {
		this.#open = open;
		this.#send = send;
		this.#fail = fail;
	}

	async start(opened: () => void): Promise<void> {
		const run = ++this.#run;
		this.#early = [];
		const opening = await this.#open((value) => this.#emit(run, value));
		const source = typeof opening === 'function' ? { close: opening } : opening;
		// Closed while the source was being opened.
		if (this.#run !== run) return source.close();
		this.#source = source;
		this.#state = 'flowing';
		opened();
		for (const value of this.#early.splice(0)) this.#emit(run, value);
	}

	seen(serial: number): void {
		this.#seen = Math.max(this.#seen, serial);
		if (this.#state === 'full' && this.#underWay <= WINDOW / 2) {
			this.#state = 'flowing';
			this.#source?.resume?.();
		} else if (this.#state === 'behind' && this.#underWay === 0) {
			this.#state = 'opening';
			this.start(() => {}).catch((error) => this.#fail(error));
		}
	}

	close(): void {
		this.#state = 'closed';
		this.#closeSource();
	}

	get #underWay(): number {
		return this.#serial - this.#seen;
	}

	#closeSource(): void {
		this.#run++;
		this.#source?.close();
		this.#source = undefined;
	}

	#emit(run: number, value: unknown): void | 'busy' {
		if (run !== this.#run) return;
		if (this.#state === 'opening') {
			this.#early.push(value);
			return;
		}
		if (this.#state === 'behind' || this.#state === 'closed') return;
		const canPause = this.#source?.resume !== undefined;
		if (!canPause && this.#underWay >= WINDOW) {
			this.#state = 'behind';
			this.#closeSource();
			return;
		}
		this.#send(++this.#serial, value);
		if (canPause && this.#underWay >= WINDOW) {
			this.#state = 'full';
			return 'busy';
		}
	}
}
