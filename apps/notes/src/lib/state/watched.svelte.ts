/** A value that something outside keeps telling about, followed for as long as something on screen reads it. */

import { createSubscriber } from 'svelte/reactivity';

export class Watched<Value> {
	#value: Value;
	readonly #follow: () => void;

	/** @param watch begins to call back and returns what ends it */
	constructor(initial: Value, watch: (callback: (value: Value) => void) => () => void) {
		this.#value = initial;
		this.#follow = createSubscriber((update) =>
			watch((value) => {
				this.#value = value;
				update();
			})
		);
	}

	get value(): Value {
		this.#follow();
		return this.#value;
	}
}
