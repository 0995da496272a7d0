/**
 * Every message inside one device: between tabs, switchboard, leader, engines and network worker.
 *
 *     tab ── hello, lead, connect ──▶ switchboard (SharedWorker, /platform/switchboard.js)
 *                                        │ connect + port
 *                                        ▼
 *     leader (the tab that holds slf:leader) ── start, connect + port ──▶ engine worker of each database
 *                                            └─ start, connect + port ──▶ network worker
 *     tab ◀══════════════ port straight to an engine or the hub (protocol/link.ts) ══════════════▶
 *
 * Invariants
 * - The switchboard's part is frozen at version 1: its URL is stable, so an old switchboard may serve new tabs
 *   and the other way round. Fields may be added; none may change its meaning or go away. `detail` is opaque to it.
 * - Death is noticed by Web Locks, which browsers release with their holder: `slf:leader` (the election),
 *   `slf:tab:<tab>`, `slf:engine:<database>:<term>`, `slf:network:<term>`. A term names one start of one worker.
 * - The rest of the bridge may change with every build: an engine answers only tabs of its own BRIDGE version,
 *   others are refused with OUTDATED.
 */

import type {
	Device,
	HistoryEntry,
	IdentityInfo,
	Invitation,
	JoinRequest,
	Member,
	PairingOffer,
	Person,
	Refusal,
	Role,
	ScopeInfo,
	SqlValue,
	SyncStatus,
	WordsProblem
} from './shapes.ts';
import type { PortLike } from './link.ts';
import type { Origins } from './origins.ts';
import type { LiveUpdate } from './live.ts';
import type { TextAnswer, TextEdit, TextEvent, TextRef, TextSnapshot } from './text-edit.ts';

/** Grows with every change below that an older build would misread. */
export const BRIDGE = 1;

export const LEADER_LOCK = 'slf:leader';
export const tabLock = (tab: string): string => `slf:tab:${tab}`;
export const engineLock = (database: string, term: string): string => `slf:engine:${database}:${term}`;
export const networkLock = (term: string): string => `slf:network:${term}`;
/** Held shared by every page for its life, so that service workers keep the files of builds that still run. */
export const buildLock = (app: string, build: string | number): string => `build:${app}:${build}`;

/** The database of keys, devices, contacts and the directory of scopes; its engine is the custodian. */
export const ACCOUNT = 'account';

// --- Tab and switchboard (frozen) --------------------------------------------------------------------------------

export type ToSwitchboard =
	| { v: 1; type: 'hello'; tab: string; app: string; build: number }
	/** This tab leads. The port that comes with it receives `FromSwitchboardToLeader`. */
	| { v: 1; type: 'lead'; term: string; build: number }
	/** Hand the port that comes with it to what the leader runs. Dropped when `term` no longer leads. */
	| { v: 1; type: 'connect'; term: string; target: string; detail: unknown }
	| { v: 1; type: 'bye' };

export type FromSwitchboard =
	/** Answers `hello`. The switchboard holds the lock `life`; when that is free, look for a new switchboard. */
	| { v: 1; type: 'here'; life: string }
	/** Who leads now: also the answer to `hello` when somebody does. */
	| { v: 1; type: 'leader'; term: string; build: number }
	/** The highest build among the open tabs; a leader below it steps down. */
	| { v: 1; type: 'newest'; build: number };

export interface FromSwitchboardToLeader {
	v: 1;
	type: 'connect';
	tab: string;
	target: string;
	detail: unknown;
}

// --- Tab and leader (`target` and `detail` of connect) ------------------------------------------------------------

/**
 * `engine:<database>`, `hub`, or of an app that is a vault: `vault:<database>`, its worker, locked or open; and
 * `lock:<database>`, the leader, who ends that worker where it does not answer any more.
 */
export type Target = `engine:${string}` | `vault:${string}` | `lock:${string}` | 'hub';

export interface ConnectDetail {
	bridge: number;
	build: number;
	app: string;
	/** The app's schema: what its engine is started with, and checked against when it runs already. */
	schema?: string;
	/** Words for the very first start of this installation (createPlatform({ mnemonic })). */
	mnemonic?: string;
	/** False: where this installation has no identity, none is made (createPlatform({ makeIdentity })). */
	makeIdentity?: boolean;
	/** The app's database is a vault (createPlatform({ vault: true })). */
	vault?: boolean;
	/** The term of the engine whose death the tab noticed, so that a leader who has not yet starts a new one. */
	lost?: string;
}

