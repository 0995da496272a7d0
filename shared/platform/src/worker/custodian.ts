/**
 * Keeps the profile of this installation, and gives the engines their keys. It runs in the account's engine worker,
 * which the leader starts before every other.
 *
 * Where nothing may make an identity (the vault's origin) there may be none yet. Then engines and network are told
 * NO_IDENTITY, until a pairing, a join or the words bring one, and everything starts again.
 *
 * A profile that cannot be read is not replaced: the custodian then answers everything with the reason, except the
 * words that restore the identity.
 */

import { toHex } from '../crypto/bytes.ts';
import { isVaultDatabase, Newcomer, Profile, ProfileError, type ProfileOptions } from '../identity/index.ts';
import { checkWords } from '../identity/words.ts';
import { ACCOUNT, type AccountCalls, type AccountStreams } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { CallHandlers, StreamHandlers } from '../protocol/link.ts';
import type { IdentityInfo } from '../protocol/shapes.ts';
import { databaseName, databaseOf, type Environment } from './environment.ts';
import type { CustodianCalls } from './worker-calls.ts';

/** So long after the answer to a call that replaced the identity, everything is started again, in ms. */
const RESTART_AFTER = 250;

export interface CustodianOptions {
	environment: Environment;
	/** Words for the very first start. */
	mnemonic?: string;
	/** False: where there is no identity, none is made. */
	makeIdentity?: boolean;
	/** Starts every engine and the network again, with the keys that the profile has now. */
	restart: () => void;
	/** Looks a person up in the account database. */
	findCard: (person: string) => Promise<Uint8Array | undefined>;
}

export class Custodian {
	readonly #options: CustodianOptions;
	readonly #listeners = new Set<(info: IdentityInfo) => void>();
	#profile: Profile | Newcomer | PlatformError;

	private constructor(options: CustodianOptions, profile: Profile | Newcomer | PlatformError) {
		this.#options = options;
		this.#profile = profile;
	}

	/** @throws PlatformError BAD_WORDS */
	static async open(options: CustodianOptions): Promise<Custodian> {
		try {
			return new Custodian(options, await openProfile(options));
		} catch (error) {
			if (error instanceof ProfileError) return new Custodian(options, new PlatformError(error.code, error.message));
			// Nothing was made: the next start may come with better words, or none.
			if (error instanceof RangeError) throw new PlatformError('BAD_WORDS', error.message);
			throw error;
		}
	}

	/** @throws PlatformError with the reason why there is none */
	get profile(): Profile {
		const profile = this.#someone;
		if (profile instanceof Newcomer) throw new PlatformError('NO_IDENTITY', 'This installation belongs to nobody yet');
		return profile;
	}

	/** There is no identity here yet. */
	get isNewcomer(): boolean {
		return this.#profile instanceof Newcomer;
	}

	/** Whoever may be handed an identity: also an installation that has none. */
	get #someone(): Profile | Newcomer {
		if (this.#profile instanceof PlatformError) throw this.#profile;
		return this.#profile;
	}

