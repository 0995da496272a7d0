/** Randomness from a seed: the same seed gives the same run, on every machine. Not for secrets. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = (seed ^ 0x9e3779b9) >>> 0;
		// The first draws of small seeds are alike.
		for (let index = 0; index < 8; index++) this.next();
	}

	/** A whole number of 32 bits (mulberry32). */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	}

	/** From 0 to `limit` - 1. */
	below(limit: number): number {
		return Math.floor((this.next() / 2 ** 32) * limit);
	}

	chance(probability: number): boolean {
		return this.next() / 2 ** 32 < probability;
	}

	pick<T>(items: readonly T[]): T {
		return items[this.below(items.length)]!;
	}

	bytes(size: number): Uint8Array {
		return Uint8Array.from({ length: size }, () => this.next() & 0xff);
	}

	/** A new array in random order. */
	shuffled<T>(items: readonly T[]): T[] {
		const order = [...items];
		for (let index = order.length - 1; index > 0; index--) {
			const other = this.below(index + 1);
			[order[index], order[other]] = [order[other]!, order[index]!];
		}
		return order;
	}
}
