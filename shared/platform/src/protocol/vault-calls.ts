/**
 * What a tab may ask of the worker of a vault, locked or open (target `vault:<app>`). Passphrases and PRF values are
 * bytes, transferred and not copied; they go over this port and no other.
 */

import type { VaultAnswer, VaultStatus } from './shapes.ts';

export type VaultFactor =
	| { type: 'passphrase'; passphrase: Uint8Array }
	| { type: 'words'; text: string }
	| { type: 'passkey'; credential: Uint8Array; prf: Uint8Array };

/** A passkey that was made and evaluated twice. */
export interface NewPasskey {
	name: string;
	credential: Uint8Array;
	transports: string[];
	first: Uint8Array;
	second: Uint8Array;
}

export interface PasskeyPrompt {
	/** For `eval.first`. */
	salt: Uint8Array;
	/** Those of this installation. */
	credentials: { id: Uint8Array; transports: string[] }[];
}

export type VaultCalls = {
	create(args: { passphrase?: Uint8Array; words?: string; passkey?: NewPasskey }): VaultAnswer;
	unlock(args: VaultFactor): VaultAnswer;
	/** Opens another vault of the person that lies here too, and takes it in. */
	bringIn(args: VaultFactor): VaultAnswer;
	lock(args: Record<never, never>): void;

	/** These need the vault open. */
	setPassphrase(args: { passphrase: Uint8Array }): VaultAnswer;
	addWords(args: { text: string }): VaultAnswer;
	addPasskey(args: NewPasskey): VaultAnswer;
	removePasskey(args: { id: string }): VaultAnswer;
	settings(args: { lockAfter?: number; hiddenAfter?: number }): VaultAnswer;

	passkeyPrompt(args: Record<never, never>): PasskeyPrompt;
	/** The person did something in this tab. */
	activity(args: Record<never, never>): void;
	/** Whether this tab is in sight. */
	visible(args: { visible: boolean }): void;
	/** This tab has written what it wants to keep before the lock of that number. */
	drafted(args: { lock: number }): void;
	/** The vault's database does not open any more: keeps it under another name. */
	setAside(args: Record<never, never>): void;
};

export type VaultStreams = {
	status: { args: Record<never, never>; event: VaultStatus };
	/** The vault is about to lock: answer with `drafted` within so many ms. Begins with null. */
	locking: { args: Record<never, never>; event: { lock: number; within: number } | null };
};
