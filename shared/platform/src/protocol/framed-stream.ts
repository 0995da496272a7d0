/**
 * Whole messages over one stream of a connection, for the servers and for the clients of servers.
 *
 * Messages are handled one after the other: the next one waits for the handler's promise. Sending waits for the
 * stream's `drain` event (its `onDrain()` gives no back-pressure after the first time in @libp2p/utils 7.4).
 *
 * Every stream answers "are you there" at once; one with a `heartbeat` asks, and ends when nothing at all has come for
 * too long. (libp2p's own ping is a stream of its own that starves behind bulk, and is told to do nothing.)
 *
 * Invariants
 * - Whatever the other side sends, at most one partial message and `maxQueued` bytes of whole ones are held.
 * - A message that does not come to its end within `patience` ends the stream (a sender that never finishes).
 */
import { ProtocolError } from './errors.ts';
import { every } from './timers.ts';
import type { Timers } from './timers.ts';
import { FRAME_PING, FRAME_PONG, FrameReader, encodeFrame, framesOf } from './frames.ts';

/** What is needed of a libp2p stream. */
export interface ByteStream {
	send(data: Uint8Array): boolean;
	close(): Promise<void>;
	abort(error: Error): void;
	readonly status: string;
	readonly writableNeedsDrain: boolean;
	addEventListener(type: string, listener: (event: Event) => void): void;
	removeEventListener(type: string, listener: (event: Event) => void): void;
}

export interface FramedOptions {
	timers: Timers;
	/** Largest message to accept, in bytes. */
	maxMessage: number;
	/** Bytes of whole messages that may wait for the handler; twice `maxMessage` unless said. */
	maxQueued?: number;
	/** Milliseconds for a message from its first byte to its last; 30 s unless said. */
	patience?: number;
	/** Ask every `interval` ms whether the other side is there; end when no byte has come for `dead` ms. */
	heartbeat?: Heartbeat;
	/** Bytes that this and other streams may hold together. */
	budget?: MemoryBudget;
	/** Called with the payload's size before each frame of a message goes out; the frame waits for the promise. */
	beforeFrame?: (size: number) => Promise<void> | undefined;
	/** Called for each part of a message that has more to follow. */
	onPart?: (size: number) => void;
}

export interface Heartbeat {
	interval: number;
	dead: number;
}

/** How long a silent peer or server counts as there. */
export const HEARTBEAT: Heartbeat = { interval: 5000, dead: 15_000 };

/** Bounds what many streams hold together, since each alone may hold a whole message. */
export class MemoryBudget {
	readonly #limit: number;
	used = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** @throws ProtocolError when the budget is spent */
	change(by: number): void {
		this.used += by;
		if (by > 0 && this.used > this.#limit) throw new ProtocolError('TOO_LARGE', 'memory', 'too much is under way');
	}
}

export class FramedStream {
	readonly #stream: ByteStream;
	readonly #reader: FrameReader;
	readonly #maxQueued: number;
	readonly #patience: number;
	readonly #options: FramedOptions;
	readonly #queue: Uint8Array[] = [];
	readonly #closed = Promise.withResolvers<Error | undefined>();
	/** Bytes waiting for the handler or with it. */
	#queued = 0;
	#counted = 0;
	#busy = false;
	#lastSeen: number;
	#stopPulse: (() => void) | undefined;
	#ended = false;
	#handler: ((message: Uint8Array) => void | Promise<void>) | undefined;
	#control: ((kind: number, payload: Uint8Array) => void) | undefined;
	#sending: Promise<void> = Promise.resolve();
	#cancelPatience: (() => void) | undefined;

