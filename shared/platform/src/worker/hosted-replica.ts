/**
 * Opens a database and joins its parts (store, SQLite, schema, log, live queries, texts, ephemeral values) into what
 * the engine host drives.
 */

import { applySchema } from '../engine/apply-schema.ts';
import { installAuthorizer } from '../engine/authorizer.ts';
import { openDatabase } from '../engine/open.ts';
import type { Schema } from '../engine/schema.ts';
import { Store } from '../engine/store.ts';
import { databaseKeyring, vaultDatabase, vaultPerson, type PersonKeys, type VaultKey } from '../identity/index.ts';
import { Replica } from '../log/replica.ts';
import { cryptoReady } from '../crypto/index.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { StatementList, StatementResults } from '../protocol/bridge.ts';
import type { CallHandlers, Emit } from '../protocol/link.ts';
import type { LiveUpdate } from '../protocol/live.ts';
import type { ScopeInfo, SqlValue } from '../protocol/shapes.ts';
import type { TextAnswer, TextEdit, TextEvent, TextRef } from '../protocol/text-edit.ts';
import type { SyncStore } from '../sync/store.ts';
import type { EngineChange, EngineReplica } from './engine-replica.ts';
import { databaseName, type Environment } from './environment.ts';
import { Presence } from './presence.ts';
import type { Turns } from './turns.ts';
import type { DirectoryCalls } from './worker-calls.ts';

/** Texts whose log has this many rows are stored as a snapshot on idle. */
const COMPACT_ROWS = 200;

export interface OpenOptions {
	environment: Environment;
	database: string;
	schema: Schema;
	person: PersonKeys;
	/** Of an app that is a vault: everything in the database hangs on this key. */
	vault?: VaultKey | undefined;
}

/** @throws StoreError, PlatformError OUTDATED and SCHEMA; the files are closed and unchanged then */
export async function openReplica({ vault, ...options }: OpenOptions): Promise<HostedReplica> {
	const { environment, database, schema } = options;
	const person = vault ? vaultPerson(options.person, vault) : options.person;
	await cryptoReady();
	const name = databaseName(person.identity, vault ? vaultDatabase(database, vault.id) : database);
	const files = await environment.files.open(name);
	const account = { generation: person.accountGeneration, key: person.accountKey };
	const store = Store.open(files, databaseKeyring(account), { name: database });
	const db = await openDatabase({ store, ...(environment.wasm === undefined ? {} : { wasm: environment.wasm }) });
	try {
		applySchema(db, schema);
		const sql = installAuthorizer(db);
		const replica = new Replica({
			database: db,
			schema,
			person,
			app: database,
			vault: vault?.id,
			sql,
			clock: environment.clock,
			random: environment.random,
			compress: vault === undefined
		});
		const presence = new Presence(replica, environment);
		return new HostedReplica({ replica, presence, store, close: () => db.close() });
	} catch (error) {
		db.close();
		throw error;
	}
}

interface Parts {
	replica: Replica;
	presence: Presence;
	store: Store;
	close: () => void;
}

export class HostedReplica implements EngineReplica {
	readonly replica: Replica;
	readonly syncStore: SyncStore;
	readonly #presence: Presence;
	readonly #store: Store;
	readonly #close: () => void;
	readonly #listeners = new Set<(change: EngineChange) => void>();

