/**
 * Messages over a stream of bytes: how every stream of ours is cut, whatever carries it.
 *
 *     frame := varint length of payload | kind 1 byte | payload (at most 64 KiB)
 *     kind 0  the last or only part of a message
 *     kind 1  a part with more to follow
 *     kind 2  credit: the payload is a number of bytes (sync/transport/channel.ts)
 *     kind 3  "are you there", kind 4 "I am": no payload
 *     kind 5  opens a lane of a channel
 *
 * Invariants
 * - Lengths are minimal varints; nothing has two forms.
 * - A message grows to the reader's limit and not a byte further; a frame is refused by its length, before its bytes
 *   are waited for. So a reader holds at most its limit plus one frame.
 */
import { ProtocolError } from './errors.ts';

/** Largest payload of one frame, in bytes. */
export const MAX_FRAME = 64 * 1024;

export const FRAME_LAST = 0;
export const FRAME_MORE = 1;
export const FRAME_CREDIT = 2;
export const FRAME_PING = 3;
export const FRAME_PONG = 4;
export const FRAME_OPEN = 5;

const EMPTY = new Uint8Array(0);

/** One frame as bytes. @throws ProtocolError TOO_LARGE */
export function encodeFrame(kind: number, payload: Uint8Array = EMPTY): Uint8Array {
	const length = payload.length;
	if (length > MAX_FRAME) throw new ProtocolError('TOO_LARGE', 'frame', `${length} bytes in one frame`);
	const head = length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
	const frame = new Uint8Array(head + 1 + length);
	let rest = length;
	for (let i = 0; i < head; i++) {
		frame[i] = (rest & 0x7f) | (i < head - 1 ? 0x80 : 0);
		rest >>>= 7;
	}
	frame[head] = kind;
	frame.set(payload, head + 1);
	return frame;
}

/** The frames of one message, in order, each with the length of its payload. */
export function* framesOf(message: Uint8Array): Generator<{ frame: Uint8Array; size: number }> {
	let at = 0;
	while (message.length - at > MAX_FRAME) {
		yield { frame: encodeFrame(FRAME_MORE, message.subarray(at, at + MAX_FRAME)), size: MAX_FRAME };
		at += MAX_FRAME;
	}
	yield { frame: encodeFrame(FRAME_LAST, message.subarray(at)), size: lastPart(message.length) };
}

/** Payload of the last frame of a message of this length: all parts before it are full. */
export function lastPart(length: number): number {
	return length === 0 ? 0 : ((length - 1) % MAX_FRAME) + 1;
}

/** What a reader tells: whole messages, and frames of kinds above 1. */
export interface FrameSink {
	message(bytes: Uint8Array): void;
	/** A part of a message that has more to follow. */
	part?(size: number): void;
	control?(kind: number, payload: Uint8Array): void;
}

/** Puts frames and messages back together from pieces of any size. */
export class FrameReader {
	readonly #sink: FrameSink;
	readonly #maxMessage: number;
	readonly #head: number[] = [];
	#payload: Uint8Array | undefined;
	#filled = 0;
	#kind = 0;
	#parts: Uint8Array[] = [];
	#size = 0;

	/** @param maxMessage largest message to accept, in bytes */
	constructor(maxMessage: number, sink: FrameSink) {
		this.#maxMessage = maxMessage;
		this.#sink = sink;
	}

	/** True between the first byte of a message and its last. */
	get partial(): boolean {
		return this.#head.length > 0 || this.#payload !== undefined || this.#parts.length > 0;
	}

	/** Bytes held of a message that is not whole yet. */
	get held(): number {
		return this.#size + (this.#payload?.length ?? 0);
	}

	/** @throws ProtocolError if the bytes are no frames of ours or a limit is passed; the reader is then of no more use */
	push(bytes: Uint8Array): void {
		let at = 0;
		while (at < bytes.length) {
			if (!this.#payload) {
				this.#readHead(bytes[at++] as number);
				if (!this.#payload) continue;
			} else {
				const piece = bytes.subarray(at, at + this.#payload.length - this.#filled);
				this.#payload.set(piece, this.#filled);
				this.#filled += piece.length;
				at += piece.length;
			}
			if (this.#filled === this.#payload.length) this.#finish(this.#payload);
		}
	}

	#readHead(byte: number): void {
		const head = this.#head;
		head.push(byte);
		const last = head.length - 2;
		// The byte after the last of the varint is the kind.
		if (last < 0 || ((head[last] as number) & 0x80) !== 0) {
			if (head.length > 3 && (byte & 0x80) !== 0)
				throw new ProtocolError('TOO_LARGE', 'frame', 'its length is too long');
			return;
		}
		let length = 0;
		for (let i = last; i >= 0; i--) length = length * 128 + ((head[i] as number) & 0x7f);
		if (last > 0 && head[last] === 0) throw new ProtocolError('MALFORMED', 'frame', 'its length is not minimal');
		if (length > MAX_FRAME) throw new ProtocolError('TOO_LARGE', 'frame', `${length} bytes in one frame`);
		if (byte <= FRAME_MORE && this.#size + length > this.#maxMessage) {
			throw new ProtocolError('TOO_LARGE', 'message', `more than ${this.#maxMessage} bytes`);
		}
		head.length = 0;
		this.#kind = byte;
		this.#payload = new Uint8Array(length);
		this.#filled = 0;
	}

	#finish(payload: Uint8Array): void {
		this.#payload = undefined;
		if (this.#kind > FRAME_MORE) return this.#sink.control?.(this.#kind, payload);
		// Every part is full but the last: a message of empty parts would cost memory that no limit counts.
		if (this.#kind === FRAME_MORE && payload.length !== MAX_FRAME) {
			throw new ProtocolError('MALFORMED', 'frame', 'a part that is not full');
		}
		this.#parts.push(payload);
		this.#size += payload.length;
		if (this.#kind === FRAME_MORE) return this.#sink.part?.(payload.length);
		const message = this.#parts.length === 1 ? payload : join(this.#parts, this.#size);
		this.#parts = [];
		this.#size = 0;
		this.#sink.message(message);
	}
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
	const whole = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
