/**
 * The plain values that apps, engines and the hub give each other: what crosses a MessagePort as it is.
 * `client/platform.ts` hands them on to apps.
 */

import type { SqlValue } from './sql-value.ts';
import type { TextChange } from './text-edit.ts';

export type { SqlValue, TextChange };

export type Role = 'OWNER' | 'EDITOR' | 'VIEWER';

export interface ScopeInfo {
	/** The local name: what stands in `scope_id`. */
	readonly scope: string;
	/** The true id, hex. */
	readonly id: string;
	readonly kind: string;
	readonly name: string;
	readonly role: Role;
	readonly personal: boolean;
}

export interface Member {
	/** Hex. */
	readonly identity: string;
	readonly name: string;
	readonly role: Role;
	readonly self: boolean;
}

export interface Invitation {
	readonly id: string;
	readonly scope: string;
	readonly role: Role;
	/** To hand over by any channel; it opens nothing until confirmed on this device. */
	readonly link: string;
	/** Milliseconds since 1970. */
	readonly expiresAt: number;
}

/** Somebody used an invitation or a pairing code and waits for a yes on this device. */
export interface JoinRequest {
	readonly id: string;
	readonly kind: 'person' | 'device';
	readonly identity: string;
	/** What they call themselves. Not verified. */
	readonly name: string;
	/** For a device: what it runs on. */
	readonly place?: string;
	readonly scope?: string;
	readonly scopeName?: string;
	readonly role?: Role;
	/** Four emojis that must equal those on the other screen. */
	readonly emojis: readonly string[];
	readonly at: number;
}

export interface PairingOffer {
	readonly id: string;
	/** To type on the other device. */
	readonly code: string;
	/** The same as a link, for a QR code. */
	readonly link: string;
	readonly expiresAt: number;
}

/** The suite or the vault, on one machine: a device to the protocols, with keys of its own. */
export interface Installation {
	/** Hex of its public key. */
	readonly id: string;
	readonly name: string;
	/** What it runs on. */
	readonly place: string;
	readonly self: boolean;
	readonly online: boolean;
	/** Milliseconds since 1970; undefined when it was never seen from here. */
	readonly lastSeen?: number;
}

/** One machine of the person, as people count them. */
export interface Device extends Installation {
	/** Hex of the place that its installations have in common. */
	readonly id: string;
	/** The one that was there first, first. */
	readonly installations: readonly Installation[];
}

export interface Person {
	/** Hex. */
	readonly identity: string;
	readonly name: string;
	readonly online: boolean;
	/** Emojis were compared. */
	readonly verified: boolean;
	readonly lastSeen?: number;
}

export interface IdentityInfo {
	/** Hex. */
	readonly identity: string;
	readonly name: string;
	readonly deviceName: string;
	/** The person typed the words back once. */
	readonly wordsConfirmed: boolean;
	/** The words are still on this device and can be shown. */
	readonly wordsHere: boolean;
	/** Nothing but the browser profile protects the key on this device (no passkey, no passphrase yet). */
	readonly unsecured: boolean;
}

export type WordsProblem = {
	readonly ok: false;
	readonly reason: string;
	/** Position of the wrong word, from 0. */
	readonly index?: number;
	readonly word?: string;
	readonly suggestions?: readonly string[];
};

export interface VaultPasskey {
	readonly id: string;
	readonly name: string;
	/** Milliseconds since 1970. */
	readonly addedAt: number;
	/** False when what this browser kept beside the passkey is gone: it opens nothing any more. */
	readonly works: boolean;
}