	constructor({ replica, presence, store, close }: Parts) {
		this.replica = replica;
		this.#presence = presence;
		this.#store = store;
		this.#close = close;
		replica.onCommit(({ directory, realtime, local }) => this.#tell({ directory, texts: realtime || !local }));
		presence.onChange(() => this.#tell({ ephemeral: true }));
		this.syncStore = {
			name: replica.app,
			scopes: () => replica.syncScopes(),
			frontier: (scope) => replica.frontier(scope),
			missing: (scope, theirs, limit) => replica.missing(scope, theirs, limit),
			receive: (scope, records, from) => replica.receive(scope, records, from),
			ownSince: (scope, after, limit) => replica.ownSince(scope, after, limit),
			stateHash: (scope) => replica.stateHash(scope),
			gaps: (scope) => replica.gaps(scope),
			getCursor: (key) => replica.getCursor(key),
			setCursor: (key, value) => replica.setCursor(key, value),
			onCommit: (listener) => replica.onCommit(listener),
			onEphemeral: (listener) => presence.onSend(listener),
			receiveEphemeral: (scope, sealed) => presence.receive(scope, sealed)
		};
	}

	run(sql: string, params: readonly SqlValue[], op?: string) {
		const { columns, rows } = this.replica.run(sql, params, op);
		return { columns, rows };
	}

	runAll({ texts, steps }: StatementList, op?: string): StatementResults {
		const statements = steps.map(([text, params]) => ({ sql: texts[text]!, params }));
		const results: StatementResults = [];
		this.replica.runAll(statements, op)?.forEach(({ columns, rows }, step) => {
			if (columns.length > 0) results.push([step, { columns, rows }]);
		});
		return results;
	}

	begin(op: string): void {
		this.replica.begin(op);
	}

	commit(): void {
		this.replica.commit();
	}

	rollback(): void {
		this.replica.rollback();
	}

	wasCommitted(op: string): boolean | 'too-old' {
		return this.replica.wasCommitted(op);
	}

	openText(ref: TextRef) {
		return this.replica.text.open(ref);
	}

	editText(ref: TextRef, edit: TextEdit, base: number, { op, origin }: { op: string; origin: string }): TextAnswer {
		return this.replica.editText(ref, edit, base, { operation: op, origin });
	}

	observeText(ref: TextRef, observer: (event: TextEvent) => void): () => void {
		return this.replica.text.observe(ref, observer);
	}

	isTextAwaited(): boolean {
		const { text, live, schema } = this.replica;
		if (text.dirtyCount === 0) return false;
		return schema.tables.some((table) =>
			table.columns.some((column) => column.class === 'REALTIME' && live.reads(table.name, column.name))
		);
	}

	materialise(): void {
		if (this.replica.text.flush()) this.replica.live.afterCommit();
	}

	setCursor(ref: TextRef, editor: string, selection: { anchor: number; head: number } | null): void {
		this.#presence.setCursor(ref, editor, selection);
	}

	cursors(ref: TextRef, editor: string) {
		return this.#presence.cursors(ref, editor);
	}

	setEphemeral(table: string, scope: string, id: string, values: Record<string, SqlValue>): void {
		this.#presence.setValues(table, scope, id, values);
	}

	watch(_name: string, sql: string, params: readonly SqlValue[], emit: Emit<LiveUpdate>) {
		const handle = this.replica.live.watch(sql, params, emit);
		return { close: () => handle.close(), resume: () => handle.resume() };
	}

	createScope(kind: string, name: string, op: string): ScopeInfo {
		try {
			const { scope } = this.replica.createScope(kind, { name }, op);
			return this.#scopeInfo((info) => info.scope === scope);
		} catch (error) {
			// A retry: it is the newest of this kind and name.
			if (error instanceof PlatformError && error.code === 'REPEATED') {
				return this.#scopeInfo((info) => info.kind === kind && info.name === name);
			}
			throw error;
		}
	}

	personalScope(): string {
		return this.replica.personalScope();
	}

	scopes(): ScopeInfo[] {
		return this.replica.scopes();
	}

	members(scope: string) {
		return this.replica.members(scope);
	}

	grant(scope: string, card: Uint8Array, role: ScopeInfo['role'], op: string): void {
		this.replica.grant(scope, card, role, op);
	}

	history(table: string, scope: string, id: string) {
		return this.replica.history(table, scope, id);
	}

	refusals() {
		return this.replica.refusals();
	}

	onChange(listener: (change: EngineChange) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	checkpoint(): void {
		this.#store.checkpoint();
	}

	tidy(): void {
		this.replica.text.compact(COMPACT_ROWS);
	}

	close(): void {
		this.#presence.stop();
		this.#close();
	}

	/** What the hub asks about scopes and their keys. */
	directoryCalls(turns: Turns): CallHandlers<DirectoryCalls> {
		const { replica } = this;
		return {
			directory: () => turns.run(() => replica.directory()),
			joinScope: (entry) => turns.run(() => replica.joinScope(entry)),
			grantCard: ({ op, scope, card, role }) => turns.run(() => replica.grant(scope, card, role, op)),
			tableQuery: ({ sql, params }) => turns.run(() => replica.runForPlatform(sql, params).rows),
			tableWrite: ({ op, sql, params }) => turns.run(() => void replica.runForPlatform(sql, params, op))
		};
	}

	#scopeInfo(wanted: (info: ScopeInfo) => boolean): ScopeInfo {
		const found = this.replica.scopes().filter(wanted).at(-1);
		if (!found) throw new PlatformError('UNKNOWN_SCOPE', 'The scope that was made is not here any more');
		return found;
	}

	#tell(change: EngineChange): void {
		for (const listener of [...this.#listeners]) listener(change);
	}
}
