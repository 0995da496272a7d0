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
import type { AccessLog } from '../access/access-log.ts';
import type { Declaration } from '../access/policy.ts';
import type { Hex } from '../access/operation.ts';
import type { Role } from '../access/roles.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { pooled, randomBytes } from '../crypto/random.ts';
import { installWriteGuard } from '../engine/guards.ts';
import { EphemeralValues } from '../engine/ephemeral.ts';
import { LiveQueries } from '../engine/live.ts';
import type { Schema } from '../engine/schema.ts';
import type { Database, SqlParams } from '../engine/sqlite.ts';
import { TextColumns, type EditOptions } from '../engine/text.ts';
import { personalScope } from '../identity/account-key.ts';
import { vaultPlace } from '../identity/vault-key.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Frontier } from '../protocol/session.ts';
import type { HistoryEntry, Member, ScopeInfo } from '../protocol/shapes.ts';
import type { TextAnswer, TextEdit, TextRef } from '../protocol/text-edit.ts';
import { ChangeReader } from './changes.ts';
import { frontierOf, gapsOf, missingRecords, ownRecords, type Gap } from './exchange.ts';
import { History } from './history.ts';
import { Intake } from './intake.ts';
import { LogWriter } from './log-writer.ts';
import { MergeTarget } from './merge-target.ts';
import { Operations } from './operations.ts';
import { Receiver, type Received } from './receiver.ts';
import type { AppSql, DirectoryEntry, ReplicaOptions, RunResult } from './replica-types.ts';
import { RecordStore } from './record-store.ts';
import { Refusals, type Refused } from './refusals.ts';
import { Rights } from './rights.ts';
import { ScopeActions, type HandedScope } from './scope-actions.ts';
import { ScopeRegistry } from './scope-registry.ts';
import type { Scope } from './scope.ts';
import { SealedValues } from './sealed-values.ts';
import { Sealer } from './sealer.ts';
import { stateHash } from './state-hash.ts';
import { Statements, type SqlStatement } from './statements.ts';
import { createLogTables } from './tables.ts';
import { textClientId, TextClients } from './text-clients.ts';
import { Transactions, type Commit } from './transactions.ts';
import { speakerIn, voiceIn, type Speaker, type Voice } from './voice.ts';

export type { AppSql, Commit, DirectoryEntry, ReplicaOptions, RunResult, SqlStatement };

export class Replica {
	readonly schema: Schema;
	readonly declaration: Declaration;
	readonly app: string;
	/** Of this device's person. */
	readonly identity: Hex;
	readonly text: TextColumns;
	readonly live: LiveQueries;
	readonly ephemeral: EphemeralValues;
	readonly sealed: SealedValues;
	readonly #db: Database;
	readonly #scopes: ScopeRegistry;
	readonly #records: RecordStore;
	readonly #operations: Operations;
	readonly #refusals: Refusals;
	readonly #rights: Rights;
	readonly #intake: Intake;
	readonly #actions: ScopeActions;
	readonly #transactions: Transactions;
	readonly #textClients: TextClients;
	readonly #history: History;
	readonly #personal: Hex;
	/** How often each replicated table was written in the open transaction. */
	readonly #events = new Map<string, number>();
	readonly #statements: Statements;
	readonly #stateHashes = new Map<Hex, Uint8Array>();

