/**
 * Makes ways into a vault: entries for a passphrase, the words, or a passkey. Each is opened again with the same factor
 * before it is given back. Factors are wiped.
 */

import { concatBytes, equalBytes } from '../crypto/bytes.ts';
import type { IdentityCard } from '../identity/card.ts';
import { passphraseKey, passphraseProblem, usualParameters } from '../identity/passphrase.ts';
import type { PersonKeys } from '../identity/person.ts';
import { rootFromWords } from '../identity/root.ts';
import {
	openByPasskey,
	openPortable,
	readEntry,
	signEntry,
	wrapForPasskey,
	wrapPortable,
	type PortableEntry
} from '../identity/vault-entry.ts';
import type { PasskeyEntry } from '../identity/vault-file.ts';
import type { VaultKey } from '../identity/vault-key.ts';
import { checkWords } from '../identity/words.ts';
import type { VaultAnswer } from '../protocol/shapes.ts';
import type { NewPasskey } from '../protocol/vault-calls.ts';
import type { Environment } from './environment.ts';

export type Refused = Extract<VaultAnswer, { ok: false }>;

export const OTHER_WORDS = 'These words are valid, but they are not the words of this identity.';
export const PRF_DIFFERENT = 'This passkey gave a different key. Unlock in another way, then add the passkey again.';

export interface WayMaker {
	person: PersonKeys;
	app: string;
	environment: Environment;
	card: IdentityCard;
}

/** Which vault an entry is for, and the how manieth of its kind it is. */
export interface Place {
	vault: VaultKey;
	/** When the vault was made, ms since 1970. */
	madeAt: number;
	version: number;
}

export async function passphraseEntry(
	maker: WayMaker,
	place: Place,
	passphrase: Uint8Array
): Promise<{ ok: true; entry: PortableEntry } | Refused> {
	try {
		const problem = passphraseProblem(passphrase);
		if (problem !== undefined) return refused('WEAK_PASSPHRASE', problem);
		const argon2 = usualParameters(maker.environment.random);
		const key = await passphraseKey(passphrase, argon2);
		return { ok: true, entry: portable(maker, place, { type: 'passphrase', argon2 }, key) };
	} finally {
		passphrase.fill(0);
	}
}

export function wordsEntry(maker: WayMaker, place: Place, text: string): { ok: true; entry: PortableEntry } | Refused {
	const checked = readWords(text);
	if (!checked.ok) return checked;
	const root = rootFromWords(checked.words);
	if (!equalBytes(root.identity, maker.person.identity)) return refused('WORDS_WRONG', OTHER_WORDS);
	return { ok: true, entry: portable(maker, place, { type: 'words', argon2: null }, root.vaultFactor) };
}

/** @param secret of this installation */
export function passkeyEntry(
	{ person, app, environment }: WayMaker,
	vault: VaultKey,
	{ name, credential, transports, first, second }: NewPasskey,
	prfSalt: Uint8Array,
	secret: Uint8Array
): { ok: true; passkey: PasskeyEntry } | Refused {
	const [factor, again] = [concatBytes(first, secret), concatBytes(second, secret)];
	try {
		if (!isSameValue(first, second)) return refused('PRF_DIFFERENT', PRF_DIFFERENT);
		const place = { vault: vault.id, credential, prfSalt };
		const envelope = wrapForPasskey(person, app, place, factor, vault);
		openByPasskey(person, app, place, again, envelope);
		const passkey = {
			vault: vault.id,
			credential,
			name: name.trim().slice(0, 100),
			addedAt: environment.clock(),
			transports: transports.filter((transport) => transport.length <= 32).slice(0, 8),
			envelope
		};
		return { ok: true, passkey };
	} finally {
		for (const bytes of [first, second, secret, factor, again]) bytes.fill(0);
	}
}

/** Whether PRF gave one value, twice. */
export const isSameValue = (first: Uint8Array, second: Uint8Array): boolean =>
	first.length >= 32 && equalBytes(first, second);

/** What is wrong with typed words, as an answer. */
export function readWords(text: string): { ok: true; words: string[] } | Refused {
	const checked = checkWords(text);
	if (checked.ok) return checked;
	const { reason, index, word, suggestions } = checked;
	return refused('WORDS_WRONG', reason, {
		...(index === undefined ? {} : { index }),
		...(word === undefined ? {} : { word }),
		...(suggestions === undefined ? {} : { suggestions })
	});
}

export function refused(
	code: string,
	reason: string,
	more: Partial<Omit<Refused, 'ok' | 'code' | 'reason'>> = {}
): Refused {
	return { ok: false, code, reason, ...more };
}

/** Seals, signs, reads and opens again what it made. @param key is wiped */
function portable(
	{ person, app, environment, card }: WayMaker,
	{ vault, madeAt, version }: Place,
	said: Pick<PortableEntry, 'type' | 'argon2'>,
	key: Uint8Array
): PortableEntry {
	const time = environment.clock();
	const body = wrapPortable(person, { ...said, app, vault: vault.id, madeAt, version, time }, key, vault);
	const entry = readEntry(signEntry(body, person.device).signed, card, app);
	const again = openPortable(person, entry, key);
	key.fill(0);
	if (!equalBytes(again.key, vault.key)) throw new Error('An entry of our own making gives another key');
	return entry;
}
