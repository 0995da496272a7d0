// Triggers that ask before every local write whether it is allowed. Merges are not asked here: what others wrote was judged
// from the signed log before it reaches a table (they run with the sync bit set).
//
// SQLite carries only a text out of a trigger. The function throws a PlatformError, and the binding hands the same object
// to whoever ran the statement.
import { PlatformError } from '../protocol/errors.ts';
import type { Database } from './sqlite.ts';
import { quoteName } from './sql-tokens.ts';
import type { Table } from './schema-types.ts';

export type GuardedVerb = 'I' | 'U' | 'D';

/** What the log knows about a write: allowed, refused for this role (null: no member), or no such scope here. */
export type WriteDecision =
	{ allowed: true } | { allowed: false; role: string | null } | { allowed: false; unknown: true };

/** Decides for `can_write(scope, table, verb)`, which the triggers call. `scope` is the local name. */
export function installWriteGuard(
	db: Database,
	decide: (scope: string, table: string, verb: GuardedVerb) => WriteDecision
): void {
	const canWrite = (scope: unknown, table: unknown, verb: unknown) => {
		const place = { scope: String(scope), table: String(table) };
		const decision = decide(place.scope, place.table, verb as GuardedVerb);
		if (decision.allowed) return 1;
		if ('unknown' in decision) throw unknownScope(place);
		throw denied(place, decision.role, verb as GuardedVerb);
	};
	db.createFunction('can_write', 3, canWrite, { internal: true });
}

export function unknownScope(place: { scope: string; table?: string }): PlatformError {
	return new PlatformError(
		'DENIED',
		`there is no scope "${place.scope}" here: make one with platform.scopes.create(kind, { name })`,
		place
	);
}

const VERB_WORDS: Record<GuardedVerb, string> = { I: 'insert into', U: 'update', D: 'delete from' };

export function denied(
	place: { scope: string; table: string; column?: string },
	role: string | null,
	verb: GuardedVerb
): PlatformError {
	const who = role === null ? 'who is not a member' : `a ${role}`;
	const what = place.column === undefined ? `"${place.table}"` : `"${place.table}.${place.column}"`;
	return new PlatformError(
		'DENIED',
		`${who} of scope "${place.scope}" may not ${VERB_WORDS[verb]} ${what}`,
		role === null ? place : { ...place, role }
	);
}

/** Without a log nobody has decided anything: then no write is allowed. */
export function refuseUntilGuarded(db: Database): void {
	if (db.hasFunction('can_write')) return;
	installWriteGuard(db, (scope, table) => {
		throw new PlatformError('DENIED', 'no log is attached to this database', { scope, table });
	});
}

/** Functions of the guards that ask nobody. */
export function registerRefusals(db: Database): void {
	const refuseKey = (scope: unknown, table: unknown) => {
		const place = { table: String(table), scope: String(scope) };
		const sentence = `a row of "${place.table}" keeps its id and scope: insert it anew, then delete this one`;
		throw new PlatformError('KEY', sentence, place);
	};
	db.createFunction('slf_refuse_new_key', 2, refuseKey, { internal: true });
	const refuse = (table: unknown, column: unknown) => {
		const place = { table: String(table), column: String(column) };
		throw new PlatformError(
			'WRITE_ONCE',
			`"${place.table}.${place.column}" is written once, when its row is made`,
			place
		);
	};
	db.createFunction('slf_refuse_write_once', 2, refuse, { internal: true });
}

/** Guards carry this prefix; the authorizer trusts what runs within them. */
export const GUARD_PREFIX = 'slf_guard_';

export function guardTriggers(table: Table): string[] {
	const name = quoteName(table.name);
	const text = `'${table.name}'`;
	const trigger = (suffix: string, when: string, condition: string, body: string) =>
		`CREATE TRIGGER ${quoteName(`${GUARD_PREFIX}${table.name}_${suffix}`)} BEFORE ${when} ON ${name}
			WHEN crsql_internal_sync_bit() = 0 AND ${condition} BEGIN SELECT ${body}; END`;
	// A missing scope is left to NOT NULL, which names the column.
	const triggers = [
		trigger('insert', 'INSERT', 'NEW.scope_id IS NOT NULL', `can_write(NEW.scope_id, ${text}, 'I')`),
		trigger('delete', 'DELETE', 'TRUE', `can_write(OLD.scope_id, ${text}, 'D')`),
		trigger('update', 'UPDATE', 'NEW.scope_id IS NOT NULL', `can_write(NEW.scope_id, ${text}, 'U')`),
		// cr-sqlite sends a changed key as two row marks without the cells: the row would be empty everywhere else.
		trigger(
			'key',
			'UPDATE OF "scope_id", "id"',
			'(NEW.scope_id IS NOT OLD.scope_id OR NEW.id IS NOT OLD.id)',
			`slf_refuse_new_key(OLD.scope_id, ${text})`
		)
	];
	for (const column of table.columns.filter((candidate) => candidate.class === 'WRITE_ONCE')) {
		const quoted = quoteName(column.name);
		triggers.push(
			trigger(
				`once_${column.name}`,
				`UPDATE OF ${quoted}`,
				`NEW.${quoted} IS NOT OLD.${quoted}`,
				`slf_refuse_write_once(${text}, '${column.name}')`
			)
		);
	}
	return triggers;
}
