/**
 * The tables of the log. They live in the same database as the rows they explain, so that one transaction covers a
 * write, its batch, and the record that the write happened. Apps cannot see or name them (engine/authorizer.ts).
 *
 *     slf_scopes      one row per scope that this database holds: true id, local name, own pseudonym with its secret
 *     slf_epochs      the scope's keys; epoch 0 is the first
 *     slf_authors     pseudonyms seen in a scope, numbered to keep records small; `claimed`: how far others have seen it
 *     slf_records     both logs: the authors' bytes as they came, and what became of each
 *     slf_operations  ids of calls that were committed, so that a retry is applied once
 *     slf_refusals    what was refused and why, for people; the newest 200
 *     slf_cursors     how far a mailbox was read, for the network
 *     slf_history     which record changed which row, for the tables of slf_history_tables (history.ts)
 *
 * A record's `state` (RecordState below): everything but HELD is settled in its chain, and the settled records of a
 * chain are always its beginning, without a gap.
 */
import type { Database } from '../engine/sqlite.ts';

export const RecordState = {
	/** Beyond a gap in its chain; not looked at yet. */
	HELD: 0,
	/** A batch that is in the tables; an access operation, whatever access/ makes of it. */
	APPLIED: 1,
	/** Against the rules. Kept and passed on, since the chain goes on behind it. */
	REFUSED: 2,
	/** Names something that is not here: a grant, a head, a key, or the growth that its versions need. */
	WAITING: 3,
	/** Valid, for tables or columns that this build does not have. Applied after an update. */
	AHEAD: 4
} as const;
export type RecordState = (typeof RecordState)[keyof typeof RecordState];

export const LogNumber = { access: 0, data: 1 } as const;

export function createLogTables(db: Database): void {
	db.exec(`
		CREATE TABLE IF NOT EXISTS slf_scopes (
			n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
			app TEXT NOT NULL, title TEXT NOT NULL, derived INTEGER NOT NULL, public_key BLOB NOT NULL,
			secret_key BLOB NOT NULL, text_counter INTEGER NOT NULL DEFAULT 0
		);
		CREATE TABLE IF NOT EXISTS slf_epochs (
			scope INTEGER NOT NULL, epoch INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (scope, epoch)
		) WITHOUT ROWID;
		CREATE TABLE IF NOT EXISTS slf_authors (
			n INTEGER PRIMARY KEY, scope INTEGER NOT NULL, pseudonym BLOB NOT NULL, claimed INTEGER NOT NULL DEFAULT 0,
			UNIQUE (scope, pseudonym)
		);
		CREATE TABLE IF NOT EXISTS slf_records (
			n INTEGER PRIMARY KEY, author INTEGER NOT NULL, log INTEGER NOT NULL, seq INTEGER NOT NULL,
			state INTEGER NOT NULL, growth INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL
		);
		CREATE INDEX IF NOT EXISTS slf_records_chain ON slf_records (author, log, seq, state, growth);
		CREATE TABLE IF NOT EXISTS slf_operations (id TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
		CREATE TABLE IF NOT EXISTS slf_refusals (
			n INTEGER PRIMARY KEY, time INTEGER NOT NULL, scope TEXT NOT NULL, author TEXT NOT NULL, rule TEXT NOT NULL,
			reason TEXT NOT NULL
		);
		CREATE TABLE IF NOT EXISTS slf_cursors (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
		CREATE TABLE IF NOT EXISTS slf_history (
			tbl INTEGER NOT NULL, scope INTEGER NOT NULL, row TEXT NOT NULL, record INTEGER NOT NULL,
			PRIMARY KEY (tbl, scope, row, record)
		) WITHOUT ROWID;
		CREATE TABLE IF NOT EXISTS slf_history_tables (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
	`);
}
