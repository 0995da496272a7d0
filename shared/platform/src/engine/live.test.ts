import { describe, expect, test } from 'vitest';
import { applyDiff, LiveRowsKeeper } from '../client/diff.ts';
import type { LiveRows } from '../client/platform.ts';
import type { LiveUpdate } from '../protocol/live.ts';
import { LiveQueries } from './live.ts';

import { installAuthorizer } from './authorizer.ts';
import { openDatabase } from './open.ts';
import type { Database, SqlValue } from './sqlite.ts';

const SQL = `
	CREATE TABLE notes (scope_id TEXT NOT NULL, id TEXT NOT NULL, title LWW_TEXT, pos LWW_INTEGER, PRIMARY KEY (scope_id, id));
	CREATE TABLE tags (scope_id TEXT NOT NULL, id TEXT NOT NULL, note TEXT, PRIMARY KEY (scope_id, id));
	CREATE VIRTUAL TABLE search USING fts5(title, content='', contentless_delete=1);
	CREATE TRIGGER i AFTER INSERT ON notes BEGIN INSERT INTO search(rowid, title) VALUES (new.rowid, new.title); END;
	CREATE TRIGGER u AFTER UPDATE OF title ON notes BEGIN INSERT OR REPLACE INTO search(rowid, title) VALUES (new.rowid, new.title); END;
	CREATE TRIGGER d AFTER DELETE ON notes BEGIN DELETE FROM search WHERE rowid = old.rowid; END;
	CREATE VIEW pinned AS SELECT id, title FROM notes WHERE pos < 3;
	SELECT crsql_as_crr('notes');
`;

async function setup(): Promise<{
	db: Database;
	live: LiveQueries;
	run: (sql: string, params?: SqlValue[]) => void;
	watch: (sql: string, params?: SqlValue[]) => { updates: LiveUpdate[]; rows: LiveRows; close(): void };
}> {
	const db = await openDatabase({ store: ':memory:' });
	db.exec(SQL);
	const live = new LiveQueries(db, null, installAuthorizer(db));
	return {
		db,
		live,
		run(sql, params) {
			db.run(sql, params);
			live.afterCommit('tab:1');
		},
		watch(sql, params = []) {
			const keeper = new LiveRowsKeeper();
			const updates: LiveUpdate[] = [];
			const seen = { updates, rows: [] as unknown as LiveRows, close: () => handle.close() };
			const handle = live.watch(sql, params, (update) => {
				updates.push(update);
				seen.rows = keeper.receive(update);
			});
			return seen;
		}
	};
}

const put = (
	run: (sql: string, params?: SqlValue[]) => void,
	id: string,
	title: string | null,
	pos: number | null
): void => run("INSERT INTO notes (scope_id, id, title, pos) VALUES ('s', ?, ?, ?)", [id, title, pos]);

