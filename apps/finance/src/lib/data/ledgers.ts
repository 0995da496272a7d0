/**
 * Ledgers. Each is a scope: the person's own from the first start, and those of the kind `ledger`, which are made to be
 * shared. What is in one is in no other, so what is not shared is not on the other's device in any form.
 */

import type { Platform, ScopeInfo } from '@slf/platform';
import { list, type Query, type RowRef } from './query.ts';

/** Kind of a scope that is a ledger. */
export const LEDGER = 'ledger';
/** The one row of `ledgers` in a scope. */
const OWN = 's:ledger';

export interface LedgerRow extends RowRef {
	/** Undefined names fall back to the scope's own. */
	name: string | null;
	currency: string | null;
}

export function ledgers(scopes: readonly string[]): Query<LedgerRow> {
	return {
		name: 'ledgers',
		sql: `SELECT scope_id, id, name, currency FROM ledgers
			WHERE id = '${OWN}' AND scope_id IN (SELECT value FROM json_each(?)) ORDER BY scope_id`,
		params: [list(scopes)]
	};
}

/** The scopes of this app that are ledgers, the person's own first. */
export function ledgerScopes(scopes: readonly ScopeInfo[]): ScopeInfo[] {
	return scopes
		.filter(({ kind, personal }) => personal || kind === LEDGER)
		.toSorted((a, b) => Number(b.personal) - Number(a.personal));
}

/** A new ledger, of which the person is owner and, so far, the only member. */
export async function createLedger(platform: Platform, name: string, currency: string): Promise<ScopeInfo> {
	const scope = await platform.scopes.create(LEDGER, { name });
	await changeLedger(platform, scope.scope, { name, currency });
	return scope;
}

export async function changeLedger(
	platform: Platform,
	scope: string,
	change: { name?: string; currency?: string }
): Promise<void> {
	await platform.exec(
		`INSERT INTO ledgers (scope_id, id, name, currency) VALUES (?1, '${OWN}', ?2, ?3)
			ON CONFLICT (scope_id, id) DO UPDATE SET name = coalesce(?2, name), currency = coalesce(?3, currency)`,
		[scope, change.name ?? null, change.currency ?? null]
	);
}
