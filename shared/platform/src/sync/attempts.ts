/** The asking side's attempts (a code or a link entered here), each with the state that its tab watches. */
import { toHex } from '../crypto/bytes.ts';
import type { AttemptEvent } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Timers } from '../protocol/timers.ts';
import { HandshakeError } from './emoji-handshake.ts';

/** Milliseconds that the outcome of an attempt is kept for a tab that asks late. */
const KEPT = 10 * 60_000;

interface Attempt {
	abort: AbortController;
	event: AttemptEvent;
	listeners: Set<(event: AttemptEvent) => void>;
}

/** Does the work of an attempt: calls back with the emojis, resolves with the scope that it led to, if one. */
type Work = (onEmojis: (emojis: string[]) => void, signal: AbortSignal) => Promise<string | undefined>;

export class Attempts {
	readonly #timers: Timers;
	readonly #random: (length: number) => Uint8Array;
	readonly #attempts = new Map<string, Attempt>();

	constructor(timers: Timers, random: (length: number) => Uint8Array) {
		this.#timers = timers;
		this.#random = random;
	}

	/** Resolves once there are emojis to show; throws a PlatformError when it fails before that. */
	begin(work: Work): Promise<{ id: string; emojis: string[] }> {
		const id = toHex(this.#random(16));
		const attempt: Attempt = {
			abort: new AbortController(),
			event: { state: 'waiting', emojis: [] },
			listeners: new Set()
		};
		this.#attempts.set(id, attempt);
		return new Promise((resolve, reject) => {
			const onEmojis = (emojis: string[]): void => {
				this.#tell(attempt, { state: 'waiting', emojis });
				resolve({ id, emojis });
			};
			work(onEmojis, attempt.abort.signal).then(
				(scope) => this.#end(id, { state: 'accepted', ...(scope === undefined ? {} : { scope }) }),
				(error: unknown) => {
					this.#end(id, { state: 'failed', reason: reasonOf(error) });
					reject(asPlatformError(error));
				}
			);
		});
	}

	watch(id: string, emit: (event: AttemptEvent) => void): () => void {
		const attempt = this.#attempts.get(id);
		if (!attempt) {
			emit({ state: 'failed', reason: 'This attempt is not known here any more. Start again.' });
			return () => {};
		}
		attempt.listeners.add(emit);
		emit(attempt.event);
		return () => attempt.listeners.delete(emit);
	}

	cancel(id: string): void {
		this.#attempts.get(id)?.abort.abort();
	}

	stop(): void {
		for (const { abort } of this.#attempts.values()) abort.abort();
	}

	#end(id: string, event: AttemptEvent): void {
		this.#tell(this.#attempts.get(id)!, event);
		this.#timers.after(KEPT, () => this.#attempts.delete(id));
	}

	#tell(attempt: Attempt, event: AttemptEvent): void {
		attempt.event = event;
		for (const listener of [...attempt.listeners]) listener(event);
	}
}

function reasonOf(error: unknown): string {
	if (error instanceof HandshakeError || error instanceof PlatformError) return error.message;
	return 'Something went wrong on this device.';
}

function asPlatformError(error: unknown): PlatformError {
	if (error instanceof HandshakeError) return new PlatformError(error.code, error.message, {}, { cause: error });
	return PlatformError.from(error);
}
