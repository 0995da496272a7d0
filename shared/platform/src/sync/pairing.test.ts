import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cryptoReady } from '../crypto/sodium.ts';
import { utf8 } from '../crypto/bytes.ts';
import { memoryDeviceKey, memoryProfileStore, Profile, verifyCard } from '../identity/index.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { approachHost, HandshakeError, tagOf } from './emoji-handshake.ts';
import { findHost } from './meeting.ts';
import { CODE_LIFETIME, createCode, enterPairing, PairingHost, readCode, type DeviceRequest } from './pairing.ts';
import { MemoryNetwork, type MemoryTransport } from './transport/memory.ts';
import type { Channel } from './transport/transport.ts';

beforeAll(() => cryptoReady());

let time: VirtualTime;
let random: Random;
let network: MemoryNetwork;
const draw = (length: number): Uint8Array => random.bytes(length);

beforeEach(() => {
	time = new VirtualTime();
	random = new Random(7);
	network = new MemoryNetwork({ timers: time, random: () => random.next() / 2 ** 32, delay: [5, 40] });
});

interface TestDevice {
	profile: Profile;
	transport: MemoryTransport;
}

async function device(name: string): Promise<TestDevice> {
	const profile = await Profile.open({
		store: memoryProfileStore(),
		deviceKey: memoryDeviceKey(draw),
		now: () => time.now(),
		random: draw,
		deviceName: name,
		runsOn: 'a test'
	});
	const transport = network.device(name);
	await transport.start();
	return { profile, transport };
}

/** Shows a code on a device. Requests are those that wait for a yes. */
function showCode({ profile, transport }: TestDevice) {
	const requests: DeviceRequest[] = [];
	const failures: string[] = [];
	const ports = { timers: time, random: draw, transport, addDevice: (i: Uint8Array) => profile.addDevice(i) };
	const host = new PairingHost(ports, () => {});
	transport.onChannel('pairing', (channel) => {
		let first = true;
		channel.onMessage((frame) => {
			if (!first) return;
			first = false;
			host.meet(channel, frame).then(
				(request) => requests.push(request),
				(error: HandshakeError) => failures.push(error.code)
			);
		});
	});
	return { host, requests, failures };
}

/** Enters a code on a device. */
function enter({ profile, transport }: TestDevice, code: string) {
	const result: { emojis?: string[]; outcome?: 'ok' | string } = {};
	const abort = new AbortController();
	const ports = {
		timers: time,
		random: draw,
		transport,
		introduce: () => Promise.resolve(profile.introduce('new phone')),
		adopt: (introduction: Uint8Array, gift: Uint8Array) => profile.adopt(introduction, gift),
		withdraw: (introduction: Uint8Array) => Promise.resolve(profile.withdraw(introduction))
	};
	enterPairing(readCode(code)!, ports, (emojis) => (result.emojis = emojis), abort.signal).then(
		() => (result.outcome = 'ok'),
		(error: HandshakeError) => (result.outcome = error.code)
	);
	return { result, abort };
}

describe('the code [P-1]', () => {
	test('holds 80 bits, is read however it is typed, and says when a character is wrong', () => {
		const code = createCode(draw);
		expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/);
		const secret = readCode(code);
		expect(readCode(code.toLowerCase().replaceAll('-', ' '))).toEqual(secret);
		expect(readCode(code.replaceAll('0', 'O').replaceAll('1', 'l'))).toEqual(secret);
		expect(readCode(`http://localhost:4173/notes/pair#${code}`)).toEqual(secret);
		expect(readCode('')).toBeUndefined();
		expect(readCode(code.slice(0, -1))).toBeUndefined();
		expect(readCode(`${code}0`)).toBeUndefined();
		const plain = code.replaceAll('-', '');
		for (let i = 0; i < plain.length; i++) {
			const wrong = plain[i] === '7' ? '8' : '7';
			expect(readCode(plain.slice(0, i) + wrong + plain.slice(i + 1)), `character ${i}`).toBeUndefined();
		}
	});

	test('two codes share neither tag nor key, and the tag is not the key', () => {
		const [a, b] = [readCode(createCode(draw))!, readCode(createCode(draw))!];
		expect(a.tag).not.toEqual(b.tag);
		expect(a.key).not.toEqual(b.key);
		expect(a.tag).not.toEqual(a.key);
	});
});

