/**
 * An installation that is nobody's yet. It waits for an identity to be handed to it: by another device (a pairing, or a
 * join from another origin of the same machine) or by the 12 words. It never makes one, and until then it has written
 * nothing: neither a file nor a key.
 */
import { Introductions, stateFromGift } from './introductions.ts';
import { Profile, type ProfileOptions } from './profile.ts';
import type { WordsProblem } from './words.ts';

export class Newcomer {
	readonly #options: ProfileOptions;
	readonly #introductions: Introductions;

	constructor(options: ProfileOptions) {
		this.#options = options;
		this.#introductions = new Introductions(options);
	}

	/** First half of becoming somebody's device: keys for it, and what to say of them. */
	introduce(deviceName: string): Uint8Array {
		return this.#introductions.introduce(deviceName, this.#options.random(16));
	}

	withdraw(introduction: Uint8Array): void {
		this.#introductions.withdraw(introduction);
	}

	/** Second half. Throws ProtocolError, CryptoError, or a ProfileError when the gift is not for us: nothing changed. */
	async adopt(introduction: Uint8Array, sealed: Uint8Array): Promise<Profile> {
		const opened = this.#introductions.openGift(introduction, sealed);
		// Before the profile, which it opens: a key without a profile is nothing, the next one takes its place.
		const deviceKey = await this.#options.deviceKey.create();
		const profile = await Profile.keep(this.#options, deviceKey, stateFromGift(opened, deviceKey));
		this.withdraw(introduction);
		return profile;
	}

	/** Becomes a new device of the identity of these words. */
	restore(text: string): Promise<{ ok: true; profile: Profile } | WordsProblem> {
		return Profile.recover(this.#options, text);
	}
}
