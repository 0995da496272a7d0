import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { equalBytes, toHex, utf8 } from '../crypto/bytes.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import { memoryDeviceKey, memoryProfileStore, Newcomer, Profile, verifyCard } from '../identity/index.ts';
import { decodeIntroduction } from '../identity/device-gift.ts';
import type { ProfileOptions } from '../identity/index.ts';
import { encode } from '../protocol/cbor.ts';
import { JOIN_LIFETIME } from '../protocol/joining.ts';
import type { Origins } from '../protocol/origins.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { joinSuite, receiveVault, type JoinError, type JoinGuestPorts, type VaultRequest } from './joining.ts';

beforeAll(() => cryptoReady());

const ORIGINS: Origins = { suite: 'http://localhost:4173', vault: 'http://passwords.localhost:4173' };

let time: VirtualTime;
let random: Random;
const draw = (length: number): Uint8Array => random.bytes(length);
const ports: MessagePort[] = [];

beforeEach(() => {
	time = new VirtualTime();
	random = new Random(11);
});
afterEach(() => {
	for (const port of ports.splice(0)) port.close();
});

function channel(): { suiteEnd: MessagePort; vaultEnd: MessagePort } {
	const { port1, port2 } = new MessageChannel();
	ports.push(port1, port2);
	return { suiteEnd: port1, vaultEnd: port2 };
}

