/** GPX: each track becomes a workout with its points; routes and waypoints alone are no exercise and are left. */

import { contentId } from '@slf/platform';
import { packTable } from '#lib/domain/sample-chunk.ts';
import { formatSpan, parseMoment, type Moment } from '#lib/domain/time.ts';
import { formatSums, sportName } from '#lib/domain/workout.ts';
import type { Collector } from './collector.ts';
import { addHeartRates, emptyTrack, lengthOf, trackTable, type Track, type TrackColumn } from './track.ts';
import { ImportError, type Batch, type ImportSummary } from './types.ts';
import { XmlError, XmlScanner, type Tag } from './xml.ts';

export interface GpxTrack {
	readonly name: string;
	readonly type: string;
	/** With a point for each `trkpt`, also of several segments. */
	readonly track: Track;
	/** Points without a time, which cannot be put anywhere. */
	readonly untimed: number;
	readonly points: number;
	readonly offset: number;
}

export interface GpxFile {
	readonly creator: string;
	readonly tracks: readonly GpxTrack[];
	readonly waypoints: number;
	readonly routePoints: number;
	/** The file ends in the middle. */
	readonly broken: boolean;
}

/** What stands in extensions of a point, by the name behind any prefix. */
const VALUES: Record<string, TrackColumn> = {
	ele: 'altitude',
	hr: 'heart-rate',
	heartrate: 'heart-rate',
	cad: 'cadence',
	cadence: 'cadence',
	atemp: 'temperature',
	speed: 'speed',
	power: 'power'
};

/** @throws ImportError */
export function readGpx(bytes: Uint8Array): GpxFile {
	const reader = new GpxReader();
	const scanner = new XmlScanner(reader, { doctype: 'refuse' });
	try {
		for (let at = 0; at < bytes.length; at += PIECE) scanner.push(bytes.subarray(at, at + PIECE));
	} catch (error) {
		if (error instanceof XmlError)
			throw new ImportError(`This GPX file cannot be read (byte ${error.at}): ${error.message}.`);
		throw error;
	}
	return reader.file(!scanner.end());
}

const PIECE = 256 * 1024;

class GpxReader {
	#isGpx = false;
	#creator = '';
	#waypoints = 0;
	#routePoints = 0;
	readonly #tracks: { name: string; type: string; track: Track; untimed: number; points: number; offset: number }[] =
		[];
	#inTrack = false;
	#point: { values: Partial<Record<TrackColumn, number>>; at: Moment | undefined; fraction: number } | undefined;
	/** The element whose text is gathered. */
	#element = '';
	#text = '';

	open(tag: Tag): void {
		const name = localName(tag.name);
		this.#element = tag.isEmpty ? '' : name;
		this.#text = '';
		switch (name) {
			case 'gpx':
				this.#isGpx = true;
				this.#creator = tag.get('creator') ?? '';
				return;
			case 'trk':
				this.#inTrack = !tag.isEmpty;
				this.#tracks.push({ name: '', type: '', track: emptyTrack(), untimed: 0, points: 0, offset: 0 });
				return;
			case 'wpt':
				this.#waypoints++;
				return;
			case 'rtept':
				this.#routePoints++;
				return;
			case 'trkpt': {
				const coordinate = (text: string | undefined, most: number): number => {
					const value = text === undefined || text.trim() === '' ? NaN : Number(text);
					return Math.abs(value) <= most ? value : NaN;
				};
				const values = { lat: coordinate(tag.get('lat'), 90), lon: coordinate(tag.get('lon'), 180) };
				this.#point = { values, at: undefined, fraction: 0 };
				if (tag.isEmpty) this.#endPoint();
			}
		}
	}

