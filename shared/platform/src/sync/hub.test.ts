import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cryptoReady } from '../crypto/sodium.ts';
import type { AttemptEvent } from '../protocol/bridge.ts';
import type { PlatformError } from '../protocol/errors.ts';
import type { Device, JoinRequest, Person } from '../protocol/shapes.ts';
import { Random } from '../testing/random.ts';
import { VirtualTime } from '../testing/virtual-time.ts';
import { hubEngine, WholeDevice } from '../testing/whole-device.ts';
import { MemoryNetwork } from './transport/memory.ts';

beforeAll(() => cryptoReady());

let time: VirtualTime;
let random: Random;
let network: MemoryNetwork;

beforeEach(() => {
	time = new VirtualTime();
	random = new Random(23);
	network = new MemoryNetwork({ timers: time, random: () => random.next() / 2 ** 32, delay: [2, 30] });
});

const device = (name: string, person?: string, words?: string[]): Promise<WholeDevice> =>
	WholeDevice.start(name, network, random, { ...(person ? { person } : {}), ...(words ? { words } : {}) });

/** What a tab of an app on that device sees, kept up to date. */
function tab({ hub }: WholeDevice, app = 'notes') {
	const seen = {
		requests: [] as JoinRequest[],
		devices: [] as Device[],
		people: [] as Person[],
		attempts: [] as AttemptEvent[]
	};
	void hub.streams.requests({ app }, (requests) => void (seen.requests = requests));
	void hub.streams.devices({}, (devices) => void (seen.devices = devices));
	void hub.streams.people({}, (people) => void (seen.people = people));
	return {
		seen,
		watch: (attempt: string) => hub.streams.attempt({ attempt }, (event) => void seen.attempts.push(event))
	};
}

/** Runs a call while time passes. */
async function during<T>(work: T | Promise<T>, milliseconds = 2000): Promise<T> {
	const [result] = await Promise.all([work, time.advance(milliseconds)]);
	return result;
}

async function codeOf(work: Promise<unknown>, milliseconds = 2000): Promise<string> {
	const outcome = work.then(
		() => 'no error',
		(error: PlatformError) => error.code
	);
	await time.advance(milliseconds);
	return await outcome;
}

const write = ({ notes }: WholeDevice, scope: string, id: string, title: string): void =>
	void notes.run('INSERT INTO blocks (id, scope_id, title) VALUES (?, ?, ?)', [id, scope, title]);
const titles = ({ notes }: WholeDevice): unknown[] => notes.run('SELECT title FROM blocks ORDER BY title').rows.flat();

/** Ada invites to a scope, Bob joins with the link and Ada says yes. */
async function share(ada: WholeDevice, bob: WholeDevice, scope: string, role: 'EDITOR' | 'VIEWER' = 'EDITOR') {
	const invitation = await during(ada.hub.calls.invite({ app: 'notes', scope, role }));
	const attempt = await during(bob.hub.calls.join({ app: 'notes', link: invitation.link, name: 'Bob' }));
	const host = tab(ada);
	await time.advance(100);
	const request = host.seen.requests.find(({ kind }) => kind === 'person')!;
	const guest = tab(bob);
	void guest.watch(attempt.id);
	await during(ada.hub.calls.accept({ request: request.id }));
	return { invitation, attempt, request, outcome: guest.seen.attempts.at(-1) };
}

