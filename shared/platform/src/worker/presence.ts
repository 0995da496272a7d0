/**
 * Shows cursors and EPHEMERAL values to the others in a scope, and takes in theirs. Nothing of it is written down.
 *
 * Invariants
 * - What goes out is sealed under the scope's ephemeral key and signed by this device's pseudonym; what comes in is
 *   judged by the same access log as batches: an unknown author is dropped, a VALUES of a role that may not write too.
 * - Everything expires: what was not renewed for 30 s is gone. Own cursors are renewed for as long as their editor is
 *   open; values only when the app sets them again.
 */

import { fromHex, LABELS, open, seal, toHex, verify } from '../crypto/index.ts';
import { EPHEMERAL_LIFE } from '../engine/ephemeral.ts';
import type { Replica } from '../log/replica.ts';
import type { CursorEvent } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import {
	decodePresence,
	decodePresenceBody,
	encodePresence,
	encodePresenceBody,
	presenceStatement,
	type PresenceBody
} from '../protocol/presence.ts';
import { MOST_EPHEMERAL } from '../protocol/session.ts';
import type { SqlValue } from '../protocol/shapes.ts';
import type { TextRef } from '../protocol/text-edit.ts';
import type { Environment } from './environment.ts';

/** Own cursors are shown again after this time, for those who came later and before others forget them, in ms. */
const RENEW_AFTER = 12_000;
/** Cursors that one author may show: a broken or hostile peer must not fill the memory. */
const MOST_CURSORS = 50;
/** What an envelope, a signature and the rest of a message add to its body. */
const OVERHEAD = 1024;

interface Selection {
	anchor: Uint8Array;
	head: Uint8Array;
}

interface OwnCursor {
	ref: TextRef;
	editor: string;
	selection: Selection;
}

interface OtherCursor extends OwnCursor {
	author: string;
	identity: string;
	name: string;
	until: number;
}

type Body<T extends PresenceBody['type']> = Extract<PresenceBody, { type: T }>;

export class Presence {
	readonly #replica: Replica;
	readonly #environment: Environment;
	readonly #listeners = new Set<() => void>();
	readonly #senders = new Set<(scope: string, sealed: Uint8Array) => void>();
	/** By editor. */
	readonly #own = new Map<string, OwnCursor>();
	/** By author and editor. */
	readonly #others = new Map<string, OtherCursor>();
	/** The newest serial of each author in a scope. */
	readonly #seen = new Map<string, number>();
	#serial = 0;
	#stopRenewal: (() => void) | undefined;
	#stopExpiry: (() => void) | undefined;

	constructor(replica: Replica, environment: Environment) {
		this.#replica = replica;
		this.#environment = environment;
	}

	setCursor(ref: TextRef, editor: string, selection: { anchor: number; head: number } | null): void {
		if (selection) {
			const { text } = this.#replica;
			const cursor = {
				ref,
				editor,
				selection: { anchor: text.anchor(ref, selection.anchor), head: text.anchor(ref, selection.head) }
			};
			this.#own.set(editor, cursor);
			this.#show(cursor);
			this.#renewLater();
		} else {
			const cursor = this.#own.get(editor);
			if (!cursor) return;
			this.#own.delete(editor);
			this.#show({ ...cursor, selection: null });
		}
		this.#tell();
	}

	/** Cursors of every editor of that text but `editor`. */
	cursors(ref: TextRef, editor: string): CursorEvent {
		const found: CursorEvent = [];
		const { identity } = this.#replica;
		for (const cursor of this.#own.values()) {
			if (cursor.editor === editor || !isSame(cursor.ref, ref)) continue;
			this.#place(found, cursor, { key: cursor.editor, identity, name: '', own: true });
		}
		for (const cursor of this.#others.values()) {
			if (!isSame(cursor.ref, ref)) continue;
			const { author, name } = cursor;
			const own = cursor.identity === identity;
			this.#place(found, cursor, { key: `${author}:${cursor.editor}`, identity: cursor.identity, name, own });
		}
		return found;
	}

	/** @throws PlatformError NO_COLUMN, DENIED, UNKNOWN_SCOPE, TOO_LARGE */
	setValues(table: string, scope: string, id: string, values: Record<string, SqlValue>): void {
		this.#replica.checkUpdate(scope, table);
		this.#replica.ephemeral.set({ table, scope, id, values }, `tab`);
		this.#expireLater();
		this.#send(scope, { type: 'VALUES', rows: [{ table, id, values: new Map(Object.entries(values)) }] });
		this.#tell();
	}

	/** Sealed values for the others in a scope (hex of its true id). */
	onSend(listener: (scope: string, sealed: Uint8Array) => void): () => void {
		this.#senders.add(listener);
		return () => this.#senders.delete(listener);
	}

