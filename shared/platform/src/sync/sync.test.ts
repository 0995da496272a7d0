import { expect, test } from 'vitest';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { cryptoReady } from '../crypto/index.ts';
import { MemoryNetwork } from './transport/memory.ts';
import type { MemoryNetworkOptions } from './transport/memory.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { engineOver, storeOf, syncDevice } from '../testing/sync-device.ts';
import type { SyncDevice } from '../testing/sync-device.ts';
import { VirtualTime } from '../testing/virtual-time.ts';

await cryptoReady();

interface World {
	timers: VirtualTime;
	network: MemoryNetwork;
	person(name: string): TestPerson;
	device(peerId: string, of: TestPerson): Promise<SyncDevice>;
}

function world(seed: number, options: Partial<MemoryNetworkOptions> = {}): World {
	const timers = new VirtualTime();
	const random = new Random(seed);
	const fraction = (): number => random.next() / 2 ** 32;
	const network = new MemoryNetwork({ timers, random: fraction, delay: [1, 20], ...options });
	return {
		timers,
		network,
		person: (name) => new TestPerson(name, random, () => timers.now()),
		device: async (peerId, of) => syncDevice(network, peerId, await of.device(), random)
	};
}

const scopeOf = ({ replica }: SyncDevice): string => {
	const [scope] = replica.syncScopes();
	if (!scope) throw new Error('no scope');
	return scope.id;
};

function write({ replica }: SyncDevice, id: string, title: string): void {
	replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', [id, replica.personalScope(), title]);
}

const titles = ({ replica }: SyncDevice): unknown[] =>
	replica.run('SELECT title FROM blocks WHERE title IS NOT NULL ORDER BY id').rows.flat();

const stateOf = (device: SyncDevice, scope = scopeOf(device)): string => toHex(device.replica.stateHash(scope));

const statusOf = (device: SyncDevice) => {
	const status = device.engine.status();
	const scope = status.scopes[0];
	if (!scope) throw new Error('no scope in the status');
	return { ...status, scope };
};

test('[N-10] what one device writes is on the other within a tenth of a second', async () => {
	const { timers, person, device } = world(1);
	const alice = person('Alice');
	const [laptop, phone] = [await device('a', alice), await device('b', alice)];
	await timers.advance(2000);
	write(laptop, 'one', 'hello');
	await timers.advance(100);
	expect(titles(phone)).toEqual(['hello']);
	expect(stateOf(phone)).toBe(stateOf(laptop));
});

test('[N-10] what was written while apart is exchanged when devices meet, both ways', async () => {
	const { timers, network, person, device } = world(2);
	const alice = person('Alice');
	const [laptop, phone] = [await device('a', alice), await device('b', alice)];
	network.partition({ a: 0, b: 1 });
	for (let index = 0; index < 50; index++) write(laptop, `laptop-${index}`, `from the laptop ${index}`);
	for (let index = 0; index < 50; index++) write(phone, `phone-${index}`, `from the phone ${index}`);
	await timers.advance(5000);
	network.heal();
	await timers.advance(10_000);
	expect(titles(phone)).toHaveLength(100);
	expect(stateOf(phone)).toBe(stateOf(laptop));
});

test('[N-20] a device that was away gets everything from the mailbox alone', async () => {
	const { timers, network, person, device } = world(3);
	const alice = person('Alice');
	const laptop = await device('a', alice);
	write(laptop, 'one', 'left behind');
	await timers.advance(3000);
	expect(statusOf(laptop).scope.waiting).toBe(0);
	await laptop.engine.stop();

	const phone = await device('b', alice);
	await timers.advance(3000);
	expect(network.find('a')?.running).toBe(false);
	expect(titles(phone)).toEqual(['left behind']);
});

test('[N-20] after the mailbox lost its disk, what was deposited is deposited again', async () => {
	const { timers, network, person, device } = world(4);
	const alice = person('Alice');
	const laptop = await device('a', alice);
	write(laptop, 'one', 'kept');
	await timers.advance(3000);
	network.loseMailbox();
	await timers.advance(3000);
	await laptop.engine.stop();
	const phone = await device('b', alice);
	await timers.advance(3000);
	expect(titles(phone)).toEqual(['kept']);
});

