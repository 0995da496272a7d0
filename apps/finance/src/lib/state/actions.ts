/** What a person does from more than one screen: the command, then the word about it and how to take it back. */

import { goto, pushState } from '$app/navigation';
import { page } from '$app/state';
import { base, clock } from '@slf/suite';
import { counted } from '@slf/suite/domain';
import { createAccount, type NewAccount } from '#lib/data/accounts.ts';
import { addStarterCategories, createCategory, type CategoryKind } from '#lib/data/categories.ts';
import { markCleared, type Cleared } from '#lib/data/marks.ts';
import { payeesNamed, tagsNamed } from '#lib/data/names.ts';
import type { RowRef, TransactionRef } from '#lib/data/query.ts';
import * as transactions from '#lib/data/transactions.ts';
import { linesOfDraft, sameMoney, tagNames, type Draft, type DraftField } from '#lib/domain/draft.ts';
import { contentOf, orderNow } from '#lib/domain/lines.ts';
import { dayOfIso } from '#lib/domain/dates.ts';
import type { AccountId, Content } from '#lib/domain/revision.ts';
import { STARTER_GROUPS, STARTERS } from '#lib/domain/starters.ts';
import type { Thread } from '#lib/domain/thread.ts';
import type { App } from './app.svelte.ts';

let opened = 0;

/** Shows a transaction beside its register; a phone goes back from it with its own key. */
export function openTransaction(app: App, { scope_id, thread }: TransactionRef, from?: string): void {
	app.opened.set(++opened, { scope_id, thread });
	const state = { entry: opened };
	if (from === undefined && page.route.id === '/') pushState('', state);
	// eslint-disable-next-line svelte/no-navigation-without-resolve -- addresses are made of the base
	else void goto(from ?? `${base}/`, { state });
}

export async function remove(app: App, refs: readonly TransactionRef[]): Promise<boolean> {
	const done = await app.attempt(() => transactions.deleteTransactions(app.platform, refs));
	if (!done) return false;
	app.did(done.undo, refs.length === 1 ? 'Deleted.' : `Deleted ${counted(refs.length, 'transaction')}.`);
	return true;
}

export async function restore(app: App, refs: readonly TransactionRef[]): Promise<void> {
	const done = await app.attempt(() => transactions.restoreTransactions(app.platform, refs));
	if (done) app.did(done.undo, 'Back in the ledger.');
}

export async function tick(
	app: App,
	account: RowRef,
	refs: readonly TransactionRef[],
	cleared: Cleared
): Promise<void> {
	const undo = await app.attempt(() => markCleared(app.platform, account, refs, cleared));
	if (undo) app.did(undo);
}

/** Makes an account; with the first of a ledger come the categories to begin with. */
export async function newAccount(app: App, scope: string, account: NewAccount): Promise<RowRef | undefined> {
	return app.attempt(async () => {
		if (!app.categories.some(({ scope_id }) => scope_id === scope))
			await addStarterCategories(app.platform, scope, STARTER_GROUPS, STARTERS);
		return createAccount(app.platform, scope, account);
	});
}

export async function newCategory(
	app: App,
	scope: string,
	name: string,
	kind: CategoryKind
): Promise<AccountId | undefined> {
	const last = app.categories.findLast((row) => row.scope_id === scope)?.sort ?? null;
	const made = await app.attempt(() =>
		createCategory(app.platform, scope, { name: name.trim(), kind, sort: last === null ? null : `${last}0` })
	);
	return made?.id;
}

export type Saved = { readonly ok: true } | { readonly ok: false; readonly field: DraftField; readonly why: string };

/** What a form is an edit of. */
export interface Edited {
	readonly thread: Thread;
	readonly draft: Draft | undefined;
}

/**
 * Writes what a form says: a new transaction, or a new version of the one that was on screen.
 *
 * @returns undefined where it could not be written, and the person was told
 */
export async function save(app: App, scope: string, draft: Draft, edited?: Edited): Promise<Saved | undefined> {
	const before = edited?.thread.shown.content;
	const keepsLines = before !== undefined && (edited?.draft === undefined || sameMoney(draft, edited.draft));
	const thread = edited?.thread.id ?? app.platform.id();
	let money: Pick<Content, 'date' | 'currency' | 'lines'>;
	if (keepsLines) {
		const date = dayOfIso(draft.date);
		if (date === undefined) return { ok: false, field: 'date', why: 'Write a day that the calendar has.' };
		money = { date, currency: before.currency, lines: before.lines };
	} else {
		const read = linesOfDraft(draft, app.drafting(scope), thread);
		if (!read.ok) return read;
		// What came from a bank as booked stays so, also when the amount is corrected.
		const wasCleared = new Set(before?.lines.filter((line) => line.cleared).map((line) => line.account));
		money = {
			...read,
			lines: read.lines.map((line) => (wasCleared.has(line.account) ? { ...line, cleared: true } : line))
		};
	}
	return app.attempt(async (): Promise<Saved> => {
		const { platform } = app;
		const payee = await payeeId(app, scope, draft, edited);
		const names = tagNames(draft.tags);
		const ids = names.length > 0 ? await tagsNamed(platform, scope, names) : new Map<string, string>();
		const { date, currency, lines } = money;
		const words = { payee, note: draft.note.trim(), tags: names.map((name) => ids.get(name)!) };
		const done = edited
			? await transactions.editTransactions(platform, [
					{ scope_id: scope, thread: edited.thread, content: { ...before!, date, currency, lines, ...words } }
				])
			: await transactions.addTransactions(platform, [
					{
						scope,
						thread,
						content: contentOf({ date, currency, lines }, { order: orderNow(new Date(clock.now)), ...words })
					}
				]);
		const account = { scope_id: scope, id: draft.account };
		const ref = { scope_id: scope, thread };
		if (app.account(scope, draft.account) && draft.cleared !== (edited?.draft?.cleared ?? false))
			app.did(await markCleared(platform, account, [ref], draft.cleared ? 1 : 0));
		if (done.transactions.length > 0) app.did(done.undo);
		return { ok: true };
	});
}

/** A name that was not touched stays the payee that it was, also where another has the same name. */
async function payeeId(app: App, scope: string, draft: Draft, edited?: Edited): Promise<string | null> {
	const name = draft.payee.trim();
	const before = edited?.thread.shown.content.payee ?? null;
	if (before !== null && app.nameOf(scope, before) === name) return before;
	if (name === '') return null;
	return (await payeesNamed(app.platform, scope, [name])).get(name) ?? null;
}
