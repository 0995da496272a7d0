/**
 * One open database with its logs: what an app writes is sealed as it is committed, what others wrote is judged and put
 * into the tables. Fully synchronous; the engine worker, Node and the simulator drive it alike.
 *
 *     run / begin..commit / editText ──▶ triggers ask rights ──▶ seal (sealer.ts) ──▶ COMMIT ──▶ live, text, listeners
 *     receive ──▶ chain, verdict, apply (receiver.ts) ──▶ own JOIN, own POLICY ──▶ COMMIT ──▶ the same
 *
 * Invariants
 * - A batch stands in slf_records if and only if its changes are committed: both happen in one transaction.
 * - Memory never runs ahead of the tables: after a transaction that failed, what it touched is loaded again.
 * - The sync bit of cr-sqlite is clear whenever anything but `applyChanges` or a text's own column is written.
 */
import type { Change } from '../protocol/batch.ts';
import type { Declaration } from '../access/policy.ts';
import type { Role, Verb } from '../access/roles.ts';
import type { Hex } from '../access/operation.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { labelledHash } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Database, SqlParams, SqlValue } from '../engine/sqlite.ts';
import type { Schema } from '../engine/schema.ts';
import { TextColumns, checkTextUpdate, TextRefusal, type EditOptions } from '../engine/text.ts';
import { personalScope } from '../identity/account-key.ts';
import type { PersonKeys } from '../identity/person.ts';
import type { BatchBody } from '../protocol/batch.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Frontier } from '../protocol/session.ts';
import type { Member, ScopeInfo } from '../protocol/shapes.ts';
import type { TextAnswer, TextEdit, TextRef } from '../protocol/text-edit.ts';
import { applyChanges, siteOf, withSyncBitReset } from './apply.ts';
import { ChangeReader } from './changes.ts';
import { frontierOf, gapsOf, missingRecords, ownRecords, type Gap } from './exchange.ts';
import { LogWriter } from './log-writer.ts';
import { Operations } from './operations.ts';
import { Receiver, type Received } from './receiver.ts';
import { RecordStore } from './record-store.ts';
import { Refusals, type Refused } from './refusals.ts';
import { Rights } from './rights.ts';
import { ScopeActions } from './scope-actions.ts';
import { ScopeRegistry } from './scope-registry.ts';
import type { Author, Scope } from './scope.ts';
import { Sealer } from './sealer.ts';
import { stateHash } from './state-hash.ts';
import { createLogTables } from './tables.ts';

/** What a statement reads and writes, and the guard under which apps' statements run. */
export interface AppSql {
	forApp<T>(run: () => T): T;
	dependenciesOf(sql: string): { tables: ReadonlySet<string>; writes: ReadonlySet<string> };
}

export interface ReplicaOptions {
	database: Database;
	schema: Schema;
	person: PersonKeys;
	app: string;
	sql: AppSql;
	/** Milliseconds since 1970. */
	clock: () => number;
	random?: (size: number) => Uint8Array;
}

export interface RunResult {
	columns: string[];
	rows: SqlValue[][];
	/** Rows that the statement inserted, changed or deleted. */
	changes: number;
	/** The operation was committed before; nothing was done now. */
	repeated?: true;
}

export interface Commit {
	/** True ids of scopes with new records, hex. */
	scopes: Hex[];
	/** Whether live text is among it, which leaves at once. */
	realtime: boolean;
	/** Written here, or received. */
	local: boolean;
	/** Scopes, members or keys are others now. */
	directory: boolean;
}

export interface DirectoryEntry {
	/** True id, hex. */
	id: Hex;
	kind: string;
	app: string;
	name: string;
	epoch: number;
	key: Uint8Array;
}

export class Replica {
	readonly schema: Schema;
	readonly declaration: Declaration;
	readonly text: TextColumns;
	readonly identity: Hex;
	readonly app: string;
	readonly #db: Database;
	readonly #sql: AppSql;
	readonly #clock: () => number;
	readonly #scopes: ScopeRegistry;
	readonly #records: RecordStore;
	readonly #operations: Operations;
	readonly #refusals: Refusals;
	readonly #rights: Rights;
	readonly #sealer: Sealer;
	readonly #receiver: Receiver;
	readonly #actions: ScopeActions;
	readonly #personal: Scope;
	readonly #listeners = new Set<(commit: Commit) => void>();
	readonly #afterCommit = new Set<(origin: string | undefined) => void>();
	readonly #afterRollback = new Set<() => void>();
	/** How often each replicated table was written in the open transaction. */
	readonly #events = new Map<string, number>();
	readonly #textClients = new Map<Hex, { clientId: number; counter: number }>();
	readonly #stateHashes = new Map<Hex, Uint8Array>();
	#open: { operation: string | undefined } | undefined;
	#merging = false;

