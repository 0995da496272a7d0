// Reads an app's schema.sql: which tables there are, how each column syncs, who may do what. Pure: nothing is created here.
//
// The file is SQL that plain SQLite runs too. A table that is made a CRR is replicated: its key becomes (scope_id, id),
// every other column names its class by its type, and whatever would merge wrongly is refused here, before any data
// exists, with the line to write instead. All other tables are local to the device.
//
//     CREATE TABLE, CREATE INDEX, CREATE VIRTUAL TABLE ... USING fts5, CREATE VIEW, CREATE TRIGGER
//     SELECT crsql_as_crr('table')
//     SELECT crsql_policy('table' or 'table.column', 'ROLE:verbs, ...')
//     SELECT crsql_history('table')                  keeps findable who wrote what into each row (log/history.ts)
//     INSERT INTO local_table ... SELECT ...         run when that table is made or made anew
//     PRAGMA user_version = N                        the version of the schema, 1 unless given
import {
	DEFAULT_POLICY,
	checkReading,
	declarationText,
	parseColumnPolicy,
	parsePolicy,
	type Declaration,
	type Policy
} from '../access/policy.ts';
import { LABELS, labelledHash, utf8 } from '../crypto/index.ts';
import { PlatformError, type ErrorPlace } from '../protocol/errors.ts';
import { readTable, replicate, type ParsedTable } from './schema-table.ts';
import { isReservedName, schemaError, type Schema, type SchemaObject, type Table } from './schema-types.ts';
import { vaultTables } from './vault-tables.ts';
import { TokenError, normalized, splitStatements, tokenize, type SqlStatement, type Token } from './sql-tokens.ts';

export type * from './schema-types.ts';

export interface SchemaOptions {
	/** False for the account database, which no app sees. */
	peerRequests?: boolean;
	/** The database is a vault: it has tables of the platform's own (vault-tables.ts). */
	vault?: boolean;
}

/** Every app database has this table. The order of its columns is a contract: apps insert by position. */
const PEER_REQUESTS = `CREATE TABLE peer_requests (
	id TEXT PRIMARY KEY,
	scope_id TEXT,
	service LWW_TEXT,
	request LWW_TEXT,
	status LWW_TEXT,
	result LWW_TEXT,
	requested_by LWW_TEXT,
	created_at LWW_INTEGER
)`;

/** @throws PlatformError SCHEMA or POLICY, naming table, column and line, with the offset in `position` */
export function loadSchema(sql: string, { peerRequests = true, vault = false }: SchemaOptions = {}): Schema {
	return new Loader(sql).load(peerRequests, vault);
}

class Loader {
	readonly #sql: string;
	readonly #tables = new Map<string, ParsedTable>();
	readonly #replicated = new Map<string, Token>();
	readonly #policies = new Map<string, { text: string; policy: Policy }>();
	readonly #histories = new Set<string>();
	readonly #columnPolicies = new Map<string, Map<string, Policy>>();
	readonly #objects: SchemaObject[] = [];
	readonly #names = new Set<string>();
	readonly #checks: (() => void)[] = [];
	#version = 1;

	constructor(sql: string) {
		this.#sql = sql;
	}

