/** A device with everything but a screen: a replica in memory, and synchronisation over a network in memory. */
import { randomBytes } from '../crypto/random.ts';
import type { PersonKeys } from '../identity/person.ts';
import type { Replica } from '../log/replica.ts';
import { SyncEngine } from '../sync/engine.ts';
import type { SyncStore } from '../sync/store.ts';
import type { MemoryNetwork, MemoryTransport } from '../sync/transport/memory.ts';
import type { Transport } from '../sync/transport/transport.ts';
import type { Random } from './random.ts';
import { openTestReplica } from './replica.ts';

/** A replica as synchronisation sees it, in one process. */
export function storeOf(replica: Replica, name = replica.app): SyncStore {
	return {
		name,
		scopes: () => replica.syncScopes(),
		frontier: (scope) => replica.frontier(scope),
		missing: (scope, theirs, limit) => replica.missing(scope, theirs, limit),
		receive: (scope, records) => replica.receive(scope, records),
		ownSince: (scope, after, limit) => replica.ownSince(scope, after, limit),
		stateHash: (scope) => replica.stateHash(scope),
		gaps: (scope) => replica.gaps(scope),
		getCursor: (key) => replica.getCursor(key),
		setCursor: (key, value) => replica.setCursor(key, value),
		onCommit: (listener) => replica.onCommit(listener)
	};
}

/** An engine over any transport, for tests. */
export function engineOver(
	transport: Transport,
	person: PersonKeys,
	network: MemoryNetwork,
	random?: Random
): SyncEngine {
	return new SyncEngine({
		transport,
		self: { card: person.card, device: person.device },
		timers: network.timers,
		random: () => (random ? random.next() / 2 ** 32 : 0.5),
		randomBytes: random ? (size) => random.bytes(size) : randomBytes
	});
}

export interface SyncDevice {
	peerId: string;
	person: PersonKeys;
	replica: Replica;
	transport: MemoryTransport;
	engine: SyncEngine;
}

/** Makes and starts a device. `peerId` decides who dials: the lower one. */
export async function syncDevice(
	network: MemoryNetwork,
	peerId: string,
	person: PersonKeys,
	random?: Random
): Promise<SyncDevice> {
	const { replica } = await openTestReplica({
		person,
		clock: () => network.timers.now(),
		...(random ? { random } : {})
	});
	const transport = network.device(peerId);
	const engine = engineOver(transport, person, network, random);
	await engine.addStore(storeOf(replica));
	await engine.start();
	return { peerId, person, replica, transport, engine };
}
