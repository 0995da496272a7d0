/**
 * A join as the vault's page sees it: the windows find each other (join-windows.ts), then each gives its end of the
 * port to its custodian. The suite's page: answer-vault.ts.
 */

import type { AccountCalls, AccountStreams, JoinCalls, JoinStreams } from '../protocol/bridge.ts';
import { JOIN_SENTENCES } from '../protocol/joining.ts';
import type { Origins } from '../protocol/origins.ts';
import { attemptOf } from './attempt.ts';
import type { Connection } from './connection.ts';
import { openSuite, type JoinWindow } from './join-windows.ts';
import type { JoinAttempt } from './platform.ts';
import { suiteOrigins } from './suite-apps.ts';

export type AccountConnection = Connection<AccountCalls & JoinCalls, AccountStreams & JoinStreams>;

/** A closed window may have said yes just before: so long its outcome is waited for, in ms. */
const LAST_WORD = 1500;

/** The vault's side; must begin in the handler of a click. Resolves when there are emojis to compare. */
export async function joinSuite(
	account: AccountConnection,
	own: JoinWindow = window,
	origins: Origins = suiteOrigins()
): Promise<JoinAttempt> {
	// First of all: a browser lets a click open a window only while it is being handled.
	const suite = openSuite(own, origins);
	try {
		const port = await suite.port;
		const link = await account.link();
		const begun = await link.call('joinSuite', { port, origins }, [port]);
		const attempt = attemptOf(
			begun,
			(receive, handlers) => account.open('joinAttempt', { attempt: begun.id }, receive, handlers),
			() => void account.call('cancelJoin', { attempt: begun.id }).catch(() => {})
		);
		const closed = suite.closed.then(async () => {
			await new Promise((resolve) => setTimeout(resolve, LAST_WORD));
			attempt.cancel();
			return { ok: false, reason: JOIN_SENTENCES.vault.CLOSED } as const;
		});
		const outcome = Promise.race([attempt.outcome, closed]);
		void outcome.then(() => suite.close());
		return { ...attempt, outcome };
	} catch (error) {
		suite.close();
		throw error;
	}
}
