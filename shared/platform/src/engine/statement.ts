import { PlatformError } from '../protocol/errors.ts';
import type { SqliteModule } from './crsqlite-module.ts';
import { SQLITE } from './sqlite-error.ts';
import { bindValue, readColumn, type SqlParams, type SqlValue } from './sqlite-values.ts';

/** What a statement needs of its connection. */
interface Connection {
	/** Forget what an earlier callback threw. */
	forgetThrown(): void;
	/** The error behind a result code. */
	failure(resultCode: number, sql: string): unknown;
}

/** One compiled statement. Reset after every use; `columns` follows the tables as they are. */
export class Statement {
	readonly #database: Connection;
	readonly #module: SqliteModule;
	readonly #statement: number;
	readonly #sql: string;

	constructor(database: Connection, module: SqliteModule, statement: number, sql: string) {
		this.#database = database;
		this.#module = module;
		this.#statement = statement;
		this.#sql = sql;
	}

	run(params: SqlParams = []): void {
		this.#bind(params);
		this.#database.forgetThrown();
		let resultCode;
		do resultCode = this.#module._sqlite3_step(this.#statement);
		while (resultCode === SQLITE.ROW);
		this.#end(resultCode);
	}

	all(params: SqlParams = []): SqlValue[][] {
		const module = this.#module;
		const statement = this.#statement;
		this.#bind(params);
		this.#database.forgetThrown();
		const rows: SqlValue[][] = [];
		let resultCode = module._sqlite3_step(statement);
		// Counted after the first step: SQLite may have compiled the statement anew against altered tables.
		const width = resultCode === SQLITE.ROW ? module._sqlite3_column_count(statement) : 0;
		while (resultCode === SQLITE.ROW) {
			const row = new Array<SqlValue>(width);
			for (let column = 0; column < width; column++) row[column] = readColumn(module, statement, column);
			rows.push(row);
			resultCode = module._sqlite3_step(statement);
		}
		this.#end(resultCode);
		return rows;
	}

	columns(): string[] {
		const module = this.#module;
		const names: string[] = [];
		const width = module._sqlite3_column_count(this.#statement);
		for (let column = 0; column < width; column++)
			names.push(module.UTF8ToString(module._sqlite3_column_name(this.#statement, column)));
		return names;
	}

	finalize(): void {
		this.#module._sqlite3_finalize(this.#statement);
	}

	#end(resultCode: number): void {
		if (resultCode === SQLITE.DONE) {
			this.#module._sqlite3_reset(this.#statement);
			return;
		}
		const error = this.#database.failure(resultCode, this.#sql);
		this.#module._sqlite3_reset(this.#statement);
		throw error;
	}

	#bind(params: SqlParams): void {
		const module = this.#module;
		const expected = module._sqlite3_bind_parameter_count(this.#statement);
		if (params.length !== expected) {
			const position = Math.min(params.length, expected);
			const message = `the statement has ${expected} parameters, ${params.length} were given`;
			throw new PlatformError('PARAMETER', message, { position });
		}
		for (let index = 0; index < params.length; index++) bindValue(module, this.#statement, index, params[index]);
	}
}
