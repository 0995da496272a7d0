/** A database's SyncStore across a port: the engine's half serves it, the network worker's half looks like it. */

import { handOver, type CallHandlers, type LinkClient, type StreamHandlers } from '../protocol/link.ts';
import type { SyncStore } from '../sync/store.ts';
import type { Turns } from './turns.ts';
import type { SyncCalls, SyncStreams } from './worker-calls.ts';

/** @param turns every call waits for the database as a tab's statement does */
export function syncHandlers(
	store: SyncStore,
	turns: Turns
): { calls: CallHandlers<SyncCalls>; streams: StreamHandlers<SyncStreams> } {
	const inTurn = async <T>(work: () => T | Promise<T>): Promise<T> => turns.run(work);
	return {
		calls: {
			syncScopes: () => inTurn(() => store.scopes()),
			frontier: ({ scope }) => inTurn(() => store.frontier(scope)),
			missing: async ({ scope, theirs, limit }) => {
				const records = await inTurn(() => store.missing(scope, theirs, limit));
				return handOver(records, records);
			},
			receive: ({ scope, records, from }) => inTurn(() => store.receive(scope, records, from)),
			ownSince: async ({ scope, after, limit }) => {
				const records = await inTurn(() => store.ownSince(scope, after, limit));
				return handOver(records, records);
			},
			stateHash: ({ scope }) => inTurn(() => store.stateHash(scope)),
			gaps: async ({ scope }) => (await inTurn(() => store.gaps?.(scope))) ?? [],
			getCursor: async ({ key }) => (await inTurn(() => store.getCursor(key))) ?? null,
			setCursor: ({ key, value }) => inTurn(() => store.setCursor(key, value)),
			receiveEphemeral: async ({ scope, sealed, from }) => {
				await inTurn(() => store.receiveEphemeral?.(scope, sealed, from));
			}
		},
		streams: {
			commits: (_args, emit) => {
				emit({ scopes: [], realtime: false, local: false, directory: true });
				return store.onCommit(emit);
			},
			ephemeral: (_args, emit) => {
				emit(null);
				return store.onEphemeral?.((scope, sealed) => emit({ scope, sealed })) ?? (() => {});
			}
		}
	};
}

/** The store of the engine at the other end. Every call rejects with LOST when that engine is gone. */
export function remoteStore(name: string, link: LinkClient<SyncCalls, SyncStreams>): SyncStore {
	const subscribe = (opening: Promise<() => void>) => {
		opening.catch(() => {});
		return () =>
			void opening.then(
				(close) => close(),
				() => {}
			);
	};
	return {
		name,
		scopes: () => link.call('syncScopes', {}),
		frontier: (scope) => link.call('frontier', { scope }),
		missing: (scope, theirs, limit) => link.call('missing', { scope, theirs, limit }),
		receive: (scope, records, from) => link.call('receive', { scope, records, from }),
		ownSince: (scope, after, limit) => link.call('ownSince', { scope, after, limit }),
		stateHash: (scope) => link.call('stateHash', { scope }),
		gaps: (scope) => link.call('gaps', { scope }),
		getCursor: async (key) => (await link.call('getCursor', { key })) ?? undefined,
		setCursor: (key, value) => link.call('setCursor', { key, value }),
		onCommit: (listener) => subscribe(link.open('commits', {}, listener)),
		onEphemeral: (listener) =>
			subscribe(link.open('ephemeral', {}, (event) => event && listener(event.scope, event.sealed))),
		receiveEphemeral: (scope, sealed, from) => link.call('receiveEphemeral', { scope, sealed, from })
	};
}
