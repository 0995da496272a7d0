/**
 * One open text of a tab: joins TextSync (the state machine), the connection to the engine, and the editor.
 *
 * What observers are told is queued while TextSync works and handed out when it has returned, since an observer may
 * edit again at once.
 */

import type { EngineCalls, EngineStreams, TextBeginning } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { TextEdit, TextEvent, TextRef } from '../protocol/text-edit.ts';
import { isLocked, isLost, type Connection } from './connection.ts';
import type { TextChange, TextCursor, TextEditOutcome, TextHandle, TextUpdate } from './platform.ts';
import { TextSync } from './text-sync.ts';

interface Waiter {
	resolve: () => void;
	reject: (error: PlatformError) => void;
}

/** The own cursor is sent at most this often, in ms. */
const CURSOR_PAUSE = 50;

export async function openText(
	connection: Connection<EngineCalls, EngineStreams>,
	ref: TextRef,
	newOperation: () => string
): Promise<TextHandle> {
	const handle = new TabText(connection, ref, newOperation);
	await handle.open();
	return handle;
}

class TabText implements TextHandle {
	readonly #connection: Connection<EngineCalls, EngineStreams>;
	readonly #ref: TextRef;
	readonly #newOperation: () => string;
	readonly #editor = crypto.randomUUID();
	readonly #observers = new Set<(update: TextUpdate) => void>();
	readonly #cursorObservers = new Set<(cursors: readonly TextCursor[]) => void>();
	readonly #news: TextUpdate[] = [];
	/** Edits that no operation carries yet. */
	#unsent: Waiter[] = [];
	/** Edits that the operation in flight carries. */
	#inFlight: { operation: string; waiters: Waiter[] } | undefined;
	#sync: TextSync | undefined;
	#version = 0;
	/** Set from the loss of an engine until its successor's text is taken over: what came meanwhile. */
	#catchingUp: TextEvent[] | undefined;
	#cursors: TextCursor[] = [];
	#cursorStream: Promise<() => void> | undefined;
	#selection: { anchor: number; head: number } | null = null;
	#cursorTimer: ReturnType<typeof setTimeout> | undefined;
	/** The cursor was last sent when the engine did not have all letters before it yet. */
	#cursorBehind = false;
	#closeStream: () => void = () => {};
	#closed = false;
	/** Grows with each beginning: an answer about an older one is not used. */
	#beginning = 0;

	constructor(connection: Connection<EngineCalls, EngineStreams>, ref: TextRef, newOperation: () => string) {
		this.#connection = connection;
		this.#ref = ref;
		this.#newOperation = newOperation;
	}

