/**
 * The profile: the identity on this installation. It opens what is there or, at the very first start, makes words and
 * an identity silently. It never makes a new identity because an old one cannot be read: it says so, and the words
 * restore it.
 *
 * Every change is one write of one file (profile-state.ts), done before the method returns.
 */
import { equalBytes, toHex } from '../crypto/bytes.ts';
import { signingKeyPair, type KeyPair } from '../crypto/sign.ts';
import { mergeCards, verifyCard, withRecords } from './card.ts';
import { decodeIntroduction, sealGift, type DeviceGift, type DeviceIntroduction } from './device-gift.ts';
import { signStatement, type Statement } from './identity-record.ts';
import { Introductions, stateFromGift } from './introductions.ts';
import type { PersonKeys } from './person.ts';
import {
	decodeProfile,
	encodeProfile,
	openPart,
	personOf,
	sealPart,
	stateFromWords,
	type DeviceDescription,
	type Ports,
	type ProfileFile,
	type ProfileState,
	type Secrets
} from './profile-state.ts';
import { ProfileError, type DeviceKey, type ProfileStore } from './profile-store.ts';
import { rootFromWords } from './root.ts';
import { checkWords, createWords, type WordsProblem } from './words.ts';

const FILE = 'profile';

export interface ProfileOptions extends Ports {
	store: ProfileStore;
	deviceKey: DeviceKey;
	/** What to call this device until the person names it. */
	deviceName: string;
	/** What it runs on, such as 'Chromium on Linux'. */
	runsOn: string;
	/** Words of an identity that exists (`createPlatform({ mnemonic })`). Only used where there is no profile yet. */
	mnemonic?: string;
}

export interface ProfileInfo {
	/** Hex. */
	identity: string;
	name: string;
	/** Hex of the device's public key. */
	device: string;
	deviceName: string;
	/** How many devices the card names, this one among them. */
	devices: number;
	wordsConfirmed: boolean;
	wordsHere: boolean;
	/** Nothing but this installation's own files protects the keys. Always so in this version. */
	unsecured: boolean;
}

export class Profile {
	readonly #options: ProfileOptions;
	readonly #deviceKey: Uint8Array;
	#state: ProfileState;
	#former: ProfileState | undefined;
	readonly #introductions: Introductions;
	#turn: Promise<unknown> = Promise.resolve();

	private constructor(options: ProfileOptions, deviceKey: Uint8Array, state: ProfileState, former?: ProfileState) {
		this.#options = options;
		this.#introductions = new Introductions(options);
		this.#deviceKey = deviceKey;
		this.#state = state;
		this.#former = former;
	}

	/** Opens the profile, or makes one where there is none. Throws a ProfileError, and then has changed nothing. */
	static async open(options: ProfileOptions): Promise<Profile> {
		return (await Profile.find(options)) ?? (await Profile.#create(options));
	}

	/** Opens the profile if there is one. Throws a ProfileError. */
	static async find(options: ProfileOptions): Promise<Profile | undefined> {
		const bytes = await options.store.read(FILE);
		if (!bytes) return undefined;
		const file = decodeProfile(bytes);
		const deviceKey = await options.deviceKey.load();
		if (!deviceKey) {
			throw new ProfileError('DEVICE_KEY_LOST', 'The key of this device is gone; the 12 words restore the identity');
		}
		const former = file.former ? openPart(file.former, deviceKey) : undefined;
		return new Profile(options, deviceKey, openPart(file.current, deviceKey), former);
	}

	static async #create(options: ProfileOptions): Promise<Profile> {
		let words = createWords(options.random(16));
		if (options.mnemonic !== undefined) {
			const checked = checkWords(options.mnemonic);
			if (!checked.ok) throw new RangeError(checked.reason);
			words = checked.words;
		}
		const deviceKey = await options.deviceKey.create();
		const confirmed = { confirmed: options.mnemonic !== undefined, keep: false };
		return Profile.keep(options, deviceKey, stateFromWords(words, confirmed, describe(options), deviceKey, options));
	}

	/** The profile of a new state, written. `deviceKey` is what the device's key port holds. */
	static async keep(options: ProfileOptions, deviceKey: Uint8Array, state: ProfileState): Promise<Profile> {
		const profile = new Profile(options, deviceKey, state);
		await profile.#write();
		return profile;
	}

	/**
	 * Makes this installation a new device of the identity of these words when `open` could not read what is here. Of a
	 * profile of the same identity, card and wrap set are taken along; everything else of it is given up.
	 */
	static async recover(options: ProfileOptions, text: string): Promise<{ ok: true; profile: Profile } | WordsProblem> {
		const checked = checkWords(text);
		if (!checked.ok) return checked;
		const present = await readPresent(options.store, rootFromWords(checked.words).identity);
		const deviceKey = await options.deviceKey.create();
		const confirmed = { confirmed: true, keep: false };
		const state = stateFromWords(checked.words, confirmed, describe(options), deviceKey, options, present);
		return { ok: true, profile: await Profile.keep(options, deviceKey, state) };
	}

