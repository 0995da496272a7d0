import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../crypto/bytes.ts';
import { cryptoReady } from '../crypto/sodium.ts';
import type { IdentityCard, PersonKeys } from '../identity/index.ts';
import { encode } from '../protocol/cbor.ts';
import { TestPerson } from '../testing/people.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { approachHost, type HandshakeError, type HandshakeProblem } from './emoji-handshake.ts';
import {
	invitationFromSeed,
	invitationLink,
	readInvitationLink,
	receiveInvited,
	useInvitation,
	type InvitationOffer,
	type InvitationReply,
	type InvitationSecret,
	type PersonRequest
} from './invitation.ts';
import { waitAsHost } from './meeting.ts';
import { MemoryNetwork, type MemoryTransport } from './transport/memory.ts';

beforeAll(() => cryptoReady());

let time: VirtualTime;
let random: Random;
let network: MemoryNetwork;
let ada: PersonKeys;
let bob: PersonKeys;
const draw = (length: number): Uint8Array => random.bytes(length);
const ports = () => ({ timers: time, random: draw });

beforeEach(async () => {
	time = new VirtualTime();
	random = new Random(11);
	network = new MemoryNetwork({ timers: time, random: () => random.next() / 2 ** 32, delay: [5, 40] });
	ada = await new TestPerson('Ada', random, () => time.now()).device();
	bob = await new TestPerson('Bob', random, () => time.now()).device();
});

async function transportOf(name: string): Promise<MemoryTransport> {
	const transport = network.device(name);
	await transport.start();
	return transport;
}

/** Ada's device, with one open invitation. */
async function inviter(admit: () => 'USED' | 'BUSY' | 'EXPIRED' | 'WITHDRAWN' | undefined = () => undefined) {
	const transport = await transportOf('ada');
	const invitation = invitationFromSeed(draw(32));
	const requests: PersonRequest[] = [];
	const failures: HandshakeProblem[] = [];
	waitAsHost(transport, invitation.shared);
	const offer: InvitationOffer = { inviter: 'Ada', role: 'EDITOR' };
	transport.onChannel('invitation', (channel) => {
		let first = true;
		channel.onMessage((frame) => {
			if (!first) return;
			first = false;
			receiveInvited(channel, frame, invitation, offer, admit, { ...ports(), transport }).then(
				(request) => requests.push(request),
				(error: HandshakeError) => failures.push(error.code)
			);
		});
	});
	return {
		transport,
		invitation,
		link: invitationLink('http://localhost:4173/notes/join', invitation),
		requests,
		failures
	};
}

function replyFor(person: PersonKeys): InvitationReply {
	const scope = new Uint8Array(32).fill(1);
	const key = new Uint8Array(32).fill(2);
	return {
		scope,
		app: 'notes',
		kind: 'folder',
		name: 'Groceries',
		role: 'EDITOR',
		epoch: 0,
		key,
		card: person.card,
		inviter: 'Ada'
	};
}

/** Somebody who uses a link. */
async function use(link: string, person: PersonKeys, name: string, peer = name, join?: () => Promise<void>) {
	const transport = await transportOf(peer);
	const result: {
		emojis?: string[];
		offer?: InvitationOffer;
		reply?: InvitationReply;
		inviter?: IdentityCard;
		problem?: HandshakeProblem;
	} = {};
	const abort = new AbortController();
	const invited = {
		...ports(),
		transport,
		card: person.card,
		name,
		join: async (_reply: InvitationReply, card: IdentityCard) => {
			await join?.();
			result.inviter = card;
		}
	};
	useInvitation(
		readInvitationLink(link)!,
		invited,
		(emojis, offer) => Object.assign(result, { emojis, offer }),
		abort.signal
	).then(
		(reply) => (result.reply = reply),
		(error: HandshakeError) => (result.problem = error.code)
	);
	return { result, abort, transport };
}

