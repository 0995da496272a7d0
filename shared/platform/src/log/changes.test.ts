import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadSchema } from '../engine/schema.ts';
import { applySchema } from '../engine/apply-schema.ts';
import { openDatabase } from '../engine/open.ts';
import { installWriteGuard } from '../engine/guards.ts';
import type { Change } from '../protocol/batch.ts';
import { ChangeReader } from './changes.ts';
import { PART_SIZE, partsOf } from './parts.ts';

const schema = loadSchema(`
	CREATE TABLE a (id TEXT PRIMARY KEY, scope_id TEXT, x LWW_TEXT, y LWW_INTEGER, t REALTIME_TEXT);
	SELECT crsql_as_crr('a');
	CREATE TABLE b (id TEXT PRIMARY KEY, scope_id TEXT, t REALTIME_TEXT);
	SELECT crsql_as_crr('b');
	CREATE TABLE c (id TEXT PRIMARY KEY, scope_id TEXT, z LWW_BLOB);
	SELECT crsql_as_crr('c');
	CREATE TRIGGER a_to_c AFTER UPDATE OF y ON a BEGIN
		INSERT INTO c (id, scope_id, z) VALUES (new.id, new.scope_id, x'01') ON CONFLICT DO UPDATE SET z = z || x'01';
	END;
`);

async function freshDatabase() {
	const db = await openDatabase({ store: ':memory:' });
	applySchema(db, schema);
	const events = new Map<string, number>();
	installWriteGuard(db, (_scope, table) => {
		events.set(table, (events.get(table) ?? 0) + 1);
		return { allowed: true };
	});
	return { db, events, reader: new ChangeReader(db, schema.declaration) };
}

const id = fc.constantFrom("'1'", "'2'", "'3'");
const scope = fc.constantFrom("'s'", "'doc:x'");
const number = fc.nat(3);
const statement = fc.oneof(
	fc
		.tuple(id, scope, number)
		.map(
			([i, s, n]) =>
				`INSERT INTO a (id, scope_id, x, y) VALUES (${i}, ${s}, 'v${n}', ${n}) ON CONFLICT DO UPDATE SET x = excluded.x`
		),
	fc
		.tuple(id, scope, number)
		.map(([i, s, n]) => `INSERT OR REPLACE INTO a (id, scope_id, y, t) VALUES (${i}, ${s}, ${n}, 'text')`),
	fc.tuple(id, number).map(([i, n]) => `UPDATE a SET y = ${n}, t = 'text ${n}' WHERE id = ${i}`),
	number.map((n) => `UPDATE a SET x = 'all ${n}'`),
	fc.tuple(id, scope).map(([i, s]) => `DELETE FROM a WHERE id = ${i} AND scope_id = ${s}`),
	fc
		.tuple(id, scope, number)
		.map(
			([i, s, n]) =>
				`INSERT INTO b (id, scope_id, t) VALUES (${i}, ${s}, 't${n}') ON CONFLICT DO UPDATE SET t = 'u${n}'`
		),
	fc.constant('DELETE FROM b'),
	fc.constant("DELETE FROM c WHERE id = '1'")
);

/** What cr-sqlite's own view says of the open transaction, in the form of a batch. */
function fromView(rows: unknown[][]): Change[] {
	return rows.map(([table, rowId, column, value, version, causalLength, seq]) => [
		table as string,
		rowId as string,
		column === '-1' ? '' : (column as string),
		value as null,
		version as number,
		causalLength as number,
		seq as number
	]);
}
const VIEW = `SELECT "table", (SELECT cell FROM crsql_unpack_columns WHERE package = pk LIMIT 1 OFFSET 1), cid, val,
	col_version, cl, seq FROM crsql_changes WHERE db_version = crsql_next_db_version() AND site_id = crsql_site_id()
	AND (SELECT cell FROM crsql_unpack_columns WHERE package = pk LIMIT 1) = ? ORDER BY seq`;