describe('pairing through the hub [P-2]', () => {
	test('a second device by code: same emojis, same person, everything that was written, on both in step', async () => {
		const laptop = await device('laptop', 'Ada');
		const phone = await device('phone');
		write(laptop, laptop.notes.personalScope(), '1', 'from the laptop');
		const { scope } = laptop.notes.createScope('folder', { name: 'Recipes' });
		write(laptop, scope, '2', 'in a folder');
		await time.advance(1000);

		const offer = await during(laptop.hub.calls.offerPairing({}));
		expect(offer.link).toBe(`http://localhost:4173/notes/pair#${offer.code}`);
		const attempt = await during(phone.hub.calls.enterPairing({ code: offer.code, deviceName: "Ada's phone" }));
		const host = tab(laptop);
		const guest = tab(phone);
		void guest.watch(attempt.id);
		expect(host.seen.requests).toHaveLength(1);
		expect(host.seen.requests[0]).toMatchObject({
			kind: 'device',
			name: "Ada's phone",
			place: 'a test',
			emojis: attempt.emojis
		});
		await during(laptop.hub.calls.accept({ request: host.seen.requests[0]!.id }));
		expect(guest.seen.attempts.at(-1)).toEqual({ state: 'accepted' });
		expect(host.seen.requests).toHaveLength(0);

		await phone.ready;
		await time.advance(5000);
		expect(phone.identity).toBe(laptop.identity);
		expect(titles(phone)).toEqual(['from the laptop', 'in a folder']);
		write(phone, phone.notes.personalScope(), '3', 'written back');
		await time.advance(2000);
		expect(titles(laptop)).toContain('written back');

		const devices = tab(phone);
		await time.advance(500);
		expect(devices.seen.devices.map(({ name, self, online }) => ({ name, self, online }))).toEqual([
			{ name: "Ada's phone", self: true, online: true },
			{ name: 'laptop', self: false, online: true }
		]);
		await laptop.stop();
		await time.advance(2000);
		expect(devices.seen.devices[1]).toMatchObject({ name: 'laptop', online: false });
		expect(devices.seen.devices[1]!.lastSeen).toBeGreaterThan(0);
	});

	test('a no is a no: the phone is told, the laptop has one device', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const before = phone.identity;
		const offer = await during(laptop.hub.calls.offerPairing({}));
		const attempt = await during(phone.hub.calls.enterPairing({ code: offer.code, deviceName: 'phone' }));
		const [host, guest] = [tab(laptop), tab(phone)];
		void guest.watch(attempt.id);
		await during(laptop.hub.calls.decline({ request: host.seen.requests[0]!.id }));
		expect(guest.seen.attempts.at(-1)).toEqual({ state: 'failed', reason: 'The other device said no.' });
		expect(phone.identity).toBe(before);
		expect(host.seen.devices).toHaveLength(1);
	});

	test('a mistyped code, one that nobody shows, and a request that is gone each say what is the matter', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const offer = await during(laptop.hub.calls.offerPairing({}));
		const enter = (code: string) => phone.hub.calls.enterPairing({ code, deviceName: 'x' }) as Promise<unknown>;
		expect(await codeOf(enter(offer.code.slice(1)))).toBe('BAD_CODE');
		await during(laptop.hub.calls.cancelPairing({ offer: offer.id }));
		expect(await codeOf(enter(offer.code), 60_000)).toBe('NOBODY');
		expect(await codeOf(laptop.hub.calls.accept({ request: 'no such' }) as Promise<unknown>)).toBe('GONE');
	});

	test('giving up on the phone takes the request away from the laptop', async () => {
		const [laptop, phone] = [await device('laptop'), await device('phone')];
		const offer = await during(laptop.hub.calls.offerPairing({}));
		const attempt = await during(phone.hub.calls.enterPairing({ code: offer.code, deviceName: 'phone' }));
		const host = tab(laptop);
		expect(host.seen.requests).toHaveLength(1);
		await during(phone.hub.calls.cancelAttempt({ attempt: attempt.id }));
		expect(host.seen.requests).toHaveLength(0);
	});
});