	/** For tabs. */
	readonly calls: CallHandlers<AccountCalls> = {
		identity: () => this.profile.info(),
		words: () => this.profile.words(),
		checkWords: ({ text }) => this.profile.checkWords(text),
		confirmWords: async ({ text, keep }) => {
			const result = await this.profile.confirmWords(text, keep);
			this.#tell();
			return result;
		},
		restore: async ({ text }) => {
			if (!(this.#profile instanceof Profile)) return this.#recover(text);
			if (checkWords(text).ok && !this.profile.checkWords(text).ok) await this.#refuseWithVault();
			const result = await this.profile.restore(text);
			if (!result.ok) return result;
			if (result.replaced) this.#restartSoon();
			else this.#tell();
			return { ok: true };
		},
		setName: async ({ name }) => {
			await this.profile.setName(name);
			this.#tell();
		},
		setDeviceName: async ({ name }) => {
			await this.profile.setDeviceName(name);
			this.#tell();
		},
		setAside: async ({ database }) => {
			if (!/^[a-z][a-z0-9-]{0,31}$/.test(database) || database === ACCOUNT) {
				throw new PlatformError('BAD_APP', 'There is no such database to set aside');
			}
			const { files, clock } = this.#options.environment;
			await files.setAside(databaseName(this.profile.person().identity, database), clock());
		}
	};

	readonly streams: StreamHandlers<AccountStreams> = {
		identity: (_args, emit) => {
			emit(this.profile.info());
			this.#listeners.add(emit);
			return () => this.#listeners.delete(emit);
		}
	};

	/** For other workers. */
	readonly workerCalls: CallHandlers<CustodianCalls> = {
		person: () => ({ person: this.profile.person(), former: this.profile.former() ?? null }),
		self: () => {
			const { name, device, deviceName } = this.profile.info();
			return { card: this.profile.person().card, name, device, deviceName };
		},
		moved: () => this.#forgetFormer(),
		findCard: async ({ person }) => {
			const hex = typeof person === 'string' ? person.toLowerCase() : toHex(person);
			return (await this.#options.findCard(hex)) ?? null;
		},
		introduce: ({ deviceName }) => this.#someone.introduce(deviceName),
		withdrawIntroduction: ({ introduction }) => this.#someone.withdraw(introduction),
		adopt: async ({ introduction, gift }) => {
			const someone = this.#someone;
			if (someone instanceof Profile) await this.#refuseWithVault();
			if (someone instanceof Newcomer) this.#profile = await someone.adopt(introduction, gift);
			else await someone.adopt(introduction, gift);
			this.#restartSoon();
		},
		addDevice: ({ introduction }) => this.profile.addDevice(introduction),
		mergeCard: async ({ card }) => {
			const isNew = await this.profile.mergeCard(card);
			if (isNew) this.#tell();
			return isNew;
		},
		sayVaultKey: async ({ app, publicKey }) => {
			if (await this.profile.setVaultKey(app, publicKey)) this.#tell();
		}
	};

	/**
	 * What another app wrote moves along when an identity is replaced. A vault cannot: it takes what opens it, and the
	 * account alone never does.
	 */
	async #refuseWithVault(): Promise<void> {
		const { identity } = this.profile.person();
		const names = await this.#options.environment.files.list();
		if (!names.some((name) => isVaultDatabase(databaseOf(name, identity) ?? ''))) return;
		throw new PlatformError(
			'VAULT_HERE',
			'There is a vault of the present identity here. Export it and clear the data of this site before it becomes another'
		);
	}

	async #recover(text: string) {
		const result = await Profile.recover(profileOptions(this.#options), text);
		if (!result.ok) return result;
		this.#profile = result.profile;
		this.#restartSoon();
		return { ok: true } as const;
	}

	/** The former identity goes when the last of its databases has moved; its account database has nothing to move. */
	async #forgetFormer(): Promise<void> {
		const former = this.profile.former();
		if (!former) return;
		const { files } = this.#options.environment;
		const left = (await files.list()).filter((name) => databaseOf(name, former.identity) !== undefined);
		const account = left.find((name) => databaseOf(name, former.identity) === 'account');
		if (left.length > (account === undefined ? 0 : 1)) return;
		if (account !== undefined) await files.remove(account);
		await this.profile.forgetFormer();
	}

	#tell(): void {
		const info = this.profile.info();
		for (const listener of [...this.#listeners]) listener(info);
	}

	#restartSoon(): void {
		this.#options.environment.after(RESTART_AFTER, this.#options.restart);
	}
}

async function openProfile(options: CustodianOptions): Promise<Profile | Newcomer> {
	const { makeIdentity = true, mnemonic } = options;
	const open = profileOptions(options);
	if (makeIdentity || mnemonic !== undefined) return Profile.open(open);
	return (await Profile.find(open)) ?? new Newcomer(open);
}

function profileOptions({ environment, mnemonic }: CustodianOptions): ProfileOptions {
	const { profile, clock, random } = environment;
	return { ...profile, now: clock, random, ...(mnemonic === undefined ? {} : { mnemonic }) };
}
