/**
 * Search over the lines of all items, in memory: every key answers from folded copies of titles, subtitles, hosts,
 * tags and folder names, 10,000 items within 30 ms. Nothing secret can get in: it takes lines, and lines hold none.
 * Whoever holds an index lets go of it when the vault is locked.
 *
 *   words          every word must occur somewhere: in title, subtitle, hosts, tags or folder
 *   "two words"    exactly this phrase
 *   -word          must not occur
 *   #tag tag:name  has a tag that begins so         in:name      in a folder that begins so
 *   type:card      of this type                     is:favourite is:shared
 *   an address     its host; logins whose addresses hold for it come first
 *
 * Nothing that is typed can be an error. A word counts most where it begins the title, then a word of it, then
 * inside of it, then subtitle and host, then tags and folder.
 */

import { hostOf, matches, shownHost, type MatchRule } from './address.ts';
import { isItemType, itemKey, UNTITLED, type ItemLine } from './item.ts';
import { fold } from './text.ts';

export interface AddressLine {
	scope_id: string;
	/** Of the item. */
	item: string;
	url: string;
	match: MatchRule | null;
}

/** What is searched beside the lines themselves. */
export interface Surroundings {
	addresses: readonly AddressLine[];
	tags: readonly { scope_id: string; item: string; name: string }[];
	/** By `scope_id` and folder id with a space between; the name with those of the folders around it. */
	folders: ReadonlyMap<string, string>;
	/** The scope of what is the person's alone. */
	personal: string;
}

interface Entry {
	line: ItemLine;
	title: string;
	subtitle: string;
	/** With a space before each, so that one look finds what begins a host. */
	hosts: string;
	tags: string;
	folder: string;
	addresses: readonly AddressLine[];
}

interface Query {
	words: string[];
	without: string[];
	tags: string[];
	folders: string[];
	types: string[];
	favourite: boolean;
	shared: boolean;
	/** The whole query, when it is an address. */
	address: string | undefined;
}

