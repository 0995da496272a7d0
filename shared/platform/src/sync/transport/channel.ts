/**
 * A channel over two streams of one connection, the control lane and the bulk lane.
 *
 * The dialler opens both, each by a protocol of its own; the first frame names the channel (16 random bytes) and purpose. A
 * sender never has more bytes under way on a lane than the receiver has given credit for, so a slow receiver holds a
 * window and not a history, and the control lane stays quick while bulk is waiting.
 *
 * Credit comes back for a part of a larger message when it arrives, for a whole message when its handler is done. So a
 * message may be larger than the window, and a receiver holds at most one message and one window.
 */
import { decode, bytes, encode, map, oneOf } from '../../protocol/cbor.ts';
import type { Shape } from '../../protocol/cbor.ts';
import { FRAME_CREDIT, FRAME_OPEN, MAX_FRAME, encodeFrame, lastPart } from '../../protocol/frames.ts';
import { FramedStream, HEARTBEAT } from '../../protocol/framed-stream.ts';
import type { ByteStream } from '../../protocol/framed-stream.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { systemTimers } from './system-timers.ts';
import { CONTROL_MESSAGE } from './transport.ts';
import type { Channel, Lane, Purpose } from './transport.ts';

/** Bytes that may be under way on a lane. */
export const WINDOWS: Record<Lane, number> = { control: 512 * 1024, bulk: 1024 * 1024 };

const MESSAGES: Record<Lane, number> = { control: CONTROL_MESSAGE, bulk: LIMITS.record + 64 * 1024 };

export const CHANNEL_PROTOCOLS: Record<Lane, string> = {
	control: '/slf/channel/1/control',
	bulk: '/slf/channel/1/bulk'
};

const openingSchema = map({
	id: bytes(16),
	purpose: oneOf('sync', 'pairing', 'invitation')
});

export type Opening = Shape<typeof openingSchema>;

export const encodeOpening = (opening: Opening): Uint8Array => encodeFrame(FRAME_OPEN, encode(opening));

/** @throws ProtocolError */
export const decodeOpening = (payload: Uint8Array): Opening => decode(payload, openingSchema, 256);

/** One lane: a framed stream with credit in both directions. */
export class LaneStream {
	readonly lane: Lane;
	readonly framed: FramedStream;
	readonly #window: number;
	#credit: number;
	#owed = 0;
	#waiting: (() => void)[] = [];

	/** @param onOpening called on the side that was dialled, with the first frame */
	constructor(stream: ByteStream, lane: Lane, onOpening?: (payload: Uint8Array) => void) {
		this.lane = lane;
		this.#window = WINDOWS[lane];
		this.#credit = this.#window;
		this.framed = new FramedStream(stream, {
			timers: systemTimers,
			maxMessage: MESSAGES[lane],
			// A frame may start on the last byte of credit.
			maxQueued: MESSAGES[lane] + this.#window + MAX_FRAME,
			beforeFrame: (size) => this.#take(size),
			onPart: (size) => this.#owe(size),
			...(lane === 'control' ? { heartbeat: HEARTBEAT } : {})
		});
		this.framed.onControl((kind, payload) => {
			if (kind === FRAME_CREDIT) this.#give(payload);
			else if (kind === FRAME_OPEN && onOpening) onOpening(payload);
			else this.framed.abort(new Error('a frame that does not belong here'));
		});
		void this.framed.closed.then(() => this.#release());
	}

	onMessage(handler: (message: Uint8Array, lane: Lane) => void | Promise<void>): void {
		this.framed.onMessage(async (message) => {
			await handler(message, this.lane);
			this.#owe(lastPart(message.length));
		});
	}

	/** Undefined if there is credit, so that the common case costs no turn of the event loop. */
	#take(size: number): Promise<void> | undefined {
		if (this.#credit > 0 && this.#waiting.length === 0) {
			this.#credit -= size;
			return undefined;
		}
		return new Promise((resolve) => {
			this.#waiting.push(() => {
				this.#credit -= size;
				resolve();
			});
		});
	}

	#give(payload: Uint8Array): void {
		if (payload.length !== 4) return this.framed.abort(new Error('a credit of the wrong form'));
		this.#credit += new DataView(payload.buffer, payload.byteOffset).getUint32(0);
		if (this.#credit > this.#window * 2) return this.framed.abort(new Error('more credit than was agreed'));
		while (this.#credit > 0 && this.#waiting.length > 0) this.#waiting.shift()?.();
	}

	#release(): void {
		for (const resume of this.#waiting.splice(0)) resume();
	}

	/** Gives credit back in lots, so that small messages do not cost a frame each. */
	#owe(size: number): void {
		this.#owed += size;
		if (this.#owed < this.#window / 8) return;
		const payload = new Uint8Array(4);
		new DataView(payload.buffer).setUint32(0, this.#owed);
		this.#owed = 0;
		this.framed.sendFrame(encodeFrame(FRAME_CREDIT, payload));
	}
}

/** A channel whose bulk lane may come a little later than its control lane. */
export class StreamChannel implements Channel {
	readonly peerId: string;
	readonly purpose: Purpose;
	readonly dialled: boolean;
	readonly how: Channel['how'];
	readonly #control: LaneStream;
	readonly #bulk = Promise.withResolvers<LaneStream>();
	readonly #over = Promise.withResolvers<string | undefined>();
	#bulkLane: LaneStream | undefined;
	#handler: ((message: Uint8Array, lane: Lane) => void | Promise<void>) | undefined;

	constructor(init: { peerId: string; purpose: Purpose; dialled: boolean; how: Channel['how'] }, control: LaneStream) {
		this.peerId = init.peerId;
		this.purpose = init.purpose;
		this.dialled = init.dialled;
		this.how = init.how;
		this.#control = control;
		// Nobody may be waiting for it when the channel ends.
		this.#bulk.promise.catch(() => {});
		void control.framed.closed.then((error) => this.#end(error?.message));
	}

	get lastSeen(): number {
		return Math.max(this.#control.framed.lastSeen, this.#bulkLane?.framed.lastSeen ?? 0);
	}

	get closed(): Promise<string | undefined> {
		return this.#over.promise;
	}

	/** Adds the bulk lane. A second one ends the channel. */
	attach(bulk: LaneStream): void {
		if (this.#bulkLane) return this.close('two bulk lanes');
		this.#bulkLane = bulk;
		if (this.#handler) bulk.onMessage(this.#handler);
		void bulk.framed.closed.then((error) => this.#end(error?.message));
		this.#bulk.resolve(bulk);
	}

	async send(message: Uint8Array, lane: Lane = 'control'): Promise<void> {
		const stream = lane === 'control' ? this.#control : (this.#bulkLane ?? (await this.#bulk.promise));
		await stream.framed.send(message);
	}

	onMessage(handler: (message: Uint8Array, lane: Lane) => void | Promise<void>): void {
		this.#handler = handler;
		this.#control.onMessage(handler);
		this.#bulkLane?.onMessage(handler);
	}

	close(reason?: string): void {
		for (const lane of [this.#control, this.#bulkLane]) {
			if (reason === undefined) lane?.framed.close();
			else lane?.framed.abort(new Error(reason));
		}
		if (reason !== undefined) this.#end(reason);
	}

	#end(reason: string | undefined): void {
		this.#over.resolve(reason);
		this.#bulk.reject(new Error(reason ?? 'the channel was closed'));
		for (const lane of [this.#control, this.#bulkLane]) {
			if (reason === undefined) lane?.framed.close();
			else lane?.framed.abort(new Error(reason));
		}
	}
}
