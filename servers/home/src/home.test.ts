import { afterEach, expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { Libp2pTransport } from '../../../shared/platform/src/sync/transport/libp2p.ts';
import type { Channel, TransportStatus } from '../../../shared/platform/src/sync/transport/transport.ts';
import { TestHome } from './testing.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function home(): Promise<TestHome> {
	const node = await new TestHome().start();
	cleanups.push(() => node.remove());
	return node;
}

async function device(url: string): Promise<Libp2pTransport> {
	const transport = await Libp2pTransport.create({ seed: randomBytes(32), homeNode: url });
	cleanups.push(() => transport.stop());
	await transport.start();
	return transport;
}

function reached(transport: Libp2pTransport, state: TransportStatus['homeNode']): Promise<TransportStatus> {
	return new Promise((resolve) => {
		const check = (status: TransportStatus): void => {
			if (status.homeNode !== state) return;
			stop();
			resolve(status);
		};
		const stop = transport.onStatus(check);
		check(transport.status());
	});
}

/** Answers each message with itself, on the lane it came by. */
function echo(transport: Libp2pTransport): void {
	transport.onChannel('sync', (channel) => channel.onMessage((message, lane) => channel.send(message, lane)));
}

function nextMessage(channel: Channel): Promise<Uint8Array> {
	return new Promise((resolve) => channel.onMessage((message) => resolve(message)));
}

test('[N-1] two devices find each other by a tag and talk through the home node', async () => {
	const { url } = await home();
	const [laptop, phone] = [await device(url), await device(url)];
	await Promise.all([reached(laptop, 'connected'), reached(phone, 'connected')]);
	echo(phone);

	const tag = randomBytes(32);
	const seen = new Promise<Uint8Array>((resolve) => laptop.rendezvous.onPeer((_, blob) => resolve(blob)));
	laptop.rendezvous.register(tag, Buffer.from(laptop.peerId));
	phone.rendezvous.register(tag, Buffer.from(phone.peerId));
	const found = Buffer.from(await seen).toString();
	expect(found).toBe(phone.peerId);

	const channel = await laptop.dial(found, 'sync');
	expect(channel.how).toBe('relayed');
	await channel.send(Buffer.from('hello'));
	expect(Buffer.from(await nextMessage(channel)).toString()).toBe('hello');
});

async function pair(url: string): Promise<[Libp2pTransport, Libp2pTransport]> {
	const devices: [Libp2pTransport, Libp2pTransport] = [await device(url), await device(url)];
	await Promise.all(devices.map((one) => reached(one, 'connected')));
	return devices;
}

test('[N-2] a megabyte goes both ways through the circuit, unchanged, on the bulk lane', async () => {
	const { url } = await home();
	const [laptop, phone] = await pair(url);
	echo(phone);
	const channel = await laptop.dial(phone.peerId, 'sync');
	const sent = randomBytes(1024 * 1024);
	const back = nextMessage(channel);
	await channel.send(sent, 'bulk');
	expect(Buffer.compare(await back, sent)).toBe(0);
});

test('[N-2] a message larger than the window of its lane arrives whole', async () => {
	const { url } = await home();
	const [laptop, phone] = await pair(url);
	echo(phone);
	const channel = await laptop.dial(phone.peerId, 'sync');
	const sent = randomBytes(5_000_001);
	const back = nextMessage(channel);
	await channel.send(sent, 'bulk');
	expect(Buffer.compare(await back, sent)).toBe(0);
});

test('[N-2] a receiver that does not read holds the sender back, and only then', async () => {
	const { url } = await home();
	const [laptop, phone] = await pair(url);
	const release = Promise.withResolvers<void>();
	let received = 0;
	phone.onChannel('sync', (channel) =>
		channel.onMessage(async () => {
			received++;
			await release.promise;
		})
	);
	const channel = await laptop.dial(phone.peerId, 'sync');
	let sent = 0;
	const all = Promise.all(
		Array.from({ length: 100 }, () => channel.send(new Uint8Array(64 * 1024), 'bulk').then(() => sent++))
	);
	// The control lane is not held back by the bulk lane.
	await expect.poll(() => sent).toBe(16);
	await channel.send(Buffer.from('still here'));
	expect(sent).toBe(16);
	release.resolve();
	await all;
	await expect.poll(() => received).toBe(101);
});

