/**
 * Calls that only workers of this suite may make of each other; the leader decides which port serves them. Tabs never
 * get one of these ports.
 */

import type { PersonKeys } from '../identity/index.ts';
import type { DirectoryEntry } from '../log/replica.ts';
import type { AccountStreams, EngineCalls, EngineStreams } from '../protocol/bridge.ts';
import type { Frontier } from '../protocol/session.ts';
import type { Role, SqlValue } from '../protocol/shapes.ts';
import type { ChainCursor, Received, StoreCommit, SyncScope } from '../sync/store.ts';

/** Of the custodian. */
export type CustodianCalls = {
	/** Keys of the person, and of the identity that was here before while some of its rows have not moved. */
	person(args: Record<never, never>): { person: PersonKeys; former: PersonKeys | null };
	/** What other people and devices are told of this one. */
	self(args: Record<never, never>): { card: Uint8Array; name: string; device: string; deviceName: string };
	/** The rows of `database` have moved, or there were none: the former identity's files are gone. */
	moved(args: { database: string }): void;
	/** The card of a known person, by identity or root public key, bytes or hex. */
	findCard(args: { person: string | Uint8Array }): Uint8Array | null;

	// Pairing, for the hub: see identity/profile.ts
	introduce(args: { deviceName: string }): Uint8Array;
	withdrawIntroduction(args: { introduction: Uint8Array }): void;
	/** Becomes a device of another identity; all engines and the network worker start again a moment later. */
	adopt(args: { introduction: Uint8Array; gift: Uint8Array }): void;
	addDevice(args: { introduction: Uint8Array }): { gift: Uint8Array; device: Uint8Array };
	/** True when there was something new in it. */
	mergeCard(args: { card: Uint8Array }): boolean;
	/** Certifies the agreement key of the person's vault of an app, where the card has another one or none. */
	sayVaultKey(args: { app: string; publicKey: Uint8Array }): void;
};

/** Of the account's engine, for the worker of a vault: ways into the vaults of this person, on all of their devices. */
export type ShelfCalls = {
	putVaultEntry(args: { app: string; id: string; entry: Uint8Array }): void;
};

export type ShelfStreams = {
	vaultEntries: {
		args: { app: string };
		/** `heard`: of the person's other devices, if there are any, one at least has been heard of. */
		event: { entries: Uint8Array[]; heard: boolean };
	};
};

/** What any other engine's port to the account's engine serves. */
export type KeeperCalls = CustodianCalls & ShelfCalls;
export type KeeperStreams = AccountStreams & ShelfStreams;

/** Of every engine, for the network worker: its SyncStore (sync/store.ts), call by call. */
export type SyncCalls = {
	syncScopes(args: Record<never, never>): SyncScope[];
	frontier(args: { scope: string }): Frontier;
	missing(args: { scope: string; theirs: Frontier; limit: number }): Uint8Array[];
	receive(args: { scope: string; records: Uint8Array[]; from: string }): Received;
	ownSince(args: { scope: string; after: ChainCursor; limit: number }): Uint8Array[];
	stateHash(args: { scope: string }): Uint8Array;
	gaps(args: { scope: string }): { have: number; claimed: number }[];
	getCursor(args: { key: string }): string | null;
	setCursor(args: { key: string; value: string }): void;
	receiveEphemeral(args: { scope: string; sealed: Uint8Array; from: string }): void;
};

export type SyncStreams = {
	/** Begins with a commit of nothing: whoever lost track looks at everything again. */
	commits: { args: Record<never, never>; event: StoreCommit };
	ephemeral: { args: Record<never, never>; event: { scope: string; sealed: Uint8Array } | null };
};

/** Of every engine, for the hub: the directory of scopes with their keys. */
export type DirectoryCalls = {
	directory(args: Record<never, never>): DirectoryEntry[];
	/** From another device or an invitation: synced from now on. Gives the local name. */
	joinScope(args: { id: string; kind: string; name: string; epoch: number; key: Uint8Array; app?: string }): string;
	/** Gives a role to the person of a card, whether or not they are a contact yet. */
	grantCard(args: { op: string; scope: string; card: Uint8Array; role: Role }): void;
	/** Of a vault: statements on the tables that it has for the hub (engine/vault-tables.ts). */
	tableQuery(args: { sql: string; params: readonly SqlValue[] }): SqlValue[][];
	tableWrite(args: { op: string; sql: string; params: readonly SqlValue[] }): void;
};

export type NetworkEngineCalls = EngineCalls & SyncCalls & DirectoryCalls;
export type NetworkEngineStreams = EngineStreams & SyncStreams;
/** The account's engine serves the network the same, and the custodian's calls beside. */
export type NetworkAccountCalls = NetworkEngineCalls & CustodianCalls;
export type NetworkAccountStreams = NetworkEngineStreams & AccountStreams;
