/**
 * Random SQL against random live queries: the diffs, folded onto the rows before, give what a fresh run gives; what a
 * page makes of them with applyDiff too. Texts beyond U+FFFF, mixed types, NULL, ties, REPLACE, scopes that change,
 * rollbacks, merges and busy listeners are among it.
 */

import { expect, test } from 'vitest';
import { applyDiff, LiveRowsKeeper } from '../client/diff.ts';
import type { Row } from '../client/platform.ts';
import { LiveQueries, type LiveHandle } from './live.ts';
import { compareValues } from './live/order.ts';
import { Planner } from './live/plan.ts';

import { installAuthorizer } from './authorizer.ts';
import { openDatabase } from './open.ts';
import type { SqlValue } from './sqlite.ts';

const RUNS = Number(process.env['RUNS'] ?? 8);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

const SQL = `
	CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, title LWW_TEXT, pos LWW_BLOB, size LWW_INTEGER, PRIMARY KEY (scope_id, id));
	CREATE TABLE tags (scope_id TEXT NOT NULL, id TEXT NOT NULL, note TEXT, PRIMARY KEY (scope_id, id));
	CREATE TABLE words (word TEXT COLLATE NOCASE, size INTEGER, UNIQUE (word));
	CREATE INDEX notes_pos ON notes (scope_id, pos);
	CREATE VIRTUAL TABLE search USING fts5(title, content='', contentless_delete=1);
	CREATE TRIGGER i AFTER INSERT ON notes BEGIN INSERT OR REPLACE INTO search(rowid, title) VALUES (new.rowid, new.title); END;
	CREATE TRIGGER u AFTER UPDATE ON notes BEGIN INSERT OR REPLACE INTO search(rowid, title) VALUES (new.rowid, new.title); END;
	CREATE TRIGGER d AFTER DELETE ON notes BEGIN DELETE FROM search WHERE rowid = old.rowid; END;
	CREATE VIEW short AS SELECT id, title FROM notes WHERE size < 3;
	SELECT crsql_as_crr('notes'); SELECT crsql_as_crr('tags');
`;

/** Queries, and how many parameters of a scope they take. */
const QUERIES: [sql: string, scopes: number][] = [
	['SELECT id, title, pos FROM notes WHERE scope_id = ? ORDER BY pos', 1],
	['SELECT * FROM notes WHERE scope_id = ? ORDER BY pos DESC, title', 1],
	['SELECT * FROM notes ORDER BY title COLLATE NOCASE DESC NULLS FIRST, pos ASC NULLS LAST', 0],
	['SELECT n.id AS k, lower(n.title) AS title, size * 2 FROM notes AS n WHERE size > 2 ORDER BY title, 3 DESC', 0],
	['SELECT title FROM notes ORDER BY length(title) DESC, pos', 0],
	[
		'SELECT title, CASE WHEN size > 4 THEN 1 ELSE 0 END AS big FROM notes /* c */ WHERE size BETWEEN 1 AND 6 AND scope_id = ? -- x\n',
		1
	],
	["SELECT id FROM notes WHERE scope_id = 'a' OR size = 3", 0],
	['SELECT id, pos FROM notes WHERE scope_id = ? ORDER BY pos LIMIT 4', 1],
	['SELECT id, title FROM notes ORDER BY size DESC LIMIT 3 OFFSET 2', 0],
	['SELECT count(*), sum(size) FROM notes WHERE scope_id = ?', 1],
	['SELECT title, count(*) AS n FROM notes GROUP BY title ORDER BY title', 0],
	[
		'SELECT n.scope_id, n.id, t.id AS tag FROM notes n LEFT JOIN tags t ON t.note = n.id AND t.scope_id = n.scope_id WHERE n.scope_id = ? ORDER BY n.pos, n.id, tag',
		1
	],
	[
		'SELECT t.id, n.title FROM tags t, notes n WHERE t.scope_id = ? AND n.scope_id = ? AND t.note = n.id ORDER BY 1, 2',
		2
	],
	[
		'SELECT a.id, b.id AS other FROM notes a JOIN notes b ON b.size = a.size WHERE a.scope_id = ? ORDER BY a.id, b.id, b.scope_id, a.scope_id',
		1
	],
	["SELECT rowid FROM search WHERE search MATCH 'aa' ORDER BY rowid", 0],
	[
		"SELECT n.id, n.title FROM search JOIN notes n ON n.rowid = search.rowid WHERE search MATCH 'bb*' ORDER BY n.id, n.scope_id",
		0
	],
	['SELECT * FROM short ORDER BY id, title', 0],
	['SELECT id FROM notes WHERE scope_id = ? AND id IN (SELECT note FROM tags) ORDER BY id', 1],
	['SELECT id FROM notes WHERE scope_id = ? UNION SELECT note FROM tags ORDER BY 1', 1],
	['WITH n AS (SELECT * FROM notes WHERE size > 1) SELECT id, size FROM n ORDER BY size, id, scope_id', 0],
	['SELECT DISTINCT title FROM notes ORDER BY title', 0],
	['SELECT word, size FROM words ORDER BY word', 0],
	['SELECT word FROM words WHERE size > 2 ORDER BY size DESC', 0],
	['SELECT EXISTS (SELECT 1 FROM tags WHERE scope_id = ?) AS tagged', 1],
	['SELECT "scope_id", [id] FROM main.notes WHERE ? = "scope_id" AND size IS NOT NULL ORDER BY "id"', 1]
];

