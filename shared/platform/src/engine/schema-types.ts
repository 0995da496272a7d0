// What a schema file says, once it is read.
import type { Declaration, Policy } from '../access/policy.ts';
import { PlatformError, type ErrorPlace } from '../protocol/errors.ts';

export type Affinity = 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB';
export type ColumnClass = 'key' | 'scope' | 'LWW' | 'REALTIME' | 'EPHEMERAL' | 'WRITE_ONCE' | 'local';

export interface Column {
	name: string;
	class: ColumnClass;
	/** As SQLite takes the declared type; NUMERIC only in local tables. */
	affinity: Affinity | 'NUMERIC';
	/** In a replicated table: how it is made. */
	definition?: string;
}

export interface Table {
	name: string;
	replicated: boolean;
	/** In declared order. */
	columns: Column[];
	/** The statement that makes it. */
	sql: string;
	/** For replicated tables: who may do what, and where a column says it otherwise. */
	policy: Policy;
	columnPolicies: ReadonlyMap<string, Policy>;
	/** As written, where it was written. */
	policyText?: string;
	/** What was written into its rows can be asked for (log/history.ts). */
	history?: true;
}

/** Something made beside the tables, in declared order. */
export interface SchemaObject {
	kind: 'index' | 'trigger' | 'view' | 'virtual';
	name: string;
	sql: string;
	/** INSERT ... SELECT statements that fill a virtual table when it is made. */
	fill: string[];
}

export interface Schema {
	/** SHA-256 of the declaration: the same for every text that means the same to peers. 32 bytes. */
	hash: Uint8Array;
	version: number;
	tables: Table[];
	objects: SchemaObject[];
	/** What an owner signs, and peers judge by. */
	declaration: Declaration;
	/** The whole text, layout and comments aside. */
	text: string;
}

/** Names that belong to the engine, whatever their case. */
export function isReservedName(name: string): boolean {
	return /^(?:slf_|crsql|sqlite_|__)|__crsql_/i.test(name);
}

/** An error that a reader of the schema file finds the place of. */
export function schemaError(sql: string, position: number, message: string, place: ErrorPlace = {}, code = 'SCHEMA') {
	const line = sql.slice(0, position).split('\n').length;
	return new PlatformError(code, `schema, line ${line}: ${message}`, { ...place, position });
}
