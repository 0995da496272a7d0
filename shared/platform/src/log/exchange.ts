/** What peers ask about the logs of a scope: how far they are here, and the records that somebody lacks. */
import { compareBytes, toHex } from '../crypto/bytes.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { RecordLog } from '../protocol/record.ts';
import type { Frontier, FrontierChain } from '../protocol/session.ts';
import { rangesOf, subtractRanges, type Range } from './ranges.ts';
import type { RecordStore } from './record-store.ts';
import { chainOf, type Author, type Scope } from './scope.ts';

export interface Gap {
	/** Pseudonym, hex. */
	author: string;
	/** End of its data chain as it is here, and as others say that they have seen it. */
	have: number;
	claimed: number;
}

/** Sorted by author. Beyond what one message may say, the rest is left out: it comes again, and is known. */
export function frontierOf(scope: Scope): Frontier {
	return { access: chains(scope, 'access'), data: chains(scope, 'data') };
}

function chains(scope: Scope, log: RecordLog): FrontierChain[] {
	const found: FrontierChain[] = [];
	for (const author of scope.authors.values()) {
		const ranges = rangesHere(author, log).slice(0, LIMITS.ranges);
		if (ranges.length > 0) found.push([author.pseudonym, ranges]);
	}
	return found.sort(([a], [b]) => compareBytes(a, b)).slice(0, LIMITS.chains);
}

function rangesHere(author: Author, log: RecordLog): Range[] {
	const chain = chainOf(author, log);
	return rangesOf(chain.end, chain.held.keys());
}

/**
 * The authors' bytes of records that `theirs` lacks: access log first, chains in order, of `limit` bytes together or one
 * that is larger, so that they fit into one message.
 */
export function missingRecords(store: RecordStore, scope: Scope, theirs: Frontier, limit: number): Uint8Array[] {
	const found: Uint8Array[] = [];
	let left = limit;
	for (const log of ['access', 'data'] as const) {
		const known = new Map(theirs[log].map(([author, ranges]) => [toHex(author), ranges]));
		for (const author of scope.authors.values()) {
			for (const range of subtractRanges(rangesHere(author, log), known.get(author.hex) ?? [])) {
				const some = store.bytesOf(author.n, log, range, left, found.length === 0);
				if (some.length === 0) return found;
				for (const bytes of some) {
					found.push(bytes);
					left -= bytes.length;
				}
			}
		}
	}
	return found;
}

/** Own records after these sequence numbers, for a mailbox: access log first. */
export function ownRecords(
	store: RecordStore,
	scope: Scope,
	after: { access: number; data: number },
	limit: number
): Uint8Array[] {
	const found: Uint8Array[] = [];
	let left = limit;
	for (const log of ['access', 'data'] as const) {
		const { end } = chainOf(scope.own, log);
		if (end <= after[log]) continue;
		const some = store.bytesOf(scope.own.n, log, [after[log] + 1, end], left, found.length === 0);
		if (some.length === 0) break;
		for (const bytes of some) {
			found.push(bytes);
			left -= bytes.length;
		}
	}
	return found;
}

/** Batches that somebody says to have seen and that are not here: withheld, or still on their way. */
export function gapsOf(scope: Scope): Gap[] {
	return [...scope.authors.values()]
		.filter(({ data, claimed }) => claimed > data.end)
		.map(({ hex, data, claimed }) => ({ author: hex, have: data.end, claimed }));
}
