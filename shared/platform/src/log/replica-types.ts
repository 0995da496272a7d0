/** What a Replica is made of and what it answers. */
import type { Hex } from '../access/operation.ts';
import type { Schema } from '../engine/schema.ts';
import type { Database, SqlValue } from '../engine/sqlite.ts';
import type { PersonKeys } from '../identity/person.ts';
import type { PartSize } from './parts.ts';

/** What a statement reads and writes. */
export interface Touched {
	tables: ReadonlySet<string>;
	writes: ReadonlySet<string>;
	/** Columns read, as `table.column`. */
	columns: ReadonlySet<string>;
}

/** The guard under which apps' statements run (engine/authorizer.ts). */
export interface AppSql {
	forApp<T>(run: () => T): T;
	/** Compiles the statement to find out. */
	dependenciesOf(sql: string): Touched;
}

export interface ReplicaOptions {
	/** With the tables of the schema. */
	database: Database;
	schema: Schema;
	person: PersonKeys;
	app: string;
	/** Id of the vault whose database this is; `person` has the vault's keys then (identity/vault-key.ts). */
	vault?: Uint8Array | undefined;
	sql: AppSql;
	/** Milliseconds since 1970. */
	clock: () => number;
	random?: (size: number) => Uint8Array;
	/** Whether records are compressed before they are sealed. Where lengths must not tell of content: false. */
	compress?: boolean;
	/** When a transaction is cut into several batches; for tests. */
	partSize?: PartSize;
}

export interface RunResult {
	columns: string[];
	rows: SqlValue[][];
	/** Rows that the statement inserted, changed or deleted. */
	changes: number;
	/** The operation was committed before; nothing was done now. */
	repeated?: true;
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
