/**
 * What a person types into the search field, as a question to the index.
 *
 *   words          every word must occur, each as the beginning of a word
 *   "two words"    exactly this phrase
 *   -word -"…"     must not occur
 *   title:word     in the title
 *   in:name        in a folder whose name begins so
 *   is:pinned      is:shared
 *
 * Nothing that is typed can be an error: what is not understood is a word. The result is an FTS5 expression made
 * of quoted strings only, so no character of the input has a meaning to FTS5.
 */

export interface Search {
	/** FTS5 MATCH expression of what must occur; undefined: no words were given. */
	match: string | undefined;
	/** FTS5 MATCH expression of what must not occur. */
	without: string | undefined;
	/** Beginnings of folder names, lower case. */
	folders: string[];
	pinned: boolean;
	shared: boolean;
	/** What to highlight: words and phrases as typed. */
	terms: string[];
}

/** A query longer than this is cut: nobody types it, and a pasted page must not become 10,000 terms. */
const MAX_TERMS = 32;
const TOKEN = /(-?)(?:(title|in|is):)?(?:"([^"]*)"?|(\S+))/giu;
const HAS_WORD = /[\p{L}\p{N}\p{Co}]/u;

export function parseSearch(query: string): Search {
	const search: Search = { match: undefined, without: undefined, folders: [], pinned: false, shared: false, terms: [] };
	const must: string[] = [];
	const not: string[] = [];
	for (const [whole, minus, rawField, phrase, word] of query.matchAll(TOKEN)) {
		if (must.length + not.length >= MAX_TERMS) break;
		const field = rawField?.toLowerCase();
		const value = (phrase ?? word ?? '').trim();
		if (value === '') continue;
		if (!minus && field === 'is' && value === 'pinned') search.pinned = true;
		else if (!minus && field === 'is' && value === 'shared') search.shared = true;
		else if (!minus && field === 'in') search.folders.push(value.toLowerCase());
		else {
			const known = field === 'title';
			const text = field === undefined || known ? value : whole.replace(/^-/, '').replaceAll('"', ' ').trim();
			if (!HAS_WORD.test(text)) continue;
			const term = (known ? 'title : ' : '') + quote(text) + (phrase === undefined ? ' *' : '');
			if (minus) not.push(term);
			else {
				must.push(term);
				search.terms.push(text);
			}
		}
	}
	if (must.length > 0) search.match = must.join(' AND ');
	if (not.length > 0) search.without = not.join(' OR ');
	return search;
}

/** True if the search asks for anything at all. */
export function isEmptySearch(search: Search): boolean {
	return (
		search.match === undefined &&
		search.without === undefined &&
		search.folders.length === 0 &&
		!search.pinned &&
		!search.shared
	);
}

function quote(text: string): string {
	return '"' + text.replaceAll('"', '""').replaceAll('\0', ' ') + '"';
}
