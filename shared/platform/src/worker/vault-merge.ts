/**
 * Two vaults of one person: made at the same time on two devices that could not know of each other. The older one is the
 * vault (identity/vault-file.ts). A device that has opened both brings the younger into it: every scope of the younger
 * becomes a further scope of the older, with its rows, members, history and seals as they are. Nothing is written anew.
 *
 * The key of the younger is kept in the older, so that the person's other devices bring in what they hold of it when
 * they open the older; the ways into the younger are then closed.
 */

import { fromHex, toHex } from '../crypto/bytes.ts';
import { loadSchema } from '../engine/schema.ts';
import { vaultDatabase, type PersonKeys, type VaultKey } from '../identity/index.ts';
import type { Replica } from '../log/replica.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { AppEngine } from './app-engine.ts';
import { databaseName, type Environment } from './environment.ts';
import { openReplica, type HostedReplica } from './hosted-replica.ts';

/** Bytes of records that are handed over at once. */
const AT_ONCE = 1 << 20;

export interface MergeOptions {
	environment: Environment;
	app: string;
	schema: string;
	person: PersonKeys;
	/** The open vault. */
	engine: AppEngine;
}

/** Where the vault of that id has its database. */
export function fileOf(person: PersonKeys, app: string, id: Uint8Array): string {
	return databaseName(person.identity, vaultDatabase(app, id));
}

/** Brings another vault's database into the open one, and removes it. It may be cut off anywhere, and be done again. */
export async function bringIn(options: MergeOptions, other: VaultKey): Promise<void> {
	const { environment, app, schema, person, engine } = options;
	const file = fileOf(person, app, other.id);
	const into = engine.replica;
	await engine.host.turns.run(() => keep(into, toHex(other.id), other.key, environment.clock()));
	if (!(await environment.files.exists(file))) return;
	const from = await openReplica({
		environment,
		database: app,
		schema: loadSchema(schema, { vault: true }),
		person,
		vault: other
	});
	try {
		for (const scope of scopesOf(from.replica)) {
			await engine.host.turns.run(() => into.replica.joinScope(scope));
			while (await engine.host.turns.run(() => handOver(from.replica, into.replica, scope.id)));
		}
		for (const [id, key, addedAt] of keysIn(from)) {
			await engine.host.turns.run(() => keep(into, id, key, addedAt));
		}
		await engine.host.turns.run(() => into.checkpoint());
	} finally {
		from.close();
	}
	await environment.files.remove(file);
}

/** Brings in what lies here of vaults whose keys are in the open one. Gives their ids. */
export async function bringInKnown(options: MergeOptions): Promise<string[]> {
	const done: string[] = [];
	for (const [id, key] of keysIn(options.engine.replica)) {
		if (!(await options.environment.files.exists(fileOf(options.person, options.app, fromHex(id))))) continue;
		await bringIn(options, { id: fromHex(id), key });
		done.push(id);
	}
	return done;
}

/** Everything that the vault has, its personal scope among it. */
function scopesOf(replica: Replica) {
	const personal = replica.personalEntry();
	return [personal, ...replica.directory()];
}

/** Some records that are lacking. False: there are none. */
function handOver(from: Replica, into: Replica, scope: string): boolean {
	const records = from.missing(scope, into.frontier(scope), AT_ONCE);
	if (records.length === 0) return false;
	const before = JSON.stringify(into.frontier(scope));
	into.receive(scope, records);
	if (JSON.stringify(into.frontier(scope)) === before) {
		throw new PlatformError('NOT_MOVED', 'A part of the other vault was not taken: it stays where it is');
	}
	return true;
}

function keep({ replica }: HostedReplica, id: string, key: Uint8Array, addedAt: number): void {
	const scope = replica.personalScope();
	const { rows } = replica.runForPlatform('SELECT 1 FROM vault_keys WHERE scope_id = ? AND id = ?', [scope, id]);
	if (rows.length > 0) return;
	replica.runForPlatform('INSERT INTO vault_keys (id, scope_id, key, added_at) VALUES (?, ?, ?, ?)', [
		id,
		scope,
		key,
		addedAt
	]);
}

function keysIn({ replica }: HostedReplica): [id: string, key: Uint8Array, addedAt: number][] {
	const { rows } = replica.runForPlatform(
		'SELECT id, key, added_at FROM vault_keys WHERE scope_id = ? AND length(key) = 32 AND length(id) = 32 ORDER BY id',
		[replica.personalScope()]
	);
	return rows.map(([id, key, addedAt]) => [id as string, key as Uint8Array, Number(addedAt ?? 0)]);
}
