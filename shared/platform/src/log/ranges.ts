/** Sorted, disjoint ranges of sequence numbers, both ends included: which records of a chain somebody has. */
export type Range = [from: number, to: number];

/** 1 to `end`, and single numbers above it, as ranges. */
export function rangesOf(end: number, above: Iterable<number> = []): Range[] {
	const ranges: Range[] = end > 0 ? [[1, end]] : [];
	for (const seq of [...above].sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last && seq <= last[1]) continue;
		if (last && seq === last[1] + 1) last[1] = seq;
		else ranges.push([seq, seq]);
	}
	return ranges;
}

/** What is in `mine` and not in `theirs`. Both sorted and disjoint. */
export function subtractRanges(mine: readonly Range[], theirs: readonly Range[]): Range[] {
	const left: Range[] = [];
	for (const [from, to] of mine) {
		let at = from;
		for (const [theirFrom, theirTo] of theirs) {
			if (theirTo < at || theirFrom > to) continue;
			if (theirFrom > at) left.push([at, theirFrom - 1]);
			at = Math.max(at, theirTo + 1);
		}
		if (at <= to) left.push([at, to]);
	}
	return left;
}