	constructor({
		database: db,
		schema,
		person,
		app,
		vault,
		sql,
		clock,
		random = randomBytes,
		compress = true,
		partSize
	}: ReplicaOptions) {
		const place = vault ? vaultPlace(app, vault) : app;
		this.#db = db;
		this.schema = schema;
		this.declaration = schema.declaration;
		this.app = app;
		this.identity = toHex(person.identity);
		createLogTables(db);
		this.#records = new RecordStore(db);
		this.#scopes = new ScopeRegistry(db, this.#records, random);
		this.#operations = new Operations(db, clock);
		this.#refusals = new Refusals(db);
		this.#rights = new Rights(this.#scopes, this.identity, toHex(schema.hash));
		this.#textClients = new TextClients(db);
		this.text = new TextColumns(db, schema, {
			clientIdFor: (scope) => this.#textClients.of(this.#rights.scope(scope)),
			clientIdOf: textClientId,
			start: random(4).reduce((sum, byte) => sum * 256 + byte, 0) >>> 4
		});
		this.#statements = new Statements(db, sql, this.text, () => this.#committed(undefined));
		this.live = new LiveQueries(db, schema, sql, {
			beforeRead: (touched) => void this.text.beforeStatement(touched)
		});
		this.ephemeral = new EphemeralValues(db, schema, { clock });
		this.ephemeral.onChange(({ table, scope, id, author }) => {
			this.live.touch(table, scope, id);
			if (!db.inTransaction) this.live.afterCommit(author);
		});
		const writer = new LogWriter(this.#records, { salt: pooled(random, 24), compress });
		const { scopes, rights } = { scopes: this.#scopes, rights: this.#rights };
		this.#actions = new ScopeActions({ scopes, writer, rights, person, app, place, clock, random, schema });
		this.#history = new History({ db, records: this.#records, scopes, schema, identity: this.identity, clock });
		const sealer = new Sealer({
			reader: new ChangeReader(db, schema.declaration),
			writer,
			history: this.#history,
			rights,
			identity: this.identity,
			clock,
			width: (table) => schema.declaration.get(table)?.columns.length ?? 0,
			join: (scope) => this.#actions.join(scope),
			partSize
		});
		const target = new MergeTarget(db, schema.declaration, this.text, this.#history, this.identity);
		this.#transactions = new Transactions({
			db,
			operations: this.#operations,
			scopes,
			seal: () => sealer.seal(this.#events, this.text.takePending()),
			committed: (origin) => this.#committed(origin),
			rolledBack: () => this.#rolledBack()
		});
		this.#intake = new Intake({
			receiver: new Receiver(this.#records, target),
			transactions: this.#transactions,
			actions: this.#actions,
			refusals: this.#refusals,
			clock,
			known: (id) => this.#known(id),
			originOf: (identity) => target.originOf(identity)
		});
		this.#transactions.onCommit((commit) => commit.scopes.forEach((id) => this.#stateHashes.delete(id)));
		this.sealed = new SealedValues({ declaration: schema.declaration, rights, salt: pooled(random, 24) });
		this.sealed.install(db);
		installWriteGuard(db, (scope, table, verb) => {
			const decision = rights.decide(scope, table, verb);
			if (decision.allowed) this.#events.set(table, (this.#events.get(table) ?? 0) + 1);
			return decision;
		});
		this.#personal = this.#openScopes(personalScope(person.identity, person.accountKey0, place));
	}

	// --- Writing -----------------------------------------------------------------------------------------------------

	/** One statement: in the open transaction, or in one of its own that remembers `operation`. Throws PlatformError. */
	run(sql: string, params: SqlParams = [], operation?: string): RunResult {
		const run = () => this.#statements.run(sql, params);
		if (this.#transactions.isOpen || !this.#statements.writes(sql)) return run();
		return this.#transactions.write(run, { operation }) ?? { columns: [], rows: [], changes: 0, repeated: true };
	}

	/**
	 * Statements in order: in the open transaction, or all or none in one of their own that remembers `operation`. In an
	 * open transaction those before one that fails stay done. Undefined: the operation had been committed before.
	 */
	runAll(statements: readonly SqlStatement[], operation?: string): RunResult[] | undefined {
		const run = () => this.#statements.runAll(statements);
		if (this.#transactions.isOpen) return run();
		return this.#transactions.write(run, { operation });
	}

	/** A statement of the platform itself, on tables that no app reaches. A write is sealed as any other. */
	runForPlatform(sql: string, params: SqlParams = [], operation?: string): Omit<RunResult, 'changes'> {
		const run = () => this.#db.query(sql, params);
		if (/^\s*SELECT\b/i.test(sql)) return run();
		return this.#transactions.write(run, { operation }) ?? { columns: [], rows: [], repeated: true };
	}

	/** Opens a transaction for `run`. Throws NESTED inside another. */
	begin(operation?: string): void {
		this.#transactions.begin(operation);
	}

	/** Seals and commits. Throws with nothing committed. False: the operation had been committed before. */
	commit(): boolean {
		return this.#transactions.commit();
	}

	rollback(): void {
		this.#transactions.rollback();
	}

	get inTransaction(): boolean {
		return this.#transactions.isOpen;
	}

	wasCommitted(operation: string): boolean | 'too-old' {
		return this.#operations.wasCommitted(operation);
	}

	/** One edit of a live text, sealed in a transaction of its own. An operation committed before changes nothing. */
	editText(ref: TextRef, edit: TextEdit, base: number, options: EditOptions = {}): TextAnswer {
		this.checkUpdate(ref.scope, ref.table);
		const { operation, origin } = options;
		const make = () => this.text.edit(ref, edit, base, options);
		// A stale edit did nothing: the tab rebases it and sends it again as the same operation.
		const answer = this.#transactions.write(make, { operation, origin }, (made) => !made.stale);
		return answer ?? { version: this.text.open(ref).version };
	}

	// --- Scopes ------------------------------------------------------------------------------------------------------

	/** Makes a scope with this person as owner. Its local name is `kind:name` where that is free. */
	createScope(
		kind: string,
		{ name = '' }: { name?: string } = {},
		operation?: string
	): { scope: string; id: Uint8Array } {
		const scope = this.#transactions.write(() => this.#actions.create(kind, name), { operation, directory: true });
		if (!scope) throw new PlatformError('REPEATED', 'This scope was made by the same call before');
		return { scope: scope.row.name, id: scope.row.id };
	}

	/** Local name of the scope that this person has from the first start. */
	personalScope(): string {
		return this.#known(this.#personal).row.name;
	}

	/** Gives the person of a card a role. Throws DENIED, and CARD for a card that does not verify. */
	grant(scopeName: string, card: Uint8Array, role: Role, operation?: string): void {
		const scope = this.#rights.scope(scopeName);
		const options = { operation, directory: true, touches: [scope] };
		this.#transactions.write(() => this.#actions.grant(scope, card, role), options);
	}

	/** People with a role in the scope, this one first. */
	members(scopeName: string): Member[] {
		const scope = this.#rights.scope(scopeName);
		const members = scope.access.members().map(({ identity, role }) => ({
			identity,
			role: role as Member['role'],
			name: identity === this.identity ? this.#actions.name : (scope.names.get(identity) ?? ''),
			self: identity === this.identity
		}));
		return members.sort((a, b) => Number(b.self) - Number(a.self));
	}

	/** Scopes in which this person has a role. One that was joined and has not been synced yet is not among them. */
	scopes(): ScopeInfo[] {
		const scopes: ScopeInfo[] = [];
		for (const scope of this.#scopes.all()) {
			const role = scope.access.roleOf(this.identity) as ScopeInfo['role'] | undefined;
			const { name, kind, title } = scope.row;
			const personal = scope.hex === this.#personal;
			if (role) scopes.push({ scope: name, id: scope.hex, kind, name: title, role, personal });
		}
		return scopes;
	}

	/** A scope that another device or person handed over: from now on it is synced. Gives its local name. */
	joinScope(entry: Omit<HandedScope, 'id'> & { id: Hex | Uint8Array }): string {
		const id = typeof entry.id === 'string' ? fromHex(entry.id) : entry.id;
		const join = () => this.#actions.joinScope({ ...entry, id }).hex;
		return this.#known(this.#transactions.write(join, { directory: true })!).row.name;
	}

	/** What the person's other devices need to open the same scopes. The personal scope is not in it: they derive it. */
	directory(): DirectoryEntry[] {
		return this.#scopes
			.all()
			.filter(({ hex }) => hex !== this.#personal)
			.map(directoryEntry);
	}

	/** The personal scope as `directory` has the others, for a vault that is brought into another. */
	personalEntry(): DirectoryEntry {
		return directoryEntry(this.#known(this.#personal));
	}

	/** The person's newest card: for their name here, and for JOINs and GRANTs from now on. Throws CARD. */
	setCard(card: Uint8Array): void {
		this.#actions.setCard(card);
	}

	/** How this device speaks in a scope outside of its log. By local name, or by the hex of the true id. */
	voice(scope: string): Voice | undefined {
		const found = this.#scopes.byName(scope) ?? this.#scopes.byHex(scope);
		return found && voiceIn(found);
	}

	/** Who a pseudonym of a scope is; undefined for one that nobody vouches for. */
	speaker(id: Hex, author: Uint8Array): Speaker | undefined {
		const scope = this.#scopes.byHex(id);
		return scope && speakerIn(scope, author, this.#rights);
	}

	/** Throws DENIED where this person may not update some column of the table: for what no trigger sees. */
	checkUpdate(scope: string, table: string): void {
		this.#rights.check(scope, table, 'U');
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
			app: row.app
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
		return this.#intake.receive(id, records);
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

	/** What was written into a row of a table with `crsql_history`, newest first. Throws NO_HISTORY, DENIED. */
	history(table: string, scopeName: string, id: string): HistoryEntry[] {
		return this.#history.of(this.#rights.scope(scopeName), table, id);
	}

	/** What was refused from others, newest first, at most 200. */
	refusals(): Refused[] {
		return this.#refusals.list();
	}

	/** The evaluated access log of a scope: who is bound to what, grants, heads. To look at, not to change. */
	inspect(id: Hex): AccessLog {
		return this.#known(id).access;
	}

	getCursor(key: string): string | undefined {
		return this.#db.value('SELECT value FROM slf_cursors WHERE key = ?', [key]) as string | undefined;
	}

	setCursor(key: string, value: string): void {
		this.#db.run(
			'INSERT INTO slf_cursors (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
			[key, value]
		);
	}

	/** Calls back after each commit. Returns a function that stops it. */
	onCommit(listener: (commit: Commit) => void): () => void {
		return this.#transactions.onCommit(listener);
	}

	// --- Inside ------------------------------------------------------------------------------------------------------

	#committed(origin: string | undefined): void {
		this.#events.clear();
		this.text.afterCommit(origin);
		this.live.afterCommit(origin);
	}

	#rolledBack(): void {
		this.#events.clear();
		this.#textClients.forget();
		this.text.afterRollback();
		this.live.afterRollback();
	}

	#openScopes({ id, epochKey }: { id: Uint8Array; epochKey: Uint8Array }): Hex {
		this.#transactions.write(() => this.#actions.openAll(id, epochKey), { directory: true });
		for (const scope of this.#scopes.all()) {
			if (scope.waiting.size > 0) this.#intake.retry(scope.hex);
		}
		return toHex(id);
	}

	#known(id: Hex): Scope {
		const scope = this.#scopes.byHex(id);
		if (!scope) throw new PlatformError('UNKNOWN_SCOPE', 'No scope of this id is held here');
		return scope;
	}
}

function directoryEntry({ hex, row, epoch }: Scope): DirectoryEntry {
	return { id: hex, kind: row.kind, app: row.app, name: row.title, epoch: epoch.number, key: epoch.key };
}
