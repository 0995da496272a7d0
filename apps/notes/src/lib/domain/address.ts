/**
 * Where a screen is, as an address. Browsers write addresses to their history in clear, so they carry ids and nothing
 * that a person wrote: no title, no folder name, no search. Not even the local name of a scope, which is made from the
 * folder's name; a scope is given by the first letters of its true id, the person's own by `me`.
 *
 *   /notes/?folder=<scope>/<id>            a folder; `<scope>/` alone: the top of a shared folder
 *   /notes/note/<id>?in=<scope>&folder=…   a note, beside the list it was opened from
 */

import type { Place } from './note.ts';

export interface ScopeName {
	/** Local name. */
	scope: string;
	/** True id, hex. */
	id: string;
	personal: boolean;
}

export interface Whereabouts {
	place: Place;
	/** The scope of the open note, by its local name, if the address says it. */
	scope: string | undefined;
}

const OWN = 'me';
const LETTERS = 16;
/** A scope that is not known here (yet): a name that no scope has. */
const UNKNOWN = '?';

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
		const scope = given === null ? undefined : this.#scopeOf(given);
		if (path === '/trash' || path.startsWith('/trash/')) return { place: { kind: 'trash' }, scope };
		const [folderScope, id] = url.searchParams.get('folder')?.split('/') ?? [];
		if (!folderScope || id === undefined) return { place: { kind: 'all' }, scope };
		return { place: { kind: 'folder', scope: this.#scopeOf(folderScope), id: id || null }, scope };
	}

	#query(place: Place, scope?: string): string {
		const parts: string[] = [];
		if (scope !== undefined) parts.push(`in=${this.#token(scope)}`);
		if (place.kind === 'folder') parts.push(`folder=${this.#token(place.scope)}/${encodeURIComponent(place.id ?? '')}`);
		return parts.length === 0 ? '' : `?${parts.join('&')}`;
	}

	#token(scope: string): string {
		const known = this.#scopes().find((s) => s.scope === scope);
		if (known === undefined) return UNKNOWN;
		return known.personal ? OWN : known.id.slice(0, LETTERS);
	}

	#scopeOf(token: string): string {
		const scopes = this.#scopes();
		const found = token === OWN ? scopes.find((s) => s.personal) : scopes.find((s) => s.id.startsWith(token));
		return found && (token === OWN || token.length === LETTERS) ? found.scope : UNKNOWN;
	}
}