	text(text: string): void {
		if (this.#element !== '' && this.#text.length < 1000) this.#text += text;
	}

	close(tagName: string): void {
		const name = localName(tagName);
		const text = name === this.#element ? this.#text.trim() : '';
		this.#element = '';
		const track = this.#tracks.at(-1);
		if (name === 'trkpt') this.#endPoint();
		else if (name === 'trk') this.#inTrack = false;
		else if (this.#point) this.#value(name, text);
		else if (this.#inTrack && track && name === 'name') track.name = text;
		else if (this.#inTrack && track && name === 'type') track.type = text;
	}

	#value(name: string, text: string): void {
		if (text === '') return;
		if (name === 'time') {
			this.#point!.at = parseMoment(text);
			const fraction = /\.(\d{1,3})/.exec(text)?.[1];
			this.#point!.fraction = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0'));
		} else if (Object.hasOwn(VALUES, name)) this.#point!.values[VALUES[name]!] = Number(text);
	}

	#endPoint(): void {
		const point = this.#point;
		const track = this.#tracks.at(-1);
		this.#point = undefined;
		if (!point || !track) return;
		track.points++;
		if (!point.at) {
			track.untimed++;
			return;
		}
		if (track.track.length === 0) track.offset = point.at.offset;
		track.track.add(point.at.seconds * 1000 + point.fraction, point.values);
	}

	file(broken: boolean): GpxFile {
		if (!this.#isGpx) throw new ImportError('This is not a GPX file.');
		return {
			creator: this.#creator,
			tracks: this.#tracks,
			waypoints: this.#waypoints,
			routePoints: this.#routePoints,
			broken
		};
	}
}

function localName(name: string): string {
	return name.slice(name.indexOf(':') + 1);
}

/** @throws ImportError for a file without a single point that has a time */
export function importGpx(bytes: Uint8Array, collector: Collector): { batches: Batch[]; summary: ImportSummary } {
	const file = readGpx(bytes);
	const left: Record<string, number> = {};
	const leave = (reason: string, count: number): void => {
		if (count > 0) left[reason] = (left[reason] ?? 0) + count;
	};
	leave('waypoints, which are no exercise', file.waypoints);
	leave('points of planned routes, which are no exercise', file.routePoints);
	const points = file.tracks.reduce((sum, track) => sum + track.points, 0);
	if (points === 0) throw new ImportError('This GPX file has no track: only places or planned routes.');
	for (const { untimed } of file.tracks) leave('points without a time', untimed);
	const timed = file.tracks.filter(({ track }) => track.length > 0);
	if (timed.length === 0)
		throw new ImportError('The points of this GPX file have no times, so it is not known when somebody was there.');
	const source = collector.sourceEntry(file.creator === '' ? 'GPX file' : file.creator, '');
	const batches: Batch[] = [{ kind: 'sources', into: 'measurements', rows: [source] }];
	let [first, last, taken] = [Infinity, -Infinity, 0];
	for (const { track, type, offset } of timed) {
		const table = trackTable(track, offset);
		const scale = table.ms ? 1000 : 1;
		const [from, until] = [Math.min(...rangeOf(table.times)), Math.max(...rangeOf(table.times))];
		const moment = (ticks: number): Moment => ({ seconds: Math.floor(ticks / scale), offset });
		const at = formatSpan({ start: moment(from), end: moment(until) });
		const metres = lengthOf(table, table.labels.indexOf('lat deg'), table.labels.indexOf('lon deg'));
		const sums = formatSums(new Map([['distance', `${Math.round(metres)} m`]]));
		const sport = sportName(type);
		const id = contentId([sport, at, source.id, sums]);
		const body = packTable(table);
		batches.push({ kind: 'workouts', rows: [{ id, sport, at, source: source.id, sums }] });
		batches.push({ kind: 'tracks', rows: [{ id: contentId([id, body]), workout: id, body }] });
		addHeartRates(track, offset, source.id, collector);
		taken += track.length;
		first = Math.min(first, Math.floor((from / scale + offset * 60) / 86_400));
		last = Math.max(last, Math.floor((until / scale + offset * 60) / 86_400));
	}
	batches.push(...collector.take());
	const remarks = file.broken ? ['The file ends in the middle: what was whole was taken in.'] : [];
	return {
		batches,
		summary: {
			format: 'gpx',
			found: { trkpt: points, wpt: file.waypoints, rtept: file.routePoints },
			taken,
			workouts: timed.length,
			left,
			first,
			last,
			...(file.broken ? { brokenAt: bytes.length } : {}),
			remarks
		}
	};
}

/** Least and greatest: points need not stand in order. */
function rangeOf(times: Float64Array): [number, number] {
	let [from, until] = [Infinity, -Infinity];
	for (const time of times) {
		from = Math.min(from, time);
		until = Math.max(until, time);
	}
	return [from, until];
}
