// The network alone, in Node: a home node in a process of its own, two devices in this one, everything on loopback. What
// a browser adds is in `latency`.
//
//   connect      WebSocket, Noise, reservation, rendezvous: until the home node counts as connected
//   dial         circuit through the home node and both lanes, until the other side has answered one message
//   round trip   one small message to the other device and back through the home node
//   throughput   bulk lane, one direction, with credit
//   commit       one committed row on one device until it is in the tables of the other
//   deposit      one record until it is on the mailbox's disk
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cryptoReady } from '../src/crypto/index.ts';
import type { PersonKeys } from '../src/identity/person.ts';
import { recordHeader } from '../src/protocol/record.ts';
import { SyncEngine } from '../src/sync/engine.ts';
import { Libp2pTransport } from '../src/sync/transport/libp2p.ts';
import { systemTimers } from '../src/sync/transport/system-timers.ts';
import type { Channel } from '../src/sync/transport/transport.ts';
import { TestPerson } from '../src/testing/people.ts';
import { Random } from '../src/testing/random.ts';
import { openTestReplica } from '../src/testing/replica.ts';
import { storeOf } from '../src/testing/sync-device.ts';
import { resultLine, rounded, table } from './lib/report.ts';

const ROUNDS = 500;
const BULK = 32 * 1024 * 1024;

const percentile = (values: readonly number[], p: number): number =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * p) / 100))] ?? 0;

const dataDir = mkdtempSync(join(tmpdir(), 'slf-bench-home-'));
const measured = new Map<string, number[]>();
const stops: (() => Promise<void>)[] = [];

async function startHome(): Promise<{ url: string; process: ChildProcess }> {
	const main = join(import.meta.dirname, '../../../servers/home/src/main.ts');
	const child = spawn(process.execPath, [main, '--port', '0', '--data', dataDir], {
		stdio: ['ignore', 'pipe', 'inherit']
	});
	const url = await new Promise<string>((resolve, reject) => {
		child.stdout.on('data', (text: Buffer) => {
			const found = /ws:\S+\/p2p/.exec(text.toString());
			if (found) resolve(found[0]);
		});
		child.once('exit', () => reject(new Error('The home node did not start.')));
	});
	return { url, process: child };
}

async function measure<T>(name: string, work: () => Promise<T>): Promise<T> {
	const start = performance.now();
	const result = await work();
	measured.set(name, [...(measured.get(name) ?? []), performance.now() - start]);
	return result;
}

async function connect(url: string): Promise<Libp2pTransport> {
	const transport = await Libp2pTransport.create({ seed: randomBytes(32), homeNode: url });
	await measure('connect', async () => {
		await transport.start();
		await connected(transport);
	});
	return transport;
}

function connected(transport: Libp2pTransport): Promise<void> {
	return new Promise((resolve) => {
		const stop = transport.onStatus(({ homeNode }) => {
			if (homeNode !== 'connected') return;
			stop();
			resolve();
		});
		if (transport.status().homeNode === 'connected') resolve();
	});
}

/** Sends and waits for the answer to come back whole. */
class Echo {
	#resolve: (() => void) | undefined;
	readonly #channel: Channel;

