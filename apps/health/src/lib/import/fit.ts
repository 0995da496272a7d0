/**
 * FIT, the files that sports watches write: a small decoder for what an activity says, after the FIT protocol's
 * description (developer.garmin.com/fit/protocol).
 *
 *     header   length (12 or 14), protocol, profile u16, data bytes u32, ".FIT", CRC u16
 *     records  header byte; a definition names fields, their sizes and types for one of 16 local types; data follow it.
 *              A compressed header carries five bits of time that count on from the last timestamp.
 *     CRC      u16
 *
 * Fields that are not listed here are passed over by their size, developer fields too. A value of all ones (as the
 * protocol has it for each type) is no value. A file that breaks off gives the records before the break.
 */

import { contentId } from '@slf/platform';
import { packTable } from '#lib/domain/sample-chunk.ts';
import { formatSpan } from '#lib/domain/time.ts';
import { formatSums, sportName } from '#lib/domain/workout.ts';
import type { Collector } from './collector.ts';
import { addHeartRates, emptyTrack, trackTable, type TrackColumn } from './track.ts';
import { ImportError, type Batch, type ImportSummary } from './types.ts';

/** 1989-12-31T00:00:00Z: FIT counts seconds from there. */
const EPOCH = 631_065_600;
/** Below it a timestamp counts seconds since the device was switched on. */
const FIRST_TIME = 0x10000000;

export type FitMessage = ReadonlyMap<number, number | string>;

export interface FitFile {
	/** What the file is, by its first message: `activity`, `settings` ... */
	readonly type: string;
	readonly records: readonly FitMessage[];
	readonly sessions: readonly FitMessage[];
	readonly activities: readonly FitMessage[];
	readonly devices: readonly FitMessage[];
	/** Byte at which it broke off, or where its check sum does not hold. */
	readonly brokenAt?: number;
}

/** Numbers of messages and fields, by the names of the FIT profile. */
const MESSAGE = { fileId: 0, session: 18, record: 20, activity: 34 } as const;
const TIMESTAMP = 253;
export const RECORD = {
	lat: 0,
	lon: 1,
	altitude: 2,
	heartRate: 3,
	cadence: 4,
	distance: 5,
	speed: 6,
	power: 7,
	temperature: 13,
	enhancedSpeed: 73,
	enhancedAltitude: 78,
	timestamp: TIMESTAMP
} as const;
const SESSION = { start: 2, sport: 5, elapsed: 7, timer: 8, distance: 9, calories: 11, averageHeartRate: 16 } as const;
const FILE_TYPES: Record<number, string> = {
	1: 'device',
	2: 'settings',
	3: 'sport settings',
	4: 'activity',
	5: 'workout plan',
	6: 'course',
	7: 'schedule',
	9: 'weight',
	10: 'totals',
	11: 'goals',
	14: 'blood pressure',
	15: 'monitoring',
	28: 'daily monitoring',
	32: 'monitoring'
};
const SPORTS: Record<number, string> = {
	1: 'running',
	2: 'cycling',
	4: 'fitness_equipment',
	5: 'swimming',
	10: 'training',
	11: 'walking',
	12: 'cross_country_skiing',
	13: 'alpine_skiing',
	15: 'rowing',
	17: 'hiking',
	19: 'paddling'
};
const MAKERS: Record<number, string> = {
	1: 'Garmin',
	23: 'Suunto',
	32: 'Wahoo',
	89: 'Tacx',
	123: 'Polar',
	265: 'Strava',
	294: 'Coros'
};

interface Definition {
	readonly message: number;
	readonly little: boolean;
	readonly fields: readonly { readonly number: number; readonly size: number; readonly type: number }[];
	readonly developerBytes: number;
}

/** @throws ImportError for what is no FIT file at all */
export function readFit(bytes: Uint8Array): FitFile {
	return new FitReader(bytes).read();
}

class FitReader {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #definitions = new Map<number, Definition>();
	readonly #messages = new Map<number, FitMessage[]>();
	#at = 0;
	#end = 0;
	#lastTime = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	}

