import { expect, test } from 'vitest';
import { cryptoReady } from '../crypto/index.ts';
import type { PersonKeys } from '../identity/person.ts';
import { decodeSession, encodeSession } from '../protocol/session.ts';
import type { SessionMessage } from '../protocol/session.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { Handshake, VersionError } from './handshake.ts';
import { PeerSession } from './session.ts';
import { MemoryNetwork } from './transport/memory.ts';
import type { Channel } from './transport/transport.ts';

await cryptoReady();

const random = new Random(1);
const timers = new VirtualTime();
const person = (name: string): Promise<PersonKeys> => new TestPerson(name, random, () => timers.now()).device();

/** One end of a handshake with what it has sent, as it would go over the wire. */
function end(self: PersonKeys, localPeerId: string, remotePeerId: string) {
	const sent: SessionMessage[] = [];
	const ends = { localPeerId, remotePeerId, nonce: random.bytes(32) };
	const handshake = new Handshake(self, ends, (message) => sent.push(decodeSession(encodeSession(message))));
	handshake.start();
	return { handshake, sent };
}

type End = ReturnType<typeof end>;

/** Gives one side what the other has sent. Returns who was proven. */
const hear = (to: End, from: End) =>
	from.sent
		.splice(0)
		.map((message) => to.handshake.receive(message))
		.findLast(Boolean);

test('[N-30] both sides learn which device of which person the other is', async () => {
	const [alice, bob] = [await person('Alice'), await person('Bob')];
	const [a, b] = [end(alice, 'A', 'B'), end(bob, 'B', 'A')];
	hear(b, a);
	const seenByAlice = hear(a, b);
	const seenByBob = hear(b, a);
	expect(seenByAlice).toMatchObject({ identity: bob.identity, device: bob.device.publicKey, personName: 'Bob' });
	expect(seenByBob).toMatchObject({ identity: alice.identity, device: alice.device.publicKey });
});

test('[N-31] T86: a peer in the middle that passes everything on is not taken for Bob', async () => {
	const [alice, bob] = [await person('Alice'), await person('Bob')];
	// Alice is connected to Mallory, and Mallory to Bob; each knows the transport peer id that it really talks to.
	const a = end(alice, 'A', 'M');
	const b = end(bob, 'B', 'M');
	hear(b, a);
	// Alice's and Bob's hellos and proofs pass through unchanged.
	expect(() => hear(a, b)).toThrow(/not for this connection/);
	expect(() => hear(b, a)).toThrow(/not for this connection/);
});

test('[N-31] T86: a hello and proof that were recorded prove nothing in another session', async () => {
	const [alice, bob] = [await person('Alice'), await person('Bob')];
	const [a, b] = [end(alice, 'A', 'B'), end(bob, 'B', 'A')];
	hear(b, a);
	const recorded = [...b.sent];
	hear(a, b);
	// Mallory dials Alice anew under Bob's transport id (as if it were stolen) and plays the recording.
	const again = end(alice, 'A', 'B');
	expect(() => recorded.map((message) => again.handshake.receive(message))).toThrow(/not for this connection/);
});

test('[N-31] our own hello sent back to us is refused', async () => {
	const alice = await person('Alice');
	const a = end(alice, 'A', 'A2');
	expect(() => hear(a, a)).toThrow(/our own/);
});

test('[N-31] a device that is not on the card of its person is refused', async () => {
	const [alice, bob, mallory] = [await person('Alice'), await person('Bob'), await person('Mallory')];
	const a = end(alice, 'A', 'M');
	const m = end({ ...mallory, card: bob.card }, 'M', 'A');
	expect(() => hear(a, m)).toThrow(/not on the card/);
});

test('[N-32] a peer that speaks another version is told which of the two must be updated', async () => {
	const alice = await person('Alice');
	const newer = end(alice, 'A', 'B').handshake;
	expect(() => newer.receive({ type: 'VERSION', speaks: 7, least: 5 })).toThrow(VersionError);
	expect(() => end(alice, 'A', 'B').handshake.receive({ type: 'VERSION', speaks: 7, least: 5 })).toThrow(
		'the other device speaks version 7: update this one'
	);
	expect(end(alice, 'A', 'B').handshake.receive({ type: 'VERSION', speaks: 7, least: 1 })).toBeUndefined();
});

test('[N-30] nothing that belongs to a session is taken before the proof', async () => {
	const alice = await person('Alice');
	for (const early of [
		{ type: 'SCOPES', tags: [] },
		{ type: 'PROOF', signature: new Uint8Array(64) },
		{ type: 'HELLO', card: alice.card, device: alice.device.publicKey, nonce: random.bytes(32) }
	] satisfies SessionMessage[]) {
		expect(() => end(alice, 'A', 'B').handshake.receive(early)).toThrow(/does not belong here/);
	}
});

async function sessionWithStranger(): Promise<{ session: PeerSession; stranger: Channel; faults: () => unknown }> {
	const network = new MemoryNetwork({ timers, random: () => 0.5 });
	const alice = await person('Alice');
	const [here, there] = [network.device('A'), network.device('B')];
	await Promise.all([here.start(), there.start()]);
	let session: PeerSession | undefined;
	here.onChannel('sync', (channel) => {
		session = new PeerSession({
			channel,
			localPeerId: 'A',
			self: alice,
			scopes: new Map(),
			timers,
			randomBytes: (size) => random.bytes(size),
			onChange: () => {}
		});
	});
	const stranger = await there.dial('A', 'sync');
	if (!session) throw new Error('no session');
	const begun = session;
	return { session: begun, stranger, faults: () => begun.fault };
}

test('[N-33] what cannot be read ends the session and is known as a fault', async () => {
	const whole = encodeSession({ type: 'VERSION', speaks: 1, least: 1 });
	for (const bytes of [new Uint8Array(0), random.bytes(100), whole.subarray(0, 5), new Uint8Array([...whole, 0])]) {
		const { session, stranger, faults } = await sessionWithStranger();
		await stranger.send(bytes);
		await timers.advance(100);
		expect(await session.closed).toBeTypeOf('string');
		expect(faults()).toMatchObject({ name: 'ProtocolError' });
	}
});

test('[N-34] T27: whoever does not say who it is within ten seconds is cut off', async () => {
	const { session, stranger } = await sessionWithStranger();
	await timers.advance(9_000);
	await stranger.send(encodeSession({ type: 'VERSION', speaks: 1, least: 1 }));
	await timers.advance(2_000);
	expect(await session.closed).toBe('the other side did not say who it is');
});

test('[N-32] a session of another version ends in peace, with the version that is needed', async () => {
	const { session, stranger } = await sessionWithStranger();
	const heard: SessionMessage[] = [];
	stranger.onMessage((bytes) => void heard.push(decodeSession(bytes)));
	await stranger.send(encodeSession({ type: 'VERSION', speaks: 9, least: 9 }));
	await timers.advance(100);
	expect(await session.closed).toBe('the other device speaks version 9: update this one');
	expect(heard.at(-1)).toEqual({ type: 'BYE', reason: 'needs at least version 1 of the sync protocol' });
	expect(session.fault).toBeUndefined();
});
