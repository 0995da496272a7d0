/** Points of a route, on their way into the body of a row of `tracks`: a table whose columns are named. */

import type { Table } from '#lib/domain/chunk.ts';
import { metricWithId } from '#lib/domain/metrics.ts';
import type { Collector } from './collector.ts';

/** Label of each column: name and UCUM unit. The order of columns in a body. */
const COLUMNS = {
	lat: 'lat deg',
	lon: 'lon deg',
	altitude: 'altitude m',
	distance: 'distance m',
	speed: 'speed m/s',
	'heart-rate': 'heart-rate /min',
	cadence: 'cadence /min',
	power: 'power W',
	temperature: 'temperature Cel'
} as const;

export type TrackColumn = keyof typeof COLUMNS;
const NAMES = Object.keys(COLUMNS) as TrackColumn[];

/** What no route of a person exceeds: a point each second for more than two days. */
const MOST_POINTS = 200_000;

export class Track {
	readonly times: number[] = [];
	readonly columns = new Map<TrackColumn, number[]>();

	get length(): number {
		return this.times.length;
	}

	/** @param time ms since 1970 UTC; what is missing or no number is left empty */
	add(time: number, values: Partial<Record<TrackColumn, number>>): void {
		if (this.times.length >= MOST_POINTS) return;
		for (const name of NAMES) {
			const value = values[name];
			if (value === undefined || !Number.isFinite(value)) continue;
			let column = this.columns.get(name);
			if (!column) this.columns.set(name, (column = []));
			while (column.length < this.times.length) column.push(NaN);
			column.push(value);
		}
		this.times.push(time);
	}
}

export function emptyTrack(): Track {
	return new Track();
}

/** In seconds where all times are whole ones. */
export function trackTable({ times, columns }: Track, offset: number): Table {
	const ms = times.some((time) => time % 1000 !== 0);
	const present = NAMES.filter((name) => columns.has(name));
	return {
		ms,
		offset,
		labels: present.map((name) => COLUMNS[name]),
		times: Float64Array.from(times, (time) => (ms ? time : time / 1000)),
		durations: new Float64Array(times.length),
		columns: present.map((name) => {
			const column = columns.get(name)!;
			return Float64Array.from(times, (_, row) => column[row] ?? NaN);
		})
	};
}

/** The heart rate on the way is a heart rate like any other: it goes to the samples too. */
export function addHeartRates(track: Track, offset: number, source: string, collector: Collector): void {
	const rates = track.columns.get('heart-rate');
	if (!rates) return;
	const lane = collector.lane(metricWithId('heart-rate')!, source, '/min', offset);
	for (const [row, rate] of rates.entries())
		if (!Number.isNaN(rate)) collector.add(lane, Math.floor(track.times[row]! / 1000), 0, rate);
}

/** Metres along the points of a route, on a sphere of the mean radius of the earth. */
export function lengthOf({ columns }: Pick<Table, 'columns'>, lat: number, lon: number): number {
	const [lats, lons] = [columns[lat], columns[lon]];
	if (!lats || !lons) return 0;
	let metres = 0;
	let before = -1;
	for (let row = 0; row < lats.length; row++) {
		if (Number.isNaN(lats[row]!) || Number.isNaN(lons[row]!)) continue;
		if (before >= 0) metres += arc(lats[before]!, lons[before]!, lats[row]!, lons[row]!);
		before = row;
	}
	return metres;
}

const EARTH = 6_371_008.8;

function arc(lat1: number, lon1: number, lat2: number, lon2: number): number {
	const radians = Math.PI / 180;
	const a =
		Math.sin(((lat2 - lat1) * radians) / 2) ** 2 +
		Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin(((lon2 - lon1) * radians) / 2) ** 2;
	return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(a)));
}
