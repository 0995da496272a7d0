/** What the hub needs of the other parts. `worker/` joins them; tests and Node programs do so directly. */
import type { DirectoryEntry } from '../log/replica.ts';
import type { PageAddresses } from '../protocol/origins.ts';
import type { Timers } from '../protocol/timers.ts';
import type { JoinRequest, Role, ScopeInfo, SqlValue } from '../protocol/shapes.ts';
import type { Transport } from './transport/transport.ts';

type MaybePromise<T> = T | Promise<T>;

/** Where the hub keeps what it keeps for the person. */
export interface HubTables {
	/** Local name of the scope that the rows are in. */
	scope(): MaybePromise<string>;
	query(sql: string, params: readonly SqlValue[]): MaybePromise<SqlValue[][]>;
	/** One writing statement; `op` is an operation id. */
	write(op: string, sql: string, params: readonly SqlValue[]): MaybePromise<void>;
}

/** The account database, and the custodian of the identity beside it. */
export interface HubAccount extends HubTables {
	/** After each commit, own or received. Returns what ends it. */
	onChange(listener: () => void): () => void;

	/** The identity as it is now. */
	self(): MaybePromise<HubSelf>;
	/** See identity/profile.ts for these. */
	introduce(deviceName: string): MaybePromise<Uint8Array>;
	withdrawIntroduction(introduction: Uint8Array): MaybePromise<void>;
	adopt(introduction: Uint8Array, gift: Uint8Array): MaybePromise<void>;
	addDevice(introduction: Uint8Array): MaybePromise<{ gift: Uint8Array; device: Uint8Array }>;
	mergeCard(card: Uint8Array): MaybePromise<boolean>;
}

export interface HubSelf {
	/** Encoded identity card. */
	card: Uint8Array;
	/** What the person calls themselves; may be empty. */
	name: string;
	/** Hex of this device's public key. */
	device: string;
	deviceName: string;
}

/** The database of one app. */
export interface HubEngine {
	/** All scopes but the personal one, with their keys. */
	directory(): MaybePromise<DirectoryEntry[]>;
	/** Gives the local name. */
	joinScope(entry: {
		id: string;
		kind: string;
		name: string;
		epoch: number;
		key: Uint8Array;
		app?: string;
	}): MaybePromise<string>;
	/** @param scope local name */
	grantCard(op: string, scope: string, card: Uint8Array, role: Role): MaybePromise<void>;
	scopes(): MaybePromise<ScopeInfo[]>;
	/** When the set of scopes or a key changed; of a vault, after every commit. Returns what ends it. */
	onDirectory(listener: () => void): () => void;
	/** Of a vault: its own tables, so that the account learns neither names nor members nor keys. */
	tables?: HubTables;
}

/** A device that is connected and has proven whose it is. */
export interface PresentPeer {
	/** Hex. */
	identity: string;
	/** Hex. */
	device: string;
	/** Milliseconds since 1970. */
	lastSeen: number;
}

export interface HubPresence {
	peers(): readonly PresentPeer[];
	onChange(listener: () => void): () => void;
}

export interface HubOptions {
	transport: Transport;
	timers: Timers;
	random: (length: number) => Uint8Array;
	/** 32 bytes. */
	identity: Uint8Array;
	account: HubAccount;
	presence: HubPresence;
	pages: PageAddresses;
}

/** A request that waits for a person's yes or no. */
export interface WaitingRequest {
	view: JoinRequest;
	/** The app whose tabs show it; every app's when undefined. */
	app?: string;
	accept(): Promise<void>;
	decline(): void | Promise<void>;
}

/** An operation id as log/operations.ts reads it. */
export function operationId(timers: Timers, random: (length: number) => Uint8Array): string {
	const suffix = Array.from(random(10), (byte) => byte.toString(36).padStart(2, '0')).join('');
	return `${timers.now().toString(36).padStart(9, '0')}-hub-${suffix}`;
}