	/** Keys of the person, for engines and the network. */
	person(): PersonKeys {
		return personOf(this.#state);
	}

	/** Keys of the identity that was here before, while its rows have not moved. */
	former(): PersonKeys | undefined {
		return this.#former && personOf(this.#former);
	}

	/** Gives up the former identity: its rows have moved. */
	forgetFormer(): Promise<void> {
		return this.#inOrder(async () => {
			if (!this.#former) return;
			this.#former = undefined;
			await this.#write();
		});
	}

	info(): ProfileInfo {
		const { verified, secrets } = this.#state;
		return {
			identity: toHex(verified.identity),
			name: verified.name,
			device: toHex(this.#device().publicKey),
			deviceName: secrets.deviceName,
			devices: verified.devices.size,
			wordsConfirmed: secrets.wordsConfirmed,
			wordsHere: secrets.words !== null,
			unsecured: true
		};
	}

	/** The 12 words, or null when they have left this device. */
	words(): string[] | null {
		return this.#state.secrets.words?.slice() ?? null;
	}

	/** Whether these are the words of this identity; of no other words it says whose they are. */
	checkWords(text: string): { ok: true } | WordsProblem {
		const checked = checkWords(text);
		if (!checked.ok) return checked;
		if (equalBytes(rootFromWords(checked.words).identity, this.#state.verified.identity)) return { ok: true };
		const index = this.#state.secrets.words?.findIndex((word, i) => word !== checked.words[i]);
		const reason = 'These words are valid, but they are not the words of this identity.';
		return index === undefined ? { ok: false, reason } : { ok: false, reason, index, word: checked.words[index]! };
	}

	/** Marks the words as written down when they are typed right. Unless `keep`, they then leave this device. */
	confirmWords(text: string, keep: boolean): Promise<{ ok: true } | WordsProblem> {
		return this.#inOrder(async () => {
			const result = this.checkWords(text);
			if (!result.ok) return result;
			const checked = checkWords(text);
			await this.#change({ wordsConfirmed: true, words: keep && checked.ok ? checked.words : null });
			return { ok: true };
		});
	}

	/**
	 * Becomes the identity of these words, as a new device of it. The identity that was here becomes `former()`. With
	 * the words of the identity that is here already, they only count as confirmed. Throws a ProfileError FORMER_WAITS
	 * while the rows of an earlier identity have not moved.
	 */
	restore(text: string): Promise<{ ok: true; replaced: boolean } | WordsProblem> {
		return this.#inOrder(async () => {
			const checked = checkWords(text);
			if (!checked.ok) return checked;
			if (this.checkWords(text).ok) {
				await this.#change({ wordsConfirmed: true });
				return { ok: true, replaced: false };
			}
			const confirmed = { confirmed: true, keep: false };
			const next = stateFromWords(checked.words, confirmed, this.#description(), this.#deviceKey, this.#options);
			await this.#become(next);
			return { ok: true, replaced: true };
		});
	}

