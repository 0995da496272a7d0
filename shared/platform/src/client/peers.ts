/** Devices and people, as an app asks for them: `platform.peers` over the hub. */

import type { AttemptEvent, EngineCalls, EngineStreams, HubCalls, HubStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
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
		join: async (link, name) => attemptOf(hub, await once(hub, 'join', { app, link, name })),
		offerPairing: () => once(hub, 'offerPairing', {}),
		cancelPairing: (offer) => hub.call('cancelPairing', { offer }),
		enterPairing: async (code, deviceName) => attemptOf(hub, await once(hub, 'enterPairing', { code, deviceName })),
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

function attemptOf(hub: Connection<HubCalls, HubStreams>, begun: { id: string; emojis: string[] }): JoinAttempt {
	let stop: () => void = () => {};
	const outcome = new Promise<Awaited<JoinAttempt['outcome']>>((resolve) => {
		const receive = (event: AttemptEvent) => {
			if (event.state === 'accepted') {
				resolve(event.scope === undefined ? { ok: true } : { ok: true, scope: event.scope });
			}
			if (event.state === 'failed') resolve({ ok: false, reason: event.reason });
		};
		const failed = (error: unknown) => resolve({ ok: false, reason: PlatformError.from(error).message });
		const opening = hub.open('attempt', { attempt: begun.id }, receive, { failed });
		opening.catch(failed);
		stop = stoppable(opening);
	});
	void outcome.then(() => stop());
	return {
		id: begun.id,
		emojis: begun.emojis,
		outcome,
		cancel: () => void hub.call('cancelAttempt', { attempt: begun.id }).catch(() => {})
	};
}
