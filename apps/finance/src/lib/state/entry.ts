/** A row of a register as it is drawn, whichever query gave it. */

import { entryOf, type AccountRow, type EntryRow } from '#lib/data/register.ts';
import type { TransactionRef } from '#lib/data/query.ts';
import { otherSide, personOf } from '#lib/domain/lines.ts';
import type { Minor } from '#lib/domain/money.ts';
import type { AccountId, Content } from '#lib/domain/revision.ts';
import type { App } from './app.svelte.ts';

export interface Entry extends TransactionRef {
	readonly key: string;
	readonly content: Content;
	readonly versions: number;
	/** What the row is about: the account of the register, else the one that the money came from. */
	readonly account: AccountId;
	readonly minor: Minor;
	readonly currency: string;
	/** The other side. */
	readonly others: readonly AccountId[];
	/** Of an account's register only. */
	readonly cleared: number | undefined;
	readonly balance: Minor | undefined;
}

export const transactionKey = ({ scope_id, thread }: TransactionRef): string => `${scope_id} ${thread}`;

// Rows that did not change stay the same objects, and are asked for at every scroll.
const made = new WeakMap<EntryRow, Entry>();

/** @param account whose register it is; undefined in lists of whole ledgers */
export function entryOfRow(app: App, row: EntryRow | AccountRow, account: AccountId | undefined): Entry {
	const known = made.get(row);
	if (known) return known;
	const { scope_id, thread, content } = entryOf(row);
	const { lines } = content;
	const own = 'line' in row ? lines[row.line] : undefined;
	const isOwn = (id: AccountId) => app.account(scope_id, id) !== undefined || personOf(id) !== undefined;
	const line =
		own ?? lines.find((one) => one.account === account) ?? lines.find((one) => isOwn(one.account)) ?? lines[0]!;
	const side = otherSide(lines, line.account);
	const entry: Entry = {
		scope_id,
		thread,
		key: `${scope_id} ${thread}${'line' in row ? ` ${row.line}` : ''}`,
		content,
		versions: row.versions,
		account: line.account,
		minor: line.minor,
		currency: line.currency,
		others: side.kind === 'one' ? [side.account] : side.lines.map((one) => one.account),
		cleared: 'line' in row ? row.cleared : undefined,
		balance: 'line' in row ? row.balance : undefined
	};
	// Without the accounts nobody can tell which line is one.
	if (app.accounts) made.set(row, entry);
	return entry;
}
