/**
 * The device's side of rendezvous: remembers what is registered, says it again in time, and after each reconnect.
 *
 * Its stream also tells whether the relay is there at all: the heartbeat of this stream is the heartbeat of the
 * connection.
 */
import { toHex } from '../../crypto/bytes.ts';
import { FramedStream, HEARTBEAT } from '../../protocol/framed-stream.ts';
import type { ByteStream } from '../../protocol/framed-stream.ts';
import { RENDEZVOUS_LIMITS } from '../../protocol/rendezvous-directory.ts';
import { RENDEZVOUS_MESSAGE, decodeRendezvousAnswer, encodeRendezvous } from '../../protocol/rendezvous.ts';
import { systemTimers } from './system-timers.ts';
import type { Rendezvous } from './transport.ts';

/** Twice within the time that a relay remembers. */
const RENEW = RENDEZVOUS_LIMITS.ttl / 2;

export class RendezvousClient implements Rendezvous {
	readonly #notes = new Map<string, { tag: Uint8Array; blob: Uint8Array }>();
	readonly #listeners = new Set<(tag: Uint8Array, blob: Uint8Array) => void>();
	#stream: FramedStream | undefined;

	register(tag: Uint8Array, blob: Uint8Array): void {
		this.#notes.set(toHex(tag), { tag, blob });
		this.#put(tag, blob);
	}

	unregister(tag: Uint8Array): void {
		if (!this.#notes.delete(toHex(tag))) return;
		this.#stream?.send(encodeRendezvous({ type: 'DROP', tag })).catch(() => {});
	}

	onPeer(listener: (tag: Uint8Array, blob: Uint8Array) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Uses a new stream to the relay. Resolves with a reason when it is over. */
	async use(stream: ByteStream): Promise<string | undefined> {
		const framed = new FramedStream(stream, {
			timers: systemTimers,
			maxMessage: RENDEZVOUS_MESSAGE,
			maxQueued: 256 * 1024,
			heartbeat: HEARTBEAT
		});
		this.#stream = framed;
		framed.onMessage((bytes) => {
			const message = decodeRendezvousAnswer(bytes);
			// A tag that is not registered (any more) is nobody's.
			if (message.type !== 'PEER' || !this.#notes.has(toHex(message.tag))) return;
			for (const listener of this.#listeners) listener(message.tag, message.blob);
		});
		this.#putAll();
		const renewing = setInterval(() => this.#putAll(), RENEW);
		const error = await framed.closed;
		clearInterval(renewing);
		if (this.#stream === framed) this.#stream = undefined;
		return error?.message;
	}

	#putAll(): void {
		for (const { tag, blob } of this.#notes.values()) this.#put(tag, blob);
	}

	#put(tag: Uint8Array, blob: Uint8Array): void {
		// Rejects when the stream is over; the next one says everything again.
		this.#stream?.send(encodeRendezvous({ type: 'PUT', tag, blob })).catch(() => {});
	}
}
