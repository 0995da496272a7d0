/**
 * What a person does to transactions. Every command appends revisions and never touches one that is there, so whatever
 * merges with it stays whole; and every command gives back how to undo it.
 *
 * An edit replaces what its author saw: it takes the thread that was on screen, not the one that is here by now. What
 * came in between was written without knowing of this edit, and shows as a conflict, as it would from another device.
 */

import type { Platform, SqlStatement, Transaction } from '@slf/platform';
import { contentOf } from '#lib/domain/lines.ts';
import { decodeRevision, encodeRevision, type Content } from '#lib/domain/revision.ts';
import type { Thread } from '#lib/domain/thread.ts';
import { chunks, list, type TransactionRef, type Undo, type UndoOutcome } from './query.ts';
import { MissingTransaction, readThreads } from './threads.ts';

/** Revisions in one transaction of the database. */
const AT_ONCE = 1000;

export interface Done {
	readonly transactions: readonly TransactionRef[];
	readonly undo: Undo;
}

/** A content that is no revision: its lines do not sum to zero, or some value is out of range. A bug of the caller. */
export class BadContent extends Error {
	constructor(reason: string) {
		super(`not a transaction: ${reason}`);
	}
}

interface Written {
	scope: string;
	thread: string;
	revision: string;
	body: string;
	/** What was shown before; null for a new transaction. */
	before: Content | null;
}

export interface Addition {
	readonly scope: string;
	readonly content: Content;
	/**
	 * The transaction's id, where it has to be known before: `platform.id()`, or that of a statement's row
	 * (`threadOfKey`). By default the revision's own.
	 */
	readonly thread?: string;
}

/** Writes new transactions, in any scopes: up to 1,000 of them all or none. */
export async function addTransactions(platform: Platform, additions: readonly Addition[]): Promise<Done> {
	const written = additions.map(({ scope, content, thread }) =>
		compose(scope, thread, platform.id(), content, [], null)
	);
	await write(platform, written);
	return done(platform, written);
}

/** Writes one new transaction. */
export function addTransaction(
	platform: Platform,
	scope: string,
	content: Partial<Content> & Pick<Content, 'date' | 'currency' | 'lines'>
): Promise<Done> {
	return addTransactions(platform, [{ scope, content: contentOf(content, content) }]);
}

export interface Edit {
	readonly scope_id: string;
	/** As it was on screen. */
	readonly thread: Thread;
	readonly content: Content;
}

/** Replaces what was on screen. An edit that changes nothing is not written. */
export async function editTransactions(platform: Platform, edits: readonly Edit[]): Promise<Done> {
	const written = edits.flatMap(({ scope_id, thread, content }) => {
		const before = thread.shown.content;
		const same = thread.versions.length === 1 && encodeRevision(before) === encodeRevision(content);
		return same ? [] : [compose(scope_id, thread.id, platform.id(), content, thread.seen, before)];
	});
	await write(platform, written);
	return done(platform, written);
}

/**
 * Changes transactions that are not on screen one by one: a bulk edit. `change` gets what each shows now; undefined
 * leaves it as it is.
 *
 * @throws MissingTransaction, with nothing written of that part
 */
export async function changeTransactions(
	platform: Platform,
	transactions: readonly TransactionRef[],
	change: (content: Content, transaction: TransactionRef) => Content | undefined
): Promise<Done> {
	const written: Written[] = [];
	for (const [scope, refs] of Map.groupBy(transactions, ({ scope_id }) => scope_id)) {
		for (const part of chunks(refs, AT_ONCE)) {
			const ids = part.map(({ thread }) => thread);
			written.push(
				...(await platform.transaction(async (tx) => {
					const threads = await readThreads(tx, scope, ids);
					const revised = ids.flatMap((id) => {
						const thread = threads.get(id);
						if (!thread) throw new MissingTransaction();
						const content = change(thread.shown.content, { scope_id: scope, thread: id });
						if (!content || encodeRevision(content) === encodeRevision(thread.shown.content)) return [];
						return [compose(scope, id, platform.id(), content, thread.seen, thread.shown.content)];
					});
					await tx.batch(inserts(revised));
					return revised;
				}))
			);
		}
	}
	return done(platform, written);
}

/** Into the trash, from where `restoreTransactions` brings it back. Somebody's edit at the same time wins, and shows. */
export function deleteTransactions(platform: Platform, transactions: readonly TransactionRef[]): Promise<Done> {
	return changeTransactions(platform, transactions, (content) => ({ ...content, deleted: true }));
}

export function restoreTransactions(platform: Platform, transactions: readonly TransactionRef[]): Promise<Done> {
	return changeTransactions(platform, transactions, (content) => ({ ...content, deleted: false }));
}

/** Settles a conflict with one of the versions, or any other content: the new revision replaces all that were seen. */
export async function resolveTransaction(
	platform: Platform,
	scope: string,
	thread: Thread,
	content: Content
): Promise<Done> {
	const written = [compose(scope, thread.id, platform.id(), content, thread.seen, thread.shown.content)];
	await write(platform, written);
	return done(platform, written);
}

/** @param thread undefined: the revision founds its transaction */
function compose(
	scope: string,
	thread: string | undefined,
	revision: string,
	content: Content,
	over: readonly string[],
	before: Content | null
): Written {
	const body = encodeRevision(content, thread === revision ? undefined : thread, over);
	const read = decodeRevision(revision, body);
	if (typeof read === 'string') throw new BadContent(read);
	return { scope, thread: read.thread, revision, body, before };
}

async function write(platform: Platform, written: readonly Written[]): Promise<void> {
	for (const part of chunks(written, AT_ONCE)) await platform.batch(inserts(part));
}

function inserts(written: readonly Written[]): SqlStatement[] {
	return [...Map.groupBy(written, ({ scope }) => scope)].map(([scope, rows]) => ({
		sql: `INSERT INTO revisions (scope_id, id, body)
			SELECT ?, value ->> '$[0]', value ->> '$[1]' FROM json_each(?)`,
		params: [scope, list(rows.map(({ revision, body }) => [revision, body]))]
	}));
}

function done(platform: Platform, written: readonly Written[]): Done {
	const transactions = written.map(({ scope, thread }) => ({ scope_id: scope, thread }));
	return { transactions, undo: () => takeBack(platform, written) };
}

/** Puts back what was shown before, wherever our revision is still the only one that is. */
async function takeBack(platform: Platform, written: readonly Written[]): Promise<UndoOutcome> {
	let left = 0;
	const back: Written[] = [];
	for (const [scope, all] of Map.groupBy(written, (one) => one.scope)) {
		for (const part of chunks(all, AT_ONCE)) {
			const [reverted, others] = await platform.transaction((tx) => revert(tx, platform, scope, part));
			back.push(...reverted);
			left += others;
		}
	}
	const outcome = { undone: back.length, left };
	return back.length === 0 ? outcome : { ...outcome, redo: () => takeBack(platform, back) };
}

async function revert(
	tx: Transaction,
	platform: Platform,
	scope: string,
	written: readonly Written[]
): Promise<[Written[], number]> {
	const threads = await readThreads(
		tx,
		scope,
		written.map(({ thread }) => thread)
	);
	const reverted = written.flatMap(({ thread: id, revision, before }) => {
		const thread = threads.get(id);
		if (!thread || thread.versions.length > 1 || thread.shown.id !== revision) return [];
		const now = thread.shown.content;
		return [compose(scope, id, platform.id(), before ?? { ...now, deleted: true }, thread.seen, now)];
	});
	await tx.batch(inserts(reverted));
	return [reverted, written.length - reverted.length];
}
