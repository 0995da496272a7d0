/**
 * Where texts are kept: three local tables beside the replicated ones. Nothing of this passes through crsql_changes;
 * on the wire the truth is the batch log.
 *
 *     slf_text_docs   a number for each text, and whether its column is behind
 *     slf_text_log    updates in the order in which they came: small rows, so that a keystroke writes one page
 *     slf_text_state  the whole document as one update, up to where the log was dropped
 *
 * A row of the log is in one of three states: IN it is in the document; UNSEALED the same, made here and not yet in a
 * batch; HELD it came from elsewhere and leans on what is not here. `client` and `counter` are those of its author.
 */

import * as Y from 'yjs';
import type { Database, SqlValue } from '../sqlite.ts';
import type { TextRef } from '../../protocol/text-edit.ts';
import { checkTextUpdate, TEXT_LIMITS } from './check.ts';
import type { HeldUpdate, Stored, TextDocument } from './document.ts';

const IN = 0;
const UNSEALED = 1;
const HELD = 2;

/** Updates sealed as one stay well below what others accept. */
const MERGE_STRUCTS = TEXT_LIMITS.structs / 2;
const MERGE_BYTES = 2 ** 19;
/** Y.mergeUpdates is super-linear: 10,000 at once took 0.8 s, 260,000 did not end in 4 minutes. */
const MERGE_ROWS = 50;

/** An update of this device that belongs into the next batch of its scope. */
export interface PendingText extends TextRef {
	readonly counter: number;
	readonly update: Uint8Array;
}

export class TextStore {
	readonly #db: Database;

	constructor(db: Database) {
		this.#db = db;
		db.exec(`
			CREATE TABLE IF NOT EXISTS slf_text_docs (
				doc INTEGER PRIMARY KEY NOT NULL,
				"table" TEXT NOT NULL,
				scope_id TEXT NOT NULL,
				id TEXT NOT NULL,
				"column" TEXT NOT NULL,
				dirty INTEGER NOT NULL DEFAULT 0,
				UNIQUE (scope_id, id, "table", "column")
			);
			CREATE INDEX IF NOT EXISTS slf_text_docs_dirty ON slf_text_docs (doc) WHERE dirty = 1;
			CREATE TABLE IF NOT EXISTS slf_text_log (
				doc INTEGER NOT NULL,
				seq INTEGER NOT NULL,
				client INTEGER NOT NULL,
				counter INTEGER NOT NULL,
				state INTEGER NOT NULL,
				body BLOB NOT NULL,
				PRIMARY KEY (doc, seq)
			) WITHOUT ROWID;
			CREATE INDEX IF NOT EXISTS slf_text_log_unsealed ON slf_text_log (doc, seq) WHERE state = ${UNSEALED};
			CREATE TABLE IF NOT EXISTS slf_text_state (
				doc INTEGER PRIMARY KEY NOT NULL,
				state BLOB NOT NULL,
				next_seq INTEGER NOT NULL
			);
		`);
	}

