/** The wrap set of a vault, as somebody would attack it who has the disk, the account, or the home node. */
import { argon2id } from '@noble/hashes/argon2.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { equalBytes, toHex, utf8 } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { randomBytes } from '../crypto/random.ts';
import { signingKeyPair } from '../crypto/sign.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { personalScope } from './account-key.ts';
import { verifyCard, type IdentityCard } from './card.ts';
import { memoryDeviceKey, memoryProfileStore } from './profile-store.ts';
import { checkParameters, passphraseKey, passphraseProblem, usualParameters, WeakParameters } from './passphrase.ts';
import { Profile } from './profile.ts';
import type { PersonKeys } from './person.ts';
import {
	isNewer,
	openByPasskey,
	openPortable,
	readEntry,
	signEntry,
	wrapForPasskey,
	wrapPortable,
	type PortableEntry
} from './vault-entry.ts';
import { encodeVaultFile, mergeEntries, readVaultFile, vaultsOf, type VaultFile } from './vault-file.ts';
import {
	countAt,
	countAttempt,
	decodeAttempts,
	encodeAttempts,
	NO_ATTEMPTS,
	waitUntil,
	type AttemptCount
} from './vault-attempts.ts';
import { newVaultKey, vaultPerson, vaultPlace, type VaultKey } from './vault-key.ts';

const APP = 'passwords';
const FACTOR = new Uint8Array(32).fill(7);
let person: PersonKeys;
let card: IdentityCard;
let vault: VaultKey;

async function somebody(): Promise<PersonKeys> {
	const profile = await Profile.open({
		store: memoryProfileStore(),
		deviceKey: memoryDeviceKey(randomBytes),
		now: () => 1,
		random: randomBytes,
		deviceName: 'laptop',
		runsOn: 'a test'
	});
	return profile.person();
}

beforeAll(async () => {
	await cryptoReady();
	person = await somebody();
	const verified = verifyCard(person.card);
	if (!verified.ok) throw new Error(verified.reason);
	card = verified;
	vault = newVaultKey(randomBytes);
});

function said(more: Partial<Parameters<typeof wrapPortable>[1]> = {}): Parameters<typeof wrapPortable>[1] {
	const usual = { app: APP, vault: vault.id, madeAt: 5, type: 'words', version: 1, time: 9, argon2: null } as const;
	return { ...usual, ...more } as Parameters<typeof wrapPortable>[1];
}

const entry = (more: Parameters<typeof said>[0] = {}, factor = FACTOR): PortableEntry =>
	signEntry(wrapPortable(person, said(more), factor, vault), person.device);

function codeOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof CryptoError || error instanceof ProtocolError) return error.code;
		throw error;
	}
	return 'no error';
}

describe('the key of a vault [K-10]', () => {
	test('database, personal scope and agreement key of a vault have nothing of the account, and are of that vault alone', () => {
		const keys = vaultPerson(person, vault);
		expect(vaultPerson(person, vault)).toEqual(keys);
		const sameKeyElsewhere = vaultPerson(person, { id: randomBytes(16), key: vault.key });
		for (const other of [person, sameKeyElsewhere]) {
			expect(equalBytes(keys.accountKey, other.accountKey)).toBe(false);
			expect(equalBytes(keys.accountKey0, other.accountKey0)).toBe(false);
			expect(equalBytes(keys.agreement.secretKey, other.agreement.secretKey)).toBe(false);
		}
		const account = personalScope(person.identity, person.accountKey0, APP);
		const own = personalScope(person.identity, keys.accountKey0, vaultPlace(APP, vault.id));
		expect(equalBytes(account.id, own.id)).toBe(false);
		expect(equalBytes(account.epochKey, own.epochKey)).toBe(false);
	});
});

