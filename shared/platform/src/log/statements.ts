/** Runs the statements of apps: with an app's rights, and with the texts that a statement could see stale written first. */
import type { Database, SqlParams } from '../engine/sqlite.ts';
import type { TextColumns } from '../engine/text.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { AppSql, RunResult, Touched } from './replica-types.ts';

/** Statements of an app are few and come again; compiling one costs more than running it. */
const KNOWN_STATEMENTS = 500;

export interface SqlStatement {
	sql: string;
	params: SqlParams;
}

export class Statements {
	readonly #db: Database;
	readonly #sql: AppSql;
	readonly #text: TextColumns;
	/** Called where a read outside of a transaction changed what live queries see. */
	readonly #flushed: () => void;
	readonly #known = new Map<string, Touched>();

	constructor(db: Database, sql: AppSql, text: TextColumns, flushed: () => void) {
		this.#db = db;
		this.#sql = sql;
		this.#text = text;
		this.#flushed = flushed;
	}

	/** Whether it writes a table. */
	writes(sql: string): boolean {
		return this.#touchedBy(sql).writes.size > 0;
	}

	run(sql: string, params: SqlParams): RunResult {
		const touched = this.#touchedBy(sql);
		const flushed = this.#text.beforeStatement(touched);
		try {
			const result = this.#sql.forApp(() => this.#db.query(sql, params));
			return { ...result, changes: touched.writes.size > 0 ? this.#db.changes() : 0 };
		} catch (error) {
			if (this.#db.inTransaction) this.#text.statementFailed();
			throw error;
		} finally {
			// A read that brought text columns up to date changed what live queries see.
			if (flushed && !this.#db.inTransaction) this.#flushed();
		}
	}

	/** All of them in order, until one fails: its error says which, counted from 1. */
	runAll(statements: readonly SqlStatement[]): RunResult[] {
		return statements.map(({ sql, params }, index) => {
			try {
				return this.run(sql, params);
			} catch (error) {
				if (!(error instanceof PlatformError)) throw error;
				throw new PlatformError(error.code, `statement ${index + 1}: ${error.message}`, error, { cause: error });
			}
		});
	}

	#touchedBy(sql: string): Touched {
		let touched = this.#known.get(sql);
		if (!touched) {
			touched = this.#sql.dependenciesOf(sql);
			if (this.#known.size >= KNOWN_STATEMENTS) this.#known.clear();
			this.#known.set(sql, touched);
		}
		return touched;
	}
}
