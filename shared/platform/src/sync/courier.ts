/**
 * One scope and the mailbox: deposits what this device writes, fetches what others left.
 *
 * Invariants
 * - How far it got is kept in the scope's own database, for each mailbox by its id: another mailbox begins anew.
 * - A cursor moves after the records are safe: on the mailbox's disk, or in the local database. So something may come
 *   twice, and nothing is left out.
 * - Own records are always deposited, whoever is connected: the next device that wakes may be the one that was asleep.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { MAILBOX_PAGE } from '../protocol/mailbox.ts';
import { recordHeader } from '../protocol/record.ts';
import type { Timers } from '../protocol/timers.ts';
import type { ChainCursor, SyncScope, SyncStore } from './store.ts';
import type { Mailbox } from './transport/transport.ts';

/** Milliseconds that records wait for company before they are deposited. */
const COLLECT = 100;

/** Milliseconds until what failed is tried again. */
const RETRY = 15_000;

export interface CourierProgress {
	/** Own records up to here are on the mailbox's disk; undefined while it is not known. */
	deposited: ChainCursor | undefined;
	/** The mailbox has dropped records that were not fetched here. */
	gap: boolean;
	/** In plain words, when something does not go on. */
	problem: string | undefined;
	/** Records fetched that the log refused. */
	refused: number;
}

export class Courier {
	readonly scope: SyncScope;
	readonly store: SyncStore;
	readonly #mailbox: Mailbox;
	readonly #changed: () => void;
	readonly #stop: (() => void)[] = [];
	readonly #latest = new Map<string, number>();
	#progress: CourierProgress = { deposited: undefined, gap: false, problem: undefined, refused: 0 };
	#depositing: Job;
	#fetching: Job;
	#closed = false;

	constructor(scope: SyncScope, store: SyncStore, mailbox: Mailbox, timers: Timers, changed: () => void) {
		this.scope = scope;
		this.store = store;
		this.#mailbox = mailbox;
		this.#changed = changed;
		this.#depositing = new Job(
			timers,
			() => this.#deposit(),
			(error) => this.#failed(error)
		);
		this.#fetching = new Job(
			timers,
			() => this.#fetchAll(),
			(error) => this.#failed(error)
		);
	}

	get progress(): CourierProgress {
		return this.#progress;
	}

	start(): void {
		void this.#recall();
		this.#stop.push(this.#mailbox.onReady(() => this.#depositing.soon(0)));
		for (const tag of [this.scope.tag, ...this.scope.tags]) {
			const listen = (latest: number): void => {
				this.#latest.set(toHex(tag), latest);
				this.#fetching.soon(0);
			};
			this.#stop.push(this.#mailbox.subscribe(tag, listen));
		}
	}

	/** This device has written something. */
	written(): void {
		this.#depositing.soon(COLLECT);
	}

	close(): void {
		this.#closed = true;
		for (const stop of this.#stop) stop();
		this.#depositing.close();
		this.#fetching.close();
	}

	/** What was deposited the last time: without a connection too it is known what waits. */
	async #recall(): Promise<void> {
		try {
			const mailbox = await this.store.getCursor(this.#lastKey);
			if (mailbox === undefined || this.#progress.deposited) return;
			const deposited = readCursor(await this.store.getCursor(this.#outKey(mailbox)));
			if (!this.#progress.deposited) this.#update({ deposited });
		} catch {
			// The store is going away: so is this courier.
		}
	}

	get #lastKey(): string {
		return `mailbox/last/${this.scope.id}`;
	}

	#outKey(mailbox: string): string {
		return `mailbox/${mailbox}/${this.scope.id}/out`;
	}

	async #deposit(): Promise<void> {
		const mailbox = this.#mailbox.id;
		if (mailbox === undefined) return;
		const key = this.#outKey(mailbox);
		let done = readCursor(await this.store.getCursor(key));
		for (;;) {
			const records = await this.store.ownSince(this.scope.id, done, MAILBOX_PAGE);
			if (records.length === 0 || this.#closed) break;
			const before = done;
			done = await this.#depositSome(records, done);
			await this.store.setCursor(key, JSON.stringify(done));
			await this.store.setCursor(this.#lastKey, mailbox);
			if (done.access === before.access && done.data === before.data) break;
		}
		this.#update({ deposited: done });
	}

	/** Deposits the first of these that share a tag. Returns how far that brought us. */
	async #depositSome(records: Uint8Array[], done: ChainCursor): Promise<ChainCursor> {
		const headers = records.map((bytes) => recordHeader(bytes).header);
		const tag = headers[0]?.tag as Uint8Array;
		let count = headers.findIndex((header) => !equalBytes(header.tag, tag));
		if (count < 0) count = headers.length;
		const { refused } = await this.#mailbox.deposit(tag, records.slice(0, count));
		const next = { ...done };
		for (const header of headers.slice(0, refused ? refused.index : count)) next[header.log] = header.seq;
		if (!refused) {
			this.#update({ problem: undefined });
			return next;
		}
		const stuck = headers[refused.index];
		if (refused.reason === 'gap' && refused.expected !== undefined && stuck && refused.expected < stuck.seq) {
			// It has less than we believed, and says from where on to bring it again.
			next[stuck.log] = refused.expected - 1;
			return next;
		}
		this.#update({ deposited: next });
		throw new Error(REFUSALS[refused.reason] ?? 'the mailbox refused a record');
	}

	async #fetchAll(): Promise<void> {
		const mailbox = this.#mailbox.id;
		if (mailbox === undefined) return;
		for (const tag of [this.scope.tag, ...this.scope.tags]) {
			const hex = toHex(tag);
			const key = `mailbox/${mailbox}/${hex}/in`;
			let after = Number((await this.store.getCursor(key)) ?? 0);
			while (after < (this.#latest.get(hex) ?? 0) && !this.#closed) {
				const page = await this.#mailbox.fetch(tag, after, MAILBOX_PAGE);
				if (page.gap) this.#update({ gap: true });
				if (page.records.length > 0) await this.#take(page.records);
				if (page.next <= after) break;
				after = page.next;
				await this.store.setCursor(key, String(after));
			}
		}
	}

	async #take(records: Uint8Array[]): Promise<void> {
		const { refused } = await this.store.receive(this.scope.id, records, 'mailbox');
		this.#update({ refused: this.#progress.refused + refused.length, problem: undefined });
	}

	/** Tries again later, unless the connection is what failed: it says itself when it is back. */
	#failed(error: Error): void {
		if (this.#closed || this.#mailbox.id === undefined) return;
		this.#update({ problem: error.message });
		this.#depositing.soon(RETRY);
		this.#fetching.soon(RETRY);
	}

	#update(change: Partial<CourierProgress>): void {
		this.#progress = { ...this.#progress, ...change };
		this.#changed();
	}
}

