// The storage workloads, in a worker: our engine on its encrypted store and the official SQLite on opfs-sahpool take turns.
//
// Both get the same settings, the same rows, prepared statements, and 4 KiB pages unless their default says otherwise. The
// official one runs with the fastest journal mode that survives a crash (TRUNCATE, with the files locked for good); ours
// flushes once for each commit (synchronous=NORMAL on a redo log is durable).
import sqlite3InitModule, { type Database as OfficialDatabase } from '@sqlite.org/sqlite-wasm';
import { cryptoReady } from '../../src/crypto/index.ts';
import { applySchema } from '../../src/engine/apply-schema.ts';
import { installWriteGuard } from '../../src/engine/guards.ts';
import { openDatabase } from '../../src/engine/open.ts';
import { loadSchema } from '../../src/engine/schema.ts';
import type { SqlParams } from '../../src/engine/sqlite.ts';
import { openOpfsFiles } from '../../src/engine/storage/opfs.ts';
import { Store, type StoreKey } from '../../src/engine/store.ts';

export interface StorageTask {
	rounds: number;
	singles: number;
	bulks: number[];
	selects: number;
}

/** Milliseconds by workload, in the order of rounds, by subject. */
export type StorageTimes = Record<string, Record<string, number[]>>;

/** One open database. Calls may be asynchronous, so that the platform's `exec` can stand here too. */
export interface Subject {
	insert(row: SqlParams): void | Promise<void>;
	/** All rows in one transaction. */
	insertAll(rows: SqlParams[]): void | Promise<void>;
	/** The title of the row with this id. */
	select(id: string): unknown;
	close(): void | Promise<void>;
}

const PLAIN = `CREATE TABLE notes (
	scope_id TEXT NOT NULL, id TEXT NOT NULL, title TEXT, body TEXT, edited_at INTEGER, PRIMARY KEY (scope_id, id)
)`;
const REPLICATED = `CREATE TABLE notes (
	scope_id TEXT, id TEXT PRIMARY KEY, title LWW_TEXT, body LWW_TEXT, edited_at LWW_INTEGER
);
SELECT crsql_as_crr('notes');
SELECT crsql_policy('notes', 'OWNER:RW, EDITOR:RW, VIEWER:R');`;
const INSERT = 'INSERT INTO notes (scope_id, id, title, body, edited_at) VALUES (?, ?, ?, ?, ?)';
const SELECT = 'SELECT title, edited_at FROM notes WHERE scope_id = ? AND id = ?';
const SCOPE = 'user:alice';

/** A real wrap costs microseconds, once for each opening; what is measured here comes after. */
const KEY: StoreKey = {
	wrap: (databaseKey) => ({ wrap: databaseKey.slice(), generation: 1 }),
	unwrap: (wrap) => wrap.slice()
};

let databases = 0;

async function openOurs(replicated: boolean): Promise<Subject> {
	const name = `db${++databases}`;
	const db = await openDatabase({ store: Store.open(await openOpfsFiles('bench', name), KEY) });
	if (replicated) {
		installWriteGuard(db, () => ({ allowed: true }));
		applySchema(db, loadSchema(REPLICATED));
	} else db.exec(PLAIN);
	return {
		insert: (row) => db.run(INSERT, row),
		insertAll: (rows) =>
			db.transaction(() => {
				for (const row of rows) db.run(INSERT, row);
			}),
		select: (id) => db.get(SELECT, [SCOPE, id])?.[0],
		async close() {
			db.close();
			const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('bench');
			for (const suffix of ['main', 'log']) await folder.removeEntry(`${name}.${suffix}`);
		}
	};
}

type Pool = Awaited<ReturnType<Awaited<ReturnType<typeof sqlite3InitModule>>['installOpfsSAHPoolVfs']>>;

async function loadOfficial(): Promise<{ pool: Pool; version: string }> {
	const sqlite3 = await sqlite3InitModule();
	return { pool: await sqlite3.installOpfsSAHPoolVfs({ name: 'pool' }), version: sqlite3.version.libVersion };
}

