/**
 * REALTIME_TEXT columns: texts that merge character by character, behind ordinary columns.
 *
 *     tab ──edit──▶ Yjs document ──update──▶ slf_text_log ──takePending──▶ batch
 *     SQL ──trigger──▶ diff ─┘    ▲ └──flush──▶ column (sync bit set: no clock row, but triggers and FTS see it)
 *     batch of another ──applyRemote (R10)
 *
 * Invariants
 * - The engine owns the only document of a text. Tabs speak in edits on numbered versions (text-edit.ts).
 * - A text and its column may differ only while the text is in slf_text_docs as dirty; every statement that touches the
 *   table must pass `beforeStatement`. A write that did not would be diffed against the newer text and would delete it.
 * - Structs are made under a client id that was never used before this engine start, so a crash or a restored backup
 *   can not use a clock twice.
 * - After every transaction exactly one of `afterCommit`, `afterRollback` is called; after a statement that failed
 *   inside an open transaction, `statementFailed`. Observers hear of nothing before the commit.
 */

import { PlatformError } from '../protocol/errors.ts';
import { normalText, type TextAnswer, type TextEdit, type TextRef, type TextSnapshot } from '../protocol/text-edit.ts';
import { quoteName } from './sql-tokens.ts';
import type { Database } from './sqlite.ts';
import { checkTextUpdate, TEXT_LIMITS, TextRefusal, type UpdateShape } from './text/check.ts';
import { ColumnWriter, type Touched } from './text/column-writer.ts';
import { TextDocument, type HeldUpdate } from './text/document.ts';
import { boundedDiff, checkOwnEdit, tooLarge } from './text/own-edit.ts';
import { installTextTriggers, type TextSchema, textColumnsOf } from './text/triggers.ts';
import { TextStore, type PendingText } from './text/store.ts';
import { TextWatchers, type TextObserver } from './text/watchers.ts';

export { checkTextUpdate, TEXT_LIMITS, TextRefusal, type PendingText, type TextSchema, type Touched };

export interface TextOptions {
	/**
	 * The Yjs client of this engine start in a scope: 53 bits of a hash of the pseudonym and `counter`. The counter is
	 * new for each engine start, and written down at the latest in the transaction that asks first.
	 */
	clientIdFor(scope: string): { clientId: number; counter: number };
	/** The same for another device: `author` as it was given to `applyRemote`. */
	clientIdOf(author: string, counter: number): number;
	/** A whole number below 2^28, different at each start: versions of an earlier engine are not mistaken for new ones. */
	start?: number;
	/** Documents kept in memory beside those that are observed. */
	cached?: number;
}

export interface EditOptions {
	/** Who types: a tab's id. Comes back in the event. */
	origin?: string;
	/** The operation id; comes back in the event. */
	operation?: string;
}

export type RemoteOutcome = 'applied' | 'known' | 'held';

/** Versions of one loading of a text. No text gets that many edits before it is loaded anew. */
const VERSIONS = 2 ** 24;

export class TextColumns {
	readonly #db: Database;
	readonly #options: TextOptions;
	readonly #store: TextStore;
	readonly #writer: ColumnWriter;
	readonly #watchers = new TextWatchers();
	readonly #columns: ReadonlyMap<string, ReadonlySet<string>>;
	readonly #cached: number;
	/** By key; the least recently used first. */
	readonly #documents = new Map<string, TextDocument>();
	/** Texts that the open transaction changed. */
	readonly #touched = new Set<string>();
	#hasPending: boolean;
	#loads: number;

