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
import { ACCOUNT, type AccountCalls, type AccountStreams, type EngineReady } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkServer, type PortLike } from '../protocol/link.ts';
import { Custodian } from './custodian.ts';
import { EngineHost } from './engine-host.ts';
import type { Environment } from './environment.ts';
import { openReplica, type HostedReplica } from './hosted-replica.ts';
import { syncHandlers } from './sync-bridge.ts';
import type { CustodianCalls, NetworkAccountCalls, NetworkAccountStreams } from './worker-calls.ts';

export interface AccountEngineOptions {
	environment: Environment;
	/** identity/account.sql. */
	schema: string;
	term: string;
	build: number;
	mnemonic?: string;
	restart: () => void;
}

interface OpenAccount {
	host: EngineHost;
	replica: HostedReplica;
}

export class AccountEngine {
	readonly custodian: Custodian;
	readonly #ready: EngineReady;
	readonly #account: OpenAccount | PlatformError;
	readonly #servers = new Set<{ close(): void }>();

	private constructor(custodian: Custodian, ready: EngineReady, account: OpenAccount | PlatformError) {
		this.custodian = custodian;
		this.#ready = ready;
		this.#account = account;
	}

	static async open(options: AccountEngineOptions): Promise<AccountEngine> {
		const { environment, term, build, mnemonic, restart } = options;
		await cryptoReady();
		let account: OpenAccount | PlatformError = new PlatformError('STARTING', 'The account is being opened');
		const custodian = await Custodian.open({
			environment,
			...(mnemonic === undefined ? {} : { mnemonic }),
			restart,
			findCard: async (person) => (account instanceof PlatformError ? undefined : findCard(account, person))
		});
		const ready: EngineReady = { database: ACCOUNT, term, build, identity: '' };
		try {
			const person = custodian.profile.person();
			ready.identity = toHex(person.identity);
			const schema = loadSchema(options.schema, { peerRequests: false });
			const replica = await openReplica({ environment, database: ACCOUNT, schema, person });
			const { after, clock } = environment;
			const host = new EngineHost({ replica, ready, findCard: async () => undefined, after, clock });
			account = { host, replica };
		} catch (error) {
			account = PlatformError.from(error);
		}
		return new AccountEngine(custodian, ready, account);
	}

	serveTab(port: PortLike): () => void {
		const { calls, streams } = this.custodian;
		return this.#keep(new LinkServer<AccountCalls, AccountStreams>(port, calls, streams, this.#ready));
	}

	/** Gives another engine its keys. */
	serveEngine(port: PortLike): () => void {
		return this.#keep(new LinkServer<CustodianCalls>(port, this.custodian.workerCalls, {}, this.#ready));
	}

	serveNetwork(port: PortLike): () => void {
		if (this.#account instanceof PlatformError) {
			LinkServer.refuse(port, this.#account);
			return () => {};
		}
		const { host, replica } = this.#account;
		const sync = syncHandlers(replica.syncStore, host.turns);
		return host.serveWith<NetworkAccountCalls, NetworkAccountStreams>(
			port,
			{ ...host.calls, ...replica.directoryCalls(host.turns), ...sync.calls, ...this.custodian.workerCalls },
			{ ...host.streams, ...sync.streams, ...this.custodian.streams }
		);
	}

	async quiet(): Promise<void> {
		if (!(this.#account instanceof PlatformError)) await this.#account.host.quiet();
	}

	async close(): Promise<void> {
		for (const server of this.#servers) server.close();
		if (!(this.#account instanceof PlatformError)) await this.#account.host.close();
	}

	#keep(server: { close(): void }): () => void {
		this.#servers.add(server);
		return () => {
			this.#servers.delete(server);
			server.close();
		};
	}
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