	constructor(channel: Channel) {
		this.#channel = channel;
		channel.onMessage(() => this.#resolve?.());
	}

	async roundTrip(message: Uint8Array): Promise<void> {
		const back = new Promise<void>((resolve) => (this.#resolve = resolve));
		await this.#channel.send(message);
		await back;
	}
}

async function channels(url: string): Promise<void> {
	for (let round = 0; round < 10; round++) await (await connect(url)).stop();
	const [one, two] = [await connect(url), await connect(url)];
	let received = 0;
	let whole: (() => void) | undefined;
	two.onChannel('sync', (channel) =>
		channel.onMessage(async (message, lane) => {
			if (lane === 'control') return channel.send(message);
			received += message.length;
			if (received === BULK) whole?.();
		})
	);
	const first = await measure('dial', async () => {
		const channel = await one.dial(two.peerId, 'sync');
		await new Echo(channel).roundTrip(new Uint8Array(32));
		return channel;
	});
	const echo = new Echo(first);
	for (let round = 0; round < ROUNDS; round++) await measure('round trip', () => echo.roundTrip(new Uint8Array(200)));
	const start = performance.now();
	const done = new Promise<void>((resolve) => (whole = resolve));
	for (let sent = 0; sent < BULK; sent += 256 * 1024) await first.send(new Uint8Array(256 * 1024), 'bulk');
	await done;
	measured.set('throughput', [BULK / 1e6 / ((performance.now() - start) / 1000)]);
	await Promise.all([one.stop(), two.stop()]);
}

async function device(url: string, person: PersonKeys) {
	const random = new Random(randomBytes(4).readUInt32LE());
	const { replica } = await openTestReplica({ person, clock: Date.now, random });
	const transport = await Libp2pTransport.create({ seed: randomBytes(32), homeNode: url });
	const engine = new SyncEngine({
		transport,
		self: { card: person.card, device: person.device },
		timers: systemTimers,
		random: Math.random,
		randomBytes: (size) => randomBytes(size)
	});
	stops.push(() => engine.stop());
	await engine.addStore(storeOf(replica));
	await engine.start();
	return { replica, engine, transport };
}

async function commits(url: string): Promise<void> {
	const alice = new TestPerson('Alice', new Random(1), Date.now);
	const [laptop, phone] = [await device(url, await alice.device()), await device(url, await alice.device())];
	while (laptop.engine.presence.peers().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
	const scope = laptop.replica.personalScope();
	laptop.replica.run('INSERT INTO blocks (id, scope_id, content) VALUES (?, ?, ?)', ['note', scope, '']);
	await new Promise((resolve) => setTimeout(resolve, 1000));
	let arrived: (() => void) | undefined;
	phone.replica.onCommit(({ local }) => {
		if (!local) arrived?.();
	});
	for (let round = 0; round < 200; round++) {
		await measure('commit', async () => {
			const there = new Promise<void>((resolve) => (arrived = resolve));
			// A REALTIME column: what the network does for a keystroke.
			laptop.replica.run('UPDATE blocks SET content = ? WHERE id = ?', ['x'.repeat(round + 1), 'note']);
			await there;
		});
	}
	await deposits(laptop, url);
}

async function deposits({ replica }: Awaited<ReturnType<typeof device>>, url: string): Promise<void> {
	const transport = await Libp2pTransport.create({ seed: randomBytes(32), homeNode: url });
	stops.push(() => transport.stop());
	const ready = new Promise((resolve) => transport.mailbox.onReady(resolve));
	await transport.start();
	await ready;
	const records = replica.ownSince(replica.syncScopes()[0]?.id ?? '', { access: 0, data: 0 }, 2 ** 30);
	const tag = recordHeader(records[0] as Uint8Array).header.tag;
	// Known to the mailbox by now, so new ones are written for the purpose.
	for (let round = 0; round < 100; round++) {
		replica.run('UPDATE blocks SET title = ? WHERE id = ?', [`title ${round}`, 'note']);
		const all = replica.ownSince(replica.syncScopes()[0]?.id ?? '', { access: 0, data: 0 }, 2 ** 30);
		await measure('deposit', () => transport.mailbox.deposit(tag, [all.at(-1) as Uint8Array]));
	}
}

await cryptoReady();
const home = await startHome();
try {
	await channels(home.url);
	await commits(home.url);
} finally {
	for (const stop of stops) await stop();
	home.process.kill();
	rmSync(dataDir, { recursive: true, force: true });
}

const results: Record<string, number> = {};
const rows: string[][] = [['', 'p50', 'p95', 'max']];
for (const [name, values] of measured) {
	const unit = name === 'throughput' ? 'mb_s' : 'ms';
	const key = name.replaceAll(' ', '_');
	const shown = [50, 95, 100].map((p) => rounded(percentile(values, p)));
	results[`${key}_p50_${unit}`] = shown[0] ?? 0;
	if (unit === 'ms') results[`${key}_p95_ms`] = shown[1] ?? 0;
	rows.push([`${name} (${unit === 'ms' ? 'ms' : 'MB/s'})`, ...shown.map(String)]);
}
console.log(table(rows));
const machine = { cores: cpus().length, node: process.version, system: `${process.platform} ${process.arch}` };
console.log(resultLine('network', machine, results, { commit_p50_ms: ['<=', 40] }));
process.exit(0);
