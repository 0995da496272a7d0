/** The same histories as in domain/histories.test.ts, fewer of them, over the real engine: log, merges and triggers. */

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { contentOf, sharedLines, simpleLines, splitLines } from '#lib/domain/lines.ts';
import { MARK_SEPARATOR, threadOfKey, type Content } from '#lib/domain/revision.ts';
import { isConflict } from '#lib/domain/thread.ts';
import { openMembers, type Member } from './testing/members-node.ts';

let members: [Member, Member, Member];

beforeAll(async () => {
	members = await openMembers(7);
});

interface Step {
	kind: 'add' | 'import' | 'edit' | 'split' | 'share' | 'delete' | 'resolve' | 'mark' | 'hear';
	device: number;
	other: number;
	pick: number;
	amount: number;
}

const step = fc.record<Step>({
	kind: fc.constantFrom('add', 'import', 'edit', 'split', 'share', 'delete', 'resolve', 'mark', 'hear', 'hear', 'hear'),
	device: fc.nat(2),
	other: fc.nat(2),
	pick: fc.nat(100),
	amount: fc.integer({ min: 1, max: 9999 })
});

const contentFor = ({ kind, pick, amount }: Step): Content => {
	const date = 20260100 + (pick % 28) + 1;
	const parts = [
		{ category: 'food', minor: -amount },
		{ category: 'fun', minor: -pick }
	];
	const shared = {
		paid: [{ person: 'ann', minor: amount }],
		currency: 'EUR',
		category: 'food',
		parts: [
			{ id: 'ann', weight: 1 },
			{ id: 'bea', weight: 2 }
		],
		seed: 's'
	};
	const lines =
		kind === 'split'
			? splitLines('bank', 'EUR', parts)
			: kind === 'share'
				? sharedLines(shared)
				: simpleLines('bank', -amount, 'EUR', 'food');
	return contentOf(
		{ date, currency: 'EUR', lines },
		{
			order: pick,
			tags: pick % 3 === 0 ? ['trip'] : [],
			payee: `p${pick % 4}`,
			keys: pick % 4 === 0 ? [{ account: 'bank', keys: [`other-${pick}`] }] : []
		}
	);
};

/** What the tables say of the transactions of one history, in a form that does not depend on local numbers. */
function tables(member: Member, threads: readonly string[]) {
	const params = [member.scope, JSON.stringify(threads)];
	const entries = member.rows<[string, string, number, number, string | null]>(
		`SELECT coalesce(v.body ->> '$[7]', v.id) AS thread, v.id, e.versions, e.deleted,
				(SELECT id FROM refs WHERE n = e.payee)
			FROM entries e JOIN revisions v ON v.rowid = e.r
			WHERE v.scope_id = ? AND coalesce(v.body ->> '$[7]', v.id) IN (SELECT value FROM json_each(?)) ORDER BY 1`,
		params
	);
	const postings = member.rows(
		`SELECT coalesce(v.body ->> '$[7]', v.id), p.line, r.id, p.currency, p.minor, p.cleared
			FROM postings p JOIN refs r ON r.n = p.place JOIN entries e ON e.n = p.n JOIN revisions v ON v.rowid = e.r
			WHERE v.scope_id = ? AND coalesce(v.body ->> '$[7]', v.id) IN (SELECT value FROM json_each(?)) ORDER BY 1, 2`,
		params
	);
	return { entries, postings };
}

function must(holds: boolean, what: string): void {
	if (!holds) throw new Error(what);
}

function check(member: Member, threads: readonly string[]): void {
	const { entries } = tables(member, threads);
	for (const id of threads) {
		const thread = member.thread(id);
		const row = entries.find(([own]) => own === id);
		must((thread === undefined) === (row === undefined), 'a transaction is shown on one side only');
		if (!thread || !row) continue;
		must(row[1] === thread.shown.id, 'the tables show another version than the domain');
		must(
			row[2] === thread.versions.length,
			`${row[2]} versions in the tables, ${thread.versions.length} in the domain`
		);
		must(row[3] === Number(thread.shown.content.deleted), 'deleted here, not there');
	}
	const unbalanced = member.rows('SELECT n FROM postings GROUP BY n, currency HAVING sum(minor) <> 0');
	must(unbalanced.length === 0, 'an unbalanced transaction is shown');
}

