/** Arithmetic of frontiers: what a peer is known to have, how much one lacks of another. */
import { compareBytes, fromHex, toHex } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { encodeFrontier } from '../protocol/session.ts';
import type { Frontier, FrontierChain } from '../protocol/session.ts';

type Range = [from: number, to: number];
type Log = keyof Frontier;

const LOGS: readonly Log[] = ['access', 'data'];

/** SHA-256 of a frontier. */
export function frontierHash(frontier: Frontier): Uint8Array {
	return sha256(encodeFrontier(frontier));
}

/** Number of records in a frontier that another lacks. */
export function countMissing(have: Frontier, lacking: Frontier): number {
	let count = 0;
	for (const log of LOGS) {
		const theirs = new Map(lacking[log].map(([author, ranges]) => [toHex(author), ranges]));
		for (const [author, ranges] of have[log]) {
			count += total(ranges) - overlap(ranges, theirs.get(toHex(author)) ?? []);
		}
	}
	return count;
}

/** The last contiguous seq of an author from 1 on, 0 if there is none. */
export function headOf(chains: readonly FrontierChain[], author: Uint8Array): number {
	const ranges = chains.find(([pseudonym]) => compareBytes(pseudonym, author) === 0)?.[1];
	const first = ranges?.[0];
	return first && first[0] === 1 ? first[1] : 0;
}

/** What another device is known to have: what it said, and what was sent to it or came from it since. */
export class KnownFrontier {
	readonly #ranges: Record<Log, Map<string, Range[]>> = { access: new Map(), data: new Map() };

	/** Takes what the other says it has, in place of what was known. */
	replace(frontier: Frontier): void {
		for (const log of LOGS) this.#ranges[log].clear();
		this.include(frontier);
	}

	/** Adds what the other says it has to what was known. */
	include(frontier: Frontier): void {
		for (const log of LOGS) {
			for (const [author, ranges] of frontier[log]) {
				const key = toHex(author);
				this.#ranges[log].set(key, normal([...(this.#ranges[log].get(key) ?? []), ...ranges]));
			}
		}
	}

	add(log: Log, author: Uint8Array, seq: number): void {
		const key = toHex(author);
		const ranges = this.#ranges[log].get(key) ?? [];
		const last = ranges.at(-1);
		if (last && seq === last[1] + 1) last[1] = seq;
		else if (!ranges.some(([from, to]) => seq >= from && seq <= to)) {
			this.#ranges[log].set(key, normal([...ranges, [seq, seq]]));
			return;
		}
		this.#ranges[log].set(key, ranges);
	}

	has(log: Log, author: Uint8Array, seq: number): boolean {
		return this.#ranges[log].get(toHex(author))?.some(([from, to]) => seq >= from && seq <= to) ?? false;
	}

	get value(): Frontier {
		return { access: sorted(this.#ranges.access), data: sorted(this.#ranges.data) };
	}
}

function sorted(chains: ReadonlyMap<string, Range[]>): FrontierChain[] {
	const keys = [...chains.keys()].sort();
	return keys.map((key) => [fromHex(key), (chains.get(key) as Range[]).map(([from, to]) => [from, to])]);
}

/** Sorted, joined where they touch; ranges that run backwards are nothing. */
function normal(ranges: readonly Range[]): Range[] {
	const joined: Range[] = [];
	for (const [from, to] of ranges.filter(([from, to]) => from <= to).sort((a, b) => a[0] - b[0])) {
		const last = joined.at(-1);
		if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
		else joined.push([from, to]);
	}
	return joined;
}

function total(ranges: readonly Range[]): number {
	return normal(ranges).reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function overlap(a: readonly Range[], b: readonly Range[]): number {
	let sum = 0;
	for (const [from, to] of normal(a)) {
		for (const [otherFrom, otherTo] of normal(b))
			sum += Math.max(0, Math.min(to, otherTo) - Math.max(from, otherFrom) + 1);
	}
	return sum;
}
