/**
 * Keeps `day_totals` and `hour_totals` true to readings and chunks: after a write here, and after a merge.
 *
 * Triggers mark days as stale; whoever keeps (any open page) computes a few of them at a time, all scopes of a body
 * together, since sources of two scopes may have measured the same hours. Nothing of it is replicated: every device
 * computes for itself, and what it computes follows from the rows alone.
 *
 * A mark is taken off in the transaction that writes the totals, and only if it still is the one that was read: a day
 * that was marked again in between keeps its new mark, and a slower page cannot put older totals over newer ones.
 */

import type { Platform, Transaction } from '@slf/platform';
import { batchOfChunk, batchOfReading, type StoredChunk } from '#lib/domain/day-batches.ts';
import { customMetric, foreignMetric, metricWithId, SLEEP_PARTS, type Metric } from '#lib/domain/metrics.ts';
import { isHealthScope, scopesFor } from '#lib/domain/profile.ts';
import { packHours } from '#lib/domain/hours.ts';
import { DAY_SECONDS } from '#lib/domain/time.ts';
import { totalsOfDay, type Batch, type DayTotal } from '#lib/domain/totals.ts';
import { readBodies } from './profiles.ts';
import { asList } from './query.ts';
import { INSTANT } from './readings.ts';
import { maskKey, readMasks, readSourceOrder } from './samples.ts';

/** Raised when the same rows give other totals than before: then all days are computed anew. */
const VERSION = 1;

/** Days that are computed between two looks at what else waits; a page stays fluent meanwhile. */
const DAYS_AT_ONCE = 64;

interface StaleDay {
	n: number;
	scope_id: string;
	metric: string;
	day: number;
}

/**
 * Brings all totals up to date.
 *
 * @param pause awaited between portions, so that a page can draw
 * @returns days that were computed
 */
export async function refreshTotals(platform: Platform, pause: () => Promise<void> = async () => {}): Promise<number> {
	await followScopes(platform);
	let computed = 0;
	for (;;) {
		const stale = await platform.exec<StaleDay>('SELECT n, scope_id, metric, day FROM stale_days ORDER BY n LIMIT ?', [
			DAYS_AT_ONCE
		]);
		if (stale.length === 0) return computed;
		computed += await computeDays(platform, stale, pause);
		await pause();
	}
}

/**
 * Refreshes now, and whenever something was marked or a scope came, went or was placed. Call once in a page; several
 * pages may. Returns what stops it.
 */
export async function keepTotals(platform: Platform, pause: () => Promise<void>): Promise<() => void> {
	let stopped = false;
	let running = false;
	let again = false;
	const run = async (): Promise<void> => {
		if (running) {
			again = true;
			return;
		}
		running = true;
		try {
			do {
				again = false;
				await refreshTotals(platform, pause);
			} while (again && !stopped);
		} catch {
			// What cannot be written now (a full disk, a lost engine) is computed after the next change, or at the next start.
		} finally {
			running = false;
		}
	};
	const stops = [
		await platform.live('stale-days', 'SELECT max(n) AS n FROM stale_days', [], () => void run()),
		await platform.live('areas-of-totals', 'SELECT id, profile_id, area FROM areas', [], () => void run()),
		await platform.live('bodies-of-totals', 'SELECT id, deleted_at FROM profiles', [], () => void run()),
		platform.scopes.watch(() => void run())
	];
	return () => {
		stopped = true;
		for (const stop of stops) stop();
	};
}

/** Finds scopes that belong to another body than their totals were computed for, and marks all that is in them. */
async function followScopes(platform: Platform): Promise<void> {
	const bodies = await readBodies(platform);
	const scopes = (await platform.scopes.list()).filter(isHealthScope);
	const now = new Map(bodies.flatMap(({ id, areas }) => areas.map(({ scope }) => [scope, id] as const)));
	const before = new Map(
		(
			await platform.exec<{ scope_id: string; body: string; version: number }>(
				'SELECT scope_id, body, version FROM computed_scopes'
			)
		).map(({ scope_id, ...rest }) => [scope_id, rest])
	);
	for (const { scope } of scopes) {
		const body = now.get(scope);
		const known = before.get(scope);
		if (body === undefined || (known?.body === body && known.version === VERSION)) continue;
		await platform.transaction(async (tx) => {
			// The scopes that stay with the former body have to be told without this one.
			const others = [...before].flatMap(([id, { body: of }]) => (of === known?.body ? [id] : []));
			if (known) {
				await tx.exec('DELETE FROM day_totals WHERE body = ?', [known.body]);
				await tx.exec('DELETE FROM hour_totals WHERE body = ?', [known.body]);
			}
			for (const id of new Set([scope, ...others])) await markScope(tx, id);
			await tx.exec('INSERT OR REPLACE INTO computed_scopes (scope_id, body, version) VALUES (?, ?, ?)', [
				scope,
				body,
				VERSION
			]);
		});
	}
}