	constructor({ database, schema, person, app, sql, clock, random = randomBytes }: ReplicaOptions) {
		this.#db = database;
		this.schema = schema;
		this.app = app;
		this.#sql = sql;
		this.#clock = clock;
		this.identity = toHex(person.identity);
		this.declaration = schema.declaration;
		const schemaHex = toHex(schema.hash);
		createLogTables(database);
		this.#records = new RecordStore(database);
		this.#scopes = new ScopeRegistry(database, this.#records, random);
		this.#operations = new Operations(database, clock);
		this.#refusals = new Refusals(database);
		this.#rights = new Rights(this.#scopes, this.identity, schemaHex);
		const writer = new LogWriter(this.#records, random);
		this.#actions = new ScopeActions({
			scopes: this.#scopes, writer, rights: this.#rights, person, app, clock, random,
			schemaHash: schema.hash, declaration: this.declaration,
		});
		this.#sealer = new Sealer({
			reader: new ChangeReader(database, this.declaration),
			writer,
			rights: this.#rights,
			identity: this.identity,
			clock,
			width: (table) => this.declaration.get(table)?.columns.length ?? 0,
			join: (scope) => this.#actions.join(scope),
		});
		this.#receiver = new Receiver(this.#records, {
			knows: (body) => this.#knows(body),
			checkTexts: (author, body) => checkTexts(author, body),
			apply: (scope, author, body, identity) => this.#apply(scope, author, body, identity),
		});
		database.createFunction('can_write', 3, (scope, table, verb) => this.#guard(scope, table, verb), { internal: true });
		this.text = new TextColumns(database, schema, {
			clientIdFor: (scope) => this.#textClient(scope),
			clientIdOf: textClientId,
		});
		this.#personal = this.#openScopes(personalScope(person.identity, person.accountKey0, app));
	}

	// --- Writing -----------------------------------------------------------------------------------------------------

	/** One statement: in the open transaction, or in one of its own that remembers `operation`. Throws PlatformError. */
	run(sql: string, params: SqlParams = [], operation?: string): RunResult {
		const touched = this.#sql.dependenciesOf(sql);
		if (this.#open) return this.#statement(sql, params, touched);
		if (touched.writes.size === 0) {
			const result = this.#statement(sql, params, touched);
			return result;
		}
		return (
			this.#transaction(operation, undefined, () => this.#statement(sql, params, touched)) ?? {
				columns: [], rows: [], changes: 0, repeated: true,
			}
		);
	}

	/** Opens a transaction for `run`. Throws NESTED inside another. */
	begin(operation?: string): void {
		if (this.#open) throw new PlatformError('NESTED', 'A transaction is open already');
		this.#begin();
		this.#open = { operation };
	}

	/** Seals and commits. Throws with nothing committed. False: the operation had been committed before. */
	commit(): boolean {
		if (!this.#open) throw new PlatformError('NO_TRANSACTION', 'There is no open transaction to commit');
		const { operation } = this.#open;
		this.#open = undefined;
		return this.#finish(operation, undefined, () => true) ?? false;
	}

	rollback(): void {
		this.#open = undefined;
		this.#rollBack();
	}

	get inTransaction(): boolean {
		return this.#open !== undefined;
	}

	wasCommitted(operation: string): boolean | 'too-old' {
		return this.#operations.wasCommitted(operation);
	}

	/** One edit of a live text, sealed in a transaction of its own. An operation committed before changes nothing. */
	editText(ref: TextRef, edit: TextEdit, base: number, options: EditOptions = {}): TextAnswer {
		this.#rights.check(ref.scope, ref.table, 'U');
		const answer = this.#transaction(options.operation, options.origin, () => this.text.edit(ref, edit, base, options));
		return answer ?? { version: this.text.open(ref).version };
	}

	// --- Scopes ------------------------------------------------------------------------------------------------------

	/** Makes a scope with this person as owner. Its local name is `kind:name` where that is free. */
	createScope(kind: string, { name = '' }: { name?: string } = {}, operation?: string): { scope: string; id: Uint8Array } {
		const scope = this.#transaction(operation, undefined, () => this.#actions.create(kind, name), true);
		if (!scope) throw new PlatformError('REPEATED', 'This scope was made by the same call before');
		return { scope: scope.row.name, id: scope.row.id };
	}

	/** Local name of the scope that this person has from the first start. */
	personalScope(): string {
		return this.#personal.row.name;
	}

	/** Gives the person of a card a role. Throws DENIED, and CARD for a card that does not verify. */
	grant(scopeName: string, card: Uint8Array, role: Role, operation?: string): void {
		const scope = this.#rights.scope(scopeName);
		this.#transaction(operation, undefined, () => this.#actions.grant(scope, card, role), true, [scope]);
	}

	/** People with a role in the scope, this one first. */
	members(scopeName: string): Member[] {
		const scope = this.#rights.scope(scopeName);
		const members = scope.access.members().map(({ identity, role }) => ({
			identity,
			role: role as Member['role'],
			name: scope.names.get(identity) ?? '',
			self: identity === this.identity,
		}));
		return members.sort((a, b) => Number(b.self) - Number(a.self));
	}

	/** Scopes in which this person has a role. One that was joined and has not been synced yet is not among them. */
	scopes(): ScopeInfo[] {
		const scopes: ScopeInfo[] = [];
		for (const scope of this.#scopes.all()) {
			const role = scope.access.roleOf(this.identity) as ScopeInfo['role'] | undefined;
			const { name, kind, title } = scope.row;
			const personal = scope === this.#scopes.byHex(this.#personal.hex);
			if (role) scopes.push({ scope: name, id: scope.hex, kind, name: title, role, personal });
		}
		return scopes;
	}

	/** A scope that another device or person handed over: from now on it is synced. Gives its local name. */
	joinScope(entry: { id: Hex | Uint8Array; kind: string; name: string; epoch: number; key: Uint8Array }): string {
		const id = typeof entry.id === 'string' ? fromHex(entry.id) : entry.id;
		return this.#transaction(undefined, undefined, () => this.#actions.joinScope({ ...entry, id }), true)!.row.name;
	}

	/** What the person's other devices need to open the same scopes. The personal scope is not in it: they derive it. */
	directory(): DirectoryEntry[] {
		return this.#scopes
			.all()
			.filter(({ hex }) => hex !== this.#personal.hex)
			.map(({ hex, row, epoch }) => ({
				id: hex, kind: row.kind, app: row.app, name: row.title, epoch: epoch.number, key: epoch.key,
			}));
	}

	// --- Sync --------------------------------------------------------------------------------------------------------

	/** Under which tags and secrets each scope meets its peers. */
	syncScopes() {
		return this.#scopes.all().map(({ hex, row, epoch, epochs, own }) => ({
			id: hex,
			author: own.pseudonym,
			tag: epoch.secrets.tag,
			tags: epochs.filter((other) => other !== epoch).map(({ secrets }) => secrets.tag),
			session: epoch.secrets.session,
			rendezvous: epoch.secrets.rendezvous,
			kind: row.kind,
			app: row.app,
		}));
	}

	frontier(id: Hex): Frontier {
		return frontierOf(this.#known(id));
	}

	missing(id: Hex, theirs: Frontier, limitBytes: number): Uint8Array[] {
		return missingRecords(this.#records, this.#known(id), theirs, limitBytes);
	}

	ownSince(id: Hex, after: { access: number; data: number }, limitBytes: number): Uint8Array[] {
		return ownRecords(this.#records, this.#known(id), after, limitBytes);
	}

	/** Batches that somebody has seen and that are not here. */
	gaps(id: Hex): Gap[] {
		return gapsOf(this.#known(id));
	}

	/**
	 * Takes in records of others. What is wrong with them is in the answer and in `refusals()`; it throws only when this
	 * device cannot write, and then nothing of them was taken. Throws BUSY while an app's transaction is open.
	 */
	receive(id: Hex, records: readonly Uint8Array[], _from?: string): Pick<Received, 'applied' | 'held' | 'refused'> {
		if (this.#open) throw new PlatformError('BUSY', 'A transaction is open');
		return this.#takeIn(this.#known(id), (scope) => this.#receiver.receive(scope, records));
	}

	/** Equal for two devices that have the same records of the scope. 32 bytes. */
	stateHash(id: Hex): Uint8Array {
		let hash = this.#stateHashes.get(id);
		if (!hash) {
			const { name } = this.#known(id).row;
			hash = stateHash(this.#db, this.declaration, name, this.text.texts(name));
			this.#stateHashes.set(id, hash);
		}
		return hash;
	}

	/** What was refused from others, newest first, at most 200. */
	refusals(): Refused[] {
		return this.#refusals.list();
	}

	getCursor(key: string): string | undefined {
		return this.#db.value('SELECT value FROM slf_cursors WHERE key = ?', [key]) as string | undefined;
	}

	setCursor(key: string, value: string): void {
		this.#db.run('INSERT INTO slf_cursors (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [key, value]);
	}

	/** Calls back after each commit. Returns a function that stops it. */
	onCommit(listener: (commit: Commit) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** For live queries: told of every transaction's end, before the listeners of `onCommit`. */
	onTransaction(committed: (origin: string | undefined) => void, rolledBack: () => void): void {
		this.#afterCommit.add(committed);
		this.#afterRollback.add(rolledBack);
	}

	// --- Inside: transactions ----------------------------------------------------------------------------------------

	#statement(sql: string, params: SqlParams, touched: ReturnType<AppSql['dependenciesOf']>): RunResult {
		const flushed = this.text.beforeStatement(touched);
		try {
			const result = this.#sql.forApp(() => this.#db.query(sql, params));
			return { ...result, changes: touched.writes.size > 0 ? this.#db.changes() : 0 };
		} catch (error) {
			if (this.#db.inTransaction) this.text.statementFailed();
			throw error;
		} finally {
			if (flushed && !this.#db.inTransaction) this.#tell(undefined);
		}
	}

	#transaction<T>(
		operation: string | undefined,
		origin: string | undefined,
		work: () => T,
		directory = false,
		touched: Scope[] = [],
	): T | undefined {
		if (this.#open) throw new PlatformError('NESTED', 'This cannot be done inside a transaction');
		this.#begin();
		return this.#finish(operation, origin, work, directory, touched);
	}

	#begin(): void {
		this.#events.clear();
		this.#db.run('BEGIN IMMEDIATE');
	}

	/** The end of a transaction: work, seal, COMMIT, tell. Undefined: the operation was committed before. */
	#finish<T>(
		operation: string | undefined,
		origin: string | undefined,
		work: () => T,
		directory = false,
		touched: Scope[] = [],
	): T | undefined {
		let scopes = touched;
		let result: T;
		let realtime: boolean;
		try {
			if (operation !== undefined && this.#operations.remember(operation) === 'repeated') {
				this.#rollBack();
				return undefined;
			}
			result = work();
			const sealed = this.#sealer.seal(this.#events, this.text.takePending());
			scopes = [...touched, ...sealed.scopes];
			realtime = sealed.realtime;
			this.#db.run('COMMIT');
		} catch (error) {
			this.#rollBack();
			for (const { hex } of directory ? this.#scopes.all() : scopes) this.#scopes.load(hex);
			throw error;
		}
		this.#events.clear();
		if (scopes.length > 0 || directory) this.#announce({ scopes, realtime, local: true, directory }, origin);
		else this.#tell(origin);
		return result;
	}

	#rollBack(): void {
		this.#events.clear();
		this.#textClients.clear();
		if (this.#db.inTransaction) this.#db.run('ROLLBACK');
		this.text.afterRollback();
		for (const rolledBack of this.#afterRollback) rolledBack();
	}

	#announce(commit: Omit<Commit, 'scopes'> & { scopes: Scope[] }, origin: string | undefined): void {
		const scopes = [...new Set(commit.scopes.map(({ hex }) => hex))];
		for (const id of scopes) this.#stateHashes.delete(id);
		this.#tell(origin);
		for (const listener of this.#listeners) listener({ ...commit, scopes });
	}

	#tell(origin: string | undefined): void {
		this.text.afterCommit(origin);
		for (const committed of this.#afterCommit) committed(origin);
	}

	/** Answers the triggers on replicated tables, before each row is written by SQL of this device. */
	#guard(scope: SqlValue, table: SqlValue, verb: SqlValue): number {
		if (this.#merging) return 1;
		if (typeof scope !== 'string') throw new PlatformError('NO_SCOPE', 'A row needs a scope_id', { table: String(table) });
		this.#rights.check(scope, table as string, verb as Verb);
		this.#events.set(table as string, (this.#events.get(table as string) ?? 0) + 1);
		return 1;
	}

	// --- Inside: receiving -------------------------------------------------------------------------------------------

	#takeIn(scope: Scope, receive: (scope: Scope) => Received): Received {
		let received: Received;
		this.#begin();
		try {
			received = receive(scope);
			for (const { author, rule, reason } of received.refused) {
				const identity = scope.access.bindingOf(author)?.identity ?? author;
				this.#refusals.add({ time: this.#clock(), scope: scope.row.name, author: identity, rule, reason });
			}
			if (received.accessChanged) this.#actions.settleIn(scope);
			this.#db.run('COMMIT');
		} catch (error) {
			this.#rollBack();
			this.#scopes.load(scope.hex);
			throw error;
		}
		this.#events.clear();
		if (received.dataChanged || received.accessChanged || received.held > 0) {
			const directory = received.accessChanged;
			this.#announce({ scopes: [scope], realtime: false, local: false, directory }, originOf(received));
		}
		return received;
	}

	#apply(scope: Scope, author: Author, body: BatchBody, identity: Hex): void {
		this.#merging = true;
		try {
			withSyncBitReset(this.#db, () =>
				this.#db.transaction(() => {
					applyChanges(this.#db, scope.row.name, siteOf(author.pseudonym), body.changes);
				}),
			);
		} finally {
			this.#merging = false;
		}
		const origin = identity === this.identity ? 'device' : identity;
		for (const [table, id, column, counter, update] of body.texts) {
			this.text.applyRemote({ table, scope: scope.row.name, id, column }, counter, update, author.hex, origin);
		}
	}

	/** Whether this build has every table and column of a batch, of the declared class. */
	#knows({ changes, texts }: BatchBody): boolean {
		const has = ([table, , column]: readonly [string, string, string, ...unknown[]], classes: string[]): boolean => {
			const declared = this.declaration.get(table);
			if (!declared) return false;
			return column === '' || declared.columns.some(({ name, class: own }) => name === column && classes.includes(own));
		};
		return (
			changes.every((change: Change) => has(change, ['LWW', 'WRITE_ONCE'])) && texts.every((text) => has(text, ['REALTIME']))
		);
	}

	/** The Yjs client of this engine start in a scope; the counter is written down by the transaction that asks first. */
	#textClient(scopeName: string): { clientId: number; counter: number } {
		const scope = this.#rights.scope(scopeName);
		let client = this.#textClients.get(scope.hex);
		if (!client) {
			this.#db.run('UPDATE slf_scopes SET text_counter = text_counter + 1 WHERE n = ?', [scope.row.n]);
			const counter = Number(this.#db.value('SELECT text_counter FROM slf_scopes WHERE n = ?', [scope.row.n]));
			client = { counter, clientId: textClientId(scope.own.hex, counter) };
			this.#textClients.set(scope.hex, client);
		}
		return client;
	}

	#openScopes({ id, epochKey }: { id: Uint8Array; epochKey: Uint8Array }): Scope {
		const personal = this.#transaction(undefined, undefined, () => this.#actions.openAll(id, epochKey), true)!;
		for (const scope of this.#scopes.all()) {
			if (scope.waiting.size > 0) this.#takeIn(scope, (waiting) => this.#receiver.retryAll(waiting));
		}
		return personal;
	}

	#known(id: Hex): Scope {
		const scope = this.#scopes.byHex(id);
		if (!scope) throw new PlatformError('UNKNOWN_SCOPE', 'No scope of this id is held here');
		return scope;
	}
}

/** 53 bits of a hash of the pseudonym and its counter: nobody can choose to have the client of another. */
function textClientId(author: Hex, counter: number): number {
	const hash = labelledHash(LABELS.textClient, fromHex(author), new TextEncoder().encode(String(counter)));
	const view = new DataView(hash.buffer, hash.byteOffset, 8);
	return (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4);
}

function checkTexts(author: Hex, { texts }: BatchBody) {
	for (const [table, , column, counter, update] of texts) {
		try {
			checkTextUpdate(update, textClientId(author, counter));
		} catch (error) {
			if (!(error instanceof TextRefusal)) throw error;
			return { rule: 'R10' as const, reason: error.message, table, column };
		}
	}
	return undefined;
}

function originOf(_received: Received): string | undefined {
	return undefined;
}
