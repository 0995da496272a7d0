/**
 * The ways into a vault, as its worker keeps them: it reads and writes the vault file and the count of attempts, carries
 * entries to and from the account database, and turns a factor into the vault's key. It opens no database.
 *
 * Invariants
 * - An attempt is counted on disk before it is computed.
 * - An entry is written only after it was opened again with the same factor.
 * - A file that cannot be read is said, and replaced only by what the account database knows; it never makes a vault
 *   look absent.
 * - Factors and keys are bytes; they are wiped when they were used, as far as this language allows.
 */

import { concatBytes, equalBytes, toBase64url, toHex } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { verifyCard, type IdentityCard } from '../identity/card.ts';
import type { PersonKeys } from '../identity/person.ts';
import { passphraseKey, passphraseProblem, usualParameters, WeakParameters } from '../identity/passphrase.ts';
import { ProfileError } from '../identity/profile-store.ts';
import { rootFromWords } from '../identity/root.ts';
import {
	countAt,
	countAttempt,
	decodeAttempts,
	encodeAttempts,
	waitUntil,
	type Attempts
} from '../identity/vault-attempts.ts';
import {
	openByPasskey,
	openPortable,
	readEntry,
	signEntry,
	wrapForPasskey,
	wrapPortable,
	type PortableEntry,
	type PortableType
} from '../identity/vault-entry.ts';
import {
	encodeVaultFile,
	entryId,
	MOST_PASSKEYS,
	mergeEntries,
	readVaultFile,
	vaultsOf,
	type KnownVault,
	type VaultFile
} from '../identity/vault-file.ts';
import { newVaultKey, type VaultKey } from '../identity/vault-key.ts';
import { checkWords } from '../identity/words.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { LinkClient } from '../protocol/link.ts';
import type { VaultAnswer, VaultStatus } from '../protocol/shapes.ts';
import type { NewPasskey, PasskeyPrompt, VaultFactor } from '../protocol/vault-calls.ts';
import { databaseName, type Environment } from './environment.ts';
import type { KeeperCalls, KeeperStreams } from './worker-calls.ts';

const MINUTE = 60_000;
/** The least and the most that may be set, in ms. */
const LEAST_WAIT = 1000;
const MOST_WAIT = 24 * 60 * MINUTE;

export interface KeeperOptions {
	environment: Environment;
	app: string;
	person: PersonKeys;
	account: LinkClient<KeeperCalls, KeeperStreams>;
	/** Something that `status` tells is different now. */
	changed: () => void;
}

export type Refused = Extract<VaultAnswer, { ok: false }>;

/** What a factor opened: the vault that counts, or else another one; and others that it opens too. */
export interface Opened {
	ok: true;
	vault: VaultKey;
	others: VaultKey[];
}

/** A factor as it is tried on one vault after the other. */
type Key = { type: PortableType; of: (entry: PortableEntry) => Promise<Uint8Array> };

export class VaultKeeper {
	readonly #options: KeeperOptions;
	readonly #fileName: string;
	readonly #attemptsName: string;
	#card!: IdentityCard;
	#file: VaultFile;
	/** The file was read, or written since. */
	#isStored = false;
	#attempts!: Attempts;
	#problem: VaultStatus['problem'];
	#heard = true;
	#hasSecret = true;
	/** Changes of the file, one after the other. */
	#work: Promise<unknown> = Promise.resolve();