describe('pairing a second device [P-2]', () => {
	test('both show the same emojis, and after a yes the new one is the same person', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const { host, requests } = showCode(laptop);
		const { result } = enter(phone, host.code);
		await time.advance(1000);
		expect(requests).toHaveLength(1);
		expect(requests[0]!.introduction.name).toBe('new phone');
		expect(result.emojis).toEqual(requests[0]!.emojis);
		expect(result.outcome).toBeUndefined();
		expect(phone.profile.info().identity).not.toBe(laptop.profile.info().identity);

		await Promise.all([requests[0]!.accept(), time.advance(1000)]);
		expect(result.outcome).toBe('ok');
		expect(phone.profile.info()).toMatchObject({ identity: laptop.profile.info().identity, deviceName: 'new phone' });
		const card = verifyCard(phone.profile.person().card);
		expect(card.ok && card.devices.size).toBe(2);
	});

	test('the order in which the two devices begin does not matter', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const { host, requests } = showCode(laptop);
		await laptop.transport.stop();
		const { result } = enter(phone, host.code);
		await time.advance(5000);
		await laptop.transport.start();
		await time.advance(1000);
		expect(result.emojis).toEqual(requests[0]!.emojis);
	});

	test('after a no the new device is told, and nothing has changed on it', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const before = phone.profile.person();
		const { host, requests } = showCode(laptop);
		const { result } = enter(phone, host.code);
		await time.advance(1000);
		requests[0]!.decline();
		await time.advance(1000);
		expect(result.outcome).toBe('DECLINED');
		expect(phone.profile.person()).toEqual(before);
	});

	test('T25 a code serves once: a second device with it is told so, before and after the yes', async () => {
		const [laptop, phone, thief] = [await device('laptop'), await device('phone'), await device('thief')];
		const { host, requests, failures } = showCode(laptop);
		const secret = readCode(host.code)!;
		enter(phone, host.code);
		await time.advance(1000);
		// The tag is free again, so the thief knows from elsewhere whom to dial.
		for (const accept of [false, true]) {
			if (accept) await Promise.all([requests[0]!.accept(), time.advance(1000)]);
			const channel = await thief.transport.dial('laptop', 'pairing');
			const attempt = approachHost(channel, secret, { host: 'laptop', guest: 'thief' }, utf8('x'), {
				timers: time,
				random: draw
			});
			const outcome = attempt.catch((error: HandshakeError) => error.code);
			await time.advance(1000);
			expect(await outcome).toBe('USED');
		}
		expect(failures).toEqual(['USED', 'USED']);
		expect(requests).toHaveLength(1);
	});

	test('T25 a code expires after five minutes, also for a device that waits for a yes', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const late = showCode(laptop);
		await time.advance(CODE_LIFETIME);
		const first = enter(phone, late.host.code);
		await time.advance(60_000);
		expect(first.result.outcome).toBe('NOBODY');

		const { host, requests } = showCode(laptop);
		await time.advance(CODE_LIFETIME - 1000);
		const { result } = enter(phone, host.code);
		await time.advance(900);
		expect(requests).toHaveLength(1);
		await time.advance(1000);
		await expect(requests[0]!.accept()).rejects.toMatchObject({ code: 'EXPIRED' });
		await time.advance(1000);
		expect(result.outcome).toBe('EXPIRED');
		expect(laptop.profile.person().card).toEqual(laptop.profile.person().card);
		const card = verifyCard(laptop.profile.person().card);
		expect(card.ok && card.devices.size).toBe(1);
	});

	test('a wrong code finds nobody and says what to look at', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		showCode(laptop);
		const { result } = enter(phone, createCode(draw));
		await time.advance(60_000);
		expect(result.outcome).toBe('NOBODY');
		expect(new HandshakeError('NOBODY').message).toContain('code or link is right');
	});

	test('giving up on the new device ends the request on the other', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const { host, requests } = showCode(laptop);
		const { result, abort } = enter(phone, host.code);
		await time.advance(1000);
		let gone = false;
		void requests[0]!.over.then(() => (gone = true));
		abort.abort();
		await time.advance(1000);
		expect(result.outcome).toBe('CANCELLED');
		expect(gone).toBe(true);
		await expect(requests[0]!.accept()).rejects.toMatchObject({ code: 'LOST' });
	});

	test('a withdrawn code finds nobody', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const { host } = showCode(laptop);
		host.withdraw();
		const { result } = enter(phone, host.code);
		await time.advance(60_000);
		expect(result.outcome).toBe('NOBODY');
	});

	test('a connection that breaks leaves the new device as it was', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const before = phone.profile.person();
		const { host, requests } = showCode(laptop);
		const { result } = enter(phone, host.code);
		await time.advance(1000);
		network.partition({ phone: 1 });
		await time.advance(1000);
		expect(result.outcome).toBe('LOST');
		await expect(requests[0]!.accept()).rejects.toMatchObject({ code: 'LOST' });
		expect(phone.profile.person()).toEqual(before);
	});
});

