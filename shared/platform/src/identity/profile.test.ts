import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { toHex, utf8 } from '../crypto/bytes.ts';
import { CryptoError } from '../crypto/errors.ts';
import { randomBytes } from '../crypto/random.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { personalScope } from './account-key.ts';
import { verifyCard } from './card.ts';
import { nodeDeviceKey, nodeProfileStore } from './profile-node.ts';
import { memoryDeviceKey, memoryProfileStore, ProfileError } from './profile-store.ts';
import { Profile, type ProfileOptions } from './profile.ts';

beforeAll(() => cryptoReady());

function newDevice(deviceName = 'laptop', more: Partial<ProfileOptions> = {}): ProfileOptions {
	return {
		store: memoryProfileStore(),
		deviceKey: memoryDeviceKey(randomBytes),
		now: () => 1_700_000_000_000,
		random: randomBytes,
		deviceName,
		runsOn: 'Node',
		...more
	};
}

async function nodeDevice(): Promise<{ folder: string; options: ProfileOptions }> {
	const folder = await mkdtemp(join(tmpdir(), 'slf-profile-'));
	onTestFinished(() => rm(folder, { recursive: true }));
	return {
		folder,
		options: newDevice('laptop', { store: nodeProfileStore(folder), deviceKey: nodeDeviceKey(folder) })
	};
}

async function codeOf(action: Promise<unknown>): Promise<string> {
	try {
		await action;
	} catch (error) {
		if (error instanceof ProfileError || error instanceof CryptoError) return error.code;
		throw error;
	}
	return 'no error';
}

const identityOf = (profile: Profile): string => profile.info().identity;

test('[I-10] changes that come at once are all kept: each begins with what the one before has written', async () => {
	const { options } = await nodeDevice();
	const profile = await Profile.open(options);
	const publicKey = new Uint8Array(32).fill(9);
	await Promise.all([
		profile.setName('Ada'),
		profile.setVaultKey('passwords', publicKey),
		profile.setDeviceName('desk'),
		profile.confirmWords(profile.words()!.join(' '), false)
	]);
	const again = await Profile.open(options);
	expect(again.info()).toMatchObject({ name: 'Ada', deviceName: 'desk', wordsConfirmed: true });
	const card = verifyCard(again.person().card);
	expect(card.ok && card.vaultKeys.get('passwords')?.publicKey).toEqual(publicKey);
});

describe('first start [I-6]', () => {
	test('makes words and an identity without asking, and is the same person ever after', async () => {
		const options = newDevice();
		const first = await Profile.open(options);
		expect(first.words()).toHaveLength(12);
		expect(first.info()).toMatchObject({
			name: '',
			deviceName: 'laptop',
			wordsConfirmed: false,
			wordsHere: true,
			unsecured: true
		});
		const again = await Profile.open(options);
		expect(again.person()).toEqual(first.person());
		expect(again.words()).toEqual(first.words());
		expect(structuredClone(again.person())).toEqual(first.person());
	});

	test('the card of a new person names their one device, which may add others', async () => {
		const profile = await Profile.open(newDevice());
		const card = verifyCard(profile.person().card);
		if (!card.ok) throw new Error(card.reason);
		expect(toHex(card.identity)).toBe(identityOf(profile));
		expect([...card.devices.keys()]).toEqual([profile.info().device]);
		expect([...card.devices.values()][0]).toMatchObject({ name: 'laptop', runsOn: 'Node', delegate: true });
		expect(card.agreementKey).toEqual(profile.person().agreement.publicKey);
	});

	test('T56 two devices with the same words are one person and share no device key', async () => {
		const one = await Profile.open(newDevice());
		const two = await Profile.open(newDevice('phone', { mnemonic: one.words()!.join(' ') }));
		expect(identityOf(two)).toBe(identityOf(one));
		expect(two.person().accountKey).toEqual(one.person().accountKey);
		expect(two.person().agreement).toEqual(one.person().agreement);
		expect(two.info().device).not.toBe(one.info().device);
		expect(two.person().deviceAgreement.publicKey).not.toEqual(one.person().deviceAgreement.publicKey);
		expect(two.info()).toMatchObject({ wordsConfirmed: true, wordsHere: false });
	});

	test('wrong words in the options are refused before anything is written', async () => {
		const options = newDevice('phone', { mnemonic: 'legal winner' });
		await expect(Profile.open(options)).rejects.toThrow('2 words');
		expect(await options.store.read('profile')).toBeUndefined();
	});
});

