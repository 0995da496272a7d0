/**
 * Where a screen is, as an address. Browsers write addresses to their history in clear, so they carry ids and nothing
 * that a person wrote: no title, no folder name, no search. A scope stands there as its token (the
 * suite's scope-token.ts).
 *
 *   /notes/?folder=<scope>/<id>            a folder; `<scope>/` alone: the top of a shared folder
 *   /notes/note/<id>?in=<scope>&folder=…   a note, beside the list it was opened from
 */

import { scopeOfToken, scopeToken, type ScopeName } from '@slf/suite/domain';
import type { Place } from './note.ts';

export interface Whereabouts {
	place: Place;
	/** The scope of the open note, by its local name, if the address says it. */
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

	/** Any screen that needs no id. */
	screen(path: '/' | `/${string}`): string {
		return this.#base + path;
	}

	place(place: Place): string {
		return place.kind === 'trash' ? `${this.#base}/trash` : `${this.#base}/${this.#query(place)}`;
	}

	note(note: { scope_id: string; id: string }, place: Place): string {
		const screen = place.kind === 'trash' ? '/trash' : '/note';
		return `${this.#base}${screen}/${encodeURIComponent(note.id)}${this.#query(place, note.scope_id)}`;
	}

	/** Makes a note where the person is. */
	newNote(place: Place): string {
		return `${this.#base}/new${this.#query(place)}`;
	}

	read(url: { pathname: string; searchParams: Pick<URLSearchParams, 'get'> }): Whereabouts {
		const path = url.pathname.slice(this.#base.length);
		const given = url.searchParams.get('in');
		const scope = given === null ? undefined : scopeOfToken(this.#scopes(), given);
		if (path === '/trash' || path.startsWith('/trash/')) return { place: { kind: 'trash' }, scope };
		const [folderScope, id] = url.searchParams.get('folder')?.split('/') ?? [];
		if (!folderScope || id === undefined) return { place: { kind: 'all' }, scope };
		return { place: { kind: 'folder', scope: scopeOfToken(this.#scopes(), folderScope), id: id || null }, scope };
	}

	#query(place: Place, scope?: string): string {
		const parts: string[] = [];
		if (scope !== undefined) parts.push(`in=${scopeToken(this.#scopes(), scope)}`);
		if (place.kind === 'folder')
			parts.push(`folder=${scopeToken(this.#scopes(), place.scope)}/${encodeURIComponent(place.id ?? '')}`);
		return parts.length === 0 ? '' : `?${parts.join('&')}`;
	}
}
