/**
 * What follows from the key of one epoch of a scope. Whoever holds the key can compute all of it; whoever does not sees
 * a tag and a key id that say nothing about the scope, and that change with the epoch.
 */
import { hkdf } from '../crypto/hash.ts';
import { LABELS } from '../crypto/labels.ts';

export interface EpochSecrets {
	/** 32 bytes: under which name relays and mailboxes know the scope during this epoch. */
	tag: Uint8Array;
	/** 8 bytes in each record's header: which key opens it. */
	keyId: Uint8Array;
	/** Seals records. */
	content: Uint8Array;
	/** Seals ephemeral values and live frames, which are never logged. */
	ephemeral: Uint8Array;
	/** Members prove to each other that they hold it, without telling others which scopes they have. */
	session: Uint8Array;
	/** Derives the tags of rendezvous slots and seals addresses. */
	rendezvous: Uint8Array;
	/** Seals single values that stand in a column (log/sealed-values.ts). */
	value: Uint8Array;
}

/** `scopeId`: the true id, 32 bytes. `epochKey`: 32 bytes. */
export function epochSecrets(scopeId: Uint8Array, epochKey: Uint8Array): EpochSecrets {
	return {
		tag: hkdf(epochKey, LABELS.epochTag, scopeId),
		keyId: hkdf(epochKey, LABELS.epochKeyId, scopeId, 8),
		content: hkdf(epochKey, LABELS.epochContent, scopeId),
		ephemeral: hkdf(epochKey, LABELS.epochEphemeral, scopeId),
		session: hkdf(epochKey, LABELS.epochSession, scopeId),
		rendezvous: hkdf(epochKey, LABELS.epochRendezvous, scopeId),
		value: hkdf(epochKey, LABELS.epochValue, scopeId)
	};
}