describe('words [I-7]', () => {
	test('leave the device once confirmed, unless they are to be kept', async () => {
		for (const keep of [false, true]) {
			const options = newDevice();
			const profile = await Profile.open(options);
			const words = profile.words()!;
			expect(await profile.confirmWords(words.join(' '), keep)).toEqual({ ok: true });
			const again = await Profile.open(options);
			expect(again.words()).toEqual(keep ? words : null);
			expect(again.info()).toMatchObject({ wordsConfirmed: true, wordsHere: keep });
		}
	});

	test('other valid words do not confirm, and the first that differs is named', async () => {
		const profile = await Profile.open(newDevice());
		const other = await Profile.open(newDevice());
		const result = await profile.confirmWords(other.words()!.join(' '), false);
		expect(result).toMatchObject({
			ok: false,
			index: profile.words()!.findIndex((word, i) => word !== other.words()![i])
		});
		expect(profile.info().wordsConfirmed).toBe(false);
		expect(await profile.confirmWords('legal winner', false)).toMatchObject({ ok: false });
	});

	test('restoring makes this a new device of that person, and keeps the former identity until its rows have moved', async () => {
		const ada = await Profile.open(newDevice());
		const options = newDevice('phone');
		const profile = await Profile.open(options);
		const before = profile.person();
		expect(await profile.restore(ada.words()!.join(' '))).toEqual({ ok: true, replaced: true });
		expect(identityOf(profile)).toBe(identityOf(ada));
		expect(profile.person().device.publicKey).not.toEqual(before.device.publicKey);
		// The device stops before the rows have moved.
		const again = await Profile.open(options);
		expect(again.former()).toEqual(before);
		expect(again.person()).toEqual(profile.person());
		expect(await codeOf(again.restore((await Profile.open(newDevice())).words()!.join(' ')))).toBe('FORMER_WAITS');
		await again.forgetFormer();
		expect((await Profile.open(options)).former()).toBeUndefined();
	});

	test("restoring with one's own words changes nothing but that they count as confirmed", async () => {
		const profile = await Profile.open(newDevice());
		const person = profile.person();
		expect(await profile.restore(profile.words()!.join(' '))).toEqual({ ok: true, replaced: false });
		expect(profile.person()).toEqual(person);
		expect(profile.info().wordsConfirmed).toBe(true);
	});

	test('restoring with wrong words says which, and changes nothing', async () => {
		const profile = await Profile.open(newDevice());
		const wrong = profile.words()!.with(4, 'zzzzz').join(' ');
		expect(await profile.restore(wrong)).toMatchObject({ ok: false, index: 4, word: 'zzzzz' });
		expect(profile.former()).toBeUndefined();
	});

	test('personal scopes are the same on two devices that never met', async () => {
		const one = (await Profile.open(newDevice())).words()!;
		const [a, b] = await Promise.all(
			[newDevice(), newDevice()].map((o) => Profile.open({ ...o, mnemonic: one.join(' ') }))
		);
		const scopeOf = (profile: Profile) =>
			personalScope(profile.person().identity, profile.person().accountKey0, 'notes');
		expect(scopeOf(a!)).toEqual(scopeOf(b!));
	});
});