describe('diffs', () => {
	test('the first update is all rows, then each commit gives what changed and who did it [L-1]', async () => {
		const { run, watch } = await setup();
		put(run, 'a', 'A', 1);
		const list = watch('SELECT id, title FROM notes WHERE scope_id = ? ORDER BY pos', ['s']);
		expect(list.updates).toEqual([{ columns: ['id', 'title'], reset: true, rows: [['a', 'A']] }]);
		put(run, 'b', 'B', 0);
		expect(list.updates[1]).toEqual({
			columns: ['id', 'title'],
			diff: { remove: [], move: [], insert: [[0, ['b', 'B']]], update: [] },
			origin: 'tab:1'
		});
		run("UPDATE notes SET title = 'AA' WHERE id = 'a'");
		expect(list.updates[2]).toMatchObject({ diff: { insert: [], update: [[1, [1], ['AA']]] } });
		run("UPDATE notes SET pos = -1 WHERE id = 'a'");
		expect(list.updates[3]).toMatchObject({ diff: { insert: [], update: [], move: [[1, 0]] } });
		run("DELETE FROM notes WHERE id = 'b'");
		expect(list.updates[4]).toMatchObject({ diff: { remove: [1] } });
	});

	test.each([
		['followed by rowid', 'SELECT id, title FROM notes ORDER BY pos'],
		['run again', 'SELECT id, title FROM notes WHERE id IN (SELECT id FROM notes) ORDER BY pos']
	])('a row inserted above does not mark those it pushes down as changed: %s [L-2]', async (_, sql) => {
		const { run, watch, db } = await setup();
		for (let index = 0; index < 50; index++) put(run, `n${index}`, 'x', index);
		const list = watch(sql);
		put(run, 'top', 'x', -1);
		expect(list.updates.at(-1)).toMatchObject({
			diff: { remove: [], move: [], insert: [[0, ['top', 'x']]], update: [] }
		});
		db.run("DELETE FROM notes WHERE id = 'n10'");
		run("UPDATE notes SET pos = 30.5 WHERE id = 'n20'");
		const { diff } = list.updates.at(-1) as unknown as {
			diff: { remove: number[]; move: unknown[]; update: unknown[] };
		};
		expect(diff.remove).toEqual([11]);
		expect(diff.move).toHaveLength(1);
		expect(diff.update).toEqual([]);
	});

	test('a row whose order changes but not past its neighbours is not moved [L-2]', async () => {
		const { run, watch } = await setup();
		put(run, 'a', 'A', 10);
		put(run, 'b', 'B', 20);
		const list = watch('SELECT id, pos FROM notes ORDER BY pos DESC');
		run("UPDATE notes SET pos = 30 WHERE id = 'b'");
		expect(list.updates.at(-1)).toMatchObject({ diff: { move: [], update: [[0, [1], [30]]] } });
	});

	test('counts and groups, which have no key, are told as updates [L-2]', async () => {
		const { run, watch } = await setup();
		put(run, 'a', 'A', 1);
		const count = watch('SELECT count(*) AS n FROM notes');
		put(run, 'b', 'B', 1);
		expect(count.updates.at(-1)).toMatchObject({ diff: { remove: [], insert: [], update: [[0, [0], [2]]] } });
	});

	test('a commit that changes nothing a query shows says nothing [L-1]', async () => {
		const { run, watch } = await setup();
		put(run, 'a', 'A', 1);
		const list = watch('SELECT id FROM notes ORDER BY id');
		run("UPDATE notes SET title = 'other'");
		run("INSERT INTO tags (scope_id, id) VALUES ('s', 't')");
		expect(list.updates).toHaveLength(1);
	});

	test('INSERT OR REPLACE takes away the row that gives way, though no delete trigger fires [L-3]', async () => {
		const { run, watch } = await setup();
		put(run, 'a', 'A', 1);
		const list = watch("SELECT id, title FROM notes WHERE title LIKE 'A%' ORDER BY pos");
		run("INSERT OR REPLACE INTO notes (scope_id, id, title, pos) VALUES ('s', 'a', 'AB', 2)");
		expect(list.rows).toEqual([{ id: 'a', title: 'AB' }]);
		run("INSERT OR REPLACE INTO notes (scope_id, id, title, pos) VALUES ('s', 'a', 'B', 2)");
		expect(list.rows).toEqual([]);
	});
});

describe('what a query depends on', () => {
	test('full-text tables, views, joins and covering indexes are followed to the tables that change [L-3]', async () => {
		const { run, watch, db } = await setup();
		db.exec('CREATE INDEX by_note ON tags (note)');
		put(run, 'a', 'alpha', 1);
		const search = watch("SELECT rowid FROM search WHERE search MATCH 'alpha'");
		const view = watch('SELECT * FROM pinned');
		const join = watch('SELECT n.id, t.id AS tag FROM notes n LEFT JOIN tags t ON t.note = n.id');
		const covering = watch('SELECT note FROM tags ORDER BY note');
		const exists = watch("SELECT EXISTS (SELECT 1 FROM tags WHERE note = 'a') AS is_tagged");
		run("INSERT INTO tags (scope_id, id, note) VALUES ('s', 't', 'a')");
		expect(join.rows).toEqual([{ id: 'a', tag: 't' }]);
		expect(covering.rows).toEqual([{ note: 'a' }]);
		expect(exists.rows).toEqual([{ is_tagged: 1 }]);
		put(run, 'b', 'alpha beta', 2);
		expect(search.rows).toHaveLength(2);
		expect(view.rows.map((row) => row['id'])).toEqual(['a', 'b']);
	});

	test('merged rows are told too, with the identity that the caller names [L-1]', async () => {
		const [a, b] = [await setup(), await setup()];
		const list = b.watch('SELECT id, title FROM notes WHERE scope_id = ? ORDER BY id', ['s']);
		put(a.run, 'a', 'from afar', 1);
		const changes = a.db.all(
			'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes'
		);
		b.db.transaction(() => {
			for (const change of changes) {
				b.db.run(
					'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq) VALUES (?,?,?,?,?,?,?,?,?)',
					change
				);
			}
		});
		b.live.afterCommit('ab12');
		expect(list.rows).toEqual([{ id: 'a', title: 'from afar' }]);
		expect(list.rows.diff.origin).toBe('ab12');
	});

	test('a query that writes is refused [L-1]', async () => {
		const { live } = await setup();
		expect(() => live.watch('DELETE FROM notes RETURNING id', [], () => {})).toThrow('only reads');
	});
});

