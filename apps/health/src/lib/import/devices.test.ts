/** Files of sports watches: FIT and GPX. */

import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { unpackTable } from '#lib/domain/sample-chunk.ts';
import { Collector } from './collector.ts';
import { importFit, pointOf, readFit, RECORD } from './fit.ts';
import { importGpx, readGpx } from './gpx.ts';
import { fixtures, recorded } from './testing/fixtures-node.ts';
import { ImportError, type Batch } from './types.ts';

const trackOf = (batches: readonly Batch[]) => {
	const row = batches.flatMap((batch) => (batch.kind === 'tracks' ? batch.rows : []))[0]!;
	return unpackTable(row.body);
};
const failure = (run: () => unknown): string => {
	try {
		run();
	} catch (error) {
		if (error instanceof ImportError) return error.message;
		throw error;
	}
	return 'read';
};

/** `Mon Jun 12 09:09:22 PDT 2017`: seven hours behind UTC. */
const recordedTime = (text: string) => Date.parse(`${text.replace(' PDT', '')} UTC-0700`) / 1000;

test('[HL-34] the records of FIT activities equal those that another program recorded, to the last digit', () => {
	for (const { name, bytes } of fixtures('fitparse', /garmin.*\.fit$/)) {
		const { data } = Papa.parse<Record<string, string>>(recorded(name.replace('.fit', '-records.csv')), {
			header: true,
			skipEmptyLines: true
		});
		const file = readFit(bytes);
		expect(file.brokenAt, name).toBeUndefined();
		const shown = (value: number | string | undefined) => (value === undefined ? '' : String(value));
		const found = file.records.map((record) => {
			const point = pointOf(record);
			return {
				timestamp: Number(record.get(RECORD.timestamp)) + 631_065_600,
				heart_rate: shown(point['heart-rate']),
				cadence: shown(point.cadence),
				speed: shown(point.speed),
				distance: shown(point.distance),
				position_lat: shown(record.get(RECORD.lat)),
				position_long: shown(record.get(RECORD.lon)),
				altitude: shown(point.altitude),
				temperature: shown(point.temperature)
			};
		});
		const number = (text: string | undefined) => (text === undefined || text === '' ? '' : String(Number(text)));
		expect(found, name).toEqual(
			data.map(({ timestamp, ...rest }) => ({
				timestamp: recordedTime(timestamp!),
				...Object.fromEntries(Object.entries(rest).map(([column, value]) => [column, number(value)]))
			}))
		);
		const { batches, summary } = importFit(bytes, new Collector());
		expect(summary).toMatchObject({ taken: data.length, workouts: 1, left: {} });
		const table = trackOf(batches);
		expect([...table.columns[table.labels.indexOf('altitude m')]!]).toEqual(
			data.map(({ altitude }) => Number(altitude))
		);
		// The heart rate on the way is a heart rate like any other.
		const rates = batches.flatMap((batch) => (batch.kind === 'chunks' ? batch.rows : []));
		expect(rates.map(({ metric }) => metric)).toEqual(['heart-rate']);
		expect([...unpackTable(rates[0]!.body).columns[0]!]).toEqual(data.map((row) => Number(row['heart_rate'])));
	}
});

test('[HL-34] FIT files without exercise are refused with what they are; every fixture imports or says why not', () => {
	const outcomes = fixtures('fitparse', /\.fit$/).map(({ name, bytes }) => [
		name,
		failure(() => importFit(bytes, new Collector()))
	]);
	if (outcomes.length === 0) return;
	expect(Object.fromEntries(outcomes)).toEqual({
		'fitparse/Activity.fit': 'read',
		'fitparse/Settings.fit': 'This FIT file holds settings, no exercise.',
		'fitparse/Settings2.fit': 'This FIT file holds settings, no exercise.',
		'fitparse/garmin-fenix-5-bike.fit': 'read',
		'fitparse/garmin-fenix-5-run.fit': 'read',
		'fitparse/garmin-fenix-5-walk.fit': 'read'
	});
	expect(failure(() => importFit(new TextEncoder().encode('not a FIT file at all'), new Collector()))).toBe(
		'This is not a FIT file.'
	);
});

test('[HL-34] a FIT file that is cut off or damaged anywhere gives what was whole, or a reason, and never crashes', () => {
	for (const { name, bytes } of fixtures('fitparse', /run\.fit$/)) {
		const whole = readFit(bytes).records;
		for (let length = 14; length < bytes.length; length += 7) {
			const file = readFit(bytes.subarray(0, length));
			expect(file.brokenAt, `${name} to ${length}`).toBeDefined();
			expect(whole.slice(0, file.records.length).map((record) => [...record])).toEqual(
				file.records.map((record) => [...record])
			);
		}
		for (let at = 0; at < bytes.length; at += 5) {
			const changed = bytes.slice();
			changed[at]! ^= 0xff;
			// The check sum of the file notices what its form does not.
			const said = failure(() =>
				expect(importFit(changed, new Collector()).summary.brokenAt, `byte ${at}`).toBeDefined()
			);
			expect(said).toMatch(/^read$|^This/);
		}
	}
});