describe('a profile that cannot be read [I-8]', () => {
	test('T60 without its device key nothing opens, nothing is overwritten, and the words bring everything back', async () => {
		const options = newDevice();
		const before = await Profile.open(options);
		const [words, person] = [before.words()!.join(' '), before.person()];
		const lost = { ...options, deviceKey: memoryDeviceKey(randomBytes) };
		expect(await codeOf(Profile.open(lost))).toBe('DEVICE_KEY_LOST');
		expect((await Profile.open(options)).person()).toEqual(person);

		const result = await Profile.recover(lost, words);
		if (!result.ok) throw new Error(result.reason);
		const after = result.profile.person();
		expect(after.identity).toEqual(person.identity);
		expect(after.accountKey).toEqual(person.accountKey);
		expect(after.device.publicKey).not.toEqual(person.device.publicKey);
		// The card knows the lost installation still: others must learn that it was this person's.
		const card = verifyCard(after.card);
		expect(card.ok && card.devices.size).toBe(2);
		expect((await Profile.open(lost)).person()).toEqual(after);
	});

	test('another key than the one that sealed it is told apart from damage', async () => {
		const options = newDevice();
		await Profile.open(options);
		const other = memoryDeviceKey(randomBytes);
		await other.create();
		expect(await codeOf(Profile.open({ ...options, deviceKey: other }))).toBe('DEVICE_KEY_LOST');
	});

	test('any altered byte is noticed, and no new identity is made instead', async () => {
		const options = newDevice();
		await Profile.open(options);
		const file = (await options.store.read('profile'))!;
		for (let at = 0; at < file.length; at += 7) {
			const altered = file.slice();
			altered[at]! ^= 1;
			await options.store.write('profile', altered);
			const code = await codeOf(Profile.open(options));
			expect(['DAMAGED', 'DEVICE_KEY_LOST', 'NEWER'], `byte ${at}: ${code}`).toContain(code);
			expect(await options.store.read('profile')).toEqual(altered);
		}
		const wrong = await Profile.recover(options, 'legal winner');
		expect(wrong.ok).toBe(false);
	});

	test('the words restore the identity even when every byte of the file is gone', async () => {
		const options = newDevice();
		const before = await Profile.open(options);
		const words = before.words()!.join(' ');
		await options.store.write('profile', utf8('nonsense'));
		expect(await codeOf(Profile.open(options))).toBe('DAMAGED');
		const result = await Profile.recover(options, words);
		expect(result.ok && identityOf(result.profile)).toBe(identityOf(before));
	});
});

describe('another device [I-9]', () => {
	test('gets everything but the words, can add further ones, and survives a restart', async () => {
		const laptop = await Profile.open(newDevice());
		await laptop.setName('Ada');
		const phoneOptions = newDevice('phone');
		const phone = await Profile.open(phoneOptions);
		const former = phone.person();
		const introduction = phone.introduce("Ada's phone");
		const { gift } = await laptop.addDevice(introduction);
		await phone.adopt(introduction, gift);

		expect(identityOf(phone)).toBe(identityOf(laptop));
		expect(phone.info()).toMatchObject({
			name: 'Ada',
			deviceName: "Ada's phone",
			wordsHere: false,
			wordsConfirmed: false
		});
		expect(phone.person().agreement).toEqual(laptop.person().agreement);
		expect(phone.person().accountKey0).toEqual(laptop.person().accountKey0);
		expect(phone.former()).toEqual(former);
		await phone.forgetFormer();
		expect((await Profile.open(phoneOptions)).person()).toEqual(phone.person());

		const tablet = await Profile.open(newDevice('tablet'));
		const second = tablet.introduce('tablet');
		await tablet.adopt(second, (await phone.addDevice(second)).gift);
		const card = verifyCard(tablet.person().card);
		expect(card.ok && [...card.devices.values()].map((device) => device.name).sort()).toEqual([
			"Ada's phone",
			'laptop',
			'tablet'
		]);
	});

	test('a gift opens for the device that it was made for, once', async () => {
		const laptop = await Profile.open(newDevice());
		const [phone, thief] = [await Profile.open(newDevice('phone')), await Profile.open(newDevice('thief'))];
		const introduction = phone.introduce('phone');
		const { gift } = await laptop.addDevice(introduction);
		const before = thief.person();
		expect(await codeOf(thief.adopt(introduction, gift))).toBe('NOT_ENTITLED');
		expect(await codeOf(thief.adopt(thief.introduce('phone'), gift))).toBe('WRONG_KEY');
		expect(thief.person()).toEqual(before);
		await phone.adopt(introduction, gift);
		expect(await codeOf(phone.adopt(introduction, gift))).toBe('NOT_ENTITLED');
	});

	test('a pairing that was given up leaves nothing behind', async () => {
		const options = newDevice('phone');
		const phone = await Profile.open(options);
		const file = await options.store.read('profile');
		const introduction = phone.introduce('phone');
		phone.withdraw(introduction);
		const { gift } = await (await Profile.open(newDevice())).addDevice(introduction);
		expect(await codeOf(phone.adopt(introduction, gift))).toBe('NOT_ENTITLED');
		expect(await options.store.read('profile')).toEqual(file);
	});

	test("what one device learns of the card, the other takes in; a stranger's card it does not", async () => {
		const laptop = await Profile.open(newDevice());
		const phone = await Profile.open(newDevice('phone', { mnemonic: laptop.words()!.join(' ') }));
		await phone.setName('Ada');
		expect(await laptop.mergeCard(phone.person().card)).toBe(true);
		expect(await laptop.mergeCard(phone.person().card)).toBe(false);
		expect(laptop.info().name).toBe('Ada');
		expect(await laptop.mergeCard((await Profile.open(newDevice())).person().card)).toBe(false);
		await laptop.setName('Ada L.');
		await phone.mergeCard(laptop.person().card);
		expect(phone.info().name).toBe('Ada L.');
	});
});

