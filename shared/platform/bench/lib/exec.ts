// The same workloads as an app has them: `platform.exec` from a page of the finished suite, so with the way to the engine's
// worker, the authorizer, the policy's triggers, and each transaction sealed and signed into the log before it counts.
// Rows are bound as one JSON text, since a transaction takes at most 65,536 cells (SPEC R9).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLab } from '../../../../e2e/lab/build.ts';
import { Suite } from '../../../../e2e/suite.ts';
import { buildIfChanged } from '../../../../tools/build.ts';
import { launch } from './browser.ts';
import type { Platform } from '../../src/client/platform.ts';

export interface ExecTask {
	rounds: number;
	singles: number;
	/** Each of these many rows goes into transactions of 10,000. */
	bulks: number[];
	selects: number;
}

/** Milliseconds by workload, in the order of rounds. */
export async function measureExec(task: ExecTask): Promise<Record<string, number[]>> {
	await buildIfChanged();
	const built = await buildLab();
	const suite = await Suite.start({ dist: built.dist, home: false });
	const profile = await mkdtemp(join(tmpdir(), 'slf-bench-'));
	const browser = await launch(profile);
	try {
		const page = await browser.newPage();
		await page.goto(`${suite.origin}/lab/`);
		await page.waitForFunction(() => document.querySelector('#state')?.textContent?.startsWith('ready'), undefined, {
			timeout: 60_000
		});
		return await page.evaluate(inPage, task);
	} finally {
		await browser.close();
		await suite.close();
		built.remove();
		await rm(profile, { recursive: true, force: true });
	}
}

/** Runs in the page; it can use nothing of this file. */
async function inPage(task: ExecTask): Promise<Record<string, number[]>> {
	const { platform, scope } = (globalThis as unknown as { lab: { platform: Platform; scope: string } }).lab;
	const times: Record<string, number[]> = {};
	const timed = async (name: string, run: () => Promise<void>) => {
		const start = performance.now();
		await run();
		(times[name] ??= []).push(performance.now() - start);
	};
	const ids: string[] = [];
	const makeRows = (count: number) => {
		const rows: [string, number, string][] = [];
		for (let n = 0; n < count; n++) {
			const id = platform.id();
			rows.push([id, ids.length, `Note number ${ids.length} ${'words that a person wrote '.repeat(4)}`]);
			ids.push(id);
		}
		return rows;
	};
	const insertAll = async (rows: [string, number, string][]) => {
		for (let at = 0; at < rows.length; at += 10_000)
			await platform.exec(
				`INSERT INTO entries (scope_id, id, value, label)
					SELECT ?, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)`,
				[scope, JSON.stringify(rows.slice(at, at + 10_000))]
			);
	};
	for (let round = 0; round < task.rounds; round++) {
		const singles = makeRows(task.singles);
		await timed('singles', async () => {
			for (const [id, value, label] of singles)
				await platform.exec('INSERT INTO entries (scope_id, id, value, label) VALUES (?, ?, ?, ?)', [
					scope,
					id,
					value,
					label
				]);
		});
		for (const count of task.bulks) {
			const rows = makeRows(count);
			await timed(`bulk ${count}`, () => insertAll(rows));
		}
		await timed('selects', async () => {
			for (let n = 0; n < task.selects; n++) {
				const at = (n * 7919) % ids.length;
				const rows = await platform.exec('SELECT value, label FROM entries WHERE scope_id = ? AND id = ?', [
					scope,
					ids[at]!
				]);
				if (rows[0]?.['value'] !== at) throw new Error(`row ${at} was not found`);
			}
		});
	}
	return times;
}