	/** Takes in what another device shows. What cannot be opened, is older, or is not allowed, is dropped. */
	receive(scope: string, sealed: Uint8Array): void {
		const voice = this.#replica.voice(scope);
		if (!voice) return;
		const content = openWith(voice.keys, fromHex(scope), sealed);
		if (!content) return;
		try {
			const message = decodePresence(content);
			const author = toHex(message.author);
			const speaker = this.#replica.speaker(scope, message.author);
			const key = `${scope}:${author}`;
			if (!speaker || message.serial <= (this.#seen.get(key) ?? 0)) return;
			const statement = presenceStatement(fromHex(scope), message);
			if (!verify(LABELS.signEphemeral, statement, message.signature, message.author)) return;
			this.#seen.set(key, message.serial);
			const body = decodePresenceBody(message.body);
			if (body.type === 'CURSOR') this.#takeCursor(voice.name, author, speaker, body);
			else this.#takeValues(voice.name, speaker, body);
		} catch (error) {
			// Malformed, or values for columns that are not here: nothing to show.
			if (!(error instanceof Error)) throw error;
		}
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		this.#stopRenewal?.();
		this.#stopExpiry?.();
		this.#senders.clear();
		this.#listeners.clear();
	}

	#takeCursor(
		scope: string,
		author: string,
		{ identity, name }: { identity: string; name: string },
		{ editor, table, id, column, selection }: Body<'CURSOR'>
	): void {
		const key = `${author}:${editor}`;
		if (selection === null) {
			if (this.#others.delete(key)) this.#tell();
			return;
		}
		const isFull = [...this.#others.values()].filter((cursor) => cursor.author === author).length >= MOST_CURSORS;
		if (isFull && !this.#others.has(key)) return;
		const until = this.#environment.clock() + EPHEMERAL_LIFE;
		this.#others.set(key, { ref: { table, scope, id, column }, editor, selection, author, identity, name, until });
		this.#expireLater();
		this.#tell();
	}

	#takeValues(
		scope: string,
		{ identity, mayWrite }: { identity: string; mayWrite(table: string): boolean },
		{ rows }: Body<'VALUES'>
	): void {
		const origin = identity === this.#replica.identity ? 'device' : identity;
		for (const { table, id, values } of rows) {
			if (!mayWrite(table)) continue;
			this.#replica.ephemeral.set({ table, scope, id, values: Object.fromEntries(values) }, origin);
		}
		this.#expireLater();
		this.#tell();
	}

	#place(found: CursorEvent, { ref, selection }: OwnCursor, who: Omit<CursorEvent[number], 'anchor' | 'head'>): void {
		const { text } = this.#replica;
		try {
			const anchor = text.resolve(ref, selection.anchor);
			const head = text.resolve(ref, selection.head);
			if (anchor !== null && head !== null) found.push({ ...who, anchor, head });
		} catch {
			// A place that is no place: another's mistake.
		}
	}

	#show({ ref, editor, selection }: Omit<OwnCursor, 'selection'> & { selection: Selection | null }): void {
		const { table, scope, id, column } = ref;
		this.#send(scope, { type: 'CURSOR', editor, table, id, column, selection });
	}

	#send(scope: string, body: PresenceBody): void {
		const voice = this.#replica.voice(scope);
		if (!voice || this.#senders.size === 0) return;
		const encoded = encodePresenceBody(body);
		if (encoded.length + OVERHEAD > MOST_EPHEMERAL) {
			throw new PlatformError('TOO_LARGE', 'These values are too large to be shown to others', { scope });
		}
		// From the clock, so that it grows over a restart too.
		this.#serial = Math.max(this.#serial + 1, this.#environment.clock());
		const { author, keys, id } = voice;
		const message = { author, serial: this.#serial, body: encoded };
		const signature = voice.sign(LABELS.signEphemeral, presenceStatement(fromHex(id), message));
		const sealed = seal(keys[0]!, LABELS.sealEphemeral, fromHex(id), encodePresence({ ...message, signature }));
		for (const sender of [...this.#senders]) sender(id, sealed);
	}

	#renewLater(): void {
		this.#stopRenewal ??= this.#environment.after(RENEW_AFTER, () => {
			this.#stopRenewal = undefined;
			if (this.#own.size === 0) return;
			for (const cursor of this.#own.values()) this.#show(cursor);
			this.#renewLater();
		});
	}

	#expireLater(): void {
		this.#stopExpiry ??= this.#environment.after(EPHEMERAL_LIFE / 6, () => {
			this.#stopExpiry = undefined;
			const now = this.#environment.clock();
			let expired = false;
			for (const [key, { until }] of this.#others) {
				if (until <= now) expired = this.#others.delete(key);
			}
			const next = this.#replica.ephemeral.expire();
			if (expired) this.#tell();
			if (next !== null || this.#others.size > 0) this.#expireLater();
		});
	}

	#tell(): void {
		for (const listener of [...this.#listeners]) listener();
	}
}

function openWith(keys: readonly Uint8Array[], scope: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
	for (const key of keys) {
		try {
			return open(key, LABELS.sealEphemeral, scope, sealed);
		} catch {
			// Of another epoch, or damaged.
		}
	}
	return undefined;
}

function isSame(one: TextRef, other: TextRef): boolean {
	return one.table === other.table && one.scope === other.scope && one.id === other.id && one.column === other.column;
}
