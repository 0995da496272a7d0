// Reads one CREATE TABLE, and turns one that replicates into the form in which it merges rightly.
//
// What is refused in a replicated table, and why (all of it was seen to lose or split data without an error):
// UNIQUE and CHECK drop cells that others keep; REFERENCES fails for rows that arrive in another order; NOT NULL without
// DEFAULT fails for the first cell of a merged row; a default that is computed differs on every device; a type whose name
// SQLite reads as a number changes texts ('05.10' becomes 5.1).
import type { PlatformError } from '../protocol/errors.ts';
import type { Affinity, Column, ColumnClass, Table } from './schema-types.ts';
import { isReservedName, schemaError } from './schema-types.ts';
import { quoteName, splitCommas, type SqlStatement, type Token } from './sql-tokens.ts';

export interface ParsedColumn {
	name: string;
	/** As written, with single spaces; empty where none is given. */
	type: string;
	affinity: Affinity | 'NUMERIC';
	/** Tokens after the type. */
	constraints: Token[];
	position: number;
}

export interface ParsedTable {
	name: string;
	columns: ParsedColumn[];
	/** Table constraints: PRIMARY KEY (...), UNIQUE (...) and so on. */
	constraints: Token[][];
	/** WITHOUT ROWID, STRICT. */
	options: Token[];
	position: number;
	start: number;
	end: number;
}

const CONSTRAINT_WORDS = new Set(
	'CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS'.split(' ')
);
const TABLE_CONSTRAINTS = new Set('CONSTRAINT PRIMARY UNIQUE CHECK FOREIGN'.split(' '));

const SYNC_TYPES = new Map<string, { class: ColumnClass; affinity: Affinity }>([
	['LWW_TEXT', { class: 'LWW', affinity: 'TEXT' }],
	['LWW_INTEGER', { class: 'LWW', affinity: 'INTEGER' }],
	['LWW_REAL', { class: 'LWW', affinity: 'REAL' }],
	['LWW_BLOB', { class: 'LWW', affinity: 'BLOB' }],
	['REALTIME_TEXT', { class: 'REALTIME', affinity: 'TEXT' }],
	['EPHEMERAL_INT', { class: 'EPHEMERAL', affinity: 'INTEGER' }],
	['EPHEMERAL_INTEGER', { class: 'EPHEMERAL', affinity: 'INTEGER' }],
	['EPHEMERAL_TEXT', { class: 'EPHEMERAL', affinity: 'TEXT' }],
	['WRITE_ONCE_TEXT', { class: 'WRITE_ONCE', affinity: 'TEXT' }],
	['WRITE_ONCE_INTEGER', { class: 'WRITE_ONCE', affinity: 'INTEGER' }],
	['WRITE_ONCE_BLOB', { class: 'WRITE_ONCE', affinity: 'BLOB' }]
]);

export function readTable(sql: string, { tokens, start, end }: SqlStatement): ParsedTable {
	const nameAt = tokens[2]?.keyword === 'IF' ? 5 : 2;
	const name = tokens[nameAt];
	const open = tokens[nameAt + 1];
	if (!name || open?.text !== '(')
		throw schemaError(sql, start, 'write CREATE TABLE name (columns); AS SELECT and other schemas are not known here');
	const close = closing(tokens, nameAt + 1);
	if (close < 0) throw schemaError(sql, open.start, 'this parenthesis is not closed', { table: name.text });
	const columns: ParsedColumn[] = [];
	const constraints: Token[][] = [];
	for (const part of splitCommas(tokens.slice(nameAt + 2, close))) {
		const first = part[0];
		if (!first) throw schemaError(sql, tokens[close]!.start, 'a column is missing', { table: name.text });
		if (TABLE_CONSTRAINTS.has(first.keyword)) constraints.push(part);
		else columns.push(readColumn(part));
	}
	const seen = new Set<string>();
	for (const column of columns) {
		const place = { table: name.text, column: column.name };
		if (seen.has(column.name.toLowerCase()))
			throw schemaError(sql, column.position, `column "${column.name}" stands twice in table "${name.text}"`, place);
		seen.add(column.name.toLowerCase());
	}
	return { name: name.text, columns, constraints, options: tokens.slice(close + 1), position: name.start, start, end };
}