test('a person who renames themselves a hundred times has a card of the same size [I-3]', async () => {
	const laptop = await Profile.open(newDevice());
	const phone = await Profile.open(newDevice('phone', { mnemonic: laptop.words()!.join(' ') }));
	await laptop.setName('Ada 0');
	await phone.mergeCard(laptop.person().card);
	const { length } = phone.person().card;
	for (let i = 1; i < 100; i++) await (i % 2 ? laptop : phone).setName(`Ada ${i % 10}`);
	await phone.mergeCard(laptop.person().card);
	await laptop.mergeCard(phone.person().card);
	expect(laptop.person().card).toEqual(phone.person().card);
	expect(Math.abs(phone.person().card.length - length)).toBeLessThan(10);
});

describe('in a folder, for Node [I-10]', () => {
	test("files are readable by the person's own account only, and no temporary one is left", async () => {
		const { folder, options } = await nodeDevice();
		const profile = await Profile.open(options);
		expect((await readdir(folder)).sort()).toEqual(['device.key', 'profile']);
		for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
		expect((await Profile.open(options)).person()).toEqual(profile.person());
	});

	test('T55 neither words nor keys stand in the profile file', async () => {
		const { folder, options } = await nodeDevice();
		const profile = await Profile.open(options);
		const file = toHex(await readFile(join(folder, 'profile')));
		const { device, agreement, accountKey, deviceAgreement } = profile.person();
		// Three letters may stand anywhere by chance.
		for (const word of profile.words()!.filter(({ length }) => length > 4))
			expect(file).not.toContain(toHex(utf8(word)));
		for (const secret of [
			device.secretKey.subarray(0, 32),
			agreement.secretKey,
			accountKey,
			deviceAgreement.secretKey
		]) {
			expect(file).not.toContain(toHex(secret));
		}
		expect(file).toContain(toHex(device.publicKey));
	});

	test('a write that was cut off leaves the old profile', async () => {
		const { folder, options } = await nodeDevice();
		const profile = await Profile.open(options);
		await writeFile(join(folder, 'profile.new'), 'half a profi');
		expect((await Profile.open(options)).person()).toEqual(profile.person());
		await profile.setDeviceName('desk');
		expect((await Profile.open(options)).info().deviceName).toBe('desk');
	});

	test('a device key of the wrong length is damage, not a reason for a new one', async () => {
		const { folder, options } = await nodeDevice();
		await Profile.open(options);
		await writeFile(join(folder, 'device.key'), 'short');
		expect(await codeOf(Profile.open(options))).toBe('DAMAGED');
	});
});
