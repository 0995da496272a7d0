/** An installation that never makes an identity by itself, until it is handed one. */

import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageAddresses } from '../protocol/origins.ts';
import { MemoryNetwork } from '../sync/transport/memory.ts';
import { systemTimers } from '../sync/transport/system-timers.ts';
import { openLocal, openSuite, type EngineState, type JoinRequest, type Platform } from './node.ts';

const SCHEMA = `
CREATE TABLE logins (id TEXT PRIMARY KEY, scope_id TEXT, title LWW_TEXT);
SELECT crsql_as_crr('logins');
SELECT crsql_policy('logins', 'OWNER:RW');
`;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
	for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function folder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'slf-newcomer-'));
	cleanUp.push(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

let started = 0;

async function installation(dir: string, makeIdentity: boolean, network?: MemoryNetwork): Promise<Platform> {
	const suite = openSuite(dir, { makeIdentity });
	const platform = await openLocal(suite, makeIdentity ? 'notes' : 'passwords', SCHEMA);
	cleanUp.push(() => platform.close());
	if (network) {
		const name = `installation-${++started}`;
		let starts = 0;
		await suite.startNetwork({
			home: 'ws://home.test/p2p',
			pages: pageAddresses('http://home.test'),
			timers: systemTimers,
			transport: () => network.device(`${name}-${++starts}`)
		});
	}
	return platform;
}

const filesIn = (dir: string) => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());

/** Resolves when the engine is in this state. */
const becomes = (platform: Platform, state: EngineState): Promise<void> =>
	new Promise((resolve) => void platform.onStatus(({ engine }) => engine === state && resolve()));

test('[K-1] the first start of the vault makes no identity and writes nothing, also when it is opened again', async () => {
	const dir = folder();
	for (let start = 1; start <= 2; start++) {
		const vault = await installation(dir, false, new MemoryNetwork({ timers: systemTimers, random: () => 0.5 }));
		expect(vault.status().engine).toBe('unjoined');
		for (const attempt of [
			() => vault.identity.get(),
			() => vault.identity.words(),
			() => vault.identity.setName('Ada'),
			() => vault.exec('SELECT 1'),
			() => vault.scopes.personal(),
			() => vault.peers.offerPairing(),
			() => vault.peers.invite('x', 'EDITOR')
		]) {
			await expect(attempt()).rejects.toMatchObject({ code: 'NO_IDENTITY' });
		}
		await vault.close();
		expect(filesIn(dir)).toEqual([]);
	}
});

test('[K-1] the 12 words make it a device of their identity; wrong ones leave it as it was', async () => {
	const notes = await installation(folder(), true);
	const words = (await notes.identity.words())!.join(' ');
	const { identity } = await notes.identity.get();
	const dir = folder();
	const vault = await installation(dir, false);
	expect(await vault.identity.restore(words.replace(/ \w+$/, ' zzzz'))).toMatchObject({ ok: false, index: 11 });
	expect(vault.status().engine).toBe('unjoined');
	expect(filesIn(dir)).toEqual([]);

	expect(await vault.identity.restore(words)).toEqual({ ok: true });
	expect(vault.status().engine).toBe('ready');
	expect((await vault.identity.get()).identity).toBe(identity);
	await vault.exec('INSERT INTO logins (id, scope_id, title) VALUES (?, ?, ?)', [
		vault.id(),
		await vault.scopes.personal(),
		'bank'
	]);
	await vault.close();
	const again = await installation(dir, false);
	expect(again.status().engine).toBe('ready');
	expect(await again.exec('SELECT title FROM logins')).toEqual([{ title: 'bank' }]);
});

test('[K-1] a code of another device is entered without an identity; a no leaves it as it was, a yes makes it theirs', async () => {
	const network = new MemoryNetwork({ timers: systemTimers, random: () => 0.5 });
	const notes = await installation(folder(), true, network);
	const dir = folder();
	const vault = await installation(dir, false, network);
	const asked = () =>
		new Promise<JoinRequest>((resolve) => {
			const stop = notes.peers.requests((requests) => {
				if (requests.length === 0) return;
				stop();
				resolve(requests[0]!);
			});
		});

	const refused = await vault.peers.enterPairing((await notes.peers.offerPairing()).code, 'vault');
	await notes.peers.decline((await asked()).id);
	expect(await refused.outcome).toMatchObject({ ok: false });
	expect(vault.status().engine).toBe('unjoined');
	expect(filesIn(dir)).toEqual([]);

	const attempt = await vault.peers.enterPairing((await notes.peers.offerPairing()).code, 'vault');
	const request = await asked();
	expect(request.emojis).toEqual(attempt.emojis);
	await notes.peers.accept(request.id);
	expect(await attempt.outcome).toEqual({ ok: true });
	await becomes(vault, 'ready');
	expect(await vault.identity.get()).toMatchObject({
		identity: (await notes.identity.get()).identity,
		deviceName: 'vault',
		wordsHere: false
	});
	// The network began again, as that device.
	const devices = await new Promise((resolve) => {
		notes.peers.devices((all) => all.some(({ name, online }) => name === 'vault' && online) && resolve(all));
	});
	expect(devices).toHaveLength(2);
});