	constructor(stream: ByteStream, options: FramedOptions) {
		this.#stream = stream;
		this.#options = options;
		this.#lastSeen = options.timers.now();
		this.#maxQueued = options.maxQueued ?? options.maxMessage * 2;
		this.#patience = options.patience ?? 30_000;
		this.#reader = new FrameReader(options.maxMessage, {
			message: (bytes) => this.#receive(bytes),
			part: (size) => options.onPart?.(size),
			control: (kind, payload) => this.#onControl(kind, payload)
		});
		stream.addEventListener('message', this.#onBytes);
		stream.addEventListener('remoteCloseWrite', () => this.close());
		stream.addEventListener('close', (event) => this.#end((event as Event & { error?: Error }).error));
		// A stream may have ended before anybody could listen.
		if (stream.status !== 'open') this.#end(new Error(`the stream was ${stream.status}`));
		else if (options.heartbeat) this.#startPulse(options.heartbeat);
	}

	/** Resolves when the stream is over, with the reason if it was not closed in peace. Never rejects. */
	get closed(): Promise<Error | undefined> {
		return this.#closed.promise;
	}

	get open(): boolean {
		return !this.#ended;
	}

	/** When the last byte came, in milliseconds since 1970. */
	get lastSeen(): number {
		return this.#lastSeen;
	}

	/** Sets who gets the messages. One that throws ends the stream. */
	onMessage(handler: (message: Uint8Array) => void | Promise<void>): void {
		this.#handler = handler;
		void this.#work();
	}

	/** Sets who gets frames of other kinds than message and heartbeat, at once and out of turn with messages. */
	onControl(handler: (kind: number, payload: Uint8Array) => void): void {
		this.#control = handler;
	}

	/** Sends one message after those before it. Resolves when the stream has taken it; rejects when the stream is over. */
	send(message: Uint8Array): Promise<void> {
		const sent = this.#sending.then(async () => {
			for (const { frame, size } of framesOf(message)) await this.#write(frame, size);
		});
		this.#sending = sent.catch(() => {});
		return sent;
	}

	/** Sends a frame at once, between the frames of a message if one is under way. For kinds above 1. */
	sendFrame(frame: Uint8Array): void {
		if (this.#ended) return;
		try {
			this.#stream.send(frame);
		} catch (error) {
			this.abort(error instanceof Error ? error : new Error('the stream is over'));
		}
	}

	/** Lets what was sent go out, then ends the stream. */
	close(): void {
		if (this.#ended) return;
		void this.#sending.then(() => this.#stream.close()).catch(() => {});
	}

	abort(error: Error): void {
		if (this.#ended) return;
		this.#end(error);
		this.#stream.abort(error);
	}

	async #write(frame: Uint8Array, size: number): Promise<void> {
		await this.#options.beforeFrame?.(size);
		if (this.#ended) throw new Error('the stream is over');
		const more = this.#stream.send(frame);
		if (!more) await this.#drained();
	}

	#drained(): Promise<void> {
		return new Promise((resolve, reject) => {
			const finish = (): void => {
				this.#stream.removeEventListener('drain', finish);
				this.#stream.removeEventListener('close', finish);
				if (this.#ended) reject(new Error('the stream is over'));
				else resolve();
			};
			if (this.#ended || !this.#stream.writableNeedsDrain) return finish();
			this.#stream.addEventListener('drain', finish);
			this.#stream.addEventListener('close', finish);
		});
	}

	readonly #onBytes = (event: Event): void => {
		const { data } = event as Event & { data: Uint8Array | { subarray(): Uint8Array } };
		this.#lastSeen = this.#options.timers.now();
		try {
			this.#reader.push(data instanceof Uint8Array ? data : data.subarray());
			this.#count();
		} catch (error) {
			return this.abort(error instanceof Error ? error : new Error('unreadable'));
		}
		if (!this.#reader.partial) this.#stopTimer();
		// Not set anew by every piece: one byte now and then must not keep a message open for ever.
		else this.#cancelPatience ??= this.#options.timers.after(this.#patience, this.#onPatience);
	};

	/** Tells the budget what is held now. @throws ProtocolError */
	#count(): void {
		const held = this.#ended ? 0 : this.#reader.held + this.#queued;
		const by = held - this.#counted;
		this.#counted = held;
		this.#options.budget?.change(by);
	}

	#onControl(kind: number, payload: Uint8Array): void {
		if (kind === FRAME_PING) this.sendFrame(encodeFrame(FRAME_PONG));
		else if (kind !== FRAME_PONG) this.#control?.(kind, payload);
	}

	#startPulse({ interval, dead }: Heartbeat): void {
		const { timers } = this.#options;
		this.#stopPulse = every(timers, interval, () => {
			if (timers.now() - this.#lastSeen >= dead) return this.abort(new Error('nothing was heard for too long'));
			this.sendFrame(encodeFrame(FRAME_PING));
		});
	}

	readonly #onPatience = (): void => this.abort(new Error('a message without an end'));

	#stopTimer(): void {
		this.#cancelPatience?.();
		this.#cancelPatience = undefined;
	}

	#receive(bytes: Uint8Array): void {
		this.#stopTimer();
		this.#queued += bytes.length;
		this.#queue.push(bytes);
		if (this.#queued > this.#maxQueued || this.#queue.length > 10_000) {
			throw new ProtocolError('TOO_LARGE', 'queue', 'more than the receiver agreed to hold');
		}
		void this.#work();
	}

	async #work(): Promise<void> {
		if (this.#busy || !this.#handler) return;
		this.#busy = true;
		try {
			for (let message = this.#queue.shift(); message && !this.#ended; message = this.#queue.shift()) {
				await this.#handler(message);
				this.#queued -= message.length;
				this.#count();
			}
		} catch (error) {
			this.abort(error instanceof Error ? error : new Error('the handler failed'));
		} finally {
			this.#busy = false;
		}
	}

	#end(error?: Error): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#stopTimer();
		this.#stopPulse?.();
		this.#queue.length = 0;
		this.#count();
		this.#closed.resolve(error);
	}
}
