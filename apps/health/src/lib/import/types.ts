/** What importers take in and give out. */

import type { CycleDay } from '#lib/domain/cycle.ts';
import type { JournalEntry } from '#lib/domain/journal.ts';
import type { Sensitivity } from '#lib/domain/metrics.ts';
import type { ChunkRow } from '#lib/domain/sample-chunk.ts';

/** A file, or what behaves like one. A `Blob` through `bytesOf`. */
export interface Bytes {
	readonly size: number;
	/** In pieces of any length, from a byte on. */
	stream(from: number): AsyncIterable<Uint8Array>;
	read(from: number, until: number): Promise<Uint8Array>;
}

export interface SourceEntry {
	readonly id: string;
	readonly name: string;
	readonly kind: string;
}

export interface WorkoutEntry {
	readonly id: string;
	readonly sport: string;
	/** Begin and end, as `formatSpan` of domain/time.ts gives them. */
	readonly at: string;
	readonly source: string;
	/** JSON (domain/workout.ts). */
	readonly sums: string;
}

export interface TrackEntry {
	readonly id: string;
	readonly workout: string;
	readonly body: Uint8Array;
}

/** A reading of another program that has more to it than a sample: a note, or an id of its own. */
export interface ReadingEntry {
	readonly id: string;
	readonly metric: string;
	readonly value: string;
	readonly at: string;
	readonly note: string;
}

/** Rows that an importer has ready. Each may be written on its own, and writing it again changes nothing. */
export type Batch =
	| { readonly kind: 'sources'; readonly into: Sensitivity; readonly rows: readonly SourceEntry[] }
	| { readonly kind: 'chunks'; readonly into: Sensitivity; readonly rows: readonly ChunkRow[] }
	| { readonly kind: 'readings'; readonly rows: readonly ReadingEntry[] }
	| { readonly kind: 'workouts'; readonly rows: readonly WorkoutEntry[] }
	| { readonly kind: 'tracks'; readonly rows: readonly TrackEntry[] }
	| { readonly kind: 'cycle'; readonly rows: readonly (Partial<CycleDay> & { readonly day: number })[] }
	| { readonly kind: 'journal'; readonly rows: readonly { readonly id: string; readonly entry: JournalEntry }[] };

/** What was found in a file, and what became of it. All of it is plain: it crosses a port and is stored as JSON. */
export interface ImportSummary {
	/** What the file is. */
	readonly format: 'apple' | 'csv' | 'fit' | 'gpx';
	/** Entries of the file by their kind there, for example `HKQuantityTypeIdentifierStepCount`. */
	readonly found: Record<string, number>;
	/** Entries that were taken in as samples, readings, days or journal entries. */
	readonly taken: number;
	/** Workouts, and days of activity. */
	readonly workouts: number;
	/** Entries that were left out, by reason. The file is the only place that has them. */
	readonly left: Record<string, number>;
	/** First and last day since 1970 of what was taken in. */
	readonly first?: number;
	readonly last?: number;
	/** The file ends in the middle: everything up to this byte was taken in. */
	readonly brokenAt?: number;
	/** Sentences for a person. */
	readonly remarks: readonly string[];
}

/** Where an import got to. Everything before it was written; from it on one can read as if the file began there. */
export interface Checkpoint {
	/** Byte of the (unpacked) file. */
	readonly at: number;
	/** What the importer remembers: JSON. */
	readonly state: string;
}

export interface Progress {
	readonly done: number;
	/** Bytes; 0 where it is not known. */
	readonly of: number;
}

/** A file that cannot be imported, with a sentence that says why to a person. */
export class ImportError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'ImportError';
	}
}

export function bytesOf(blob: Blob): Bytes {
	return {
		size: blob.size,
		read: async (from, until) => new Uint8Array(await blob.slice(from, until).arrayBuffer()),
		async *stream(from) {
			const reader = (from === 0 ? blob : blob.slice(from)).stream().getReader();
			try {
				for (;;) {
					const { done, value } = await reader.read();
					if (done) return;
					yield value;
				}
			} finally {
				await reader.cancel().catch(() => {});
			}
		}
	};
}