function readColumn(tokens: Token[]): ParsedColumn {
	const name = tokens[0]!;
	let at = 1;
	while (at < tokens.length && !CONSTRAINT_WORDS.has(tokens[at]!.keyword)) at++;
	const type = tokens
		.slice(1, at)
		.map(({ text }) => text)
		.join(' ');
	return { name: name.text, type, affinity: affinityOf(type), constraints: tokens.slice(at), position: name.start };
}

/** SQLite's rules, in its order (https://sqlite.org/datatype3.html, 3.1). */
export function affinityOf(type: string): Affinity | 'NUMERIC' {
	const upper = type.toUpperCase();
	if (upper.includes('INT')) return 'INTEGER';
	if (/CHAR|CLOB|TEXT/.test(upper)) return 'TEXT';
	if (upper === '' || upper.includes('BLOB')) return 'BLOB';
	return /REAL|FLOA|DOUB/.test(upper) ? 'REAL' : 'NUMERIC';
}

/** A replicated table, as it is made; its policies are added by the loader. */
export function replicate(sql: string, table: ParsedTable): Omit<Table, 'policy' | 'columnPolicies'> {
	const refuse = refusals(sql, table);
	if (!/^[A-Za-z_]\w*$/.test(table.name))
		throw refuse(table.position, 'the name of a replicated table has letters, digits and _ only');
	if (table.options.length > 0)
		throw refuse(
			table.options[0]!.start,
			`${table.options.map(({ text }) => text).join(' ')} cannot be used in a replicated table. Write: CREATE TABLE ${table.name} (...);`
		);
	for (const constraint of table.constraints) checkTableConstraint(constraint, refuse);
	for (const key of ['id', 'scope_id'])
		if (!table.columns.some(({ name }) => name === key))
			throw refuse(
				table.position,
				`a replicated table needs the column "${key}". Write: ${key === 'id' ? 'id TEXT PRIMARY KEY' : 'scope_id TEXT'}`
			);
	if (!hasKey(table))
		throw refuse(table.position, 'the key of a replicated table is its id. Write: id TEXT PRIMARY KEY');
	const columns = table.columns.map((column) => readReplicated(sql, column, refuse));
	const lines = columns.map(({ definition }) => definition);
	return {
		name: table.name,
		replicated: true,
		columns,
		sql: `CREATE TABLE ${quoteName(table.name)} (${lines.join(', ')}, PRIMARY KEY ("scope_id", "id"))`
	};
}

type ReplicatedColumn = Column & { definition: string };
type Refuse = (position: number, message: string, column?: string) => PlatformError;

function refusals(sql: string, table: ParsedTable): Refuse {
	return (position, message, column) =>
		schemaError(
			sql,
			position,
			`table "${table.name}"${column === undefined ? '' : `, column "${column}"`}: ${message}`,
			{
				table: table.name,
				...(column === undefined ? {} : { column })
			}
		);
}

function checkTableConstraint(constraint: Token[], refuse: Refuse): void {
	const at = constraint[0]!.keyword === 'CONSTRAINT' ? 2 : 0;
	const word = constraint[at]?.keyword;
	const { start } = constraint[0]!;
	if (word === 'UNIQUE') throw refuse(start, `${UNIQUE} Leave this line out`);
	if (word === 'CHECK') throw refuse(start, `${CHECK} Leave this line out`);
	if (word === 'FOREIGN') throw refuse(start, `${REFERENCES} Leave this line out`);
	const columns = constraint
		.slice(at + 3, -1)
		.filter((_, index) => index % 2 === 0)
		.map(({ text }) => text);
	const key = columns.sort().join();
	if (key !== 'id' && key !== 'id,scope_id')
		throw refuse(start, 'the key of a replicated table is (scope_id, id). Write: PRIMARY KEY (scope_id, id)');
}

