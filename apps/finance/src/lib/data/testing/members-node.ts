/** A shared ledger of three people, each with the real engine in memory, and records that travel only when told to. */

import { readFileSync } from 'node:fs';
import {
	exchange,
	makeId,
	openTestReplica,
	Random,
	testClock,
	TestPerson,
	type TestReplica
} from '@slf/platform/testing';
import { decodeRevision, encodeRevision, type Content } from '#lib/domain/revision.ts';
import { threadOf, type Thread } from '#lib/domain/thread.ts';

const schema = readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8');

export class Member {
	readonly replica: TestReplica['replica'];
	readonly database: TestReplica['database'];
	/** Local name and true id of the shared ledger. */
	readonly scope: string;
	readonly ledger: string;
	readonly #newId: () => string;

	constructor({ replica, database }: TestReplica, scope: string, ledger: string, newId: () => string) {
		this.replica = replica;
		this.database = database;
		this.scope = scope;
		this.ledger = ledger;
		this.#newId = newId;
	}

	/** Appends a revision; gives the id of its transaction. */
	write(content: Content, on?: Pick<Thread, 'id' | 'seen'>): string {
		const id = this.#newId();
		this.insert(id, encodeRevision(content, on?.id, on?.seen));
		return on?.id ?? id;
	}

	/** Any text as a revision: what a member's software may do that is not ours. */
	insert(id: string, body: string | null): void {
		this.replica.run('INSERT INTO revisions (scope_id, id, body) VALUES (?, ?, ?)', [this.scope, id, body]);
	}

	newId(): string {
		return this.#newId();
	}

	/** Takes in at most `count` records of what the other has and this one lacks. */
	hear(from: Member, count: number): void {
		const { ledger } = this;
		const records = from.replica.missing(ledger, this.replica.frontier(ledger), 2 ** 20);
		const { refused } = this.replica.receive(ledger, records.slice(0, count));
		if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
	}

	hearAll(from: Member): void {
		exchange(this.replica, from.replica, this.ledger);
	}

	rows<T extends readonly unknown[]>(sql: string, params: readonly (string | number)[] = []): T[] {
		return this.replica.run(sql, params).rows as unknown as T[];
	}

	/** What domain/thread.ts makes of the revisions here: the oracle for the tables. */
	thread(id: string): Thread | undefined {
		const rows = this.rows<[string, string | null]>('SELECT id, body FROM revisions WHERE scope_id = ?', [this.scope]);
		const revisions = rows.map(([own, body]) => decodeRevision(own, body)).filter((one) => typeof one !== 'string');
		return threadOf(revisions.filter(({ thread }) => thread === id));
	}
}

/** The ledger of the first, shared with the second as EDITOR and with the third in another role where one is given. */
export async function openMembers(
	seed: number,
	third: 'EDITOR' | 'VIEWER' = 'EDITOR'
): Promise<[Member, Member, Member]> {
	const random = new Random(seed);
	const clock = testClock();
	const device = (name: string) => new TestPerson(name, random, clock).device();
	const keys = [await device('Alice'), await device('Bob'), await device('Carol')] as const;
	const open = (at: 0 | 1 | 2) => openTestReplica({ person: keys[at], schema, app: 'finance', clock, random });
	const [alice, bob, carol] = [await open(0), await open(1), await open(2)];

	const { scope } = alice.replica.createScope('ledger', { name: 'Home' });
	alice.replica.grant(scope, keys[1].card, 'EDITOR');
	alice.replica.grant(scope, keys[2].card, third);
	const ledger = alice.replica.scopes().find((info) => info.scope === scope)!.id;
	const [entry] = alice.replica.directory();
	let count = 0;
	const member = (replica: TestReplica, at: 0 | 1 | 2, name: string) =>
		new Member(replica, name, ledger, () => makeId(keys[at].identity, clock(), count++ % 4096));
	const members: [Member, Member, Member] = [
		member(alice, 0, scope),
		member(bob, 1, bob.replica.joinScope(entry!)),
		member(carol, 2, carol.replica.joinScope(entry!))
	];
	for (const [one, other] of [
		[0, 1],
		[0, 2],
		[1, 2],
		[0, 1]
	] as const)
		members[one].hearAll(members[other]);
	return members;
}
