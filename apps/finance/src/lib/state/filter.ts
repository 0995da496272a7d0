/** What is typed into the search field, with its names looked up. */

import type { Filter } from '#lib/data/find.ts';
import type { RowRef } from '#lib/data/query.ts';
import type { Place } from '#lib/domain/place.ts';
import { UNCATEGORISED } from '#lib/domain/revision.ts';
import { foldName, isEmptySearch, parseSearch } from '#lib/domain/search.ts';
import type { App } from './app.svelte.ts';

/** Undefined where nothing is asked. */
export function filterOf(app: App, place: Place): Filter | undefined {
	const currencies = [...new Set((app.accounts ?? []).map(({ currency }) => currency))];
	const search = parseSearch(app.search, { locale: app.locale, currencies });
	if (isEmptySearch(search)) return undefined;
	const { names, states } = search;
	const fitting = (rows: readonly (RowRef & { name: string | null })[], wanted: readonly string[]) =>
		rows.filter(({ name }) => wanted.some((text) => foldName(name ?? '').startsWith(text)));
	const places: (readonly RowRef[])[] = [];
	if (place.kind === 'account') places.push([{ scope_id: place.scope, id: place.id }]);
	if (names.account) places.push(fitting(app.accounts ?? [], names.account));
	if (names.category) places.push(fitting(app.categories, names.category));
	if (states.has('uncategorised'))
		places.push(app.scopesOfLedgers.map((scope_id) => ({ scope_id, id: UNCATEGORISED })));
	return {
		search,
		scopes: place.kind === 'ledger' ? [place.scope] : place.kind === 'account' ? undefined : app.scopesOfLedgers,
		places,
		payees: names.payee && fitting(app.payees, names.payee),
		tags: names.tag && fitting(app.tags, names.tag),
		from: search.from,
		to: search.to,
		cleared: states.has('cleared') ? true : states.has('open') ? false : undefined,
		conflict: states.has('conflict') || undefined
	};
}