describe('transactions and listeners', () => {
	test('nothing is told of a transaction that is rolled back, one update of many statements [L-4]', async () => {
		const { db, live, watch } = await setup();
		const list = watch('SELECT id FROM notes ORDER BY id');
		expect(() =>
			db.transaction(() => {
				db.run("INSERT INTO notes (scope_id, id) VALUES ('s', 'ghost')");
				throw new Error('no');
			})
		).toThrow('no');
		live.afterRollback();
		live.afterCommit();
		expect(list.updates).toHaveLength(1);
		db.transaction(() => {
			for (const id of ['a', 'b', 'c']) db.run("INSERT INTO notes (scope_id, id) VALUES ('s', ?)", [id]);
			db.run("DELETE FROM notes WHERE id = 'b'");
		});
		live.afterCommit();
		expect(list.updates).toHaveLength(2);
		expect(list.rows.map((row) => row['id'])).toEqual(['a', 'c']);
	});

	test('a query that began inside a transaction is put right when that is rolled back, and goes on [L-4]', async () => {
		const { db, live, run, watch } = await setup();
		let list: ReturnType<typeof watch> | undefined;
		expect(() =>
			db.transaction(() => {
				db.run("INSERT INTO notes (scope_id, id) VALUES ('s', 'ghost')");
				list = watch('SELECT id FROM notes ORDER BY id');
				expect(list.rows).toHaveLength(1);
				throw new Error('no');
			})
		).toThrow('no');
		live.afterRollback();
		expect(list?.rows).toEqual([]);
		put(run, 'a', 'A', 1);
		expect(list?.rows).toHaveLength(1);
	});

	test('a listener that is busy gets one diff when it resumes, and a closed one nothing [L-5]', async () => {
		const { live, run } = await setup();
		const updates: LiveUpdate[] = [];
		const handle = live.watch('SELECT id FROM notes ORDER BY id', [], (update) => {
			updates.push(update);
			return 'busy';
		});
		for (const id of ['a', 'b', 'c']) put(run, id, 'x', 1);
		expect(updates).toHaveLength(1);
		handle.resume();
		expect(updates).toHaveLength(2);
		expect(updates[1]).toMatchObject({
			diff: {
				insert: [
					[0, ['a']],
					[1, ['b']],
					[2, ['c']]
				]
			}
		});
		handle.close();
		handle.resume();
		put(run, 'd', 'x', 1);
		expect(updates).toHaveLength(2);
		expect(live.size).toBe(0);
	});

	test('500 queries of different scopes on one table: a write costs as much as with one [L-6]', async () => {
		const { live, run, watch, db } = await setup();
		const lists = Array.from({ length: 500 }, (_, scope) =>
			watch('SELECT id, title FROM notes WHERE scope_id = ? ORDER BY title', [`s${scope}`])
		);
		let reads = 0;
		const { all } = db;
		db.all = (...args: Parameters<Database['all']>) => (reads++, all.apply(db, args));
		run("INSERT INTO notes (scope_id, id, title) VALUES ('s7', 'a', 'A')");
		expect(reads).toBe(1);
		expect(lists[7]?.rows).toHaveLength(1);
		run("UPDATE notes SET scope_id = 's8'");
		expect(lists[7]?.rows).toHaveLength(0);
		expect(lists[8]?.rows).toHaveLength(1);
		expect(lists.filter((list) => list.updates.length > 1)).toHaveLength(2);
		expect(live.size).toBe(500);
	});
});

