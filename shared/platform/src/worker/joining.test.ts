/** The suite and the vault of one machine, as two installations that meet over a port and then over the home node. */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	ACCOUNT,
	type AccountCalls,
	type AccountStreams,
	type JoinCalls,
	type JoinStreams
} from '../protocol/bridge.ts';
import { JOIN_SENTENCES } from '../protocol/joining.ts';
import type { LinkClient } from '../protocol/link.ts';
import { pageAddresses } from '../protocol/origins.ts';
import { MemoryNetwork } from '../sync/transport/memory.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import type { LocalSuite } from './local-suite.ts';
import { openLocal, openSuite, type Device, type EngineState, type Platform } from './node.ts';

const SCHEMA = `
CREATE TABLE items (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT);
SELECT crsql_as_crr('items');
SELECT crsql_policy('items', 'OWNER:RW');
`;

const ORIGINS = { suite: 'http://localhost', vault: 'http://passwords.localhost' };

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

type AccountLink = LinkClient<AccountCalls & JoinCalls, AccountStreams & JoinStreams>;

interface Installation {
	suite: LocalSuite;
	platform: Platform;
	link: AccountLink;
}

let started = 0;

async function installation(app: 'notes' | 'passwords', network?: MemoryNetwork): Promise<Installation> {
	const dir = mkdtempSync(join(tmpdir(), 'slf-join-'));
	const suite = openSuite(dir, { makeIdentity: app === 'notes' });
	const platform = await openLocal(suite, app, SCHEMA);
	cleanUp.push(async () => {
		await platform.close();
		rmSync(dir, { recursive: true, force: true });
	});
	if (network) {
		const name = `${app}-${++started}`;
		let starts = 0;
		await suite.startNetwork({
			home: 'ws://home.test/p2p',
			pages: pageAddresses('http://home.test'),
			timers: systemTimers,
			transport: () => network.device(`${name}-${++starts}`)
		});
	}
	const { link } = await suite.dial(`engine:${ACCOUNT}`);
	return { suite, platform, link: link as unknown as AccountLink };
}

const becomes = (platform: Platform, state: EngineState): Promise<void> =>
	new Promise((resolve) => void platform.onStatus(({ engine }) => engine === state && resolve()));

const devicesOf = (platform: Platform, wanted: (devices: readonly Device[]) => boolean): Promise<readonly Device[]> =>
	new Promise((resolve) => void platform.peers.devices((devices) => wanted(devices) && resolve(devices)));

/** Both pages hand over their ends; gives what each shows. */
async function meet(notes: Installation, vault: Installation) {
	const { port1, port2 } = new MessageChannel();
	const [asked, attempt] = await Promise.all([
		notes.link.call('meetVault', { port: port1, origins: ORIGINS }, [port1]),
		vault.link.call('joinSuite', { port: port2, origins: ORIGINS }, [port2])
	]);
	const outcome = new Promise<string>((resolve) => {
		void vault.link.open('joinAttempt', { attempt: attempt.id }, (event) => {
			if (event.state === 'accepted') resolve('accepted');
			if (event.state === 'failed') resolve(event.reason);
		});
	});
	return { asked, attempt, outcome };
}

test('[K-2] joined, the vault is the same person on the same machine: one line in the panel, and both in step', async () => {
	const network = new MemoryNetwork({ timers: systemTimers, random: () => 0.5 });
	const notes = await installation('notes', network);
	await notes.platform.identity.setDeviceName('Kitchen table');
	const vault = await installation('passwords', network);
	expect(vault.platform.status().engine).toBe('unjoined');

	const { asked, attempt, outcome } = await meet(notes, vault);
	expect(asked.emojis).toEqual(attempt.emojis);
	await notes.link.call('acceptVault', { request: asked.id });
	expect(await outcome).toBe('accepted');
	await becomes(vault.platform, 'ready');
	const { identity } = await notes.platform.identity.get();
	expect(await vault.platform.identity.get()).toMatchObject({
		identity,
		deviceName: 'Kitchen table',
		wordsHere: false
	});
	expect(await vault.platform.identity.words()).toBeNull();

	const whole = (devices: readonly Device[]) =>
		devices[0]?.installations.length === 2 && devices[0].installations.every((one) => one.online);
	for (const { platform } of [notes, vault]) {
		const devices = await devicesOf(platform, whole);
		expect(devices).toHaveLength(1);
		expect(devices[0]).toMatchObject({ name: 'Kitchen table', self: true, online: true });
		expect(devices[0]!.installations.filter(({ self }) => self)).toHaveLength(1);
	}
	// What joined does not add devices, and says so before anybody types a code.
	await expect(vault.platform.peers.offerPairing()).rejects.toMatchObject({ code: 'NOT_ENTITLED' });
	expect((await notes.platform.peers.offerPairing()).link).toMatch(/\/notes\/pair#/);
	// The account travels between the two through the home node.
	await notes.platform.identity.setName('Ada');
	await new Promise<void>((resolve) => {
		vault.platform.identity.watch(({ name }) => name === 'Ada' && resolve());
	});
});

test('[K-6] a page that goes away without an answer is told of in Passwords, and so is a no', async () => {
	const [notes, vault] = [await installation('notes'), await installation('passwords')];
	const { asked, outcome } = await meet(notes, vault);
	const stop = await notes.link.open('vaultRequest', { request: asked.id }, () => {});
	stop();
	expect(await outcome).toBe(JOIN_SENTENCES.vault.CLOSED);
	await expect(notes.link.call('acceptVault', { request: asked.id })).rejects.toMatchObject({ code: 'CANCELLED' });
	const second = await meet(notes, vault);
	await notes.link.call('declineVault', { request: second.asked.id });
	expect(await second.outcome).toBe(JOIN_SENTENCES.vault.DECLINED);
	expect(vault.platform.status().engine).toBe('unjoined');
});

test('[K-2] who gives up in Passwords is told of on the suite’s page', async () => {
	const [notes, vault] = [await installation('notes'), await installation('passwords')];
	const { asked, attempt, outcome } = await meet(notes, vault);
	const over = new Promise<string>((resolve) => {
		void notes.link.open('vaultRequest', { request: asked.id }, (event) => {
			if (event.state === 'over') resolve(event.reason);
		});
	});
	await vault.link.call('cancelJoin', { attempt: attempt.id });
	expect(await outcome).toBe(JOIN_SENTENCES.vault.CANCELLED);
	expect(await over).toBe(JOIN_SENTENCES.suite.CANCELLED);
});

test('[K-2] an installation that has an identity does not join another, and one without cannot let anybody join', async () => {
	const [notes, vault] = [await installation('notes'), await installation('passwords')];
	const port = () => {
		const { port1, port2 } = new MessageChannel();
		cleanUp.push(() => port2.close());
		return port1;
	};
	const own = port();
	await expect(notes.link.call('joinSuite', { port: own, origins: ORIGINS }, [own])).rejects.toMatchObject({
		code: 'HAS_IDENTITY',
		message: JOIN_SENTENCES.vault.HAS_IDENTITY
	});
	const other = port();
	await expect(vault.link.call('meetVault', { port: other, origins: ORIGINS }, [other])).rejects.toMatchObject({
		code: 'NO_IDENTITY'
	});
});