/** What holds over all that is there, whatever came how. */
function checkWhole(member: Member): void {
	const wrong = member.rows(
		`SELECT * FROM (SELECT place, currency, month, count, minor, cleared FROM months WHERE currency <> ''
			EXCEPT SELECT place, currency, n / 209715200, count(*), sum(minor), sum(iif(cleared > 0, minor, 0))
			FROM postings GROUP BY 1, 2, 3)
		UNION ALL SELECT * FROM (SELECT place, currency, n / 209715200, count(*), sum(minor), sum(iif(cleared > 0, minor, 0))
			FROM postings GROUP BY 1, 2, 3 EXCEPT SELECT place, currency, month, count, minor, cleared FROM months)`
	);
	must(wrong.length === 0, 'a monthly sum is not that of its postings');
	const found = member.rows<[number]>(`SELECT rowid FROM entries_search WHERE entries_search MATCH '"${'\ue000'}1" *'`);
	const live = member.rows<[number]>('SELECT DISTINCT n FROM postings WHERE abs(minor) GLOB ? AND line < 1000', ['1*']);
	must(new Set(found.flat()).size === live.length, 'the search finds other entries than there are');
}

let histories = 0;
let conflictsSeen = 0;

function run(steps: readonly Step[]): void {
	const history = ++histories;
	const threads = [members[0].write(contentFor({ ...steps[0]!, kind: 'split' }))];
	for (const member of members.slice(1)) member.hearAll(members[0]);
	for (const [at, one] of steps.entries()) {
		const member = members[one.device]!;
		const id = threads[one.pick % Math.min(threads.length, 2)]!;
		const thread = member.thread(id);
		switch (one.kind) {
			case 'hear':
				if (one.other !== one.device) member.hear(members[one.other]!, 1 + (one.pick % 6));
				break;
			case 'add':
				threads.push(member.write(contentFor(one)));
				break;
			case 'import': {
				// The same row of a statement, which the others may import too.
				const row = threadOfKey('bank', `${history}-${one.pick % 3}`);
				const content = {
					...contentFor({ ...one, amount: 100, pick: one.pick % 3 }),
					note: `as ${one.device} read it`
				};
				if (!member.thread(row)) member.write(content, { id: row, seen: [] });
				if (!threads.includes(row)) threads.push(row);
				break;
			}
			case 'mark':
				member.replica.run(
					`INSERT INTO marks (scope_id, id, cleared) VALUES (?, ?, ?)
						ON CONFLICT (scope_id, id) DO UPDATE SET cleared = excluded.cleared`,
					[member.scope, `${id}${MARK_SEPARATOR}bank`, at % 3]
				);
				break;
			case 'resolve':
				if (thread && isConflict(thread)) member.write(thread.versions[1]!.content, thread);
				break;
			case 'delete':
				if (thread) member.write({ ...thread.shown.content, deleted: true }, thread);
				break;
			default:
				if (thread) member.write(contentFor(one), thread);
		}
		check(member, threads);
		if (threads.some((own) => (member.thread(own)?.versions.length ?? 0) > 1)) conflictsSeen++;
	}
	const [alice, bob, carol] = members;
	for (const [one, other] of [
		[alice, bob],
		[bob, carol],
		[carol, alice],
		[alice, bob]
	] as const)
		one.hearAll(other);
	const states = members.map((member) => JSON.stringify(tables(member, threads)));
	for (const member of members) {
		check(member, threads);
		checkWhole(member);
	}
	must(new Set(states).size === 1, 'devices that have the same have other entries or postings');
	must(
		new Set(members.map(({ replica, ledger }) => Buffer.from(replica.stateHash(ledger)).toString('hex'))).size === 1,
		'the state hashes differ'
	);
}

test('[FN-12] [FN-14] [FN-16] over the real engine too, no history shows an unbalanced transaction, hides a concurrent edit, or leaves two devices with other postings', () => {
	fc.assert(
		fc.property(fc.array(step, { minLength: 6, maxLength: 20, size: 'max' }), (steps) => run(steps)),
		{ numRuns: 60, endOnFailure: true }
	);
	expect(conflictsSeen).toBeGreaterThan(30);
}, 120_000);
