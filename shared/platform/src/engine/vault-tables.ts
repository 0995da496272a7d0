// Tables of the platform in a database that is a vault: what the account database holds for other apps. It must not for
// a vault, whose names, members and keys are nobody's who has the account alone.
//
// Their rows are in the vault's personal scope. In a scope that is shared another owner could write such rows too, so
// whoever reads these tables asks for the personal scope's rows and no others. SQL of apps does not reach them.
import { parsePolicy } from '../access/policy.ts';
import type { Role } from '../access/roles.ts';
import { readTable, replicate } from './schema-table.ts';
import type { Table } from './schema-types.ts';
import { splitStatements, tokenize } from './sql-tokens.ts';

// The first three as in identity/account.sql. vault_keys: keys of vaults that were brought into this one; id: hex.
const TABLES = [
	`CREATE TABLE vault_scopes (
		id TEXT PRIMARY KEY,
		scope_id TEXT,
		app LWW_TEXT,
		kind LWW_TEXT,
		name LWW_TEXT,
		epoch LWW_INTEGER,
		epoch_key LWW_BLOB,
		added_at LWW_INTEGER
	)`,
	`CREATE TABLE vault_contacts (
		id TEXT PRIMARY KEY,
		scope_id TEXT,
		name LWW_TEXT,
		card LWW_BLOB,
		verified_at LWW_INTEGER,
		met_at LWW_INTEGER
	)`,
	`CREATE TABLE vault_invitations (
		id TEXT PRIMARY KEY,
		scope_id TEXT,
		app LWW_TEXT,
		scope LWW_TEXT,
		role LWW_TEXT,
		secret LWW_BLOB,
		created_at LWW_INTEGER,
		expires_at LWW_INTEGER,
		state LWW_TEXT,
		used_by LWW_TEXT
	)`,
	`CREATE TABLE vault_keys (
		id TEXT PRIMARY KEY,
		scope_id TEXT,
		key LWW_BLOB,
		added_at LWW_INTEGER
	)`
];

/** Owners write them. Whoever reads the app's tables reads them too, since a role reads all tables of a scope or none. */
export function vaultTables(declared: readonly Table[]): Table[] {
	const readers = new Set<Role>();
	for (const { replicated, policy } of declared) {
		for (const [role, verbs] of policy) if (replicated && role !== 'OWNER' && verbs.has('R')) readers.add(role);
	}
	const policy = parsePolicy(['OWNER:RW', ...[...readers].map((role) => `${role}:R`)].join());
	return TABLES.map((sql) => {
		const statement = splitStatements(tokenize(sql))[0]!;
		return { ...replicate(sql, readTable(sql, statement)), policy, columnPolicies: new Map() };
	});
}
