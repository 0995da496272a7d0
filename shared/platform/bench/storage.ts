// npm run bench -- storage [--rounds N]
//
// Our engine on its encrypted store, plain and replicated tables, against the official SQLite on opfs-sahpool, in one
// Chromium worker, taking turns; then the same work as an app does it, through `platform.exec` in a page of the suite. A
// ratio is ours by theirs, below 1 we are faster: in the worker the median over the rounds of the ratio within a round,
// through exec the ratio of the medians. Theirs neither encrypts nor replicates.
import { fileURLToPath } from 'node:url';
import { describeMachine, runInWorker } from './lib/browser.ts';
import { measureExec } from './lib/exec.ts';
import { median, resultLine, rounded, table, type Goal } from './lib/report.ts';
import type { StorageTask, StorageTimes } from './lib/storage-worker.ts';

const roundsAt = process.argv.indexOf('--rounds');
const rounds = roundsAt > 0 ? Number(process.argv[roundsAt + 1]) : 5;
const task: StorageTask = { rounds, singles: 1000, bulks: [10_000, 100_000], selects: 30_000 };
const execTask = { ...task, rounds: Math.min(rounds, 3), selects: 3000 };

const WORKLOADS: [key: string, workload: string, title: string, of: (task: StorageTask) => number][] = [
	['single', 'singles', 'a transaction of one row', ({ singles }) => singles],
	['bulk_10k', 'bulk 10000', 'a row of 10,000 at once', () => 10_000],
	['bulk_100k', 'bulk 100000', 'a row of 100,000 at once', () => 100_000],
	['select', 'selects', 'a row read by its key', ({ selects }) => selects]
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
console.error('through exec …');
const throughExec = await measureExec(execTask);

const results: Record<string, number> = {};
const head = ['microseconds (median)', 'ours', 'replicated', 'through exec', 'official'];
const rows = [[...head, 'ours/official', 'replicated/official', 'exec/official']];
for (const [key, workload, title, count] of WORKLOADS) {
	const perOperation = (measured: number[], of: StorageTask) => measured.map((ms) => (ms * 1000) / count(of));
	const theirs = perOperation(times['official']![workload]!, task);
	const subjects: [prefix: string, measured: number[]][] = [
		['', perOperation(times['ours']![workload]!, task)],
		['replicated_', perOperation(times['ours, replicated']![workload]!, task)],
		['exec_', perOperation(throughExec[workload]!, execTask)]
	];
	results[`official_${key}_us`] = rounded(median(theirs));
	for (const [prefix, measured] of subjects) {
		results[`${prefix}${key}_us`] = rounded(median(measured));
		const ratio =
			prefix === 'exec_'
				? median(measured) / median(theirs)
				: median(measured.map((value, round) => value / theirs[round]!));
		results[`${prefix}${key}_ratio`] = rounded(ratio);
	}
	const microseconds = ['', 'replicated_', 'exec_', 'official_'].map((prefix) => results[`${prefix}${key}_us`]);
	const ratios = ['', 'replicated_', 'exec_'].map((prefix) => results[`${prefix}${key}_ratio`]);
	rows.push([title, ...[...microseconds, ...ratios].map(String)]);
}
const machine = { ...describeMachine(), official: `sqlite-wasm ${official}`, rounds };
console.log(table(rows));
console.log(resultLine('storage', machine, results, goals));
