/**
 * The engine of one app's database: opens it with the keys that the custodian gives, moves what a former identity
 * wrote here, and serves tabs and the network.
 */

import type { AccountStreams, ConnectDetail, EngineReady } from '../protocol/bridge.ts';
import { PlatformError } from '../protocol/errors.ts';
import { LinkServer, type LinkClient, type PortLike } from '../protocol/link.ts';
import { loadEngine } from '../engine/open.ts';
import { loadSchema, type Schema } from '../engine/schema.ts';
import { cryptoReady, toHex } from '../crypto/index.ts';
import { verifyCard, type VaultKey } from '../identity/index.ts';
import { EngineHost } from './engine-host.ts';
import type { Environment } from './environment.ts';
import { moveFormerRows } from './former-rows.ts';
import { openReplica, type HostedReplica } from './hosted-replica.ts';
import { syncHandlers } from './sync-bridge.ts';
import type { CustodianCalls, NetworkEngineCalls, NetworkEngineStreams } from './worker-calls.ts';

export interface AppEngineOptions {
	environment: Environment;
	database: string;
	/** The app's schema.sql. */
	schema: string;
	term: string;
	build: number;
	custodian: LinkClient<CustodianCalls, AccountStreams>;
	/** Of an app that is a vault: its key (vault-engine.ts). */
	vault?: VaultKey;
}

export class AppEngine {
	readonly host: EngineHost;
	readonly replica: HostedReplica;
	readonly #schema: Schema;
	readonly #custodian: LinkClient<CustodianCalls, AccountStreams>;

	private constructor(
		host: EngineHost,
		schema: Schema,
		replica: HostedReplica,
		custodian: LinkClient<CustodianCalls, AccountStreams>
	) {
		this.host = host;
		this.#schema = schema;
		this.replica = replica;
		this.#custodian = custodian;
	}

	/** @throws PlatformError (StoreError among them) that names the database; nothing was changed then */
	static async open(options: AppEngineOptions): Promise<AppEngine> {
		const { environment, database, term, build, custodian, vault } = options;
		const schema = loadSchema(options.schema, { vault: vault !== undefined });
		// While the custodian opens the profile.
		void loadEngine(environment.wasm).catch(() => {});
		void cryptoReady().catch(() => {});
		const { person, former } = await custodian.call('person', {});
		const replica = await openReplica({ environment, database, schema, person, vault });
		let problem: EngineReady['problem'];
		// There is no former identity where there is a vault: see the custodian.
		if (former && !vault) {
			try {
				await moveFormerRows({ environment, database, schema, former, person, into: replica });
				await custodian.call('moved', { database });
			} catch (thrown) {
				// They stay where they are, and the next start tries again: the person can work meanwhile, and is told.
				const { code, message } = PlatformError.from(thrown);
				problem = { code, message: `What was written here before could not be moved yet: ${message}` };
			}
		}
		const ready: EngineReady = {
			database,
			term,
			build,
			identity: toHex(person.identity),
			...(vault && { vault: true }),
			...(problem && { problem })
		};
		const host = new EngineHost({
			replica,
			ready,
			findCard: async (wanted) =>
				vault ? verifiedCard(replica, wanted) : ((await custodian.call('findCard', { person: wanted })) ?? undefined),
			after: environment.after,
			clock: environment.clock
		});
		// Names and devices change; what is signed from then on carries the newer card.
		await custodian.open('identity', {}, () => void renewCard(custodian, host, replica).catch(() => {}));
		return new AppEngine(host, schema, replica, custodian);
	}

	/** Serves a tab of this app. One whose schema is another than this engine's is out of date: see client/leader.ts. */
	serveTab(port: PortLike, detail: ConnectDetail | null): () => void {
		if (detail?.schema !== undefined && loadSchema(detail.schema).text !== this.#schema.text) {
			LinkServer.refuse(
				port,
				new PlatformError('OUTDATED', 'This page is older than the data on this device. Reload it')
			);
			return () => {};
		}
		return this.host.serve(port);
	}

	serveNetwork(port: PortLike): () => void {
		const { host } = this;
		const sync = syncHandlers(this.replica.syncStore, host.turns);
		return host.serveWith<NetworkEngineCalls, NetworkEngineStreams>(
			port,
			{ ...host.calls, ...this.replica.directoryCalls(host.turns), ...sync.calls },
			{ ...host.streams, ...sync.streams }
		);
	}

	quiet(): Promise<void> {
		return this.host.quiet();
	}

	/** @param error what is said to whoever still asks */
	async close(error?: PlatformError): Promise<void> {
		await this.host.close(error);
		this.#custodian.lose(new PlatformError('CLOSED', 'The database was closed'));
	}
}

async function renewCard(
	custodian: LinkClient<CustodianCalls, AccountStreams>,
	host: EngineHost,
	{ replica }: HostedReplica
): Promise<void> {
	const { card } = await custodian.call('self', {});
	await host.turns.run(() => replica.setCard(card));
}

/**
 * The card of a person whose emojis were compared in this vault. Contacts of the account do not count: whoever has the
 * account, and no vault, could have said of anybody that they were verified.
 */
function verifiedCard({ replica }: HostedReplica, wanted: string | Uint8Array): Uint8Array | undefined {
	const hex = typeof wanted === 'string' ? wanted.toLowerCase() : toHex(wanted);
	const { rows } = replica.runForPlatform(
		'SELECT id, card FROM vault_contacts WHERE scope_id = ? AND verified_at IS NOT NULL AND card IS NOT NULL',
		[replica.personalScope()]
	);
	for (const [id, card] of rows) {
		const verified = verifyCard(card as Uint8Array);
		if (!verified.ok || toHex(verified.identity) !== id) continue;
		if (id === hex || toHex(verified.rootKey) === hex) return card as Uint8Array;
	}
	return undefined;
}