describe('applyDiff', () => {
	test('brings an array in place to the rows; unchanged rows keep their object, the first call replaces all [L-7]', async () => {
		const { run, watch } = await setup();
		for (const [id, pos] of [
			['a', 1],
			['b', 2],
			['c', 3]
		] as const)
			put(run, id, id, pos);
		const list = watch('SELECT id, title FROM notes ORDER BY pos');
		const blocks: object[] = [{ id: 'stale' }];
		expect(list.rows.diff.reset).toBe(true);
		expect(applyDiff(blocks, list.rows)).toBe(blocks);
		expect(blocks).toEqual([
			{ id: 'a', title: 'a' },
			{ id: 'b', title: 'b' },
			{ id: 'c', title: 'c' }
		]);
		const [a, b, c] = blocks;
		run("UPDATE notes SET title = 'B', pos = 9 WHERE id = 'b'");
		applyDiff(blocks, list.rows);
		expect(blocks).toEqual([
			{ id: 'a', title: 'a' },
			{ id: 'c', title: 'c' },
			{ id: 'b', title: 'B' }
		]);
		expect(blocks[0]).toBe(a);
		expect(blocks[1]).toBe(c);
		expect(b).toEqual({ id: 'b', title: 'b' });
		expect(list.rows.diff.update).toEqual([{ index: 2, row: { id: 'b', title: 'B' }, columns: ['title'] }]);
	});

	test('a commit that shuffles, adds and removes hundreds of rows arrives as it is, unchanged rows as they were [L-7]', async () => {
		const { db, run, watch } = await setup();
		db.transaction(() => {
			for (let index = 0; index < 600; index++) {
				db.run("INSERT INTO notes (scope_id, id, title, pos) VALUES ('s', ?, 'x', ?)", [`n${index}`, index]);
			}
		});
		for (const sql of [
			'SELECT id, title FROM notes ORDER BY pos',
			'SELECT id, title FROM notes WHERE id IN (SELECT id FROM notes) ORDER BY pos, id'
		]) {
			const list = watch(sql);
			const page: object[] = [];
			applyDiff(page, list.rows);
			for (const statement of [
				'UPDATE notes SET pos = (pos * 7919) % 600 WHERE pos % 12 = 0',
				'UPDATE notes SET pos = (pos * 7919) % 600, title = title || pos WHERE pos % 2 = 0',
				'DELETE FROM notes WHERE pos % 13 < 3',
				"INSERT OR IGNORE INTO notes (scope_id, id, title, pos) SELECT 's', 'm' || id, title, pos + 0.5 FROM notes WHERE pos % 3 = 0"
			]) {
				const before = new Set(page);
				run(statement);
				applyDiff(page, list.rows);
				expect(page).toEqual(db.all(sql).map(([id, title]) => ({ id, title })));
				const { insert, update } = list.rows.diff;
				expect(page.filter((row) => !before.has(row))).toHaveLength(insert.length + update.length);
			}
			list.close();
		}
	});

	test('an array that missed a diff is still brought to the rows [L-7]', async () => {
		const { run, watch } = await setup();
		const list = watch('SELECT id FROM notes ORDER BY id');
		const blocks: object[] = [];
		applyDiff(blocks, list.rows);
		put(run, 'a', 'A', 1);
		put(run, 'b', 'B', 1);
		applyDiff(blocks, list.rows);
		expect(blocks).toEqual([{ id: 'a' }, { id: 'b' }]);
	});
});

test('a full-text table that triggers of a view fill follows the table that writes to the view', async () => {
	const db = await openDatabase({ store: ':memory:' });
	db.exec(`
		CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT);
		CREATE VIRTUAL TABLE search USING fts5(title, content='', contentless_delete=1);
		CREATE VIEW reindex AS SELECT NULL AS id WHERE FALSE;
		CREATE TRIGGER reindex_now INSTEAD OF INSERT ON reindex BEGIN
			INSERT INTO search (rowid, title) SELECT id, title FROM notes WHERE id = new.id;
		END;
		CREATE TRIGGER i AFTER INSERT ON notes BEGIN INSERT INTO reindex (id) VALUES (new.id); END;
	`);
	const live = new LiveQueries(db, null, installAuthorizer(db));
	const seen: LiveUpdate[] = [];
	live.watch('SELECT rowid FROM search WHERE search MATCH ?', ['milk'], (update) => void seen.push(update));
	db.run("INSERT INTO notes (title) VALUES ('milk and bread')");
	live.afterCommit('tab:1');
	expect(seen.length).toBe(2);
	db.close();
});
