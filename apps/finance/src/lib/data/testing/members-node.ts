/** A shared ledger of three people, each with the real engine in memory, and records that travel only when told to. */

import { readFileSync } from 'node:fs';
import { exchange, openTestReplica, Random, TestPerson, testClock } from '@slf/platform/testing';
import { decodeRevision, type Content } from '#lib/domain/revision.ts';
import { encodeRevision } from '#lib/domain/revision.ts';
import { threadOf, type Thread } from '#lib/domain/thread.ts';

const schema = readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8');

type TestReplica = Awaited<ReturnType<typeof openTestReplica>>;

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

/** Three members with the role of EDITOR or more, and the ledger of the first. */
export async function openMembers(seed: number): Promise<[Member, Member, Member]> {
	const random = new Random(seed);
	const clock = testClock();
	const keys = [];
	for (const name of ['Alice', 'Bob', 'Carol']) keys.push(await new TestPerson(name, random, clock).device());
	const [alice, bob, carol] = keys as [(typeof keys)[number], (typeof keys)[number], (typeof keys)[number]];
	const open = (person: (typeof keys)[number]) => openTestReplica({ person, schema, app: 'finance', clock, random });
	const replicas = [await open(alice), await open(bob), await open(carol)] as const;
	const [own, ...others] = replicas;
	const made = own.replica.createScope('ledger', { name: 'Home' });
	for (const person of [bob, carol]) own.replica.grant(made.scope, person.card, 'EDITOR');
	const [entry] = own.replica.directory();
	const { makeId } = await import('../../../../../../shared/platform/src/protocol/row-id.ts');
	const { toHex } = await import('../../../../../../shared/platform/src/crypto/bytes.ts');
	const ledger = toHex(made.id);
	let count = 0;
	const member = (at: 0 | 1 | 2, scope: string) =>
		new Member(replicas[at], scope, ledger, () => makeId(keys[at]!.identity, clock(), count++ % 4096));
	const names = others.map(({ replica }) => replica.joinScope(entry!));
	for (const { replica } of others) exchange(own.replica, replica, ledger);
	exchange(others[0]!.replica, others[1]!.replica, ledger);
	exchange(own.replica, others[0]!.replica, ledger);
	return [member(0, made.scope), member(1, names[0]!), member(2, names[1]!)];
}
