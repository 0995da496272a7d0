// npm run bench -- storage [--rounds N]
//
// Our engine on its encrypted store, plain and replicated tables, against the official SQLite on opfs-sahpool, in one
// Chromium worker, taking turns. A ratio is the median over the rounds of ours by theirs in the same round: below 1 we are
// faster. Theirs neither encrypts nor replicates.
import { fileURLToPath } from 'node:url';
import { describeMachine, runInWorker } from './lib/browser.ts';
import { median, resultLine, rounded, table, type Goal } from './lib/report.ts';
import type { StorageTask, StorageTimes } from './lib/storage-worker.ts';

const roundsAt = process.argv.indexOf('--rounds');
const task: StorageTask = {
	rounds: roundsAt > 0 ? Number(process.argv[roundsAt + 1]) : 5,
	singles: 1000,
	bulks: [10_000, 100_000],
	selects: 30_000
};

const WORKLOADS: [key: string, workload: string, title: string][] = [
	['single', 'singles', '1,000 transactions of one row'],
	['bulk_10k', 'bulk 10000', '10,000 rows in one transaction'],
	['bulk_100k', 'bulk 100000', '100,000 rows in one transaction'],
	['select', 'selects', '30,000 selects by key']
];
const SUBJECTS: [prefix: string, name: string][] = [
	['', 'ours'],
	['replicated_', 'ours, replicated']
];

/** Encryption must not make the store slower than the official one that has none. */
const goals: Record<string, Goal> = {
	single_ratio: ['<=', 1],
	bulk_10k_ratio: ['<=', 1],
	bulk_100k_ratio: ['<=', 1],
	select_ratio: ['<=', 1]
};

const worker = fileURLToPath(new URL('./lib/storage-worker.ts', import.meta.url));
const { times, official } = await runInWorker<{ times: StorageTimes; official: string }>(worker, task, (line) =>
	console.error(line)
);

const results: Record<string, number> = {};
const rows = [['milliseconds (median)', 'ours', 'replicated', 'official', 'ours/official', 'replicated/official']];
for (const [key, workload, title] of WORKLOADS) {
	const theirs = times.official![workload]!;
	results[`${key}_official_ms`] = rounded(median(theirs));
	for (const [prefix, name] of SUBJECTS) {
		const measured = times[name]![workload]!;
		results[`${prefix}${key}_ms`] = rounded(median(measured));
		results[`${prefix}${key}_ratio`] = rounded(median(measured.map((value, round) => value / theirs[round]!)));
	}
	const shown = [`${key}_ms`, `replicated_${key}_ms`, `${key}_official_ms`, `${key}_ratio`, `replicated_${key}_ratio`];
	rows.push([title, ...shown.map((name) => String(results[name]))]);
}
const machine = { ...describeMachine(), official: `sqlite-wasm ${official}`, rounds: task.rounds };
console.log(table(rows));
console.log(resultLine('storage', machine, results, goals));
