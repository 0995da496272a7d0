/**
 * What an import would do to one account, row by row, before anything is written: which rows are new, which the ledger
 * has already, and which a person may have entered by hand. Pure, and the same on every replica that knows the same.
 *
 * - Two rows of the bank never become one. A row is in the ledger only by its keys; likeness alone never decides.
 * - What looks like a row entered by hand is suggested, one to one, with its reasons; the person decides. Only whole
 *   transactions that no bank row is yet are candidates: never a part of a split, never another bank row.
 */

import type { Candidate, KnownKey } from '#lib/data/import.ts';
import { addDays, daysBetween, type Day } from '#lib/domain/dates.ts';
import { alike, isIdKey, keysOf, textKey } from './keys.ts';
import type { Entry } from './statement.ts';

export type Fate =
	| { readonly kind: 'new' }
	/** In the ledger already. `keys` are those that its transaction lacks: they are added without asking. */
	| { readonly kind: 'known'; readonly thread: string; readonly deleted: boolean; readonly keys: readonly string[] }
	/** The file has this row twice; `of` is the index of the other. */
	| { readonly kind: 'repeated'; readonly of: number }
	/** Announced, not booked: it comes again when it is. */
	| { readonly kind: 'pending' }
	/** In another currency than the account's. */
	| { readonly kind: 'currency' };

export interface Suggestion {
	readonly thread: string;
	/** Days from the candidate to the row; negative where the candidate is later. */
	readonly days: number;
	/** Words that both have, at most five. */
	readonly words: readonly string[];
	/** How many other candidates speak as much for themselves. */
	readonly rivals: number;
}

export interface PlannedRow {
	readonly entry: Entry;
	/** What its transaction gets; of a new one the first is its name. */
	readonly keys: readonly string[];
	readonly fate: Fate;
	/** Of a new row only. */
	readonly suggestion?: Suggestion;
}

export interface PlanInput {
	/** All entries that the file has for the account, in order of the file. */
	readonly entries: readonly Entry[];
	/** Of the account. */
	readonly currency: string;
	readonly known: Iterable<KnownKey>;
	readonly candidates: readonly Candidate[];
	/** How many days a candidate may be away. */
	readonly within?: number;
}

const WITHIN = 7;
/** Candidates of one row. There are more only where somebody entered the same amount every hour. */
const MOST_PAIRS = 100;

export function planImport({ entries, currency, known, candidates, within = WITHIN }: PlanInput): PlannedRow[] {
	const ledger = new Ledger(known);
	const keys = keysOf(entries);
	const fates: (Fate | undefined)[] = entries.map((entry, index) => {
		if (entry.currency !== currency) return { kind: 'currency' };
		if (entry.pending) return { kind: 'pending' };
		const { repeats } = keys[index]!;
		return repeats === undefined ? undefined : { kind: 'repeated', of: repeats };
	});
	const undecided = [...entries.keys()].filter((index) => fates[index] === undefined);

	// By name first: it may say of several that are alike which one it is. The bank's name of a row, or in a file that was
	// exported from this ledger that of the transaction itself.
	const taken = new Set<string>();
	const threads = new Map<number, string>();
	const own = new Set(candidates.map(({ thread }) => thread));
	for (const index of undecided) {
		const { id } = keys[index]!;
		const name = entries[index]!.bankId ?? '';
		const isOurs = ledger.knows(name) || own.has(name);
		const thread = isOurs ? name : id === undefined ? undefined : ledger.threadOf(id);
		if (thread === undefined) continue;
		threads.set(index, thread);
		taken.add(thread);
	}
	// Then by words: of those that are alike as many are in the ledger as it has transactions that say so.
	const free = new Map<string, string[]>();
	for (const index of undecided) {
		if (threads.has(index)) continue;
		const entry = entries[index]!;
		const owners = free.get(alike(entry)) ?? [...ledger.ownersOf(entry)].filter((owner) => !taken.has(owner));
		free.set(alike(entry), owners);
		// With an id of its own it is none of those that have another.
		const at = owners.findIndex((owner) => keys[index]!.id === undefined || !ledger.hasId(owner));
		if (at < 0) continue;
		threads.set(index, owners[at]!);
		owners.splice(at, 1);
	}

	const rows = entries.map((entry, index): PlannedRow => {
		const { id, occurrence } = keys[index]!;
		const named = id === undefined ? [] : [id];
		const fate = fates[index];
		if (fate) return { entry, keys: [...named, textKey(entry, occurrence)], fate };
		const thread = threads.get(index);
		// The place among the like may be another's already: of a row that the bank tells apart by its id.
		if (thread === undefined)
			return { entry, keys: [...named, ledger.claimText(entry, occurrence)], fate: { kind: 'new' } };
		const lacking = named.filter((key) => !ledger.has(key));
		if (!ledger.ownersOf(entry).has(thread)) lacking.push(ledger.claimText(entry, occurrence));
		// Our own name of a transaction is no row of the bank: it gets no key.
		const more = thread === entry.bankId ? [] : lacking;
		return { entry, keys: more, fate: { kind: 'known', thread, deleted: ledger.isDeleted(thread), keys: more } };
	});
	return suggested(rows, candidates, within);
}