	load(peerRequests: boolean, vault: boolean): Schema {
		let statements: SqlStatement[];
		try {
			statements = splitStatements(tokenize(this.#sql));
		} catch (error) {
			if (error instanceof TokenError) throw this.#error(error.position, error.message);
			throw error;
		}
		for (const statement of statements) this.#read(statement);
		for (const check of this.#checks) check();
		const tables = [...this.#tables.values()].map((table) => this.#finish(table));
		const declared = [...tables];
		if (peerRequests) tables.push(requestsTable(declared));
		if (vault) tables.push(...vaultTables(declared));
		const replicated = tables.filter((table) => table.replicated);
		checkReading(replicated);
		const declaration = declare(replicated);
		return {
			hash: labelledHash(LABELS.schema, utf8(declarationText(declaration))),
			version: this.#version,
			tables,
			objects: this.#objects,
			declaration,
			text: statements.map(({ tokens }) => normalized(this.#sql, tokens)).join(';\n')
		};
	}

	#read(statement: SqlStatement): void {
		const words = statement.tokens.map((token) => token.keyword);
		const [first, second, third] = words;
		if (first === 'CREATE') {
			if (second === 'TABLE') return this.#createTable(statement);
			if (second === 'INDEX') return this.#createIndex(statement, 2, false);
			if (second === 'UNIQUE' && third === 'INDEX') return this.#createIndex(statement, 3, true);
			if (second === 'VIRTUAL' && third === 'TABLE') return this.#createVirtual(statement);
			if (second === 'VIEW') return this.#createView(statement);
			if (second === 'TRIGGER') return this.#createTrigger(statement);
		}
		if (first === 'SELECT' && second === 'CRSQL_AS_CRR') return this.#asCrr(statement);
		if (first === 'SELECT' && second === 'CRSQL_POLICY') return this.#policy(statement);
		if (first === 'SELECT' && second === 'CRSQL_HISTORY') return this.#history(statement);
		if (first === 'INSERT' && second === 'INTO') return this.#fill(statement);
		if (first === 'PRAGMA' && second === 'USER_VERSION') return this.#userVersion(statement);
		throw this.#error(
			statement.start,
			'a schema has CREATE TABLE, INDEX, VIRTUAL TABLE, VIEW and TRIGGER, SELECT crsql_as_crr(...), ' +
				'SELECT crsql_policy(...), SELECT crsql_history(...), INSERT INTO a local table ... SELECT, and PRAGMA user_version; this is none of them'
		);
	}

	#createTable(statement: SqlStatement): void {
		const table = readTable(this.#sql, statement);
		if (table.name.toLowerCase() === 'peer_requests')
			throw this.#error(statement.start, 'the platform makes peer_requests itself; leave it out', {
				table: table.name
			});
		this.#claim(table.name, table.position);
		this.#tables.set(table.name.toLowerCase(), table);
	}

	#createIndex(statement: SqlStatement, at: number, unique: boolean): void {
		const { tokens } = statement;
		const nameAt = skipIfNotExists(tokens, at);
		const name = this.#name(statement, nameAt);
		const on = tokens[nameAt + 2];
		if (tokens[nameAt + 1]?.keyword !== 'ON' || !on) throw this.#error(statement.start, 'expected ON and a table');
		if (unique)
			this.#checks.push(() => {
				if (!this.#replicated.has(on.text.toLowerCase())) return;
				throw this.#error(
					statement.start,
					`a UNIQUE index on the replicated table "${on.text}" would let two devices drop each other's rows ` +
						`without an error. Write: CREATE INDEX ${name.text} ON ${on.text} ..., and make uniqueness part of the id`,
					{ table: on.text }
				);
			});
		this.#push('index', statement, name);
	}

	#createVirtual(statement: SqlStatement): void {
		const at = skipIfNotExists(statement.tokens, 3);
		const name = this.#name(statement, at);
		const using = statement.tokens[at + 2];
		if (using?.keyword !== 'FTS5')
			throw this.#error(
				statement.start,
				`only USING fts5 is known for a virtual table, as in CREATE VIRTUAL TABLE ${name.text} USING fts5(...)`
			);
		this.#push('virtual', statement, name);
	}

	#createView(statement: SqlStatement): void {
		this.#refuseInternals(statement);
		this.#push('view', statement, this.#name(statement, skipIfNotExists(statement.tokens, 2)));
	}

	#createTrigger(statement: SqlStatement): void {
		const { tokens } = statement;
		const name = this.#name(statement, skipIfNotExists(tokens, 2));
		this.#refuseInternals(statement);
		const on = tokens[tokens.findIndex((token) => token.keyword === 'ON') + 1];
		const raise = tokens.find((token) => token.keyword === 'RAISE');
		if (raise && on)
			this.#checks.push(() => {
				if (!this.#replicated.has(on.text.toLowerCase())) return;
				throw this.#error(
					raise.start,
					`RAISE in a trigger on the replicated table "${on.text}" would stop changes that others already have. ` +
						'Say who may write with crsql_policy, and check values in the app',
					{ table: on.text }
				);
			});
		this.#push('trigger', statement, name);
	}

	#asCrr(statement: SqlStatement): void {
		const table = this.#onlyStrings(statement, 1)[0]!;
		if (!this.#tables.has(table.text.toLowerCase()))
			throw this.#error(table.start, `crsql_as_crr: there is no table "${table.text}" above this line`);
		this.#replicated.set(table.text.toLowerCase(), table);
	}

	#policy(statement: SqlStatement): void {
		const [target, text] = this.#onlyStrings(statement, 2) as [Token, Token];
		const [tableName, columnName, more] = target.text.split('.') as [string, string?, string?];
		const place: ErrorPlace = { table: tableName, ...(columnName === undefined ? {} : { column: columnName }) };
		const table = this.#tables.get(tableName.toLowerCase());
		if (!table)
			throw this.#error(target.start, `crsql_policy: there is no table "${tableName}" above this line`, place);
		const column = columnName === undefined ? undefined : table.columns.find(({ name }) => name === columnName);
		if (more !== undefined || (columnName !== undefined && !column))
			throw this.#error(target.start, `crsql_policy: "${tableName}" has no column "${columnName}"`, place);
		const policy = this.#parsePolicy(text, column !== undefined, place);
		this.#checks.push(() => {
			if (!this.#replicated.has(tableName.toLowerCase()))
				throw this.#error(
					target.start,
					`crsql_policy: "${tableName}" is local to the device. Write before this line: SELECT crsql_as_crr('${tableName}');`,
					place
				);
		});
		const known = column ? this.#columnPolicies.get(table.name)?.has(column.name) : this.#policies.has(table.name);
		if (known) throw this.#error(target.start, `crsql_policy: "${target.text}" has a policy already`, place);
		if (column) {
			const columns = this.#columnPolicies.get(table.name) ?? new Map<string, Policy>();
			this.#columnPolicies.set(table.name, columns.set(column.name, policy));
		} else this.#policies.set(table.name, { text: text.text, policy });
	}

	#history(statement: SqlStatement): void {
		const table = this.#onlyStrings(statement, 1)[0]!;
		const known = this.#tables.get(table.text.toLowerCase());
		if (!known) throw this.#error(table.start, `crsql_history: there is no table "${table.text}" above this line`);
		this.#histories.add(known.name);
		this.#checks.push(() => {
			if (this.#replicated.has(known.name.toLowerCase())) return;
			const line = `Write before this line: SELECT crsql_as_crr('${known.name}');`;
			const sentence = `crsql_history: "${known.name}" is local to the device, and only what replicates is in the log. ${line}`;
			throw this.#error(table.start, sentence, { table: known.name });
		});
	}

	#parsePolicy(text: Token, ofColumn: boolean, place: ErrorPlace): Policy {
		try {
			return ofColumn ? parseColumnPolicy(text.text) : parsePolicy(text.text);
		} catch (error) {
			if (!(error instanceof PlatformError)) throw error;
			const at = error.position ?? 0;
			const bad = /^\s*[^\s,:]*/.exec(text.text.slice(at))![0].trim();
			const reason = error.message.replace(/^crsql_policy: /, '');
			throw this.#error(text.start + 1 + at, `crsql_policy: at "${bad}": ${reason}`, place, 'POLICY');
		}
	}

	#fill(statement: SqlStatement): void {
		const target = statement.tokens[2];
		const object = this.#objects.find(({ kind, name }) => kind === 'virtual' && name === target?.text);
		if (!object || !statement.tokens.some((token) => token.keyword === 'SELECT'))
			throw this.#error(
				statement.start,
				'INSERT may only fill a virtual table above this line, by INSERT INTO ... SELECT'
			);
		this.#refuseInternals(statement);
		object.fill.push(this.#sql.slice(statement.start, statement.end));
	}

	#userVersion(statement: SqlStatement): void {
		const value = statement.tokens.at(-1)!;
		this.#version = Number(value.text);
		if (statement.tokens.length !== 4 || !Number.isInteger(this.#version) || this.#version < 1)
			throw this.#error(statement.start, 'write the version of the schema as PRAGMA user_version = 2');
	}

	#finish(table: ParsedTable): Table {
		const policy = this.#policies.get(table.name);
		const shared = {
			policy: policy?.policy ?? DEFAULT_POLICY,
			columnPolicies: this.#columnPolicies.get(table.name) ?? new Map<string, Policy>(),
			...(policy ? { policyText: policy.text } : {})
		};
		if (this.#replicated.has(table.name.toLowerCase())) {
			const history = this.#histories.has(table.name) ? { history: true as const } : {};
			return { ...replicate(this.#sql, table), ...shared, ...history };
		}
		const synced = table.columns.find(({ type }) => /^(?:LWW|REALTIME|EPHEMERAL|WRITE_ONCE)_/i.test(type));
		if (synced)
			throw this.#error(
				synced.position,
				`column "${synced.name}" of table "${table.name}" is ${synced.type}, but the table is local to the device. ` +
					`Write after it: SELECT crsql_as_crr('${table.name}');`,
				{ table: table.name, column: synced.name }
			);
		return {
			name: table.name,
			replicated: false,
			columns: table.columns.map(({ name, affinity }) => ({ name, class: 'local', affinity })),
			sql: this.#sql.slice(table.start, table.end),
			...shared
		};
	}

	#push(kind: SchemaObject['kind'], statement: SqlStatement, name: Token): void {
		this.#claim(name.text, name.start);
		this.#objects.push({ kind, name: name.text, sql: this.#sql.slice(statement.start, statement.end), fill: [] });
	}

	#claim(name: string, position: number): void {
		if (isReservedName(name) || /^vault_/i.test(name))
			throw this.#error(
				position,
				`the name "${name}" is the platform's own; names may not begin with slf_, vault_, crsql or __`,
				{
					table: name
				}
			);
		if (this.#names.has(name.toLowerCase())) throw this.#error(position, `"${name}" is made twice`, { table: name });
		this.#names.add(name.toLowerCase());
	}

	#name(statement: SqlStatement, at: number): Token {
		const token = statement.tokens[at];
		if (!token || token.kind === 'mark' || token.kind === 'number')
			throw this.#error(statement.start, 'a name is missing');
		if (statement.tokens[at + 1]?.text === '.')
			throw this.#error(token.start, `write the name without a schema: ${statement.tokens[at + 2]?.text}`);
		return token;
	}

	/** Triggers and views run with the rights of the schema: they must not reach for the engine's insides. */
	#refuseInternals(statement: SqlStatement): void {
		const inside = statement.tokens.find(({ kind, text }) => kind !== 'mark' && isReservedName(text));
		if (inside) throw this.#error(inside.start, `"${inside.text}" is the platform's own and cannot be used here`);
		const sealing = statement.tokens.find(({ text }) => /^(?:seal|open)_value$/i.test(text));
		if (sealing) throw this.#error(sealing.start, `${sealing.text} is for statements, not for what the schema keeps`);
	}

	#onlyStrings(statement: SqlStatement, count: number): Token[] {
		const inside = statement.tokens.slice(3, -1);
		const strings = inside.filter((_, index) => index % 2 === 0);
		const form = statement.tokens[2]?.text === '(' && statement.tokens.at(-1)?.text === ')';
		const commas = inside.every(({ text }, index) => index % 2 === 0 || text === ',');
		if (
			!form ||
			!commas ||
			strings.length !== count ||
			inside.length !== 2 * count - 1 ||
			strings.some(({ kind }) => kind !== 'string')
		)
			throw this.#error(
				statement.start,
				`${statement.tokens[1]!.text} takes ${count} text${count > 1 ? 's' : ''} in single quotes`
			);
		return strings;
	}

	#error(position: number, message: string, place: ErrorPlace = {}, code = 'SCHEMA'): PlatformError {
		return schemaError(this.#sql, position, message, place, code);
	}
}

