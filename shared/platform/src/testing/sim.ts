/**
 * The simulator: three devices of two people, everything random from one seed, nothing asleep.
 *
 * Alice has a laptop and a phone, Bob is editor of a scope that Alice made. They write rows and texts with plain SQL and
 * with edits, in and out of transactions, restart, and hear of each other through a network that loses, repeats, delays,
 * reorders and partitions. At the end the links heal, and then all must be equal: rows, histories, texts, state hashes,
 * verdicts, and a fourth device that is given everything at once, in any order.
 */
import { toHex } from '../crypto/bytes.ts';
import { loadSchema, type Schema } from '../engine/schema.ts';
import type { SqlValue } from '../engine/sqlite.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { Replica } from '../log/replica.ts';
import { PlatformError } from '../protocol/errors.ts';
import { isReplicatedCell } from '../access/verdict.ts';
import { modelRows } from './model.ts';
import { TestPerson } from './people.ts';
import { Random } from './random.ts';
import { exchange, openTestReplica, TEST_SCHEMA, testClock, type TestReplica } from './replica.ts';

const STEPS = 120;
const IDS = ['a', 'b', 'c', 'd', 'e'];
const TEXT = [
	{ table: 'blocks', column: 'content' },
	{ table: 'texts', column: 'body' }
] as const;

/** Every transaction of more than a few cells becomes several batches. */
const TINY_PARTS = { growth: 7, bytes: 400, texts: 1 };

interface Peer extends TestReplica {
	name: string;
	person: PersonKeys;
}

interface Message {
	from: number;
	to: number;
	scope: string;
	records: Uint8Array[];
}

/** The same four devices in every run; what differs is all else. Making them costs more than a run. */
export interface Cast {
	schema: Schema;
	laptop: PersonKeys;
	phone: PersonKeys;
	tablet: PersonKeys;
	bob: PersonKeys;
}

export async function makeCast(): Promise<Cast> {
	const random = new Random(0);
	const clock = testClock();
	const alice = new TestPerson('Alice', random, clock);
	const bob = new TestPerson('Bob', random, clock);
	return {
		schema: loadSchema(TEST_SCHEMA),
		laptop: await alice.device(),
		phone: await alice.device(),
		tablet: await alice.device(),
		bob: await bob.device()
	};
}

/** Runs one seed. Throws an Error that says what differs. Gives how much happened, so that an idle run would show. */
export async function simulate(cast: Cast, seed: number, steps = STEPS): Promise<Record<string, number>> {
	const world = await World.open(cast, seed);
	for (let step = 0; step < steps; step++) await world.step();
	await world.finish();
	return world.counts;
}

class World {
	readonly counts: Record<string, number> = {};
	readonly #cast: Cast;
	readonly #random: Random;
	readonly #clock: () => number;
	readonly #peers: Peer[] = [];
	readonly #network: Message[] = [];
	/** Pairs that cannot reach each other now. */
	readonly #cut = new Set<string>();
	#shared = '';

	static async open(cast: Cast, seed: number): Promise<World> {
		const world = new World(cast, seed);
		for (const name of ['laptop', 'phone', 'bob'] as const) await world.#addPeer(name, cast[name]);
		const [laptop, phone, bob] = world.#peers as [Peer, Peer, Peer];
		const { scope, id } = laptop.replica.createScope('doc', { name: 'plan' });
		world.#shared = toHex(id);
		laptop.replica.grant(scope, cast.bob.card, 'EDITOR');
		for (const { replica } of [phone, bob]) replica.joinScope(laptop.replica.directory()[0]!);
		return world;
	}

	private constructor(cast: Cast, seed: number) {
		this.#cast = cast;
		this.#random = new Random(seed);
		this.#clock = testClock();
	}

