/** What an engine or the network worker is given of the person. Plain data: it crosses to workers by structured clone. */
import type { KeyPair } from '../crypto/sign.ts';

export interface PersonKeys {
	/** 32 bytes. */
	identity: Uint8Array;
	/** The identity card (card.ts), encoded. */
	card: Uint8Array;
	/** What the person calls themselves; may be empty. */
	name: string;
	/** Signs JOINs, hellos and records of the identity log. Made on this device, never leaves it. */
	device: KeyPair;
	/** The device's own agreement key. */
	deviceAgreement: KeyPair;
	/** The person's agreement key, which all of their devices have: epoch keys are sealed to it. */
	agreement: KeyPair;
	/** Account key in use and its generation: wraps database keys (account-key.ts). */
	accountKey: Uint8Array;
	accountGeneration: number;
	/** Account key of generation 0: personal scopes are derived from it (`personalScope`). */
	accountKey0: Uint8Array;
}
