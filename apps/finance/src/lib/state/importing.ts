/** From what a file says to what would happen to one account, and then to the ledger. */

import { readCandidates, readKnownKeys, writeImport } from '#lib/data/import.ts';
import { payeesOfStatement } from '#lib/data/names.ts';
import type { RowRef, Undo } from '#lib/data/query.ts';
import { foldName } from '#lib/domain/search.ts';
import { checkBalance, type BalanceCheck } from '#lib/import/check.ts';
import { decide, type Choice } from '#lib/import/decide.ts';
import { planImport, type PlannedRow } from '#lib/import/plan.ts';
import type { Entry, Statement } from '#lib/import/statement.ts';
import type { App } from './app.svelte.ts';

export interface Planned {
	readonly account: RowRef;
	readonly rows: readonly PlannedRow[];
	readonly checks: readonly BalanceCheck[];
}

/** @param statements all that the file has for the account */
export async function plan(app: App, account: RowRef, statements: readonly Statement[]): Promise<Planned> {
	const known = await readKnownKeys(app.platform, account);
	const candidates = await readCandidates(app.platform, account);
	const currency = app.account(account.scope_id, account.id)?.currency ?? '';
	const entries = statements.flatMap((statement) => statement.entries);
	return { account, rows: planImport({ entries, currency, known, candidates }), checks: statements.map(checkBalance) };
}

export interface Imported {
	readonly added: number;
	readonly matched: number;
	readonly undo: Undo;
}

export async function write(
	app: App,
	{ account, rows }: Planned,
	choices: ReadonlyMap<number, Choice>
): Promise<Imported> {
	const { scope_id } = account;
	const names = [...new Set(rows.map(({ entry }) => entry.payee))];
	const payees = await payeesOfStatement(app.platform, scope_id, names);
	const decided = decide({ account: account.id, rows, choices, payees, categoryOf: categoriesOf(app, scope_id) });
	return writeImport(app.platform, account, decided);
}

/**
 * The category of this name that the ledger has. Names of files stay names: none is made from them, and a payee's last
 * category is not taken, so that two who import the same statement write the same.
 */
function categoriesOf(app: App, scope: string): (entry: Entry, category: string | undefined) => string | undefined {
	const byName = new Map(
		app.categories.filter((row) => row.scope_id === scope).map((row) => [foldName(row.name ?? ''), row.id])
	);
	return (_, category) => (category === undefined ? undefined : byName.get(foldName(category.split(':').at(-1) ?? '')));
}
