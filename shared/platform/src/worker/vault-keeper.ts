/**
 * The ways into a vault, as its worker keeps them: it turns a factor into the vault's key, and makes and changes the ways.
 * It opens no database. The files are vault-store.ts and attempt-counter.ts, entries are made by vault-ways.ts.
 *
 * Factors and keys are bytes; they are wiped when they were used, as far as this language allows.
 */

import { concatBytes, equalBytes, toBase64url } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { passphraseKey, WeakParameters } from '../identity/passphrase.ts';
import { rootFromWords } from '../identity/root.ts';
import type { Attempts } from '../identity/vault-attempts.ts';
import {
	openByPasskey,
	openPortable,
	signEntry,
	type PortableEntry,
	type PortableType
} from '../identity/vault-entry.ts';
import { MOST_PASSKEYS, mergeEntries, vaultsOf, type KnownVault, type PasskeyEntry } from '../identity/vault-file.ts';
import { newVaultKey, type VaultKey } from '../identity/vault-key.ts';
import type { VaultAnswer, VaultStatus } from '../protocol/shapes.ts';
import type { NewPasskey, PasskeyPrompt, VaultFactor } from '../protocol/vault-calls.ts';
import { AttemptCounter } from './attempt-counter.ts';
import { databaseName } from './environment.ts';
import { VaultStore, type VaultStoreOptions } from './vault-store.ts';
import {
	isSameValue,
	OTHER_WORDS,
	passkeyEntry,
	passphraseEntry,
	PRF_DIFFERENT,
	readWords,
	refused,
	wordsEntry,
	type Place,
	type Refused,
	type WayMaker
} from './vault-ways.ts';

/** The least and the most of waits that may be set, in ms. */
const LEAST_WAIT = 1000;
const MOST_WAIT = 24 * 3600_000;

/** What a factor opened: the vault that counts, or else another one; and others that it opens too. */
export interface Opened {
	ok: true;
	vault: VaultKey;
	others: VaultKey[];
}

/** A factor as it is tried on one vault after the other. */
type Key = { type: PortableType; of: (entry: PortableEntry) => Promise<Uint8Array> };

export class VaultKeeper {
	readonly #options: VaultStoreOptions;
	readonly #store: VaultStore;
	readonly #attempts: AttemptCounter;
	/** What this installation keeps beside its passkeys is there. */
	#hasSecret: boolean;

	private constructor(options: VaultStoreOptions, store: VaultStore, attempts: AttemptCounter, hasSecret: boolean) {
		this.#options = options;
		this.#store = store;
		this.#attempts = attempts;
		this.#hasSecret = hasSecret;
	}

	/** Resolves when it is known whether there is a vault. */
	static async open(options: VaultStoreOptions): Promise<VaultKeeper> {
		const { environment, app, person, changed } = options;
		const { store, secret } = environment.vault;
		const name = `${databaseName(person.identity, app)}.attempts`;
		const attempts = await AttemptCounter.open({ store, name, clock: environment.clock, changed });
		const hasSecret = (await secret.load().catch(() => undefined)) !== undefined;
		return new VaultKeeper(options, await VaultStore.open(options), attempts, hasSecret);
	}

	/** Everything but what the engine adds: whether it is open, and which. */
	status(): Omit<VaultStatus, 'state' | 'others' | 'isOther'> & { isKnown: boolean } {
		const { file, problem, heard } = this.#store;
		const [main] = this.vaults();
		const passphrase = main && usable(main, 'passphrase');
		const waitUntil = this.#attempts.waitUntil('passphrase');
		const wordsWaitUntil = this.#attempts.waitUntil('words');
		return {
			isKnown: main !== undefined || problem !== undefined,
			passphrase: passphrase !== undefined,
			words: main !== undefined && usable(main, 'words') !== undefined,
			passkeys: file.passkeys.map(({ credential, name, addedAt }) => ({
				id: toBase64url(credential),
				name,
				addedAt,
				works: this.#hasSecret
			})),
			...(passphrase ? { passphraseSetAt: passphrase.time } : {}),
			...(waitUntil === undefined ? {} : { waitUntil }),
			...(wordsWaitUntil === undefined ? {} : { wordsWaitUntil }),
			lockAfter: file.lockAfter,
			hiddenAfter: file.hiddenAfter,
			mayBeElsewhere: main === undefined && !heard,
			...(problem ? { problem } : {})
		};
	}

