/** A member whose software writes whatever it likes into the cells of a shared ledger. */

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { contentOf, simpleLines } from '#lib/domain/lines.ts';
import { decodeRevision } from '#lib/domain/revision.ts';
import { openMembers, type Member } from './testing/members-node.ts';

let alice: Member;
let bob: Member;

beforeAll(async () => {
	[alice, bob] = await openMembers(11);
});

const GOOD = [
	20260301,
	5,
	'EUR',
	[
		['bank', -1000],
		['food', 1000]
	],
	'p',
	'note',
	['g'],
	null,
	[],
	[['bank', 'k']],
	'l'
];

/** A good body with one or two places filled with something else. */
const almost = fc
	.array(fc.tuple(fc.nat(11), fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...GOOD))), {
		minLength: 1,
		maxLength: 2
	})
	.map((changes) => {
		const body: unknown[] = structuredClone(GOOD);
		for (const [at, value] of changes) body[at] = value;
		return JSON.stringify(body, (_, value: unknown) => (value === undefined ? null : value));
	});

const line = fc.oneof(
	fc.array(
		fc.oneof(
			fc.constantFrom<unknown>(
				'bank',
				'food',
				'',
				'person:x',
				'person:',
				null,
				'USD',
				'EUR',
				'eur',
				0,
				1,
				-1,
				1e15,
				1e16,
				0.5
			),
			fc.integer({ min: -5, max: 5 }),
			fc.jsonValue({ maxDepth: 2 }),
			fc.constant([['x', 1, 1]])
		),
		{ maxLength: 8 }
	),
	fc.jsonValue({ maxDepth: 1 })
);
const oddLines = fc.array(line, { maxLength: 4 }).map((lines) => JSON.stringify([20260301, 0, 'EUR', lines]));

const RAW = [
	'',
	'null',
	'[]',
	'{}',
	'{"0":20260301,"3":[["a",0],["b",0]]}',
	"[20260301,0,'EUR',[['a',-1],['b',1]]]",
	'[20260301,0,"EUR",[["a",-0],["b",0]],]',
	'[20260301,0,"EUR",[["a",-1e0],["b",1]]]',
	'[20260301,0,"EUR",[["a",-1.0],["b",1.0]]]',
	'[20260301,0,"EUR",[["a",-0x1],["b",0x1]]]',
	'[20260301,0,"EUR",[["a",NaN],["b",Infinity]]]',
	'[20260301,0,"EUR",[["a",-9223372036854775808],["b",9223372036854775807]]]',
	'[20260301,0,"EUR",[["a",-99999999999999999999],["b",99999999999999999999]]]',
	'[20260301,0,"EUR",[["a",-0],["b",0]]]',
	`[20260301,0,"EUR",[${Array.from({ length: 20 }, () => '["a",1000000000000000]').join()},["b",1],${Array.from({ length: 20 }, () => '["c",-1000000000000000]').join()}]]`,
	`[20260301,0,"EUR",[${Array.from({ length: 20 }, () => '["a",999999999999999]').join()},["b",20],${Array.from({ length: 20 }, () => '["c",-1000000000000000]').join()}]]`,
	`[20260301,0,"EUR",[["a",-3],["b",3,null,null,null,null,[${Array.from({ length: 20 }, () => '["x",999999999999999,1]').join()},["z",23,1],${Array.from({ length: 20 }, () => '["y",-1000000000000000,1]').join()}]]]]`,
	'[20260301,0,"EUR",[["owes:ann",-1],["b",1]]]',
	'[20260301,0,"EUR",[["a\\u0000b",-1],["b",1]]]',
	'[20260301,0,"EUR",[["\\ud800",-1],["b",1]]]',
	'[20260301,0,"EUR",[["__proto__",-1],["constructor",1]]]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,"\\uD83D\\uDE00"]',
	'[20260301,0,"EUR",[["a",-1],["b",1]]]garbage',
	'[20260301,0,"EUR",[["a",-1],["b",1]]]\u0000',
	'\ufeff[20260301,0,"EUR",[["a",-1],["b",1]]]',
	'[20260301.0,0,"EUR",[["a",-1],["b",1]]]',
	'["20260301",0,"EUR",[["a",-1],["b",1]]]',
	'[10000101,0,"EUR",[["a",-1],["b",1]]]',
	'[99991231,1048575,"EUR",[["a",-1],["b",1]]]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,""]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,{"x":1}]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,"x@y"]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,"other.one",["z",null]]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,null,null,[[]]]',
	'[20260301,0,"EUR",[["a",-1],["b",1]],null,null,null,null,null,null,null,true]',
	`[20260301,0,"EUR",[["a",-1],["b",1]],null,"${'x'.repeat(70_000)}"]`,
	`[20260301,0,"EUR",${'['.repeat(100_000)}${']'.repeat(100_000)}]`,
	`[20260301,0,"EUR",[${Array.from({ length: 300 }, () => '["a",0]').join()}]]`
];

