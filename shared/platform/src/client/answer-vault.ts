/** The suite's side of a join, on its page /link: lets the vault's installation on this machine become the person's. */

import { ACCOUNT } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { JOIN_SENTENCES } from '../protocol/joining.ts';
import { Connection } from './connection.ts';
import { meetOpener } from './join-windows.ts';
import type { AccountConnection } from './joining.ts';
import { suiteOrigins } from './suite-apps.ts';
import { connectDetail, Tab } from './tab.ts';

/** The vault's installation, waiting on the suite's page for a yes. */
export interface VaultRequest {
	/** Four emojis that must equal those in Passwords. */
	readonly emojis: readonly string[];
	/** What it says it runs on. */
	readonly runsOn: string;
	/** Resolves when Passwords has joined, or with what a person reads when it has not. */
	accept(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;
	decline(): void;
	/** Resolves when there is nothing left to answer, with what a person reads. */
	readonly over: Promise<string>;
}

/**
 * Called once by the page /link. Nothing is started before the vault has asked.
 *
 * @throws PlatformError whose message is what a person reads
 */
export async function answerVault(build = Number(__SLF_BUILD__)): Promise<VaultRequest> {
	const origins = suiteOrigins();
	const port = await meetOpener(window, origins);
	const tab = new Tab({ app: __SLF_APP__, build, detail: connectDetail({ app: __SLF_APP__, build }) });
	const account: AccountConnection = new Connection(tab, `engine:${ACCOUNT}`);
	const elsewhere = new Promise<never>((_, reject) => {
		tab.onChange = () => {
			if (tab.state === 'elsewhere') reject(new PlatformError('ELSEWHERE', ELSEWHERE));
		};
	});
	elsewhere.catch(() => {});
	const over = Promise.withResolvers<string>();
	try {
		const link = await Promise.race([account.link(), elsewhere]);
		const { id, emojis, runsOn } = await link.call('meetVault', { port, origins }, [port]);
		const lost = () => over.resolve(JOIN_SENTENCES.suite.LOST);
		void link.lost.then(lost);
		await link.open('vaultRequest', { request: id }, (event) => {
			if (event.state === 'over') over.resolve(event.reason);
		});
		return {
			emojis,
			runsOn,
			over: over.promise,
			decline: () => void link.call('declineVault', { request: id }).catch(() => {}),
			accept: () =>
				link.call('acceptVault', { request: id }).then(
					() => ({ ok: true as const }),
					(error: unknown) => ({ ok: false as const, reason: PlatformError.from(error).message })
				)
		};
	} catch (error) {
		port.close();
		await tab.close();
		throw error;
	}
}

const ELSEWHERE =
	'Another tab of the suite is open, and this browser lets one work at a time. Close it, then start again in Passwords.';
