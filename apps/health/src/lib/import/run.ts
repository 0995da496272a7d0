/**
 * One import from file to batches: finds out what the file is, reads it, and hands over what is ready, one portion
 * after the other. It runs in a worker (import.worker.ts); nothing here knows a database.
 *
 * A file that breaks off gives all that was whole before the break, and the summary says where that is. A file that is
 * no import at all is an ImportError, and then nothing was handed over.
 */

import { AppleReader } from './apple.ts';
import { Collector } from './collector.ts';
import { importCsv, planCsv } from './csv-rows.ts';
import { readCsv, textOfCsv, type CsvMapping } from './csv.ts';
import { importFit } from './fit.ts';
import { importGpx, readGpx } from './gpx.ts';
import { packTable } from '#lib/domain/sample-chunk.ts';
import { trackTable } from './track.ts';
import { ImportError, type Batch, type Bytes, type Checkpoint, type ImportSummary, type Progress } from './types.ts';
import { XmlError, XmlScanner } from './xml.ts';
import { looksLikeZip, openZip, readEntry, type ZipEntry } from './zip.ts';
import { contentId } from '@slf/platform';

export type FileKind = 'zip' | 'apple' | 'gpx' | 'fit' | 'csv';

export interface ImportRequest {
	readonly file: Bytes;
	/** Of Apple's exports: to go on where an earlier run stopped. */
	readonly resume?: Checkpoint;
	/** Of Apple's exports: samples from which on a portion may end. */
	readonly portion?: number;
	/** Of CSV files: what the person agreed to. */
	readonly csv?: { readonly delimiter: string; readonly mapping: CsvMapping };
}

export interface ImportHost {
	/** Resolves when the batches are written. With `checkpoint`, that holds from then on. */
	write(batches: readonly Batch[], checkpoint?: Checkpoint): Promise<void>;
	progress(progress: Progress): void;
	/** Lets messages in: a file in memory is read without ever waiting. */
	pause(): Promise<void>;
	/** Aborted by the person: what was written stays, and the last checkpoint holds. */
	readonly signal: AbortSignal;
}

/** Files that are read as a whole are no larger. */
const LARGEST_WHOLE = 100 * 1024 * 1024;
const HEAD = 4096;

/** @throws ImportError for a kind that is not known */
export async function kindOfFile(file: Bytes): Promise<FileKind> {
	const head = await file.read(0, Math.min(HEAD, file.size));
	if (head.length === 0) throw new ImportError('This file is empty.');
	if (looksLikeZip(head)) return 'zip';
	if (head.length >= 12 && String.fromCharCode(...head.subarray(8, 12)) === '.FIT') return 'fit';
	const text = new TextDecoder().decode(head).trimStart();
	if (text.startsWith('<')) {
		if (/<(\w+:)?gpx[\s>]/.test(text)) return 'gpx';
		if (text.includes('HealthData')) return 'apple';
		// A long comment may stand before the first element.
		if (/^<\?xml|^<!/.test(text)) return 'apple';
		throw new ImportError('This file is marked-up text that is not known here.');
	}
	if (text.includes('\0')) throw new ImportError('This file is of a kind that is not known here.');
	return 'csv';
}

/** @throws ImportError; whatever `signal` was aborted with */
export async function runImport(request: ImportRequest, host: ImportHost): Promise<ImportSummary> {
	const { file } = request;
	switch (await kindOfFile(file)) {
		case 'zip':
			return importArchive(request, host);
		case 'apple':
			return importApple({ size: file.size, stream: (from) => file.stream(from) }, request, host);
		case 'gpx':
			return handOver(importGpx(await readWhole(file), new Collector()), host);
		case 'fit':
			return handOver(importFit(await readWhole(file), new Collector()), host);
		case 'csv': {
			if (!request.csv) throw new ImportError('Say first what the columns of this CSV file mean.');
			const { text, remarks } = textOfCsv(await readWhole(file));
			const plan = planCsv(readCsv(text, request.csv.delimiter, remarks), request.csv.mapping);
			return handOver(importCsv(plan, new Collector()), host);
		}
	}
}

async function readWhole(file: Bytes): Promise<Uint8Array> {
	if (file.size > LARGEST_WHOLE) throw new ImportError('This file is larger than 100 MB.');
	return file.read(0, file.size);
}

async function handOver(
	{ batches, summary }: { batches: readonly Batch[]; summary: ImportSummary },
	host: ImportHost
): Promise<ImportSummary> {
	for (const [at, batch] of batches.entries()) {
		host.signal.throwIfAborted();
		await host.write([batch]);
		host.progress({ done: at + 1, of: batches.length });
	}
	return summary;
}

interface Export {
	readonly size: number;
	stream(from: number): AsyncIterable<Uint8Array>;
}