describe('entries of the wrap set [K-11]', () => {
	test('an entry opens with both account key and factor, and with neither alone', () => {
		const made = readEntry(entry().signed, card, APP);
		expect(openPortable(person, made, FACTOR)).toEqual(vault);
		const otherFactor = new Uint8Array(32).fill(8);
		expect(codeOf(() => openPortable(person, made, otherFactor))).toBe('WRONG_KEY');
		expect(codeOf(() => openPortable({ ...person, accountKey: otherFactor }, made, FACTOR))).toBe('WRONG_KEY');
	});

	test('T48 an envelope put under another type, version, vault, time of making or other parameters does not open', () => {
		const made = entry();
		for (const change of [
			{ version: 2 },
			{ madeAt: 6 },
			{ vault: randomBytes(16) },
			{ app: 'notes' },
			{ type: 'passphrase' as const },
			{ argon2: usualParameters(randomBytes) }
		]) {
			expect(codeOf(() => openPortable(person, { ...made, ...change }, FACTOR))).toBe('WRONG_KEY');
		}
	});

	test('[K-13] T14 an entry that somebody else signed, or nobody, is not read: no server and no stranger adds one', () => {
		const stranger = signingKeyPair(randomBytes(32));
		const forged = signEntry(wrapPortable(person, said(), FACTOR, vault), stranger);
		expect(codeOf(() => readEntry(forged.signed, card, APP))).toBe('BAD_SIGNATURE');
		const good = entry().signed;
		fc.assert(
			fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
				const bad = good.slice();
				bad[at]! ^= flip;
				expect(() => readEntry(bad, card, APP)).toThrow(ProtocolError);
			})
		);
	});

	test("T22 another person's entry, and one of another app, is not read", async () => {
		const other = await somebody();
		const theirs = signEntry(wrapPortable(other, said(), FACTOR, vault), other.device);
		expect(codeOf(() => readEntry(theirs.signed, card, APP))).toBe('WRONG_SHAPE');
		expect(codeOf(() => readEntry(entry().signed, card, 'notes'))).toBe('WRONG_SHAPE');
	});

	test('[K-13] T17 of two entries of one kind the newer counts on every device, and an old one never comes back', () => {
		const entries = [
			entry(),
			entry({ version: 2, time: 20 }),
			entry({ version: 2, time: 10 }),
			entry({ version: 3, time: 1 }),
			entry({ type: 'passphrase', argon2: usualParameters(randomBytes) }),
			signEntry({ ...entry({ version: 3, time: 1 }), envelope: null }, person.device)
		];
		const counting = mergeEntries(entries);
		expect(counting.map(({ type, version }) => [type, version])).toEqual([
			['passphrase', 1],
			['words', 3]
		]);
		fc.assert(
			fc.property(fc.array(fc.shuffledSubarray(entries, { minLength: 1 }), { maxLength: 5 }), (rounds) => {
				// However they arrive, in any order and any number of times, after all of them the same ones count.
				const arrived = [...rounds, entries].reduce<PortableEntry[]>((here, round) => mergeEntries(here, round), []);
				expect(arrived).toEqual(counting);
			})
		);
		expect(isNewer(entries[0]!, entries[1]!)).toBe(false);
	});

	test('[K-16] an entry for a passkey takes account key, PRF value and the secret of the installation', () => {
		const place = { vault: vault.id, credential: randomBytes(16), prfSalt: randomBytes(32) };
		const factor = randomBytes(64);
		const envelope = wrapForPasskey(person, APP, place, factor, vault);
		expect(openByPasskey(person, APP, place, factor, envelope)).toEqual(vault);
		for (const at of [0, 63]) {
			const other = factor.slice();
			other[at]! ^= 1;
			expect(codeOf(() => openByPasskey(person, APP, place, other, envelope))).toBe('WRONG_KEY');
		}
		const elsewhere = { ...place, credential: randomBytes(16) };
		expect(codeOf(() => openByPasskey(person, APP, elsewhere, factor, envelope))).toBe('WRONG_KEY');
		expect(codeOf(() => openByPasskey(person, 'notes', place, factor, envelope))).toBe('WRONG_KEY');
	});
});

describe('passphrases [K-12]', () => {
	test('T07 weak parameters are refused before anything is computed, and so are endless ones', async () => {
		const salt = new Uint8Array(16);
		for (const [memory, passes] of [
			[8, 1],
			[0, 0],
			[19 * 1024 - 1, 3],
			[64 * 1024, 1],
			[2 ** 31, 3],
			[64 * 1024, 1000]
		] as const) {
			const begun = performance.now();
			await expect(passphraseKey(utf8('correct horse'), { memory, passes, salt })).rejects.toThrow(WeakParameters);
			expect(performance.now() - begun).toBeLessThan(20);
		}
		expect(() => checkParameters({ memory: 19 * 1024, passes: 2, salt })).not.toThrow();
		expect(usualParameters(randomBytes)).toMatchObject({ memory: 65_536, passes: 3 });
	});

	test('T07 an entry says its own parameters under its signature: one without them, or words with them, is not read', () => {
		const without = entry({ type: 'passphrase' });
		expect(codeOf(() => readEntry(without.signed, card, APP))).toBe('WRONG_SHAPE');
		const withThem = entry({ argon2: usualParameters(randomBytes) });
		expect(codeOf(() => readEntry(withThem.signed, card, APP))).toBe('WRONG_SHAPE');
	});

	test('Argon2id is that of RFC 9106: another implementation gives the same key', async () => {
		const salt = randomBytes(16);
		const key = await passphraseKey(utf8('pässwort'), { memory: 19 * 1024, passes: 2, salt });
		expect(key).toEqual(argon2id(utf8('pässwort'), salt, { m: 19 * 1024, t: 2, p: 1, dkLen: 32 }));
	});

	test('fewer than eight characters are refused; characters are counted, not bytes', () => {
		expect(passphraseProblem(utf8('1234567'))).toContain('8');
		expect(passphraseProblem(utf8('éééé'))).toContain('8');
		expect(passphraseProblem(utf8('12345678'))).toBeUndefined();
		expect(passphraseProblem(utf8('🗝️🗝️🗝️🗝️'))).toBeUndefined();
		expect(passphraseProblem(new Uint8Array(5000).fill(97))).toContain('long');
	});
});

