/**
 * Where a screen is, as an address. Addresses are written to the browser's history in clear, so they carry ids and
 * nothing else: no title, no folder name, no search.
 *
 *   /notes/?folder=<scope>/<id>            a folder; `<scope>/` alone: the top of a shared folder
 *   /notes/note/<id>?in=<scope>&folder=…   a note, beside the list it was opened from
 */

import type { Place } from './note.ts';

export interface Whereabouts {
	place: Place;
	/** The scope of the open note, if the address says it. */
	scope: string | undefined;
}

export function readAddress(pathname: string, search: Pick<URLSearchParams, 'get'>, base: string): Whereabouts {
	const path = pathname.slice(base.length);
	const scope = search.get('in') ?? undefined;
	if (path === '/trash' || path.startsWith('/trash/')) return { place: { kind: 'trash' }, scope };
	const folder = search.get('folder');
	const slash = folder?.lastIndexOf('/') ?? -1;
	if (folder === null || slash < 1) return { place: { kind: 'all' }, scope };
	return { place: { kind: 'folder', scope: folder.slice(0, slash), id: folder.slice(slash + 1) || null }, scope };
}

export function placeAddress(place: Place, base: string): string {
	if (place.kind === 'trash') return `${base}/trash`;
	return `${base}/${query(place)}`;
}

export function noteAddress(note: { scope_id: string; id: string }, place: Place, base: string): string {
	const folder = place.kind === 'trash' ? '/trash' : '/note';
	return `${base}${folder}/${encodeURIComponent(note.id)}${query(place, note.scope_id)}`;
}

function query(place: Place, scope?: string): string {
	const parameters = new URLSearchParams();
	if (scope !== undefined) parameters.set('in', scope);
	if (place.kind === 'folder') parameters.set('folder', `${place.scope}/${place.id ?? ''}`);
	const text = parameters.toString();
	return text === '' ? '' : `?${text}`;
}