	async open(): Promise<void> {
		await new Promise<void>((began, failed) => {
			const args = { ref: this.#ref, editor: this.#editor };
			const receive = (event: TextBeginning | TextEvent) => {
				this.#receive(event);
				began();
			};
			this.#connection
				.open('text', args, receive, {
					lost: () => this.#lost(),
					failed: (error) => this.#fail(error),
					whileLocked: 'fail'
				})
				.then((close) => (this.#closeStream = close), failed);
		});
	}

	get version(): number {
		return this.#version;
	}

	get text(): string {
		return this.#sync?.text ?? '';
	}

	get isSaved(): boolean {
		return this.#sync?.saved ?? true;
	}

	async edit(changes: readonly TextChange[], base: number): Promise<TextEditOutcome> {
		if (this.#closed) throw new PlatformError('CLOSED', 'This text was closed');
		if (base !== this.#version) return { ok: false, stale: true, version: this.#version };
		const durable = new Promise<void>((resolve, reject) => this.#unsent.push({ resolve, reject }));
		this.#tell(changes, true);
		const version = this.#version;
		this.#work((sync) => sync.local(changes));
		await durable;
		return { ok: true, version };
	}

	observe(callback: (update: TextUpdate) => void): () => void {
		this.#observers.add(callback);
		return () => this.#observers.delete(callback);
	}

	saved(): Promise<void> {
		if (this.isSaved) return Promise.resolve();
		return new Promise((resolve, reject) => this.#lastWaiters().push({ resolve, reject }));
	}

	setCursor(selection: { anchor: number; head: number } | null): void {
		this.#selection = selection;
		this.#cursorTimer ??= setTimeout(() => {
			this.#cursorTimer = undefined;
			this.#sendCursor();
		}, CURSOR_PAUSE);
	}

	cursors(callback: (cursors: readonly TextCursor[]) => void): () => void {
		this.#cursorObservers.add(callback);
		this.#cursorStream ??= this.#connection.open('cursors', { ref: this.#ref, editor: this.#editor }, (cursors) => {
			this.#cursors = cursors;
			this.#tellCursors();
		});
		this.#cursorStream.catch(() => {}); // The text's own stream reports failures
		callback(this.#cursorsInText());
		return () => this.#cursorObservers.delete(callback);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		clearTimeout(this.#cursorTimer);
		this.#closeStream();
		void this.#cursorStream?.then(
			(close) => close(),
			() => {}
		);
	}

	// --- What comes from the engine -------------------------------------------------------------------------------

	#receive(event: TextBeginning | TextEvent): void {
		if ('type' in event) void this.#begin(event);
		else if (this.#catchingUp) this.#catchingUp.push(event);
		else this.#work((sync) => sync.receive(event));
	}

	async #begin(beginning: TextBeginning): Promise<void> {
		const mine = ++this.#beginning;
		if (!this.#sync) {
			this.#sync = new TextSync(beginning, {
				newOperation: this.#newOperation,
				send: (request) => void this.#send(request),
				remote: (edit, origin) => this.#tell(edit, false, origin)
			});
			return;
		}
		const wasLost = this.#catchingUp !== undefined;
		this.#catchingUp = [];
		this.#sync.lost();
		const operation = this.#sync.inDoubt;
		let applied = operation !== null && beginning.operation === operation;
		if (operation !== null && wasLost && !applied) {
			try {
				applied = (await this.#connection.call('wasCommitted', { op: operation })) === true;
			} catch (error) {
				return this.#fail(PlatformError.from(error));
			}
			if (mine !== this.#beginning || this.#closed) return;
		}
		const meanwhile = this.#catchingUp;
		this.#catchingUp = undefined;
		if (!applied && this.#inFlight) {
			this.#unsent.unshift(...this.#inFlight.waiters);
			this.#inFlight = undefined;
		}
		this.#work((sync) => sync.reopened(beginning, applied));
		for (const event of meanwhile) this.#work((sync) => sync.receive(event));
		if (this.#selection) this.#sendCursor();
	}

	#lost(): void {
		this.#catchingUp = [];
		this.#sync?.lost();
		this.#cursors = [];
		this.#tellCursors();
	}

	async #send(request: { operation: string; base: number; edit: TextEdit }): Promise<void> {
		const { operation, base, edit } = request;
		if (this.#inFlight?.operation !== operation) {
			// TextSync sends a new operation only when the one before is confirmed.
			for (const { resolve } of this.#inFlight?.waiters ?? []) resolve();
			this.#inFlight = { operation, waiters: this.#unsent };
			this.#unsent = [];
		}
		try {
			const link = await this.#connection.link();
			const answer = await link.call('textEdit', {
				ref: this.#ref,
				editor: this.#editor,
				op: operation,
				edit,
				base
			});
			if (!this.#catchingUp) this.#work((sync) => sync.answer(operation, answer));
		} catch (thrown) {
			// Lost: the stream's end says so too, and the next engine is asked about this operation.
			if (isLost(thrown)) return;
			// First: taken back, the edits wait for nothing any more, and `#work` takes that for saved.
			if (this.#inFlight?.operation === operation) this.#reject(PlatformError.from(thrown));
			this.#work((sync) => sync.refused(operation));
		}
	}

	/**
	 * The engine cannot be had again. Where this page is outdated the text stays here to be copied or saved elsewhere; of
	 * a vault that locked nothing stays.
	 */
	#fail(error: PlatformError): void {
		this.#sync?.lost();
		this.#reject(error);
		if (!isLocked(error)) return;
		this.close();
		this.#sync = undefined;
		this.#news.length = 0;
	}

	#reject(error: PlatformError): void {
		const waiters = [...(this.#inFlight?.waiters ?? []), ...this.#unsent];
		this.#inFlight = undefined;
		this.#unsent = [];
		for (const { reject } of waiters) reject(error);
	}

	// --- Towards the editor ---------------------------------------------------------------------------------------

	/** Lets TextSync work, then settles what became durable and tells observers what changed. */
	#work(step: (sync: TextSync) => void): void {
		if (!this.#sync || (this.#closed && this.#sync.saved)) return;
		step(this.#sync);
		if (this.#inFlight && this.#sync!.inDoubt !== this.#inFlight.operation) {
			for (const { resolve } of this.#inFlight.waiters) resolve();
			this.#inFlight = undefined;
		}
		// An edit that changes nothing, or that another's took away before it was sent, waits for nothing.
		if (this.#sync!.saved) for (const { resolve } of this.#unsent.splice(0)) resolve();
		if (this.#cursorBehind && this.#sync!.saved) {
			this.#cursorBehind = false;
			this.setCursor(this.#selection);
		}
		const news = this.#news.splice(0);
		for (const update of news) for (const observer of [...this.#observers]) observer(update);
		if (news.length > 0) this.#tellCursors();
	}

	#lastWaiters(): Waiter[] {
		return this.#unsent.length > 0 || !this.#inFlight ? this.#unsent : this.#inFlight.waiters;
	}

	#tell(changes: readonly TextChange[], own: boolean, origin?: string): void {
		const update = { version: ++this.#version, changes, own };
		this.#news.push(origin === undefined ? update : { ...update, origin });
	}

	#cursorsInText(): TextCursor[] {
		const sync = this.#sync!;
		return this.#cursors.map((cursor) => ({
			...cursor,
			anchor: sync.toEditor(cursor.anchor),
			head: sync.toEditor(cursor.head)
		}));
	}

	#tellCursors(): void {
		if (this.#cursorObservers.size === 0) return;
		const cursors = this.#cursorsInText();
		for (const observer of [...this.#cursorObservers]) observer(cursors);
	}

	#sendCursor(): void {
		if (this.#closed || this.#catchingUp) return;
		const sync = this.#sync!;
		this.#cursorBehind = this.#selection !== null && !sync.saved;
		const selection = this.#selection && {
			anchor: sync.toConfirmed(this.#selection.anchor),
			head: sync.toConfirmed(this.#selection.head)
		};
		// Not important enough to report: the next movement sends it again.
		this.#connection
			.link()
			.then((link) => link.call('textCursor', { ref: this.#ref, editor: this.#editor, selection }))
			.catch(() => {});
	}
}
