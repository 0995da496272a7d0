/**
 * Brings REALTIME_TEXT columns up to date with their texts: late, because a keystroke that rewrote a long column each
 * time would write a hundred times as much, but before any statement that could see the difference.
 *
 * Which texts are ahead is kept in slf_text_docs too, so that an engine that dies in between leaves no stale column.
 */

import { PlatformError } from '../../protocol/errors.ts';
import type { TextRef } from '../../protocol/text-edit.ts';
import { VirtualSources } from '../sources.ts';
import { quoteName } from '../sql-tokens.ts';
import type { Database } from '../sqlite.ts';
import type { TextStore } from './store.ts';

/** What a statement reads and writes, as the authorizer saw it. */
export interface Touched {
	readonly tables: ReadonlySet<string>;
	readonly writes: ReadonlySet<string>;
}

export class ColumnWriter {
	readonly #db: Database;
	readonly #store: TextStore;
	readonly #sources: VirtualSources;
	readonly #textOf: (ref: TextRef) => string;
	#dirty: Map<number, TextRef>;

	constructor(db: Database, store: TextStore, textOf: (ref: TextRef) => string) {
		this.#db = db;
		this.#store = store;
		this.#sources = new VirtualSources(db);
		this.#textOf = textOf;
		this.#dirty = store.dirty();
	}

	get size(): number {
		return this.#dirty.size;
	}

	/** The text is ahead of its column. */
	add(doc: number, ref: TextRef): void {
		if (this.#dirty.has(doc)) return;
		this.#store.setDirty(doc, true);
		this.#dirty.set(doc, ref);
	}

	remove(doc: number): void {
		if (this.#dirty.delete(doc)) this.#store.setDirty(doc, false);
	}

	/** After a rollback: what the database says. */
	reload(): void {
		this.#dirty = this.#store.dirty();
	}

	/**
	 * Writes the columns that a statement could see stale, full-text tables fed from them included. On a full disk a read
	 * sees them stale: better than not at all.
	 */
	beforeStatement({ tables, writes }: Touched): boolean {
		if (this.#dirty.size === 0) return false;
		const touched = [...tables, ...writes];
		const stale = new Set<string>();
		for (const { table } of this.#dirty.values()) {
			if (!stale.has(table) && this.#sources.isTouched(table, touched)) stale.add(table);
		}
		if (stale.size === 0) return false;
		try {
			return this.flush(stale);
		} catch (error) {
			const isFull = error instanceof PlatformError && error.code === 'QUOTA';
			if (isFull && writes.size === 0 && !this.#db.inTransaction) return false;
			throw error;
		}
	}

	flush(tables?: ReadonlySet<string>): boolean {
		const behind = [...this.#dirty].filter(([, ref]) => !tables || tables.has(ref.table));
		if (behind.length === 0) return false;
		if (this.#db.inTransaction) this.#write(behind);
		else {
			try {
				this.#db.transaction(() => this.#write(behind));
			} catch (error) {
				this.reload();
				throw error;
			}
		}
		return true;
	}

	#write(behind: readonly [number, TextRef][]): void {
		this.#db.run('SELECT crsql_internal_sync_bit(1)');
		try {
			for (const [doc, ref] of behind) {
				const column = quoteName(ref.column);
				const text = this.#textOf(ref);
				this.#db.run(
					`UPDATE ${quoteName(ref.table)} SET ${column} = ? WHERE scope_id = ? AND id = ? AND ${column} IS NOT ?`,
					[text, ref.scope, ref.id, text]
				);
				this.remove(doc);
			}
		} finally {
			// Left set, later local writes would be applied here and told to nobody.
			this.#db.run('SELECT crsql_internal_sync_bit(0)');
		}
	}
}