const REFUSALS: Record<string, string> = {
	malformed: 'the mailbox could not read a record of this device',
	'wrong-tag': 'the mailbox found a record under a foreign tag',
	fork: 'the mailbox has another history of this device: a copy of it was used elsewhere',
	gap: 'the mailbox misses earlier records of this device',
	'unknown-chains': 'the mailbox takes more of a new device in some minutes',
	full: 'the mailbox is full'
};

/** Work that runs once at a time, and once more when it was asked for meanwhile. */
class Job {
	readonly #timers: Timers;
	readonly #work: () => Promise<void>;
	readonly #failed: (error: Error) => void;
	#cancel: (() => void) | undefined;
	#due = Infinity;
	#running = false;
	#again = false;
	#closed = false;

	constructor(timers: Timers, work: () => Promise<void>, failed: (error: Error) => void) {
		this.#timers = timers;
		this.#work = work;
		this.#failed = failed;
	}

	soon(milliseconds: number): void {
		const due = this.#timers.now() + milliseconds;
		if (this.#closed || due >= this.#due) return;
		this.#cancel?.();
		this.#due = due;
		this.#cancel = this.#timers.after(milliseconds, () => {
			this.#due = Infinity;
			this.#cancel = undefined;
			void this.#run();
		});
	}

	close(): void {
		this.#closed = true;
		this.#cancel?.();
	}

	async #run(): Promise<void> {
		this.#again = true;
		if (this.#running) return;
		this.#running = true;
		try {
			while (this.#again && !this.#closed) {
				this.#again = false;
				await this.#work();
			}
		} catch (error) {
			this.#failed(error instanceof Error ? error : new Error('unknown'));
		} finally {
			this.#running = false;
		}
	}
}

function readCursor(text: string | undefined): ChainCursor {
	if (text === undefined) return { access: 0, data: 0 };
	const { access, data } = JSON.parse(text) as ChainCursor;
	return { access, data };
}
