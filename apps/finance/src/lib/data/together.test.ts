/** Two partners who do the same, or the opposite, while they do not hear of each other. */

import { beforeAll, expect, test } from 'vitest';
import { budgetMonth, READY } from '#lib/domain/envelopes.ts';
import { contentOf, simpleLines } from '#lib/domain/lines.ts';
import { threadOfKey, UNCATEGORISED } from '#lib/domain/revision.ts';
import { budgetMoves, budgetSets } from './budget.ts';
import type { Query } from './query.ts';
import { openMembers, type Member } from './testing/members-node.ts';

let alice: Member;
let bob: Member;

beforeAll(async () => {
	[alice, bob] = await openMembers(5);
});

const month = 202601;

function ask<R extends object>(member: Member, { sql, params }: Query<R>): R[] {
	const { columns, rows } = member.replica.run(sql, [...params]);
	return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])) as R);
}

function budgetOf(member: Member) {
	const { scope } = member;
	return budgetMonth(
		{
			categories: ['food', 'rent'],
			postings: [],
			money: [],
			sets: ask(member, budgetSets(scope, 'EUR', month)),
			moves: ask(member, budgetMoves(scope, 'EUR', month))
		},
		month
	);
}

test('[FN-22] both take 50 out of the same envelope: both moves happen on both devices, and no money is made', () => {
	const set = (member: Member, minor: number) =>
		member.replica.run(
			`INSERT INTO budgets (scope_id, id, category_id, month, currency, minor) VALUES (?, 'food@202601@EUR', 'food', ?, 'EUR', ?)
				ON CONFLICT (scope_id, id) DO UPDATE SET minor = excluded.minor`,
			[member.scope, month, minor]
		);
	const move = (member: Member, to: string) =>
		member.replica.run(
			'INSERT INTO budget_moves (scope_id, id, month, currency, from_id, to_id, minor) VALUES (?, ?, ?, ?, ?, ?, 50)',
			[member.scope, member.newId(), month, 'EUR', 'food', to]
		);
	set(alice, 120);
	bob.hearAll(alice);
	move(alice, 'rent');
	move(bob, READY);
	set(alice, 130);
	set(bob, 130);
	alice.hearAll(bob);
	for (const member of [alice, bob]) {
		const budget = budgetOf(member);
		expect(budget.envelopes.map(({ budgeted }) => budgeted)).toEqual([30, 50]);
		expect(budget.budgeted).toBe(80);
	}
	expect(() => bob.replica.run('DELETE FROM budget_moves')).toThrow(expect.objectContaining({ code: 'DENIED' }));
});

test('[FN-17] both import the same statement offline: one set of transactions, twins included, and nothing to decide', () => {
	const rows = ['20260201.a', '20260201.a#2', '20260202.b'];
	for (const member of [alice, bob]) {
		for (const [at, key] of rows.entries()) {
			const lines = simpleLines('bank', -1000, 'EUR', UNCATEGORISED).map((line) => ({ ...line, cleared: true }));
			const content = contentOf(
				{ date: 20260201 + Math.floor(at / 2), currency: 'EUR', lines },
				{ order: at, note: `as ${member.scope} maps it`, keys: [{ account: 'bank', keys: [`${key}-fit`] }] }
			);
			member.write(content, { id: threadOfKey('bank', key), seen: [] });
		}
	}
	// Alice has put one into a category already.
	const edited = alice.thread(threadOfKey('bank', rows[2]!))!;
	alice.write({ ...edited.shown.content, lines: simpleLines('bank', -1000, 'EUR', 'food') }, edited);
	alice.hearAll(bob);
	for (const member of [alice, bob]) {
		const entries = member.rows<[number, number]>(
			'SELECT e.versions, p.minor FROM entries e JOIN postings p ON p.n = e.n AND p.line = 0 JOIN refs r ON r.n = p.place WHERE r.id = ?',
			['bank']
		);
		expect(entries).toEqual(rows.map(() => [1, -1000]));
		expect(member.thread(threadOfKey('bank', rows[2]!))!.shown.content.lines[1]!.account).toBe('food');
	}
});
