/**
 * The life of a transaction: BEGIN, work, seal, COMMIT, and who is told. Whatever fails before COMMIT has returned, and
 * COMMIT itself, undoes all of it, in the tables and in memory.
 */
import type { Hex } from '../access/operation.ts';
import type { Database } from '../engine/sqlite.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { Operations } from './operations.ts';
import type { ScopeRegistry } from './scope-registry.ts';
import type { Scope } from './scope.ts';

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

export interface TransactionParts {
	db: Database;
	operations: Operations;
	scopes: ScopeRegistry;
	/** Makes batches of what the open transaction wrote. */
	seal: () => { scopes: Scope[]; realtime: boolean };
	/** Told after COMMIT and after ROLLBACK; before the listeners of commits. */
	committed: (origin: string | undefined) => void;
	rolledBack: () => void;
}

export interface TransactionOptions {
	/** Remembered with the transaction; one that was committed before is not run again. */
	operation?: string | undefined;
	/** Who writes, for live updates. */
	origin?: string | undefined;
	/** The work may change scopes, members or keys. */
	directory?: boolean;
	/** Scopes whose logs the work itself adds to. */
	touches?: Scope[];
}

/** Whether what the work did is to be kept; if not, it is undone and its operation not remembered. */
type Keep<T> = (result: T) => boolean;

export class Transactions {
	readonly #parts: TransactionParts;
	readonly #listeners = new Set<(commit: Commit) => void>();
	#open: { operation: string | undefined } | undefined;

	constructor(parts: TransactionParts) {
		this.#parts = parts;
	}

	/** Whether an app's transaction is open. */
	get isOpen(): boolean {
		return this.#open !== undefined;
	}

	/** Opens a transaction that `commit` or `rollback` ends. Throws NESTED inside another. */
	begin(operation?: string): void {
		this.#refuseOpen('NESTED', 'A transaction is open already');
		this.#parts.db.run('BEGIN IMMEDIATE');
		this.#open = { operation };
	}

	/** False: the operation had been committed before, and nothing was done now. */
	commit(): boolean {
		if (!this.#open) throw new PlatformError('NO_TRANSACTION', 'There is no open transaction to commit');
		const { operation } = this.#open;
		this.#open = undefined;
		return (
			this.#finish(
				() => true,
				{ operation },
				() => true
			) ?? false
		);
	}

	rollback(): void {
		this.#open = undefined;
		this.#rollBack();
	}

	/** Work in a transaction of its own, sealed. Undefined: its operation had been committed before. */
	write<T>(work: () => T, options: TransactionOptions = {}, keep: Keep<T> = () => true): T | undefined {
		this.#refuseOpen('NESTED', 'This cannot be done inside a transaction');
		this.#parts.db.run('BEGIN IMMEDIATE');
		return this.#finish(work, options, keep);
	}

	/** Work that takes in what others wrote; nothing is sealed. `tell` says what to announce, undefined for nothing. */
	takeIn<T>(scope: Scope, work: () => T, tell: (result: T) => { origin?: string; directory: boolean } | undefined): T {
		this.#refuseOpen('BUSY', 'A transaction is open');
		const { db } = this.#parts;
		db.run('BEGIN IMMEDIATE');
		let result: T;
		try {
			result = work();
			db.run('COMMIT');
		} catch (error) {
			this.#rollBack([scope]);
			throw error;
		}
		const news = tell(result);
		if (news)
			this.#announce({ scopes: [scope], realtime: false, local: false, directory: news.directory }, news.origin);
		return result;
	}

	/** Calls back after each commit that added records. Returns a function that stops it. */
	onCommit(listener: (commit: Commit) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#refuseOpen(code: string, message: string): void {
		if (this.#open) throw new PlatformError(code, message);
	}

	#finish<T>(
		work: () => T,
		{ operation, origin, directory = false, touches = [] }: TransactionOptions,
		keep: Keep<T>
	): T | undefined {
		const { db, operations, seal, committed } = this.#parts;
		let scopes = touches;
		let result: T;
		let realtime: boolean;
		try {
			if (operation !== undefined && operations.remember(operation) === 'repeated') {
				this.#rollBack();
				return undefined;
			}
			result = work();
			if (!keep(result)) {
				this.#rollBack();
				return result;
			}
			const sealed = seal();
			scopes = [...touches, ...sealed.scopes];
			realtime = sealed.realtime;
			db.run('COMMIT');
		} catch (error) {
			this.#rollBack(directory ? this.#parts.scopes.all() : scopes);
			throw error;
		}
		if (scopes.length > 0 || directory) this.#announce({ scopes, realtime, local: true, directory }, origin);
		else committed(origin);
		return result;
	}

	#rollBack(touched: readonly Scope[] = []): void {
		const { db, scopes, rolledBack } = this.#parts;
		// SQLite ends a transaction by itself on some errors (full disk, I/O).
		if (db.inTransaction) db.run('ROLLBACK');
		for (const { hex } of touched) scopes.load(hex);
		rolledBack();
	}

	#announce(commit: Omit<Commit, 'scopes'> & { scopes: Scope[] }, origin: string | undefined): void {
		this.#parts.committed(origin);
		const scopes = [...new Set(commit.scopes.map(({ hex }) => hex))];
		for (const listener of this.#listeners) listener({ ...commit, scopes });
	}
}
