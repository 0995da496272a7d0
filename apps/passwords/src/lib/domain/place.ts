/**
 * Where a person is in the vault, and where a screen is, as an address. Browsers write addresses to their history in
 * clear, so they carry ids and kinds and nothing that a person wrote: no title, no tag, no search (U-11 of the
 * platform's SPEC).
 *
 *   /?show=favourites  /?type=card  /?folder=<vault>/<id>     lists; `<vault>/` alone: all of a shared vault
 *   /item/<id>?in=<vault>&...                                 an item, beside the list it was opened from
 */

import { scopeOfToken, scopeToken, type ScopeName } from '@slf/suite/domain';
import { isItemType, type ItemLine, type ItemType } from './item.ts';

export type Place =
	| { kind: 'all' }
	| { kind: 'favourites' }
	| { kind: 'type'; type: ItemType }
	/** `id` null: all of a vault that is shared. */
	| { kind: 'folder'; scope: string; id: string | null }
	| { kind: 'trash' };

export const samePlace = (a: Place, b: Place): boolean => placeKey(a) === placeKey(b);

export function placeKey(place: Place): string {
	switch (place.kind) {
		case 'type':
			return `type ${place.type}`;
		case 'folder':
			return `folder ${place.scope}/${place.id ?? ''}`;
		default:
			return place.kind;
	}
}

/** Whether an item that is not in the trash is shown there. */
export function isIn(line: ItemLine, place: Place): boolean {
	switch (place.kind) {
		case 'all':
			return true;
		case 'favourites':
			return line.favourite_at !== null;
		case 'type':
			return line.type === place.type;
		case 'folder':
			return line.scope_id === place.scope && (place.id === null || line.folder_id === place.id);
		case 'trash':
			return false;
	}
}

export interface Whereabouts {
	place: Place;
	/** The vault of the open item, by its local name, if the address says it. */
	scope: string | undefined;
}

export class Addresses {
	readonly #base: string;
	readonly #scopes: () => readonly ScopeName[];

	/** @param base where the app is mounted, without a slash at the end */
	constructor(base: string, scopes: () => readonly ScopeName[]) {
		this.#base = base;
		this.#scopes = scopes;
	}

	place(place: Place): string {
		return place.kind === 'trash' ? `${this.#base}/trash` : `${this.#base}/${this.#query(place)}`;
	}

	item(item: { scope_id: string; id: string }, place: Place): string {
		const screen = place.kind === 'trash' ? '/trash' : '/item';
		return `${this.#base}${screen}/${encodeURIComponent(item.id)}${this.#query(place, item.scope_id)}`;
	}

	/** Makes an item where the person is. */
	newItem(place: Place, type?: ItemType): string {
		const query = this.#query(place);
		return `${this.#base}/new${query}${type === undefined ? '' : `${query === '' ? '?' : '&'}make=${type}`}`;
	}

	read(url: { pathname: string; searchParams: Pick<URLSearchParams, 'get'> }): Whereabouts {
		const path = url.pathname.slice(this.#base.length);
		const given = url.searchParams.get('in');
		const scope = given === null ? undefined : scopeOfToken(this.#scopes(), given);
		if (path === '/trash' || path.startsWith('/trash/')) return { place: { kind: 'trash' }, scope };
		if (url.searchParams.get('show') === 'favourites') return { place: { kind: 'favourites' }, scope };
		const type = url.searchParams.get('type');
		if (isItemType(type)) return { place: { kind: 'type', type }, scope };
		const [folderScope, id] = url.searchParams.get('folder')?.split('/') ?? [];
		if (!folderScope || id === undefined) return { place: { kind: 'all' }, scope };
		return { place: { kind: 'folder', scope: scopeOfToken(this.#scopes(), folderScope), id: id || null }, scope };
	}

	#query(place: Place, scope?: string): string {
		const parts: string[] = [];
		if (scope !== undefined) parts.push(`in=${scopeToken(this.#scopes(), scope)}`);
		if (place.kind === 'favourites') parts.push('show=favourites');
		if (place.kind === 'type') parts.push(`type=${place.type}`);
		if (place.kind === 'folder')
			parts.push(`folder=${scopeToken(this.#scopes(), place.scope)}/${encodeURIComponent(place.id ?? '')}`);
		return parts.length === 0 ? '' : `?${parts.join('&')}`;
	}
}
