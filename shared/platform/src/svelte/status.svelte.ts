import { createSubscriber } from 'svelte/reactivity';
import type { Platform, PlatformStatus } from '../client/platform.ts';

/** A value that the platform pushes, fresh for as long as something on screen reads `current`. */
export class Pushed<T> {
	#current: T | undefined;
	readonly #track: () => void;

	/** @param subscribe calls back with each value and gives the function that stops it */
	constructor(subscribe: (push: (value: T) => void) => () => void) {
		this.#track = createSubscriber((update) =>
			subscribe((value) => {
				this.#current = value;
				update();
			})
		);
	}

	/** `undefined` until the first value arrives. */
	get current(): T | undefined {
		this.#track();
		return this.#current;
	}
}

/** Engine and sync status for the panel: `const status = platformStatus(platform)`, then `status.current`. */
export class StatusOf {
	readonly #platform: Pick<Platform, 'status' | 'onStatus'>;
	readonly #track: () => void;

	constructor(platform: Pick<Platform, 'status' | 'onStatus'>) {
		this.#platform = platform;
		this.#track = createSubscriber((update) => {
			// The first call is the present status, which is read anyway.
			let first = true;
			return platform.onStatus(() => {
				if (!first) update();
				first = false;
			});
		});
	}

	get current(): PlatformStatus {
		this.#track();
		return this.#platform.status();
	}
}

export function platformStatus(platform: Pick<Platform, 'status' | 'onStatus'>): StatusOf {
	return new StatusOf(platform);
}
