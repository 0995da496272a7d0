/** Devices and people, as an app asks for them: `platform.peers` over the hub. */

import type { EngineCalls, EngineStreams, HubCalls, HubStreams } from '../protocol/bridge.ts';
import { attemptOf } from './attempt.ts';
import { newOperation, stoppable, type Connection } from './connection.ts';
import type { JoinAttempt, Peers } from './platform.ts';

export function hubPeers(
	app: string,
	engine: Connection<EngineCalls, EngineStreams>,
	hub: Connection<HubCalls, HubStreams>
): Peers {
	return {
		grant: (person, scope, role) => engine.call('grant', { op: newOperation(), person, scope, role }),
		invite: (scope, role) => hub.call('invite', { app, scope, role }),
		invitations: () => hub.call('invitations', { app }),
		withdraw: (invitation) => hub.call('withdraw', { invitation }),
		requests: (callback) => stoppable(hub.open('requests', { app }, callback)),
		accept: (request) => hub.call('accept', { request }),
		decline: (request) => hub.call('decline', { request }),
		join: async (link, name) => watched(hub, await once(hub, 'join', { app, link, name })),
		offerPairing: () => once(hub, 'offerPairing', {}),
		cancelPairing: (offer) => hub.call('cancelPairing', { offer }),
		enterPairing: async (code, deviceName) => watched(hub, await once(hub, 'enterPairing', { code, deviceName })),
		devices: (callback) => stoppable(hub.open('devices', {}, callback)),
		people: (callback) => stoppable(hub.open('people', {}, callback))
	};
}

/** Not sent again when the network worker is lost: that would begin a second attempt. The person presses again. */
async function once<K extends 'join' | 'offerPairing' | 'enterPairing'>(
	hub: Connection<HubCalls, HubStreams>,
	call: K,
	args: Parameters<HubCalls[K]>[0]
): Promise<ReturnType<HubCalls[K]>> {
	const link = await hub.link();
	return (await link.call(call, args as never)) as ReturnType<HubCalls[K]>;
}

function watched(hub: Connection<HubCalls, HubStreams>, begun: { id: string; emojis: string[] }): JoinAttempt {
	return attemptOf(
		begun,
		(receive, handlers) => hub.open('attempt', { attempt: begun.id }, receive, handlers),
		() => void hub.call('cancelAttempt', { attempt: begun.id }).catch(() => {})
	);
}