	constructor(db: Database, schema: TextSchema, options: TextOptions) {
		this.#db = db;
		this.#options = options;
		this.#cached = options.cached ?? 24;
		this.#loads = options.start ?? crypto.getRandomValues(new Uint32Array(1))[0]! >>> 4;
		this.#columns = textColumnsOf(schema);
		this.#store = new TextStore(db);
		this.#writer = new ColumnWriter(db, this.#store, (ref) => this.#load(ref).toString());
		this.#hasPending = this.#store.hasUnsealed();
		installTextTriggers(db, this.#columns, {
			written: (ref, value) => this.#written(ref, value),
			arrived: (ref, isNull) => this.#arrived(ref, isNull)
		});
	}

	/** Is this column one whose changes never travel as cells? The log leaves its clock rows out and refuses them on receipt. */
	isTextColumn(table: string, column: string): boolean {
		return this.#columns.get(table)?.has(column) ?? false;
	}

	/** The REALTIME_TEXT columns of a table. */
	columnsOf(table: string): ReadonlySet<string> {
		return this.#columns.get(table) ?? new Set();
	}

	// --- Tabs ---------------------------------------------------------------------------------------------------------

	open(ref: TextRef): TextSnapshot {
		this.#checkRow(ref);
		const document = this.#load(ref);
		return { version: document.version, text: document.toString() };
	}

	/**
	 * Makes an edit that was made on version `base`, inside an open transaction. Line ends become LF; NUL and lone
	 * surrogates become U+FFFD. Throws PlatformError TEXT_EDIT, TEXT_TOO_LARGE, NO_ROW, NO_COLUMN.
	 */
	edit(ref: TextRef, edit: TextEdit, base: number, options: EditOptions = {}): TextAnswer {
		this.#checkTransaction();
		this.#checkRow(ref);
		const document = this.#load(ref);
		if (base !== document.version) return document.since(base);
		const normal = edit.map(([from, to, insert]) => [from, to, normalText(insert)] as const);
		checkOwnEdit(ref, document.toString(), normal);
		this.#make(document, normal, options);
		return { version: document.version };
	}

	/** Calls `observer` after each commit that changed the text, for each edit. Returns a function that stops it. */
	observe(ref: TextRef, observer: TextObserver): () => void {
		this.#checkColumn(ref);
		return this.#watchers.add(keyOf(ref), ref, observer, () => this.#load(ref).version);
	}

	/** A place that moves with the text around it, for another's device. `after`: it clings to what follows. */
	anchor(ref: TextRef, index: number, after = false): Uint8Array {
		const document = this.#load(ref);
		return document.anchor(Math.max(0, Math.min(index, document.length)), after);
	}

	/** Where such a place is in the text of now; null if it can not be said (yet). */
	resolve(ref: TextRef, anchor: Uint8Array): number | null {
		return this.#load(ref).resolve(anchor);
	}

	// --- Batches ------------------------------------------------------------------------------------------------------

	/** Are there updates that no batch holds? */
	get hasPending(): boolean {
		return this.#hasPending;
	}

	/**
	 * The updates made on this device since the last seal, also those of an earlier start that was cut off. They count
	 * as sealed when the open transaction commits.
	 */
	takePending(): PendingText[] {
		if (!this.#hasPending) return [];
		this.#checkTransaction();
		this.#hasPending = false;
		return this.#store.takeUnsealed();
	}

	/**
	 * Applies an update of another device, inside an open transaction. Throws TextRefusal (R10) before anything is
	 * applied. 'held': it leans on text that is not here yet; it is kept and put in when that comes.
	 *
	 * Updates of one author must come in the order of its chain. Where a batch is held back by the log, the author's
	 * later text waits with it: else two peers could see one clock filled twice, in different order.
	 */
	applyRemote(ref: TextRef, counter: number, update: Uint8Array, author: string, origin?: string): RemoteOutcome {
		this.#checkTransaction();
		this.#checkColumn(ref);
		const client = this.#options.clientIdOf(author, counter);
		const shape = checkTextUpdate(update, client);
		const document = this.#load(ref);
		this.#register(document);
		const behind = document.held.some((held) => held.client === client && isBehind(shape, held.shape));
		if (behind || !document.isReady(client, shape)) {
			return this.#hold(document, client, counter, update, shape);
		}
		if (!document.apply(update, origin)) return 'known';
		this.#store.appendRemote(document, client, counter, update);
		this.#release(document, origin);
		this.#touch(document);
		this.#markDirty(document);
		return 'applied';
	}

	/** The texts of a scope that are not empty, in an order that is the same everywhere: for state hashes. */
	*texts(scope: string): Generator<[table: string, id: string, column: string, text: string]> {
		for (const [table, id, column] of this.#store.ofScope(scope)) {
			const text = this.#load({ table, scope, id, column }).toString();
			if (text !== '') yield [table, id, column, text];
		}
	}

	// --- The column ---------------------------------------------------------------------------------------------------

	/** Texts whose column is behind. */
	get dirtyCount(): number {
		return this.#writer.size;
	}

	/**
	 * To be called before every statement, reads too, with what it touches: writes the columns that it could see stale.
	 * Returns true if something was written; then `afterCommit` of the live queries is due even after a read.
	 */
	beforeStatement(touched: Touched): boolean {
		return this.#writer.beforeStatement(touched);
	}

	/** Writes texts into their columns: on idle, on blur, before close. In a transaction of its own if none is open. */
	flush(): boolean {
		return this.#writer.flush();
	}

	/** Replaces long logs of loaded texts by a snapshot, on idle. Returns how many. */
	compact(rows = 200): number {
		const long = [...this.#documents.values()].filter((document) => document.tail >= rows);
		const work = (): void => {
			for (const document of long) this.#store.compact(document);
		};
		if (long.length > 0) this.#db.transaction(work);
		return long.length;
	}

	// --- Transactions -------------------------------------------------------------------------------------------------

	/** Tells observers what the transaction changed. `origin` counts where an edit does not name its own. */
	afterCommit(origin?: string): void {
		this.#tell(origin);
	}

	/** The transaction is undone: texts that it changed are loaded again, their observers get a reset. */
	afterRollback(): void {
		this.#forget();
		this.#tell();
	}

	/** A statement failed and was undone, the transaction goes on. */
	statementFailed(): void {
		this.#forget();
	}

	// --- Inside -------------------------------------------------------------------------------------------------------

	/** SQL wrote the column: "make it this". */
	#written(ref: TextRef, value: string | null): void {
		const document = this.#load(ref, '');
		const before = document.toString();
		const after = normalText(value ?? '');
		if (after.length > TEXT_LIMITS.text) throw tooLarge(ref);
		if (before !== after) this.#make(document, boundedDiff(before, after), {}, true);
		// NULL, CR and such: the column is not what the text is.
		if (value !== after) this.#markDirty(this.#register(document));
	}

	/** A row came from another device; its texts may have been here before it. A column without any text reads ''. */
	#arrived(ref: TextRef, isNull: boolean): void {
		const doc = this.#store.find(ref) ?? (isNull ? this.#store.create(ref) : undefined);
		if (doc === undefined) return;
		this.#touched.add(keyOf(ref));
		this.#writer.add(doc, ref);
	}

	#make(document: TextDocument, edit: TextEdit, options: EditOptions, written = false): void {
		this.#register(document);
		const { clientId, counter } = this.#options.clientIdFor(document.ref.scope);
		const update = document.edit(edit, clientId, options);
		this.#touch(document);
		if (!update) return;
		this.#store.appendOwn(document, clientId, counter, update);
		this.#hasPending = true;
		// What SQL wrote stands in the column already.
		if (!written) this.#markDirty(document);
		else this.#writer.remove(document.doc);
	}

	#hold(
		document: TextDocument,
		client: number,
		counter: number,
		update: Uint8Array,
		shape: UpdateShape
	): RemoteOutcome {
		if (document.held.some((held) => held.client === client && equal(held.update, update))) return 'held';
		const seq = this.#store.appendHeld(document, client, counter, update);
		document.held.push({ seq, client, update, shape });
		this.#touch(document);
		return 'held';
	}

	/** Puts in what was held and is complete now, for each client in the order in which it came. */
	#release(document: TextDocument, origin?: string): void {
		for (let progress = true; progress;) {
			progress = false;
			const before: HeldUpdate[] = [];
			for (const held of [...document.held]) {
				const behind = before.some((other) => other.client === held.client && isBehind(held.shape, other.shape));
				if (behind || !document.isReady(held.client, held.shape)) {
					before.push(held);
					continue;
				}
				document.apply(held.update, origin);
				document.held.splice(document.held.indexOf(held), 1);
				this.#store.release(document, held.seq);
				progress = true;
			}
		}
	}

	/** @param seed what the text is where it has no document; by default what stands in the column */
	#load(ref: TextRef, seed?: string): TextDocument {
		const key = keyOf(ref);
		const cached = this.#documents.get(key);
		if (cached) {
			this.#documents.delete(key);
			this.#documents.set(key, cached);
			return cached;
		}
		this.#checkColumn(ref);
		const doc = this.#store.find(ref);
		const stored = doc === undefined ? EMPTY : this.#store.load(doc);
		const document = new TextDocument(ref, stored, (this.#loads++ % 2 ** 29) * VERSIONS);
		this.#documents.set(key, document);
		if (doc === undefined && seed === undefined) this.#adopt(document);
		this.#evict(key);
		return document;
	}

	/** A text that stood in the column before it was REALTIME_TEXT becomes this device's insertion. */
	#adopt(document: TextDocument): void {
		const { ref } = document;
		const value = this.#columnValue(ref);
		if (typeof value !== 'string' || value === '') return;
		const text = normalText(value);
		const work = (): void => {
			this.#make(document, [[0, 0, text]], {}, true);
			if (text !== value) this.#markDirty(document);
		};
		this.#db.transaction(work);
	}

	#columnValue(ref: TextRef): unknown {
		const column = quoteName(ref.column);
		const table = quoteName(ref.table);
		return this.#db.value(`SELECT ${column} FROM ${table} WHERE scope_id = ? AND id = ?`, [ref.scope, ref.id]);
	}

	/** Anything can be loaded again: every change is in the log before the next one is made. */
	#evict(keep: string): void {
		for (const [key, document] of this.#documents) {
			if (this.#documents.size <= this.#cached + this.#watchers.size) return;
			if (key === keep || this.#watchers.has(key)) continue;
			document.destroy();
			this.#documents.delete(key);
		}
	}

	#register(document: TextDocument): TextDocument {
		if (document.doc === UNBORN) document.doc = this.#store.create(document.ref);
		this.#touch(document);
		return document;
	}

	#touch(document: TextDocument): void {
		this.#touched.add(keyOf(document.ref));
	}

	#markDirty(document: TextDocument): void {
		this.#touch(document);
		this.#writer.add(document.doc, document.ref);
	}

	#forget(): void {
		for (const key of this.#touched) {
			this.#documents.get(key)?.destroy();
			this.#documents.delete(key);
		}
		this.#writer.reload();
		this.#hasPending = this.#store.hasUnsealed();
	}

	#tell(origin?: string): void {
		const touched = [...this.#touched];
		this.#touched.clear();
		for (const key of touched) this.#watchers.tell(key, (ref) => this.#load(ref), origin);
	}

	#checkTransaction(): void {
		if (!this.#db.inTransaction) throw new Error('Texts change inside a transaction.');
	}

	#checkColumn(ref: TextRef): void {
		if (this.isTextColumn(ref.table, ref.column)) return;
		const message = `${ref.table}.${ref.column} is not a REALTIME_TEXT column of a replicated table.`;
		throw new PlatformError('NO_COLUMN', message, { table: ref.table, column: ref.column });
	}

	#checkRow(ref: TextRef): void {
		this.#checkColumn(ref);
		const row = this.#db.value(`SELECT 1 FROM ${quoteName(ref.table)} WHERE scope_id = ? AND id = ?`, [
			ref.scope,
			ref.id
		]);
		if (row === 1) return;
		const place = { table: ref.table, column: ref.column, scope: ref.scope };
		throw new PlatformError('NO_ROW', `The row of ${ref.table} that this text belongs to does not exist.`, place);
	}
}

const UNBORN = 0;
const EMPTY = {
	doc: UNBORN,
	state: null,
	tail: [],
	nextSeq: 0,
	get held() {
		return [];
	}
};

const keyOf = ({ table, scope, id, column }: TextRef): string => JSON.stringify([table, scope, id, column]);

/**
 * Must an update wait for one of the same client that came before it and is held? Where both fill the same clocks the
 * first of the chain counts, on every peer; one that fills clocks below it is what it waits for.
 */
const isBehind = (shape: UpdateShape, held: UpdateShape): boolean =>
	shape.to > shape.from && held.to > held.from && shape.to > held.from;

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
	a.length === b.length && a.every((byte, index) => byte === b[index]);
