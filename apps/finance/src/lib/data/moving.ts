/**
 * Taking an account into another ledger, for example to share it. A row cannot change its scope, so every transaction of
 * the account is written anew there and goes away here, a few hundred at a time, each step all or nothing. What was
 * begun stands in the local table `moving` and is finished at the next start.
 *
 * - A transaction between the account and categories moves as it is; categories, payees and tags are found there by
 *   name, or made.
 * - One that also touches other accounts, or people, is cut in two at the clearing account, as a transfer between
 *   ledgers is: the other ledger learns the account's own amount, and nothing of the rest.
 * - Rows of statements stay known, deleted ones too: their ids change with the account's.
 */

import type { Platform, SqlStatement, Transaction } from '@slf/platform';
import { lineOf } from '#lib/domain/lines.ts';
import {
	CLEARING,
	encodeRevision,
	MARK_SEPARATOR,
	OPENING,
	UNCATEGORISED,
	type AccountId,
	type Content,
	type Line
} from '#lib/domain/revision.ts';
import { foldName } from '#lib/domain/search.ts';
import type { Thread } from '#lib/domain/thread.ts';
import { payeesNamed, tagsNamed } from './names.ts';
import { list, REF, THREAD, type RowRef } from './query.ts';
import { readThreads } from './threads.ts';

/** Transactions in one step. */
const AT_ONCE = 200;

interface Move {
	from: RowRef;
	to: RowRef;
}

/**
 * Moves an account with all that happened on it.
 *
 * @param at ms: when the old account is put away
 * @returns the account in the other ledger
 */
export async function moveAccount(
	platform: Platform,
	account: RowRef,
	toScope: string,
	at: number,
	progress: (done: number, of: number) => void
): Promise<RowRef> {
	if (account.scope_id === toScope) throw new RangeError('the account is in that ledger');
	const to: RowRef = { scope_id: toScope, id: platform.id() };
	await platform.batch([
		{
			sql: `INSERT INTO accounts (scope_id, id, name, kind, currency, on_budget, closed_at, sort)
				SELECT ?, ?, name, kind, currency, on_budget, closed_at, sort FROM accounts WHERE scope_id = ? AND id = ?`,
			params: [to.scope_id, to.id, account.scope_id, account.id]
		},
		{
			sql: 'INSERT INTO moving (scope_id, account_id, to_scope, to_account) VALUES (?, ?, ?, ?)',
			params: [account.scope_id, account.id, to.scope_id, to.id]
		}
	]);
	await finish(platform, { from: account, to }, at, progress);
	return to;
}

/** Finishes what `moveAccount` began before the page went away. */
export async function continueMoves(platform: Platform, at: number): Promise<void> {
	const begun = await platform.exec<{ scope_id: string; account_id: string; to_scope: string; to_account: string }>(
		'SELECT scope_id, account_id, to_scope, to_account FROM moving'
	);
	for (const { scope_id, account_id, to_scope, to_account } of begun) {
		const move = { from: { scope_id, id: account_id }, to: { scope_id: to_scope, id: to_account } };
		await finish(platform, move, at, () => {});
	}
}

async function finish(
	platform: Platform,
	move: Move,
	at: number,
	progress: (done: number, of: number) => void
): Promise<void> {
	const { from } = move;
	const [{ left } = { left: 0 }] = await platform.exec<{ left: number }>(
		`SELECT count(DISTINCT n) AS left FROM postings WHERE place = ${REF}`,
		[from.scope_id, from.id]
	);
	for (let done = 0; ;) {
		const moved = await step(platform, move);
		done += moved;
		progress(Math.min(done, left), left);
		if (moved === 0) break;
	}
	await moveDeleted(platform, move);
	await platform.batch([
		{
			sql: 'UPDATE accounts SET deleted_at = ? WHERE scope_id = ? AND id = ?',
			params: [at, from.scope_id, from.id]
		},
		{ sql: 'DELETE FROM moving WHERE scope_id = ? AND account_id = ?', params: [from.scope_id, from.id] }
	]);
}

