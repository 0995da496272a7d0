/**
 * One open database as the engine host drives it: synchronous, one caller at a time. `openEngine` makes it of a
 * Replica and its store.
 */

import type { CursorEvent, ResultSet, StatementList, StatementResults } from '../protocol/bridge.ts';
import type { Emit, OpenSource } from '../protocol/link.ts';
import type { LiveUpdate } from '../protocol/live.ts';
import type { HistoryEntry, Member, Refusal, Role, ScopeInfo, SqlValue } from '../protocol/shapes.ts';
import type { TextAnswer, TextEdit, TextEvent, TextRef, TextSnapshot } from '../protocol/text-edit.ts';

export interface EngineReplica {
	/** A statement: in the open transaction, or in one of its own that remembers `op`. */
	run(sql: string, params: readonly SqlValue[], op?: string): ResultSet;
	/** Statements in the open transaction until one fails, or all or none in one of their own that remembers `op`. */
	runAll(statements: StatementList, op?: string): StatementResults;
	begin(op: string): void;
	/** Seals and commits. Throws with nothing committed. */
	commit(): void;
	rollback(): void;
	wasCommitted(op: string): boolean | 'too-old';

	openText(ref: TextRef): TextSnapshot;
	/** Makes and seals one edit in a transaction of its own. An `op` that was committed before changes nothing. */
	editText(ref: TextRef, edit: TextEdit, base: number, options: { op: string; origin: string }): TextAnswer;
	observeText(ref: TextRef, observer: (event: TextEvent) => void): () => void;
	/** Whether somebody watches a column of text that is behind its text. */
	isTextAwaited(): boolean;
	/** Writes texts into their columns. */
	materialise(): void;
	setCursor(ref: TextRef, editor: string, selection: { anchor: number; head: number } | null): void;
	/** Cursors of every editor but `editor`. */
	cursors(ref: TextRef, editor: string): CursorEvent;

	setEphemeral(table: string, scope: string, id: string, values: Record<string, SqlValue>): void;

	watch(name: string, sql: string, params: readonly SqlValue[], emit: Emit<LiveUpdate>): OpenSource;

	createScope(kind: string, name: string, op: string): ScopeInfo;
	personalScope(): string;
	scopes(): ScopeInfo[];
	members(scope: string): Member[];
	/** @param card the person's identity card, verified */
	grant(scope: string, card: Uint8Array, role: Role, op: string): void;
	history(table: string, scope: string, id: string): HistoryEntry[];
	refusals(): Refusal[];

	/** Calls back after every commit and after what came from outside; in no transaction. */
	onChange(listener: (change: EngineChange) => void): () => void;
	/** Copies the log into the main file. */
	checkpoint(): void;
	/** Smaller logs of long texts, expired values, forgotten operations. */
	tidy(): void;
	close(): void;
}

export interface EngineChange {
	/** Scopes, members or keys are others now. */
	directory?: boolean;
	/** Texts may be ahead of their columns. */
	texts?: boolean;
	/** Ephemeral values (cursors among them) changed. */
	ephemeral?: boolean;
}
