/**
 * The account's engine: the custodian, and the database of devices, contacts, directory and invitations. Tabs reach
 * the custodian alone; the rows are the hub's.
 *
 * A damaged account database does not keep the apps from opening: their keys are in the profile. It then refuses the
 * network, with the reason.
 */

import { loadSchema } from '../engine/schema.ts';
import { cryptoReady, toHex } from '../crypto/index.ts';
import { verifyCard } from '../identity/index.ts';
import {
	ACCOUNT,
	type AccountCalls,
	type AccountStreams,
	type EngineReady,
	type JoinCalls,
	type JoinStreams
} from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkServer, type PortLike } from '../protocol/link.ts';
import { Custodian } from './custodian.ts';
import { EngineHost } from './engine-host.ts';
import type { Environment } from './environment.ts';
import { openReplica, type HostedReplica } from './hosted-replica.ts';
import { JoinDesk } from './join-desk.ts';
import { syncHandlers } from './sync-bridge.ts';
import { vaultShelf } from './vault-shelf.ts';
import type { KeeperCalls, KeeperStreams, NetworkAccountCalls, NetworkAccountStreams } from './worker-calls.ts';

export interface AccountEngineOptions {
	environment: Environment;
	/** identity/account.sql. */
	schema: string;
	term: string;
	build: number;
	mnemonic?: string;
	/** False: where there is no identity, none is made. */
	makeIdentity?: boolean;
	restart: () => void;
}

export interface OpenAccount {
	host: EngineHost;
	replica: HostedReplica;
}

export class AccountEngine {
	readonly custodian: Custodian;
	readonly #joins: JoinDesk;
	readonly #ready: EngineReady;
	/** Opened behind the custodian: apps need keys, not contacts. Rejects with what is wrong with the database. */
	readonly #account: Promise<OpenAccount>;
	readonly #servers = new Set<{ close(error?: unknown): void }>();

	private constructor(custodian: Custodian, joins: JoinDesk, ready: EngineReady, account: Promise<OpenAccount>) {
		this.custodian = custodian;
		this.#joins = joins;
		this.#ready = ready;
		this.#account = account;
		account.catch(() => {});
	}

	/** Resolves when the custodian can give keys, or can say why not. */
	static async open(options: AccountEngineOptions): Promise<AccountEngine> {
		await cryptoReady();
		const { environment, term, build, mnemonic, makeIdentity, restart } = options;
		const engine: { account?: Promise<OpenAccount> } = {};
		const custodian = await Custodian.open({
			environment,
			...(mnemonic === undefined ? {} : { mnemonic }),
			...(makeIdentity === undefined ? {} : { makeIdentity }),
			restart,
			findCard: async (person) => findCard(await engine.account!, person)
		});
		const ready: EngineReady = { database: ACCOUNT, term, build, identity: '' };
		engine.account = openAccount(options, custodian, ready);
		const { clock, after, random } = environment;
		const joins = new JoinDesk({ custodian, timers: { now: clock, after }, random });
		return new AccountEngine(custodian, joins, ready, engine.account);
	}

	serveTab(port: PortLike): () => void {
		const calls = { ...this.custodian.calls, ...this.#joins.calls };
		const streams = { ...this.custodian.streams, ...this.#joins.streams };
		return this.#keep(
			new LinkServer<AccountCalls & JoinCalls, AccountStreams & JoinStreams>(port, calls, streams, this.#ready)
		);
	}

	/** Gives another engine its keys, and that of a vault the ways into it. */
	serveEngine(port: PortLike): () => void {
		const { workerCalls, streams } = this.custodian;
		const shelf = vaultShelf(this.#account, () => {
			const { device, devices } = this.custodian.profile.info();
			return { device, devices };
		});
		const calls = { ...workerCalls, ...shelf.calls };
		return this.#keep(
			new LinkServer<KeeperCalls, KeeperStreams>(port, calls, { ...streams, ...shelf.streams }, this.#ready)
		);
	}

	/**
	 * Where the account's database does not open, the port is refused with the reason. Where there is no identity yet,
	 * only the custodian is served: what it takes to be handed one.
	 */
	serveNetwork(port: PortLike): void {
		if (this.custodian.isNewcomer) return void this.serveEngine(port);
		this.#account.then(
			({ host, replica }) => {
				const sync = syncHandlers(replica.syncStore, host.turns);
				host.serveWith<NetworkAccountCalls, NetworkAccountStreams>(
					port,
					{ ...host.calls, ...replica.directoryCalls(host.turns), ...sync.calls, ...this.custodian.workerCalls },
					{ ...host.streams, ...sync.streams, ...this.custodian.streams }
				);
			},
			(error) => LinkServer.refuse(port, error)
		);
	}

	async quiet(): Promise<void> {
		await this.#account.then(
			({ host }) => host.quiet(),
			() => {}
		);
	}

	async close(): Promise<void> {
		this.#joins.stop();
		for (const server of this.#servers) server.close(new PlatformError('LOST', 'The account is being closed'));
		await this.#account.then(
			({ host }) => host.close(),
			() => {}
		);
	}

	#keep(server: { close(): void }): () => void {
		this.#servers.add(server);
		return () => {
			this.#servers.delete(server);
			server.close();
		};
	}
}

async function openAccount(
	{ environment, schema }: AccountEngineOptions,
	custodian: Custodian,
	ready: EngineReady
): Promise<OpenAccount> {
	const person = custodian.profile.person();
	ready.identity = toHex(person.identity);
	const replica = await openReplica({
		environment,
		database: ACCOUNT,
		schema: loadSchema(schema, { peerRequests: false }),
		person
	});
	const { after, clock } = environment;
	const host = new EngineHost({ replica, ready, findCard: async () => undefined, after, clock });
	await custodian.streams.identity({}, () => {
		const { card } = custodian.profile.person();
		void host.turns.run(() => replica.replica.setCard(card)).catch(() => {});
	});
	return { replica, host };
}

/** By identity, or by the root public key that stands in the genesis of a card. */
async function findCard({ host, replica }: OpenAccount, person: string): Promise<Uint8Array | undefined> {
	const { rows } = await host.turns.run(() => replica.run('SELECT id, card FROM contacts WHERE card IS NOT NULL', []));
	for (const [id, card] of rows) {
		if (id === person) return card as Uint8Array;
	}
	for (const [, card] of rows) {
		const verified = verifyCard(card as Uint8Array);
		if (verified.ok && toHex(verified.rootKey) === person) return card as Uint8Array;
	}
	return undefined;
}