/** A pasted page must not become thousands of words. */
const MOST_WORDS = 16;
const TOKEN = /(-?)(?:(tag|in|type|is):|(#))?(?:"([^"]*)"?|(\S+))/giu;

const byTitle = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** The order of lists: by title, then by what never changes. */
export function compareLines(a: ItemLine, b: ItemLine): number {
	return byTitle.compare(shownTitle(a), shownTitle(b)) || (itemKey(a) < itemKey(b) ? -1 : 1);
}

export function shownTitle(line: Pick<ItemLine, 'title' | 'type'>): string {
	return line.title || UNTITLED[line.type];
}

export class SearchIndex {
	#entries: Entry[] = [];
	/** What was worked out already, by line: live queries keep the object of a row that did not change. */
	#known = new WeakMap<ItemLine, { title: string; subtitle: string; rank: number }>();
	#personal = '';

	/** Takes all lines anew; those that are the same objects as before are neither folded nor sorted again. */
	fill(lines: readonly ItemLine[], { addresses, tags, folders, personal }: Surroundings): void {
		const addressesOf = grouped(addresses);
		const tagsOf = grouped(tags);
		this.#personal = personal;
		// Known ones in their old order first: of nearly sorted lines, sorting compares few.
		const sorted = lines
			.toSorted((a, b) => (this.#known.get(a)?.rank ?? Infinity) - (this.#known.get(b)?.rank ?? Infinity) || 0)
			.sort(compareLines);
		this.#entries = sorted.map((line, rank) => {
			const known = this.#known.get(line) ?? {
				title: fold(shownTitle(line)),
				subtitle: fold(line.subtitle ?? ''),
				rank
			};
			known.rank = rank;
			this.#known.set(line, known);
			const own = addressesOf.get(itemKey(line)) ?? [];
			return {
				line,
				title: known.title,
				subtitle: known.subtitle,
				hosts: own.map(({ url }) => ` ${fold(shownHost(url))}`).join(''),
				tags: (tagsOf.get(itemKey(line)) ?? []).map(({ name }) => `\n${fold(name)}`).join(''),
				folder: line.folder_id === null ? '' : fold(folders.get(`${line.scope_id} ${line.folder_id}`) ?? ''),
				addresses: own
			};
		});
	}

	/** The lines that answer, best first; without a query all of them, by title. */
	find(typed: string, limit = Infinity): ItemLine[] {
		const query = parse(typed);
		const found: { entry: Entry; score: number }[] = [];
		for (const entry of this.#entries) {
			const score = this.#score(entry, query);
			if (score > 0) found.push({ entry, score });
		}
		// The entries are in the order of titles, which stays among equals.
		found.sort((a, b) => b.score - a.score);
		return found.slice(0, limit).map(({ entry }) => entry.line);
	}

	#score(entry: Entry, query: Query): number {
		const { line } = entry;
		if (query.favourite && line.favourite_at === null) return 0;
		if (query.shared && line.scope_id === this.#personal) return 0;
		if (query.types.length > 0 && !query.types.includes(line.type)) return 0;
		for (const tag of query.tags) if (!entry.tags.includes(`\n${tag}`)) return 0;
		for (const folder of query.folders) if (!beginsWord(entry.folder, folder)) return 0;
		for (const word of query.without) if (scoreOf(entry, word) > 0) return 0;
		if (query.address !== undefined) {
			for (const { url, match } of entry.addresses) if (matches(url, match, query.address)) return 100;
		}
		let score = 1;
		for (const word of query.words) {
			const points = scoreOf(entry, word);
			if (points === 0) return 0;
			score += points;
		}
		return line.favourite_at === null ? score : score + 0.5;
	}
}

/** How much one word counts in an entry; 0 where it does not occur. */
function scoreOf(entry: Entry, word: string): number {
	const at = entry.title.indexOf(word);
	if (at === 0) return entry.title.length === word.length ? 12 : 10;
	if (at > 0 && beginsWord(entry.title, word)) return 8;
	if (entry.hosts.includes(` ${word}`)) return 6;
	if (entry.subtitle.startsWith(word)) return 5;
	if (at > 0) return 4;
	if (entry.hosts.includes(word) || entry.subtitle.includes(word)) return 3;
	if (entry.tags.includes(word)) return 2;
	if (entry.folder.includes(word)) return 1;
	return 0;
}

const LETTER = /[\p{L}\p{N}]/u;

function beginsWord(text: string, word: string): boolean {
	for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
		if (at === 0 || !LETTER.test(text.charAt(at - 1))) return true;
	}
	return false;
}

function parse(typed: string): Query {
	const query: Query = {
		words: [],
		without: [],
		tags: [],
		folders: [],
		types: [],
		favourite: false,
		shared: false,
		address: undefined
	};
	const whole = typed.trim();
	if (/^https?:\/\/\S+$/i.test(whole)) {
		const host = hostOf(whole);
		if (host !== undefined) return { ...query, address: whole, words: [fold(host.replace(/^www\./, ''))] };
	}
	let count = 0;
	for (const [token, minus, rawField, hash, phrase, plain] of typed.matchAll(TOKEN)) {
		if (++count > MOST_WORDS) break;
		const field = hash === undefined ? rawField?.toLowerCase() : 'tag';
		const value = fold((phrase ?? plain ?? '').trim());
		if (value === '') continue;
		if (minus === '' && field === 'tag') query.tags.push(value);
		else if (minus === '' && field === 'in') query.folders.push(value);
		else if (minus === '' && field === 'type' && isItemType(value)) query.types.push(value);
		else if (minus === '' && field === 'is' && /^fav/.test(value)) query.favourite = true;
		else if (minus === '' && field === 'is' && value === 'shared') query.shared = true;
		else {
			const word = field === undefined ? value : fold(token.replace(/^-/, '').replaceAll('"', ' ').trim());
			(minus === '-' ? query.without : query.words).push(word);
		}
	}
	return query;
}

function grouped<T extends { scope_id: string; item: string }>(parts: readonly T[]): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const part of parts) {
		const key = itemKey({ scope_id: part.scope_id, id: part.item });
		const group = groups.get(key);
		if (group) group.push(part);
		else groups.set(key, [part]);
	}
	return groups;
}
