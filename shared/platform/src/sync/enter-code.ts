/** Entering the code that another device shows: the same for a device that has an identity and one that has none. */
import { PlatformError } from '../protocol/errors.ts';
import type { Attempts } from './attempts.ts';
import type { HubAccount, HubOptions } from './hub-ports.ts';
import { enterPairing, readCode } from './pairing.ts';

export interface EnterCodePorts extends Pick<HubOptions, 'transport' | 'timers' | 'random'> {
	attempts: Attempts;
	account: Pick<HubAccount, 'introduce' | 'withdrawIntroduction' | 'adopt'>;
}

/** Resolves when there are emojis to compare; the rest is the attempt's. Throws a PlatformError. */
export async function enterCode(
	{ code, deviceName }: { code: string; deviceName: string },
	{ transport, timers, random, attempts, account }: EnterCodePorts
): Promise<{ id: string; emojis: string[] }> {
	const secret = readCode(code);
	if (!secret) throw new PlatformError('BAD_CODE', 'A character of the code is wrong or missing');
	const ports = {
		transport,
		timers,
		random,
		introduce: async () => await account.introduce(deviceName),
		adopt: async (introduction: Uint8Array, gift: Uint8Array) => await account.adopt(introduction, gift),
		withdraw: async (introduction: Uint8Array) => await account.withdrawIntroduction(introduction)
	};
	return await attempts.begin(async (onEmojis, signal) => {
		await enterPairing(secret, ports, onEmojis, signal);
		return undefined;
	});
}
