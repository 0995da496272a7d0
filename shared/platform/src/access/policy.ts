/**
 * Policies: which role may do what to a table, as `crsql_policy` writes them and as an owner signs them.
 *
 *     SELECT crsql_policy('blocks', 'OWNER:RW, EDITOR:RW, VIEWER:R')
 *     SELECT crsql_policy('blocks.done', 'COMMENTER:U')
 *
 * Verbs are R, I, U, D; W is short for IUD. A line for a column speaks of U alone and replaces the table's U for that
 * column. Reading is possession of the scope's key, so R holds for a whole scope: a role that reads one table reads all.
 *
 * A **declaration** is what an owner signs into the access log under the hash of a schema: its replicated tables with
 * their columns, classes and policies. A receiver judges a batch by it alone, whatever schema it runs itself. Its text
 * is canonical JSON, so that the same schema gives the same bytes everywhere.
 */
import { PlatformError } from '../protocol/errors.ts';
import { isRole, ROLES, VERBS, type Role, type Verb } from './roles.ts';

export type Policy = ReadonlyMap<Role, ReadonlySet<Verb>>;

export type SyncClass = 'LWW' | 'WRITE_ONCE' | 'REALTIME' | 'EPHEMERAL';
export type Affinity = 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB';

export interface DeclaredColumn {
	name: string;
	class: SyncClass;
	affinity: Affinity;
}

export interface DeclaredTable {
	name: string;
	/** Every column but `id` and `scope_id`, in declared order. */
	columns: DeclaredColumn[];
	policy: Policy;
	/** Who may update a column, where that differs from the table. */
	columnPolicies: ReadonlyMap<string, Policy>;
}

export type Declaration = ReadonlyMap<string, DeclaredTable>;

/** The policy of a table that has none: its scope's owners, and nobody else. */
export const DEFAULT_POLICY: Policy = new Map([['OWNER', new Set(VERBS)]]);

/**
 * Reads `'OWNER:RW, EDITOR:RW, VIEWER:R'`.
 *
 * @throws PlatformError POLICY with `position` (0-based, in `text`) at the first thing that is not a policy
 */
export function parsePolicy(text: string): Policy {
	const policy = new Map<Role, ReadonlySet<Verb>>();
	let at = 0;
	for (const entry of text.split(',')) {
		const match = /^(\s*)([A-Za-z]+)\s*:\s*([A-Za-z]+)\s*$/.exec(entry);
		if (!match) throw refused('expected ROLE:verbs, separated by commas', at);
		const [, space, role, verbs] = match as unknown as [string, string, string, string];
		const roleAt = at + space.length;
		if (!isRole(role)) throw refused(`no such role; roles are ${ROLES.join(', ')}`, roleAt);
		if (policy.has(role)) throw refused(`${role} stands here twice`, roleAt);
		policy.set(role, parseVerbs(verbs, at + entry.lastIndexOf(verbs)));
		at += entry.length + 1;
	}
	return policy;
}

function parseVerbs(text: string, at: number): ReadonlySet<Verb> {
	const verbs = new Set<Verb>();
	for (let index = 0; index < text.length; index++) {
		const letter = text[index]!;
		if (letter === 'W') for (const verb of ['I', 'U', 'D'] as const) verbs.add(verb);
		else if ((VERBS as readonly string[]).includes(letter)) verbs.add(letter as Verb);
		else throw refused('verbs are R, I, U, D, and W for IUD', at + index);
	}
	return verbs;
}

/** A policy for a column, which may speak of U only. */
export function parseColumnPolicy(text: string): Policy {
	const policy = parsePolicy(text);
	for (const verbs of policy.values()) {
		for (const verb of verbs) if (verb !== 'U') throw refused('a policy for a column may only say U', 0);
	}
	return policy;
}

/**
 * Refuses a role that reads one of these tables and not another: whoever holds the scope's key reads all of it.
 *
 * @throws PlatformError POLICY that names the table and the role
 */
export function checkReading(tables: Iterable<{ name: string; policy: Policy }>): void {
	const all = [...tables];
	for (const role of ROLES) {
		const blind = all.find(({ policy }) => !policy.get(role)?.has('R'));
		const seen = all.find(({ policy }) => policy.get(role)?.has('R'));
		if (blind && seen) {
			throw new PlatformError(
				'POLICY',
				`${role} reads "${seen.name}" but not "${blind.name}": a scope's key opens all of its tables. ` +
					`Write crsql_policy('${blind.name}', '${role}:R, ...') or put the table into scopes of its own kind`,
				{ table: blind.name, role }
			);
		}
	}
}

/** Whether the policy lets `role` do `verb` to the table, or, with `column`, update that column. */
export function allows(table: DeclaredTable, role: Role, verb: Verb, column?: string): boolean {
	const own = verb === 'U' && column !== undefined ? table.columnPolicies.get(column) : undefined;
	return (own ?? table.policy).get(role)?.has(verb) ?? false;
}