describe('inviting through the hub [P-5]', () => {
	test('another person by link: the EDITOR reads and writes, and both know each other', async () => {
		const [ada, bob] = [await device('ada', 'Ada'), await device('bob', 'Bob')];
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		write(ada, scope, '1', 'apples');
		const { request, attempt, outcome } = await share(ada, bob, scope);
		expect(request).toMatchObject({
			kind: 'person',
			identity: bob.identity,
			name: 'Bob',
			scope,
			scopeName: 'Groceries',
			role: 'EDITOR'
		});
		expect(request.emojis).toEqual(attempt.emojis);
		expect(outcome).toMatchObject({ state: 'accepted' });
		await time.advance(3000);
		expect(titles(bob)).toEqual(['apples']);
		write(bob, (outcome as { scope: string }).scope, '2', 'bread');
		await time.advance(2000);
		expect(titles(ada)).toEqual(['apples', 'bread']);
		expect(ada.notes.members(scope).map(({ name, role }) => ({ name, role }))).toEqual([
			{ name: 'Ada', role: 'OWNER' },
			{ name: 'Bob', role: 'EDITOR' }
		]);
		const [host, guest] = [tab(ada), tab(bob)];
		await time.advance(500);
		expect(host.seen.people).toMatchObject([{ identity: bob.identity, name: 'Bob', verified: true, online: true }]);
		expect(guest.seen.people).toMatchObject([{ identity: ada.identity, name: 'Ada', verified: true, online: true }]);
	});

	test('a VIEWER reads and cannot write', async () => {
		const [ada, bob] = [await device('ada', 'Ada'), await device('bob', 'Bob')];
		const { scope } = ada.notes.createScope('folder', { name: 'Plans' });
		write(ada, scope, '1', 'look only');
		const { outcome } = await share(ada, bob, scope, 'VIEWER');
		await time.advance(3000);
		expect(titles(bob)).toEqual(['look only']);
		expect(() => write(bob, (outcome as { scope: string }).scope, '2', 'no')).toThrow(
			expect.objectContaining({ code: 'DENIED' })
		);
	});

	test('T25 the same link a second time, by the same person or another, is refused as used', async () => {
		const [ada, bob, eve] = [await device('ada', 'Ada'), await device('bob', 'Bob'), await device('eve', 'Eve')];
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		const { invitation } = await share(ada, bob, scope);
		for (const guest of [bob, eve]) {
			const join = guest.hub.calls.join({ app: 'notes', link: invitation.link, name: 'x' }) as Promise<unknown>;
			// The host has taken its note away, so a guest who looks for it finds nobody.
			expect(['USED', 'NOBODY']).toContain(await codeOf(join, 61_000));
		}
		expect(await ada.hub.calls.invitations({ app: 'notes' })).toEqual([]);
		expect(ada.notes.members(scope)).toHaveLength(2);
	});

	test('T25 a withdrawn or expired invitation leads nowhere', async () => {
		const [ada, bob] = [await device('ada', 'Ada'), await device('bob', 'Bob')];
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		const first = await during(ada.hub.calls.invite({ app: 'notes', scope, role: 'EDITOR' }));
		expect(await ada.hub.calls.invitations({ app: 'notes' })).toEqual([first]);
		await during(ada.hub.calls.withdraw({ invitation: first.id }));
		expect(await ada.hub.calls.invitations({ app: 'notes' })).toEqual([]);
		expect(
			await codeOf(bob.hub.calls.join({ app: 'notes', link: first.link, name: 'x' }) as Promise<unknown>, 61_000)
		).toBe('NOBODY');
	});

	test('after a no the invitation is withdrawn, and nothing was given', async () => {
		const [ada, eve] = [await device('ada', 'Ada'), await device('eve', 'Eve')];
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		const { link } = await during(ada.hub.calls.invite({ app: 'notes', scope, role: 'EDITOR' }));
		const attempt = await during(eve.hub.calls.join({ app: 'notes', link, name: 'Bob' }));
		const [host, guest] = [tab(ada), tab(eve)];
		void guest.watch(attempt.id);
		await during(ada.hub.calls.decline({ request: host.seen.requests[0]!.id }));
		expect(guest.seen.attempts.at(-1)).toMatchObject({ state: 'failed' });
		expect(await ada.hub.calls.invitations({ app: 'notes' })).toEqual([]);
		expect(ada.notes.members(scope)).toHaveLength(1);
		expect(eve.notes.directory()).toEqual([]);
	});

	test('T39 an invitation cannot bring a key for a scope that the guest has already, nor a personal one', async () => {
		const [mallory, bob] = [await device('mallory', 'Mallory'), await device('bob', 'Bob')];
		const { scope } = bob.notes.createScope('folder', { name: 'Secrets' });
		const [secrets] = bob.notes.directory();
		await time.advance(1000);
		const personal = bob.notes.scopes().find((info) => info.personal)!;
		const own = mallory.notes.createScope('folder', { name: 'Bait' });
		for (const target of [secrets!, { ...secrets!, id: personal.id }, { ...secrets!, kind: 'user' }]) {
			// Mallory's device answers with the id of Bob's scope and a key of its own.
			const bait = mallory.notes.directory().find(({ name }) => name === 'Bait')!;
			const invitation = await during(mallory.hub.calls.invite({ app: 'notes', scope: own.scope, role: 'VIEWER' }));
			await during(
				mallory.account.run('UPDATE invitations SET scope = ? WHERE id = ?', [target.id, invitation.id]),
				500
			);
			mallory.hub.addEngine('notes', {
				directory: () => [{ ...bait, id: target.id, kind: target.kind, epoch: 7 }],
				scopes: () => [
					{ scope: own.scope, id: target.id, kind: 'folder', name: 'Bait', role: 'OWNER', personal: false }
				],
				joinScope: () => '',
				grantCard: () => {},
				onDirectory: () => () => {}
			});
			const attempt = await during(bob.hub.calls.join({ app: 'notes', link: invitation.link, name: 'Bob' }));
			const [host, guest] = [tab(mallory), tab(bob)];
			void guest.watch(attempt.id);
			expect(await codeOf(mallory.hub.calls.accept({ request: host.seen.requests[0]!.id }) as Promise<unknown>)).toBe(
				'FAILED'
			);
			expect(guest.seen.attempts.at(-1)).toMatchObject({ state: 'failed' });
			mallory.hub.addEngine('notes', hubEngine(mallory.notes));
		}
		expect(bob.notes.directory()).toEqual([secrets]);
		write(bob, scope, '1', 'still mine');
		expect(tab(bob).seen.people).toEqual([]);
	});

	test('a request shows in the tabs of its own app only', async () => {
		const [ada, bob] = [await device('ada', 'Ada'), await device('bob', 'Bob')];
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		const { link } = await during(ada.hub.calls.invite({ app: 'notes', scope, role: 'EDITOR' }));
		await during(bob.hub.calls.join({ app: 'notes', link, name: 'Bob' }));
		expect(tab(ada, 'notes').seen.requests).toHaveLength(1);
		expect(tab(ada, 'finance').seen.requests).toHaveLength(0);
	});

	test('nobody is invited to a personal scope, one that is not here, or by somebody who is not its OWNER', async () => {
		const [ada, bob] = [await device('ada', 'Ada'), await device('bob', 'Bob')];
		const invite = (from: WholeDevice, scope: string, app = 'notes') =>
			from.hub.calls.invite({ app, scope, role: 'EDITOR' }) as Promise<unknown>;
		expect(await codeOf(invite(ada, ada.notes.personalScope()))).toBe('DENIED');
		expect(await codeOf(invite(ada, 'folder:none'))).toBe('UNKNOWN_SCOPE');
		expect(await codeOf(invite(ada, 'folder:none', 'finance'))).toBe('NOT_OPEN');
		const { scope } = ada.notes.createScope('folder', { name: 'Groceries' });
		const { outcome } = await share(ada, bob, scope);
		await time.advance(3000);
		expect(await codeOf(invite(bob, (outcome as { scope: string }).scope))).toBe('DENIED');
		expect(
			await codeOf(ada.hub.calls.join({ app: 'notes', link: 'http://x/join#abc', name: 'x' }) as Promise<unknown>)
		).toBe('BAD_LINK');
	});
});