/** Everything about the new rows that SQL accepted is what the domain reads in them; the rest is nowhere. */
function expectAgreement(member: Member, ids: ReadonlySet<string>): void {
	const shown = member.rows<[string, string, number]>(
		'SELECT v.id, v.body, e.n FROM entries e JOIN revisions v ON v.rowid = e.r WHERE v.scope_id = ?',
		[member.scope]
	);
	for (const [id, body, n] of shown) {
		if (!ids.has(id)) continue;
		const revision = decodeRevision(id, body);
		if (typeof revision === 'string') throw new Error(`SQL shows what the domain calls ${revision}: ${body}`);
		const postings = member.rows<[string, string, number]>(
			`SELECT r.id, p.currency, p.minor FROM postings p JOIN refs r ON r.n = p.place
				WHERE p.n = ? AND p.line < 1000 ORDER BY p.line`,
			[n]
		);
		const lines = revision.content.deleted ? [] : revision.content.lines;
		// Half a surrogate pair names no account in any spelling.
		if (lines.some(({ account }) => !account.isWellFormed())) continue;
		expect(postings).toEqual(lines.map(({ account, currency, minor }) => [account, currency, minor]));
	}
	const owed = member.rows(
		"SELECT 1 FROM months m JOIN refs r ON r.n = m.place WHERE r.id GLOB 'owes:*' GROUP BY m.currency HAVING sum(m.minor) <> 0"
	);
	expect(owed).toEqual([]);
	const weighed = member.rows('SELECT n FROM postings WHERE line < 1000 GROUP BY n HAVING count(*) < 2');
	expect(weighed).toEqual([]);
}

function send(bodies: readonly (string | null)[]): Set<string> {
	const ids = bodies.map((body) => {
		const id = bob.newId();
		bob.insert(id, body);
		return id;
	});
	alice.hearAll(bob);
	return new Set(ids);
}

const honest = () => contentOf({ date: 20260301, currency: 'EUR', lines: simpleLines('bank', -1, 'EUR', 'food') });

test('[FN-11] T68 cells with any text are taken in without an error, and shown only where they are whole and balanced', () => {
	for (const body of [null, ...RAW]) {
		const ids = send([body]);
		expectAgreement(alice, ids);
		expectAgreement(bob, ids);
	}
	fc.assert(
		fc.property(fc.array(fc.oneof(almost, oddLines), { minLength: 20, maxLength: 40, size: 'max' }), (bodies) => {
			expectAgreement(alice, send(bodies));
		}),
		{ numRuns: 40, endOnFailure: true }
	);
	expect(alice.replica.refusals()).toEqual([]);
	// And the ledger still works: what Alice writes after all that is summed.
	const thread = bob.write(honest());
	alice.hearAll(bob);
	expect(alice.thread(thread)?.shown.content.lines[0]!.minor).toBe(-1);
}, 60_000);

