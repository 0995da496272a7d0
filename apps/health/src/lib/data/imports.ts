/**
 * Imports in the database: portions that a worker hands over, files that were imported, runs that were cut off.
 *
 * Writing a portion twice changes nothing, so an import that goes on from its last checkpoint, or begins anew, ends
 * with the same rows as one that was never cut off.
 */

import { contentId, type Platform } from '@slf/platform';
import type { Sensitivity } from '#lib/domain/metrics.ts';
import type { Body } from '#lib/domain/profile.ts';
import { ImportClient, type ImportOutcome, type ImportPort, type StartOptions } from '#lib/import/port.ts';
import { unpackOriginal, type Original } from '#lib/import/original.ts';
import type { Batch, Checkpoint, ImportSummary, Progress } from '#lib/import/types.ts';
import { addJournalRows, fillCycleDays } from './days.ts';
import { scopeToWrite } from './profiles.ts';
import { asList, type Query } from './query.ts';
import { writeChunks, writeSources } from './samples.ts';

/** Writes batches into the scopes of a body, which are made as they are needed. */
export class BatchWriter {
	readonly #platform: Platform;
	readonly #body: Body;
	readonly #scopes = new Map<Sensitivity, string>();
	/** Rows that were new. */
	added = 0;

	constructor(platform: Platform, body: Body) {
		this.#platform = platform;
		this.#body = body;
	}

	async write(batches: readonly Batch[]): Promise<void> {
		for (const batch of batches) this.added += await this.#write(batch);
	}

	async #write(batch: Batch): Promise<number> {
		const platform = this.#platform;
		switch (batch.kind) {
			case 'sources':
				await writeSources(platform, await this.#scope(batch.into), batch.rows);
				return 0;
			case 'chunks':
				return writeChunks(platform, await this.#scope(batch.into), batch.rows);
			case 'cycle':
				return fillCycleDays(platform, await this.#scope('cycle'), batch.rows);
			case 'journal':
				return addJournalRows(platform, await this.#scope('mind'), batch.rows);
			case 'workouts':
				return this.#insert('workouts', ['sport', 'at', 'source', 'sums'], batch.rows);
			case 'tracks':
				return this.#insert('tracks', ['workout', 'body'], batch.rows);
			case 'readings':
				return this.#insert('readings', ['metric', 'value', 'at', 'note'], batch.rows);
		}
	}

	async #scope(kind: Sensitivity): Promise<string> {
		const known = this.#scopes.get(kind);
		if (known !== undefined) return known;
		const scope = await scopeToWrite(this.#platform, this.#body, kind);
		this.#scopes.set(kind, scope);
		return scope;
	}

	async #insert<R extends { readonly id: string }>(
		table: 'workouts' | 'tracks' | 'readings',
		columns: readonly (keyof R & string)[],
		rows: readonly R[]
	): Promise<number> {
		const scope = await this.#scope('measurements');
		let added = 0;
		for (let at = 0; at < rows.length; at += ROWS_AT_ONCE[table]) {
			const part = rows.slice(at, at + ROWS_AT_ONCE[table]);
			const known = await this.#platform.exec<{ id: string }>(
				`SELECT id FROM ${table} WHERE scope_id = ? AND id IN (SELECT value FROM json_each(?))`,
				[scope, asList(part.map(({ id }) => id))]
			);
			const ids = new Set(known.map(({ id }) => id));
			const fresh = part.filter(({ id }) => !ids.has(id));
			if (fresh.length === 0) continue;
			const marks = `(${['', '', ...columns].map(() => '?').join(', ')})`;
			await this.#platform.exec(
				`INSERT OR IGNORE INTO ${table} (scope_id, id, ${columns.join(', ')}) VALUES ${fresh.map(() => marks).join(', ')}`,
				fresh.flatMap((row) => [scope, row.id, ...columns.map((column) => row[column] as string | Uint8Array)])
			);
			added += fresh.length;
		}
		return added;
	}
}

/** A track is up to a few hundred kilobytes. */
const ROWS_AT_ONCE = { workouts: 200, tracks: 4, readings: 500 } as const;

/** Names a file by its length and its ends, without reading all of it. The same file has the same name anywhere. */
export async function fingerprintOf(file: Blob): Promise<string> {
	const part = async (from: number, until: number) => new Uint8Array(await file.slice(from, until).arrayBuffer());
	const ends = 64 * 1024;
	const head = await part(0, Math.min(ends, file.size));
	const tail = await part(Math.max(0, file.size - ends), file.size);
	return contentId(['file', file.size, head, tail]);
}

export interface ImportOptions extends Pick<StartOptions, 'csv' | 'signal'> {
	readonly name: string;
	progress(progress: Progress): void;
	/** Milliseconds since 1970. */
	now(): number;
}

export type ImportResult =
	| {
			readonly ok: true;
			readonly summary: ImportSummary;
			/** Rows that were new; 0 when all of it was here already. */
			readonly added: number;
			/** The file itself is kept. False: it is too large, and the person should keep it. */
			readonly kept: boolean;
	  }
	| Extract<ImportOutcome, { ok: false }>;