describe("an installation's vault file [K-14]", () => {
	const fileOf = (more: Partial<VaultFile> = {}): VaultFile => ({
		identity: person.identity,
		app: APP,
		version: 3,
		prfSalt: randomBytes(32),
		lockAfter: 300_000,
		hiddenAfter: 60_000,
		entries: [entry()],
		passkeys: [
			{
				vault: vault.id,
				credential: randomBytes(32),
				name: 'This laptop',
				addedAt: 4,
				transports: ['internal'],
				envelope: randomBytes(400)
			}
		],
		...more
	});

	test('it gives back what was written, to the device that wrote it and the others of its person', () => {
		const file = fileOf();
		expect(readVaultFile(encodeVaultFile(file, person.device), card, APP)).toEqual(file);
	});

	test('T52 with any byte changed, cut off or added nothing of it is read', () => {
		const good = encodeVaultFile(fileOf(), person.device);
		expect(() => readVaultFile(good, card, APP)).not.toThrow();
		fc.assert(
			fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
				const bad = good.slice();
				bad[at]! ^= flip;
				expect(() => readVaultFile(bad, card, APP)).toThrow(ProtocolError);
			}),
			{ numRuns: 500 }
		);
		fc.assert(
			fc.property(fc.nat({ max: good.length - 1 }), (length) => {
				expect(() => readVaultFile(good.subarray(0, length), card, APP)).toThrow(ProtocolError);
			})
		);
		expect(() => readVaultFile(new Uint8Array([...good, 0]), card, APP)).toThrow(ProtocolError);
	});

	test('T22 the file of another person or app is not read', async () => {
		const other = await somebody();
		const theirs = encodeVaultFile(fileOf({ identity: other.identity, entries: [] }), other.device);
		expect(codeOf(() => readVaultFile(theirs, card, APP))).toBe('BAD_SIGNATURE');
		expect(codeOf(() => readVaultFile(encodeVaultFile(fileOf(), person.device), card, 'notes'))).toBe('WRONG_SHAPE');
	});

	test('[K-17] of two vaults of one person the older is the vault, whatever arrives first', () => {
		const younger = newVaultKey(randomBytes);
		const wrapped = wrapPortable(person, said({ vault: younger.id, madeAt: 6 }), FACTOR, younger);
		const both = [signEntry(wrapped, person.device), entry()];
		for (const entries of [both, [...both].reverse()]) {
			expect(vaultsOf(entries).map(({ hex }) => hex)).toEqual([toHex(vault.id), toHex(younger.id)]);
		}
	});
});

describe('waits between attempts [K-15]', () => {
	/** What somebody waits for who tries at once, again and again. */
	function waits(times: number): number[] {
		let count: AttemptCount = NO_ATTEMPTS.passphrase;
		return Array.from({ length: times }, () => {
			count = countAttempt(count, 1000);
			return waitUntil(count) === 0 ? 0 : (waitUntil(count) - 1000) / 1000;
		});
	}

	test('two mistakes cost nothing; then the wait grows up to an hour, and stays there', () => {
		expect(waits(12)).toEqual([0, 0, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600]);
	});

	test('a clock that is set back neither shortens a wait nor makes it longer than it was', () => {
		const count = { failed: 5, at: 1_000_000 };
		expect(waitUntil(countAt(count, 1_010_000))).toBe(1_060_000);
		const setBack = countAt(count, 400_000);
		expect(waitUntil(setBack)).toBe(460_000);
		expect(countAt(setBack, 430_000)).toEqual(setBack);
	});

	test('counts survive in their file; one that cannot be read counts as none', () => {
		const attempts = { passphrase: { failed: 4, at: 77 }, words: { failed: 1, at: 5 } };
		expect(decodeAttempts(encodeAttempts(attempts))).toEqual(attempts);
		expect(decodeAttempts(utf8('nonsense'))).toEqual(NO_ATTEMPTS);
		expect(decodeAttempts(undefined)).toEqual(NO_ATTEMPTS);
	});
});
