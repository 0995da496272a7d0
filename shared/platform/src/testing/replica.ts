/** A whole replica in memory: the real engine, schema, guards, log and texts, with a set clock and seeded randomness. */
import { cryptoReady } from '../crypto/index.ts';
import { applySchema } from '../engine/apply-schema.ts';
import { installAuthorizer } from '../engine/authorizer.ts';
import { openDatabase } from '../engine/open.ts';
import { loadSchema, type Schema } from '../engine/schema.ts';
import type { Database } from '../engine/sqlite.ts';
import type { PersonKeys } from '../identity/index.ts';
import type { PartSize } from '../log/parts.ts';
import { Replica } from '../log/replica.ts';
import { Random } from './random.ts';

/** The concept's blocks, and a column of every other class. */
export const TEST_SCHEMA = `
	CREATE TABLE blocks (
		id       TEXT PRIMARY KEY,
		scope_id TEXT,
		content  REALTIME_TEXT,
		cursor   EPHEMERAL_INT,
		title    LWW_TEXT,
		pos      LWW_INTEGER,
		weight   LWW_REAL,
		data     LWW_BLOB
	);
	SELECT crsql_as_crr('blocks');
	SELECT crsql_policy('blocks', 'OWNER:RW, EDITOR:RW, VIEWER:R');
	SELECT crsql_history('blocks');

	CREATE TABLE texts (id TEXT PRIMARY KEY, scope_id TEXT, body REALTIME_TEXT);
	SELECT crsql_as_crr('texts');
	SELECT crsql_policy('texts', 'OWNER:RW, EDITOR:RW, VIEWER:R');

	CREATE TABLE facts (id TEXT PRIMARY KEY, scope_id TEXT, fact WRITE_ONCE_TEXT, note LWW_TEXT);
	SELECT crsql_as_crr('facts');
	SELECT crsql_policy('facts', 'OWNER:RW, EDITOR:RW, VIEWER:R');
	SELECT crsql_policy('facts.note', 'OWNER:U');

	CREATE TABLE drafts (id TEXT PRIMARY KEY, words TEXT);
`;

export interface TestReplica {
	replica: Replica;
	/** The database under it: what tests do here passes no guard. */
	database: Database;
}

export interface TestReplicaOptions {
	person: PersonKeys;
	schema?: string | Schema;
	app?: string;
	/** Opens this database again instead of a new one. */
	database?: Database;
	clock?: () => number;
	random?: Random;
	partSize?: PartSize;
	compress?: boolean;
	/** Id of the vault that the database is; `person` has its keys then. */
	vault?: Uint8Array;
}

export async function openTestReplica({
	person,
	schema = TEST_SCHEMA,
	app = 'notes',
	database,
	clock = testClock(),
	random = new Random(1),
	partSize,
	compress = true,
	vault
}: TestReplicaOptions): Promise<TestReplica> {
	await cryptoReady();
	const loaded = typeof schema === 'string' ? loadSchema(schema) : schema;
	const db = database ?? (await openDatabase({ store: ':memory:' }));
	applySchema(db, loaded);
	const sql = installAuthorizer(db);
	const bytes = (size: number): Uint8Array => random.bytes(size);
	return {
		replica: new Replica({
			database: db,
			schema: loaded,
			person,
			app,
			vault,
			sql,
			clock,
			random: bytes,
			compress,
			...(partSize ? { partSize } : {})
		}),
		database: db
	};
}

/** A clock that starts in 2026 and ticks once for each look at it. */
export function testClock(start = 1_795_000_000_000): () => number {
	let now = start;
	return () => now++;
}

/** Gives `to` what it lacks of a scope, as often as it takes. */
export function deliver(from: Replica, to: Replica, scope: string): ReturnType<Replica['receive']> {
	const all: ReturnType<Replica['receive']> = { applied: 0, held: 0, refused: [] };
	for (;;) {
		const before = JSON.stringify(ranges(to, scope));
		const result = to.receive(scope, from.missing(scope, to.frontier(scope), 2 ** 20));
		all.applied += result.applied;
		all.held += result.held;
		all.refused.push(...result.refused);
		if (JSON.stringify(ranges(to, scope)) === before) return all;
	}
}

/** Both ways until neither has anything new for the other. */
export function exchange(a: Replica, b: Replica, scope: string): void {
	for (let before = ''; before !== JSON.stringify([ranges(a, scope), ranges(b, scope)]);) {
		before = JSON.stringify([ranges(a, scope), ranges(b, scope)]);
		deliver(a, b, scope);
		deliver(b, a, scope);
	}
}

function ranges(replica: Replica, scope: string) {
	const { access, data } = replica.frontier(scope);
	return [access, data].map((chains) => chains.map(([author, own]) => [author.join(), own]));
}
