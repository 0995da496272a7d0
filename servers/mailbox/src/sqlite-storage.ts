/**
 * Where a mailbox keeps its records: one SQLite file.
 *
 * Durable means flushed: the journal is a WAL with synchronous FULL, so a committed transaction survives a power cut.
 * Positions count per tag, so that nobody learns from them how much others deposit.
 */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { ChainKey, ChainState, KeptRecord, MailboxStorage, SplitRecord, TagState } from '@slf/platform/protocol';

const SCHEMA = `
	CREATE TABLE IF NOT EXISTS mailbox (only INTEGER PRIMARY KEY CHECK (only = 1), id BLOB NOT NULL, bytes INTEGER NOT NULL);
	CREATE TABLE IF NOT EXISTS tags (
		id INTEGER PRIMARY KEY, tag BLOB NOT NULL UNIQUE,
		latest INTEGER NOT NULL, dropped INTEGER NOT NULL, bytes INTEGER NOT NULL
	);
	CREATE TABLE IF NOT EXISTS chains (
		tag INTEGER NOT NULL, log TEXT NOT NULL, author BLOB NOT NULL,
		seq INTEGER NOT NULL, hash BLOB NOT NULL, since INTEGER NOT NULL, bytes INTEGER NOT NULL,
		PRIMARY KEY (tag, log, author)
	) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS records (
		tag INTEGER NOT NULL, position INTEGER NOT NULL, log TEXT NOT NULL, author BLOB NOT NULL, seq INTEGER NOT NULL,
		hash BLOB NOT NULL, time INTEGER NOT NULL, record BLOB NOT NULL,
		PRIMARY KEY (tag, position), UNIQUE (tag, log, author, seq)
	);
	CREATE INDEX IF NOT EXISTS records_by_time ON records (time, tag, position);
`;

/** Rows that one read looks at; the byte limit usually ends it earlier. */
const MOST_ROWS = 4096;

export class SqliteStorage implements MailboxStorage {
	readonly #db: DatabaseSync;
	readonly #statements = new Map<string, StatementSync>();
	/** Which mailbox this is: 16 random bytes, made with the file. */
	readonly id: Uint8Array;

	/** @param path file name, or ':memory:' */
	constructor(path: string) {
		this.#db = new DatabaseSync(path, { timeout: 5000 });
		this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA auto_vacuum = INCREMENTAL;');
		this.#db.exec(SCHEMA);
		this.#run('INSERT OR IGNORE INTO mailbox VALUES (1, ?, 0)', randomBytes(16));
		this.id = this.#get('SELECT id FROM mailbox')?.id as Uint8Array;
	}

	transaction<T>(body: () => T): T {
		this.#db.exec('BEGIN IMMEDIATE');
		try {
			const result = body();
			this.#db.exec('COMMIT');
			return result;
		} catch (error) {
			if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
			throw error;
		}
	}

	tag(tag: Uint8Array): TagState {
		const row = this.#get('SELECT latest, dropped, bytes FROM tags WHERE tag = ?', tag);
		return (row as unknown as TagState | undefined) ?? { latest: 0, dropped: 0, bytes: 0 };
	}

	setTag(tag: Uint8Array, { latest, dropped, bytes }: TagState): void {
		const sql = `INSERT INTO tags (tag, latest, dropped, bytes) VALUES (?, ?, ?, ?)
			ON CONFLICT (tag) DO UPDATE SET latest = excluded.latest, dropped = excluded.dropped, bytes = excluded.bytes`;
		this.#run(sql, tag, latest, dropped, bytes);
	}

	chain({ tag, log, author }: ChainKey): ChainState | undefined {
		const sql = 'SELECT seq, hash, since, bytes FROM chains WHERE tag = ? AND log = ? AND author = ?';
		return this.#get(sql, this.#tagId(tag), log, author) as unknown as ChainState | undefined;
	}