function hasKey(table: ParsedTable): boolean {
	const inColumn = table.columns.some(({ constraints }) => constraints.some(({ keyword }) => keyword === 'PRIMARY'));
	return inColumn || table.constraints.some((tokens) => tokens.some(({ keyword }) => keyword === 'PRIMARY'));
}

const UNIQUE = 'UNIQUE in a replicated table would let two devices drop values of each other without an error.';
const CHECK = 'CHECK in a replicated table would stop changes that others already have.';
const REFERENCES = 'a foreign key in a replicated table fails when rows arrive in another order.';

function readReplicated(sql: string, parsed: ParsedColumn, refuse: Refuse): ReplicatedColumn {
	const { name, position } = parsed;
	const reject = (message: string, at = position) => refuse(at, message, name);
	if (!/^[A-Za-z_]\w*$/.test(name)) throw reject('the name of a replicated column has letters, digits and _ only');
	if (isReservedName(name)) throw reject("names that begin with slf_, crsql or __ are the platform's own");
	if (/^(?:rowid|oid|_rowid_)$/i.test(name)) throw reject('the name hides the row number that live queries follow');
	if (name === 'id' || name === 'scope_id') return readKey(parsed, reject);
	const type = parsed.type.toUpperCase();
	const sync = SYNC_TYPES.get(type);
	if (!sync) throw reject(adviseType(parsed));
	const rest = readConstraints(sql, parsed, type, sync.class, reject);
	const column: Column = { name, class: sync.class, affinity: sync.affinity };
	if (sync.class !== 'EPHEMERAL') return { ...column, definition: `${quoteName(name)} ${type}${rest}` };
	// Its values live in memory only: the column is generated by a function that looks them up.
	const generated = `GENERATED ALWAYS AS (slf_ephemeral('${name}', "scope_id", "id")) VIRTUAL`;
	return { ...column, definition: `${quoteName(name)} ${type} ${generated}` };
}

type Reject = (message: string, at?: number) => PlatformError;

function readKey({ name, type, constraints }: ParsedColumn, reject: Reject): ReplicatedColumn {
	const line = name === 'id' ? 'id TEXT PRIMARY KEY' : 'scope_id TEXT';
	if (type.toUpperCase() !== 'TEXT') throw reject(`its type is TEXT. Write: ${line}`);
	const odd = constraints.find(({ keyword }) => !['PRIMARY', 'KEY', 'NOT', 'NULL'].includes(keyword));
	if (odd) throw reject(`${odd.text.toUpperCase()} cannot stand here. Write: ${line}`, odd.start);
	if (name === 'scope_id' && constraints.some(({ keyword }) => keyword === 'PRIMARY'))
		throw reject('the loader makes the key (scope_id, id). Write: id TEXT PRIMARY KEY, scope_id TEXT');
	return {
		name,
		class: name === 'id' ? 'key' : 'scope',
		affinity: 'TEXT',
		definition: `${quoteName(name)} TEXT NOT NULL`
	};
}

function adviseType({ name, type, affinity }: ParsedColumn): string {
	const upper = type.toUpperCase();
	const prefix = /^(LWW|REALTIME|EPHEMERAL|WRITE_ONCE)_/.exec(upper)?.[1];
	if (!prefix) {
		const suffix = affinity === 'NUMERIC' ? (/BOOL|DATE|TIME/.test(upper) ? 'INTEGER' : 'REAL') : affinity;
		return (
			`${type === '' ? 'a column without a type' : type} does not say how the value syncs. ` +
			`Write: ${name} LWW_${type === '' ? 'TEXT' : suffix}`
		);
	}
	const wanted = upper.slice(prefix.length + 1);
	const suffix = /INT|BOOL|DATE|TIME|STAMP/.test(wanted) ? 'INTEGER' : /BLOB|BYTE|BIN/.test(wanted) ? 'BLOB' : 'TEXT';
	const advice = SYNC_TYPES.has(`${prefix}_${suffix}`) ? `${prefix}_${suffix}` : `${prefix}_TEXT`;
	const intended = suffix === 'TEXT' ? 'TEXT' : suffix;
	const trap =
		affinity === intended
			? ''
			: ` (SQLite takes the name for ${affinity} and would change values: '05.10' becomes 5.1)`;
	return `there is no type ${type}${trap}. Write: ${name} ${advice}`;
}