	setName(name: string): Promise<void> {
		return this.#inOrder(async () => {
			const version = this.#state.verified.nameVersion + 1;
			await this.#setCard(this.#cardWith({ type: 'NAME', name, version }, this.#device()));
		});
	}

	/** Certifies the agreement key of the person's vault of an app. False: the card says so already. */
	setVaultKey(app: string, publicKey: Uint8Array): Promise<boolean> {
		return this.#inOrder(async () => {
			const present = this.#state.verified.vaultKeys.get(app);
			if (present && equalBytes(present.publicKey, publicKey)) return false;
			const statement: Statement = { type: 'VAULT_KEY', app, version: (present?.version ?? -1) + 1, publicKey };
			await this.#setCard(this.#cardWith(statement, this.#device()));
			return true;
		});
	}

	/** The name in the card stays that of the adding; other devices read the newer one from the account database. */
	setDeviceName(deviceName: string): Promise<void> {
		return this.#inOrder(async () => {
			await this.#change({ deviceName });
		});
	}

	/** Takes in records that another own device learned of. True when there was something new. */
	mergeCard(card: Uint8Array): Promise<boolean> {
		return this.#inOrder(async () => {
			const merged = mergeCards(this.#state.card, card);
			if (!merged || equalBytes(merged, this.#state.card)) return false;
			await this.#setCard(merged);
			return true;
		});
	}

	/** First half of becoming somebody's device: keys for it, and what to say of them. Nothing is written. */
	introduce(deviceName: string): Uint8Array {
		return this.#introductions.introduce(deviceName, this.#state.secrets.place);
	}

	/** Forgets the keys of an introduction that came to nothing. */
	withdraw(introduction: Uint8Array): void {
		this.#introductions.withdraw(introduction);
	}

	/**
	 * Second half: becomes the device that `introduction` introduced, with the gift that the other device sealed for it.
	 * Throws ProtocolError, CryptoError, or a ProfileError when the gift is not for us; nothing has changed then.
	 */
	adopt(introduction: Uint8Array, sealed: Uint8Array): Promise<void> {
		return this.#inOrder(async () => {
			const opened = this.#introductions.openGift(introduction, sealed);
			const next = stateFromGift(opened, this.#deviceKey);
			if (equalBytes(next.verified.identity, this.#state.verified.identity)) await this.#replace(next);
			else await this.#become(next);
			this.withdraw(introduction);
		});
	}

	/**
	 * Adds a device to this identity and seals the gift for it. Throws a ProfileError NOT_ENTITLED where this device may
	 * not add others, ProtocolError for a malformed introduction.
	 */
	addDevice(introduction: Uint8Array): Promise<{ gift: Uint8Array; device: Uint8Array }> {
		return this.#inOrder(async () => {
			const newcomer = decodeIntroduction(introduction);
			const { card, gift } = this.#certify(newcomer, { name: newcomer.name, place: newcomer.place, delegate: true });
			await this.#setCard(card);
			return { gift, device: newcomer.device };
		});
	}

	/**
	 * Certifies another installation on this machine: it takes the name and the place of this one, and may not add
	 * others. Nothing is written here: the certificate is in the gift, and in `card`, to be merged when it was accepted.
	 * Throws as addDevice does.
	 */
	certifyNeighbour(introduction: Uint8Array): { gift: Uint8Array; card: Uint8Array } {
		const { deviceName, place } = this.#state.secrets;
		return this.#certify(decodeIntroduction(introduction), { name: deviceName, place, delegate: false });
	}

	#certify(
		newcomer: DeviceIntroduction,
		told: { name: string; place: Uint8Array; delegate: boolean }
	): { gift: Uint8Array; card: Uint8Array } {
		const { device, agreement, runsOn } = newcomer;
		const statement: Statement = { type: 'DEVICE_ADD', device, agreement, runsOn, ...told, time: this.#options.now() };
		const card = this.#cardWith(statement, this.#spokesman());
		const { wraps, account, secrets } = this.#state;
		const gift: DeviceGift = {
			card,
			wraps,
			accountKey: account.key,
			generation: account.generation,
			accountKey0: secrets.accountKey0,
			wordsConfirmed: secrets.wordsConfirmed
		};
		return { gift: sealGift(gift, newcomer), card };
	}

	/** Changes, one after the other: each begins with what the one before has written. */
	#inOrder<T>(change: () => Promise<T>): Promise<T> {
		const turn = this.#turn.then(change);
		this.#turn = turn.catch(() => {});
		return turn;
	}

	#device(): KeyPair {
		return signingKeyPair(this.#state.secrets.device);
	}

	/** The key with which this installation may add devices: the root while the words are here, else its own. */
	#spokesman(): KeyPair {
		const { words } = this.#state.secrets;
		if (words) return rootFromWords(words).sign;
		const own = this.#device();
		if (this.#state.verified.devices.get(toHex(own.publicKey))?.delegate !== true) {
			throw new ProfileError('NOT_ENTITLED', 'This device may not add others');
		}
		return own;
	}

	#description(): DeviceDescription {
		const { deviceName, runsOn, place } = this.#state.secrets;
		return { deviceName, runsOn, place };
	}

	#cardWith(statement: Statement, signer: KeyPair): Uint8Array {
		return withRecords(this.#state.card, signStatement(this.#state.verified.identity, statement, signer));
	}

	async #setCard(card: Uint8Array): Promise<void> {
		const verified = verifyCard(card);
		if (!verified.ok) throw new Error(`Refused to break our own card: ${verified.reason}`);
		await this.#replace({ ...this.#state, card, verified });
	}

	async #change(secrets: Partial<Secrets>): Promise<void> {
		await this.#replace({ ...this.#state, secrets: { ...this.#state.secrets, ...secrets } });
	}

	/** Another identity takes the place of this one, which becomes the former. */
	async #become(next: ProfileState): Promise<void> {
		if (this.#former) throw new ProfileError('FORMER_WAITS', 'What was written here before has not moved yet');
		const former = this.#state;
		await this.#write(next, former);
		this.#state = next;
		this.#former = former;
	}

	async #replace(next: ProfileState): Promise<void> {
		await this.#write(next);
		this.#state = next;
	}

	async #write(state = this.#state, former = this.#former): Promise<void> {
		const file: ProfileFile = {
			current: sealPart(state, this.#deviceKey),
			former: former ? sealPart(former, this.#deviceKey) : null
		};
		await this.#options.store.write(FILE, encodeProfile(file));
	}
}

function describe(options: ProfileOptions): DeviceDescription {
	return { deviceName: options.deviceName, runsOn: options.runsOn, place: options.random(16) };
}

/** Card and wrap set of the profile that is here, if it can be read and is of this identity. */
async function readPresent(store: ProfileStore, identity: Uint8Array) {
	try {
		const bytes = await store.read(FILE);
		if (!bytes) return undefined;
		const { current } = decodeProfile(bytes);
		const card = verifyCard(current.card);
		return card.ok && equalBytes(card.identity, identity) ? { card: current.card, wraps: current.wraps } : undefined;
	} catch (error) {
		if (error instanceof ProfileError) return undefined;
		throw error;
	}
}
