/** Records and chains in the database: no rules here, only rows. */
import type { Database } from '../engine/sqlite.ts';
import type { RecordLog } from '../protocol/record.ts';
import type { Range } from './ranges.ts';
import { LogNumber, type RecordState } from './tables.ts';

export interface StoredRecord {
	n: number;
	author: number;
	log: RecordLog;
	seq: number;
	state: RecordState;
	hash: Uint8Array;
	bytes: Uint8Array;
}

/** One chain as the database has it at opening. */
export interface ChainSummary {
	author: number;
	log: RecordLog;
	/** Last settled record; everything from 1 to here is settled. 0: none. */
	end: number;
	growth: number;
	/** Records beyond a gap. */
	held: number;
}

const COLUMNS = 'n, author, log, seq, state, hash, bytes';

export class RecordStore {
	readonly #db: Database;

	constructor(db: Database) {
		this.#db = db;
	}

	insert(
		author: number,
		log: RecordLog,
		seq: number,
		state: RecordState,
		growth: number,
		hash: Uint8Array,
		bytes: Uint8Array
	): number {
		const sql = 'INSERT INTO slf_records (author, log, seq, state, growth, hash, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
		this.#db.run(sql, [author, LogNumber[log], seq, state, growth, hash, bytes]);
		return Number(this.#db.value('SELECT last_insert_rowid()'));
	}

	settle(n: number, state: RecordState, growth: number): void {
		this.#db.run('UPDATE slf_records SET state = ?, growth = ? WHERE n = ?', [state, growth, n]);
	}

	growthOf(n: number): number {
		return Number(this.#db.value('SELECT growth FROM slf_records WHERE n = ?', [n]));
	}

	remove(n: number): void {
		this.#db.run('DELETE FROM slf_records WHERE n = ?', [n]);
	}

	byNumber(n: number): StoredRecord | undefined {
		return this.#records(`SELECT ${COLUMNS} FROM slf_records WHERE n = ?`, [n])[0];
	}

	at(author: number, log: RecordLog, seq: number): StoredRecord | undefined {
		const sql = `SELECT ${COLUMNS} FROM slf_records WHERE author = ? AND log = ? AND seq = ?`;
		return this.#records(sql, [author, LogNumber[log], seq])[0];
	}

	hashAt(author: number, log: RecordLog, seq: number): Uint8Array | undefined {
		const sql = 'SELECT hash FROM slf_records WHERE author = ? AND log = ? AND seq = ?';
		return this.#db.value(sql, [author, LogNumber[log], seq]) as Uint8Array | undefined;
	}

	/** Bytes of the records of a range in order, of `limit` bytes together; `first`: the first in any case. */
	bytesOf(author: number, log: RecordLog, [from, to]: Range, limit: number, first: boolean): Uint8Array[] {
		const found: Uint8Array[] = [];
		let size = 0;
		const sql =
			'SELECT seq, bytes FROM slf_records WHERE author = ? AND log = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 64';
		for (let at = from; at <= to;) {
			const rows = this.#db.all(sql, [author, LogNumber[log], at, to]) as [number, Uint8Array][];
			if (rows.length === 0) break;
			for (const [seq, bytes] of rows) {
				if ((found.length > 0 || !first) && size + bytes.length > limit) return found;
				found.push(bytes);
				size += bytes.length;
				at = seq + 1;
			}
			if (size >= limit) break;
		}
		return found;
	}

	/** Chains of a scope. Answered from the index alone, however many records there are. */
	chainsOf(scope: number): ChainSummary[] {
		const sql = `SELECT author, log, coalesce(max(seq) FILTER (WHERE state <> 0), 0), sum(growth),
			count(*) FILTER (WHERE state = 0) FROM slf_records
			WHERE author IN (SELECT n FROM slf_authors WHERE scope = ?) GROUP BY author, log`;
		return this.#db.all(sql, [scope]).map(([author, log, end, growth, held]) => ({
			author: Number(author),
			log: log === LogNumber.access ? 'access' : 'data',
			end: Number(end),
			growth: Number(growth),
			held: Number(held)
		}));
	}

	/** Records of a chain beyond its gap: sequence number and row, in order. */
	heldOf(author: number, log: RecordLog): [seq: number, n: number, size: number][] {
		const sql = `SELECT seq, n, length(bytes) FROM slf_records
			WHERE author = ? AND log = ? AND state = 0 ORDER BY seq`;
		return this.#db.all(sql, [author, LogNumber[log]]) as [number, number, number][];
	}

	/** Records of a scope in one of these states, chains in order. */
	inState(scope: number, log: RecordLog, states: readonly RecordState[]): StoredRecord[] {
		const sql = `SELECT ${COLUMNS} FROM slf_records WHERE author IN (SELECT n FROM slf_authors WHERE scope = ?)
			AND log = ? AND state IN (${states.join(', ')}) ORDER BY author, seq`;
		return this.#records(sql, [scope, LogNumber[log]]);
	}

	/** Rows of the records of a scope in this state. */
	numbersIn(scope: number, log: RecordLog, state: RecordState): number[] {
		const sql = `SELECT n FROM slf_records WHERE author IN (SELECT n FROM slf_authors WHERE scope = ?)
			AND log = ? AND state = ? ORDER BY n`;
		return this.#db.all(sql, [scope, LogNumber[log], state]).map(([n]) => Number(n));
	}

	authorsOf(scope: number): [n: number, pseudonym: Uint8Array, claimed: number][] {
		const sql = 'SELECT n, pseudonym, claimed FROM slf_authors WHERE scope = ?';
		return this.#db.all(sql, [scope]) as [number, Uint8Array, number][];
	}

	/** Notes that somebody has seen this much of an author's data chain. */
	setClaimed(author: number, seq: number): void {
		this.#db.run('UPDATE slf_authors SET claimed = ? WHERE n = ?', [seq, author]);
	}

	addAuthor(scope: number, pseudonym: Uint8Array): number {
		this.#db.run('INSERT INTO slf_authors (scope, pseudonym) VALUES (?, ?)', [scope, pseudonym]);
		return Number(this.#db.value('SELECT last_insert_rowid()'));
	}

	#records(sql: string, params: (number | Uint8Array)[]): StoredRecord[] {
		return this.#db.all(sql, params).map(([n, author, log, seq, state, hash, bytes]) => ({
			n: Number(n),
			author: Number(author),
			log: log === LogNumber.access ? 'access' : 'data',
			seq: Number(seq),
			state: Number(state) as RecordState,
			hash: hash as Uint8Array,
			bytes: bytes as Uint8Array
		}));
	}
}
