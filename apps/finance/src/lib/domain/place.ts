/**
 * Which transactions a register shows, and its address. Browsers write addresses to their history in clear, so they
 * carry ids and nothing that a person wrote; which transaction is open stands in no address at all, because the id of
 * an imported one follows from what the bank wrote.
 *
 *   /finance/                       all transactions
 *   /finance/?account=<scope>/<id>  of one account;  <scope>/ alone: of one ledger
 *   /finance/?show=trash            deleted ones;  show=conflicts: those with more than one version
 */

import { scopeOfToken, scopeToken, type ScopeName } from '@slf/suite/domain';

export type Place =
	| { readonly kind: 'all' | 'trash' | 'conflicts' }
	| { readonly kind: 'ledger'; readonly scope: string }
	| { readonly kind: 'account'; readonly scope: string; readonly id: string };

export function placeKey(place: Place): string {
	if (place.kind === 'account') return `${place.scope}/${place.id}`;
	return place.kind === 'ledger' ? `${place.scope}/` : place.kind;
}

/** @returns what comes behind the app's root: `?account=me/ab12`, or nothing */
export function placeQuery(place: Place, scopes: readonly ScopeName[]): string {
	switch (place.kind) {
		case 'all':
			return '';
		case 'trash':
		case 'conflicts':
			return `?show=${place.kind}`;
		case 'ledger':
			return `?account=${scopeToken(scopes, place.scope)}/`;
		case 'account':
			return `?account=${scopeToken(scopes, place.scope)}/${encodeURIComponent(place.id)}`;
	}
}

export function placeOf(params: Pick<URLSearchParams, 'get'>, scopes: readonly ScopeName[]): Place {
	const show = params.get('show');
	if (show === 'trash' || show === 'conflicts') return { kind: show };
	const [token, id] = params.get('account')?.split('/') ?? [];
	if (!token || id === undefined) return { kind: 'all' };
	const scope = scopeOfToken(scopes, token);
	return id === '' ? { kind: 'ledger', scope } : { kind: 'account', scope, id };
}
