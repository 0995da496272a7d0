import { createSubscriber } from 'svelte/reactivity';
import type { Platform, Row, SqlValue } from '../client/platform.ts';

export interface Query {
	/** A label for diagnostics. */
	readonly name: string;
	readonly sql: string;
	readonly params?: readonly SqlValue[];
}

/** What of the platform a live query uses. */
export type QuerySource = Pick<Platform, 'live'>;

/**
 * The rows of one query, kept fresh for as long as something on screen reads them.
 *
 * It is made in a `$derived`: other parameters make another query, and the old one is let go. There is no effect:
 * reading `rows` is what subscribes.
 */
export class LiveQuery<R extends object = Row> {
	#rows: readonly R[] | undefined;
	#error: unknown;
	readonly #track: () => void;

	constructor(source: QuerySource, query: Query) {
		this.#track = createSubscriber((update) => {
			let wanted = true;
			const show = (rows: readonly R[] | undefined) => {
				if (!wanted) return;
				this.#rows = rows;
				this.#error = undefined;
				update();
			};
			// A vault that locks takes its rows along, and gives them again after the unlock.
			const opening = source.live<R>(query.name, query.sql, query.params ?? [], show, () => show(undefined));
			opening.catch((error: unknown) => {
				if (!wanted) return;
				this.#error = error;
				update();
			});
			return () => {
				wanted = false;
				void opening.then(
					(stop) => stop(),
					() => {}
				);
			};
		});
	}

	/**
	 * `undefined` until the first answer arrives, so that "loading" and "empty" stay different; and while a vault is locked. Rows that did not change
	 * stay the same objects. Throws the query's error, for a `<svelte:boundary>`.
	 */
	get rows(): readonly R[] | undefined {
		this.#track();
		if (this.#error !== undefined) throw this.#error;
		return this.#rows;
	}

	/** The error with which the query could not be opened, for screens that show it themselves. */
	get error(): unknown {
		this.#track();
		return this.#error;
	}
}

/** `const notes = $derived(liveQuery<Note>(platform, notesIn(folder)));` then `notes.rows`. */
export function liveQuery<R extends object = Row>(source: QuerySource, query: Query): LiveQuery<R> {
	return new LiveQuery<R>(source, query);
}
