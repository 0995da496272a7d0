/**
 * What an app sees of the platform: the types of everything that `createPlatform` hands out.
 *
 * Only types live here. The page's half is in this folder; the other half runs in workers and is reached by
 * the messages of `protocol/bridge.ts`. Apps and the Svelte binding depend on these types alone.
 *
 * Failures: every method that reaches the engine rejects with a `PlatformError`: its `code` says what to do,
 * its message names table, column, scope or role, never the value of a parameter.
 */

import type {
	Device,
	HistoryEntry,
	IdentityInfo,
	Installation,
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
	TextChange,
	VaultAnswer,
	VaultPasskey,
	VaultStatus,
	WordsProblem
} from '../protocol/shapes.ts';

export type {
	Device,
	HistoryEntry,
	IdentityInfo,
	Installation,
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
	TextChange,
	VaultAnswer,
	VaultPasskey,
	VaultStatus,
	WordsProblem
};

/** A row by column name. Where two columns share a name, the later one is kept: name them with AS. */
export type Row = Record<string, SqlValue>;

export interface Platform {
	/** The app whose database this is, for example `notes`. */
	readonly app: string;

	/** Runs one statement in a transaction of its own and gives its rows. Safe to repeat: it is applied once. */
	exec<R extends object = Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]>;

	/**
	 * Runs statements in order in one transaction, all or none, in one call: a thousand rows cost about what a hundred
	 * calls of `exec` cost, and the time limits of `transaction` do not count. Safe to repeat, as `exec`. Gives the rows of
	 * each. An error says which statement failed, from 1. Nothing else runs meanwhile: some thousand rows at a time.
	 */
	batch<R extends object = Row>(statements: readonly SqlStatement[]): Promise<R[][]>;

	/**
	 * Runs `work` in one transaction: all of its writes or none. Reads inside see its own writes.
	 *
	 * `work` may run up to three times if the engine is lost in between, so it must not have effects outside.
	 * One transaction at a time per database; others wait. Rolled back with `TIMEOUT` after 2 s without a
	 * statement or 10 s in all; `NESTED` when opened inside another of the same platform object's `work`.
	 */
	transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;

	/**
	 * Keeps the rows of a SELECT fresh. The callback first gets all rows, in a task after this promise
	 * resolved, and then again after every change, with `rows.diff` saying what changed since.
	 *
	 * @param name a label for diagnostics
	 * @param locked called when a vault locks: what the callback gave must not be shown any more. The rows come again, all
	 *   of them, after the unlock; a query asked for while the vault is locked opens then
	 * @returns a function that stops it
	 */
	live<R extends object = Row>(
		name: string,
		sql: string,
		params: readonly SqlValue[],
		callback: (rows: LiveRows<R>) => void,
		locked?: () => void
	): Promise<() => void>;

	/** Opens a REALTIME_TEXT column for editing. */
	text(table: string, scope: string, id: string, column: string): Promise<TextHandle>;

	readonly ephemeral: {
		/** Sets EPHEMERAL columns: seen by everyone in the scope at once, gone after 30 s without renewal. */
		set(table: string, scope: string, id: string, values: Record<string, SqlValue>): Promise<void>;
	};
	readonly scopes: Scopes;
	readonly peers: Peers;
	readonly identity: Identity;

	/** A new id for a row: 128 bits, unique without asking anybody, in the order of this device's clock. */
	id(): string;

	/** What the panel shows, as of now. Never throws. */
	status(): PlatformStatus;
	/** Calls `listener` at once and after every change of `status()`. Returns a function that stops it. */
	onStatus(listener: (status: PlatformStatus) => void): () => void;

	/**
	 * What was written into a row, by whom and when, newest first: every value that is in the log, also those that lost
	 * against another one. For tables whose schema says `SELECT crsql_history('table')`; texts are not in it.
	 *
	 * @throws PlatformError NO_HISTORY
	 */
	history(table: string, scope: string, id: string): Promise<HistoryEntry[]>;

	/** What this device refused from others, newest first, at most 200. Text in it is already escaped for display. */
	refusals(): Promise<Refusal[]>;

	/**
	 * For a database that does not open any more (status `failed` with DAMAGED, TRUNCATED or WRONG_KEY): keeps its files
	 * under another name. The next start makes an empty one, which fills from the person's other devices and the mailbox.
	 *
	 * @throws PlatformError LOCKED, STORAGE while it is open
	 */
	setDatabaseAside(): Promise<void>;

	/** Lets go of the engine and, if this tab leads, of the workers. */
	close(): Promise<void>;
}

