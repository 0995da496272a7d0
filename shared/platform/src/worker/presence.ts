/**
 * What is shown and not kept: the cursors of people in a text, and the values of EPHEMERAL columns.
 */

import type { CursorEvent } from '../protocol/bridge.ts';
import type { SqlValue } from '../protocol/shapes.ts';
import type { TextRef } from '../protocol/text-edit.ts';
import { PlatformError } from '../protocol/errors.ts';
import { toHex } from '../crypto/bytes.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { Replica } from '../log/replica.ts';
import type { Environment } from './environment.ts';

interface Cursor {
	editor: string;
	anchor: Uint8Array;
	head: Uint8Array;
}

export interface PresenceOptions {
	replica: Replica;
	person: PersonKeys;
	environment: Environment;
}

export class Presence {
	readonly #replica: Replica;
	readonly #person: PersonKeys;
	readonly #listeners = new Set<() => void>();
	/** By text, then by editor: those of this device's tabs. */
	readonly #own = new Map<string, Map<string, Cursor>>();

	constructor({ replica, person }: PresenceOptions) {
		this.#replica = replica;
		this.#person = person;
	}

	setCursor(ref: TextRef, editor: string, selection: { anchor: number; head: number } | null): void {
		const key = keyOf(ref);
		const cursors = this.#own.get(key) ?? new Map<string, Cursor>();
		if (selection) {
			const { text } = this.#replica;
			cursors.set(editor, {
				editor,
				anchor: text.anchor(ref, selection.anchor),
				head: text.anchor(ref, selection.head)
			});
			this.#own.set(key, cursors);
		} else if (cursors.delete(editor) && cursors.size === 0) {
			this.#own.delete(key);
		}
		this.#tell();
	}

	cursors(ref: TextRef, editor: string): CursorEvent {
		const found: CursorEvent = [];
		for (const cursor of this.#own.get(keyOf(ref))?.values() ?? []) {
			if (cursor.editor === editor) continue;
			const anchor = this.#replica.text.resolve(ref, cursor.anchor);
			const head = this.#replica.text.resolve(ref, cursor.head);
			if (anchor === null || head === null) continue;
			const { identity, name } = this.#person;
			found.push({ key: cursor.editor, identity: toHex(identity), name, own: true, anchor, head });
		}
		return found;
	}

	setValues(table: string, scope: string, _id: string, _values: Record<string, SqlValue>): void {
		throw new PlatformError('NO_COLUMN', 'This table has no EPHEMERAL columns', { table, scope });
	}

	/** Sealed values for the others in a scope (hex of its true id). */
	onSend(_listener: (scope: string, sealed: Uint8Array) => void): () => void {
		return () => {};
	}

	receive(_scope: string, _sealed: Uint8Array, _from: string): void {}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		this.#own.clear();
	}

	#tell(): void {
		for (const listener of [...this.#listeners]) listener();
	}
}

function keyOf({ table, scope, id, column }: TextRef): string {
	return JSON.stringify([table, scope, id, column]);
}