/** What is marked already is marked again: its number is a new one, and whoever is computing it starts over. */
async function markScope(tx: Transaction, scope: string): Promise<void> {
	await tx.exec(
		`INSERT OR REPLACE INTO stale_days (scope_id, metric, day)
			SELECT scope_id, metric, day FROM metric_days WHERE scope_id = ?`,
		[scope]
	);
}

/** A metric of a body on a day, and the marks that ask for it. */
interface Task {
	readonly body: string;
	readonly scopes: readonly string[];
	readonly metric: Metric;
	readonly day: number;
	readonly marks: number[];
	readonly batches: Batch[];
}

/** Samples that are looked at before the page may draw again: a few milliseconds. */
const SAMPLES_AT_ONCE = 30_000;

async function computeDays(
	platform: Platform,
	stale: readonly StaleDay[],
	pause: () => Promise<void>
): Promise<number> {
	const { tasks, orphans } = await tasksOf(platform, stale);
	await gather(platform, tasks);
	const done: { task: Task; totals: DayTotal[] }[] = [];
	let looked = 0;
	for (const task of tasks) {
		done.push({ task, totals: totalsOfDay(task.metric, task.day, task.batches) });
		looked += task.batches.reduce((sum, { times }) => sum + times.length, 0);
		if (looked > SAMPLES_AT_ONCE) {
			looked = 0;
			await pause();
		}
	}
	await platform.transaction(async (tx) => {
		await tx.exec('DELETE FROM stale_days WHERE n IN (SELECT value FROM json_each(?))', [asList(orphans)]);
		await write(tx, done);
	});
	return done.length;
}

async function tasksOf(platform: Platform, stale: readonly StaleDay[]): Promise<{ tasks: Task[]; orphans: number[] }> {
	const bodies = await readBodies(platform);
	const bodyOf = new Map(bodies.flatMap((body) => body.areas.map(({ scope }) => [scope, body] as const)));
	const metrics = new Map<string, Metric | undefined>();
	const tasks = new Map<string, Task>();
	const orphans: number[] = [];
	for (const { n, scope_id, metric: id, day } of stale) {
		const body = bodyOf.get(scope_id);
		if (!metrics.has(id)) metrics.set(id, await metricOf(platform, body ? scopesFor(body, 'measurements') : [], id));
		const metric = metrics.get(id);
		// A scope that is gone, or a metric that nobody knows: nothing follows from its rows.
		if (!body || !metric) {
			orphans.push(n);
			continue;
		}
		const key = `${body.id}\0${id}\0${day}`;
		let task = tasks.get(key);
		if (!task) {
			// What a member of another scope of this body puts under this metric does not count.
			const scopes = scopesFor(body, metric.sensitivity);
			tasks.set(key, (task = { body: body.id, scopes, metric, day, marks: [], batches: [] }));
		}
		task.marks.push(n);
	}
	return { tasks: [...tasks.values()], orphans };
}

async function metricOf(platform: Platform, scopes: readonly string[], id: string): Promise<Metric | undefined> {
	const known = metricWithId(id) ?? foreignMetric(id);
	if (known) return known;
	const [row] = await platform.exec<{ name: string | null; unit: string | null; telling: string | null }>(
		`SELECT name, unit, telling FROM metrics WHERE scope_id IN (SELECT value FROM json_each(?)) AND id = ?
			ORDER BY scope_id LIMIT 1`,
		[asList(scopes), id]
	);
	return row && customMetric({ id, ...row });
}

