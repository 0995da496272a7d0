// npm run bench -- cells [--rows N]
//
// What the apps ask of an engine, in Node over files: a vault of 10,000 items whose fields are sealed one by one, imported in
// one transaction and listed; and a ledger of N rows (20,000 unless said) of 8 replicated cells, written in batches, read,
// opened cold, and taken in by a second device.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, type Platform, type SqlStatement } from '../src/worker/node.ts';
import { deliver, openTestReplica, Random, TestPerson, testClock } from '../src/testing/index.ts';
import { describeMachine } from './lib/browser.ts';
import { resultLine, rounded, table, type Goal } from './lib/report.ts';

const VAULT = `
CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT, folder LWW_TEXT, edited_at LWW_INTEGER,
	created_at WRITE_ONCE_INTEGER);
SELECT crsql_as_crr('items');
CREATE TABLE fields (id TEXT PRIMARY KEY, scope_id TEXT, item_id LWW_TEXT, role LWW_TEXT, value LWW_BLOB);
SELECT crsql_as_crr('fields');
SELECT crsql_history('fields');
CREATE INDEX fields_item ON fields (item_id);`;
const LEDGER = `
CREATE TABLE postings (id TEXT PRIMARY KEY, scope_id TEXT, account LWW_TEXT, date LWW_INTEGER, amount LWW_INTEGER,
	currency LWW_TEXT, payee LWW_TEXT, memo LWW_TEXT, category LWW_TEXT, status LWW_TEXT);
SELECT crsql_as_crr('postings');
CREATE INDEX postings_date ON postings (date, id);`;
const POSTING = `INSERT INTO postings (id, scope_id, account, date, amount, currency, payee, memo, category, status)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const ITEMS = 10_000;
const FIELDS = 4;
const AT_ONCE = 5000;

const rowsAt = process.argv.indexOf('--rows');
const rows = rowsAt > 0 ? Number(process.argv[rowsAt + 1]) : 20_000;
const results: Record<string, number> = {};
const goals: Record<string, Goal> = { seal_40000_ms: ['<=', 2000] };

async function timed<T>(key: string, work: () => Promise<T>, per = 1): Promise<T> {
	const start = performance.now();
	const value = await work();
	results[key] = rounded((performance.now() - start) / per);
	return value;
}

async function inFolder(
	app: string,
	schema: string,
	work: (open: () => Promise<Platform>, size: () => number) => Promise<void>
) {
	const dir = mkdtempSync(join(tmpdir(), 'slf-bench-'));
	const files = join(dir, 'databases');
	const size = () =>
		readdirSync(files)
			.filter((file) => file.includes(`-${app}.`))
			.reduce((sum, file) => sum + statSync(join(files, file)).size, 0);
	await work(() => openPlatform({ dir, app, schema }), size);
	rmSync(dir, { recursive: true });
}

await inFolder('vault', VAULT, async (open) => {
	const platform = await open();
	const scope = await platform.scopes.personal();
	const statements: SqlStatement[] = [];
	for (let n = 0; n < ITEMS; n++) {
		const item = platform.id();
		const sql = 'INSERT INTO items (id, scope_id, title, edited_at, created_at) VALUES (?, ?, ?, ?, ?)';
		statements.push({ sql, params: [item, scope, `Item ${n}`, n, n] });
		for (let field = 0; field < FIELDS; field++) {
			const sealed = `INSERT INTO fields (id, scope_id, item_id, role, value)
				VALUES (?1, ?2, ?3, ?4, seal_value(?2, 'fields', ?1, 'value', ?5))`;
			statements.push({ sql: sealed, params: [`${item}.${field}`, scope, item, `role ${field}`, `a secret ${n}`] });
		}
	}
	await timed('import_10000_items_ms', () => platform.batch(statements));
	const seal = "SELECT count(seal_value(scope_id, 'fields', id, 'value', role)) FROM fields";
	await timed('seal_40000_ms', () => platform.exec(seal));
	const list = "SELECT id, open_value(scope_id, 'fields', id, 'value', value, NULL) FROM fields";
	await timed('open_40000_ms', () => platform.exec(list));
	const [field] = await platform.exec<{ id: string }>('SELECT id FROM fields LIMIT 1 OFFSET 9000');
	await timed('history_of_a_field_ms', () => platform.history('fields', scope, field!.id));
	await platform.close();
});

const posting = (id: string, scope: string, n: number) => [
	id,
	scope,
	`account ${n % 5}`,
	20_100_101 + (n % 15) * 10_000 + (n % 9) * 100 + (n % 28),
	((n * 7919) % 100_000) - 50_000,
	'EUR',
	`Payee number ${n % 300}`,
	n % 3 ? `memo words of row ${n}` : null,
	`category ${n % 30}`,
	'cleared'
];

await inFolder('ledger', LEDGER, async (open, size) => {
	const platform = await open();
	const scope = await platform.scopes.personal();
	const write = async () => {
		for (let from = 0; from < rows; from += AT_ONCE) {
			const count = Math.min(AT_ONCE, rows - from);
			const params = Array.from({ length: count }, (_, n) => posting(platform.id(), scope, from + n));
			await platform.batch(params.map((values) => ({ sql: POSTING, params: values })));
		}
	};
	await timed('row_us', write, rows / 1000);
	await timed('newest_50_ms', () => platform.exec('SELECT * FROM postings ORDER BY date DESC LIMIT 50'));
	await timed('sum_all_ms', () => platform.exec('SELECT account, sum(amount) FROM postings GROUP BY account'));
	await platform.close();
	results['row_bytes'] = rounded(size() / rows);
	const again = await timed('cold_open_ms', open);
	await again.close();
});

const random = new Random(1);
const clock = testClock();
const alice = new TestPerson('Alice', random, clock);
const options = { schema: LEDGER, app: 'ledger', clock, random };
const first = await openTestReplica({ person: await alice.device(), ...options });
const second = await openTestReplica({ person: await alice.device(), ...options });
const scope = first.replica.personalScope();
for (let from = 0; from < 20_000; from += AT_ONCE) {
	const params = Array.from({ length: AT_ONCE }, (_, n) => posting(`row ${from + n}`, scope, from + n));
	first.replica.runAll(params.map((values) => ({ sql: POSTING, params: values })));
}
const { id } = first.replica.scopes()[0]!;
await timed('receive_row_us', async () => deliver(first.replica, second.replica, id), 20);

console.log(table([['Node', 'result'], ...Object.entries(results).map(([key, value]) => [key, String(value)])]));
console.log(resultLine('cells', { ...describeMachine(), rows }, results, goals));
