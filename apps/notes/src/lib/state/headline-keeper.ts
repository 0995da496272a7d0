/**
 * Writes a note's title and excerpt a moment after its text changed, for the lists.
 *
 * A moment: 600 ms after the last key, so that typing does not write a row for each. While the headline stays the
 * same only `edited_at` changes, and once in 30 s is enough for a list that sorts by it. `flush` writes at once
 * what is due: before the editor closes, the page hides or reloads.
 */

import { headlineOf } from '#lib/domain/markdown.ts';

const QUIET_MS = 600;
const SAME_MS = 30_000;

export interface HeadlinePorts {
	save(headline: { title: string; excerpt: string }, now: number): Promise<void>;
	failed(error: unknown): void;
	now(): number;
}

export class HeadlineKeeper {
	readonly #ports: HeadlinePorts;
	#text: (() => string) | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#saved: string;
	#savedAt = 0;
	#writing: Promise<void> = Promise.resolve();

	constructor(ports: HeadlinePorts, present: { title: string; excerpt: string }) {
		this.#ports = ports;
		this.#saved = JSON.stringify([present.title, present.excerpt]);
	}

	/** The person changed the text. It is read when the time comes, not now: a note may be a megabyte. */
	changed(text: () => string): void {
		this.#text = text;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#write(false), QUIET_MS);
	}

	/** Resolves when what is due is written. */
	flush(): Promise<void> {
		this.#write(true);
		return this.#writing;
	}

	#write(leaving: boolean): void {
		clearTimeout(this.#timer);
		const text = this.#text;
		if (text === undefined) return;
		const headline = headlineOf(text());
		const same = JSON.stringify([headline.title, headline.excerpt]);
		const now = this.#ports.now();
		if (!leaving && same === this.#saved && now - this.#savedAt < SAME_MS) return;
		this.#text = undefined;
		this.#saved = same;
		this.#savedAt = now;
		this.#writing = this.#writing
			.then(() => this.#ports.save(headline, now))
			.catch((error: unknown) => this.#ports.failed(error));
	}
}
