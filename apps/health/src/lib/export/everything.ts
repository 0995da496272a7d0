/**
 * Everything about a body in one zip archive: a CSV file for each kind of row, and the files that were imported, as
 * they came. Written piece by piece; what is in memory is the packed archive.
 *
 * `readings.csv` and `samples.csv` are read by this app's own import. Names inside the archive say nothing about the
 * person but what kind of rows a file has.
 */

import type { Platform } from '@slf/platform';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { BodyRows } from '#lib/data/everything.ts';
import { allImports, readOriginal, type ImportRow } from '#lib/data/imports.ts';
import { samplesOfDay } from '#lib/data/samples.ts';
import { trackOf } from '#lib/data/workouts.ts';
import { SEVERITIES, MOODS } from '#lib/domain/journal.ts';
import { foreignMetric, metricWithId, SLEEP_WORDS } from '#lib/domain/metrics.ts';
import { readReading } from '#lib/domain/reading.ts';
import type { Body } from '#lib/domain/profile.ts';
import { formatMoment, formatSpan } from '#lib/domain/time.ts';
import { readWorkout } from '#lib/domain/workout.ts';
import { looksLikeZip } from '#lib/import/zip.ts';
import { csvLine, type Cell } from './csv.ts';

export interface ExportOptions {
	readonly signal: AbortSignal;
	/** Days of samples that were written, of all. */
	progress(done: number, of: number): void;
}

/** @throws what `signal` was aborted with */
export async function exportEverything(
	platform: Platform,
	body: Body,
	{ signal, progress }: ExportOptions
): Promise<Blob> {
	const archive = new Archive();
	const rows = new BodyRows(platform, body);
	for (const { name, header, lines } of await tablesOf(rows)) {
		signal.throwIfAborted();
		archive.table(name, header, lines);
	}
	await addSamples(platform, rows, archive, { signal, progress });
	await addTracks(platform, rows, archive, signal);
	await addOriginals(platform, body, archive, signal);
	return archive.end();
}

interface CsvTable {
	readonly name: string;
	readonly header: readonly string[];
	readonly lines: readonly (readonly Cell[])[];
}

async function tablesOf(rows: BodyRows): Promise<CsvTable[]> {
	const medications = await rows.medications();
	const medicationName = (id: string | null): string => medications.find((row) => row.id === id)?.name ?? '';
	return [
		{
			name: 'readings.csv',
			header: ['id', 'metric', 'at', 'until', 'value', 'unit', 'note'],
			lines: (await rows.readings()).map((row) => {
				const reading = readReading(row);
				// What cannot be read is exported as it stands.
				if (!reading) return [row.id, row.metric, row.at, '', row.value, '', row.note];
				const { amount, span, note } = reading;
				const until = span.end ? formatMoment(span.end) : '';
				return [row.id, row.metric, formatMoment(span.start), until, amount.values.join('/'), amount.unit, note];
			})
		},
		{
			name: 'metrics.csv',
			header: ['id', 'name', 'unit', 'telling'],
			lines: (await rows.metrics()).map(({ id, name, unit, telling }) => [id, name, unit, telling])
		},
		{
			name: 'goals.csv',
			header: ['metric', 'goal'],
			lines: (await rows.goals()).map(({ metric, goal }) => [metric, goal])
		},
		{
			name: 'workouts.csv',
			header: ['id', 'sport', 'start', 'end', 'sums', 'note'],
			lines: (await rows.workouts()).map((row) => {
				const workout = readWorkout(row);
				const [start, end] = workout ? formatSpan(workout.span).split('/') : [row.at, ''];
				const sums = workout
					? [...workout.sums].map(([id, { values, unit }]) => `${id} ${values.join('/')} ${unit}`)
					: [];
				return [row.id, row.sport, start, end, sums.join('; '), row.note];
			})
		},
		{
			name: 'medications.csv',
			header: ['name', 'strength', 'note', 'plan', 'stopped'],
			lines: await medicationLines(rows)
		},
		{
			name: 'doses.csv',
			header: ['medication', 'planned', 'taken', 'skipped', 'amount'],
			lines: (await rows.doses()).map(({ medication_id, planned, taken, skipped, amount }) => [
				medicationName(medication_id),
				planned,
				taken,
				skipped,
				amount
			])
		},
		{
			name: 'cycle.csv',
			header: ['date', 'bleeding', 'temperature', 'mucus', 'note'],
			lines: (await rows.cycleDays()).map(({ id, bleeding, temperature, mucus, note }) => [
				id,
				bleeding === null ? '' : (['none', 'spotting', 'light', 'medium', 'heavy'][bleeding] ?? bleeding),
				temperature,
				mucus,
				note
			])
		},
		{
			name: 'journal.csv',
			header: ['at', 'kind', 'name', 'level', 'note'],
			lines: (await rows.journal()).map(({ at, kind, name, level, note }) => [
				at,
				kind,
				name,
				levelWord(kind, level),
				note
			])
		}
	];
}

