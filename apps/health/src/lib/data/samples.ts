/** Chunks of samples in the database: writing them, looking into a day, hiding single samples. */

import type { Platform } from '@slf/platform';
import { batchOfChunk, type StoredChunk } from '#lib/domain/day-batches.ts';
import type { ChunkRow } from '#lib/domain/sample-chunk.ts';
import { orderSources, type SourceRow } from '#lib/domain/source.ts';
import type { Moment } from '#lib/domain/time.ts';
import { asList, type Query, type Undo } from './query.ts';

/** Rows and bytes of one statement, well below what one batch of the log may hold (SPEC A-22, C-8). */
const ROWS_AT_ONCE = 250;
const BYTES_AT_ONCE = 2 * 1024 * 1024;

/**
 * Puts chunks into a scope; those that are there already stay as they are. The statements are independent: a crash in
 * between leaves whole rows, and writing all of them again adds the rest.
 *
 * @returns how many were new
 */
export async function writeChunks(platform: Platform, scope: string, chunks: readonly ChunkRow[]): Promise<number> {
	let added = 0;
	for (let from = 0; from < chunks.length;) {
		let [until, bytes] = [from, 0];
		while (until < chunks.length && until - from < ROWS_AT_ONCE && (until === from || bytes < BYTES_AT_ONCE))
			bytes += chunks[until++]!.body.length;
		const part = chunks.slice(from, until);
		const known = new Set(
			(
				await platform.exec<{ id: string }>(
					'SELECT id FROM sample_chunks WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))',
					[scope, asList(part.map(({ id }) => id))]
				)
			).map(({ id }) => id)
		);
		const fresh = part.filter(({ id }) => !known.has(id));
		if (fresh.length > 0)
			await platform.exec(
				`INSERT OR IGNORE INTO sample_chunks (scope_id, id, metric, source, day, until, body)
					VALUES ${fresh.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
				fresh.flatMap(({ id, metric, source, day, until: end, body }) => [scope, id, metric, source, day, end, body])
			);
		added += fresh.length;
		from = until;
	}
	return added;
}

export function sourcesIn(scopes: readonly string[]): Query<SourceRow> {
	return {
		name: 'sources',
		sql: 'SELECT scope_id, id, name, kind, rank FROM sources WHERE scope_id IN (SELECT value FROM json_each(?)) ORDER BY id',
		params: [asList(scopes)]
	};
}

export async function writeSources(
	platform: Platform,
	scope: string,
	sources: readonly { id: string; name: string; kind: string }[]
): Promise<void> {
	const known = await platform.exec<{ id: string }>(
		'SELECT id FROM sources WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))',
		[scope, asList(sources.map(({ id }) => id))]
	);
	const fresh = sources.filter(({ id }) => !known.some((row) => row.id === id));
	if (fresh.length === 0) return;
	await platform.exec(
		`INSERT OR IGNORE INTO sources (scope_id, id, name, kind) VALUES ${fresh.map(() => '(?, ?, ?, ?)').join(', ')}`,
		fresh.flatMap(({ id, name, kind }) => [scope, id, name, kind])
	);
}

/** Says which source counts where several measured the same time: the first. For everybody in the scope. */
export async function setSourceOrder(platform: Platform, scope: string, ids: readonly string[]): Promise<Undo> {
	const before = await platform.transaction(async (tx) => {
		const rows = await tx.exec<{ id: string; rank: string | null }>('SELECT id, rank FROM sources WHERE scope_id = ?', [
			scope
		]);
		for (const [place, id] of ids.entries())
			await tx.exec('UPDATE sources SET rank = ? WHERE scope_id = ? AND id = ?', [
				String(place).padStart(4, '0'),
				scope,
				id
			]);
		return rows.filter(({ id }) => ids.includes(id));
	});
	return async () => {
		await platform.transaction(async (tx) => {
			for (const { id, rank } of before)
				await tx.exec('UPDATE sources SET rank = ? WHERE scope_id = ? AND id = ?', [rank, scope, id]);
		});
	};
}

/** One sample, as the list of a day shows it. */
export interface Sample {
	readonly scope_id: string;
	/** Names the sample, with `row`. */
	readonly chunk: string;
	readonly row: number;
	readonly source: string;
	readonly at: Moment;
	/** Seconds. */
	readonly duration: number;
	readonly values: readonly number[];
	/** UCUM. */
	readonly unit: string;
}

interface ChunkOfDay extends StoredChunk {
	scope_id: string;
}

/** All samples of a day that are not hidden, in the order of time. Not live: ask again when `day_totals` changed. */
export async function samplesOfDay(
	platform: Platform,
	scopes: readonly string[],
	metric: string,
	day: number
): Promise<Sample[]> {
	const chunks = await platform.exec<ChunkOfDay>(
		`SELECT scope_id, id, source, body FROM sample_chunks
			WHERE scope_id IN (SELECT value FROM json_each(?)) AND metric = ? AND day = ? ORDER BY id`,
		[asList(scopes), metric, day]
	);
	const masks = await readMasks(platform, chunks);
	const samples: Sample[] = [];
	const seen = new Set<string>();
	for (const chunk of chunks) {
		const hidden = masks.get(maskKey(chunk));
		const batch = batchOfChunk(chunk, [], hidden);
		if (!batch) continue;
		for (let row = 0; row < batch.times.length; row++) {
			const values = batch.columns.map((column) => column[row]!);
			const duration = batch.durations[row]!;
			// The same sample may stand in two chunks: the file grew between two imports.
			const key = `${chunk.source!} ${batch.times[row]!} ${duration} ${values.join(' ')}`;
			if (batch.hidden?.has(row)) {
				seen.add(key);
				continue;
			}
			samples.push({
				scope_id: chunk.scope_id,
				chunk: chunk.id,
				row,
				source: chunk.source!,
				at: { seconds: batch.times[row]!, offset: batch.offset },
				duration,
				values,
				unit: batch.unit
			});
		}
	}
	const distinct = samples.filter(({ source, at, duration, values }) => {
		const key = `${source} ${at.seconds} ${duration} ${values.join(' ')}`;
		return !seen.has(key) && seen.add(key);
	});
	return distinct.sort((a, b) => a.at.seconds - b.at.seconds);
}

export function maskKey({ scope_id, id }: { scope_id: string; id: string }): string {
	return `${scope_id} ${id}`;
}

/** Which rows of these chunks are hidden, by `maskKey`. */
export async function readMasks(
	platform: Pick<Platform, 'exec'>,
	chunks: readonly { scope_id: string; id: string }[]
): Promise<Map<string, Set<number> | 'all'>> {
	const masks = new Map<string, Set<number> | 'all'>();
	if (chunks.length === 0) return masks;
	// The rows of one chunk stand together in the key: `}` is the character after `|`.
	const rows = await platform.exec<{ scope_id: string; id: string }>(
		`SELECT m.scope_id, m.id FROM json_each(?) c JOIN sample_masks m
			ON m.scope_id = c.value ->> 0 AND m.id > (c.value ->> 1) || '|' AND m.id < (c.value ->> 1) || '}'
			WHERE m.hidden = 1`,
		[JSON.stringify(chunks.map(({ scope_id, id }) => [scope_id, id]))]
	);
	for (const { scope_id, id } of rows) {
		const bar = id.indexOf('|');
		const key = maskKey({ scope_id, id: id.slice(0, bar) });
		const row = id.slice(bar + 1);
		if (row === '*') masks.set(key, 'all');
		else if (/^\d{1,7}$/.test(row) && masks.get(key) !== 'all') {
			const set = (masks.get(key) as Set<number> | undefined) ?? new Set<number>();
			masks.set(key, set.add(Number(row)));
		}
	}
	return masks;
}

/** Takes samples out of lists, charts and totals, on every device; importing the file again does not bring them back. */
export async function hideSamples(
	platform: Platform,
	samples: readonly Pick<Sample, 'scope_id' | 'chunk' | 'row'>[]
): Promise<Undo> {
	const mark = async (hidden: 0 | 1): Promise<void> => {
		for (let at = 0; at < samples.length; at += 1000)
			await platform.exec(
				`INSERT INTO sample_masks (scope_id, id, hidden)
					SELECT value ->> 0, value ->> 1, ? FROM json_each(?) WHERE true
					ON CONFLICT (scope_id, id) DO UPDATE SET hidden = excluded.hidden`,
				[
					hidden,
					JSON.stringify(samples.slice(at, at + 1000).map(({ scope_id, chunk, row }) => [scope_id, `${chunk}|${row}`]))
				]
			);
	};
	await mark(1);
	return () => mark(0);
}

/** The order in which sources count, for each metric the same. */
export async function readSourceOrder(platform: Pick<Platform, 'exec'>, scopes: readonly string[]): Promise<string[]> {
	const { sql, params } = sourcesIn(scopes);
	return orderSources(await platform.exec<SourceRow>(sql, params));
}