// --- Leader and its workers ---------------------------------------------------------------------------------------

export interface WasmModules {
	crsqlite?: WebAssembly.Module;
}

export type ToEngine =
	/** First message. For an app's engine the port leads to the custodian. */
	| {
			type: 'start';
			database: string;
			term: string;
			build: number;
			schema?: string;
			vault?: boolean;
			mnemonic?: string;
			makeIdentity?: boolean;
			modules: WasmModules;
	  }
	/** Serve the port that comes with it. */
	| { type: 'connect'; as: 'tab' | 'vault' | 'network' | 'engine'; detail: ConnectDetail | null; tab?: string }
	/** The page is being hidden: make everything durable now, checkpoint. */
	| { type: 'quiet' }
	/** Finish what runs, checkpoint, release the files, say `stopped`. */
	| { type: 'stop' };

export type FromEngine =
	| { type: 'up'; database: string; term: string }
	| { type: 'failed'; error: { code: string; message: string } }
	| { type: 'stopped' }
	/** Of a vault: from now on the network may know it. */
	| { type: 'opened'; database: string }
	/** Of a vault: end this worker, and the network worker with it, which knows keys of its scopes. */
	| { type: 'locked'; database: string }
	/** Only from the custodian: the identity was replaced, so every engine has to start again. */
	| { type: 'restart' };

export type ToNetwork =
	| { type: 'start'; term: string; build: number; home: string }
	/** A port to the SyncCalls of one database's engine. */
	| { type: 'engine'; database: string }
	/** Serve the port that comes with it: a tab, to the hub. */
	| { type: 'connect'; as: 'tab'; tab: string }
	/** Hints from the leading tab: the browser came online or went offline, some tab became visible. */
	| { type: 'hint'; online: boolean; visible: boolean }
	| { type: 'stop' };

export type FromNetwork = { type: 'up'; term: string } | { type: 'failed'; error: { code: string; message: string } };

// --- Calls and streams of an engine -------------------------------------------------------------------------------

/** First frame of an engine's port. */
export interface EngineReady {
	database: string;
	term: string;
	build: number;
	/** Hex of the identity whose database this is; ids are made from it. Empty where there is none yet. */
	identity: string;
	/** A vault: what the network keeps for the person goes into its own database, not into the account's. */
	vault?: boolean;
	/** The engine works, but something could not be done at its start. */
	problem?: { code: string; message: string };
	/** Of row ids (row-id.ts): no two tabs of this device have the same at a time. Only tabs of an app have one. */
	lane?: number;
}

export interface ResultSet {
	columns: string[];
	rows: SqlValue[][];
}

/** Statements in order. The same SQL comes many times, so its text stands once: `steps` name it by index. */
export interface StatementList {
	texts: readonly string[];
	steps: readonly (readonly [text: number, params: readonly SqlValue[]])[];
}

/** What those of them gave that give rows, by index. */
export type StatementResults = (readonly [step: number, result: ResultSet])[];

/** `op` is an operation id: a call that comes again with the same one is applied once. */
export type EngineCalls = {
	exec(args: { op: string; sql: string; params: readonly SqlValue[] }): ResultSet;
	/** All or none, in a transaction of their own. */
	batch(args: { op: string } & StatementList): StatementResults;
	begin(args: { op: string }): { transaction: number };
	step(args: { transaction: number; sql: string; params: readonly SqlValue[] }): ResultSet;
	/** Until one fails; those before it stay in the transaction. */
	steps(args: { transaction: number } & StatementList): StatementResults;
	commit(args: { transaction: number }): void;
	rollback(args: { transaction: number }): void;
	wasCommitted(args: { op: string }): boolean | 'too-old';

	/** Resolves when it is durable. `editor` names one open editor of one tab. */
	textEdit(args: { ref: TextRef; editor: string; op: string; edit: TextEdit; base: number }): TextAnswer;
	/** The cursor goes away with the editor's stream `text`. */
	textCursor(args: { ref: TextRef; editor: string; selection: { anchor: number; head: number } | null }): void;

	setEphemeral(args: { table: string; scope: string; id: string; values: Record<string, SqlValue> }): void;

	createScope(args: { op: string; kind: string; name: string }): ScopeInfo;
	personalScope(args: Record<never, never>): string;
	scopes(args: Record<never, never>): ScopeInfo[];
	members(args: { scope: string }): Member[];
	grant(args: { op: string; person: string | Uint8Array; scope: string; role: Role }): void;
	history(args: { table: string; scope: string; id: string }): HistoryEntry[];
	refusals(args: Record<never, never>): Refusal[];
};

