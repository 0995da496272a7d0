/** People and devices for tests: real identities from words, in memory, each step from a seed. */
import { cryptoReady } from '../crypto/index.ts';
import { memoryDeviceKey, memoryProfileStore, Profile, type PersonKeys } from '../identity/index.ts';
import { createWords } from '../identity/words.ts';
import type { Random } from './random.ts';

export class TestPerson {
	readonly words: string[];
	readonly name: string;
	readonly #random: Random;
	readonly #clock: () => number;
	#devices = 0;

	constructor(name: string, random: Random, clock: () => number) {
		this.name = name;
		this.#random = random;
		this.#clock = clock;
		this.words = createWords(random.bytes(16));
	}

	/** The keys of another device of this person, added by the words. */
	async device(): Promise<PersonKeys> {
		await cryptoReady();
		const profile = await Profile.open({
			store: memoryProfileStore(),
			deviceKey: memoryDeviceKey((size) => this.#random.bytes(size)),
			now: this.#clock,
			random: (size) => this.#random.bytes(size),
			deviceName: `${this.name} ${++this.#devices}`,
			runsOn: 'a test',
			mnemonic: this.words.join(' ')
		});
		await profile.setName(this.name);
		return profile.person();
	}
}