function openOfficial(pool: Pool): Subject {
	const name = `/db${++databases}`;
	const db: OfficialDatabase = new pool.OpfsSAHPoolDb(name);
	db.exec(
		'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=TRUNCATE; PRAGMA temp_store=MEMORY; ' +
			'PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;'
	);
	db.exec(PLAIN);
	const insert = db.prepare(INSERT);
	const select = db.prepare(SELECT);
	const add = (row: SqlParams) => void insert.bind(row as (string | number)[]).stepReset();
	return {
		insert: add,
		insertAll: (rows) =>
			db.transaction(() => {
				for (const row of rows) add(row);
			}),
		select(id) {
			select.bind([SCOPE, id]);
			const row = select.step() ? select.get([]) : [];
			select.reset();
			return row[0];
		},
		close() {
			insert.finalize();
			select.finalize();
			db.close();
			// With journal_mode=TRUNCATE the journal stays, and takes one of the pool's few places.
			for (const file of [name, `${name}-journal`]) pool.unlink(file);
		}
	};
}

/** Ids as the platform makes them: 26 letters, the first of them by time. */
function makeRows(count: number, from: number): SqlParams[] {
	const rows: SqlParams[] = [];
	for (let n = from; n < from + count; n++) {
		const tail = ((Math.imul(n, 0x9e3779b1) >>> 0).toString(36) + '0'.repeat(16)).slice(0, 16);
		const id = n.toString(36).padStart(10, '0') + tail;
		rows.push([SCOPE, id, `Note number ${n}`, `words that a person wrote ${n} `.repeat(4), 1700000000000 + n]);
	}
	return rows;
}

async function measure(subject: Subject, task: StorageTask): Promise<Record<string, number>> {
	const times: Record<string, number> = {};
	const timed = async (name: string, run: () => void | Promise<void>) => {
		const start = performance.now();
		await run();
		times[name] = performance.now() - start;
	};
	const all: SqlParams[] = [];
	const next = (count: number) => {
		const rows = makeRows(count, all.length);
		for (const row of rows) all.push(row);
		return rows;
	};
	const singles = next(task.singles);
	await timed('singles', async () => {
		for (const row of singles) {
			const pending = subject.insert(row);
			if (pending) await pending;
		}
	});
	for (const count of task.bulks) {
		const rows = next(count);
		await timed(`bulk ${count}`, () => subject.insertAll(rows));
	}
	await timed('selects', async () => {
		for (let n = 0; n < task.selects; n++) {
			const row = all[(n * 7919) % all.length]!;
			let title = subject.select(row[1] as string);
			if (title instanceof Promise) title = await title;
			if (title !== row[2]) throw new Error(`row ${n} was not found`);
		}
	});
	await subject.close();
	return times;
}

async function run(task: StorageTask, say: (line: string) => void): Promise<{ times: StorageTimes; official: string }> {
	await cryptoReady();
	const { pool, version } = await loadOfficial();
	const subjects: [string, () => Subject | Promise<Subject>][] = [
		['ours', () => openOurs(false)],
		['ours, replicated', () => openOurs(true)],
		['official', () => openOfficial(pool)]
	];
	const times: StorageTimes = {};
	for (let round = -1; round < task.rounds; round++) {
		// Taking turns in another order each time; the round before the first only warms the code up.
		for (let turn = 0; turn < subjects.length; turn++) {
			const [name, open] = subjects[(turn + round + subjects.length) % subjects.length]!;
			const measured = await measure(
				await open(),
				round < 0 ? { ...task, singles: 100, bulks: [1000], selects: 500 } : task
			);
			if (round < 0) continue;
			const known = (times[name] ??= {});
			for (const [workload, milliseconds] of Object.entries(measured)) (known[workload] ??= []).push(milliseconds);
		}
		if (round >= 0) say(`round ${round + 1} of ${task.rounds}`);
	}
	return { times, official: version };
}

self.onmessage = ({ data }: MessageEvent<StorageTask>) => {
	run(data, (line) => self.postMessage({ line })).then(
		(result) => self.postMessage({ result }),
		(error: unknown) =>
			self.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
	);
};
