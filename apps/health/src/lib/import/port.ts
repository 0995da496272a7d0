/**
 * An import between a page and its worker: messages, and the two ends that speak them.
 *
 *     page -> worker   inspect, start, cancel, written (a portion is in the database)
 *     worker -> page   inspected, portion (numbered; the worker waits until it is written), original, progress,
 *                      done, failed
 *
 * One import at a time for each worker. The page holds the file; the worker reads it in slices.
 */

import {
	delimitersOf,
	guessMapping,
	readCsv,
	textOfCsv,
	type CsvFile,
	type CsvMapping,
	type DateOrder,
	type Question
} from './csv.ts';
import { planCsv, type CsvProblem } from './csv-rows.ts';
import { packOriginal, type Original } from './original.ts';
import { kindOfFile, runImport, type FileKind } from './run.ts';
import { bytesOf, ImportError, type Batch, type Checkpoint, type ImportSummary, type Progress } from './types.ts';

/** What a CSV file looks like, for the screen on which a person says what its columns mean. */
export interface CsvInspection {
	readonly delimiter: string;
	readonly header: readonly string[];
	/** Some lines of data. */
	readonly sample: readonly (readonly string[])[];
	readonly lines: number;
	readonly mapping: CsvMapping;
	/** To be answered before anything is imported. */
	readonly questions: readonly Question[];
	/** What the lines are under this mapping. */
	readonly readable: number;
	readonly problems: readonly CsvProblem[];
	readonly problemCount: number;
	readonly remarks: readonly string[];
}

export interface Inspection {
	readonly kind: FileKind;
	readonly csv?: CsvInspection;
}

/** Answers so far; the rest is guessed anew. */
export interface CsvChoices {
	readonly delimiter?: string;
	readonly dateOrder?: DateOrder;
	/** A whole mapping, as the person changed it: then nothing is guessed. */
	readonly mapping?: CsvMapping;
}

type ToWorker =
	| { readonly type: 'inspect'; readonly file: Blob; readonly zone: string; readonly choices: CsvChoices }
	| {
			readonly type: 'start';
			readonly file: Blob;
			readonly resume: Checkpoint | undefined;
			readonly csv: { readonly delimiter: string; readonly mapping: CsvMapping } | undefined;
	  }
	| { readonly type: 'cancel' }
	| { readonly type: 'written'; readonly portion: number };

type ToPage =
	| { readonly type: 'inspected'; readonly inspection: Inspection }
	| {
			readonly type: 'portion';
			readonly portion: number;
			readonly batches: readonly Batch[];
			readonly checkpoint: Checkpoint | undefined;
	  }
	| { readonly type: 'progress'; readonly progress: Progress }
	| { readonly type: 'done'; readonly summary: ImportSummary; readonly original: Original | undefined }
	| { readonly type: 'failed'; readonly reason: 'file' | 'cancelled' | 'bug'; readonly message: string };

/** A worker from the page's side, or its global scope from within; a MessagePort in tests. */
export interface ImportPort {
	postMessage(message: unknown): void;
	onmessage: ((event: { data: unknown }) => void) | null;
}

const SAMPLE_LINES = 20;
const PROBLEMS_SHOWN = 200;

/** The worker's end. @param portion of Apple's exports (run.ts) */
export function serveImports(port: ImportPort, portion?: number): void {
	const tell = (message: ToPage): void => port.postMessage(message);
	let cancel = new AbortController();
	let written: { portion: number; resolve: () => void } | undefined;
	let csvCache: { file: Blob; delimiter: string; csv: CsvFile } | undefined;

	const write = (() => {
		let portion = 0;
		return async (batches: readonly Batch[], checkpoint?: Checkpoint): Promise<void> => {
			const number = ++portion;
			const done = new Promise<void>((resolve) => (written = { portion: number, resolve }));
			tell({ type: 'portion', portion: number, batches, checkpoint });
			await done;
		};
	})();

	const inspect = async (file: Blob, zone: string, choices: CsvChoices): Promise<Inspection> => {
		const kind = await kindOfFile(bytesOf(file));
		if (kind !== 'csv') return { kind };
		const { text, remarks } = textOfCsv(new Uint8Array(await file.arrayBuffer()));
		const delimiters = choices.delimiter === undefined ? delimitersOf(text) : [choices.delimiter];
		if (delimiters.length === 0) throw new ImportError('This text file is no table: its lines have no cells.');
		const delimiter = delimiters[0]!;
		if (csvCache?.file !== file || csvCache.delimiter !== delimiter)
			csvCache = { file, delimiter, csv: readCsv(text, delimiter, remarks) };
		return { kind, csv: inspectCsv(csvCache.csv, delimiters, zone, choices) };
	};

	const start = async (message: Extract<ToWorker, { type: 'start' }>): Promise<void> => {
		const { file, resume, csv } = message;
		cancel = new AbortController();
		const bytes = bytesOf(file);
		const request = {
			file: bytes,
			...(resume ? { resume } : {}),
			...(csv ? { csv } : {}),
			...(portion === undefined ? {} : { portion })
		};
		const host = {
			write,
			progress: (progress: Progress) => tell({ type: 'progress', progress }),
			pause: nextTask,
			signal: cancel.signal
		};
		const summary = await runImport(request, host);
		tell({ type: 'done', summary, original: await packOriginal(bytes) });
	};

	const failed = (error: unknown, signal?: AbortSignal): void => {
		if (signal?.aborted) tell({ type: 'failed', reason: 'cancelled', message: 'The import was stopped.' });
		else if (error instanceof ImportError) tell({ type: 'failed', reason: 'file', message: error.message });
		else tell({ type: 'failed', reason: 'bug', message: error instanceof Error ? error.message : String(error) });
	};

	port.onmessage = ({ data }) => {
		const message = data as ToWorker;
		switch (message.type) {
			case 'inspect':
				void inspect(message.file, message.zone, message.choices).then(
					(inspection) => tell({ type: 'inspected', inspection }),
					(error: unknown) => failed(error)
				);
				return;
			case 'start':
				void start(message).catch((error: unknown) => failed(error, cancel.signal));
				return;
			case 'cancel':
				cancel.abort();
				written?.resolve();
				return;
			case 'written':
				if (written?.portion === message.portion) written.resolve();
		}
	};
}

