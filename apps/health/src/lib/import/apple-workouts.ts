/** Workouts of Apple's export: their sums, and routes that lie within them or in files beside. */

import { contentId } from '@slf/platform';
import { packTable } from '#lib/domain/sample-chunk.ts';
import { formatSpan, parseMoment, type Moment } from '#lib/domain/time.ts';
import { unitFromText } from '#lib/domain/units.ts';
import { formatSums, sportName } from '#lib/domain/workout.ts';
import { workoutSum } from './apple-types.ts';
import type { Collector } from './collector.ts';
import { emptyTrack, trackTable, type Track } from './track.ts';
import type { Batch, SourceEntry, TrackEntry, WorkoutEntry } from './types.ts';
import type { Tag } from './xml.ts';

/** A route in a file of the archive, and the workout it belongs to. */
export interface RouteFile {
	readonly path: string;
	readonly workout: string;
}

interface Draft {
	readonly sport: string;
	readonly start: Moment | undefined;
	readonly end: Moment | undefined;
	readonly source: string;
	readonly sums: Map<string, string>;
	readonly track: Track;
	readonly paths: string[];
}

/** An archive with more of them is none that a phone made. */
const MOST_ROUTES = 10_000;

export class WorkoutReader {
	readonly #collector: Collector;
	readonly routes: RouteFile[];
	#draft: Draft | undefined;
	#rows: WorkoutEntry[] = [];
	#tracks: TrackEntry[] = [];
	readonly #sources = new Map<string, SourceEntry>();

	constructor(collector: Collector, routes: readonly RouteFile[]) {
		this.#collector = collector;
		this.routes = [...routes];
	}

	/** 1 within a workout. */
	get depth(): number {
		return this.#draft ? 1 : 0;
	}

	begin(tag: Tag): void {
		const entry = this.#collector.sourceEntry(tag.get('sourceName') ?? '', tag.get('device') ?? '');
		this.#sources.set(entry.id, entry);
		this.#draft = {
			sport: sportName(tag.get('workoutActivityType') ?? ''),
			start: parseMoment(tag.get('startDate') ?? ''),
			end: parseMoment(tag.get('endDate') ?? ''),
			source: entry.id,
			sums: new Map(),
			track: emptyTrack(),
			paths: []
		};
		this.#sum('duration', tag.get('duration'), tag.get('durationUnit'));
		this.#sum('distance', tag.get('totalDistance'), tag.get('totalDistanceUnit'));
		this.#sum('active-energy', tag.get('totalEnergyBurned'), tag.get('totalEnergyBurnedUnit'));
	}

	/** A tag within a workout; others are ignored. */
	inside(tag: Tag): void {
		const draft = this.#draft;
		if (!draft) return;
		if (tag.name === 'WorkoutStatistics') {
			const sum = workoutSum(tag.get('type') ?? '');
			if (sum) this.#sum(sum.id, tag.get(sum.from), tag.get('unit'));
		} else if (tag.name === 'Location') {
			const at = parseMoment(tag.get('date') ?? '');
			const number = (name: string): number => Number(tag.get(name) ?? NaN);
			if (at)
				draft.track.add(at.seconds * 1000, {
					lat: number('latitude'),
					lon: number('longitude'),
					altitude: number('altitude'),
					speed: number('speed')
				});
		} else if (tag.name === 'FileReference') {
			const path = tag.get('path');
			if (path !== undefined && path.length < 500 && this.routes.length < MOST_ROUTES) draft.paths.push(path);
		}
	}

	/** @returns '' for a workout that was taken, why it was not, or undefined where none was begun */
	end(): string | undefined {
		const draft = this.#draft;
		this.#draft = undefined;
		if (!draft) return undefined;
		const { start, end, sport, source } = draft;
		if (!start || !end || end.seconds < start.seconds) return 'a time that cannot be read';
		const at = formatSpan({ start, end });
		const sums = formatSums(draft.sums);
		const id = contentId([sport, at, source, sums]);
		this.#rows.push({ id, sport, at, source, sums });
		for (const path of draft.paths) this.routes.push({ path, workout: id });
		if (draft.track.length > 0) {
			const body = packTable(trackTable(draft.track, start.offset));
			this.#tracks.push({ id: contentId([id, body]), workout: id, body });
		}
		return '';
	}

	*take(): Generator<Batch> {
		if (this.#rows.length > 0) {
			yield { kind: 'sources', into: 'measurements', rows: [...this.#sources.values()] };
			yield { kind: 'workouts', rows: this.#rows };
		}
		if (this.#tracks.length > 0) yield { kind: 'tracks', rows: this.#tracks };
		this.#rows = [];
		this.#tracks = [];
		this.#sources.clear();
	}

	#sum(id: string, value: string | undefined, unit: string | undefined): void {
		const { sums } = this.#draft!;
		if (value === undefined || !/^\d+(\.\d+)?$/.test(value) || sums.has(id)) return;
		sums.set(id, `${value} ${unitFromText(unit ?? '').replaceAll(/\s/g, '') || '1'}`);
	}
}
