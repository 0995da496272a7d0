/**
 * Live queries: rows now, and after every commit what changed in them.
 *
 *     commit ──triggers──▶ changed rows of each table ──by scope──▶ queries that may show them ──▶ diff ──▶ listener
 *
 * Invariants
 * - Folding each diff onto the rows before gives the rows of a fresh run, in its order (ties by rowid where the query
 *   is of one table).
 * - Listeners hear nothing of a transaction that was rolled back, and one update at most for each commit.
 * - What a query depends on is what the authorizer saw when it was compiled, with full-text tables replaced by the
 *   tables that feed them.
 */

import { PlatformError } from '../protocol/errors.ts';
import type { LiveOrigin, LiveUpdate } from '../protocol/live.ts';
import { ChangeTracker, type RowId, type TableChanges } from './live/changes.ts';
import { Planner } from './live/plan.ts';
import { LiveQuery } from './live/query.ts';
import { quoteName } from './sql-tokens.ts';
import type { Database, SqlValue } from './sqlite.ts';

/** What is needed of the authorizer (authorizer.ts gives more). */
export interface DependencySource {
	dependenciesOf(sql: string): {
		tables: ReadonlySet<string>;
		writes: ReadonlySet<string>;
		/** As `table.column`. */
		columns: ReadonlySet<string>;
	};
}

export interface LiveOptions {
	/** Called before a query is run for the first time, with what it reads: brings texts up to date. */
	beforeRead?(touched: { tables: ReadonlySet<string>; writes: ReadonlySet<string> }): void;
	/** A query failed while it was kept up to date, and is closed. */
	onError?(error: unknown): void;
}

/** Gets all rows first, then diffs. 'busy': took this one, and wants no more until `resume`. */
export type LiveListener = (update: LiveUpdate) => void | 'busy';

export interface LiveHandle {
	/** Hold updates back: what happens meanwhile is told as one diff by `resume`. */
	pause(): void;
	resume(): void;
	close(): void;
}

type Changed = Set<RowId> | 'all';

interface Watched {
	readonly query: LiveQuery;
	readonly listener: LiveListener;
	paused: boolean;
	/** What changed while it was paused. */
	missed: Changed | null;
}

export class LiveQueries {
	readonly #db: Database;
	readonly #auth: DependencySource;
	readonly #options: LiveOptions;
	readonly #changes: ChangeTracker;
	readonly #planner: Planner;
	/** By table: queries bound to one scope, and queries that any row may concern. */
	readonly #byTable = new Map<string, { scoped: Map<string, Set<Watched>>; any: Set<Watched> }>();
	/** Run again after every commit. */
	readonly #always = new Set<Watched>();
	/** How many queries read a column, by `table.column`. */
	readonly #readers = new Map<string, number>();
	/** Began inside an open transaction: what they were told may be undone. */
	readonly #early = new Set<Watched>();
	#count = 0;

	/** @param _schema not needed: everything is read from the database */
	constructor(db: Database, _schema: unknown, auth: DependencySource, options: LiveOptions = {}) {
		this.#db = db;
		this.#auth = auth;
		this.#options = options;
		this.#changes = new ChangeTracker(db);
		this.#planner = new Planner(db);
	}

	get size(): number {
		return this.#count;
	}