/** Moves the next transactions. What is moved has no posting on the account any more, so it is not found again. */
async function step(platform: Platform, move: Move): Promise<number> {
	const { from } = move;
	const rows = await platform.exec<{ thread: string; cleared: number }>(
		`SELECT coalesce(v.body ->> '$[7]', v.id) AS thread, max(p.cleared) AS cleared
			FROM postings p CROSS JOIN entries e ON e.n = p.n CROSS JOIN revisions v ON v.rowid = e.r
			WHERE p.place = ${REF} GROUP BY p.n ORDER BY p.n LIMIT ${AT_ONCE}`,
		[from.scope_id, from.id]
	);
	if (rows.length === 0) return 0;
	const ids = rows.map(({ thread }) => thread);
	const names = await namesFor(platform, move, [...(await readThreads(platform, from.scope_id, ids)).values()]);
	const cleared = new Map(rows.map((row) => [row.thread, row.cleared]));
	await platform.transaction(async (tx) => {
		const threads = [...(await readThreads(tx, from.scope_id, ids)).values()];
		await tx.batch(threads.flatMap((thread) => moveOne(platform, move, thread, names, cleared.get(thread.id) ?? 0)));
	});
	return rows.length;
}

/** Ids in the other ledger of what transactions name in this one. */
interface Names {
	categories: ReadonlyMap<AccountId, AccountId>;
	payees: ReadonlyMap<string, string>;
	tags: ReadonlyMap<string, string>;
}

const STAYS: ReadonlySet<AccountId> = new Set([UNCATEGORISED, OPENING]);

function moveOne(
	platform: Platform,
	{ from, to }: Move,
	thread: Thread,
	names: Names,
	cleared: number
): SqlStatement[] {
	const { content } = thread.shown;
	const own = content.lines.filter(({ account }) => account === from.id);
	const others = content.lines.filter(({ account }) => account !== from.id);
	const whole = others.every(({ account, shares }) => isCategory(account, names) && shares.length === 0);
	const link = whole ? content.link : (content.link ?? platform.id());
	const weight = own.reduce((sum, line) => sum + line.weight, 0);
	const moved = own.map((line) => ({ ...line, account: to.id, memo: whole ? line.memo : '' }));
	const rest: Line[] = whole
		? others.map((line) => ({ ...line, account: names.categories.get(line.account) ?? line.account }))
		: [lineOf(CLEARING, -weight, content.currency)];
	const there: Content = {
		...content,
		lines: [...moved, ...rest],
		// Words may speak of the accounts that stay.
		payee: whole && content.payee !== null ? (names.payees.get(content.payee) ?? null) : null,
		note: whole ? content.note : '',
		tags: whole ? content.tags.flatMap((tag) => names.tags.get(tag) ?? []) : [],
		link,
		keys: content.keys.filter(({ account }) => account === from.id).map(({ keys }) => ({ account: to.id, keys }))
	};
	const here: Content = whole
		? { ...content, deleted: true }
		: { ...content, link, lines: [...others, lineOf(CLEARING, weight, content.currency)] };
	const id = platform.id();
	const target = threadThere(thread.id, from.id, to.id);
	const statements = [
		insert(to.scope_id, id, encodeRevision(there, target)),
		insert(from.scope_id, platform.id(), encodeRevision(here, thread.id, thread.seen))
	];
	const asBorn = own.some((line) => line.cleared) ? 1 : 0;
	if (cleared !== asBorn)
		statements.push({
			sql: 'INSERT INTO marks (scope_id, id, cleared) VALUES (?, ?, ?)',
			params: [to.scope_id, (target ?? id) + MARK_SEPARATOR + to.id, cleared]
		});
	return statements;
}

/** The id of a statement's row names its account; that of any other transaction is new. */
function threadThere(thread: string, from: AccountId, to: AccountId): string | undefined {
	return thread.startsWith(`${from}.`) ? to + thread.slice(from.length) : undefined;
}

function isCategory(account: AccountId, { categories }: Names): boolean {
	return STAYS.has(account) || categories.has(account);
}

function insert(scope: string, id: string, body: string): SqlStatement {
	return { sql: 'INSERT INTO revisions (scope_id, id, body) VALUES (?, ?, ?)', params: [scope, id, body] };
}