	setChain({ tag, log, author }: ChainKey, { seq, hash, since, bytes }: ChainState): void {
		const sql = 'INSERT OR REPLACE INTO chains VALUES (?, ?, ?, ?, ?, ?, ?)';
		this.#run(sql, this.#tagId(tag), log, author, seq, hash, since, bytes);
	}

	youngBytes(tag: Uint8Array, since: number): number {
		const sql = 'SELECT coalesce(sum(bytes), 0) AS bytes FROM chains WHERE tag = ? AND since > ?';
		return this.#get(sql, this.#tagId(tag), since)?.bytes as number;
	}

	hashOf({ tag, log, author }: ChainKey, seq: number): Uint8Array | undefined {
		const sql = 'SELECT hash FROM records WHERE tag = ? AND log = ? AND author = ? AND seq = ?';
		return this.#get(sql, this.#tagId(tag), log, author, seq)?.hash as Uint8Array | undefined;
	}

	add(key: ChainKey, position: number, time: number, record: SplitRecord, bytes: Uint8Array): void {
		const id = this.#tagId(key.tag) ?? this.#newTag(key.tag);
		const sql = 'INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
		this.#run(sql, id, position, key.log, key.author, record.header.seq, record.hash, time, bytes);
		this.#run('UPDATE mailbox SET bytes = bytes + ?', bytes.length);
	}

	read(tag: Uint8Array, after: number, most: number): KeptRecord[] {
		const kept: KeptRecord[] = [];
		let size = 0;
		const sql = 'SELECT position, record FROM records WHERE tag = ? AND position > ? ORDER BY position LIMIT ?';
		for (const row of this.#statement(sql).iterate(this.#tagId(tag), after, MOST_ROWS)) {
			const bytes = row.record as Uint8Array;
			size += bytes.length;
			if (kept.length > 0 && size > most) break;
			kept.push({ position: row.position as number, bytes });
		}
		return kept;
	}

	oldest(tag: Uint8Array): { position: number; size: number } | undefined {
		const sql = 'SELECT position, length(record) AS size FROM records WHERE tag = ? ORDER BY position LIMIT 1';
		return this.#get(sql, this.#tagId(tag)) as unknown as { position: number; size: number } | undefined;
	}

	drop(tag: Uint8Array, position: number): void {
		const id = this.#tagId(tag);
		const size = 'SELECT length(record) FROM records WHERE tag = ? AND position = ?';
		this.#run(`UPDATE mailbox SET bytes = bytes - coalesce((${size}), 0)`, id, position);
		this.#run('DELETE FROM records WHERE tag = ? AND position = ?', id, position);
	}

	olderThan(time: number): { tag: Uint8Array; position: number }[] {
		const sql = `SELECT tags.tag AS tag, max(position) AS position FROM records JOIN tags ON tags.id = records.tag
			WHERE time < ? GROUP BY records.tag`;
		return this.#statement(sql).all(time) as unknown as { tag: Uint8Array; position: number }[];
	}

	totalBytes(): number {
		return this.#get('SELECT bytes FROM mailbox')?.bytes as number;
	}

	/** Gives the file system back what was dropped, some at a time. */
	shrink(): void {
		this.#db.exec('PRAGMA incremental_vacuum(1000)');
	}

	close(): void {
		this.#db.close();
	}

	#tagId(tag: Uint8Array): number | null {
		return (this.#get('SELECT id FROM tags WHERE tag = ?', tag)?.id as number | undefined) ?? null;
	}

	#newTag(tag: Uint8Array): number {
		this.setTag(tag, { latest: 0, dropped: 0, bytes: 0 });
		return this.#tagId(tag) as number;
	}

	#get(sql: string, ...params: SQLInputValue[]): Record<string, unknown> | undefined {
		return this.#statement(sql).get(...params) as Record<string, unknown> | undefined;
	}

	#run(sql: string, ...params: SQLInputValue[]): void {
		this.#statement(sql).run(...params);
	}

	#statement(sql: string): StatementSync {
		let statement = this.#statements.get(sql);
		if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
		return statement;
	}
}
