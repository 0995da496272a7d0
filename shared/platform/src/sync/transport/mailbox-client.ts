/** The device's side of a mailbox: requests with one answer each over one stream, subscriptions kept across reconnects. */
import { toHex } from '../../crypto/bytes.ts';
import { FramedStream, HEARTBEAT } from '../../protocol/framed-stream.ts';
import type { ByteStream } from '../../protocol/framed-stream.ts';
import { MAILBOX_MESSAGE, decodeMailboxAnswer, encodeMailbox } from '../../protocol/mailbox.ts';
import type { MailboxAnswer, MailboxRequest } from '../../protocol/mailbox.ts';
import { systemTimers } from './system-timers.ts';
import type { DepositResult, FetchResult, Mailbox } from './transport.ts';

interface Watch {
	tag: Uint8Array;
	listeners: Set<(latest: number) => void>;
}

type Waiting = (answer: MailboxAnswer | Error) => void;

export class MailboxClient implements Mailbox {
	readonly #watches = new Map<string, Watch>();
	readonly #readyListeners = new Set<(id: string) => void>();
	readonly #waiting = new Map<number, Waiting>();
	#stream: FramedStream | undefined;
	#id: string | undefined;
	#nextRequest = 1;

	get id(): string | undefined {
		return this.#id;
	}

	onReady(listener: (id: string) => void): () => void {
		this.#readyListeners.add(listener);
		if (this.#id !== undefined) listener(this.#id);
		return () => this.#readyListeners.delete(listener);
	}

	async deposit(tag: Uint8Array, records: Uint8Array[]): Promise<DepositResult> {
		const answer = await this.#ask((id) => ({ type: 'DEPOSIT', id, tag, records }));
		if (answer.type !== 'DEPOSITED') throw new Error('the mailbox gave another answer than the one asked for');
		return { stored: answer.stored, known: answer.known, refused: answer.refused };
	}

	async fetch(tag: Uint8Array, after: number, most: number): Promise<FetchResult> {
		const answer = await this.#ask((id) => ({ type: 'FETCH', id, tag, after, most }));
		if (answer.type !== 'RECORDS') throw new Error('the mailbox gave another answer than the one asked for');
		return { records: answer.records, next: answer.next, more: answer.more, gap: answer.gap };
	}

	subscribe(tag: Uint8Array, listener: (latest: number) => void): () => void {
		const key = toHex(tag);
		const watch = this.#watches.get(key) ?? { tag, listeners: new Set() };
		this.#watches.set(key, watch);
		watch.listeners.add(listener);
		// The answer to WATCH tells the newest position, so a second listener asks again.
		if (this.#id !== undefined) this.#tell({ type: 'WATCH', tag });
		return () => {
			watch.listeners.delete(listener);
			if (watch.listeners.size > 0 || this.#watches.get(key) !== watch) return;
			this.#watches.delete(key);
			this.#tell({ type: 'UNWATCH', tag });
		};
	}

	/** Uses a new stream to the mailbox. Resolves with a reason when it is over. */
	async use(stream: ByteStream): Promise<string | undefined> {
		const framed = new FramedStream(stream, {
			timers: systemTimers,
			maxMessage: MAILBOX_MESSAGE,
			heartbeat: HEARTBEAT
		});
		this.#stream = framed;
		framed.onMessage((bytes) => this.#receive(decodeMailboxAnswer(bytes)));
		const error = await framed.closed;
		if (this.#stream !== framed) return error?.message;
		this.#stream = undefined;
		this.#id = undefined;
		for (const waiting of [...this.#waiting.values()]) waiting(new Error('the connection to the mailbox was lost'));
		this.#waiting.clear();
		return error?.message;
	}

	#receive(answer: MailboxAnswer): void {
		if (answer.type === 'WELCOME') return this.#welcome(toHex(answer.mailbox));
		if (answer.type === 'NEWS') {
			for (const listener of this.#watches.get(toHex(answer.tag))?.listeners ?? []) listener(answer.latest);
			return;
		}
		const waiting = this.#waiting.get(answer.id);
		this.#waiting.delete(answer.id);
		waiting?.(answer.type === 'FAILED' ? new Error(`the mailbox failed: ${answer.reason}`) : answer);
	}

	#welcome(id: string): void {
		this.#id = id;
		for (const { tag } of this.#watches.values()) this.#tell({ type: 'WATCH', tag });
		for (const listener of this.#readyListeners) listener(id);
	}

	#ask(request: (id: number) => MailboxRequest): Promise<MailboxAnswer> {
		const stream = this.#stream;
		if (!stream || this.#id === undefined) return Promise.reject(new Error('no mailbox is connected'));
		const id = this.#nextRequest++;
		return new Promise((resolve, reject) => {
			const finish: Waiting = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
			this.#waiting.set(id, finish);
			stream.send(encodeMailbox(request(id))).catch((error: unknown) => {
				this.#waiting.delete(id);
				reject(error instanceof Error ? error : new Error('the mailbox could not be asked'));
			});
		});
	}

	#tell(request: MailboxRequest): void {
		this.#stream?.send(encodeMailbox(request)).catch(() => {});
	}
}