/** Rows of statements that were deleted here must not come back there. */
async function moveDeleted(platform: Platform, { from, to }: Move): Promise<void> {
	const rows = await platform.exec<{ thread: string }>(
		`SELECT ${THREAD} AS thread FROM revisions v CROSS JOIN entries e ON e.r = v.rowid
			WHERE v.scope_id = ?1 AND ${THREAD} >= ?2 || '.' AND ${THREAD} < ?2 || '/' AND e.deleted = 1
				AND NOT EXISTS (SELECT 1 FROM revisions t WHERE t.scope_id = ?3
					AND ${THREAD.replaceAll('v.', 't.')} = ?4 || substr(${THREAD}, length(?2) + 1))`,
		[from.scope_id, from.id, to.scope_id, to.id]
	);
	const threads = await readThreads(
		platform,
		from.scope_id,
		rows.map(({ thread }) => thread)
	);
	await platform.batch(
		[...threads.values()].map(({ id, shown }) => {
			const lines = [lineOf(to.id, 0, shown.content.currency), lineOf(UNCATEGORISED, 0, shown.content.currency)];
			const content: Content = { ...shown.content, lines, payee: null, note: '', tags: [], link: null, keys: [] };
			return insert(to.scope_id, platform.id(), encodeRevision(content, threadThere(id, from.id, to.id)));
		})
	);
}

/** Finds, by name, what these transactions use, in the other ledger; makes what is missing. */
async function namesFor(platform: Platform, { from, to }: Move, threads: readonly Thread[]): Promise<Names> {
	const contents = threads.map(({ shown }) => shown.content);
	const used = (table: string, ids: readonly (string | null)[]) =>
		platform.exec<{ id: string; name: string | null }>(
			`SELECT id, name FROM ${table} WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))`,
			[from.scope_id, list([...new Set(ids)])]
		);
	const payees = await used(
		'payees',
		contents.map(({ payee }) => payee)
	);
	const tags = await used(
		'tags',
		contents.flatMap((content) => [...content.tags])
	);
	const accounts = contents.flatMap(({ lines }) => lines.map(({ account }) => account));
	const known = ({ name }: { name: string | null }) => foldName(name ?? '') !== '';
	const payeeIds = await payeesNamed(
		platform,
		to.scope_id,
		payees.filter(known).map(({ name }) => name!)
	);
	const tagIds = await tagsNamed(
		platform,
		to.scope_id,
		tags.filter(known).map(({ name }) => name!)
	);
	return {
		categories: await categoriesFor(platform, from.scope_id, to.scope_id, [...new Set(accounts)]),
		payees: new Map(payees.filter(known).map(({ id, name }) => [id, payeeIds.get(name!)!])),
		tags: new Map(tags.filter(known).map(({ id, name }) => [id, tagIds.get(name!)!]))
	};
}

async function categoriesFor(
	platform: Platform,
	from: string,
	to: string,
	ids: readonly AccountId[]
): Promise<Map<AccountId, AccountId>> {
	interface Row {
		id: string;
		name: string | null;
		kind: string | null;
	}
	const read = (tx: Transaction, where: string, params: string[]) =>
		tx.exec<Row>(`SELECT id, name, kind FROM categories WHERE ${where} ORDER BY deleted_at IS NULL, id DESC`, params);
	return platform.transaction(async (tx) => {
		const used = await read(tx, 'scope_id = ? AND id IN (SELECT value FROM json_each(?))', [from, list(ids)]);
		const key = ({ name, kind }: Row) => `${kind} ${foldName(name ?? '')}`;
		const there = new Map(
			(await read(tx, 'scope_id = ? AND deleted_at IS NULL', [to])).map((row) => [key(row), row.id])
		);
		const made: SqlStatement[] = [];
		const found = new Map<AccountId, AccountId>();
		for (const row of used) {
			let id = there.get(key(row));
			if (id === undefined) {
				id = platform.id();
				there.set(key(row), id);
				made.push({
					sql: 'INSERT INTO categories (scope_id, id, name, kind) VALUES (?, ?, ?, ?)',
					params: [to, id, row.name, row.kind]
				});
			}
			found.set(row.id, id);
		}
		if (made.length > 0) await tx.batch(made);
		return found;
	});
}