async function medicationLines(rows: BodyRows): Promise<Cell[][]> {
	const schedules = await rows.schedules();
	return (await rows.medications()).flatMap(({ id, name, strength, note, stopped_at }) => {
		const stopped = stopped_at === null ? '' : new Date(stopped_at).toISOString();
		const plans = schedules.filter(({ medication_id }) => medication_id === id).map(({ plan }) => plan);
		return (plans.length === 0 ? [''] : plans).map((plan) => [name, strength, note, plan, stopped]);
	});
}

function levelWord(kind: string | null, level: number | null): Cell {
	if (level === null) return '';
	return (kind === 'mood' ? MOODS[level - 1] : kind === 'symptom' ? SEVERITIES[level] : undefined) ?? level;
}

async function addSamples(
	platform: Platform,
	rows: BodyRows,
	archive: Archive,
	{ signal, progress }: ExportOptions
): Promise<void> {
	const days = await rows.chunkDays();
	const names = new Map((await rows.sources()).map(({ id, name }) => [id, name ?? '']));
	const file = archive.open('samples.csv');
	file.line(['metric', 'start', 'end', 'value', 'unit', 'source']);
	for (const [at, { metric: id, day }] of days.entries()) {
		signal.throwIfAborted();
		const metric = metricWithId(id) ?? foreignMetric(id);
		const scopes = rows.scopes(metric?.sensitivity ?? 'measurements');
		for (const { at: start, duration, values, unit, source } of await samplesOfDay(platform, scopes, id, day)) {
			const end = duration === 0 ? '' : formatMoment({ seconds: start.seconds + duration, offset: start.offset });
			const value = metric?.telling === 'sleep' ? (SLEEP_WORDS[values[0]!] ?? values[0]) : values.join('/');
			const shownUnit = metric?.telling === 'sleep' ? '' : unit;
			file.line([id, formatMoment(start), end, value, shownUnit, names.get(source) ?? '']);
		}
		progress(at + 1, days.length);
	}
	file.close();
}

async function addTracks(platform: Platform, rows: BodyRows, archive: Archive, signal: AbortSignal): Promise<void> {
	for (const workout of await rows.workouts()) {
		signal.throwIfAborted();
		const track = await trackOf(platform, workout);
		if (!track) continue;
		const scale = track.ms ? 1000 : 1;
		const file = archive.open(`tracks/${workout.id.replaceAll(/[^\w-]/g, '')}.csv`);
		file.line(['time', ...track.labels]);
		for (let row = 0; row < track.times.length; row++) {
			const time = new Date((track.times[row]! / scale) * 1000).toISOString();
			file.line([time, ...track.columns.map((column) => (Number.isNaN(column[row]) ? '' : column[row]))]);
		}
		file.close();
	}
}

async function addOriginals(platform: Platform, body: Body, archive: Archive, signal: AbortSignal): Promise<void> {
	const { sql, params } = allImports(await platform.scopes.personal());
	const imports = await platform.exec<ImportRow>(sql, params);
	for (const row of imports.filter(({ profile_id }) => profile_id === body.id)) {
		signal.throwIfAborted();
		const bytes = await readOriginal(platform, row);
		if (bytes) archive.bytes(`originals/${row.sha256!.slice(0, 12)}.${endingOf(row.format, bytes)}`, bytes);
	}
}

function endingOf(format: string | null, bytes: Uint8Array): string {
	if (format === 'apple') return looksLikeZip(bytes) ? 'zip' : 'xml';
	return format === 'csv' || format === 'fit' || format === 'gpx' ? format : 'bin';
}

interface OpenFile {
	line(cells: readonly Cell[]): void;
	close(): void;
}

/** Lines that are packed together. */
const PACKED_AT = 64 * 1024;

class Archive {
	readonly #parts: BlobPart[] = [];
	#failure: unknown;
	readonly #zip = new Zip((error, chunk) => {
		if (error) this.#failure = error;
		else this.#parts.push(chunk as Uint8Array<ArrayBuffer>);
	});

	/** One file at a time. */
	open(name: string): OpenFile {
		const entry = new ZipDeflate(name, { level: 6 });
		this.#zip.add(entry);
		const encoder = new TextEncoder();
		let text = '';
		const push = (final: boolean): void => {
			entry.push(encoder.encode(text), final);
			text = '';
			if (this.#failure !== undefined) throw this.#failure;
		};
		return {
			line: (cells) => {
				text += csvLine(cells);
				if (text.length >= PACKED_AT) push(false);
			},
			close: () => push(true)
		};
	}

	/** Not at all where there is nothing to say. */
	table(name: string, header: readonly string[], lines: readonly (readonly Cell[])[]): void {
		if (lines.length === 0) return;
		const file = this.open(name);
		file.line(header);
		for (const line of lines) file.line(line);
		file.close();
	}

	/** Most files that are imported are packed already. */
	bytes(name: string, bytes: Uint8Array): void {
		const entry = new ZipPassThrough(name);
		this.#zip.add(entry);
		entry.push(bytes, true);
	}

	end(): Blob {
		this.#zip.end();
		if (this.#failure !== undefined) throw this.#failure;
		return new Blob(this.#parts, { type: 'application/zip' });
	}
}
