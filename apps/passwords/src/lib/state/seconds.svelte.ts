/** A clock for codes that change with the second. It ticks only while something on screen reads it. */

import { createSubscriber } from 'svelte/reactivity';

class Seconds {
	readonly #subscribe = createSubscriber((update) => {
		let timer: ReturnType<typeof setTimeout>;
		// At the turn of each second, however late the one before was.
		const next = () => {
			timer = setTimeout(
				() => {
					update();
					next();
				},
				1000 - (Date.now() % 1000)
			);
		};
		next();
		return () => clearTimeout(timer);
	});

	/** Milliseconds since 1970. */
	get now(): number {
		this.#subscribe();
		return Date.now();
	}
}

export const seconds = new Seconds();
