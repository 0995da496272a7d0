/** Starts the network half that fits: with an identity, or to be given one. */

import type { EngineReady } from '../protocol/bridge.ts';
import { Network, type NetworkOptions, type RunningNetwork } from './network.ts';
import { NewcomerNetwork } from './newcomer-network.ts';

export async function startNetwork(options: NetworkOptions): Promise<RunningNetwork> {
	const { identity } = (await options.account.ready) as EngineReady;
	return identity === '' ? NewcomerNetwork.start(options) : Network.start(options);
}
