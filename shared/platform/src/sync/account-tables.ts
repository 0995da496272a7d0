/**
 * The rows of the account database (identity/account.sql) as values; of a vault, those that it keeps itself in their
 * stead (engine/vault-tables.ts). A write that would change nothing is not made: each one is a record that travels to
 * all devices. Only rows of the person's own scope are read: in a shared one others write.
 */
import type { Role, SqlValue } from '../protocol/shapes.ts';
import type { HubTables } from './hub-ports.ts';

export interface DeviceRow {
	id: string;
	name: string;
	runs_on: string;
	place: string;
	card: Uint8Array;
	added_at: number;
}

export interface ContactRow {
	id: string;
	name: string;
	card: Uint8Array;
	verified_at: number | null;
	met_at: number;
}

export interface ScopeRow {
	id: string;
	app: string;
	kind: string;
	name: string;
	epoch: number;
	epoch_key: Uint8Array;
	added_at: number;
}

export interface InvitationRow {
	/** Hex of the one-time public key. */
	id: string;
	app: string;
	/** Hex of the true scope id. */
	scope: string;
	role: Role;
	/** Seed of 32 bytes (invitation.ts). */
	secret: Uint8Array;
	created_at: number;
	expires_at: number;
	state: 'open' | 'used' | 'withdrawn';
	used_by: string | null;
}

interface Tables {
	devices: DeviceRow;
	contacts: ContactRow;
	scopes: ScopeRow;
	invitations: InvitationRow;
}

const COLUMNS: { [T in keyof Tables]: readonly (keyof Tables[T] & string)[] } = {
	devices: ['id', 'name', 'runs_on', 'place', 'card', 'added_at'],
	contacts: ['id', 'name', 'card', 'verified_at', 'met_at'],
	scopes: ['id', 'app', 'kind', 'name', 'epoch', 'epoch_key', 'added_at'],
	invitations: ['id', 'app', 'scope', 'role', 'secret', 'created_at', 'expires_at', 'state', 'used_by']
};

export class AccountTables {
	readonly #store: HubTables;
	readonly #newOperation: () => string;
	readonly #prefix: string;

	/** @param prefix of the names of the tables */
	constructor(store: HubTables, newOperation: () => string, prefix: '' | 'vault_' = '') {
		this.#store = store;
		this.#newOperation = newOperation;
		this.#prefix = prefix;
	}

	/** Rows whose columns have all arrived: one in the making on another device is left for later. */
	async all<T extends keyof Tables>(table: T): Promise<Tables[T][]> {
		const columns = COLUMNS[table];
		const sql = `SELECT ${columns.join(', ')} FROM ${this.#prefix}${table} WHERE scope_id = ? ORDER BY id`;
		const rows = await this.#store.query(sql, [await this.#store.scope()]);
		return rows.map((row) => rowOf(columns, row) as unknown as Tables[T]).filter((row) => isWhole(table, row));
	}

	async get<T extends keyof Tables>(table: T, id: string): Promise<Tables[T] | undefined> {
		const columns = COLUMNS[table];
		const sql = `SELECT ${columns.join(', ')} FROM ${this.#prefix}${table} WHERE scope_id = ? AND id = ?`;
		const [row] = await this.#store.query(sql, [await this.#store.scope(), id]);
		return row && (rowOf(columns, row) as unknown as Tables[T]);
	}

	/** Makes the row have these values, writing what differs. Columns not named stay as they are. */
	async put<T extends keyof Tables>(table: T, row: Partial<Tables[T]> & { id: string }): Promise<void> {
		const given = row as Record<string, SqlValue>;
		const present = (await this.get(table, row.id)) as Record<string, SqlValue> | undefined;
		const changed = COLUMNS[table].filter((column) => {
			return column !== 'id' && given[column] !== undefined && !(present && same(present[column]!, given[column]));
		});
		if (present && changed.length === 0) return;
		const columns = ['id', 'scope_id', ...changed];
		const sets = changed.map((column) => `${column} = excluded.${column}`).join(', ');
		await this.#store.write(
			this.#newOperation(),
			`INSERT INTO ${this.#prefix}${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
				ON CONFLICT (scope_id, id) DO ${changed.length > 0 ? `UPDATE SET ${sets}` : 'NOTHING'}`,
			[row.id, await this.#store.scope(), ...changed.map((column) => given[column]!)]
		);
	}
}

function rowOf(columns: readonly string[], row: readonly SqlValue[]): Record<string, SqlValue> {
	return Object.fromEntries(columns.map((column, i) => [column, row[i]!]));
}

/** The columns that may be null in a row that is whole. */
const NULLABLE: Record<keyof Tables, readonly string[]> = {
	devices: [],
	contacts: ['verified_at'],
	scopes: [],
	invitations: ['used_by']
};

function isWhole(table: keyof Tables, row: object): boolean {
	return Object.entries(row).every(([column, value]) => value !== null || NULLABLE[table].includes(column));
}

function same(a: SqlValue, b: SqlValue): boolean {
	if (a instanceof Uint8Array && b instanceof Uint8Array)
		return a.length === b.length && a.every((byte, i) => byte === b[i]);
	return a === b;
}
