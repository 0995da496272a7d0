/**
 * Joining: how the vault's installation becomes one of the person whose suite is on this machine. Storage follows the
 * origin, so the two meet in the open: the vault's page opens the suite's, on the person's click.
 *
 *     vault /join                                     suite /link
 *       opens the window  ─────────────────────────▶
 *                         ◀──── GREETING 'ready' ────   told to the vault's origin alone
 *       GREETING 'port', a MessagePort  ────────────▶   told to the suite's origin alone
 *       its custodian     ◀═══ sync/joining.ts ═════▶   its custodian
 *
 * Invariants
 * 1. Each page takes a greeting only from the other's origin and from the one window that it opened, or was opened by.
 * 2. No address carries anything: what is secret goes over the port, sealed, and only after a yes on the suite's page.
 * 3. The two origins update apart: a greeting of another version is answered with a sentence, never guessed at.
 */

export const JOIN_VERSION = 1;

/** What the windows post to each other. With `port` comes the MessagePort. */
export interface Greeting {
	slf: 'join';
	v: typeof JOIN_VERSION;
	type: 'ready' | 'port';
}

export const greeting = (type: Greeting['type']): Greeting => ({ slf: 'join', v: JOIN_VERSION, type });

/** What a posted message is, whoever posted it; undefined when it is none of ours. */
export function readGreeting(data: unknown): Greeting['type'] | 'other-version' | undefined {
	if (typeof data !== 'object' || data === null) return undefined;
	const { slf, v, type } = data as Partial<Record<keyof Greeting, unknown>>;
	if (slf !== 'join') return undefined;
	if (v !== JOIN_VERSION) return 'other-version';
	return type === 'ready' || type === 'port' ? type : undefined;
}

/** Milliseconds from the port on until a join is over, whoever waits for whom. */
export const JOIN_LIFETIME = 2 * 60_000;

export type JoinProblem =
	// Of the windows.
	| 'BLOCKED'
	| 'SILENT'
	| 'CLOSED'
	| 'STRANGER'
	| 'OTHER_VERSION'
	// Of what is said over the port.
	| 'EXPIRED'
	| 'DECLINED'
	| 'GARBLED'
	| 'LOST'
	| 'FAILED'
	| 'CANCELLED'
	| 'HAS_IDENTITY';

/** What a person reads: on the vault's page where it asks, on the suite's where it answers. */
export const JOIN_SENTENCES: Record<'vault' | 'suite', Record<JoinProblem, string>> = {
	vault: {
		BLOCKED: 'The browser blocked the window of the suite. Allow windows for this page, then try again.',
		SILENT: 'The suite does not answer. Look at its window for an error, then start again.',
		CLOSED: 'The window of the suite was closed. Nothing was changed here.',
		STRANGER: 'The window that answered is not the suite. Nothing was changed here.',
		OTHER_VERSION: 'Passwords and the suite are of different versions. Reload both, then try again.',
		EXPIRED: 'Two minutes have passed without a yes. Nothing was changed here; start again.',
		DECLINED: 'You said no in the window of the suite. Nothing was changed here.',
		GARBLED: 'The suite sent something that cannot be read. Reload both, then try again.',
		LOST: 'The window of the suite broke off. It says why, or is closed; start again.',
		FAILED: 'It could not be completed. Nothing was changed here; start again.',
		CANCELLED: 'You gave up. Nothing was changed here.',
		HAS_IDENTITY: 'Passwords on this device belongs to somebody already.'
	},
	suite: {
		BLOCKED: 'The browser blocked a window.',
		SILENT: 'Whoever opened this window asks for nothing. If it was not Passwords, close it. Nothing was given.',
		CLOSED: 'The window of Passwords was closed. Nothing was given.',
		STRANGER: 'This page lets Passwords join. Open Passwords on this device and choose “Join the suite” there.',
		OTHER_VERSION: 'Passwords and the suite are of different versions. Reload both, then try again.',
		EXPIRED: 'Two minutes have passed. Nothing was given; start again in Passwords.',
		DECLINED: 'You said no. Nothing was given.',
		GARBLED: 'What asked here does not speak as Passwords does. Nothing was given; close this window.',
		LOST: 'Passwords broke off before it said that it is done. Look there whether it has joined.',
		FAILED: 'It could not be completed. Nothing was given; start again in Passwords.',
		CANCELLED: 'Passwords gave up. Nothing was given.',
		HAS_IDENTITY: 'Passwords on this device belongs to somebody already.'
	}
};
