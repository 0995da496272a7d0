/**
 * Sharing an amount out in whole units: by weight, the largest remainders first, so that the parts always sum to the
 * whole. Whom a left-over unit goes to is settled by a hash, so it is the same on every device and not always the same
 * person.
 */

/** One who gets a part. */
export interface Part {
	readonly id: string;
	/** A whole number, zero or more. */
	readonly weight: number;
}

/**
 * The parts of `total`, in the order of `parts`.
 *
 * @param seed what is shared out, for example the transaction's id: another seed, other people get the odd units
 * @throws RangeError for weights that are negative, fractional or all zero, or a total that is no safe integer
 */
export function allocate(total: number, parts: readonly Part[], seed: string): number[] {
	if (!Number.isSafeInteger(total)) throw new RangeError('a total is a safe integer');
	if (parts.some(({ weight }) => !Number.isSafeInteger(weight) || weight < 0))
		throw new RangeError('a weight is a whole number, zero or more');
	const weights = parts.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
	if (weights === 0n) throw new RangeError('somebody must have a weight');

	const whole = BigInt(Math.abs(total));
	const shares = parts.map(({ weight }) => Number((whole * BigInt(weight)) / weights));
	const remainders = parts.map(({ weight }) => (whole * BigInt(weight)) % weights);
	let left = Math.abs(total) - shares.reduce((sum, share) => sum + share, 0);
	const order = parts
		.map(({ id }, index) => ({ index, id, hash: hashText(`${seed} ${id}`) }))
		.filter(({ index }) => remainders[index]! > 0n)
		.sort((a, b) => compare(remainders[b.index]!, remainders[a.index]!) || a.hash - b.hash || compare(a.id, b.id));
	for (const { index } of order) {
		if (left === 0) break;
		shares[index]!++;
		left--;
	}
	return total < 0 ? shares.map((share) => (share === 0 ? 0 : -share)) : shares;
}

function compare<T extends bigint | string>(a: T, b: T): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** FNV-1a with 32 bits over UTF-16 units, its bits then mixed. Spreads ids; keeps no secret. */
export function hashText(text: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