/** The keys of one account, as questions to them. */
class Ledger {
	readonly #threads = new Map<string, KnownKey[]>();
	readonly #withId = new Set<string>();
	/** By transaction, whether all that is known of it is deleted. */
	readonly #deleted = new Map<string, boolean>();
	readonly #claimed = new Set<string>();
	readonly #owners = new Map<string, ReadonlySet<string>>();

	constructor(known: Iterable<KnownKey>) {
		for (const item of known) {
			this.#threads.set(item.key, [...(this.#threads.get(item.key) ?? []), item]);
			if (isIdKey(item.key)) this.#withId.add(item.thread);
			this.#deleted.set(item.thread, item.deleted && this.#deleted.get(item.thread) !== false);
		}
	}

	has(key: string): boolean {
		return this.#threads.has(key);
	}

	/** Two have a key where one person matched a row and another imported it: the one that is not deleted counts. */
	threadOf(key: string): string | undefined {
		const items = this.#threads.get(key);
		return (items?.find(({ deleted }) => !deleted) ?? items?.[0])?.thread;
	}

	/** Every transaction that says it is a row with these words, living ones first. */
	ownersOf(entry: Entry): ReadonlySet<string> {
		const known = this.#owners.get(alike(entry));
		if (known) return known;
		const owners = new Set<string>();
		for (let occurrence = 1; ; occurrence++) {
			const items = this.#threads.get(textKey(entry, occurrence));
			// A row that a file had twice leaves a gap of one; a longer one is the end.
			if (!items && !this.#threads.has(textKey(entry, occurrence + 1))) break;
			for (const { thread } of items ?? []) owners.add(thread);
		}
		const sorted = new Set([...owners].sort((a, b) => Number(this.isDeleted(a)) - Number(this.isDeleted(b))));
		this.#owners.set(alike(entry), sorted);
		return sorted;
	}

	/** The key of the first free place among the like, from this one on. */
	claimText(entry: Entry, from: number): string {
		for (let occurrence = from; ; occurrence++) {
			const key = textKey(entry, occurrence);
			if (this.#threads.has(key) || this.#claimed.has(key)) continue;
			this.#claimed.add(key);
			return key;
		}
	}

	knows(thread: string): boolean {
		return this.#deleted.has(thread);
	}

	hasId(thread: string): boolean {
		return this.#withId.has(thread);
	}

	isDeleted(thread: string): boolean {
		return this.#deleted.get(thread) === true;
	}
}

/** Adds to new rows the transactions entered by hand that they may be, each at most once. */
function suggested(rows: PlannedRow[], candidates: readonly Candidate[], within: number): PlannedRow[] {
	const byMinor = Map.groupBy(
		candidates
			.map((candidate) => ({ candidate, theirs: new Set(wordsOf(candidate.words)) }))
			.sort((a, b) => a.candidate.date - b.candidate.date || (a.candidate.thread < b.candidate.thread ? -1 : 1)),
		({ candidate }) => candidate.minor
	);
	const pairs = rows.flatMap(({ entry, fate }, row) => {
		const same = fate.kind === 'new' ? byMinor.get(entry.minor) : undefined;
		if (!same) return [];
		const [earliest, latest] = [addDays(entry.date, -within), addDays(entry.date, within)];
		const own = [...new Set(wordsOf(`${entry.payee} ${entry.memo}`))];
		const first = firstFrom(same, earliest);
		return same
			.slice(first, first + MOST_PAIRS)
			.filter(({ candidate }) => candidate.date <= latest)
			.map(({ candidate, theirs }) => {
				const days = daysBetween(candidate.date, entry.date);
				const words = own.filter((word) => theirs.has(word));
				// One word in common outweighs any distance in days: a name is no chance.
				return { row, candidate, days, words, score: Math.min(words.length, 2) * (within + 1) - Math.abs(days) };
			});
	});
	pairs.sort(byScore);
	const suggestions = new Map<number, Suggestion>();
	const used = new Set<string>();
	for (const { row, candidate, days, words } of pairs) {
		if (suggestions.has(row) || used.has(candidate.thread)) continue;
		used.add(candidate.thread);
		suggestions.set(row, { thread: candidate.thread, days, words: words.slice(0, 5), rivals: 0 });
	}
	for (const [row, own] of Map.groupBy(pairs, (pair) => pair.row)) {
		const suggestion = suggestions.get(row);
		if (!suggestion) continue;
		const score = own.find(({ candidate }) => candidate.thread === suggestion.thread)!.score;
		suggestions.set(row, { ...suggestion, rivals: own.filter((pair) => pair.score === score).length - 1 });
	}
	return rows.map((row, index) => {
		const suggestion = suggestions.get(index);
		return suggestion ? { ...row, suggestion } : row;
	});
}

interface Pair {
	readonly row: number;
	readonly candidate: Candidate;
	readonly score: number;
}

function byScore(a: Pair, b: Pair): number {
	return b.score - a.score || a.row - b.row || (a.candidate.thread < b.candidate.thread ? -1 : 1);
}

/** Index of the first candidate of this day or later, in a list in order of days. */
function firstFrom(list: readonly { readonly candidate: Candidate }[], day: Day): number {
	let [low, high] = [0, list.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (list[middle]!.candidate.date < day) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Words of three letters and more: shorter ones and numbers are in every row. */
function wordsOf(text: string): string[] {
	return text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
}