export interface Transaction {
	exec<R extends object = Row>(sql: string, params?: readonly SqlValue[]): Promise<R[]>;
	/** Statements in order, in one call. Where one fails, those before it stay done unless `work` throws. */
	batch<R extends object = Row>(statements: readonly SqlStatement[]): Promise<R[][]>;
}

export interface SqlStatement {
	readonly sql: string;
	readonly params?: readonly SqlValue[];
}

/** Rows of a live query, in order, with what changed since the last call. */
export type LiveRows<R extends object = Row> = R[] & { readonly diff: LiveDiff<R> };

/**
 * How the previous rows become the present ones. With `reset` there is no previous: take all rows. Else, in this order:
 * take out the rows of `remove` and those that `move` names; put in those of `insert` and `move`; set those of `update`.
 */
export interface LiveDiff<R extends object = Row> {
	readonly reset: boolean;
	/** Whose write it was: another tab of this device, another device of the person, or an identity in hex. */
	readonly origin?: string;
	/** Indexes among the previous rows, ascending. */
	readonly remove: readonly number[];
	/** `from` is an index among the previous rows, `to` among the new ones; ascending by `to`. */
	readonly move: readonly { readonly from: number; readonly to: number }[];
	/** Indexes among the new rows, ascending. */
	readonly insert: readonly { readonly index: number; readonly row: R }[];
	/** Indexes among the new rows. */
	readonly update: readonly { readonly index: number; readonly row: R; readonly columns: readonly string[] }[];
}

export type TextEditOutcome =
	| { readonly ok: true; readonly version: number }
	/** `base` was not the present version: nothing was applied. */
	| { readonly ok: false; readonly stale: true; readonly version: number };

/** A change of the handle's text, from `version - 1` to `version`. */
export interface TextUpdate {
	readonly version: number;
	readonly changes: readonly TextChange[];
	/** True for what this handle's own `edit` did, false for what an editor still has to do. */
	readonly own: boolean;
	/** Who made it, where known: 'tab:' and an id, 'device', or the hex identity of another person. */
	readonly origin?: string;
}

export interface TextCursor {
	/** Stable for as long as that editor is open. */
	readonly key: string;
	readonly identity: string;
	readonly name: string;
	/** Another tab or device of the same person. */
	readonly own: boolean;
	readonly anchor: number;
	readonly head: number;
}

/**
 * One text, as an editor shows it. The handle carries the own unconfirmed edits over those of others, and over the
 * loss of an engine, so that an editor has two things to do:
 *
 *     editor changed by the person  ->  handle.edit(changes, handle.version)
 *     handle.observe(update)        ->  unless update.own: make update.changes in the editor
 *
 * Line ends are LF alone; what an edit brings else is corrected, and the correction comes through `observe`.
 */
export interface TextHandle {
	/** Counts the changes of this handle's text, own and others'. */
	readonly version: number;
	readonly text: string;
	/**
	 * Changes the text at once; the promise resolves when that is durable. Rejects when the engine refuses it (no right
	 * to write, too long): then the unconfirmed edits are taken back, through `observe`.
	 *
	 * @param changes against the text of version `base`, ascending, not overlapping
	 * @param base the present `version`
	 */
	edit(changes: readonly TextChange[], base: number): Promise<TextEditOutcome>;
	observe(callback: (update: TextUpdate) => void): () => void;
	/** Shows the own selection (offsets in `text`) to the others in the scope; null hides it. */
	setCursor(selection: { anchor: number; head: number } | null): void;
	/** The selections of others, as offsets in `text`; called again when they or the text change. */
	cursors(callback: (cursors: readonly TextCursor[]) => void): () => void;
	/** Everything edited so far is durable. */
	readonly isSaved: boolean;
	/** Resolves when everything edited so far is durable. */
	saved(): Promise<void>;
	close(): void;
}