/** A vault: an app's database whose key hangs on more than the account's. */
export interface VaultStatus {
	/** `absent`: this person has no vault of this app, as far as this device knows. */
	readonly state: 'absent' | 'locked' | 'unlocking' | 'open';
	/** The ways in, on this device. */
	readonly passphrase: boolean;
	readonly words: boolean;
	readonly passkeys: readonly VaultPasskey[];
	/** When the passphrase was set, on whichever device; milliseconds since 1970. */
	readonly passphraseSetAt?: number;
	/** Before then no passphrase is tried; milliseconds since 1970. */
	readonly waitUntil?: number;
	/** The same for words. */
	readonly wordsWaitUntil?: number;
	/** Milliseconds without activity after which it locks. */
	readonly lockAfter: number;
	/** Milliseconds with no tab in sight after which it locks. */
	readonly hiddenAfter: number;
	/** Vaults of this person that lie here too and have not been brought into theirs: made at the same time, apart. */
	readonly others: number;
	/** The open one is the younger of two: the older is the person's vault. */
	readonly isOther: boolean;
	/** While `absent`: other devices of the person have not been heard of yet, and one may have a vault. */
	readonly mayBeElsewhere: boolean;
	/** What is wrong with what lies here. */
	readonly problem?: { readonly code: string; readonly message: string };
}

/**
 * What came of asking a vault for something.
 *
 * WRONG_PASSPHRASE, WORDS_WRONG (with what is wrong of them) · WAIT, with `waitUntil` · NO_PASSPHRASE, NO_WORDS,
 * NO_PASSKEY: this vault has no such way in · PRF_DIFFERENT: this passkey gave a different key · PRF_MISSING: it gives
 * none · SECRET_LOST: what this browser kept beside the passkey is gone · OLD_FILE: what lies here of the ways in was put
 * back to an older state, so passkeys open nothing · NOT_ALLOWED: the person or the browser said no
 * to the passkey · WEAK_PASSPHRASE · WEAK_PARAMETERS: somebody changed how the passphrase is hashed · NEEDS_SECOND: a
 * passkey alone can be lost · EXISTS, ABSENT, LOCKED, BUSY · or the code with which the database did not open.
 */
export type VaultAnswer =
	| { readonly ok: true }
	| {
			readonly ok: false;
			readonly code: string;
			/** A sentence to show. */
			readonly reason: string;
			/** Milliseconds since 1970. */
			readonly waitUntil?: number;
			/** Of wrong words, as in `WordsProblem`. */
			readonly index?: number;
			readonly word?: string;
			readonly suggestions?: readonly string[];
	  };

/** One value that a cell of a row was given. */
export interface HistoryEntry {
	/** '' where the row itself was deleted. */
	readonly column: string;
	/** As written; of a sealed column still sealed. */
	readonly value: SqlValue;
	/** Milliseconds since 1970 by the author's clock, at most five minutes ahead of this device's. For display only. */
	readonly time: number;
	/** Identity in hex. */
	readonly author: string;
	/** What the author calls themselves; may be empty. */
	readonly name: string;
	/** The device, as it was called when it joined; `deviceId` is its public key in hex, as in the list of devices. */
	readonly device: string;
	readonly deviceId: string;
	/** It stands in the row now. Of the values written at once by several devices this is so of one. */
	readonly current: boolean;
	/** Written by this person, on any of their devices. */
	readonly own: boolean;
}

export interface Refusal {
	/** Milliseconds since 1970. */
	readonly time: number;
	readonly scope: string;
	readonly author: string;
	/** For example R9. */
	readonly rule: string;
	readonly reason: string;
}

export interface SyncStatus {
	/** `off`: the network worker is not up (yet). */
	readonly state: 'off' | 'connecting' | 'online' | 'offline';
	/** Connected own devices and people. */
	readonly peers: number;
	/** Batches of this device that no peer and no mailbox has acknowledged yet. */
	readonly unsent: number;
	/** Milliseconds since 1970 of the last exchange with the home node or a peer. */
	readonly lastExchange?: number;
	/** Host name of the home node, or why it is not reached. */
	readonly home?: string;
	readonly problem?: string;
	/** Batches refused since the start. */
	readonly refused: number;
}
