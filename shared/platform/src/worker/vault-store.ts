/**
 * The vault file of this installation and what the account database knows beside it, kept in step: entries that other
 * devices made are taken in, those that they lack are given to them. Whatever happens to the one, the other has it.
 *
 * A file that cannot be read is said. It is replaced by what the account database knows, and never makes a vault look
 * absent.
 */

import { equalBytes } from '../crypto/bytes.ts';
import { verifyCard, type IdentityCard } from '../identity/card.ts';
import type { PersonKeys } from '../identity/person.ts';
import { ProfileError } from '../identity/profile-store.ts';
import { readEntry, type PortableEntry } from '../identity/vault-entry.ts';
import { encodeVaultFile, entryId, mergeEntries, readVaultFile, type VaultFile } from '../identity/vault-file.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { LinkClient } from '../protocol/link.ts';
import type { VaultStatus } from '../protocol/shapes.ts';
import { databaseName, type Environment } from './environment.ts';
import type { KeeperCalls, KeeperStreams } from './worker-calls.ts';

const MINUTE = 60_000;

export interface VaultStoreOptions {
	environment: Environment;
	app: string;
	person: PersonKeys;
	account: LinkClient<KeeperCalls, KeeperStreams>;
	/** Something is different now. */
	changed: () => void;
}

export class VaultStore {
	readonly #options: VaultStoreOptions;
	readonly #name: string;
	#card!: IdentityCard;
	#file: VaultFile;
	/** The file was read, or written since. */
	#isStored = false;
	#problem: VaultStatus['problem'];
	#heard = true;
	/** Changes of the file, one after the other. */
	#work: Promise<unknown> = Promise.resolve();

	private constructor(options: VaultStoreOptions) {
		const { environment, app, person } = options;
		this.#options = options;
		this.#name = `${databaseName(person.identity, app)}.vault`;
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
	static async open(options: VaultStoreOptions): Promise<VaultStore> {
		const store = new VaultStore(options);
		await store.#renewCard();
		await store.#read();
		// A card that names another device makes entries readable that were not.
		await options.account.open('identity', {}, () => void store.#renewCard().catch(() => {}));
		const shelf = store.#watchShelf();
		if (!store.#isStored) await shelf;
		return store;
	}

	get file(): VaultFile {
		return this.#file;
	}

	/** The person's card, newest. */
	get card(): IdentityCard {
		return this.#card;
	}

	/** What is wrong with the file here. */
	get problem(): VaultStatus['problem'] {
		return this.#problem;
	}

	/** Of the person's other devices, if there are any, one at least has been heard of. */
	get heard(): boolean {
		return this.#heard;
	}

	/** Writes the file anew, and tells the other devices of what is new in it. */
	change(change: (file: VaultFile) => VaultFile): Promise<void> {
		const work = this.#work.then(async () => {
			const before = this.#file.entries;
			const next = change(this.#file);
			next.version = Math.max(next.version, this.#file.version) + 1;
			const { environment, person } = this.#options;
			await environment.vault.store.write(this.#name, encodeVaultFile(next, person.device));
			this.#file = next;
			this.#isStored = true;
			this.#problem = undefined;
			this.#options.changed();
			// The account may be away: it is compared again when it answers.
			for (const entry of next.entries) if (!before.includes(entry)) void this.#publish(entry).catch(() => {});
		});
		this.#work = work.catch(() => {});
		return work;
	}

	async #renewCard(): Promise<void> {
		const { card } = await this.#options.account.call('self', {});
		const verified = verifyCard(card);
		if (verified.ok) this.#card = verified;
	}

	async #read(): Promise<void> {
		const { environment, app } = this.#options;
		try {
			const bytes = await environment.vault.store.read(this.#name);
			if (!bytes) return;
			this.#file = readVaultFile(bytes, this.#card, app);
			this.#isStored = true;
		} catch (error) {
			if (!(error instanceof ProtocolError || error instanceof ProfileError)) throw error;
			this.#problem = error.code === 'UNKNOWN_VERSION' ? NEWER : DAMAGED;
		}
	}

	/** Resolves when the account database has answered once, or cannot. */
	async #watchShelf(): Promise<void> {
		const { account, app } = this.#options;
		await new Promise<void>((resolve) => {
			account
				.open('vaultEntries', { app }, ({ entries, heard }) => {
					this.#heard = heard;
					void this.#merge(entries)
						.catch(() => {})
						.then(resolve);
				})
				// A damaged account database keeps nobody out of a vault that is here.
				.catch(() => resolve());
		});
	}

	/** Takes in what other devices know of, and gives back what they do not. */
	async #merge(shelf: readonly Uint8Array[]): Promise<void> {
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
		if (isNew && this.#problem !== NEWER) {
			await this.change((file) => ({ ...file, entries: mergeEntries(file.entries, read) }));
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
}

const NEWER = {
	code: 'NEWER',
	message: 'The ways into this vault were written by a newer version. Reload this page'
};
const DAMAGED = {
	code: 'DAMAGED',
	message: 'The ways into this vault cannot be read here. Another device may bring them back'
};