	read(): FitFile {
		let brokenAt: number | undefined;
		// Several files may stand one behind the other.
		for (let start = 0; start < this.#bytes.length && brokenAt === undefined;) {
			const length = this.#header(start);
			if (length === undefined) {
				if (start === 0) throw new ImportError('This is not a FIT file.');
				brokenAt = start;
				break;
			}
			const whole = this.#end <= this.#bytes.length - 2;
			this.#end = Math.min(this.#end, this.#bytes.length);
			this.#definitions.clear();
			brokenAt = this.#records();
			const next = start + length;
			if (brokenAt === undefined && !whole) brokenAt = this.#bytes.length;
			if (brokenAt === undefined && crc16(this.#bytes, start, next - 2) !== this.#view.getUint16(next - 2, true))
				brokenAt = next - 2;
			start = next;
		}
		const of = (message: number): FitMessage[] => this.#messages.get(message) ?? [];
		const type = of(MESSAGE.fileId)[0]?.get(0);
		return {
			type: typeof type === 'number' ? (FILE_TYPES[type] ?? 'other') : 'other',
			records: of(MESSAGE.record),
			sessions: of(MESSAGE.session),
			activities: of(MESSAGE.activity),
			devices: of(MESSAGE.fileId),
			...(brokenAt === undefined ? {} : { brokenAt })
		};
	}

	/** Bytes of the file that begins there, with header and check sum; undefined where none does. */
	#header(start: number): number | undefined {
		const length = this.#bytes[start]!;
		if ((length !== 12 && length !== 14) || start + length > this.#bytes.length) return undefined;
		if (String.fromCharCode(...this.#bytes.subarray(start + 8, start + 12)) !== '.FIT') return undefined;
		this.#at = start + length;
		this.#end = this.#at + this.#view.getUint32(start + 4, true);
		return this.#end + 2 - start;
	}

	/** @returns where it broke off, if it did */
	#records(): number | undefined {
		while (this.#at < this.#end) {
			const start = this.#at;
			const header = this.#bytes[this.#at++]!;
			const compressed = (header & 0x80) !== 0;
			const local = compressed ? (header >> 5) & 3 : header & 15;
			const read =
				!compressed && (header & 0x40) !== 0
					? this.#definition(local, (header & 0x20) !== 0)
					: this.#data(local, compressed ? header & 31 : undefined);
			if (!read) return start;
		}
		return undefined;
	}

	#definition(local: number, developer: boolean): boolean {
		if (this.#at + 5 > this.#end) return false;
		const little = this.#bytes[this.#at + 1] === 0;
		const message = this.#view.getUint16(this.#at + 2, little);
		const count = this.#bytes[this.#at + 4]!;
		this.#at += 5;
		if (this.#at + count * 3 > this.#end) return false;
		const fields = Array.from({ length: count }, (_, index) => {
			const at = this.#at + index * 3;
			return { number: this.#bytes[at]!, size: this.#bytes[at + 1]!, type: this.#bytes[at + 2]! };
		});
		this.#at += count * 3;
		let developerBytes = 0;
		if (developer) {
			const more = this.#bytes[this.#at++] ?? 0;
			if (this.#at + more * 3 > this.#end) return false;
			for (let index = 0; index < more; index++) developerBytes += this.#bytes[this.#at + index * 3 + 1]!;
			this.#at += more * 3;
		}
		this.#definitions.set(local, { message, little, fields, developerBytes });
		return true;
	}

	#data(local: number, timeOffset: number | undefined): boolean {
		const definition = this.#definitions.get(local);
		if (!definition) return false;
		const values = new Map<number, number | string>();
		for (const { number, size, type } of definition.fields) {
			if (this.#at + size > this.#end) return false;
			const value = this.#value(type, size, definition.little);
			if (value !== undefined) values.set(number, value);
			this.#at += size;
		}
		if (this.#at + definition.developerBytes > this.#end) return false;
		this.#at += definition.developerBytes;
		const time = values.get(TIMESTAMP);
		if (typeof time === 'number') this.#lastTime = time;
		else if (timeOffset !== undefined) {
			this.#lastTime += (timeOffset - (this.#lastTime & 31) + 32) & 31;
			values.set(TIMESTAMP, this.#lastTime);
		}
		if (Object.values(MESSAGE).some((message) => message === definition.message)) {
			const all = this.#messages.get(definition.message);
			if (all) all.push(values);
			else this.#messages.set(definition.message, [values]);
		}
		return true;
	}

	/** The first value of a field; undefined for an invalid one and for types that are not needed. */
	#value(type: number, size: number, little: boolean): number | string | undefined {
		const at = this.#at;
		const view = this.#view;
		const valid = (value: number, invalid: number): number | undefined => (value === invalid ? undefined : value);
		switch (type & 31) {
			case 0: // enum
			case 2: // uint8
			case 13: // byte
				return size >= 1 ? valid(view.getUint8(at), 0xff) : undefined;
			case 10: // uint8z
				return size >= 1 ? valid(view.getUint8(at), 0) : undefined;
			case 1:
				return size >= 1 ? valid(view.getInt8(at), 0x7f) : undefined;
			case 3:
				return size >= 2 ? valid(view.getInt16(at, little), 0x7fff) : undefined;
			case 4:
				return size >= 2 ? valid(view.getUint16(at, little), 0xffff) : undefined;
			case 11:
				return size >= 2 ? valid(view.getUint16(at, little), 0) : undefined;
			case 5:
				return size >= 4 ? valid(view.getInt32(at, little), 0x7fffffff) : undefined;
			case 6:
				return size >= 4 ? valid(view.getUint32(at, little), 0xffffffff) : undefined;
			case 12:
				return size >= 4 ? valid(view.getUint32(at, little), 0) : undefined;
			case 7:
				return new TextDecoder().decode(this.#bytes.subarray(at, at + size)).replace(/\0[\s\S]*$/, '');
			default:
				return undefined;
		}
	}
}

const CRC_NIBBLES = [
	0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401, 0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01,
	0x8801, 0x4400
];

function crc16(bytes: Uint8Array, from: number, until: number): number {
	let crc = 0;
	for (let at = from; at < until; at++) {
		const byte = bytes[at]!;
		crc = (crc >> 4) ^ CRC_NIBBLES[crc & 15]! ^ CRC_NIBBLES[byte & 15]!;
		crc = (crc >> 4) ^ CRC_NIBBLES[crc & 15]! ^ CRC_NIBBLES[byte >> 4]!;
	}
	return crc;
}

function numberIn(message: FitMessage | undefined, field: number): number | undefined {
	const value = message?.get(field);
	return typeof value === 'number' ? value : undefined;
}

/** Semicircles, half a turn in 2^31, as degrees. */
const DEGREES = 180 / 2 ** 31;

/** What a record says, in the units of a track. */
export function pointOf(record: FitMessage): Partial<Record<TrackColumn, number>> {
	const values: Partial<Record<TrackColumn, number>> = {};
	const set = (name: TrackColumn, value: number | undefined, change: (raw: number) => number): void => {
		if (value !== undefined) values[name] = change(value);
	};
	const get = (field: number): number | undefined => numberIn(record, field);
	const metres = (raw: number): number => raw / 5 - 500;
	set('lat', get(RECORD.lat), (raw) => raw * DEGREES);
	set('lon', get(RECORD.lon), (raw) => raw * DEGREES);
	set('altitude', get(RECORD.enhancedAltitude) ?? get(RECORD.altitude), metres);
	set('distance', get(RECORD.distance), (raw) => raw / 100);
	set('speed', get(RECORD.enhancedSpeed) ?? get(RECORD.speed), (raw) => raw / 1000);
	set('heart-rate', get(RECORD.heartRate), (raw) => raw);
	set('cadence', get(RECORD.cadence), (raw) => raw);
	set('power', get(RECORD.power), (raw) => raw);
	set('temperature', get(RECORD.temperature), (raw) => raw);
	return values;
}

/** @throws ImportError for a file without exercise, with what it is */
export function importFit(bytes: Uint8Array, collector: Collector): { batches: Batch[]; summary: ImportSummary } {
	const file = readFit(bytes);
	const session = file.sessions[0];
	const timed = file.records.filter((record) => (numberIn(record, TIMESTAMP) ?? 0) >= FIRST_TIME);
	if (timed.length === 0 && !session) {
		if (file.brokenAt !== undefined)
			throw new ImportError(`This FIT file breaks off at byte ${file.brokenAt}, before any exercise.`);
		throw new ImportError(
			`This FIT file holds ${file.type === 'other' ? 'no exercise' : `${article(file.type)}, no exercise`}.`
		);
	}
	const offset = offsetOf(file);
	const times = timed.map((record) => numberIn(record, TIMESTAMP)! + EPOCH);
	const start = startOf(session, times);
	const end = Math.max(start, times.at(-1) ?? 0, start + Math.round((numberIn(session, SESSION.elapsed) ?? 0) / 1000));
	const source = sourceOf(file, collector);
	const at = formatSpan({ start: { seconds: start, offset }, end: { seconds: end, offset } });
	const sums = sumsOf(session, timed);
	const sport = sportName(SPORTS[numberIn(session, SESSION.sport) ?? -1] ?? '');
	const id = contentId([sport, at, source.id, sums]);
	const batches: Batch[] = [
		{ kind: 'sources', into: 'measurements', rows: [source] },
		{ kind: 'workouts', rows: [{ id, sport, at, source: source.id, sums }] }
	];
	if (timed.length > 0) {
		const track = emptyTrack();
		for (const [place, record] of timed.entries()) track.add(times[place]! * 1000, pointOf(record));
		addHeartRates(track, offset, source.id, collector);
		const body = packTable(trackTable(track, offset));
		batches.push({ kind: 'tracks', rows: [{ id: contentId([id, body]), workout: id, body }] });
	}
	batches.push(...collector.take());
	const untimed = file.records.length - timed.length;
	const day = (seconds: number): number => Math.floor((seconds + offset * 60) / 86_400);
	return {
		batches,
		summary: {
			format: 'fit',
			found: { record: file.records.length, session: file.sessions.length },
			taken: timed.length,
			workouts: 1,
			left: untimed > 0 ? { 'records without a time': untimed } : {},
			first: day(start),
			last: day(end),
			...(file.brokenAt === undefined ? {} : { brokenAt: file.brokenAt }),
			remarks: [
				...(file.brokenAt === undefined ? [] : ['The file is damaged or cut off: what was whole was taken in.']),
				...(file.sessions.length > 1 ? ['It holds several sports, which were taken in as one workout.'] : [])
			]
		}
	};
}

function article(noun: string): string {
	return /s$|ing$|pressure$/.test(noun) ? noun : `a ${noun}`;
}

/** From the activity's own clock, where it says one; else UTC. */
function offsetOf(file: FitFile): number {
	const activity = file.activities[0];
	const [utc, local] = [numberIn(activity, TIMESTAMP), numberIn(activity, 5)];
	if (utc === undefined || local === undefined) return 0;
	const minutes = Math.round((local - utc) / 60);
	return Math.abs(minutes) <= 14 * 60 ? minutes : 0;
}

function startOf(session: FitMessage | undefined, times: readonly number[]): number {
	const start = numberIn(session, SESSION.start);
	if (start !== undefined && start >= FIRST_TIME) return start + EPOCH;
	return times[0] ?? numberIn(session, TIMESTAMP)! + EPOCH;
}

function sourceOf(file: FitFile, collector: Collector): { id: string; name: string; kind: string } {
	const id = file.devices[0];
	const maker = MAKERS[numberIn(id, 1) ?? -1] ?? 'Sports watch';
	const product = id?.get(8) ?? numberIn(id, 2);
	return collector.sourceEntry(product === undefined ? maker : `${maker} ${product}`, '');
}

function sumsOf(session: FitMessage | undefined, records: readonly FitMessage[]): string {
	const sums = new Map<string, string>();
	const set = (name: string, field: number, scale: number, unit: string): void => {
		const value = numberIn(session, field);
		if (value !== undefined) sums.set(name, `${value / scale} ${unit}`);
	};
	set('duration', SESSION.timer, 1000, 's');
	set('distance', SESSION.distance, 100, 'm');
	set('active-energy', SESSION.calories, 1, 'kcal');
	set('heart-rate', SESSION.averageHeartRate, 1, '/min');
	if (!sums.has('distance')) {
		const metres = records.flatMap((record) => numberIn(record, RECORD.distance) ?? []).at(-1);
		if (metres !== undefined) sums.set('distance', `${metres / 100} m`);
	}
	return formatSums(sums);
}