const VALUES: SqlValue[] = [
	null,
	0,
	1,
	1,
	2,
	-1.5,
	2 ** 53,
	2n ** 60n,
	-(2n ** 60n),
	'aa',
	'bb',
	'Aa',
	'bb cc',
	'',
	'10',
	'9',
	'é',
	'\uffee',
	'😀',
	'😀a',
	'z\u0000a',
	Uint8Array.of(),
	Uint8Array.of(1),
	Uint8Array.of(0, 255)
];

function randomOf(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

test(`folded diffs equal a fresh run [L-1] [L-2] [L-3] (seed ${SEED}, ${RUNS} runs)`, async () => {
	for (let run = 0; run < RUNS; run++) {
		const seed = SEED + run;
		await oneRun(seed).catch((error: unknown) => {
			throw new Error(`SEED=${seed} RUNS=1: ${(error as Error).message}`, { cause: error });
		});
	}
}, 120_000);

async function oneRun(seed: number): Promise<void> {
	const random = randomOf(seed);
	const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
	const db = await openDatabase({ store: ':memory:' });
	const far = await openDatabase({ store: ':memory:' });
	db.exec(SQL);
	far.exec(SQL);
	const auth = installAuthorizer(db);
	const live = new LiveQueries(db, null, auth);
	const planner = new Planner(db);

	const SCOPES = ['a', 'b', '5'];
	const scope = (): string => pick(SCOPES);
	const id = (): string => `i${random(9)}`;
	const title = (): SqlValue => pick(VALUES.filter((value) => typeof value === 'string' || value === null));
	const STATEMENTS: (() => [string, SqlValue[]])[] = [
		() => ['INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?, ?)', [scope(), id(), title(), pick(VALUES), random(8)]],
		() => ['INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?)', [scope(), id(), title(), pick(VALUES), random(8)]],
		() => [
			'INSERT INTO notes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
			[scope(), id(), title(), pick(VALUES), random(8)]
		],
		() => ['UPDATE notes SET title = ? WHERE id = ?', [title(), id()]],
		() => ['UPDATE notes SET pos = ? WHERE id = ? AND scope_id = ?', [pick(VALUES), id(), scope()]],
		() => ['UPDATE notes SET size = size + 1 WHERE scope_id = ?', [scope()]],
		() => ['UPDATE OR IGNORE notes SET scope_id = ? WHERE id = ?', [scope(), id()]],
		() => ['UPDATE OR REPLACE words SET word = ? WHERE size = ?', [title(), random(6)]],
		() => ['INSERT OR REPLACE INTO words VALUES (?, ?)', [title(), random(6)]],
		() => ['DELETE FROM words WHERE size = ?', [random(6)]],
		() => ['DELETE FROM notes WHERE id = ?', [id()]],
		() => ['DELETE FROM notes WHERE scope_id = ? AND size > ?', [scope(), random(8)]],
		() => ['INSERT OR IGNORE INTO tags VALUES (?, ?, ?)', [scope(), `t${random(6)}`, id()]],
		() => ['UPDATE tags SET note = ? WHERE id = ?', [id(), `t${random(6)}`]],
		() => ['DELETE FROM tags WHERE id = ?', [`t${random(6)}`]]
	];
	const merge = (): void => {
		const [sql, params] = (STATEMENTS[random(6)] as () => [string, SqlValue[]])();
		const before = far.value('SELECT crsql_db_version()') as number;
		far.run(sql, params);
		const changes = far.all(
			'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes WHERE db_version > ?',
			[before]
		);
		for (const change of changes) {
			db.run(
				'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq) VALUES (?,?,?,?,?,?,?,?,?)',
				change
			);
		}
	};

	interface Watched {
		sql: string;
		params: SqlValue[];
		handle: LiveHandle;
		rows: Row[];
		page: Row[];
		busy: boolean;
	}
	const watch = (): Watched => {
		const [sql, scopes] = pick(QUERIES);
		const params = Array.from({ length: scopes }, scope);
		const keeper = new LiveRowsKeeper();
		const watched = { sql, params, rows: [] as Row[], page: [] as Row[], busy: false } as unknown as Watched;
		watched.handle = live.watch(sql, params, (update) => {
			const rows = keeper.receive(update);
			const kept = new Map(watched.rows.map((row) => [row, true]));
			for (const { row } of rows.diff.update) expect(kept.has(row)).toBe(false);
			watched.rows = rows;
			applyDiff(watched.page, rows);
			watched.busy = random(6) === 0;
			return watched.busy ? 'busy' : undefined;
		});
		return watched;
	};
	const fill = () =>
		db.transaction(() => {
			for (let n = 0; n < 12; n++) db.run(...STATEMENTS[random(3)]!());
		});
	fill();
	const open = Array.from({ length: 8 }, watch);

	const check = ({ sql, params, rows, page }: Watched): void => {
		const plan = planner.plan(sql, params, auth.dependenciesOf(sql).tables);
		const width = plan.columns.length;
		const rowsOf = (values: SqlValue[][]): Row[] =>
			values.map((row) => Object.fromEntries(plan.columns.map((column, index) => [column, row[index]])) as Row);
		expect([...rows], sql).toEqual(rowsOf(db.all(plan.sql, params).map((row) => row.slice(0, width))));
		expect(page, sql).toEqual([...rows]);
		// The query as it was written has the same rows; only its ties may stand otherwise, and with them what LIMIT cuts.
		if (!/LIMIT/.test(sql)) {
			const sorted = (list: Row[]): string[] => list.map(textOf).sort();
			expect(sorted([...rows]), sql).toEqual(sorted(rowsOf(db.all(sql, params))));
		}
	};

	for (let step = 0; step < 60; step++) {
		const work = (): void => {
			for (let count = 1 + random(4); count > 0; count--) {
				if (random(6) === 0) merge();
				else db.run(...pick(STATEMENTS)());
			}
		};
		if (random(6) === 0) {
			expect(() => db.transaction(() => (work(), undo()))).toThrow('undo');
			live.afterRollback();
		} else {
			if (random(25) === 0) fill();
			db.transaction(work);
			live.afterCommit('tab:1');
		}
		for (const watched of open) if (!watched.busy) check(watched);
		for (const watched of open) {
			if (!watched.busy || random(2)) continue;
			watched.busy = false;
			watched.handle.resume();
			if (!watched.busy) check(watched);
		}
		if (random(6) === 0) {
			const index = random(open.length);
			open[index]?.handle.close();
			open[index] = watch();
			check(open[index]);
		}
	}
	db.close();
	far.close();
}

function undo(): never {
	throw new Error('undo');
}

const textOf = (row: Row): string =>
	Object.values(row)
		.map((value) => (value instanceof Uint8Array ? `blob ${value.join()}` : `${typeof value} ${value}`))
		.join('|');

test('values have the order that SQLite gives them, also beyond U+FFFF [L-2]', async () => {
	const db = await openDatabase({ store: ':memory:' });
	db.exec('CREATE TABLE v (x)');
	for (const value of VALUES) db.run('INSERT INTO v VALUES (?)', [value]);
	const bySqlite = db.all('SELECT x FROM v ORDER BY x').map(([value]) => value as SqlValue);
	for (let index = 1; index < bySqlite.length; index++) {
		expect(compareValues(bySqlite[index - 1] as SqlValue, bySqlite[index] as SqlValue)).toBeLessThanOrEqual(0);
	}
	const byUs = VALUES.toSorted((a, b) => compareValues(a, b));
	expect(byUs).toEqual(bySqlite);
});