describe('somebody in between [P-3]', () => {
	test('who knows the code and stands between the two shows them different emojis', async () => {
		for (let round = 0; round < 8; round++) {
			const names = [`laptop ${round}`, `phone ${round}`, `mallory ${round}`] as const;
			const [laptop, phone, mallory] = [await device(names[0]), await device(names[1]), await device(names[2])];
			const { host, requests } = showCode(laptop);
			const secret = readCode(host.code)!;
			// Mallory plays the host for the phone: a PairingHost with the same secret, under another peer id.
			const fake = showCode(mallory);
			Object.defineProperty(fake.host, 'secret', { value: secret });
			const played = enter(phone, fake.host.code);
			played.abort.abort();
			const channel = await phone.transport.dial(names[2], 'pairing');
			const victim = approachHost(
				channel,
				secret,
				{ host: names[2], guest: names[1] },
				phone.profile.introduce('phone'),
				ports()
			);
			const toHost = await mallory.transport.dial(names[0], 'pairing');
			const forged = approachHost(
				toHost,
				secret,
				{ host: names[0], guest: names[2] },
				mallory.profile.introduce('phone'),
				ports()
			);
			await time.advance(1000);
			expect((await victim).emojis).toEqual(fake.requests[0]!.emojis);
			expect((await forged).emojis).toEqual(requests[0]!.emojis);
			expect((await victim).emojis).not.toEqual(requests[0]!.emojis);
		}
	});

	test('passing everything on unchanged does not help either: the peer ids are in the emojis', async () => {
		const [laptop, phone, mallory] = [await device('laptop'), await device('phone'), await device('mallory')];
		const { host, requests } = showCode(laptop);
		const secret = readCode(host.code)!;
		mallory.transport.onChannel('pairing', (toPhone) => {
			void mallory.transport.dial('laptop', 'pairing').then((toLaptop) => splice(toPhone, toLaptop));
		});
		const channel = await phone.transport.dial('mallory', 'pairing');
		const victim = approachHost(
			channel,
			secret,
			{ host: 'mallory', guest: 'phone' },
			phone.profile.introduce('phone'),
			ports()
		);
		await time.advance(1000);
		// The key follows from the transcript too, so the host cannot even read the request.
		await victim;
		expect(requests).toHaveLength(0);
	});

	test('garbled frames end the attempt, use up nothing, and throw nothing at the host', async () => {
		const [laptop, phone, vandal] = [await device('laptop'), await device('phone'), await device('vandal')];
		const { host, requests, failures } = showCode(laptop);
		for (const frame of [utf8('garbage'), new Uint8Array(0), new Uint8Array(5000).fill(0xa2)]) {
			const channel = await vandal.transport.dial('laptop', 'pairing');
			await channel.send(frame);
			await time.advance(100);
		}
		expect(failures).toEqual(['GARBLED', 'GARBLED', 'GARBLED']);
		const { result } = enter(phone, host.code);
		await time.advance(1000);
		expect(result.emojis).toEqual(requests[0]!.emojis);
	});

	test('a device that has the code and stops in mid-sentence does not hold the host up', async () => {
		const [laptop, vandal] = [await device('laptop'), await device('vandal')];
		const { host, failures } = showCode(laptop);
		const channel = await findHostWith(vandal, host.code);
		let sent = 0;
		const mute: Channel = {
			peerId: channel.peerId,
			purpose: channel.purpose,
			dialled: true,
			how: 'memory',
			lastSeen: 0,
			closed: channel.closed,
			send: (message) => (sent++ === 0 ? channel.send(message) : Promise.resolve()),
			onMessage: (handler) => channel.onMessage(handler),
			close: (reason) => channel.close(reason)
		};
		void approachHost(mute, readCode(host.code)!, { host: 'laptop', guest: 'vandal' }, utf8('x'), ports()).catch(
			() => {}
		);
		await time.advance(60_000);
		expect(failures).toEqual(['LOST']);
	});

	test('a request that is no introduction is refused', async () => {
		const [laptop, vandal] = [await device('laptop'), await device('vandal')];
		const { host, failures } = showCode(laptop);
		const channel = await findHostWith(vandal, host.code);
		const answer = approachHost(
			channel,
			readCode(host.code)!,
			{ host: 'laptop', guest: 'vandal' },
			utf8('let me in'),
			ports()
		);
		await time.advance(1000);
		const outcome = (await answer).reply(10_000).catch((error: HandshakeError) => error.code);
		await time.advance(1000);
		expect(await outcome).toBe('GARBLED');
		expect(failures).toEqual(['GARBLED']);
	});

	test('only a frame of ours has a tag', () => {
		expect(tagOf(utf8('garbage'))).toBeUndefined();
		expect(tagOf(new Uint8Array(0))).toBeUndefined();
	});
});

const ports = () => ({ timers: time, random: draw });

async function findHostWith(guest: TestDevice, code: string): Promise<Channel> {
	const found = findHost(guest.transport, readCode(code)!, 10_000, time, new AbortController().signal);
	await time.advance(1000);
	return await found;
}

function splice(a: Channel, b: Channel): void {
	a.onMessage((message) => b.send(message));
	b.onMessage((message) => a.send(message));
}