/**
 * Imports a file for a body, from where an earlier run of the same file stopped.
 *
 * @param port a worker of import.worker.ts
 */
export async function importFile(
	platform: Platform,
	port: ImportPort,
	file: Blob,
	body: Body,
	{ name, csv, signal, progress, now }: ImportOptions
): Promise<ImportResult> {
	const fingerprint = await fingerprintOf(file);
	const run = contentId(['run', fingerprint, body.id]);
	const [earlier] = await platform.exec<{ state: string }>('SELECT state FROM import_runs WHERE id = ?', [run]);
	const resume = earlier ? (JSON.parse(earlier.state) as Checkpoint) : undefined;
	const writer = new BatchWriter(platform, body);
	const outcome = await new ImportClient(port).start(file, {
		...(resume ? { resume } : {}),
		...(csv ? { csv } : {}),
		signal,
		progress,
		write: async (batches, checkpoint) => {
			await writer.write(batches);
			if (checkpoint)
				await platform.exec(
					'INSERT OR REPLACE INTO import_runs (id, profile_id, name, size, state, at) VALUES (?, ?, ?, ?, ?, ?)',
					[run, body.id, name, file.size, JSON.stringify(checkpoint), now()]
				);
		}
	});
	if (!outcome.ok) return outcome;
	const kept = await record(platform, body, name, file.size, fingerprint, outcome, now());
	await platform.exec('DELETE FROM import_runs WHERE id = ?', [run]);
	return { ok: true, summary: outcome.summary, added: writer.added, kept };
}

/** In the personal scope, whoever's body it is about: an export holds all sensitivities at once. */
async function record(
	platform: Platform,
	body: Body,
	name: string,
	size: number,
	fingerprint: string,
	{ summary, original }: { summary: ImportSummary; original: Original | undefined },
	now: number
): Promise<boolean> {
	const personal = await platform.scopes.personal();
	if (original) await keepOriginal(platform, personal, original);
	await platform.exec(
		`INSERT INTO imports (scope_id, id, profile_id, name, format, size, sha256, summary, imported_at, pieces)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope_id, id) DO NOTHING`,
		[
			personal,
			contentId(['import', fingerprint, body.id]),
			body.id,
			name.slice(0, 200),
			summary.format,
			size,
			original?.sha256 ?? null,
			JSON.stringify(summary),
			now,
			original?.pieces.length ?? 0
		]
	);
	return original !== undefined;
}

async function keepOriginal(platform: Platform, personal: string, { sha256, pieces }: Original): Promise<void> {
	const known = await platform.exec<{ id: string }>('SELECT id FROM original_pieces WHERE scope_id = ? AND file = ?', [
		personal,
		sha256
	]);
	const ids = new Set(known.map(({ id }) => id));
	// One by one: each is a batch of the log that fits well below its limit.
	for (const { id, file, place, body } of pieces) {
		if (ids.has(id)) continue;
		await platform.exec(
			'INSERT OR IGNORE INTO original_pieces (scope_id, id, file, place, body) VALUES (?, ?, ?, ?, ?)',
			[personal, id, file, place, body]
		);
	}
}

export interface ImportRow {
	readonly id: string;
	readonly profile_id: string | null;
	readonly name: string | null;
	readonly format: string | null;
	readonly size: number | null;
	readonly sha256: string | null;
	/** JSON of an ImportSummary. */
	readonly summary: string | null;
	readonly imported_at: number | null;
	/** 0: the file is not kept. */
	readonly pieces: number | null;
}

/** Newest first. */
export function allImports(personal: string): Query<ImportRow> {
	return {
		name: 'imports',
		sql: `SELECT id, profile_id, name, format, size, sha256, summary, imported_at, pieces FROM imports
			WHERE scope_id = ? ORDER BY imported_at DESC, id`,
		params: [personal]
	};
}

/** Imports that were stopped or cut off: choosing the same file again goes on where they were. */
export function unfinishedImports(): Query<{ id: string; profile_id: string; name: string; size: number; at: number }> {
	return {
		name: 'unfinished-imports',
		sql: 'SELECT id, profile_id, name, size, at FROM import_runs ORDER BY at DESC',
		params: []
	};
}

export async function forgetUnfinished(platform: Platform, id: string): Promise<void> {
	await platform.exec('DELETE FROM import_runs WHERE id = ?', [id]);
}

/** The file as it was imported; undefined where it is not kept, or not all of it has arrived on this device. */
export async function readOriginal(
	platform: Platform,
	{ sha256, size, pieces }: Pick<ImportRow, 'sha256' | 'size' | 'pieces'>
): Promise<Uint8Array<ArrayBuffer> | undefined> {
	if (sha256 === null || size === null || !pieces) return undefined;
	const personal = await platform.scopes.personal();
	const rows = await platform.exec<{ body: Uint8Array }>(
		'SELECT body FROM original_pieces WHERE scope_id = ? AND file = ? AND body IS NOT NULL ORDER BY place',
		[personal, sha256]
	);
	return rows.length === pieces ? unpackOriginal(rows, sha256, size) : undefined;
}