/** Lets everything that was posted arrive. */
async function settled(): Promise<void> {
	for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function options(deviceName: string): ProfileOptions {
	return {
		store: memoryProfileStore(),
		deviceKey: memoryDeviceKey(draw),
		now: () => time.now(),
		random: draw,
		deviceName,
		runsOn: 'a test'
	};
}

const somebody = async (deviceName = 'laptop'): Promise<Profile> => Profile.open(options(deviceName));

/** The suite's end: what its desk does with the port. */
function suite(profile: Profile, port: MessagePort, origins = ORIGINS) {
	const seen: { request?: VaultRequest; failure?: string; over?: string } = {};
	const hostPorts = {
		timers: time,
		random: draw,
		certify: (introduction: Uint8Array) => profile.certifyNeighbour(introduction),
		keep: (card: Uint8Array) => profile.mergeCard(card)
	};
	receiveVault(port, origins, hostPorts).then(
		(request) => {
			seen.request = request;
			void request.over.then((code) => (seen.over = code));
		},
		(error: JoinError) => (seen.failure = error.code)
	);
	return seen;
}

/** The vault's end. */
function vault(port: MessagePort, changed: Partial<JoinGuestPorts> = {}, origins = ORIGINS) {
	const own = options('nobody’s');
	const newcomer = new Newcomer(own);
	const abort = new AbortController();
	const seen: { emojis?: string[]; outcome?: string; profile?: Profile } = {};
	const guestPorts: JoinGuestPorts = {
		timers: time,
		random: draw,
		introduce: async () => newcomer.introduce('Passwords'),
		adopt: async (introduction, gift) => {
			seen.profile = await newcomer.adopt(introduction, gift);
		},
		withdraw: async (introduction) => newcomer.withdraw(introduction),
		...changed
	};
	joinSuite(port, origins, guestPorts, (emojis) => (seen.emojis = emojis), abort.signal).then(
		() => (seen.outcome = 'joined'),
		(error: JoinError) => (seen.outcome = error.code)
	);
	return { seen, abort, store: own.store, newcomer };
}

const cardOf = (profile: Profile) => {
	const card = verifyCard(profile.person().card);
	if (!card.ok) throw new Error(card.reason);
	return card;
};

describe('joining the suite on this machine [K-2]', () => {
	test('both pages show the same emojis; after a yes the vault is an installation of the same person, on the same place', async () => {
		const profile = await somebody();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { seen, store } = vault(vaultEnd);
		await settled();
		expect(seen.emojis).toHaveLength(4);
		expect(seen.emojis).toEqual(host.request!.emojis);
		expect(seen.outcome).toBeUndefined();
		expect(await store.read('profile')).toBeUndefined();
		expect(cardOf(profile).devices.size).toBe(1);

		await host.request!.accept();
		await settled();
		expect(seen.outcome).toBe('joined');
		const joined = seen.profile!;
		expect(joined.info()).toMatchObject({ identity: profile.info().identity, deviceName: 'laptop', wordsHere: false });
		expect(joined.words()).toBeNull();
		expect(joined.person().accountKey).toEqual(profile.person().accountKey);
		const [own, other] = [...cardOf(profile).devices.values()].sort((a) => (a.delegate ? -1 : 1));
		expect(cardOf(profile).devices.size).toBe(2);
		expect(toHex(other!.publicKey)).toBe(joined.info().device);
		expect(equalBytes(own!.place, other!.place)).toBe(true);
		expect(other).toMatchObject({ name: 'laptop', delegate: false });
		expect(decodeIntroduction(joined.introduce('again')).place).toEqual(own!.place);
	});

	test('what joined adds nobody: it has neither words nor the right', async () => {
		const profile = await somebody();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { seen } = vault(vaultEnd);
		await settled();
		await host.request!.accept();
		await settled();
		const third = new Newcomer(options('third'));
		const introduction = third.introduce('third');
		await expect(seen.profile!.addDevice(introduction)).rejects.toMatchObject({ code: 'NOT_ENTITLED' });
		expect(() => seen.profile!.certifyNeighbour(introduction)).toThrow('may not add others');
	});

	test('after a no nothing has changed on either side', async () => {
		const profile = await somebody();
		const before = profile.person();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { seen, store } = vault(vaultEnd);
		await settled();
		host.request!.decline();
		await settled();
		expect(seen.outcome).toBe('DECLINED');
		expect(await store.read('profile')).toBeUndefined();
		expect(profile.person()).toEqual(before);
	});

	test('whoever gives up in Passwords ends the request, and it cannot be accepted any more', async () => {
		const profile = await somebody();
		const before = profile.person();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { seen, abort } = vault(vaultEnd);
		await settled();
		abort.abort();
		await settled();
		expect(seen.outcome).toBe('CANCELLED');
		expect(host.over).toBe('CANCELLED');
		await expect(host.request!.accept()).rejects.toMatchObject({ code: 'LOST' });
		expect(profile.person()).toEqual(before);
	});

	test('after two minutes it is over, on both sides, also when the yes comes in that moment', async () => {
		const profile = await somebody();
		const before = profile.person();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { seen, store } = vault(vaultEnd);
		await settled();
		await time.advance(JOIN_LIFETIME - 1);
		expect(seen.outcome).toBeUndefined();
		await time.advance(1);
		await settled();
		expect(seen.outcome).toBe('EXPIRED');
		expect(host.over).toBe('EXPIRED');
		await expect(host.request!.accept()).rejects.toMatchObject({ code: 'EXPIRED' });
		expect(await store.read('profile')).toBeUndefined();
		expect(profile.person()).toEqual(before);
	});

	test('a page that took the port and never speaks holds nobody up for longer than a step', async () => {
		const profile = await somebody();
		const silentGuest = channel();
		const host = suite(profile, silentGuest.suiteEnd);
		const silentHost = channel();
		const { seen } = vault(silentHost.vaultEnd);
		await settled();
		await time.advance(30_000);
		await settled();
		expect(host.failure).toBe('LOST');
		expect(seen.outcome).toBe('LOST');
	});
});

describe('nothing is left half [K-3]', () => {
	test('the vault dies between the gift and keeping it: the suite knows nothing of it, and it is nobody’s still', async () => {
		const profile = await somebody();
		const before = profile.person();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const { store, newcomer } = vault(vaultEnd, { adopt: () => new Promise(() => {}) });
		await settled();
		const answer = host.request!.accept();
		const refused = expect(answer).rejects.toMatchObject({ code: 'LOST' });
		await settled();
		await time.advance(30_000);
		await refused;
		expect(profile.person()).toEqual(before);
		expect(await store.read('profile')).toBeUndefined();
		// And it can be tried again.
		const again = channel();
		const second = suite(profile, again.suiteEnd);
		const retry = vault(again.vaultEnd, {
			introduce: async () => newcomer.introduce('Passwords'),
			adopt: async (introduction, gift) => void (await newcomer.adopt(introduction, gift)),
			withdraw: async () => {}
		});
		await settled();
		await second.request!.accept();
		await settled();
		expect(retry.seen.outcome).toBe('joined');
		expect(cardOf(profile).devices.size).toBe(2);
	});

	test('a gift that cannot be kept (a full disk) is told, and neither side has it', async () => {
		const profile = await somebody();
		const before = profile.person();
		const { suiteEnd, vaultEnd } = channel();
		const host = suite(profile, suiteEnd);
		const own = options('vault');
		const full = new Newcomer({
			...own,
			store: { read: own.store.read, write: () => Promise.reject(new DOMException('full', 'QuotaExceededError')) }
		});
		const { seen } = vault(vaultEnd, {
			introduce: async () => full.introduce('Passwords'),
			adopt: async (introduction, gift) => void (await full.adopt(introduction, gift))
		});
		await settled();
		await expect(host.request!.accept()).rejects.toMatchObject({ code: 'FAILED' });
		await settled();
		expect(seen.outcome).toBe('FAILED');
		expect(profile.person()).toEqual(before);
		expect(await Profile.find(own)).toBeUndefined();
	});

	test('the vault’s last word is lost: it has joined, and its own card convinces the suite later', async () => {
		const profile = await somebody();
		const { suiteEnd, vaultEnd } = channel();
		// A port that dies right after the gift went over it.
		let sent = 0;
		const lossy = {
			postMessage: (message: unknown) => void (++sent < 3 && vaultEnd.postMessage(message)),
			close: () => vaultEnd.close(),
			set onmessage(handler: ((event: MessageEvent) => void) | null) {
				vaultEnd.onmessage = handler;
			}
		} as unknown as MessagePort;
		const host = suite(profile, suiteEnd);
		const { seen } = vault(lossy);
		await settled();
		const refused = expect(host.request!.accept()).rejects.toMatchObject({ code: 'LOST' });
		await settled();
		expect(seen.outcome).toBe('joined');
		await time.advance(30_000);
		await refused;
		expect(cardOf(profile).devices.size).toBe(1);
		expect(await profile.mergeCard(seen.profile!.person().card)).toBe(true);
		expect([...cardOf(profile).devices.keys()]).toContain(seen.profile!.info().device);
	});
});

describe('hostile messages [K-4]', () => {
	test('a script between the two pages, with a port to each, shows them different emojis', async () => {
		for (let round = 0; round < 8; round++) {
			const [profile, mallory] = [await somebody(), await somebody('mallory')];
			const [toSuite, toVault] = [channel(), channel()];
			const host = suite(profile, toSuite.suiteEnd);
			const { seen } = vault(toVault.vaultEnd);
			const forged = vault(toSuite.vaultEnd);
			const fake = suite(mallory, toVault.suiteEnd);
			await settled();
			expect(seen.emojis).toEqual(fake.request!.emojis);
			expect(forged.seen.emojis).toEqual(host.request!.emojis);
			expect(seen.emojis).not.toEqual(host.request!.emojis);
		}
	});

	test('a page of any other origin cannot even say hello: the origins are in every message', async () => {
		for (const other of [
			{ ...ORIGINS, vault: 'http://passwords.localhost:6666' },
			{ ...ORIGINS, suite: 'http://evil.example' },
			{ suite: ORIGINS.vault, vault: ORIGINS.suite }
		]) {
			const profile = await somebody();
			const { suiteEnd, vaultEnd } = channel();
			const host = suite(profile, suiteEnd);
			const { seen } = vault(vaultEnd, {}, other);
			await settled();
			expect(host.failure).toBe('GARBLED');
			expect(seen.outcome).toBe('LOST');
			expect(seen.emojis).toBeUndefined();
		}
	});

	test('a request that is no introduction is refused', async () => {
		for (const content of [new Uint8Array(0), utf8('no CBOR'), encode({ v: 2 }), encode({ v: 1, device: draw(32) })]) {
			const profile = await somebody();
			const { suiteEnd, vaultEnd } = channel();
			const host = suite(profile, suiteEnd);
			const { seen } = vault(vaultEnd, { introduce: async () => content, withdraw: async () => {} });
			await settled();
			expect(host.failure).toBe('GARBLED');
			expect(seen.outcome).toBe('GARBLED');
		}
	});

	test('a gift for somebody else, or no gift at all, changes nothing in the vault', async () => {
		const [profile, other] = [await somebody(), await somebody()];
		const stranger = new Newcomer(options('stranger'));
		const foreign = stranger.introduce('Passwords');
		const gifts = [
			() => profile.certifyNeighbour(foreign).gift,
			() => new Uint8Array(0),
			() => draw(500),
			(introduction: Uint8Array) =>
				other.certifyNeighbour(introduction).gift.map((byte, at) => (at === 99 ? ~byte : byte))
		];
		for (const gift of gifts) {
			const { suiteEnd, vaultEnd } = channel();
			const { seen, store } = vault(vaultEnd);
			const host = receiveVault(suiteEnd, ORIGINS, {
				timers: time,
				random: draw,
				certify: (introduction) => ({ gift: gift(introduction), card: draw(10) }),
				keep: () => Promise.reject(new Error('never'))
			});
			await settled();
			await expect((await host).accept()).rejects.toMatchObject({ code: 'GARBLED' });
			await settled();
			expect(seen.outcome).toBe('GARBLED');
			expect(await store.read('profile')).toBeUndefined();
		}
	});

	test('messages that are not bytes, too large, or too many end the port, on either side', async () => {
		const hostile: unknown[][] = [
			['hello'],
			[{ type: 'HELLO', commitment: draw(32) }],
			[42, undefined, true],
			[[draw(32)]],
			[new ArrayBuffer(64)],
			[new Uint16Array(32)],
			[new Uint8Array(1024 * 1024)],
			Array.from({ length: 40 }, () => draw(60))
		];
		for (const messages of hostile) {
			const profile = await somebody();
			const before = profile.person();
			const toSuite = channel();
			const host = suite(profile, toSuite.suiteEnd);
			for (const message of messages) toSuite.vaultEnd.postMessage(message);
			const toVault = channel();
			const { seen, store } = vault(toVault.vaultEnd);
			for (const message of messages) toVault.suiteEnd.postMessage(message);
			await settled();
			expect(['LOST', 'GARBLED']).toContain(host.failure);
			expect(['LOST', 'GARBLED']).toContain(seen.outcome);
			expect(host.request).toBeUndefined();
			expect(profile.person()).toEqual(before);
			expect(await store.read('profile')).toBeUndefined();
		}
	});

	test('whatever bytes come, in whatever place of a real conversation, nobody is given anything', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.nat({ max: 2 }),
				fc.uint8Array({ maxLength: 600 }),
				fc.boolean(),
				async (at, bytes, replace) => {
					const profile = await somebody();
					const { suiteEnd, vaultEnd } = channel();
					const host = suite(profile, suiteEnd);
					// Everything the vault says goes through a hand that puts these bytes in at one place.
					const inner = channel();
					let count = 0;
					inner.suiteEnd.onmessage = ({ data }) => {
						if (count++ === at) vaultEnd.postMessage(bytes);
						if (count - 1 !== at || !replace) vaultEnd.postMessage(data);
					};
					vaultEnd.onmessage = ({ data }) => inner.suiteEnd.postMessage(data);
					const { seen } = vault(inner.vaultEnd);
					await settled();
					await host.request?.accept().catch(() => {});
					await settled();
					// Put in before the suite has certified: refused. Put in after the vault was done: it had joined.
					if (at < 2) {
						expect(seen.outcome).not.toBe('joined');
						expect(cardOf(profile).devices.size).toBe(1);
					}
				}
			),
			{ numRuns: 40, seed: 20261123 }
		);
	});
});