	async #addPeer(name: string, person: PersonKeys): Promise<Peer> {
		const opened = await this.#open(person);
		const peer = { name, person, ...opened };
		this.#peers.push(peer);
		return peer;
	}

	#open(person: PersonKeys, database?: TestReplica['database']): Promise<TestReplica> {
		const { schema } = this.#cast;
		return openTestReplica({
			person,
			schema,
			clock: this.#clock,
			random: this.#random,
			...(this.#random.chance(0.4) ? { partSize: TINY_PARTS } : {}),
			...(database ? { database } : {})
		});
	}

	async step(): Promise<void> {
		const random = this.#random;
		const peer = random.pick(this.#peers);
		const dice = random.below(100);
		if (dice < 32) this.#write(peer);
		else if (dice < 46) this.#type(peer);
		else if (dice < 70) this.#send();
		else if (dice < 93) this.#deliver();
		else if (dice < 96) this.#cutOrHeal();
		else if (dice < 99) this.#readTexts(peer);
		else await this.#restart(peer);
	}

	async finish(): Promise<void> {
		this.#cut.clear();
		while (this.#network.length > 0) this.#deliver(true);
		for (let round = 0; round < 2; round++) {
			for (const [a, b] of [
				[0, 1],
				[1, 2],
				[0, 2]
			] as const)
				this.#meet(this.#peers[a]!, this.#peers[b]!);
		}
		const tablet = await this.#addPeer('tablet', this.#cast.tablet);
		tablet.replica.joinScope(this.#peers[0]!.replica.directory()[0]!);
		this.#pour(this.#peers[0]!, tablet);
		this.#meet(this.#peers[0]!, tablet);
		for (const peer of this.#peers) this.#meet(this.#peers[0]!, peer);
		for (const scope of this.#scopesOf(this.#peers[0]!)) {
			const holders = this.#peers.filter((peer) => this.#scopesOf(peer).includes(scope));
			const [first, ...others] = holders.map((peer) => ({ name: peer.name, seen: lookAt(peer, scope) }));
			for (const other of others) {
				for (const key of Object.keys(first!.seen)) {
					if (first!.seen[key] === other.seen[key]) continue;
					throw new Error(
						`${key} differs between ${first!.name} and ${other.name}:\n${first!.seen[key]}\n${other.seen[key]}`
					);
				}
			}
		}
		this.#compareWithModel(this.#peers[0]!);
		for (const { name, replica } of this.#peers) {
			const [refusal] = replica.refusals();
			if (refusal) throw new Error(`${name} refused an honest record: ${refusal.rule} ${refusal.reason}`);
		}
	}

	/** The rows of the shared scope against those that its records alone say. */
	#compareWithModel({ replica, database }: Peer): void {
		const columns = 'n, id, name, kind, app, title, public_key, secret_key';
		const [n, id, name, kind, app, title, publicKey, secretKey] = database.get(
			`SELECT ${columns} FROM slf_scopes WHERE lower(hex(id)) = ?`,
			[this.#shared]
		) as [number, Uint8Array, string, string, string, string, Uint8Array, Uint8Array];
		const key = database.value('SELECT key FROM slf_epochs WHERE scope = ?', [n]) as Uint8Array;
		const row = { n, id, name, kind, app, title, derived: false, pseudonym: { publicKey, secretKey } };
		const records = replica.missing(this.#shared, { access: [], data: [] }, Number.MAX_SAFE_INTEGER);
		const model = modelRows({ row, key }, this.#random.shuffled(records), replica.declaration);
		for (const [table, { columns: declared }] of replica.declaration) {
			const list = declared
				.filter(isReplicatedCell)
				.map((column) => `, "${column.name}"`)
				.join('');
			const { rows } = replica.run(`SELECT id${list} FROM ${table} WHERE scope_id = ? ORDER BY id`, [name]);
			const [here, there] = [rows, model.get(table)!].map((all) =>
				all.map((one) => one.map(show).join(' | ')).join('\n')
			);
			if (here !== there) throw new Error(`table ${table} is not what its records say:\n${here}\n${there}`);
		}
	}

	/** A write that an app might make, valid or not; the errors it may give are part of the world. */
	#write({ replica }: Peer): void {
		const scope = this.#scopeName(replica);
		if (scope === undefined) return;
		const random = this.#random;
		const long = random.chance(0.3);
		try {
			if (!long) return this.#statement(replica, scope);
			replica.begin();
			for (let count = 1 + random.below(5); count > 0; count--) this.#statement(replica, this.#scopeName(replica)!);
			if (random.chance(0.2)) {
				replica.rollback();
				this.#count('rolled back');
			} else replica.commit();
		} catch (error) {
			if (replica.inTransaction) replica.rollback();
			if (!(error instanceof PlatformError) || !EXPECTED.includes(error.code)) throw error;
			this.#count(`error ${error.code}`);
		}
	}

	#statement(replica: Replica, scope: string): void {
		const random = this.#random;
		const id = random.pick(IDS);
		const value = (): SqlValue => random.pick([null, 'x', 'y', `v${random.below(1000)}`]);
		const statements: (() => [string, SqlValue[]])[] = [
			() => [
				'INSERT INTO blocks (id, scope_id, title, pos) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
				[id, scope, value(), random.below(9)]
			],
			() => [
				'INSERT OR REPLACE INTO blocks (id, scope_id, title, content) VALUES (?, ?, ?, ?)',
				[id, scope, value(), value()]
			],
			() => [
				'INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
				[id, scope, value()]
			],
			() => [
				'UPDATE blocks SET title = ?, weight = ? WHERE scope_id = ? AND id = ?',
				[value(), random.below(100) / 8, scope, id]
			],
			() => ['UPDATE blocks SET pos = pos + 1, data = ? WHERE scope_id = ?', [random.bytes(3), scope]],
			() => [
				"UPDATE blocks SET content = coalesce(content, '') || ? WHERE scope_id = ? AND id = ?",
				[value() ?? '', scope, id]
			],
			() => ['DELETE FROM blocks WHERE scope_id = ? AND id = ?', [scope, id]],
			() => ['UPDATE OR IGNORE blocks SET id = ? WHERE scope_id = ? AND id = ?', [random.pick(IDS), scope, id]],
			() => ['INSERT INTO texts (id, scope_id, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [id, scope, value()]],
			() => ['DELETE FROM texts WHERE scope_id = ? AND id = ?', [scope, id]],
			() => ['INSERT INTO facts (id, scope_id, fact, note) VALUES (?, ?, ?, ?)', [`free ${id}`, scope, 'f', value()]],
			() => ['UPDATE facts SET note = ? WHERE scope_id = ?', [value(), scope]],
			() => ['INSERT INTO drafts (id, words) VALUES (?, ?) ON CONFLICT DO NOTHING', [id, value()]]
		];
		replica.run(...random.pick(statements)());
		this.#count('statements');
	}

	/** Typing in a text, on its newest version. */
	#type({ replica }: Peer): void {
		const scope = this.#scopeName(replica);
		if (scope === undefined) return;
		const { table, column } = this.#random.pick(TEXT);
		const id = this.#random.pick(IDS);
		const rows = replica.run(`SELECT id FROM ${table} WHERE scope_id = ? AND id = ?`, [scope, id]).rows;
		if (rows.length === 0) return;
		const ref = { table, scope, id, column };
		const { text, version } = replica.text.open(ref);
		const from = this.#random.below(text.length + 1);
		const to = Math.min(text.length, from + this.#random.pick([0, 0, 0, 1, 3]));
		const insert = this.#random.pick(['', 'a', 'b', 'word ', '\n', 'é', '日本']);
		if (from === to && insert === '') return;
		replica.editText(ref, [[from, to, insert]], version);
		this.#count('text edits');
	}

	/** Reads everything, which writes texts into their columns. */
	#readTexts({ replica }: Peer): void {
		replica.run('SELECT content FROM blocks');
		replica.run('SELECT body FROM texts');
	}

	#send(): void {
		const random = this.#random;
		const from = random.below(3);
		const to = (from + 1 + random.below(2)) % 3;
		const scope = random.pick(this.#scopesOf(this.#peers[from]!));
		const receiver = this.#peers[to]!;
		if (!this.#scopesOf(receiver).includes(scope)) return;
		const frontier = random.chance(0.8) ? receiver.replica.frontier(scope) : { access: [], data: [] };
		const records = this.#peers[from]!.replica.missing(scope, frontier, random.pick([300, 3000, 1e6]));
		if (records.length > 0) this.#network.push({ from, to, scope, records });
	}

	#deliver(all = false): void {
		const random = this.#random;
		const index = random.below(this.#network.length);
		const message = this.#network[index];
		if (!message || (!all && this.#cut.has(pair(message.from, message.to)))) return;
		if (all || random.chance(0.8)) this.#network.splice(index, 1);
		else this.#count('repeated');
		if (random.chance(0.15)) return this.#count('lost');
		let records = random.shuffled(message.records);
		if (random.chance(0.3)) records = records.slice(random.below(records.length));
		if (random.chance(0.2)) records = [...records, ...records.slice(0, 2)];
		const { held } = this.#peers[message.to]!.replica.receive(message.scope, records, this.#peers[message.from]!.name);
		this.#count('delivered');
		if (held > 0) this.#count('held');
	}

	#cutOrHeal(): void {
		const key = this.#random.pick(['0 1', '1 2', '0 2']);
		if (!this.#cut.delete(key)) this.#cut.add(key);
	}

	/** The engine ends without a word and starts again on the same database. */
	async #restart(peer: Peer): Promise<void> {
		Object.assign(peer, await this.#open(peer.person, peer.database));
		this.#count('restarts');
	}

	#meet(a: Peer, b: Peer): void {
		for (const scope of this.#scopesOf(a)) if (this.#scopesOf(b).includes(scope)) exchange(a.replica, b.replica, scope);
	}

	/** All records at once, in random order: the same state as by and by. */
	#pour(from: Peer, to: Peer): void {
		for (const scope of this.#scopesOf(from)) {
			const records = from.replica.missing(scope, { access: [], data: [] }, Number.MAX_SAFE_INTEGER);
			for (const record of this.#random.shuffled(records)) to.replica.receive(scope, [record]);
		}
	}

	#scopesOf({ replica }: Peer): string[] {
		return replica.syncScopes().map(({ id }) => id);
	}

	/** A scope in which the device may write already; a name of the shared one more often than not. */
	#scopeName(replica: Replica): string | undefined {
		const scopes = replica.scopes();
		const shared = scopes.find(({ id }) => id === this.#shared);
		return shared && this.#random.chance(0.7) ? shared.scope : this.#random.pick(scopes)?.scope;
	}

	#count(what: string): void {
		this.counts[what] = (this.counts[what] ?? 0) + 1;
	}
}

/** What random statements may run into. */
const EXPECTED = ['REFUSED', 'DENIED', 'CONSTRAINT', 'KEY'];

function pair(a: number, b: number): string {
	return `${Math.min(a, b)} ${Math.max(a, b)}`;
}

/** Everything of a scope that must be equal on all devices, as text. */
function lookAt({ replica, database }: Peer, id: string): Record<string, string> {
	const scope = replica.syncScopes().find((candidate) => candidate.id === id)!;
	const name = String(database.value('SELECT name FROM slf_scopes WHERE lower(hex(id)) = ?', [scope.id]));
	const seen: Record<string, string> = {};
	// First what has become of the records: where rows differ, this says why.
	seen['verdicts'] = database
		.all(
			`SELECT substr(hex(a.pseudonym), 1, 8), r.log, r.seq, r.state, r.growth FROM slf_records r
				JOIN slf_authors a ON a.n = r.author JOIN slf_scopes s ON s.n = a.scope
				WHERE lower(hex(s.id)) = ? ORDER BY 1, 2, 3`,
			[id]
		)
		.join('\n');
	for (const table of ['blocks', 'texts', 'facts']) {
		const { columns } = replica.run(`SELECT * FROM ${table}`);
		const list = columns.filter((column) => column !== 'scope_id' && column !== 'cursor').join(', ');
		const { rows } = replica.run(`SELECT ${list} FROM ${table} WHERE scope_id = ? ORDER BY id`, [name]);
		seen[`table ${table}`] = rows.map((row) => row.map(show).join(' | ')).join('\n');
	}
	seen['history'] = IDS.flatMap((row) => replica.history('blocks', name, row))
		.map(({ column, value, time, author, deviceId, current }) =>
			[column, show(value), time, author, deviceId, current].join(' ')
		)
		.join('\n');
	const texts = [...replica.text.texts(name)].map(([table, row, column, text]) => `${table} ${row} ${column} ${text}`);
	seen['texts'] = texts.sort().join('\n');
	seen['members'] = replica
		.members(name)
		.map(({ identity, role }) => `${identity} ${role}`)
		.sort()
		.join('\n');
	seen['state hash'] = toHex(replica.stateHash(id));
	return seen;
}

function show(value: SqlValue): string {
	return value instanceof Uint8Array ? toHex(value) : JSON.stringify(value);
}