	find(ref: TextRef): number | undefined {
		const doc = this.#db.value(
			'SELECT doc FROM slf_text_docs WHERE scope_id = ? AND id = ? AND "table" = ? AND "column" = ?',
			[ref.scope, ref.id, ref.table, ref.column]
		);
		return doc as number | undefined;
	}

	create(ref: TextRef): number {
		this.#db.run('INSERT INTO slf_text_docs ("table", scope_id, id, "column") VALUES (?, ?, ?, ?)', [
			ref.table,
			ref.scope,
			ref.id,
			ref.column
		]);
		return this.find(ref) as number;
	}

	/** The texts of one row of a table. */
	docsOfRow(table: string, scope: string, id: string): number[] {
		const rows = this.#db.all('SELECT doc FROM slf_text_docs WHERE scope_id = ? AND id = ? AND "table" = ?', [
			scope,
			id,
			table
		]);
		return rows.map(([doc]) => doc as number);
	}

	load(doc: number): Stored {
		const snapshot = this.#db.get('SELECT state, next_seq FROM slf_text_state WHERE doc = ?', [doc]);
		const rows = this.#db.all('SELECT seq, client, state, body FROM slf_text_log WHERE doc = ? ORDER BY seq', [
			doc
		]) as [number, number, number, Uint8Array][];
		const held: HeldUpdate[] = [];
		const tail: Uint8Array[] = [];
		for (const [seq, client, state, body] of rows) {
			if (state === HELD) held.push({ seq, client, update: body, shape: checkTextUpdate(body, client) });
			else tail.push(body);
		}
		const last = rows.at(-1)?.[0] ?? -1;
		return {
			doc,
			state: (snapshot?.[0] as Uint8Array | undefined) ?? null,
			tail,
			held,
			nextSeq: Math.max(last + 1, (snapshot?.[1] as number | undefined) ?? 0)
		};
	}

	appendOwn(document: TextDocument, client: number, counter: number, update: Uint8Array): void {
		this.#append(document, client, counter, UNSEALED, update);
		document.tail += 1;
	}

	appendRemote(document: TextDocument, client: number, counter: number, update: Uint8Array): void {
		this.#append(document, client, counter, IN, update);
		document.tail += 1;
	}

	appendHeld(document: TextDocument, client: number, counter: number, update: Uint8Array): number {
		return this.#append(document, client, counter, HELD, update);
	}

	/** What was held is in the document now, so its place in the log is now: it leans on rows before it. */
	release(document: TextDocument, seq: number): void {
		const next = document.nextSeq++;
		this.#db.run('UPDATE slf_text_log SET seq = ?, state = ? WHERE doc = ? AND seq = ?', [next, IN, document.doc, seq]);
		document.tail += 1;
	}

	setDirty(doc: number, dirty: boolean): void {
		this.#db.run('UPDATE slf_text_docs SET dirty = ? WHERE doc = ?', [dirty ? 1 : 0, doc]);
	}

	/** Texts whose column is behind. */
	dirty(): Map<number, TextRef> {
		const rows = this.#db.all('SELECT doc, "table", scope_id, id, "column" FROM slf_text_docs WHERE dirty = 1') as [
			number,
			string,
			string,
			string,
			string
		][];
		return new Map(rows.map(([doc, table, scope, id, column]) => [doc, { table, scope, id, column }]));
	}

	hasUnsealed(): boolean {
		return this.#db.value(`SELECT EXISTS (SELECT 1 FROM slf_text_log WHERE state = ${UNSEALED})`) === 1;
	}

	/** Takes the updates that no batch holds yet, merged where that stays small. The caller seals them in this transaction. */
	takeUnsealed(): PendingText[] {
		const rows = this.#db.all(
			`SELECT d."table", d.scope_id, d.id, d."column", l.counter, l.client, l.body, l.doc
			FROM slf_text_log l JOIN slf_text_docs d ON d.doc = l.doc
			WHERE l.state = ${UNSEALED} ORDER BY l.doc, l.seq`
		) as [string, string, string, string, number, number, Uint8Array, number][];
		const pending: PendingText[] = [];
		let group: { doc: number; client: number; ref: TextRef; counter: number; updates: Uint8Array[] } | undefined;
		let structs = 0;
		let bytes = 0;
		const close = (): void => {
			if (!group) return;
			const { ref, counter, updates } = group;
			const update = updates.length === 1 ? (updates[0] as Uint8Array) : Y.mergeUpdates(updates);
			pending.push({ ...ref, counter, update });
			group = undefined;
		};
		for (const [table, scope, id, column, counter, client, body, doc] of rows) {
			const size = rows.length === 1 ? 0 : checkTextUpdate(body, client).structs;
			const fits =
				group?.doc === doc &&
				group.client === client &&
				group.updates.length < MERGE_ROWS &&
				structs + size <= MERGE_STRUCTS &&
				bytes + body.length <= MERGE_BYTES;
			if (!fits) {
				close();
				structs = bytes = 0;
			}
			group ??= { doc, client, counter, ref: { table, scope, id, column }, updates: [] };
			group.updates.push(body);
			structs += size;
			bytes += body.length;
		}
		close();
		this.#db.run(`UPDATE slf_text_log SET state = ${IN} WHERE state = ${UNSEALED}`);
		return pending;
	}

	/**
	 * Writes the document as a snapshot and drops the log under it. What no batch holds yet stays in the log too; it is
	 * in the document twice then, which changes nothing.
	 */
	compact(document: TextDocument): void {
		this.#db.run('INSERT OR REPLACE INTO slf_text_state (doc, state, next_seq) VALUES (?, ?, ?)', [
			document.doc,
			document.state(),
			document.nextSeq
		]);
		this.#db.run(`DELETE FROM slf_text_log WHERE doc = ? AND state = ${IN}`, [document.doc]);
		document.tail = 0;
	}

	/** The texts of a scope in an order that is the same everywhere: `[table, id, column, doc]`. */
	ofScope(scope: string): [string, string, string, number][] {
		return this.#db.all(
			'SELECT "table", id, "column", doc FROM slf_text_docs WHERE scope_id = ? ORDER BY "table", id, "column"',
			[scope]
		) as [string, string, string, number][];
	}

	#append(document: TextDocument, client: number, counter: number, state: number, update: Uint8Array): number {
		const seq = document.nextSeq++;
		const row: SqlValue[] = [document.doc, seq, client, counter, state, update];
		this.#db.run('INSERT INTO slf_text_log (doc, seq, client, counter, state, body) VALUES (?, ?, ?, ?, ?, ?)', row);
		return seq;
	}
}
