/** The time, for what is shown ("Yesterday") and what is written (`edited_at`). The only place that asks for it. */

import { createSubscriber } from 'svelte/reactivity';

class Clock {
	readonly #tick = createSubscriber((update) => {
		const timer = setInterval(update, 60_000);
		return () => clearInterval(timer);
	});

	/** Milliseconds since 1970. On screen it moves on once a minute. */
	get now(): number {
		this.#tick();
		return Date.now();
	}
}

export const clock = new Clock();
