/** Real devices over a real home node: what the platform's own tests show over a network in memory. */
import { readFileSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { noise } from '@libp2p/noise';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { afterEach, expect, test } from 'vitest';
import { cryptoReady } from '@slf/platform/crypto';
import { MAILBOX_PROTOCOL, RENDEZVOUS_PROTOCOL, framesOf } from '@slf/platform/protocol';
import type { PersonKeys } from '../../../shared/platform/src/identity/person.ts';
import type { Replica } from '../../../shared/platform/src/log/replica.ts';
import { SyncEngine } from '../../../shared/platform/src/sync/engine.ts';
import { homeAddress, homeSocket } from '../../../shared/platform/src/sync/transport/home-socket.ts';
import { Libp2pTransport } from '../../../shared/platform/src/sync/transport/libp2p.ts';
import { systemTimers } from '../../../shared/platform/src/sync/transport/system-timers.ts';
import { TestPerson } from '../../../shared/platform/src/testing/people.ts';
import { Random } from '../../../shared/platform/src/testing/random.ts';
import { openTestReplica } from '../../../shared/platform/src/testing/replica.ts';
import { storeOf } from '../../../shared/platform/src/testing/sync-device.ts';
import { TestHome } from './testing.ts';

await cryptoReady();

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function home(): Promise<TestHome> {
	const node = await new TestHome().start();
	cleanups.push(() => node.remove());
	return node;
}

interface Device {
	replica: Replica;
	engine: SyncEngine;
	person: PersonKeys;
}

const newPerson = (name: string): TestPerson =>
	new TestPerson(name, new Random(randomBytes(4).readUInt32LE()), Date.now);

async function device(url: string, of: TestPerson): Promise<Device> {
	const person = await of.device();
	const random = new Random(randomBytes(4).readUInt32LE());
	const { replica } = await openTestReplica({ person, clock: Date.now, random });
	return { replica, person, engine: await start(url, replica, person) };
}

async function start(url: string, replica: Replica, person: PersonKeys): Promise<SyncEngine> {
	const engine = new SyncEngine({
		transport: await Libp2pTransport.create({ seed: randomBytes(32), homeNode: url }),
		self: { card: person.card, device: person.device },
		timers: systemTimers,
		random: Math.random,
		randomBytes: (size) => randomBytes(size)
	});
	cleanups.push(() => engine.stop());
	await engine.addStore(storeOf(replica));
	await engine.start();
	return engine;
}

const write = ({ replica }: Device, id: string, title: string): void =>
	void replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', [id, replica.personalScope(), title]);

const titles = ({ replica }: Device): unknown[] =>
	replica.run('SELECT title FROM blocks WHERE title IS NOT NULL ORDER BY id').rows.flat();

const poll = { timeout: 15_000, interval: 5 };

test('[N-10] two devices of one person meet at the home node, and each has what the other writes', async () => {
	const { url } = await home();
	const alice = newPerson('Alice');
	const [laptop, phone] = [await device(url, alice), await device(url, alice)];
	write(laptop, 'a', 'from the laptop');
	write(phone, 'b', 'from the phone');
	const both = ['from the laptop', 'from the phone'];
	await expect.poll(() => titles(laptop), poll).toEqual(both);
	await expect.poll(() => titles(phone), poll).toEqual(both);
	await expect.poll(() => laptop.engine.status().peers.map(({ how }) => how), poll).toEqual(['relayed']);
});

test('[N-20] a note reaches a device that was away, though the home node was restarted in between', async () => {
	const node = await home();
	const alice = newPerson('Alice');
	const laptop = await device(node.url, alice);
	write(laptop, 'a', 'kept while you were away');
	await expect.poll(() => laptop.engine.status().scopes[0]?.copies, poll).toBe(1);
	await laptop.engine.stop();
	await node.stop();
	await node.start();
	const phone = await device(node.url, alice);
	await expect.poll(() => titles(phone), poll).toEqual(['kept while you were away']);
});

test('[E-7] [N-7] a row with a blob of 5 MB reaches a device that is connected, and one that was away', async () => {
	const { url } = await home();
	const alice = newPerson('Alice');
	const [laptop, phone] = [await device(url, alice), await device(url, alice)];
	const blob = randomBytes(5_000_000);
	const insert = 'INSERT INTO blocks (id, scope_id, title, data) VALUES (?, ?, ?, ?)';
	laptop.replica.run(insert, ['a', laptop.replica.personalScope(), 'five', new Uint8Array(blob)]);
	const arrived = ({ replica }: Device) => replica.run("SELECT data FROM blocks WHERE title = 'five'").rows[0]?.[0];
	await expect.poll(() => arrived(phone) !== undefined, poll).toBe(true);
	expect(blob.equals(arrived(phone) as Uint8Array)).toBe(true);
	await expect.poll(() => laptop.engine.status().scopes[0]?.copies, poll).toBe(2);
	await laptop.engine.stop();
	await phone.engine.stop();
	const tablet = await device(url, alice);
	await expect.poll(() => arrived(tablet) !== undefined, poll).toBe(true);
	expect(blob.equals(arrived(tablet) as Uint8Array)).toBe(true);
});

test('[N-28] what people write is found nowhere in the files of the home node', async () => {
	const node = await home();
	const alice = newPerson('Alice');
	const laptop = await device(node.url, alice);
	const canary = `canary ${randomBytes(12).toString('hex')}`;
	write(laptop, 'a', canary);
	await expect.poll(() => laptop.engine.status().scopes[0]?.copies, poll).toBe(1);
	const files = (): Buffer =>
		Buffer.concat(readdirSync(node.dataDir).map((name) => readFileSync(join(node.dataDir, name))));
	// The control: what the home node is allowed to see, the author's pseudonym, is found by the same scan.
	const author = Buffer.from(laptop.replica.syncScopes()[0]?.author as Uint8Array);
	expect(files().includes(author)).toBe(true);
	for (const secret of [canary, 'blocks', 'Alice', Buffer.from(laptop.person.identity)]) {
		expect(files().includes(secret), String(secret)).toBe(false);
	}
});

/** A stranger who speaks a protocol of the home node badly. */
async function stranger(url: string, protocol: string) {
	const node = await createLibp2p({
		transports: [homeSocket(url)],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux()],
		connectionGater: { denyDialMultiaddr: () => false }
	});
	cleanups.push(async () => node.stop());
	const connection = await node.dial(homeAddress(url));
	return connection.newStream(protocol);
}

test('[N-8] T26: nonsense and oversize on a stream of the home node end that stream, are counted, and hurt nobody else', async () => {
	const node = await home();
	const laptop = await device(node.url, newPerson('Alice'));
	const nonsense = Buffer.concat([...framesOf(randomBytes(50))].map(({ frame }) => frame));
	const oversize = new Uint8Array([0xff, 0xff, 0xff, 0xff]);
	let faults = 0;
	for (const protocol of [RENDEZVOUS_PROTOCOL, MAILBOX_PROTOCOL]) {
		for (const bytes of [nonsense, oversize]) {
			const stream = await stranger(node.url, protocol);
			stream.send(bytes);
			await expect.poll(() => node.home.faults, poll).toBe(++faults);
		}
	}
	write(laptop, 'a', 'still served');
	await expect.poll(() => laptop.engine.status().scopes[0]?.copies, poll).toBe(1);
});