describe('the directory [P-7]', () => {
	test('a scope made on one device appears on the other, one that was shared too, without another question', async () => {
		const laptop = await device('laptop', 'Ada');
		const phone = await device('phone', undefined, laptop.profile.words()!);
		const bob = await device('bob', 'Bob');
		await time.advance(3000);
		const { scope } = laptop.notes.createScope('folder', { name: 'Recipes' });
		write(laptop, scope, '1', 'soup');
		const shared = bob.notes.createScope('folder', { name: 'Trip' });
		write(bob, shared.scope, '2', 'tickets');
		await share(bob, phone, shared.scope);
		await time.advance(8000);
		expect(titles(phone)).toEqual(['soup', 'tickets']);
		expect(titles(laptop)).toEqual(['soup', 'tickets']);
		expect(
			laptop.notes
				.scopes()
				.map(({ name }) => name)
				.sort()
		).toEqual(['', 'Recipes', 'Trip']);
	});

	test('what was made offline on two devices is on both afterwards', async () => {
		const laptop = await device('laptop', 'Ada');
		const phone = await device('phone', undefined, laptop.profile.words()!);
		network.setHome(false);
		const [one, two] = [
			laptop.notes.createScope('folder', { name: 'A' }),
			phone.notes.createScope('folder', { name: 'B' })
		];
		write(laptop, one.scope, '1', 'from the laptop');
		write(phone, two.scope, '2', 'from the phone');
		await time.advance(60_000);
		network.setHome(true);
		await time.advance(20_000);
		for (const each of [laptop, phone]) expect(titles(each)).toEqual(['from the laptop', 'from the phone']);
	});

	test("devices learn each other's names and cards, and settle: no endless writing", async () => {
		const laptop = await device('laptop', 'Ada');
		const phone = await device('phone', undefined, laptop.profile.words()!);
		await time.advance(20_000);
		expect(phone.profile.info().name).toBe('Ada');
		expect(phone.profile.person().card).toEqual(laptop.profile.person().card);
		await laptop.profile.setDeviceName('desk');
		laptop.hub.selfChanged();
		await time.advance(5000);
		const seen = tab(phone).seen;
		await time.advance(100);
		expect(seen.devices.map(({ name }) => name)).toContain('desk');
		let commits = 0;
		laptop.account.onCommit(() => commits++);
		phone.account.onCommit(() => commits++);
		await time.advance(120_000);
		expect(commits).toBe(0);
	});

	test('an invitation made on the laptop is answered by the phone when the laptop is off', async () => {
		const laptop = await device('laptop', 'Ada');
		const phone = await device('phone', undefined, laptop.profile.words()!);
		const bob = await device('bob', 'Bob');
		const { scope } = laptop.notes.createScope('folder', { name: 'Recipes' });
		const { link } = await during(laptop.hub.calls.invite({ app: 'notes', scope, role: 'EDITOR' }));
		await time.advance(5000);
		await laptop.stop();
		await time.advance(1000);
		const attempt = await during(bob.hub.calls.join({ app: 'notes', link, name: 'Bob' }));
		const { seen } = tab(phone);
		expect(seen.requests[0]).toMatchObject({ emojis: attempt.emojis, scopeName: 'Recipes' });
		await during(phone.hub.calls.accept({ request: seen.requests[0]!.id }));
		expect(bob.notes.directory()).toHaveLength(1);
	});
});