export type EngineStreams = {
	live: { args: { name: string; sql: string; params: readonly SqlValue[] }; event: LiveUpdate };
	/** Begins with the text as it is, and again after the tab fell behind. */
	text: { args: { ref: TextRef; editor: string }; event: TextBeginning | TextEvent };
	/** Without that of `editor` itself. */
	cursors: { args: { ref: TextRef; editor: string }; event: CursorEvent };
	scopes: { args: Record<never, never>; event: ScopeInfo[] };
};

export interface TextBeginning extends TextSnapshot {
	type: 'beginning';
	/** The last operation of this editor that the text contains, of those that this engine has seen. */
	operation?: string;
}

export type CursorEvent = {
	key: string;
	identity: string;
	name: string;
	own: boolean;
	anchor: number;
	head: number;
}[];

// --- Calls and streams of the custodian (the engine of the account database) --------------------------------------

export type AccountCalls = {
	identity(args: Record<never, never>): IdentityInfo;
	words(args: Record<never, never>): string[] | null;
	checkWords(args: { text: string }): { ok: true } | WordsProblem;
	confirmWords(args: { text: string; keep: boolean }): { ok: true } | WordsProblem;
	restore(args: { text: string }): { ok: true } | WordsProblem;
	setName(args: { name: string }): void;
	setDeviceName(args: { name: string }): void;
	/** An app's database that does not open is kept under another name; the next start makes an empty one. */
	setAside(args: { database: string }): void;
};

export type AccountStreams = {
	identity: { args: Record<never, never>; event: IdentityInfo };
};

/** Joining (joining.ts), of the custodian too: the port leads to the page of the other origin, which was checked. */
export type JoinCalls = {
	/** On the vault's origin. The outcome comes by the stream `joinAttempt`. */
	joinSuite(args: { port: PortLike; origins: Origins }): { id: string; emojis: string[] };
	cancelJoin(args: { attempt: string }): void;
	/** On the suite's origin: resolves when the vault's installation waits for a yes. */
	meetVault(args: { port: PortLike; origins: Origins }): { id: string; emojis: string[]; runsOn: string };
	/** Resolves when the vault has joined. */
	acceptVault(args: { request: string }): void;
	declineVault(args: { request: string }): void;
};

export type JoinStreams = {
	joinAttempt: { args: { attempt: string }; event: AttemptEvent };
	/** Closing it before an answer takes the request back. */
	vaultRequest: { args: { request: string }; event: VaultRequestEvent };
};

export type VaultRequestEvent = { state: 'waiting' } | { state: 'over'; reason: string };

// --- Calls and streams of the hub (in the network worker) ---------------------------------------------------------

/** What tabs may ask of the network worker: pairing, invitations, presence, status. */
export type HubCalls = {
	invite(args: { app: string; scope: string; role: Role }): Invitation;
	invitations(args: { app: string }): Invitation[];
	withdraw(args: { invitation: string }): void;
	accept(args: { request: string }): void;
	decline(args: { request: string }): void;
	/** The outcome comes by the stream `attempt`. */
	join(args: { app: string; link: string; name: string }): { id: string; emojis: string[] };
	offerPairing(args: Record<never, never>): PairingOffer;
	cancelPairing(args: { offer: string }): void;
	enterPairing(args: { code: string; deviceName: string }): { id: string; emojis: string[] };
	cancelAttempt(args: { attempt: string }): void;
};

export type AttemptEvent =
	{ state: 'waiting'; emojis: string[] } | { state: 'accepted'; scope?: string } | { state: 'failed'; reason: string };

export type HubStreams = {
	status: { args: Record<never, never>; event: SyncStatus };
	requests: { args: { app: string }; event: JoinRequest[] };
	attempt: { args: { attempt: string }; event: AttemptEvent };
	devices: { args: Record<never, never>; event: Device[] };
	people: { args: Record<never, never>; event: Person[] };
};