test('[HL-35] every GPX fixture gives a workout for each track with times, or says why not', () => {
	for (const { name, bytes } of fixtures('gpxpy', /\.gpx$/)) {
		const text = new TextDecoder().decode(bytes);
		const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
		const timed = count(/<trkpt[^>]*>(?:(?!<\/trkpt>)[\s\S])*<time>/g);
		const file = readGpx(bytes);
		expect(
			file.tracks.reduce((sum, { points }) => sum + points, 0),
			name
		).toBe(count(/<trkpt/g));
		expect(file.waypoints, name).toBe(count(/<wpt/g));
		const said = failure(() => importGpx(bytes, new Collector()));
		if (timed === 0) {
			expect(said, name).toMatch(/have no times|has no track/);
			continue;
		}
		expect(said, name).toBe('read');
		const { summary, batches } = importGpx(bytes, new Collector());
		expect(summary.taken, name).toBe(timed);
		const tracks = batches.flatMap((batch) => (batch.kind === 'tracks' ? batch.rows : []));
		expect(tracks.length, name).toBe(summary.workouts);
	}
});

const gpx = (points: string, more = '') =>
	new TextEncoder().encode(
		`<?xml version="1.0"?><gpx creator="Test" xmlns:g="x"><trk><name>Lunch run</name><type>running</type><trkseg>${points}</trkseg></trk>${more}</gpx>`
	);
const point = (lat: number, lon: number, time: string, more = '') =>
	`<trkpt lat="${lat}" lon="${lon}">${more}<time>${time}</time></trkpt>`;

test('[HL-35] a track keeps its points to the millisecond, its offset, and what a watch measured on the way', () => {
	const extension =
		'<extensions><g:TrackPointExtension><g:hr>142</g:hr><g:cad>80</g:cad></g:TrackPointExtension></extensions>';
	const file = gpx(
		point(57.011456, 9.992872, '2015-12-11T15:43:13.000+01:00', '<ele>23.55</ele>') +
			point(57.01147, 9.992874, '2015-12-11T15:43:13.994+01:00', extension)
	);
	const { batches } = importGpx(file, new Collector());
	const table = trackOf(batches);
	expect(table).toMatchObject({
		ms: true,
		offset: 60,
		labels: ['lat deg', 'lon deg', 'altitude m', 'heart-rate /min', 'cadence /min']
	});
	expect(table.times[1]! - table.times[0]!).toBe(994);
	expect([...table.columns[3]!]).toEqual([NaN, 142]);
	const workout = batches.flatMap((batch) => (batch.kind === 'workouts' ? batch.rows : []))[0]!;
	expect(workout).toMatchObject({ sport: 'Running', at: '2015-12-11T15:43:13+01:00/2015-12-11T15:43:13+01:00' });
});

test('[HL-35] the length of a track is that along the great circle: a degree of the equator', () => {
	const { batches } = importGpx(
		gpx(point(0, 0, '2026-01-01T00:00:00Z') + point(0, 1, '2026-01-01T01:00:00Z')),
		new Collector()
	);
	const workout = batches.flatMap((batch) => (batch.kind === 'workouts' ? batch.rows : []))[0]!;
	expect(JSON.parse(workout.sums)).toEqual({ distance: '111195 m' });
});

test('[HL-35] T66 a GPX file with a document type or entities is refused; one that breaks off gives what was whole', () => {
	const laughs = new TextEncoder().encode('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx/>');
	expect(failure(() => readGpx(laughs))).toMatch(/document type/);
	const whole = gpx(point(1, 1, '2026-01-01T00:00:00Z') + point(2, 2, '2026-01-01T00:01:00Z'));
	const cut = whole.subarray(0, whole.length - 60);
	expect(readGpx(cut)).toMatchObject({ broken: true, tracks: [{ points: 1 }] });
	expect(failure(() => readGpx(new TextEncoder().encode('<kml/>')))).toBe('This is not a GPX file.');
	expect(failure(() => importGpx(gpx('', '<wpt lat="1" lon="1"/>'), new Collector()))).toMatch(/only places/);
	const odd = readGpx(gpx(point(91, 500, '2026-01-01T00:00:00Z'))).tracks[0]!;
	expect([odd.points, odd.track.columns.size]).toEqual([1, 0]);
});