export interface Scopes {
	/** Makes a scope of its own key and members; its creator is OWNER. */
	create(kind: string, options?: { name?: string }): Promise<ScopeInfo>;
	/** The scope that belongs to this person and app from the first start. */
	personal(): Promise<string>;
	list(): Promise<ScopeInfo[]>;
	members(scope: string): Promise<Member[]>;
	/** Calls back with all scopes, first in a later task and then after every change of scopes or members. */
	watch(callback: (scopes: ScopeInfo[]) => void): () => void;
}

/** The asking side of an invitation or a pairing. */
export interface JoinAttempt {
	readonly id: string;
	readonly emojis: readonly string[];
	/** `accepted` once the scope or the identity is here; a reason to show otherwise. */
	readonly outcome: Promise<
		{ readonly ok: true; readonly scope?: string } | { readonly ok: false; readonly reason: string }
	>;
	cancel(): void;
}

export interface Peers {
	/** Gives a known person a role in a scope: by identity, or by their root public key (bytes or hex). */
	grant(person: string | Uint8Array, scope: string, role: Role): Promise<void>;

	invite(scope: string, role: Role): Promise<Invitation>;
	invitations(): Promise<Invitation[]>;
	withdraw(invitation: string): Promise<void>;
	/** Who is waiting for a yes, first in a later task and then after every change. */
	requests(callback: (requests: readonly JoinRequest[]) => void): () => void;
	accept(request: string): Promise<void>;
	decline(request: string): Promise<void>;
	/** Uses an invitation link. `name` is shown to the inviter. */
	join(link: string, name: string): Promise<JoinAttempt>;

	/** Shows a code on this device; another one enters it and then appears in `requests`. */
	offerPairing(): Promise<PairingOffer>;
	cancelPairing(offer: string): Promise<void>;
	/** Makes this installation a device of the person whose device shows the code. */
	enterPairing(codeOrLink: string, deviceName: string): Promise<JoinAttempt>;

	devices(callback: (devices: readonly Device[]) => void): () => void;
	people(callback: (people: readonly Person[]) => void): () => void;
}

export interface Identity {
	get(): Promise<IdentityInfo>;
	watch(callback: (info: IdentityInfo) => void): () => void;
	/** The 12 words, or null when they have left this device. */
	words(): Promise<readonly string[] | null>;
	/** Marks them as written down, when the words typed are right. `keep`: they stay on this device. */
	confirmWords(text: string, keep: boolean): Promise<{ readonly ok: true } | WordsProblem>;
	checkWords(text: string): Promise<{ readonly ok: true } | WordsProblem>;
	/**
	 * Becomes the identity of these words on this device. What was written here before moves along: its rows are
	 * written anew into that identity's personal scope, under new ids. Resolves when that is done; live queries go on
	 * by themselves.
	 */
	restore(text: string): Promise<{ readonly ok: true } | WordsProblem>;
	/**
	 * On the vault's origin, while `status().engine` is `unjoined`: asks the suite on this machine, in a window of its
	 * own, to make this installation one of the person there. Call it in the handler of a click, before anything else:
	 * else the browser blocks the window. Rejects, and the outcome reads, with what to tell the person.
	 */
	joinSuite(): Promise<JoinAttempt>;
	setName(name: string): Promise<void>;
	setDeviceName(name: string): Promise<void>;
}

/** What `createPlatform({ vault: true })` gives. */
export interface VaultPlatform extends Platform {
	readonly vault: Vault;
}

/** One of the ways to open a vault, as a person gives it. Bytes of a passphrase are UTF-8 in NFKC, and are wiped. */
export type VaultKeyGiven =
	| { readonly passphrase: string | Uint8Array }
	| { readonly words: string }
	/** The browser asks for one of the passkeys of this installation. Call it in the handler of a click. */
	| { readonly passkey: true };