test('[N-21] without a home node writing goes on, and the status says what waits and why', async () => {
	const { timers, network, person, device } = world(5);
	network.setHome(false);
	const laptop = await device('a', person('Alice'));
	laptop.engine.onStatus(() => {});
	write(laptop, 'one', 'offline');
	await timers.advance(1000);
	const { homeNode, peers, scope } = statusOf(laptop);
	expect(homeNode.state).toBe('offline');
	expect(homeNode.reason).toBe('the home node does not answer');
	expect(peers).toEqual([]);
	// Its JOIN, its POLICY and the batch.
	expect(scope.waiting).toBe(3);
	expect(scope.copies).toBe(0);

	network.setHome(true);
	await timers.advance(3000);
	expect(statusOf(laptop).scope.waiting).toBe(0);
	expect(statusOf(laptop).scope.copies).toBe(1);
});

test('[N-11] two people share one scope and learn nothing of each other’s personal ones', async () => {
	const { timers, person, device } = world(6);
	const [alice, bob] = [await device('a', person('Alice')), await device('b', person('Bob'))];
	const shared = alice.replica.createScope('doc', { name: 'Shared' });
	const id = toHex(shared.id);
	alice.replica.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', ['x', shared.scope, 'for Bob']);
	write(alice, 'private', 'for Alice');
	write(bob, 'private', 'for Bob alone');
	alice.replica.grant(shared.scope, bob.person.card, 'EDITOR');
	const entry = alice.replica.directory().find((one) => one.id === id);
	if (!entry) throw new Error('not in the directory');
	bob.replica.joinScope(entry);
	await timers.advance(5000);

	expect(stateOf(bob, id)).toBe(stateOf(alice, id));
	expect(titles(bob)).toContain('for Bob');
	expect(titles(bob)).not.toContain('for Alice');
	expect(titles(alice)).not.toContain('for Bob alone');
	const [peer] = alice.engine.status().peers;
	expect(peer?.personName).toBe('Bob');
	expect(peer?.scopes).toEqual([id]);
});

test('[N-12] records of a third device are passed on to one that cannot meet it', async () => {
	const { timers, network, person, device } = world(7);
	const alice = person('Alice');
	const laptop = await device('a', alice);
	const phone = await device('b', alice);
	write(laptop, 'one', 'passed on');
	await timers.advance(3000);
	await laptop.engine.stop();
	// The mailbox does not help here.
	network.loseMailbox();
	const tablet = await device('c', alice);
	await timers.advance(5000);
	expect(titles(tablet)).toEqual(['passed on']);
	expect(stateOf(tablet)).toBe(stateOf(phone));
});

test('[N-12] while three are there, what one writes is passed on at once to one that only the second reaches', async () => {
	const { timers, network, person, device } = world(10);
	network.sever('a', 'c');
	const { rules } = network.mailbox;
	rules.deposit = (_tag, records) => ({ stored: records.length, known: 0 });
	const alice = person('Alice');
	const [laptop, , tablet] = [await device('a', alice), await device('b', alice), await device('c', alice)];
	await timers.advance(10_000);
	write(laptop, 'one', 'two steps');
	await timers.advance(1000);
	expect(titles(tablet)).toEqual(['two steps']);
});

test('[N-13] T20: deliveries that repeat, break and come late leave every device with the same tables', async () => {
	for (const seed of [11, 12, 13]) {
		const { timers, network, person, device } = world(seed, { delay: [0, 400], breakage: 0.02, repeats: 0.5 });
		const random = new Random(seed);
		const alice = person('Alice');
		const devices = [await device('a', alice), await device('b', alice), await device('c', alice)];
		for (let round = 0; round < 40; round++) {
			const one = random.pick(devices);
			write(one, `${one.peerId}-${round}`, `round ${round}`);
			if (random.chance(0.2)) network.partition({ a: random.below(2), b: random.below(2), c: random.below(2) });
			if (random.chance(0.2)) network.heal();
			await timers.advance(random.below(700));
		}
		network.heal();
		await timers.advance(120_000);
		expect(titles(devices[0] as SyncDevice), `seed ${seed}`).toHaveLength(40);
		expect(new Set(devices.map((one) => stateOf(one))).size, `seed ${seed}`).toBe(1);
		expect(devices.map((one) => statusOf(one).scope.mismatch)).toEqual([false, false, false]);
	}
}, 60_000);

