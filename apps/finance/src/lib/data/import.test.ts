import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf, simpleLines } from '#lib/domain/lines.ts';
import { threadOfKey, UNCATEGORISED } from '#lib/domain/revision.ts';
import * as accounts from './accounts.ts';
import { readCandidates, readKnownKeys, writeImport, type Decided } from './import.ts';
import type { RowRef } from './query.ts';
import { accountWindow } from './register.ts';
import { rebuild, rebuildIfOlder } from './rebuild.ts';
import { openLedger, type TestLedger } from './testing/ledger-node.ts';
import { addTransaction, deleteTransactions } from './transactions.ts';

let ledger: TestLedger;
let bank: RowRef;

beforeAll(async () => {
	ledger = await openLedger();
	bank = await accounts.createAccount(ledger.platform, ledger.scope, {
		name: 'Bank',
		kind: 'current',
		currency: 'EUR'
	});
});

afterAll(() => ledger.close());

const content = (date: number, minor: number) =>
	contentOf({ date, currency: 'EUR', lines: simpleLines(bank.id, minor, 'EUR', UNCATEGORISED) });
const rows = (): Decided[] => [
	{ kind: 'add', keys: ['20260101.a', '20260101.fit1'], content: content(20260101, -100) },
	{ kind: 'add', keys: ['20260102.b'], content: content(20260102, -200) }
];
const register = () => ledger.ask(accountWindow(bank, 'EUR', { offset: 0, limit: 100 }));

test('[FN-17] rows of a statement are known by all their keys, also when they were deleted', async () => {
	const { added } = await writeImport(ledger.platform, bank, rows());
	expect(added).toBe(2);
	const thread = (key: string) => threadOfKey(bank.id, key);
	const known = await readKnownKeys(ledger.platform, bank);
	expect(known.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
		{ key: '20260101.a', thread: thread('20260101.a'), deleted: false },
		{ key: '20260101.fit1', thread: thread('20260101.a'), deleted: false },
		{ key: '20260102.b', thread: thread('20260102.b'), deleted: false }
	]);
	await deleteTransactions(ledger.platform, [{ scope_id: ledger.scope, thread: thread('20260101.a') }]);
	const after = await readKnownKeys(ledger.platform, bank);
	expect(
		after
			.filter(({ deleted }) => deleted)
			.map(({ key }) => key)
			.toSorted()
	).toEqual(['20260101.a', '20260101.fit1']);
	expect(await register()).toHaveLength(1);
});

test('[FN-17] what was written by hand is a candidate until a row of the statement is matched with it', async () => {
	const { transactions } = await addTransaction(ledger.platform, ledger.scope, {
		...content(20260103, -300),
		note: 'lunch'
	});
	const [ref] = transactions;
	expect(await readCandidates(ledger.platform, bank)).toEqual([
		{ thread: ref!.thread, date: 20260103, minor: -300, words: 'lunch' }
	]);
	const match: Decided = { kind: 'keys', thread: ref!.thread, keys: ['20260103.c'] };
	const { matched, undo } = await writeImport(ledger.platform, bank, [match]);
	expect(matched).toBe(1);
	expect(await readCandidates(ledger.platform, bank)).toEqual([]);
	expect((await register())[0]).toMatchObject({ minor: -300, cleared: 1 });
	await undo();
	expect((await register())[0]).toMatchObject({ minor: -300, cleared: 0 });
});

test('[FN-27] everything computed can be made anew and is the same', async () => {
	const tables = ['postings', 'months', 'entry_tags', 'statement_keys'];
	const dump = async () => {
		const all = [];
		for (const table of tables) all.push(await ledger.platform.exec(`SELECT * FROM ${table}`));
		all.push(await ledger.platform.exec('SELECT n, r, scope, payee, link, versions, deleted FROM entries'));
		all.push(await ledger.platform.exec('SELECT rowid FROM entries_search WHERE entries_search MATCH \'"lunch"\''));
		return all;
	};
	const before = await dump();
	await ledger.platform.exec('UPDATE months SET minor = minor + 1');
	await ledger.platform.exec('DELETE FROM entries WHERE deleted = 0');
	const steps: number[] = [];
	await rebuild(ledger.platform, (done) => steps.push(done));
	expect(await dump()).toEqual(before);
	expect(steps.at(-1)).toBeGreaterThan(3);
	steps.length = 0;
	await rebuildIfOlder(ledger.platform, (done) => steps.push(done));
	await rebuildIfOlder(ledger.platform, (done) => steps.push(done));
	expect(steps).toHaveLength(1);
	expect(await dump()).toEqual(before);
});