function skipIfNotExists(tokens: Token[], at: number): number {
	return tokens[at]?.keyword === 'IF' ? at + 3 : at;
}

function declare(tables: Table[]): Declaration {
	return new Map(
		tables.map((table) => [
			table.name,
			{
				name: table.name,
				columns: table.columns.flatMap(({ name, class: columnClass, affinity }) =>
					columnClass === 'key' || columnClass === 'scope' || columnClass === 'local' || affinity === 'NUMERIC'
						? []
						: [{ name, class: columnClass, affinity }]
				),
				policy: table.policy,
				columnPolicies: table.columnPolicies
			}
		])
	);
}

/** peer_requests is read by whoever reads the app's tables, and written by whoever inserts into any of them. */
function requestsTable(tables: Table[]): Table {
	const statement = splitStatements(tokenize(PEER_REQUESTS))[0]!;
	const policy = new Map(DEFAULT_POLICY);
	for (const table of tables.filter(({ replicated }) => replicated))
		for (const [role, verbs] of table.policy) {
			const writes = verbs.has('I') || policy.get(role)?.has('I');
			if (verbs.has('R')) policy.set(role, new Set(writes ? ['R', 'I', 'U', 'D'] : ['R']));
		}
	return { ...replicate(PEER_REQUESTS, readTable(PEER_REQUESTS, statement)), policy, columnPolicies: new Map() };
}
