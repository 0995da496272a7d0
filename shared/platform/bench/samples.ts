// npm run bench -- samples [--samples N] [--records N]
//
// Health with five million samples, and an Apple export of a gigabyte. Both come from a generator, piece by piece, so no
// file is needed; both go through the same importer and data layer as in the app, into an encrypted database on disk, in a
// process whose JavaScript heap may not grow beyond 300 MB. Making the file costs some of the time and is told apart. `--samples` and `--records` make it smaller for a quick look.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultLine, rounded, table, type Goal } from './lib/report.ts';
import type { SamplesResult } from './lib/samples-child.ts';

const HEAP_MB = 300;
/** A record of the generated export has 413 bytes on average. */
const GIGABYTE_OF_RECORDS = 2_450_000;

const option = (name: string, usual: number): number => {
	const at = process.argv.indexOf(`--${name}`);
	return at > 0 ? Number(process.argv[at + 1]) : usual;
};
const samples = option('samples', 5_000_000);
const records = option('records', GIGABYTE_OF_RECORDS);

const goals: Record<string, Goal> = {
	samples: ['>=', 5_000_000],
	database_mb: ['<=', 100],
	year_chart_ms: ['<=', 100],
	day_drill_ms: ['<=', 50],
	second_import_added: ['<=', 0],
	export_gb: ['>=', 1],
	export_heap_mb: ['<=', HEAP_MB],
	export_seconds: ['<=', 120]
};

console.error(`${samples} samples …`);
const many = await run(samples);
console.error(`an export of ${records} records …`);
const large = await run(records);

const results: Record<string, number> = {
	samples: many.taken,
	database_mb: rounded(many.databaseMB),
	bytes_per_sample: rounded((many.databaseMB * 1e6) / many.taken),
	chunks: many.chunks,
	year_chart_ms: rounded(many.yearChartMs),
	year_chart_worst_ms: rounded(many.yearChartWorstMs),
	day_drill_ms: rounded(many.dayDrillMs),
	day_drill_worst_ms: rounded(many.dayDrillWorstMs),
	second_import_added: many.addedAgain,
	export_gb: rounded(large.bytes / 1e9),
	export_records: large.records,
	export_heap_mb: rounded(large.peakHeapMB),
	export_buffers_mb: rounded(large.peakBuffersMB),
	export_seconds: rounded(large.importSeconds),
	export_cpu_seconds: rounded(large.importCpuSeconds),
	export_making_cpu_seconds: rounded(large.generateCpuSeconds)
};
console.log(
	table([
		['', String(many.taken), `${rounded(large.bytes / 1e9)} GB`],
		['file, GB', ...[many, large].map(({ bytes }) => String(rounded(bytes / 1e9)))],
		['records', ...[many, large].map(({ records: count }) => String(count))],
		['import with totals, seconds', ...[many, large].map(({ importSeconds }) => String(rounded(importSeconds)))],
		[
			'  of its CPU: making the file',
			...[many, large].map(({ generateCpuSeconds }) => String(rounded(generateCpuSeconds)))
		],
		['  of its CPU: all', ...[many, large].map(({ importCpuSeconds }) => String(rounded(importCpuSeconds)))],
		['heap at most, MB', ...[many, large].map(({ peakHeapMB }) => String(rounded(peakHeapMB)))],
		['buffers at most, MB', ...[many, large].map(({ peakBuffersMB }) => String(rounded(peakBuffersMB)))],
		['database and log, MB', ...[many, large].map(({ databaseMB }) => String(rounded(databaseMB)))],
		['chunks', ...[many, large].map(({ chunks }) => String(chunks))],
		['year chart, ms (median)', ...[many, large].map(({ yearChartMs }) => String(rounded(yearChartMs)))],
		['year chart, ms (worst, cold)', ...[many, large].map(({ yearChartWorstMs }) => String(rounded(yearChartWorstMs)))],
		['day drill, ms (median)', ...[many, large].map(({ dayDrillMs }) => String(rounded(dayDrillMs)))],
		['day drill, ms (worst)', ...[many, large].map(({ dayDrillWorstMs }) => String(rounded(dayDrillWorstMs)))],
		['rows that a second import added', ...[many, large].map(({ addedAgain }) => String(addedAgain))]
	])
);
const machine = {
	cpu: cpus()[0]?.model ?? 'unknown',
	cores: cpus().length,
	memoryGiB: Math.round(totalmem() / 2 ** 30),
	system: `${process.platform} ${process.arch}`,
	node: process.version
};
console.log(resultLine('samples', machine, results, goals));

async function run(count: number): Promise<SamplesResult> {
	const dir = await mkdtemp(join(tmpdir(), 'slf-bench-'));
	try {
		const child = spawn(
			process.execPath,
			[
				'--disable-warning=ExperimentalWarning',
				`--max-old-space-size=${HEAP_MB}`,
				fileURLToPath(new URL('./lib/samples-child.ts', import.meta.url)),
				String(count),
				dir
			],
			{ stdio: ['ignore', 'pipe', 'inherit'] }
		);
		let text = '';
		for await (const part of child.stdout) text += String(part);
		const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('close', resolve)));
		if (code !== 0) throw new Error(`the import ended with ${code}`);
		return JSON.parse(text) as SamplesResult;
	} finally {
		await rm(dir, { recursive: true, force: true });
	}
}
