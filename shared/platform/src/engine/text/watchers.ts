/** Who is told of a text's edits, and up to which version they were. */

import type { TextEvent, TextRef } from '../../protocol/text-edit.ts';
import type { TextDocument } from './document.ts';

export type TextObserver = (event: TextEvent) => void;

interface Watched {
	readonly ref: TextRef;
	readonly observers: Set<TextObserver>;
	told: number;
}

export class TextWatchers {
	readonly #watched = new Map<string, Watched>();

	get size(): number {
		return this.#watched.size;
	}

	has(key: string): boolean {
		return this.#watched.has(key);
	}

	/** @param version the version that observers know when nobody watched before */
	add(key: string, ref: TextRef, observer: TextObserver, version: () => number): () => void {
		let watched = this.#watched.get(key);
		if (!watched) this.#watched.set(key, (watched = { ref, observers: new Set(), told: version() }));
		const { observers } = watched;
		observers.add(observer);
		return () => {
			observers.delete(observer);
			if (observers.size === 0 && this.#watched.get(key)?.observers === observers) this.#watched.delete(key);
		};
	}

	/** Tells the edits since the last time; a reset where the text was loaded anew or too many are gone. */
	tell(key: string, load: (ref: TextRef) => TextDocument, origin?: string): void {
		const watched = this.#watched.get(key);
		if (!watched) return;
		const document = load(watched.ref);
		const { version } = document;
		if (version === watched.told) return;
		const steps = document.stepsSince(watched.told);
		const first = watched.told + 1;
		watched.told = version;
		const events: TextEvent[] = steps
			? steps.map(({ edit, origin: by = origin, operation }, index) => ({
					version: first + index,
					edit,
					...(by !== undefined && { origin: by }),
					...(operation !== undefined && { operation })
				}))
			: [{ version, reset: true, text: document.toString() }];
		for (const event of events) for (const observer of [...watched.observers]) observer(event);
	}
}
