/**
 * A file read away from the page, which stays quick meanwhile:
 *
 *     const reading = new FileReading(file, () => startWorker(url));
 *     const first = await reading.read({}, { currency, progress, signal });   // statements, or questions
 *     const next = await reading.read(answered({}, first, question, value), { currency });
 *     reading.end();
 *
 * with `import url from '#lib/import/import.worker.ts?worker&url'`.
 */

import { ImportError } from './failure.ts';
import type { ReadOptions } from './findings.ts';
import type { Answers, Reading } from './read.ts';
import type { ReadAnswer, ReadRequest } from './serving.ts';

/** The part of a Worker that is used here. */
export interface ReadWorker {
	postMessage(request: ReadRequest, transfer: Transferable[]): void;
	addEventListener(type: 'message', listener: (event: { data: ReadAnswer }) => void): void;
	addEventListener(type: 'error', listener: (event: { message: string }) => void): void;
	terminate(): void;
}

interface Waiting {
	readonly progress: ReadOptions['progress'];
	readonly resolve: (reading: Reading) => void;
	readonly reject: (error: unknown) => void;
}

export class FileReading {
	readonly #file: Blob;
	readonly #start: () => ReadWorker;
	#worker: ReadWorker | undefined;
	#waiting: Waiting | undefined;

	constructor(file: Blob, start: () => ReadWorker) {
		this.#file = file;
		this.#start = start;
	}

	/**
	 * One at a time. What was being read is cancelled by the next call, by the signal, and by `end`: its promise rejects
	 * with the reason of the signal, or an AbortError.
	 *
	 * @throws ImportError where nothing of the file can be had
	 */
	async read(answers: Answers, options: ReadOptions & { readonly signal?: AbortSignal } = {}): Promise<Reading> {
		const { signal, currency, progress } = options;
		signal?.throwIfAborted();
		if (this.#waiting) this.end();
		const bytes = this.#worker ? undefined : new Uint8Array(await this.#file.arrayBuffer());
		signal?.throwIfAborted();
		const worker = this.#worker ?? this.#started();
		const cancel = (): void => this.#stop(signal!.reason);
		signal?.addEventListener('abort', cancel);
		try {
			return await new Promise((resolve, reject) => {
				this.#waiting = { progress, resolve, reject };
				worker.postMessage(
					{ ...(bytes ? { bytes } : {}), answers, ...(currency === undefined ? {} : { currency }) },
					bytes ? [bytes.buffer] : []
				);
			});
		} finally {
			signal?.removeEventListener('abort', cancel);
		}
	}

	/** Ends the worker; a later `read` starts another. */
	end(): void {
		this.#stop(new DOMException('The file is not read any more', 'AbortError'));
	}

	#started(): ReadWorker {
		const worker = this.#start();
		worker.addEventListener('message', ({ data }) => this.#told(data));
		worker.addEventListener('error', ({ message }) => this.#stop(new Error(`The reader of files broke: ${message}`)));
		this.#worker = worker;
		return worker;
	}

	#told(answer: ReadAnswer): void {
		const waiting = this.#waiting;
		if (!waiting) return;
		if (answer.kind === 'progress') return waiting.progress?.(answer.share);
		this.#waiting = undefined;
		if (answer.kind === 'read') waiting.resolve(answer.reading);
		else waiting.reject(new ImportError(answer.format, answer.fault));
	}

	#stop(reason: unknown): void {
		this.#worker?.terminate();
		this.#worker = undefined;
		this.#waiting?.reject(reason);
		this.#waiting = undefined;
	}
}