test('[FN-11] T68 whatever the domain writes, SQL shows: neither is stricter with honest text', () => {
	const note = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/\0|\\u0000/.test(text));
	fc.assert(
		fc.property(note, fc.array(fc.stringMatching(/^[a-z0-9:]{1,9}$/)), (text, tags) => {
			const thread = bob.write({ ...honest(), note: text, tags });
			const [row] = bob.rows<[number]>(
				'SELECT count(*) FROM entries e JOIN revisions v ON v.rowid = e.r WHERE v.scope_id = ? AND v.id = ?',
				[bob.scope, thread]
			);
			expect(row![0]).toBe(1);
		}),
		{ numRuns: 100 }
	);
});

test('[FN-11] odd rows in the other tables change no sum and stop nothing', () => {
	const write = (sql: string, ...params: (string | number | null)[]) => bob.replica.run(sql, [bob.scope, ...params]);
	const thread = bob.write(honest());
	for (const id of ['@', 'x', '@@', `${thread}@`, `${thread}@nowhere`, `@bank`])
		write('INSERT INTO marks (scope_id, id, cleared) VALUES (?, ?, ?)', id, 1);
	write('INSERT INTO marks (scope_id, id, cleared) VALUES (?, ?, ?)', `${thread}@bank`, -(2 ** 53) + 1);
	write('INSERT INTO payees (scope_id, id, name, alias_of) VALUES (?, ?, ?, ?)', 'p1', null, 'p1');
	write('INSERT INTO payees (scope_id, id, name, alias_of) VALUES (?, ?, ?, ?)', 'p2', 'x'.repeat(100_000), 'p1');
	write('INSERT INTO categories (scope_id, id, name) VALUES (?, ?, ?)', 'bank', '"*" OR NEAR(');
	write('INSERT INTO budgets (scope_id, id, month, minor) VALUES (?, ?, ?, ?)', 'b', -1, 5);
	alice.hearAll(bob);
	expect(alice.replica.refusals()).toEqual([]);
	const [sum] = alice.rows<[number]>('SELECT coalesce(sum(minor), 0) FROM postings WHERE line < 1000');
	expect(sum![0]).toBe(0);
});

test('[FN-16] many transactions at one place in one day all stay in that day', () => {
	const threads = Array.from({ length: 40 }, () => bob.write({ ...honest(), date: 20270101, order: 1_048_575 }));
	alice.hearAll(bob);
	const days = alice.rows<[number]>('SELECT n / 2097152 FROM entries WHERE n / 209715200 = 202701');
	expect(days).toHaveLength(threads.length);
	expect(new Set(days.flat())).toEqual(new Set([20270101]));
});

test('[FN-27] a revision that the log takes back leaves the version before it, in every table', () => {
	const thread = bob.write({ ...honest(), date: 20280101 });
	const before = bob.thread(thread)!;
	bob.write({ ...honest(), date: 20280202, note: 'wrong', lines: simpleLines('bank', -7, 'EUR', 'food') }, before);
	const sums = () =>
		bob.rows<[number, number]>(
			"SELECT month, minor FROM months JOIN refs ON n = place WHERE id = 'bank' AND month > 202800"
		);
	expect(sums()).toEqual([[202802, -7]]);
	// As a late revocation does: the rows go with the sync bit set, and no own change is made of it.
	bob.database.value('SELECT crsql_internal_sync_bit(1)');
	bob.database.run('DELETE FROM revisions WHERE scope_id = ? AND id <> ? AND body LIKE ?', [
		bob.scope,
		thread,
		`%${thread}%`
	]);
	bob.database.value('SELECT crsql_internal_sync_bit(0)');
	expect(sums()).toEqual([[202801, -1]]);
	expect(bob.rows('SELECT rowid FROM entries_search WHERE entries_search MATCH \'"wrong"\'')).toEqual([]);
	bob.database.value('SELECT crsql_internal_sync_bit(1)');
	bob.database.run('DELETE FROM revisions WHERE scope_id = ? AND id = ?', [bob.scope, thread]);
	bob.database.value('SELECT crsql_internal_sync_bit(0)');
	expect(sums()).toEqual([]);
});
