/**
 * Who pays whom, with the fewest transfers.
 *
 * n people whose balances split into k groups that each sum to zero need n - k transfers, and no fewer: within a group
 * every transfer can settle one person for good, and people who pay each other form a group that sums to zero. Finding
 * the most groups is hard in general, and quick for as many as share a flat: dynamic programming over sets of people.
 * Beyond MOST_EXACT the largest debtor pays the largest creditor, which needs at most n - 1.
 */

import { minorOf, sumMinor, type Minor } from './money.ts';

export interface Owed {
	person: string;
	/** Above zero: gets back. Below: owes. */
	minor: Minor;
}

export interface Payment {
	from: string;
	to: string;
	/** Above zero. */
	minor: Minor;
}

export const MOST_EXACT = 16;

/** Transfers that bring every balance to zero. @throws RangeError where the balances do not sum to zero */
export function settleUp(balances: readonly Owed[]): Payment[] {
	if (sumMinor(balances.map(({ minor }) => minor)) !== 0) throw new RangeError('balances sum to zero');
	const open = balances
		.filter(({ minor }) => minor !== 0)
		.toSorted((a, b) => (a.person < b.person ? -1 : a.person > b.person ? 1 : 0));
	return (open.length <= MOST_EXACT ? groupsOf(open) : [open]).flatMap(payWithin);
}

/** The most groups that each sum to zero. People are put into a row one after another; a group ends where the row sums to zero. */
function groupsOf(open: readonly Owed[]): Owed[][] {
	const all = 2 ** open.length - 1;
	const minors = open.map(({ minor }) => BigInt(minor));
	const sums = new Array<bigint>(all + 1).fill(0n);
	/** Of each set of people: the most groups of a row of them, and who stands last in it. */
	const most = new Uint8Array(all + 1);
	const last = new Uint8Array(all + 1);
	for (let set = 1; set <= all; set++) {
		const lowest = 31 - Math.clz32(set & -set);
		sums[set] = sums[set & (set - 1)]! + minors[lowest]!;
		let best = -1;
		for (let person = lowest; person < open.length; person++) {
			if (!(set & (1 << person)) || most[set ^ (1 << person)]! <= best) continue;
			best = most[set ^ (1 << person)]!;
			last[set] = person;
		}
		most[set] = best + Number(sums[set] === 0n);
	}
	const groups: Owed[][] = [];
	for (let set = all; set !== 0;) {
		if (sums[set] === 0n) groups.push([]);
		groups.at(-1)!.push(open[last[set]!]!);
		set ^= 1 << last[set]!;
	}
	return groups;
}

/** The largest debtor pays the largest creditor until all are even: one transfer fewer than people, at most. */
function payWithin(group: readonly Owed[]): Payment[] {
	const left = group.map(({ person, minor }) => ({ person, minor: BigInt(minor) }));
	const payments: Payment[] = [];
	for (;;) {
		let debtor = left[0]!;
		let creditor = left[0]!;
		for (const one of left) {
			if (one.minor < debtor.minor) debtor = one;
			if (one.minor > creditor.minor) creditor = one;
		}
		if (creditor.minor === 0n) return payments;
		const minor = creditor.minor < -debtor.minor ? creditor.minor : -debtor.minor;
		debtor.minor += minor;
		creditor.minor -= minor;
		payments.push({ from: debtor.person, to: creditor.person, minor: minorOf(minor) });
	}
}
