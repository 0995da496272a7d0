/**
 * Choosing without bias. Randomness comes in as a port that gives whole numbers of 32 bits; what would make one
 * outcome likelier than another (the remainder of a division) is thrown away and drawn again.
 */

/** The next 32 random bits, as a number from 0 to 2^32 - 1. */
export type RandomPort = () => number;

const WORD = 2 ** 32;
const BUFFERED = 64;

/** Randomness of the browser's or Node's cryptographic generator. What was drawn is not kept. */
export function cryptoRandom(): RandomPort {
	const drawn = new Uint32Array(BUFFERED);
	let at = BUFFERED;
	return () => {
		if (at === BUFFERED) {
			crypto.getRandomValues(drawn);
			at = 0;
		}
		const value = drawn[at]!;
		drawn[at++] = 0;
		return value;
	};
}

/** From 0 to `limit` - 1, each as likely as any other. `limit` is 1 to 2^32. */
export function below(limit: number, random: RandomPort): number {
	const unbiased = WORD - (WORD % limit);
	for (;;) {
		const value = random();
		if (value < unbiased) return value % limit;
	}
}

/** The same for limits of any size. */
export function bigBelow(limit: bigint, random: RandomPort): bigint {
	const bits = BigInt((limit - 1n).toString(2).length);
	for (;;) {
		let value = 0n;
		for (let have = 0n; have < bits; have += 32n) value = (value << 32n) | BigInt(random());
		value &= (1n << bits) - 1n;
		if (value < limit) return value;
	}
}

/** Brings `items` in random order, in place. */
export function shuffle<T>(items: T[], random: RandomPort): T[] {
	for (let index = items.length - 1; index > 0; index--) {
		const other = below(index + 1, random);
		[items[index], items[other]] = [items[other]!, items[index]!];
	}
	return items;
}

/** The base-2 logarithm of a count that may be far beyond 2^53. */
export function log2(count: bigint): number {
	const bits = count.toString(2).length;
	const shift = Math.max(0, bits - 53);
	return shift + Math.log2(Number(count >> BigInt(shift)));
}