	get lockAfter(): number {
		return this.#store.file.lockAfter;
	}

	get hiddenAfter(): number {
		return this.#store.file.hiddenAfter;
	}

	/** Grows with every change of the file here. The open vault keeps it too, so that an older file is noticed. */
	get version(): number {
		return this.#store.file.version;
	}

	/** Vaults of the person, the one that counts first. */
	vaults(): KnownVault[] {
		return vaultsOf(this.#store.file.entries);
	}

	passkeyPrompt(): PasskeyPrompt {
		const { prfSalt, passkeys } = this.#store.file;
		return {
			salt: prfSalt,
			credentials: passkeys.map(({ credential, transports }) => ({ id: credential, transports }))
		};
	}

	// --- Opening -----------------------------------------------------------------------------------------------------

	async unlock(factor: VaultFactor): Promise<Opened | Refused> {
		switch (factor.type) {
			case 'passphrase':
				return this.#byPassphrase(factor.passphrase);
			case 'words':
				return this.#byWords(factor.text);
			case 'passkey':
				return this.#byPasskey(factor.credential, factor.prf);
		}
	}

	async #byPassphrase(passphrase: Uint8Array): Promise<Opened | Refused> {
		try {
			if (!this.vaults().some((vault) => usable(vault, 'passphrase'))) {
				return refused('NO_PASSPHRASE', 'This vault has no passphrase.');
			}
			if (!(await this.#attempts.count('passphrase'))) return this.#waiting('passphrase');
			const of = ({ argon2 }: PortableEntry) => passphraseKey(passphrase, argon2!);
			const opened = await this.#openWith({ type: 'passphrase', of });
			if (!opened) return this.#wrong('passphrase', 'WRONG_PASSPHRASE', 'This is not the passphrase of this vault.');
			if (opened.ok) await this.#attempts.succeeded('passphrase');
			return opened;
		} finally {
			passphrase.fill(0);
		}
	}

	async #byWords(text: string): Promise<Opened | Refused> {
		const checked = readWords(text);
		if (!checked.ok) return checked;
		if (!this.vaults().some((vault) => usable(vault, 'words'))) {
			const reason = 'The words do not open this vault yet. They are added in its settings, once it is open.';
			return refused('NO_WORDS', reason);
		}
		if (!(await this.#attempts.count('words'))) return this.#waiting('words');
		const root = rootFromWords(checked.words);
		try {
			if (!equalBytes(root.identity, this.#options.person.identity)) {
				return this.#wrong('words', 'WORDS_WRONG', OTHER_WORDS);
			}
			const opened = await this.#openWith({ type: 'words', of: async () => root.vaultFactor.slice() });
			if (!opened) return this.#wrong('words', 'WORDS_WRONG', 'These words do not open this vault.');
			if (opened.ok) await this.#attempts.succeeded('words');
			return opened;
		} finally {
			root.vaultFactor.fill(0);
		}
	}

	/** The vault that counts by this factor, else another; and which others it opens. Undefined: none. */
	async #openWith({ type, of }: Key): Promise<Opened | Refused | undefined> {
		const found: VaultKey[] = [];
		for (const known of this.vaults()) {
			const entry = usable(known, type);
			if (!entry) continue;
			try {
				const key = await of(entry);
				try {
					found.push(openPortable(this.#options.person, entry, key));
				} finally {
					key.fill(0);
				}
			} catch (error) {
				if (error instanceof WeakParameters) return refused('WEAK_PARAMETERS', error.message);
				if (!(error instanceof CryptoError && error.code === 'WRONG_KEY')) throw error;
			}
		}
		const [vault, ...others] = found;
		return vault && { ok: true, vault, others };
	}

	async #byPasskey(credential: Uint8Array, prf: Uint8Array): Promise<Opened | Refused> {
		const { person, app, environment } = this.#options;
		const { passkeys, prfSalt } = this.#store.file;
		const entry = passkeys.find((passkey) => equalBytes(passkey.credential, credential));
		if (!entry) return refused('NO_PASSKEY', 'This passkey was not made for this vault in this browser.');
		const secret = await environment.vault.secret.load();
		if (!secret) return refused('SECRET_LOST', SECRET_LOST);
		const factor = concatBytes(prf, secret);
		try {
			const place = { vault: entry.vault, credential, prfSalt };
			return { ok: true, vault: openByPasskey(person, app, place, factor, entry.envelope), others: [] };
		} catch (error) {
			if (error instanceof CryptoError && error.code === 'WRONG_KEY') return refused('PRF_DIFFERENT', PRF_DIFFERENT);
			throw error;
		} finally {
			for (const bytes of [factor, prf, secret]) bytes.fill(0);
		}
	}

	#waiting(kind: keyof Attempts): Refused {
		return this.#wrong(kind, 'WAIT', 'There were too many wrong attempts. Wait before the next one.');
	}

	#wrong(kind: keyof Attempts, code: string, reason: string): Refused {
		const waitUntil = this.#attempts.waitUntil(kind);
		return refused(code, reason, waitUntil === undefined ? {} : { waitUntil });
	}

	// --- Making and changing -----------------------------------------------------------------------------------------

	/** Makes a vault with these ways in, all at once. */
	async create(ways: {
		passphrase?: Uint8Array;
		words?: string;
		passkey?: NewPasskey;
	}): Promise<{ ok: true; vault: VaultKey } | Refused> {
		const { passphrase, words, passkey } = ways;
		if (this.status().isKnown) return refused('EXISTS', 'There is a vault already.');
		if (!passphrase && words === undefined) return refused('NEEDS_SECOND', NEEDS_SECOND);
		const { random, clock } = this.#options.environment;
		const vault = newVaultKey(random);
		const place = { vault, madeAt: clock(), version: 1 };
		const entries: PortableEntry[] = [];
		if (words !== undefined) {
			const made = wordsEntry(this.#maker, place, words);
			if (!made.ok) return made;
			entries.push(made.entry);
		}
		if (passphrase) {
			const made = await passphraseEntry(this.#maker, place, passphrase);
			if (!made.ok) return made;
			entries.push(made.entry);
		}
		const made = passkey && (await this.#makePasskey(vault, passkey));
		if (made && !made.ok) return made;
		await this.#store.change((file) => ({
			...file,
			entries: mergeEntries(file.entries, entries),
			passkeys: made ? made.with(file.passkeys) : file.passkeys
		}));
		return { ok: true, vault };
	}

	async setPassphrase(vault: VaultKey, passphrase: Uint8Array): Promise<VaultAnswer> {
		const answer = await this.#add(await passphraseEntry(this.#maker, this.#next(vault, 'passphrase'), passphrase));
		if (answer.ok) await this.#attempts.succeeded('passphrase');
		return answer;
	}

	addWords(vault: VaultKey, text: string): Promise<VaultAnswer> {
		return this.#add(wordsEntry(this.#maker, this.#next(vault, 'words'), text));
	}

	async addPasskey(vault: VaultKey, passkey: NewPasskey): Promise<VaultAnswer> {
		if (this.#store.file.passkeys.length >= MOST_PASSKEYS) {
			return refused('TOO_MANY', `A vault has at most ${MOST_PASSKEYS} passkeys in one browser.`);
		}
		const made = await this.#makePasskey(vault, passkey);
		if (!made.ok) return made;
		await this.#store.change((file) => ({ ...file, passkeys: made.with(file.passkeys) }));
		return { ok: true };
	}

	async removePasskey(id: string): Promise<VaultAnswer> {
		const isIt = ({ credential }: { credential: Uint8Array }): boolean => toBase64url(credential) === id;
		await this.#store.change((file) => ({ ...file, passkeys: file.passkeys.filter((passkey) => !isIt(passkey)) }));
		return { ok: true };
	}

	/** The file is older than one that was seen: passkeys in it may be such as were removed since. */
	async dropPasskeys(seen: number): Promise<void> {
		await this.#store.change((file) => ({ ...file, passkeys: [], version: seen }));
	}

	async setWaits({ lockAfter, hiddenAfter }: { lockAfter?: number; hiddenAfter?: number }): Promise<VaultAnswer> {
		const bounded = (wait: number) => Math.round(Math.min(Math.max(wait, LEAST_WAIT), MOST_WAIT));
		await this.#store.change((file) => ({
			...file,
			...(lockAfter === undefined ? {} : { lockAfter: bounded(lockAfter) }),
			...(hiddenAfter === undefined ? {} : { hiddenAfter: bounded(hiddenAfter) })
		}));
		return { ok: true };
	}

	/** Closes every way into a vault that was brought into another: on all devices, once they hear of it. */
	async retire(id: Uint8Array): Promise<void> {
		const vault = this.vaults().find((known) => equalBytes(known.id, id));
		if (!vault) return;
		const time = this.#options.environment.clock();
		const closed = vault.entries
			.filter(({ envelope }) => envelope !== null)
			.map(({ signed: _, ...entry }) =>
				signEntry({ ...entry, version: entry.version + 1, time, envelope: null }, this.#options.person.device)
			);
		await this.#store.change((file) => ({
			...file,
			entries: mergeEntries(file.entries, closed),
			passkeys: file.passkeys.filter((passkey) => !equalBytes(passkey.vault, id))
		}));
	}

	get #maker(): WayMaker {
		const { person, app, environment } = this.#options;
		return { person, app, environment, card: this.#store.card };
	}

	async #add(made: { ok: true; entry: PortableEntry } | Refused): Promise<VaultAnswer> {
		if (!made.ok) return made;
		await this.#store.change((file) => ({ ...file, entries: mergeEntries(file.entries, [made.entry]) }));
		return { ok: true };
	}

	/** With those that it stands beside: without a secret none of the others opens anything, so they go. */
	async #makePasskey(vault: VaultKey, passkey: NewPasskey) {
		// Before a secret is made for nothing.
		if (!isSameValue(passkey.first, passkey.second)) return refused('PRF_DIFFERENT', PRF_DIFFERENT);
		const { secret } = this.#options.environment.vault;
		const present = await secret.load();
		const made = passkeyEntry(
			this.#maker,
			vault,
			passkey,
			this.#store.file.prfSalt,
			present ?? (await secret.create())
		);
		if (!made.ok) return made;
		this.#hasSecret = true;
		const beside = (others: PasskeyEntry[]): PasskeyEntry[] => [...(present ? others : []), made.passkey];
		return { ok: true as const, with: beside };
	}

	#next(vault: VaultKey, type: PortableType): Place {
		const known = this.vaults().find(({ id }) => equalBytes(id, vault.id))!;
		const present = known.entries.find((entry) => entry.type === type);
		return { vault, madeAt: known.madeAt, version: (present?.version ?? 0) + 1 };
	}
}

const SECRET_LOST =
	'What this browser kept beside the passkey is gone. Unlock in another way, then add the passkey again.';
const NEEDS_SECOND =
	'A passkey can be deleted outside of this app, and the vault would be lost with it. Set a passphrase or type your words as well.';

function usable(vault: KnownVault, type: PortableType): PortableEntry | undefined {
	return vault.entries.find((entry) => entry.type === type && entry.envelope !== null);
}