/**
 * Ways to open a new vault, all set up at once. A passkey can be deleted outside of this app, and the vault with it, so it
 * is never the only one (NEEDS_SECOND).
 */
export type VaultWays = { readonly passkeyName?: string } & (
	| { readonly passphrase: string | Uint8Array; readonly words?: string }
	| { readonly passphrase?: undefined; readonly words: string }
);

/**
 * The vault that an app's database is: its key hangs on a passphrase, a passkey or the words together with the account,
 * and is in one worker alone, while the vault is open. Nothing of it is readable while it is locked: then calls of the
 * platform fail with LOCKED, streams wait, and `status().engine` is `locked`.
 *
 * A new leading tab finds it locked: the key is never handed over.
 */
export interface Vault {
	status(): VaultStatus;
	/** Calls back at once and after every change. Returns a function that stops it. */
	watch(callback: (status: VaultStatus) => void): () => void;

	/** Makes the vault, and opens it. */
	create(ways: VaultWays): Promise<VaultAnswer>;
	/** Resolves with ok when the database answers. */
	unlock(given: VaultKeyGiven): Promise<VaultAnswer>;
	/** Resolves when it is locked: in every tab, and in every worker that knew a key of it. */
	lock(): Promise<void>;
	/** Opens another vault of this person that lies here (`status().others`), and takes it into the open one. */
	bringIn(given: VaultKeyGiven): Promise<VaultAnswer>;

	/** The app says how good it is; fewer than 8 characters are refused. The former one opens nothing any more. */
	setPassphrase(passphrase: string | Uint8Array): Promise<VaultAnswer>;
	/** Lets the 12 words open the vault. That they are right is checked against the identity. */
	addWords(text: string): Promise<VaultAnswer>;
	/** Makes a passkey of that name in this browser. Call it in the handler of a click. */
	addPasskey(name: string): Promise<VaultAnswer>;
	removePasskey(id: string): Promise<VaultAnswer>;
	/** Milliseconds, from 1 second to 24 hours; 5 minutes unless set. */
	setLockAfter(ms: number): Promise<VaultAnswer>;
	/** The same for the time with no tab in sight; 1 minute unless set. */
	setHiddenAfter(ms: number): Promise<VaultAnswer>;

	/** The person did something: call it on input, as often as you like. */
	activity(): void;
	/**
	 * Calls back before the vault locks by itself or by hand, so that what was typed and not saved can be written into a
	 * table (one that is not replicated, for drafts). The database still answers for about 200 ms. When the leading tab
	 * is closed there is no such moment: what must never be lost is written while it is typed.
	 *
	 * @returns a function that stops it
	 */
	onLocking(save: () => unknown): () => void;
}

/** How this page stands to the engine. */
export type EngineState =
	| 'starting'
	| 'ready'
	/**
	 * This installation belongs to nobody yet, and may not make an identity of its own (createPlatform({ makeIdentity })):
	 * calls fail with NO_IDENTITY until it joins, is paired, or is given words. Then it goes on by itself.
	 */
	| 'unjoined'
	/** The leading tab went away; calls wait for the next one. */
	| 'lost'
	/** No SharedWorker here and another tab has the data: this one waits until that is closed. */
	| 'elsewhere'
	/** The vault is locked, or there is none yet: `vault.status()` says which. Calls fail with LOCKED. */
	| 'locked'
	/** This page is older than the data or the engine: only reloading helps. Calls fail with OUTDATED. */
	| 'outdated'
	/** The database could not be opened; `problem` says which and what to do. Nothing was changed. */
	| 'failed'
	| 'closed';

export interface PlatformStatus {
	readonly engine: EngineState;
	/** A sentence for `failed` and `outdated`; with `ready`, what could not be done at the start. */
	readonly problem?: { readonly code: string; readonly message: string };
	/** True when this browser lets one tab at a time work. */
	readonly singleTab: boolean;
	/** This tab owns the workers. */
	readonly leader: boolean;
	/** The browser reports a connection. */
	readonly online: boolean;
	readonly sync: SyncStatus;
}