/** Resolves in a task of its own, behind messages that wait. */
function nextTask(): Promise<void> {
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(0);
	});
}

function inspectCsv(csv: CsvFile, delimiters: readonly string[], zone: string, choices: CsvChoices): CsvInspection {
	const guessed = guessMapping(csv, zone, choices.dateOrder ? { dateOrder: choices.dateOrder } : {});
	const mapping = choices.mapping ?? guessed.mapping;
	const questions: Question[] = choices.mapping ? [] : [...guessed.questions];
	if (delimiters.length > 1) questions.unshift({ about: 'delimiter', choices: delimiters });
	const plan = planCsv(csv, mapping);
	return {
		delimiter: csv.delimiter,
		header: csv.header,
		sample: csv.lines.slice(csv.headerLine + 1, csv.headerLine + 1 + SAMPLE_LINES),
		lines: plan.lines,
		mapping,
		questions,
		readable: plan.entries.length,
		problems: plan.problems.slice(0, PROBLEMS_SHOWN),
		problemCount: plan.problems.length,
		remarks: plan.remarks
	};
}

export interface StartOptions {
	readonly resume?: Checkpoint;
	readonly csv?: { readonly delimiter: string; readonly mapping: CsvMapping };
	/** Writes a portion; when it has resolved, `checkpoint` holds. What it rejects with ends the import. */
	write(batches: readonly Batch[], checkpoint: Checkpoint | undefined): Promise<void>;
	progress(progress: Progress): void;
	readonly signal: AbortSignal;
}

export type ImportOutcome =
	| { readonly ok: true; readonly summary: ImportSummary; readonly original: Original | undefined }
	/** `file`: it cannot be imported, `message` says why. `cancelled`: what was written stays. */
	| { readonly ok: false; readonly reason: 'file' | 'cancelled'; readonly message: string };

/** The page's end. */
export class ImportClient {
	readonly #port: ImportPort;

	constructor(port: ImportPort) {
		this.#port = port;
	}

	/** @param zone of this device, for times of a CSV file that say no offset; @throws ImportError with a sentence */
	async inspect(file: Blob, zone: string, choices: CsvChoices = {}): Promise<Inspection> {
		return new Promise((resolve, reject) => {
			this.#port.onmessage = ({ data }) => {
				const message = data as ToPage;
				if (message.type === 'inspected') resolve(message.inspection);
				if (message.type === 'failed')
					reject(message.reason === 'bug' ? new Error(message.message) : new ImportError(message.message));
			};
			this.#tell({ type: 'inspect', file, zone, choices });
		});
	}

	async start(file: Blob, { resume, csv, write, progress, signal }: StartOptions): Promise<ImportOutcome> {
		const cancel = (): void => this.#tell({ type: 'cancel' });
		signal.addEventListener('abort', cancel);
		try {
			return await new Promise<ImportOutcome>((resolve, reject) => {
				// What is being written when the person stops is written to its end before that is said.
				let writing: Promise<unknown> = Promise.resolve();
				const end = (outcome: ImportOutcome): void => void writing.then(() => resolve(outcome));
				this.#port.onmessage = ({ data }) => {
					const message = data as ToPage;
					switch (message.type) {
						case 'portion':
							writing = write(message.batches, message.checkpoint).then(
								() => this.#tell({ type: 'written', portion: message.portion }),
								(error: unknown) => {
									cancel();
									reject(error instanceof Error ? error : new Error(String(error)));
								}
							);
							return;
						case 'progress':
							return progress(message.progress);
						case 'done':
							return end({ ok: true, summary: message.summary, original: message.original });
						case 'failed':
							if (message.reason === 'bug') return reject(new Error(message.message));
							return end({ ok: false, reason: message.reason, message: message.message });
					}
				};
				this.#tell({ type: 'start', file, resume, csv });
				if (signal.aborted) cancel();
			});
		} finally {
			signal.removeEventListener('abort', cancel);
		}
	}

	#tell(message: ToWorker): void {
		this.#port.postMessage(message);
	}
}