/** Reads what is known of the days of all tasks, in three statements. */
async function gather(platform: Platform, tasks: readonly Task[]): Promise<void> {
	const orders = new Map<string, string[]>();
	for (const { body, scopes } of tasks)
		if (!orders.has(body)) orders.set(body, await readSourceOrder(platform, scopes));
	const wanted = tasks.flatMap(({ scopes, metric, day }, task) => {
		// A sample of the day before counts where it runs into this one; for a mean it is told where it began.
		const from = metric.telling === 'mean' ? Number.MAX_SAFE_INTEGER : day * DAY_SECONDS - (metric.dayBegins ?? 0);
		return scopes.map((scope) => [task, scope, metric.id, day, from]);
	});
	const chunks = await platform.exec<StoredChunk & { task: number; scope_id: string }>(
		`SELECT w.value ->> 0 AS task, c.scope_id, c.id, c.source, c.body FROM json_each(?) w JOIN sample_chunks c
			ON c.scope_id = w.value ->> 1 AND c.metric = w.value ->> 2
				AND c.day BETWEEN (w.value ->> 3) - 1 AND w.value ->> 3 AND (c.day = w.value ->> 3 OR c.until > w.value ->> 4)
			ORDER BY c.id`,
		[JSON.stringify(wanted)]
	);
	const masks = await readMasks(platform, chunks);
	// Sources whose rows have not come yet stand behind the others, each in a place of its own.
	const measured = [...new Set(chunks.map(({ source }) => source ?? ''))].sort();
	for (const order of orders.values()) order.push(...measured.filter((source) => !order.includes(source)));
	for (const chunk of chunks) {
		const task = tasks[chunk.task]!;
		const batch = batchOfChunk(chunk, orders.get(task.body)!, masks.get(maskKey(chunk)));
		if (batch) task.batches.push(batch);
	}
	const readings = await platform.exec<{ task: number; value: string | null; at: string | null }>(
		`SELECT w.value ->> 0 AS task, r.value, r.at FROM json_each(?) w JOIN readings r
			ON r.scope_id = w.value ->> 1 AND r.metric = w.value ->> 2
				AND ${INSTANT} BETWEEN ((w.value ->> 3) - 3) * 86400 AND ((w.value ->> 3) + 2) * 86400
			WHERE r.deleted_at IS NULL ORDER BY r.at, r.id`,
		[JSON.stringify(wanted)]
	);
	for (const row of readings) {
		const task = tasks[row.task]!;
		const batch = batchOfReading(task.metric, row, orders.get(task.body)!);
		if (batch) task.batches.push(batch);
	}
}

async function write(tx: Transaction, done: readonly { task: Task; totals: DayTotal[] }[]): Promise<void> {
	const all = done.flatMap(({ task }) => task.marks);
	const taken = await tx.exec<{ n: number }>(
		'DELETE FROM stale_days WHERE n IN (SELECT value FROM json_each(?)) RETURNING n',
		[asList(all)]
	);
	const still = new Set(taken.map(({ n }) => n));
	// Another page computed the day meanwhile, or it was marked again: its totals are newer, or will be.
	const mine = done.filter(({ task }) => task.marks.every((n) => still.has(n)));
	const days = mine.flatMap(({ task: { body, metric, day } }) =>
		aggregateIds(metric).map((id): [string, string, number] => [body, id, day])
	);
	for (const table of ['day_totals', 'hour_totals'])
		await tx.exec(
			`DELETE FROM ${table} WHERE (body, metric, day) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))`,
			[JSON.stringify(days)]
		);
	const rows = mine.flatMap(({ task: { body, day, metric }, totals }) =>
		totals.map((total) => ({ body, day, total, hours: packHours(metric, total.hours) }))
	);
	if (rows.length === 0) return;
	await tx.exec(
		`INSERT INTO day_totals (body, metric, day, n, min, max, sum, last, last_at)
			SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
				value ->> 8 FROM json_each(?)`,
		[
			JSON.stringify(
				rows.map(({ body, day, total: { metric, n, min, max, sum, last, lastAt } }) => [
					body,
					metric,
					day,
					n,
					min,
					max,
					sum,
					last,
					lastAt
				])
			)
		]
	);
	await tx.exec(
		`INSERT INTO hour_totals (body, metric, day, hours) VALUES ${rows.map(() => '(?, ?, ?, ?)').join(', ')}`,
		rows.flatMap(({ body, day, total, hours }) => [body, total.metric, day, hours])
	);
}

/** Under which ids the days of a metric stand. */
function aggregateIds(metric: Metric): string[] {
	const parts = metric.telling === 'sleep' ? [metric, ...SLEEP_PARTS] : metric.fields;
	return parts.map(({ id }) => id);
}