async function importArchive(request: ImportRequest, host: ImportHost): Promise<ImportSummary> {
	const entries = await openZip(request.file);
	const main = await findExport(entries);
	if (!main) throw new ImportError('This zip archive is no Apple Health export: it has no export.xml.');
	const stream = (from: number) => skip(main.stream(), from);
	const routes: TrackCount = { taken: 0, failed: 0 };
	const summary = await importApple({ size: main.size, stream }, request, host, async (reader) => {
		await importRoutes(entries, main, reader, host, routes);
	});
	const others =
		entries.filter((entry) => entry !== main && !entry.name.endsWith('/')).length - routes.taken - routes.failed;
	const left = { ...summary.left };
	if (routes.failed > 0) left['routes that cannot be read'] = routes.failed;
	if (others > 0) left['other files of the archive, such as electrocardiograms and clinical documents'] = others;
	return { ...summary, left };
}

/** Its name is in the language of the phone; what it is says its first element. */
async function findExport(entries: readonly ZipEntry[]): Promise<ZipEntry | undefined> {
	const candidates = entries.filter(({ name }) => /\.xml$/i.test(name)).sort((a, b) => b.size - a.size);
	for (const entry of candidates.slice(0, 5)) {
		let head = '';
		for await (const part of entry.stream()) {
			head += new TextDecoder().decode(part.subarray(0, HEAD));
			if (head.length >= HEAD) break;
		}
		if (head.includes('HealthData')) return entry;
	}
	return undefined;
}

async function* skip(stream: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
	let left = bytes;
	for await (const part of stream) {
		if (left < part.length) yield left > 0 ? part.subarray(left) : part;
		left = Math.max(0, left - part.length);
	}
}

interface TrackCount {
	taken: number;
	failed: number;
}

/** Routes that lie beside the export, each in a GPX file that a workout names. */
async function importRoutes(
	entries: readonly ZipEntry[],
	main: ZipEntry,
	reader: AppleReader,
	host: ImportHost,
	count: TrackCount
): Promise<void> {
	const folder = main.name.slice(0, main.name.lastIndexOf('/') + 1);
	const byName = new Map(entries.map((entry) => [entry.name, entry]));
	for (const { path, workout } of reader.routes) {
		host.signal.throwIfAborted();
		const entry = byName.get(folder + path.replace(/^\//, ''));
		if (!entry) continue;
		try {
			const [found] = readGpx(await readEntry(entry, LARGEST_WHOLE)).tracks;
			if (!found || found.track.length === 0) throw new ImportError('no points');
			const body = packTable(trackTable(found.track, found.offset));
			await host.write([{ kind: 'tracks', rows: [{ id: contentId([workout, body]), workout, body }] }]);
			count.taken++;
		} catch (error) {
			if (!(error instanceof ImportError)) throw error;
			count.failed++;
		}
	}
}

/** A checkpoint that does not fit the file is of no use: better to read all of it again. */
async function beginsTag(file: Export, at: number): Promise<boolean> {
	for await (const piece of file.stream(at)) if (piece.length > 0) return piece[0] === '<'.charCodeAt(0);
	return false;
}

/** Scanned at once: a stream may give a file in one piece. */
const STEP = 256 * 1024;
/** Portions in which the progress is told. */
const TOLD_EVERY = 2 * 1024 * 1024;

async function importApple(
	file: Export,
	{ resume, portion }: Pick<ImportRequest, 'resume' | 'portion'>,
	host: ImportHost,
	after: (reader: AppleReader) => Promise<void> = async () => {}
): Promise<ImportSummary> {
	if (resume && !(await beginsTag(file, resume.at)))
		return importApple(file, portion === undefined ? {} : { portion }, host, after);
	const reader = new AppleReader(resume, portion);
	const from = resume?.at ?? 0;
	// A checkpoint lies between two elements at top level.
	const scanner = new XmlScanner(reader, { doctype: 'skip', from, open: resume ? 1 : 0 });
	const hand = async (): Promise<void> => {
		const { batches, checkpoint } = reader.take();
		if (batches.length > 0 || checkpoint) await host.write(batches, checkpoint);
	};
	let [done, told] = [from, from];
	let problem: string | undefined;
	let brokenAt: number | undefined;
	host.progress({ done, of: file.size });
	try {
		for await (const piece of file.stream(from)) {
			for (let at = 0; at < piece.length; at += STEP) {
				host.signal.throwIfAborted();
				const step = piece.subarray(at, at + STEP);
				scanner.push(step);
				await hand();
				done += step.length;
				if (done - told < TOLD_EVERY) continue;
				told = done;
				host.progress({ done, of: file.size });
				await host.pause();
			}
		}
	} catch (error) {
		// What was whole before the break is taken in; a file that was refused before anything was read is not.
		if (error instanceof XmlError) [problem, brokenAt] = [error.message, error.at];
		else if (error instanceof ImportError && reader.isExport) [problem, brokenAt] = [error.message, scanner.position];
		else throw error;
	}
	if (!reader.isExport) throw new ImportError('This file is no Apple Health export.');
	if (!problem && !scanner.end()) [problem, brokenAt] = ['The file ends in the middle', scanner.position];
	reader.finish();
	await hand();
	await after(reader);
	host.progress({ done: file.size, of: file.size });
	const remarks = problem
		? [`${problem.replace(/\.$/, '')}: everything before byte ${brokenAt} was taken in, nothing after it.`]
		: [];
	return { format: 'apple', ...reader.summary(), ...(brokenAt === undefined ? {} : { brokenAt }), remarks };
}