test(
	'[G-3] reading the clock tables gives what crsql_changes gives, text columns aside',
	{ timeout: 60_000 },
	async () => {
		const { db, events, reader } = await freshDatabase();
		fc.assert(
			fc.property(
				fc.array(fc.array(statement, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
				(transactions) => {
					for (const table of ['a', 'b', 'c']) db.exec(`DELETE FROM ${table}`);
					for (const statements of transactions) {
						events.clear();
						db.exec('BEGIN');
						for (const sql of statements) db.exec(sql);
						const read = reader.pending(events.keys());
						for (const name of ['s', 'doc:x']) {
							const expected = fromView(db.all(VIEW, [name])).filter(
								([table, , column]) => table !== 'b' && column !== 't'
							);
							expect((read.get(name) ?? []).filter(([table]) => table !== 'b')).toEqual(expected);
						}
						db.exec('COMMIT');
					}
				}
			),
			{ numRuns: 150 }
		);
		db.close();
	}
);

test('[G-3] a row that holds nothing but text is announced by its mark, once', async () => {
	const { db, events, reader } = await freshDatabase();
	const read = (sql: string) => {
		events.clear();
		db.exec('BEGIN');
		db.exec(sql);
		const changes = reader.pending(events.keys()).get('s') ?? [];
		db.exec('COMMIT');
		return changes.map(([, id, column, value, version, causalLength]) => [id, column, value, version, causalLength]);
	};
	expect(read("INSERT INTO b (id, scope_id, t) VALUES ('1', 's', 'text')")).toEqual([['1', '', null, 1, 1]]);
	expect(read("UPDATE b SET t = 'other'")).toEqual([]);
	expect(read('DELETE FROM b')).toEqual([['1', '', null, 2, 2]]);
	expect(read("INSERT INTO b (id, scope_id) VALUES ('1', 's')")).toEqual([['1', '', null, 3, 3]]);
	db.close();
});

test(
	'[A-22] the growth that a writer counts covers every version, however rows are written',
	{ timeout: 60_000 },
	async () => {
		const width = (table: string) => schema.declaration.get(table)!.columns.length;
		const transactions = fc.array(fc.array(statement, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 4 });
		await fc.assert(
			fc.asyncProperty(transactions, fc.constantFrom(1, 5, PART_SIZE.growth), async (all, size) => {
				const { db, events, reader } = await freshDatabase();
				const total = new Map<string, number>();
				for (const statements of all) {
					events.clear();
					db.exec('BEGIN');
					for (const sql of statements) db.exec(sql);
					for (const [name, changes] of reader.pending(events.keys())) {
						const parts = partsOf(changes, [], events, width, { ...PART_SIZE, growth: size });
						const sum = parts.reduce((before, { growth }) => before + growth, total.get(name) ?? 0);
						total.set(name, sum);
						for (const [, , , , version, causalLength] of changes) {
							expect(Math.max(version, causalLength)).toBeLessThanOrEqual(sum);
						}
					}
					db.exec('COMMIT');
				}
				db.close();
			}),
			{ numRuns: 60 }
		);
	}
);

test('[A-22] a thousand updates of one cell count for a thousand, and an insertion for its cells and its row', async () => {
	const { db, events, reader } = await freshDatabase();
	const counted = (sql: string[]) => {
		events.clear();
		db.exec('BEGIN');
		for (const statement of sql) db.exec(statement);
		const [part] = partsOf(reader.pending(events.keys()).get('s')!, [], events, () => 3);
		db.exec('COMMIT');
		return part!.growth;
	};
	expect(counted(["INSERT INTO a (id, scope_id, x, y) VALUES ('1', 's', 'x', 1)"])).toBe(3);
	expect(counted(Array.from({ length: 1000 }, (_, n) => `UPDATE a SET x = 'v${n}'`))).toBe(1002);
	expect(counted(["UPDATE a SET x = 'w'"])).toBe(2);
	db.close();
});