test('[N-14] T18: a mailbox that hides its newest records is found out by the first meeting with another device', async () => {
	const { timers, network, person, device } = world(8);
	const alice = person('Alice');
	const laptop = await device('a', alice);
	for (let index = 0; index < 10; index++) write(laptop, `n-${index}`, `note ${index}`);
	await timers.advance(3000);
	await laptop.engine.stop();

	// From here on the mailbox says that there is nothing after the fifth record.
	const { rules } = network.mailbox;
	const fetch = rules.fetch.bind(rules);
	rules.fetch = (tag, after, most) => {
		const honest = fetch(tag, after, most);
		return { ...honest, records: honest.records.slice(0, Math.max(0, 5 - after)), next: 5, more: false };
	};
	rules.latest = () => 5;
	const phone = await device('b', alice);
	phone.engine.onStatus(() => {});
	await timers.advance(3000);
	expect(titles(phone).length).toBeLessThan(10);

	// The laptop is back: its frontier says how much there is, and it sends what is missing.
	const again = await revive(laptop, network);
	await timers.advance(5000);
	expect(titles(phone)).toHaveLength(10);
	await again.stop();
});

test('[N-14] T19: a peer that withholds one device’s records is seen to do so', async () => {
	const { timers, network, person, device } = world(9);
	const alice = person('Alice');
	const laptop = await device('a', alice);
	const phone = await device('b', alice);
	write(laptop, 'one', 'seen by the phone');
	await timers.advance(3000);
	// The phone's batch says that it has seen the laptop's.
	write(phone, 'two', 'after it');
	await timers.advance(3000);
	await laptop.engine.stop();
	network.loseMailbox();

	const author = laptop.replica.syncScopes()[0]?.author as Uint8Array;
	const honest = phone.replica.missing.bind(phone.replica);
	phone.replica.missing = (id, theirs, limit) => {
		const hidden = { ...theirs, data: [...theirs.data.filter(([one]) => toHex(one) !== toHex(author))] };
		hidden.data.push([author, [[1, 1000]]]);
		return honest(id, hidden, limit);
	};
	const tablet = await device('c', alice);
	tablet.engine.onStatus(() => {});
	await timers.advance(5000);
	expect(titles(tablet)).toEqual(['after it']);
	expect(statusOf(tablet).scope.withheld).toBeGreaterThan(0);
	expect(fromHex(scopeOf(tablet))).toHaveLength(32);
});

async function revive(device: SyncDevice, network: MemoryNetwork) {
	const engine = engineOver(network.device(device.peerId), device.person, network);
	await engine.addStore(storeOf(device.replica));
	await engine.start();
	return engine;
}

test('[N-15] an ephemeral value reaches the peers that share the scope, and is passed on to nobody', async () => {
	const { timers, network, person, device } = world(14);
	network.sever('a', 'c');
	const [alice, bob] = [person('Alice'), person('Bob')];
	const [laptop, phone, tablet] = [await device('a', alice), await device('b', alice), await device('c', alice)];
	const stranger = await device('d', bob);
	const heard: string[] = [];
	for (const one of [phone, tablet, stranger]) {
		const store = storeOf(one.replica);
		store.receiveEphemeral = (_scope, sealed) => void heard.push(`${one.peerId} ${new TextDecoder().decode(sealed)}`);
		await one.engine.stop();
		const engine = engineOver(network.device(one.peerId), one.person, network);
		await engine.addStore(store);
		await engine.start();
	}
	await timers.advance(10_000);
	laptop.engine.sendEphemeral(scopeOf(laptop), new TextEncoder().encode('cursor'));
	await timers.advance(5000);
	expect(heard).toEqual(['b cursor']);
});

test('[N-21] a database that cannot be read is named in the status, and the others go on', async () => {
	const { timers, person, device } = world(15);
	const alice = person('Alice');
	const [laptop, phone] = [await device('a', alice), await device('b', alice)];
	const broken = storeOf(laptop.replica, 'health');
	broken.scopes = () => Promise.reject(new Error('the database is locked'));
	await laptop.engine.addStore(broken);
	await timers.advance(2000);
	write(laptop, 'one', 'still synced');
	await timers.advance(1000);
	expect(titles(phone)).toEqual(['still synced']);
	expect(laptop.engine.status().problem).toBe('health: the database is locked');
	await laptop.engine.removeStore(broken);
	expect(laptop.engine.status().problem).toBeUndefined();
});