/** Checks what stands behind the type; answers what of it the table is made with. */
function readConstraints(
	sql: string,
	{ name, constraints }: ParsedColumn,
	type: string,
	columnClass: ColumnClass,
	reject: Reject
): string {
	const plain = `Write: ${name} ${type}`;
	let notNull: Token | undefined;
	let fallback: string | undefined;
	let collate = '';
	for (let at = 0; at < constraints.length; at++) {
		const token = constraints[at]!;
		switch (token.keyword) {
			case 'CONSTRAINT':
				at++;
				break;
			case 'NULL':
				break;
			case 'NOT':
				notNull = token;
				at++;
				break;
			case 'DEFAULT': {
				const length = constantLength(constraints, at + 1);
				if (length === 0)
					throw reject(
						`a default that is computed differs on every device. Write a constant, or: ${name} ${type}`,
						token.start
					);
				fallback = sql.slice(constraints[at + 1]!.start, constraints[at + length]!.end);
				at += length;
				break;
			}
			case 'COLLATE':
				collate = ` COLLATE ${quoteName(constraints[++at]?.text ?? '')}`;
				break;
			case 'UNIQUE':
				throw reject(`${UNIQUE} ${plain}`, token.start);
			case 'CHECK':
				throw reject(`${CHECK} ${plain}`, token.start);
			case 'REFERENCES':
				throw reject(`${REFERENCES} ${plain}`, token.start);
			case 'PRIMARY':
				throw reject(`the key of a replicated table is its id. ${plain}`, token.start);
			default:
				throw reject(`${token.text.toUpperCase()} cannot be used in a replicated table. ${plain}`, token.start);
		}
	}
	if (notNull && columnClass !== 'REALTIME' && (fallback === undefined || /^null$/i.test(fallback))) {
		const value = /TEXT$/.test(type) ? `''` : /BLOB$/.test(type) ? `x''` : '0';
		throw reject(
			`NOT NULL without a default fails for the first value that arrives. ${plain} NOT NULL DEFAULT ${value}`,
			notNull.start
		);
	}
	if (columnClass === 'EPHEMERAL' && (notNull || fallback !== undefined || collate))
		throw reject(`an ephemeral value is absent until somebody sets it. ${plain}`);
	if (columnClass === 'REALTIME') {
		if (fallback !== undefined && fallback !== `''`)
			throw reject(`a text that is edited together begins empty. ${plain}`);
		// A row may arrive before its text: it reads the same everywhere.
		fallback = `''`;
	}
	return `${notNull ? ' NOT NULL' : ''}${fallback === undefined ? '' : ` DEFAULT ${fallback}`}${collate}`;
}

/** Tokens of a constant that begins here: a literal, with a sign, in parentheses. 0 where there is none. */
function constantLength(tokens: Token[], at: number): number {
	const token = tokens[at];
	if (!token) return 0;
	if (token.text === '(' && token.kind === 'mark') {
		const inside = constantLength(tokens, at + 1);
		return inside > 0 && tokens[at + 1 + inside]?.text === ')' ? inside + 2 : 0;
	}
	if (token.kind === 'mark' && (token.text === '-' || token.text === '+'))
		return tokens[at + 1]?.kind === 'number' ? 2 : 0;
	if (['string', 'number', 'blob'].includes(token.kind)) return 1;
	return ['NULL', 'TRUE', 'FALSE'].includes(token.keyword) ? 1 : 0;
}

function closing(tokens: Token[], open: number): number {
	let depth = 0;
	for (let at = open; at < tokens.length; at++) {
		if (tokens[at]!.kind !== 'mark') continue;
		if (tokens[at]!.text === '(') depth++;
		else if (tokens[at]!.text === ')' && --depth === 0) return at;
	}
	return -1;
}
