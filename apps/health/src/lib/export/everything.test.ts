import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type Platform } from '@slf/platform/node';
import * as days from '#lib/data/days.ts';
import { BatchWriter, importFile } from '#lib/data/imports.ts';
import * as medications from '#lib/data/medications.ts';
import { readBodies, scopeToWrite } from '#lib/data/profiles.ts';
import * as readings from '#lib/data/readings.ts';
import { ME, scopesFor } from '#lib/domain/profile.ts';
import { parseDay, parseMoment } from '#lib/domain/time.ts';
import { Collector } from '#lib/import/collector.ts';
import { importCsv, planCsv } from '#lib/import/csv-rows.ts';
import { delimitersOf, guessMapping, readCsv } from '#lib/import/csv.ts';
import { serveImports, type ImportPort } from '#lib/import/port.ts';
import { exportEverything } from './everything.ts';

let platform: Platform;
const dir = mkdtempSync(join(tmpdir(), 'health-export-'));
const schema = readFileSync(new URL('../schema.sql', import.meta.url), 'utf8');
const channel = new MessageChannel();

beforeAll(async () => {
	platform = await openPlatform({ dir, app: 'health', schema });
	serveImports(channel.port2 as unknown as ImportPort);
});
afterAll(async () => {
	channel.port1.close();
	await platform.close();
	rmSync(dir, { recursive: true });
});

const me = async () => (await readBodies(platform)).find(({ id }) => id === ME)!;
const at = '2026-03-01T07:30:00+01:00';
const day = parseDay('2026-03-01')!;

async function exported(): Promise<Map<string, Uint8Array>> {
	const told: number[] = [];
	const blob = await exportEverything(platform, await me(), {
		signal: new AbortController().signal,
		progress: (done) => told.push(done)
	});
	return new Map(Object.entries(unzipSync(new Uint8Array(await blob.arrayBuffer()))));
}

const table = (bytes: Uint8Array) =>
	Papa.parse<Record<string, string>>(new TextDecoder().decode(bytes), { header: true, skipEmptyLines: true }).data;

const SLEEP =
	'<Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="Watch" startDate="2026-03-01 01:00:00 +0100" endDate="2026-03-01 02:00:00 +0100" value="HKCategoryValueSleepAnalysisAsleepDeep"/>';
const STEPS =
	'<Record type="HKQuantityTypeIdentifierStepCount" unit="count" sourceName="Watch" startDate="2026-03-01 09:00:00 +0100" endDate="2026-03-01 09:10:00 +0100" value="500"/>';

test('[HL-70] everything about a body is in the export, and each imported file byte for byte', async () => {
	const scope = async (kind: 'measurements' | 'medication' | 'cycle' | 'mind') =>
		scopeToWrite(platform, await me(), kind);
	const note = '=HYPERLINK("http://evil")';
	await readings.addReading(platform, await scope('measurements'), 'blood-pressure', {
		value: '120/80 mm[Hg]',
		at,
		note
	});
	await readings.addReading(platform, await scope('measurements'), 'sleep', {
		value: '7.5 h',
		at: `${at}/2026-03-01T08:00:00+01:00`,
		note: ''
	});
	const plan = { pattern: { kind: 'daily' }, times: ['08:00'], from: day, amount: '1' } as const;
	await medications.addMedication(
		platform,
		await scope('medication'),
		{ name: '+Pill', strength: '5 mg', note: '' },
		plan
	);
	await days.setCycleDay(platform, await scope('cycle'), day, { bleeding: 3, note: 'a, "b"\nc' });
	await days.addJournalEntry(platform, await scope('mind'), {
		kind: 'mood',
		name: '',
		level: 4,
		at: parseMoment(at)!,
		note: ''
	});
	const source = `<?xml version="1.0"?><HealthData>${SLEEP}${STEPS}</HealthData>`;
	const done = await importFile(platform, channel.port1 as unknown as ImportPort, new Blob([source]), await me(), {
		name: 'Anna secret.xml',
		signal: new AbortController().signal,
		progress: () => {},
		now: () => 1
	});
	expect(done).toMatchObject({ ok: true, kept: true });

	const files = await exported();
	expect(table(files.get('readings.csv')!)).toMatchObject([
		{ metric: 'blood-pressure', at, value: '120/80', unit: 'mm[Hg]', note: `'${note}` },
		{ metric: 'sleep', at, until: '2026-03-01T08:00:00+01:00', value: '7.5', unit: 'h' }
	]);
	expect(table(files.get('samples.csv')!)).toEqual([
		{
			metric: 'sleep',
			start: '2026-03-01T01:00:00+01:00',
			end: '2026-03-01T02:00:00+01:00',
			value: 'deep',
			unit: '',
			source: 'Watch'
		},
		{
			metric: 'steps',
			start: '2026-03-01T09:00:00+01:00',
			end: '2026-03-01T09:10:00+01:00',
			value: '500',
			unit: '{steps}',
			source: 'Watch'
		}
	]);
	expect(table(files.get('medications.csv')!)).toMatchObject([{ name: "'+Pill", strength: '5 mg' }]);
	expect(table(files.get('cycle.csv')!)).toMatchObject([{ date: '2026-03-01', bleeding: 'medium', note: 'a, "b"\nc' }]);
	expect(table(files.get('journal.csv')!)).toMatchObject([{ at, kind: 'mood', level: 'good' }]);
	const [original] = [...files].filter(([name]) => name.startsWith('originals/'));
	expect(new TextDecoder().decode(original![1])).toBe(source);
	// T73: what a file is called says nothing about a person.
	for (const name of files.keys()) expect(name).not.toMatch(/anna|secret/i);
});

test('T65 readings that are exported and imported again are the same rows: nothing is added, no note is changed', async () => {
	const before = await platform.exec('SELECT id, metric, value, at, note FROM readings ORDER BY id');
	const text = new TextDecoder().decode((await exported()).get('readings.csv')!);
	const file = readCsv(text, delimitersOf(text)[0]!);
	const { mapping, questions } = guessMapping(file, 'UTC');
	expect(questions).toEqual([]);
	const plan = planCsv(file, mapping);
	expect(plan.problems).toEqual([]);
	const writer = new BatchWriter(platform, await me());
	await writer.write(importCsv(plan, new Collector()).batches);
	expect(writer.added).toBe(0);
	// On a device that has none of them they come out equal.
	await platform.exec('DELETE FROM readings');
	await new BatchWriter(platform, await me()).write(importCsv(plan, new Collector()).batches);
	const after = await platform.exec<{ note: string | null }>(
		'SELECT id, metric, value, at, note FROM readings ORDER BY id'
	);
	expect(after.map((row) => ({ ...row, note: row.note === '' ? null : row.note }))).toEqual(before);
});

test('[HL-70] samples that are exported can be imported again, stages of sleep too', async () => {
	const text = new TextDecoder().decode((await exported()).get('samples.csv')!);
	const file = readCsv(text, ',');
	const { mapping, questions } = guessMapping(file, 'UTC');
	expect(questions).toEqual([]);
	const { problems, entries } = planCsv(file, mapping);
	expect(problems).toEqual([]);
	expect(entries.map(({ metric, values, source }) => [metric.id, ...values, source])).toEqual([
		['sleep', '4', 'Watch'],
		['steps', '500', 'Watch']
	]);
	expect(scopesFor(await me(), 'measurements')).toHaveLength(1);
});
