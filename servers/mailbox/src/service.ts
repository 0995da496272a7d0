/** The mailbox protocol on a node: rules and storage behind it, watchers told of what others deposit. */
import { systemTimers } from '@slf/host';
import type { Libp2p } from 'libp2p';
import {
	FramedStream,
	HEARTBEAT,
	MAILBOX_MESSAGE,
	MAILBOX_PROTOCOL,
	MAILBOX_WATCHES,
	MailboxRules,
	MemoryBudget,
	decodeMailboxRequest,
	encodeMailbox
} from '@slf/platform/protocol';
import type { MailboxAnswer, MailboxLimits, MailboxRequest } from '@slf/platform/protocol';
import type { SqliteStorage } from './sqlite-storage.ts';

const SWEEP = 3_600_000;
const STREAMS_PER_DEVICE = 4;

/** Bytes of half-read deposits of all devices together. */
const MEMORY = 48 * 1024 * 1024;

/** Bytes that wait to go to one device before the next request of that device is read. */
const MOST_UNSENT = 2 * 1024 * 1024;

export interface MailboxService {
	/** Streams that were ended because of what came over them. */
	readonly faults: number;
	close(): void;
}

/** Makes a node answer as a mailbox. */
export async function registerMailbox(
	node: Libp2p,
	storage: SqliteStorage,
	options: { limits?: MailboxLimits; log?: (line: string) => void } = {}
): Promise<MailboxService> {
	const rules = new MailboxRules(storage, Date.now, options.limits);
	const watchers = new Watchers();
	const budget = new MemoryBudget(MEMORY);
	const service = { faults: 0, close: () => clearInterval(sweeping) };
	const sweeping = setInterval(() => {
		rules.sweep();
		storage.shrink();
	}, SWEEP);
	sweeping.unref();

	await node.handle(
		MAILBOX_PROTOCOL,
		(stream) => {
			const framed = new FramedStream(stream, {
				timers: systemTimers,
				maxMessage: MAILBOX_MESSAGE,
				budget,
				heartbeat: HEARTBEAT
			});
			const session = new MailboxSession(framed, rules, watchers, options.log ?? (() => {}));
			void session.send({ type: 'WELCOME', v: 1, mailbox: storage.id });
			framed.onMessage(async (bytes) => {
				const sent = session.handle(decodeMailboxRequest(bytes));
				// A device that asks and does not read is not asked again before it has read.
				if (stream.writeBufferLength > MOST_UNSENT) await sent;
			});
			void framed.closed.then((error) => {
				watchers.forget(session);
				if (error?.name === 'ProtocolError') service.faults++;
			});
		},
		{ maxInboundStreams: STREAMS_PER_DEVICE }
	);
	return service;
}

class MailboxSession {
	readonly #framed: FramedStream;
	readonly #rules: MailboxRules;
	readonly #watchers: Watchers;
	readonly #log: (line: string) => void;

	constructor(framed: FramedStream, rules: MailboxRules, watchers: Watchers, log: (line: string) => void) {
		this.#framed = framed;
		this.#rules = rules;
		this.#watchers = watchers;
		this.#log = log;
	}

	/** Resolves when the stream has taken the message, or is over. */
	send(answer: MailboxAnswer): Promise<void> {
		return this.#framed.send(encodeMailbox(answer)).catch(() => {});
	}

	handle(request: MailboxRequest): Promise<void> {
		switch (request.type) {
			case 'DEPOSIT':
				return this.#answer(request.id, () => this.#deposit(request.id, request.tag, request.records));
			case 'FETCH': {
				const { id, tag, after, most } = request;
				return this.#answer(id, () => ({ type: 'RECORDS', id, ...this.#rules.fetch(tag, after, most) }));
			}
			case 'WATCH':
				if (!this.#watchers.watch(this, request.tag)) {
					return this.send({ type: 'FAILED', id: 0, reason: 'too-many-watches' });
				}
				// Something may have come between the device's last fetch and now.
				return this.news(request.tag, this.#rules.latest(request.tag));
			case 'UNWATCH':
				this.#watchers.unwatch(this, request.tag);
				return Promise.resolve();
		}
	}

	news(tag: Uint8Array, latest: number): Promise<void> {
		return this.send({ type: 'NEWS', tag, latest });
	}

	#deposit(id: number, tag: Uint8Array, records: Uint8Array[]): MailboxAnswer {
		const outcome = this.#rules.deposit(tag, records);
		if (outcome.stored > 0) this.#watchers.tell(tag, this.#rules.latest(tag), this);
		return { type: 'DEPOSITED', id, ...outcome };
	}

	/** A disk that is full or broken must not end the server, nor look like an empty mailbox. */
	#answer(id: number, act: () => MailboxAnswer): Promise<void> {
		let answer: MailboxAnswer;
		try {
			answer = act();
		} catch (error) {
			this.#log(`mailbox storage failed: ${error instanceof Error ? error.message : 'unknown'}`);
			answer = { type: 'FAILED', id, reason: 'storage' };
		}
		return this.send(answer);
	}
}

class Watchers {
	readonly #sessionsByTag = new Map<string, Set<MailboxSession>>();
	readonly #tagsBySession = new Map<MailboxSession, Set<string>>();

	watch(session: MailboxSession, tag: Uint8Array): boolean {
		const key = keyOf(tag);
		const tags = this.#tagsBySession.get(session) ?? new Set();
		if (!tags.has(key) && tags.size >= MAILBOX_WATCHES) return false;
		this.#tagsBySession.set(session, tags.add(key));
		const sessions = this.#sessionsByTag.get(key) ?? new Set();
		this.#sessionsByTag.set(key, sessions.add(session));
		return true;
	}

	unwatch(session: MailboxSession, tag: Uint8Array): void {
		this.#tagsBySession.get(session)?.delete(keyOf(tag));
		this.#remove(session, keyOf(tag));
	}

	forget(session: MailboxSession): void {
		for (const key of this.#tagsBySession.get(session) ?? []) this.#remove(session, key);
		this.#tagsBySession.delete(session);
	}

	/** Tells all who watch a tag, but not who made the news. */
	tell(tag: Uint8Array, latest: number, except: MailboxSession): void {
		for (const session of this.#sessionsByTag.get(keyOf(tag)) ?? []) {
			if (session !== except) void session.news(tag, latest);
		}
	}

	#remove(session: MailboxSession, key: string): void {
		const sessions = this.#sessionsByTag.get(key);
		sessions?.delete(session);
		if (sessions?.size === 0) this.#sessionsByTag.delete(key);
	}
}

function keyOf(tag: Uint8Array): string {
	return Buffer.from(tag.buffer, tag.byteOffset, tag.byteLength).toString('base64');
}
