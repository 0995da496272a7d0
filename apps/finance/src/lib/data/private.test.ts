import { beforeAll, expect, test } from 'vitest';
import { contentOf, simpleLines } from '#lib/domain/lines.ts';
import { CLEARING, encodeRevision } from '#lib/domain/revision.ts';
import { openMembers, type Member } from './testing/members-node.ts';

let alice: Member;
let bob: Member;
let carol: Member;

beforeAll(async () => {
	[alice, bob, carol] = await openMembers(3, 'VIEWER');
});

/** Every value of every table of a device's database, the engine's and the log's own included. */
function everything({ database }: Member): string {
	const tables = database.all(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'crsql_changes'`);
	const dump: string[] = [];
	for (const [name] of tables) {
		for (const row of database.all(`SELECT * FROM "${String(name)}"`)) {
			for (const value of row)
				dump.push(value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value));
		}
	}
	return dump.join('\n');
}

test('[FN-28] the partner has no row, name or key of what was not shared, also after money moved between the two', () => {
	const { replica } = alice;
	const own = replica.personalScope();
	const secret = replica.createScope('ledger', { name: 'Canary-Ledger' });
	const ids: string[] = [];
	for (const scope of [own, secret.scope]) {
		const id = () => ids[ids.push(alice.newId()) - 1]!;
		const account = id();
		replica.run('INSERT INTO accounts (scope_id, id, name, kind, currency) VALUES (?, ?, ?, ?, ?)', [
			scope,
			account,
			'Canary-Account',
			'savings',
			'EUR'
		]);
		replica.run('INSERT INTO payees (scope_id, id, name) VALUES (?, ?, ?)', [scope, id(), 'Canary-Payee']);
		replica.run('INSERT INTO categories (scope_id, id, name) VALUES (?, ?, ?)', [scope, id(), 'Canary-Category']);
		replica.run('INSERT INTO tags (scope_id, id, name) VALUES (?, ?, ?)', [scope, id(), 'Canary-Tag']);
		const half = contentOf(
			{ date: 20260101, currency: 'EUR', lines: simpleLines(account, -5000, 'EUR', CLEARING) },
			{ link: 'link-of-both', note: 'Canary-Note' }
		);
		replica.run('INSERT INTO revisions (scope_id, id, body) VALUES (?, ?, ?)', [scope, id(), encodeRevision(half)]);
	}
	const theirs = contentOf(
		{ date: 20260101, currency: 'EUR', lines: simpleLines('pot', 5000, 'EUR', CLEARING) },
		{ link: 'link-of-both' }
	);
	const thread = alice.write(theirs);
	bob.hearAll(alice);
	carol.hearAll(bob);
	expect(bob.thread(thread)?.shown.content).toEqual(theirs);

	const keys = alice.database
		.all(
			'SELECT e.key, s.id, s.public_key, s.secret_key FROM slf_scopes s JOIN slf_epochs e ON e.scope = s.n WHERE s.name IN (?, ?)',
			[own, secret.scope]
		)
		.flat()
		.map((value) => Buffer.from(value as Uint8Array).toString('latin1'));
	const everythingOfAlice = everything(alice);
	for (const { member, name } of [
		{ member: bob, name: 'Bob' },
		{ member: carol, name: 'Carol' }
	]) {
		const dump = everything(member);
		expect(dump).toContain('link-of-both');
		for (const needle of ['Canary', own, secret.scope, ...ids, ...keys]) {
			expect(everythingOfAlice.includes(needle), 'the search would find it').toBe(true);
			expect(dump.includes(needle), `${name} has something of Alice's own`).toBe(false);
		}
	}
});

test('[FN-28] a VIEWER writes nothing, and nobody changes or removes a revision, its author included', () => {
	const content = contentOf({ date: 20260101, currency: 'EUR', lines: simpleLines('pot', -1, 'EUR', 'food') });
	const denied = expect.objectContaining({ code: 'DENIED' });
	expect(() => carol.write(content)).toThrow(denied);
	expect(() =>
		carol.replica.run('INSERT INTO marks (scope_id, id, cleared) VALUES (?, ?, 1)', [carol.scope, 'x@pot'])
	).toThrow(denied);
	const thread = bob.write(content);
	alice.hearAll(bob);
	for (const member of [alice, bob]) {
		expect(() => member.replica.run('DELETE FROM revisions WHERE id = ?', [thread])).toThrow(denied);
		expect(() => member.replica.run('UPDATE revisions SET body = ? WHERE id = ?', ['[]', thread])).toThrow();
	}
	expect(alice.thread(thread)?.shown.content).toEqual(content);
});