test('[N-3] after the home node was restarted, devices are back and reachable within five seconds', async () => {
	const node = await home();
	const [laptop, phone] = await pair(node.url);
	echo(phone);
	const before = await laptop.dial(phone.peerId, 'sync');
	await node.stop();
	await before.closed;
	await Promise.all([reached(laptop, 'offline'), reached(phone, 'offline')]);

	const restarted = Date.now();
	await node.start();
	await Promise.all([reached(laptop, 'connected'), reached(phone, 'connected')]);
	const channel = await laptop.dial(phone.peerId, 'sync');
	await channel.send(Buffer.from('again'));
	expect(Buffer.from(await nextMessage(channel)).toString()).toBe('again');
	expect(Date.now() - restarted).toBeLessThan(5000);
});

test('[N-4] without a home node the status says so in words, and a dial fails with a reason', async () => {
	const transport = await device('ws://127.0.0.1:9/p2p');
	const status = await reached(transport, 'offline');
	expect(status.reason).toBe('the home node does not answer');
	await expect(transport.dial(transport.peerId.replace(/...$/, 'aaa'), 'sync')).rejects.toThrow('not connected');
});

test('[N-5] a channel of a kind that nobody here takes is closed', async () => {
	const { url } = await home();
	const [laptop, phone] = await pair(url);
	const channel = await laptop.dial(phone.peerId, 'pairing');
	expect(typeof (await channel.closed)).toBe('string');
});

test('[N-6] a page of another origin cannot open a socket, the own page and a program can', async () => {
	const { port } = await home();
	const { request } = await import('node:http');
	const attempt = (headers: Record<string, string>): Promise<number> =>
		new Promise((resolve, reject) => {
			const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
			const key = { 'sec-websocket-key': randomBytes(16).toString('base64') };
			const sent = request({ host: '127.0.0.1', port, path: '/p2p', headers: { ...upgrade, ...key, ...headers } });
			sent.on('response', (response) => resolve(response.statusCode ?? 0));
			sent.on('upgrade', (_, socket) => {
				socket.destroy();
				resolve(101);
			});
			sent.on('error', reject);
			sent.end();
		});
	expect(await attempt({})).toBe(101);
	expect(await attempt({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(101);
	expect(await attempt({ host: `passwords.localhost:${port}`, origin: `http://passwords.localhost:${port}` })).toBe(
		101
	);
	expect(await attempt({ host: `localhost:${port}`, origin: 'https://evil.example' })).toBe(403);
	expect(await attempt({ host: `localhost:${port}`, origin: `http://localhost:${port + 1}` })).toBe(403);
	expect(await attempt({ host: `localhost:${port}`, origin: 'null' })).toBe(403);
	// DNS rebinding: the attacker's name resolves to us, so origin and host agree.
	expect(await attempt({ host: `evil.example:${port}`, origin: `http://evil.example:${port}` })).toBe(403);
});

test('[N-6] the page can ask which relay it talks to', async () => {
	const node = await home();
	const answer = await fetch(`http://127.0.0.1:${node.port}/p2p/peer`);
	expect(await answer.json()).toEqual({ peerId: node.home.peerId });
});

test('[N-3] a device that left gives its place at the relay free', async () => {
	const node = await home();
	const [laptop, phone] = await pair(node.url);
	const { reservations } = node.home.node.services.relay;
	expect(reservations.size).toBe(2);
	await laptop.stop();
	await expect.poll(() => reservations.size).toBe(1);
	await phone.stop();
	await expect.poll(() => reservations.size).toBe(0);
});