	private constructor(options: KeeperOptions) {
		const { environment, app, person } = options;
		this.#options = options;
		const name = databaseName(person.identity, app);
		this.#fileName = `${name}.vault`;
		this.#attemptsName = `${name}.attempts`;
		this.#file = {
			identity: person.identity,
			app,
			version: 0,
			prfSalt: environment.random(32),
			lockAfter: 5 * MINUTE,
			hiddenAfter: MINUTE,
			entries: [],
			passkeys: []
		};
	}

	/** Resolves when it is known whether there is a vault: from the file here, else from the account database. */
	static async open(options: KeeperOptions): Promise<VaultKeeper> {
		const keeper = new VaultKeeper(options);
		await keeper.#open();
		return keeper;
	}

	/** Everything but what the engine adds: whether it is open, and which. */
	status(): Omit<VaultStatus, 'state' | 'others' | 'isOther'> & { isKnown: boolean } {
		const { entries, passkeys, lockAfter, hiddenAfter } = this.#file;
		const main = vaultsOf(entries)[0];
		const passphrase = main && usable(main, 'passphrase');
		const now = this.#options.environment.clock();
		const wait = waitUntil(this.#attempts.passphrase);
		const wordsWait = waitUntil(this.#attempts.words);
		return {
			isKnown: main !== undefined || this.#problem !== undefined,
			passphrase: passphrase !== undefined,
			words: main !== undefined && usable(main, 'words') !== undefined,
			passkeys: passkeys.map(({ credential, name, addedAt }) => ({
				id: toBase64url(credential),
				name,
				addedAt,
				works: this.#hasSecret
			})),
			...(passphrase ? { passphraseSetAt: passphrase.time } : {}),
			...(wait > now ? { waitUntil: wait } : {}),
			...(wordsWait > now ? { wordsWaitUntil: wordsWait } : {}),
			lockAfter,
			hiddenAfter,
			mayBeElsewhere: main === undefined && !this.#heard,
			...(this.#problem ? { problem: this.#problem } : {})
		};
	}

	/** Grows with every change of the file here. The open vault keeps it too, so that an older file is noticed. */
	get version(): number {
		return this.#file.version;
	}

	/** The file is an older one: passkeys in it may be such as were removed since. */
	async dropPasskeys(seen: number): Promise<void> {
		await this.#change((file) => ({ ...file, passkeys: [], version: Math.max(file.version, seen) }));
	}

	get lockAfter(): number {
		return this.#file.lockAfter;
	}

	get hiddenAfter(): number {
		return this.#file.hiddenAfter;
	}

	/** Vaults of the person, the one that counts first. */
	vaults(): KnownVault[] {
		return vaultsOf(this.#file.entries);
	}

	passkeyPrompt(): PasskeyPrompt {
		const { prfSalt, passkeys } = this.#file;
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
			const waiting = await this.#count('passphrase');
			if (waiting) return waiting;
			const of = ({ argon2 }: PortableEntry) => passphraseKey(passphrase, argon2!);
			const opened = await this.#openWith({ type: 'passphrase', of });
			if (opened?.ok) await this.#uncount('passphrase');
			return (
				opened ?? refused('WRONG_PASSPHRASE', 'This is not the passphrase of this vault.', this.#wait('passphrase'))
			);
		} finally {
			passphrase.fill(0);
		}
	}

	async #byWords(text: string): Promise<Opened | Refused> {
		const checked = this.#readWords(text);
		if (!checked.ok) return checked;
		if (!this.vaults().some((vault) => usable(vault, 'words'))) {
			const reason = 'The words do not open this vault yet. They are added in its settings, once it is open.';
			return refused('NO_WORDS', reason);
		}
		const waiting = await this.#count('words');
		if (waiting) return waiting;
		const root = rootFromWords(checked.words);
		const isOurs = equalBytes(root.identity, this.#options.person.identity);
		const opened = isOurs && (await this.#openWith({ type: 'words', of: async () => root.vaultFactor.slice() }));
		root.vaultFactor.fill(0);
		if (!isOurs) return refused('WORDS_WRONG', OTHER_WORDS, this.#wait('words'));
		if (!opened) return refused('WORDS_WRONG', 'These words do not open this vault.', this.#wait('words'));
		if (opened.ok) await this.#uncount('words');
		return opened;
	}

	/** The vault that counts by this factor, else another; and which others it opens. Undefined: none. */
	async #openWith({ type, of }: Key): Promise<Opened | Refused | undefined> {
		const found: VaultKey[] = [];
		for (const vault of this.vaults()) {
			const entry = usable(vault, type);
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
		const entry = this.#file.passkeys.find((passkey) => equalBytes(passkey.credential, credential));
		if (!entry) return refused('NO_PASSKEY', 'This passkey was not made for this vault in this browser.');
		const secret = await this.#options.environment.vault.secret.load();
		if (!secret) return refused('SECRET_LOST', SECRET_LOST);
		const factor = concatBytes(prf, secret);
		try {
			const { person, app } = this.#options;
			const { prfSalt } = this.#file;
			const vault = openByPasskey(person, app, { vault: entry.vault, credential, prfSalt }, factor, entry.envelope);
			return { ok: true, vault, others: [] };
		} catch (error) {
			if (error instanceof CryptoError && error.code === 'WRONG_KEY') {
				return refused('PRF_DIFFERENT', PRF_DIFFERENT);
			}
			throw error;
		} finally {
			for (const bytes of [factor, prf, secret]) bytes.fill(0);
		}
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
		const vault = newVaultKey(this.#options.environment.random);
		const madeAt = this.#options.environment.clock();
		const next = { ...this.#file };
		const entries: PortableEntry[] = [];
		if (words !== undefined) {
			const entry = this.#wordsEntry(words, vault, madeAt, 1);
			if (!entry.ok) return entry;
			entries.push(entry.entry);
		}
		if (passphrase) {
			const entry = await this.#passphraseEntry(passphrase, vault, madeAt, 1);
			if (!entry.ok) return entry;
			entries.push(entry.entry);
		}
		if (passkey) {
			const made = await this.#passkeyEntry(passkey, vault);
			if (!made.ok) return made;
			next.passkeys = [...next.passkeys, made.passkey];
		}
		await this.#change(() => ({ ...next, entries: mergeEntries(this.#file.entries, entries) }));
		return { ok: true, vault };
	}

	async setPassphrase(vault: VaultKey, passphrase: Uint8Array): Promise<VaultAnswer> {
		const { madeAt, version } = this.#next(vault, 'passphrase');
		const made = await this.#passphraseEntry(passphrase, vault, madeAt, version);
		if (!made.ok) return made;
		await this.#change((file) => ({ ...file, entries: mergeEntries(file.entries, [made.entry]) }));
		await this.#uncount('passphrase');
		return { ok: true };
	}

	async addWords(vault: VaultKey, text: string): Promise<VaultAnswer> {
		const { madeAt, version } = this.#next(vault, 'words');
		const made = this.#wordsEntry(text, vault, madeAt, version);
		if (!made.ok) return made;
		await this.#change((file) => ({ ...file, entries: mergeEntries(file.entries, [made.entry]) }));
		return { ok: true };
	}

	async addPasskey(vault: VaultKey, passkey: NewPasskey): Promise<VaultAnswer> {
		if (this.#file.passkeys.length >= MOST_PASSKEYS) {
			return refused('TOO_MANY', `A vault has at most ${MOST_PASSKEYS} passkeys in one browser.`);
		}
		const made = await this.#passkeyEntry(passkey, vault);
		if (!made.ok) return made;
		await this.#change((file) => ({ ...file, passkeys: [...file.passkeys, made.passkey] }));
		return { ok: true };
	}

	async removePasskey(id: string): Promise<VaultAnswer> {
		const isIt = ({ credential }: { credential: Uint8Array }): boolean => toBase64url(credential) === id;
		await this.#change((file) => ({ ...file, passkeys: file.passkeys.filter((passkey) => !isIt(passkey)) }));
		return { ok: true };
	}

	async setWaits({ lockAfter, hiddenAfter }: { lockAfter?: number; hiddenAfter?: number }): Promise<VaultAnswer> {
		const bounded = (wait: number) => Math.round(Math.min(Math.max(wait, LEAST_WAIT), MOST_WAIT));
		await this.#change((file) => ({
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
		await this.#change((file) => ({
			...file,
			entries: mergeEntries(file.entries, closed),
			passkeys: file.passkeys.filter((passkey) => !equalBytes(passkey.vault, id))
		}));
	}

	async #passphraseEntry(passphrase: Uint8Array, vault: VaultKey, madeAt: number, version: number) {
		try {
			const problem = passphraseProblem(passphrase);
			if (problem !== undefined) return refused('WEAK_PASSPHRASE', problem);
			const argon2 = usualParameters(this.#options.environment.random);
			const key = await passphraseKey(passphrase, argon2);
			const entry = this.#portable({ type: 'passphrase', madeAt, version, argon2 }, key, vault);
			return { ok: true, entry } as const;
		} finally {
			passphrase.fill(0);
		}
	}

	#wordsEntry(text: string, vault: VaultKey, madeAt: number, version: number) {
		const checked = this.#readWords(text);
		if (!checked.ok) return checked;
		const root = rootFromWords(checked.words);
		if (!equalBytes(root.identity, this.#options.person.identity)) return refused('WORDS_WRONG', OTHER_WORDS);
		const entry = this.#portable({ type: 'words', madeAt, version, argon2: null }, root.vaultFactor, vault);
		return { ok: true, entry } as const;
	}

	/** Seals, signs, reads and opens again what it made. @param key is wiped */
	#portable(
		said: Pick<PortableEntry, 'type' | 'madeAt' | 'version' | 'argon2'>,
		key: Uint8Array,
		vault: VaultKey
	): PortableEntry {
		const { person, app, environment } = this.#options;
		const body = wrapPortable(person, { ...said, app, vault: vault.id, time: environment.clock() }, key, vault);
		const entry = readEntry(signEntry(body, person.device).signed, this.#card, app);
		const again = openPortable(person, entry, key);
		key.fill(0);
		if (!equalBytes(again.key, vault.key)) throw new Error('An entry of our own making gives another key');
		return entry;
	}

	async #passkeyEntry({ name, credential, transports, first, second }: NewPasskey, vault: VaultKey) {
		const { person, app, environment } = this.#options;
		const used = [first, second];
		try {
			if (first.length < 32 || !equalBytes(first, second)) return refused('PRF_DIFFERENT', PRF_DIFFERENT);
			let secret = await environment.vault.secret.load();
			if (!secret) {
				secret = await environment.vault.secret.create();
				this.#hasSecret = true;
				// Those that were mixed with the one that is gone open nothing any more.
				this.#file = { ...this.#file, passkeys: [] };
			}
			const [factor, again] = [concatBytes(first, secret), concatBytes(second, secret)];
			used.push(secret, factor, again);
			const place = { vault: vault.id, credential, prfSalt: this.#file.prfSalt };
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
			return { ok: true, passkey } as const;
		} finally {
			for (const bytes of used) bytes.fill(0);
		}
	}

	#readWords(text: string) {
		const checked = checkWords(text);
		if (checked.ok) return checked;
		const { reason, index, word, suggestions } = checked;
		return refused('WORDS_WRONG', reason, {
			...(index === undefined ? {} : { index }),
			...(word === undefined ? {} : { word }),
			...(suggestions === undefined ? {} : { suggestions })
		});
	}

	#next({ id }: VaultKey, type: PortableType): { madeAt: number; version: number } {
		const vault = this.vaults().find((known) => equalBytes(known.id, id))!;
		const present = vault.entries.find((entry) => entry.type === type);
		return { madeAt: vault.madeAt, version: (present?.version ?? 0) + 1 };
	}

	// --- Attempts ----------------------------------------------------------------------------------------------------

	/** Takes an attempt for failed, on disk, before it is made. Undefined: it may be made now. */
	async #count(kind: keyof Attempts): Promise<Refused | undefined> {
		const now = this.#options.environment.clock();
		const count = countAt(this.#attempts[kind], now);
		if (count !== this.#attempts[kind]) await this.#writeAttempts({ [kind]: count });
		const until = waitUntil(count);
		if (until > now) {
			this.#options.changed();
			return refused('WAIT', 'There were too many wrong attempts. Wait before the next one.', { waitUntil: until });
		}
		await this.#writeAttempts({ [kind]: countAttempt(count, now) });
		this.#options.changed();
		return undefined;
	}

	async #uncount(kind: keyof Attempts): Promise<void> {
		await this.#writeAttempts({ [kind]: { failed: 0, at: this.#options.environment.clock() } });
		this.#options.changed();
	}

	#wait(kind: keyof Attempts): { waitUntil?: number } {
		const until = waitUntil(this.#attempts[kind]);
		return until > 0 ? { waitUntil: until } : {};
	}

	async #writeAttempts(change: Partial<Attempts>): Promise<void> {
		const attempts = { ...this.#attempts, ...change };
		await this.#options.environment.vault.store.write(this.#attemptsName, encodeAttempts(attempts));
		this.#attempts = attempts;
	}

	// --- The file ----------------------------------------------------------------------------------------------------

	async #open(): Promise<void> {
		const { environment, account } = this.#options;
		await this.#renewCard();
		this.#attempts = decodeAttempts(await this.#read(this.#attemptsName).catch(() => undefined));
		await this.#readFile();
		this.#hasSecret = (await environment.vault.secret.load().catch(() => undefined)) !== undefined;
		// A card that names another device makes entries readable that were not.
		await account.open('identity', {}, () => void this.#renewCard().catch(() => {}));
		const shelf = this.#watchShelf();
		if (!this.#isStored) await shelf;
	}

	async #renewCard(): Promise<void> {
		const { card } = await this.#options.account.call('self', {});
		const verified = verifyCard(card);
		if (verified.ok) this.#card = verified;
	}

	#read(name: string): Promise<Uint8Array | undefined> {
		return this.#options.environment.vault.store.read(name);
	}

	async #readFile(): Promise<void> {
		try {
			const bytes = await this.#read(this.#fileName);
			if (!bytes) return;
			this.#file = readVaultFile(bytes, this.#card, this.#options.app);
			this.#isStored = true;
		} catch (error) {
			if (!(error instanceof ProtocolError || error instanceof ProfileError)) throw error;
			const newer = error.code === 'UNKNOWN_VERSION';
			this.#problem = newer
				? { code: 'NEWER', message: 'The ways into this vault were written by a newer version. Reload this page' }
				: {
						code: 'DAMAGED',
						message: 'The ways into this vault cannot be read here. Another device may bring them back'
					};
		}
	}

	/** Resolves when the account database has answered once, or cannot. */
	async #watchShelf(): Promise<void> {
		const { account, app } = this.#options;
		await new Promise<void>((resolve) => {
			account
				.open('vaultEntries', { app }, ({ entries, heard }) => {
					this.#heard = heard;
					void this.#mergeShelf(entries)
						.catch(() => {})
						.then(resolve);
				})
				// A damaged account database keeps nobody out of a vault that is here.
				.catch(() => resolve());
		});
	}

	/** Takes in what other devices know of, and gives back what they do not. */
	async #mergeShelf(shelf: readonly Uint8Array[]): Promise<void> {
		await this.#renewCard();
		const read = shelf.flatMap((signed) => {
			try {
				return [readEntry(signed, this.#card, this.#options.app)];
			} catch (error) {
				// By a device that this card does not name yet, or nobody's: looked at again when either changes.
				if (error instanceof ProtocolError) return [];
				throw error;
			}
		});
		const merged = mergeEntries(this.#file.entries, read);
		const isNew = merged.some((entry) => !this.#file.entries.some((own) => equalBytes(own.signed, entry.signed)));
		if (isNew && this.#problem?.code !== 'NEWER') {
			await this.#change((file) => ({ ...file, entries: mergeEntries(file.entries, read) }), false);
		}
		for (const entry of merged) {
			if (!shelf.some((signed) => equalBytes(signed, entry.signed))) await this.#publish(entry);
		}
		this.#options.changed();
	}

	async #publish(entry: PortableEntry): Promise<void> {
		const { account, app } = this.#options;
		await account.call('putVaultEntry', { app, id: entryId(entry), entry: entry.signed });
	}

	/** Writes the file anew, and tells the other devices of what is new in it. */
	#change(change: (file: VaultFile) => VaultFile, publish = true): Promise<void> {
		const work = this.#work.then(async () => {
			const before = this.#file.entries;
			const next = { ...change(this.#file), version: this.#file.version + 1 };
			const { environment, person } = this.#options;
			await environment.vault.store.write(this.#fileName, encodeVaultFile(next, person.device));
			this.#file = next;
			this.#isStored = true;
			this.#problem = undefined;
			this.#options.changed();
			if (!publish) return;
			for (const entry of next.entries) {
				// Not awaited for long: the account may be away. It is compared again when it answers.
				if (!before.includes(entry)) await this.#publish(entry).catch(() => {});
			}
		});
		this.#work = work.catch(() => {});
		return work;
	}
}

const OTHER_WORDS = 'These words are valid, but they are not the words of this identity.';
const SECRET_LOST =
	'What this browser kept beside the passkey is gone. Unlock in another way, then add the passkey again.';
const PRF_DIFFERENT = 'This passkey gave a different key. Unlock in another way, then add the passkey again.';
const NEEDS_SECOND =
	'A passkey can be deleted outside of this app, and the vault would be lost with it. Set a passphrase or type your words as well.';

function usable(vault: KnownVault, type: PortableType): PortableEntry | undefined {
	return vault.entries.find((entry) => entry.type === type && entry.envelope !== null);
}

export function refused(
	code: string,
	reason: string,
	more: Partial<Omit<Refused, 'ok' | 'code' | 'reason'>> = {}
): Refused {
	return { ok: false, code, reason, ...more };
}

/** Where the vault of that id has its database. */
export function fileOf(person: PersonKeys, app: string, id: Uint8Array): string {
	return databaseName(person.identity, `${app}-${toHex(id)}`);
}