describe('the link [P-4]', () => {
	test('carries a public key and a secret in its fragment, and nothing of the private half', () => {
		const invitation = invitationFromSeed(draw(32));
		const link = invitationLink('http://localhost:4173/notes/join', invitation);
		expect(link).toMatch(/^http:\/\/localhost:4173\/notes\/join#[\w-]+$/);
		expect(link.length).toBeLessThan(160);
		expect(readInvitationLink(link)).toEqual(invitation.shared);
		expect(readInvitationLink(link.slice(link.indexOf('#')))).toEqual(invitation.shared);
		expect(JSON.stringify([...Object.values(readInvitationLink(link)!)])).not.toContain(
			[...invitation.key.secretKey].join()
		);
	});

	test('cut off, altered or of another kind it is refused at once', () => {
		const link = invitationLink('x', invitationFromSeed(draw(32)));
		for (let length = 7; length < link.length; length++)
			expect(readInvitationLink(link.slice(0, length))).toBeUndefined();
		expect(readInvitationLink('http://localhost:4173/notes/join')).toBeUndefined();
		expect(readInvitationLink('')).toBeUndefined();
		expect(readInvitationLink(`${link}AAAA`)).toBeUndefined();
	});
});

describe('inviting a person [P-5]', () => {
	test("both see the same emojis; after a yes the guest has the scope, and each the other's card", async () => {
		const host = await inviter();
		const { result } = await use(host.link, bob, 'Bob');
		await time.advance(1000);
		const [request] = host.requests;
		expect(request!.name).toBe('Bob');
		expect(request!.verified.identity).toEqual(bob.identity);
		expect(result.emojis).toEqual(request!.emojis);
		expect(result.offer).toEqual({ inviter: 'Ada', role: 'EDITOR' });
		await Promise.all([request!.accept(replyFor(ada)), time.advance(1000)]);
		expect(result.reply).toEqual(replyFor(ada));
		expect(result.inviter!.identity).toEqual(ada.identity);
	});

	test('the link alone gives no scope, no key and no name of it: everything before the yes fits in the offer', async () => {
		const host = await inviter();
		const { result } = await use(host.link, bob, 'Bob');
		await time.advance(60_000);
		expect(result.reply).toBeUndefined();
		expect(Object.keys(result.offer!).sort()).toEqual(['inviter', 'role']);
	});

	test('after a no the guest is told', async () => {
		const host = await inviter();
		const { result } = await use(host.link, bob, 'Bob');
		await time.advance(1000);
		host.requests[0]!.refuse('DECLINED');
		await time.advance(1000);
		expect(result.problem).toBe('DECLINED');
	});

	test.each(['USED', 'BUSY', 'EXPIRED', 'WITHDRAWN'] as const)(
		'T25 an invitation that is %s says so, and asks nobody',
		async (why) => {
			const host = await inviter(() => why);
			const { result } = await use(host.link, bob, 'Bob');
			await time.advance(1000);
			expect(result.problem).toBe(why);
			expect(result.emojis).toBeUndefined();
			expect(host.requests).toHaveLength(0);
		}
	);

	test('nobody at home: the guest learns that after a minute', async () => {
		const { result } = await use(invitationLink('x', invitationFromSeed(draw(32))), bob, 'Bob');
		await time.advance(61_000);
		expect(result.problem).toBe('NOBODY');
	});

	test('when the guest cannot take the scope in, the inviter hears that it failed', async () => {
		const host = await inviter();
		const { result } = await use(host.link, bob, 'Bob', 'bob', () => Promise.reject(new Error('disk full')));
		await time.advance(1000);
		const accepted = host.requests[0]!.accept(replyFor(ada)).catch((error: HandshakeError) => error.code);
		await time.advance(1000);
		expect(result.problem).toBe('FAILED');
		expect(await accepted).toBe('FAILED');
	});

	test('giving up ends it on both sides', async () => {
		const host = await inviter();
		const { result, abort } = await use(host.link, bob, 'Bob');
		await time.advance(1000);
		abort.abort();
		await time.advance(1000);
		expect(result.problem).toBe('CANCELLED');
		await host.requests[0]!.over;
	});

	test('the wrong person with a forwarded link shows as themselves, with emojis of their own', async () => {
		const host = await inviter();
		const eve = await new TestPerson('Eve', random, () => time.now()).device();
		await use(host.link, eve, 'Bob', 'eve');
		await time.advance(1000);
		const { result } = await use(host.link, bob, 'Bob', 'bob');
		await time.advance(1000);
		expect(host.requests[0]!.verified.identity).toEqual(eve.identity);
		expect(host.requests[1]!.emojis).toEqual(result.emojis);
		expect(host.requests[0]!.emojis).not.toEqual(result.emojis);
	});
});

describe('attacks on an invitation [P-6]', () => {
	test("who has only the link cannot pose as the inviter: the guest's request stays sealed", async () => {
		const real = invitationFromSeed(draw(32));
		const link = invitationLink('x', real);
		const transport = await transportOf('mallory');
		// Mallory knows all that the link says, but not the private half of its key.
		const known: InvitationSecret = { ...invitationFromSeed(draw(32)), shared: readInvitationLink(link)! };
		waitAsHost(transport, known.shared);
		const seen: HandshakeProblem[] = [];
		transport.onChannel('invitation', (channel) => {
			channel.onMessage((frame) => {
				const offer: InvitationOffer = { inviter: 'Ada', role: 'EDITOR' };
				void receiveInvited(channel, frame, known, offer, () => undefined, { ...ports(), transport }).catch(
					(error: HandshakeError) => seen.push(error.code)
				);
			});
		});
		const { result } = await use(link, bob, 'Bob');
		await time.advance(60_000);
		expect(seen).toEqual(['GARBLED']);
		expect(result.problem).toBe('GARBLED');
	});

	test('a request with a card that does not verify, or none, is refused', async () => {
		const host = await inviter();
		const transport = await transportOf('vandal');
		const altered = bob.card.slice();
		altered[altered.length - 1]! ^= 1;
		for (const request of [
			utf8('x'),
			encode({ v: 1, card: altered, name: 'Bob' }),
			encode({ v: 1, card: bob.card, name: 'x'.repeat(300) })
		]) {
			const channel = await transport.dial('ada', 'invitation');
			const answer = approachHost(channel, host.invitation.shared, { host: 'ada', guest: 'vandal' }, request, ports());
			await time.advance(1000);
			const outcome = (await answer).reply(5000).catch((error: HandshakeError) => error.code);
			await time.advance(1000);
			expect(await outcome).toBe('GARBLED');
		}
		expect(host.requests).toHaveLength(0);
		expect(host.failures).toEqual(['GARBLED', 'GARBLED', 'GARBLED']);
	});

	test('a reply with another role than offered, or a card that does not verify, is not taken in', async () => {
		for (const change of [{ role: 'OWNER' as const }, { card: utf8('no card') }]) {
			const host = await inviter();
			const { result } = await use(host.link, bob, 'Bob');
			await time.advance(1000);
			const accepted = host.requests[0]!.accept({ ...replyFor(ada), ...change }).catch(
				(error: HandshakeError) => error.code
			);
			await time.advance(1000);
			expect(result).toMatchObject({ problem: 'GARBLED' });
			expect(result.inviter).toBeUndefined();
			expect(await accepted).toBe('GARBLED');
			await host.transport.stop();
		}
	});
});
