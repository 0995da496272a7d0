/**
 * A device with everything but a screen and workers: a profile, an account database, an app's database, synchronisation
 * and the hub, over a network in memory. When the identity is replaced it starts again, as the worker does.
 */
import { readFileSync } from 'node:fs';
import { loadSchema } from '../engine/schema.ts';
import { memoryDeviceKey, memoryProfileStore, Profile, type ProfileOptions } from '../identity/index.ts';
import type { Replica } from '../log/replica.ts';
import { pageAddresses } from '../protocol/origins.ts';
import type { HubAccount, HubEngine, HubPresence } from '../sync/hub-ports.ts';
import { Hub } from '../sync/hub.ts';
import type { SyncEngine } from '../sync/engine.ts';
import type { MemoryNetwork, MemoryTransport } from '../sync/transport/memory.ts';
import type { Random } from './random.ts';
import { openTestReplica, TEST_SCHEMA } from './replica.ts';
import { engineOver, storeOf } from './sync-device.ts';

const ACCOUNT_SCHEMA = readFileSync(new URL('../identity/account.sql', import.meta.url), 'utf8');

/** What lives from one start to the next. */
interface Running {
	account: Replica;
	notes: Replica;
	engine: SyncEngine;
	hub: Hub;
}

export class WholeDevice {
	readonly name: string;
	readonly network: MemoryNetwork;
	readonly transport: MemoryTransport;
	readonly #random: Random;
	readonly #profile: Profile;
	#running: Running | undefined;
	/** Starts that an adopted identity set going. */
	#restarting: Promise<void> = Promise.resolve();

	private constructor(name: string, network: MemoryNetwork, random: Random, profile: Profile) {
		this.name = name;
		this.network = network;
		this.transport = network.device(name);
		this.#random = random;
		this.#profile = profile;
	}

	/** @param person what its person calls themselves; @param words of an identity that exists */
	static async start(
		name: string,
		network: MemoryNetwork,
		random: Random,
		{ person, words }: { person?: string; words?: string[] } = {}
	): Promise<WholeDevice> {
		const bytes = (length: number): Uint8Array => random.bytes(length);
		const options: ProfileOptions = {
			store: memoryProfileStore(),
			deviceKey: memoryDeviceKey(bytes),
			now: () => network.timers.now(),
			random: bytes,
			deviceName: name,
			runsOn: 'a test',
			...(words ? { mnemonic: words.join(' ') } : {})
		};
		const profile = await Profile.open(options);
		if (person !== undefined) await profile.setName(person);
		const device = new WholeDevice(name, network, random, profile);
		await device.#start();
		return device;
	}

	get profile(): Profile {
		return this.#profile;
	}

	get identity(): string {
		return this.#profile.info().identity;
	}

	get hub(): Hub {
		return this.#now.hub;
	}

	/** The database of the app `notes`, with the schema of testing/replica.ts. */
	get notes(): Replica {
		return this.#now.notes;
	}

	get account(): Replica {
		return this.#now.account;
	}

	/** Resolves when a start that is under way is done. */
	get ready(): Promise<void> {
		return this.#restarting;
	}

	async setName(name: string): Promise<void> {
		await this.#profile.setName(name);
		this.hub.selfChanged();
	}

	async stop(): Promise<void> {
		const { hub, engine } = this.#now;
		hub.stop();
		await engine.stop();
		this.#running = undefined;
	}

	get #now(): Running {
		if (!this.#running) throw new Error(`${this.name} is not running`);
		return this.#running;
	}

	async #start(): Promise<void> {
		const { network, transport } = this;
		const person = this.#profile.person();
		const clock = (): number => network.timers.now();
		const open = (app: string, schema = TEST_SCHEMA) =>
			openTestReplica({
				person,
				app,
				clock,
				random: this.#random,
				schema: loadSchema(schema, { peerRequests: false })
			});
		const { replica: account } = await open('account', ACCOUNT_SCHEMA);
		const { replica: notes } = await open('notes');
		const engine = engineOver(transport, person, network, this.#random);
		const hub = new Hub({
			transport,
			timers: network.timers,
			random: (length) => this.#random.bytes(length),
			identity: person.identity,
			account: this.#hubAccount(account),
			presence: presenceOf(engine),
			pages: pageAddresses('http://localhost:4173')
		});
		this.#running = { account, notes, engine, hub };
		await engine.addStore(storeOf(account));
		await engine.addStore(storeOf(notes));
		await hub.start();
		hub.addEngine('notes', hubEngine(notes));
		await engine.start();
	}

	#hubAccount(account: Replica): HubAccount {
		return {
			scope: () => account.personalScope(),
			query: (sql, params) => account.run(sql, params).rows,
			write: (op, sql, params) => void account.run(sql, params, op),
			onChange: (listener) => account.onCommit(listener),
			self: () => {
				const { name, device, deviceName } = this.#profile.info();
				return { card: this.#profile.person().card, name, device, deviceName };
			},
			introduce: (deviceName) => this.#profile.introduce(deviceName),
			withdrawIntroduction: (introduction) => this.#profile.withdraw(introduction),
			adopt: async (introduction, gift) => {
				await this.#profile.adopt(introduction, gift);
				this.#restarting = new Promise((resolve, reject) => {
					this.network.timers.after(
						250,
						() =>
							void this.stop()
								.then(() => this.#start())
								.then(resolve, reject)
					);
				});
			},
			addDevice: (introduction) => this.#profile.addDevice(introduction),
			mergeCard: (card) => this.#profile.mergeCard(card)
		};
	}
}

/** An app's database as the hub sees it, in one process. */
export function hubEngine(replica: Replica): HubEngine {
	return {
		directory: () => replica.directory(),
		joinScope: (entry) => replica.joinScope(entry),
		grantCard: (op, scope, card, role) => replica.grant(scope, card, role, op),
		scopes: () => replica.scopes(),
		onDirectory: (listener) => replica.onCommit(({ directory }) => directory && listener())
	};
}

function presenceOf(engine: SyncEngine): HubPresence {
	return {
		peers: () => engine.status().peers,
		onChange: (listener) => engine.onStatus(listener)
	};
}