/** Whether `role` may do `verb` to some column at least: the question a trigger can ask before the columns are known. */
export function allowsSome(table: DeclaredTable, role: Role, verb: Verb): boolean {
	if (allows(table, role, verb)) return true;
	if (verb !== 'U') return false;
	for (const policy of table.columnPolicies.values()) if (policy.get(role)?.has('U')) return true;
	return false;
}

/** The canonical text of a declaration: tables by name, roles and verbs in their fixed order. */
export function declarationText(declaration: Declaration): string {
	const tables = [...declaration.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	return JSON.stringify(
		tables.map((table) => [
			table.name,
			table.columns.map((column) => [column.name, column.class, column.affinity]),
			policyLines(table.policy),
			[...table.columnPolicies.keys()].sort().map((name) => [name, policyLines(table.columnPolicies.get(name)!)])
		])
	);
}

function policyLines(policy: Policy): [Role, string][] {
	return ROLES.filter((role) => policy.has(role)).map((role) => [
		role,
		VERBS.filter((verb) => policy.get(role)!.has(verb)).join('')
	]);
}

const SYNC_CLASSES: readonly string[] = ['LWW', 'WRITE_ONCE', 'REALTIME', 'EPHEMERAL'];
const AFFINITIES: readonly string[] = ['TEXT', 'INTEGER', 'REAL', 'BLOB'];
const MAX_TABLES = 256;
const MAX_COLUMNS = 512;
const MAX_NAME = 128;

/**
 * Reads a declaration that somebody signed; undefined for anything that is not the canonical text of one. Untrusted
 * input: whatever is odd in it is refused here, so that the rules below may rely on its form.
 */
export function parseDeclaration(text: string): Declaration | undefined {
	try {
		const raw = JSON.parse(text) as unknown;
		const declaration = readDeclaration(raw);
		return declaration && declarationText(declaration) === text ? declaration : undefined;
	} catch {
		return undefined;
	}
}

function readDeclaration(raw: unknown): Declaration | undefined {
	if (!Array.isArray(raw) || raw.length > MAX_TABLES) return undefined;
	const declaration = new Map<string, DeclaredTable>();
	for (const item of raw as unknown[]) {
		if (!Array.isArray(item) || item.length !== 4) return undefined;
		const [name, columns, lines, columnLines] = item as unknown[];
		if (!isName(name) || isReserved(name) || declaration.has(name)) return undefined;
		const declared = readColumns(columns);
		const policy = readPolicy(lines);
		if (!declared || !policy || !Array.isArray(columnLines)) return undefined;
		const columnPolicies = new Map<string, Policy>();
		for (const line of columnLines as unknown[]) {
			if (!Array.isArray(line) || line.length !== 2 || !declared.some(({ name }) => name === line[0])) return undefined;
			const own = readPolicy(line[1]);
			if (!own) return undefined;
			columnPolicies.set(line[0] as string, own);
		}
		declaration.set(name, { name, columns: declared, policy, columnPolicies });
	}
	return declaration;
}

function readColumns(raw: unknown): DeclaredColumn[] | undefined {
	if (!Array.isArray(raw) || raw.length > MAX_COLUMNS) return undefined;
	const columns: DeclaredColumn[] = [];
	for (const item of raw as unknown[]) {
		if (!Array.isArray(item) || item.length !== 3) return undefined;
		const [name, syncClass, affinity] = item as unknown[];
		if (!isName(name) || name === 'id' || name === 'scope_id') return undefined;
		if (columns.some((column) => column.name === name)) return undefined;
		if (!SYNC_CLASSES.includes(syncClass as string) || !AFFINITIES.includes(affinity as string)) return undefined;
		columns.push({ name, class: syncClass as SyncClass, affinity: affinity as Affinity });
	}
	return columns;
}

function readPolicy(raw: unknown): Policy | undefined {
	if (!Array.isArray(raw)) return undefined;
	const policy = new Map<Role, ReadonlySet<Verb>>();
	for (const item of raw as unknown[]) {
		if (!Array.isArray(item) || item.length !== 2) return undefined;
		const [role, verbs] = item as unknown[];
		if (typeof role !== 'string' || typeof verbs !== 'string' || !isRole(role)) return undefined;
		policy.set(role, parseVerbs(verbs, 0));
	}
	return policy;
}

function isName(value: unknown): value is string {
	return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME && !value.includes('\0');
}

/** Names that belong to SQLite, cr-sqlite and the log. Nobody may declare such a table, however its case is written. */
export function isReserved(table: string): boolean {
	return /^(slf_|sqlite_|crsql|__)|__crsql_/i.test(table);
}

function refused(message: string, position: number): PlatformError {
	return new PlatformError('POLICY', `crsql_policy: ${message}`, { position });
}
