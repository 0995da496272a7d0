// One import of a generated export into a real encrypted database on disk, and what is asked of it afterwards. A process of
// its own, so that its heap can be bounded: node --max-old-space-size=300 samples-child.ts RECORDS FOLDER. Prints JSON.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { refreshTotals } from '../../../../apps/health/src/lib/data/aggregates.ts';
import { dayTotals } from '../../../../apps/health/src/lib/data/totals.ts';
import { BatchWriter } from '../../../../apps/health/src/lib/data/imports.ts';
import { readBodies } from '../../../../apps/health/src/lib/data/profiles.ts';
import { samplesOfDay } from '../../../../apps/health/src/lib/data/samples.ts';
import { ME, scopesFor } from '../../../../apps/health/src/lib/domain/profile.ts';
import { seriesOf, trendOf } from '../../../../apps/health/src/lib/domain/series.ts';
import { runImport } from '../../../../apps/health/src/lib/import/run.ts';
import type { Bytes, ImportSummary } from '../../../../apps/health/src/lib/import/types.ts';
import { openPlatform, type Platform } from '../../src/worker/node.ts';
import { appleExport } from './apple-export.ts';
import { median } from './report.ts';

export interface SamplesResult {
	bytes: number;
	records: number;
	taken: number;
	importSeconds: number;
	importCpuSeconds: number;
	generateCpuSeconds: number;
	peakHeapMB: number;
	peakBuffersMB: number;
	databaseMB: number;
	chunks: number;
	addedAgain: number;
	yearChartMs: number;
	yearChartWorstMs: number;
	dayDrillMs: number;
	dayDrillWorstMs: number;
	days: number;
}

const [recordsText, dir] = process.argv.slice(2) as [string, string];
const records = Number(recordsText);
const schema = readFileSync(new URL('../../../../apps/health/src/lib/schema.sql', import.meta.url), 'utf8');

let [peakHeap, peakBuffers] = [0, 0];
const look = () => {
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	peakHeap = Math.max(peakHeap, heapUsed);
	peakBuffers = Math.max(peakBuffers, arrayBuffers);
};

const written = { records: 0, bytes: 0 };
const before = process.cpuUsage();
for (const piece of appleExport(records, written)) void piece;
const generateCpuSeconds = seconds(process.cpuUsage(before));

const file: Bytes = {
	size: written.bytes,
	read: async (from, until) => {
		for (const piece of appleExport(records, { records: 0, bytes: 0 })) return piece.slice(from, until);
		return new Uint8Array();
	},
	async *stream() {
		for (const piece of appleExport(records, { records: 0, bytes: 0 })) {
			yield piece;
			look();
		}
	}
};

let platform = await openPlatform({ dir, app: 'health', schema });

async function importOnce(): Promise<{ summary: ImportSummary; added: number }> {
	const body = (await readBodies(platform)).find(({ id }) => id === ME)!;
	const writer = new BatchWriter(platform, body);
	const summary = await runImport(
		{ file },
		{
			write: async (batches) => {
				await writer.write(batches);
				// As an open page does it: totals follow the import.
				await refreshTotals(platform);
				look();
			},
			progress: () => {},
			pause: async () => {},
			signal: new AbortController().signal
		}
	);
	return { summary, added: writer.added };
}

const start = performance.now();
const cpu = process.cpuUsage();
const first = await importOnce();
const importSeconds = (performance.now() - start) / 1000;
const importCpuSeconds = seconds(process.cpuUsage(cpu));

await platform.close();
const databaseMB = sizeOf(dir) / 1e6;
platform = await openPlatform({ dir, app: 'health', schema });

const [year, yearWorst] = await yearCharts(platform);
const [day, dayWorst] = await dayDrills(platform);
const count = async (table: string) => (await platform.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]!.n;
const chunks = await count('sample_chunks');
const days = await count('day_totals');
const again = await importOnce();
const rowsMore = (await count('sample_chunks')) - chunks;
await platform.close();

const result: SamplesResult = {
	bytes: written.bytes,
	records: written.records,
	taken: first.summary.taken,
	importSeconds,
	importCpuSeconds,
	generateCpuSeconds,
	peakHeapMB: peakHeap / 1e6,
	peakBuffersMB: peakBuffers / 1e6,
	databaseMB,
	chunks,
	addedAgain: again.added + rowsMore,
	yearChartMs: year,
	yearChartWorstMs: yearWorst,
	dayDrillMs: day,
	dayDrillWorstMs: dayWorst,
	days
};
console.log(JSON.stringify(result));

function seconds({ user, system }: NodeJS.CpuUsage): number {
	return (user + system) / 1e6;
}

function sizeOf(folder: string): number {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.map((name) => statSync(join(folder, name)))
		.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

/** From the question to the columns that a chart draws, trend line included: a year of each metric, the first one cold. */
async function yearCharts(on: Platform): Promise<[number, number]> {
	const metrics = await on.exec<{ metric: string; last: number }>(
		'SELECT metric, max(day) AS last FROM day_totals GROUP BY metric'
	);
	const times: number[] = [];
	for (const { metric, last } of metrics) {
		const began = performance.now();
		const { sql, params } = dayTotals(ME, metric, last - 365, last);
		const rows = await on.exec<{ day: number; n: number; min: number; max: number; sum: number }>(sql, params);
		const series = seriesOf(rows, { from: last - 365, until: last, step: 'day', telling: 'mean' });
		trendOf(series);
		times.push(performance.now() - began);
	}
	return [median(times), Math.max(...times)];
}

/** Every sample of the days with most of them. */
async function dayDrills(on: Platform): Promise<[number, number]> {
	const body = (await readBodies(on)).find(({ id }) => id === ME)!;
	const densest = await on.exec<{ metric: string; day: number }>(
		'SELECT metric, day FROM sample_chunks GROUP BY metric, day ORDER BY sum(length(body)) DESC LIMIT 50'
	);
	const times: number[] = [];
	for (const { metric, day: of } of densest) {
		const began = performance.now();
		const found = await samplesOfDay(on, scopesFor(body, 'measurements'), metric, of);
		times.push(performance.now() - began);
		if (found.length === 0) throw new Error(`no sample of ${metric} on day ${of}`);
	}
	return [median(times), Math.max(...times)];
}