	/**
	 * Keeps a SELECT fresh. `listener` gets all rows before this returns. Throws what SQLite says of the statement, and
	 * PlatformError NOT_A_QUERY for one that writes.
	 */
	watch(sql: string, params: readonly SqlValue[], listener: LiveListener): LiveHandle {
		const touched = this.#auth.dependenciesOf(sql);
		if (touched.writes.size > 0) throw new PlatformError('NOT_A_QUERY', 'A live query only reads.');
		this.#options.beforeRead?.(touched);
		const plan = this.#planner.plan(sql, params, touched.tables);
		if (plan.columns.length === 0) throw new PlatformError('NOT_A_QUERY', 'A live query is a SELECT.');
		let always = plan.always;
		for (const table of plan.tables.keys()) if (!this.#changes.track(table)) always = true;

		const watched: Watched = { query: new LiveQuery(this.#db, plan, params), listener, paused: false, missed: null };
		const first = watched.query.start();
		this.#register(watched, always);
		for (const column of touched.columns) this.#readers.set(column, (this.#readers.get(column) ?? 0) + 1);
		if (this.#db.inTransaction) this.#early.add(watched);
		this.#deliver(watched, first);
		let open = true;
		return {
			pause: () => void (watched.paused = true),
			resume: () => this.#resume(watched, open),
			close: () => {
				if (!open) return;
				open = false;
				this.#unregister(watched);
				for (const column of touched.columns) {
					const left = this.#readers.get(column)! - 1;
					if (left === 0) this.#readers.delete(column);
					else this.#readers.set(column, left);
				}
			}
		};
	}

	/** Whether some query that is watched reads this column. */
	reads(table: string, column: string): boolean {
		return this.#readers.has(`${table}.${column}`);
	}

	/** Tells every query what the transaction changed. Call after each COMMIT. */
	afterCommit(origin?: LiveOrigin): void {
		const hits = this.#hits(this.#changes.take());
		for (const watched of this.#always) hits.set(watched, 'all');
		for (const watched of this.#early) hits.set(watched, 'all');
		this.#early.clear();
		for (const [watched, changed] of hits) this.#update(watched, changed, origin);
	}

	/** Forgets what the transaction changed. Call after each ROLLBACK, also one that SQLite did by itself. */
	afterRollback(): void {
		this.#changes.discard();
		const early = [...this.#early];
		this.#early.clear();
		for (const watched of early) this.#update(watched, 'all');
	}

	/** A value that is not stored (EPHEMERAL) changed in a row; told by the next `afterCommit`. */
	touch(table: string, scope: string, id: string): void {
		const key = table.toLowerCase();
		if (!this.#byTable.has(key)) return;
		const rowid = this.#db.value(`SELECT rowid FROM ${quoteName(table)} WHERE scope_id = ? AND id = ?`, [scope, id]);
		if (rowid !== undefined && rowid !== null) this.#changes.touch(key, rowid as RowId, scope);
	}

	#hits(changes: ReadonlyMap<string, TableChanges>): Map<Watched, Changed> {
		const hits = new Map<Watched, Changed>();
		for (const [table, changed] of changes) {
			const queries = this.#byTable.get(table);
			if (!queries) continue;
			const rows = changed.all ? 'all' : changed.rows;
			for (const watched of queries.any) add(hits, watched, rows);
			if (changed.all) {
				for (const set of queries.scoped.values()) for (const watched of set) add(hits, watched, 'all');
				continue;
			}
			for (const [scope, inScope] of changed.byScope) {
				for (const watched of queries.scoped.get(scope as string) ?? []) add(hits, watched, inScope);
			}
		}
		return hits;
	}

	#update(watched: Watched, changed: Changed, origin?: LiveOrigin): void {
		if (watched.paused) {
			watched.missed = union(watched.missed, changed);
			return;
		}
		try {
			const diff = watched.query.update(changed);
			if (!diff) return;
			const { columns } = watched.query;
			this.#deliver(watched, origin === undefined ? { columns, diff } : { columns, diff, origin });
		} catch (error) {
			this.#unregister(watched);
			if (!this.#options.onError) throw error;
			this.#options.onError(error);
		}
	}

	#deliver(watched: Watched, update: LiveUpdate): void {
		if (watched.listener(update) === 'busy') watched.paused = true;
	}

	#resume(watched: Watched, open: boolean): void {
		if (!open || !watched.paused) return;
		watched.paused = false;
		const { missed } = watched;
		watched.missed = null;
		if (missed && this.#db.inTransaction) this.#early.add(watched);
		else if (missed) this.#update(watched, missed);
	}

	#register(watched: Watched, always: boolean): void {
		this.#count += 1;
		if (always) this.#always.add(watched);
		for (const [table, scope] of watched.query.plan.tables) {
			let queries = this.#byTable.get(table);
			if (!queries) this.#byTable.set(table, (queries = { scoped: new Map(), any: new Set() }));
			if (scope === null) {
				queries.any.add(watched);
				continue;
			}
			const inScope = queries.scoped.get(scope);
			if (inScope) inScope.add(watched);
			else queries.scoped.set(scope, new Set([watched]));
		}
	}

	#unregister(watched: Watched): void {
		this.#count -= 1;
		this.#always.delete(watched);
		this.#early.delete(watched);
		for (const [table, scope] of watched.query.plan.tables) {
			const queries = this.#byTable.get(table);
			if (!queries) continue;
			queries.any.delete(watched);
			const inScope = scope === null ? undefined : queries.scoped.get(scope);
			inScope?.delete(watched);
			if (inScope?.size === 0) queries.scoped.delete(scope as string);
			if (queries.any.size === 0 && queries.scoped.size === 0) this.#byTable.delete(table);
		}
	}
}

function add(hits: Map<Watched, Changed>, watched: Watched, changed: Changed): void {
	hits.set(watched, union(hits.get(watched) ?? null, changed));
}

function union(a: Changed | null, b: Changed): Changed {
	if (a === null) return b;
	return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]);
}
