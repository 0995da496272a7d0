/**
 * One import as the page sees it: choose a file, answer what it asks, take the items.
 *
 *     const reading = new Importing(startWorker(url));
 *     const inspected = await reading.inspect(file);     // says the format and what is needed
 *     const read = await reading.read({ password });     // may be asked again after a wrong password
 *     for await (const items of reading.items()) ...
 *     reading.end();                                     // also in the middle: cancels, and forgets what was read
 */

import type { PortableItem } from '../domain/portable.ts';
import type { ImportFailure } from './import-error.ts';
import type { ImportFile, ImportOptions, ImportStage } from './import-file.ts';
import type { FromImport, ReadSummary, ToImport } from './import-protocol.ts';
import type { Inspection } from './read-file.ts';

export type Inspected = { ok: true; inspection: Inspection } | { ok: false; failure: ImportFailure };
export type ReadOutcome = { ok: true; summary: ReadSummary } | { ok: false; failure: ImportFailure };

/** The part of a Worker that is used here. */
export interface ImportWorker {
	postMessage(message: ToImport, transfer?: Transferable[]): void;
	addEventListener(type: 'message', listener: (event: MessageEvent<FromImport>) => void): void;
	addEventListener(type: 'error', listener: () => void): void;
	terminate(): void;
}

const CANCELLED: ImportFailure = { format: 'unknown', reason: 'cancelled', where: '', advice: '' };
/** The worker itself broke: it ran out of memory, which only a hostile file brings about. */
const BROKEN: ImportFailure = {
	format: 'unknown',
	reason: 'too-costly',
	where: '',
	advice: 'The file could not be read with the memory of this device.'
};

export class Importing {
	readonly #worker: ImportWorker;
	#waiting: ((message: FromImport) => void) | undefined;
	#over: ImportFailure | undefined;

	constructor(worker: ImportWorker) {
		this.#worker = worker;
		worker.addEventListener('message', ({ data }) => this.#waiting?.(data));
		worker.addEventListener('error', () => this.#stop(BROKEN));
	}

	async inspect(file: ImportFile): Promise<Inspected> {
		const answer = await this.#ask({ kind: 'inspect', file });
		return answer.kind === 'inspected' ? { ok: true, inspection: answer.inspection } : this.#failed(answer);
	}

	async read(options: ImportOptions, onStage: (stage: ImportStage) => void = () => {}): Promise<ReadOutcome> {
		const answer = await this.#ask({ kind: 'read', options }, onStage);
		return answer.kind === 'read' ? { ok: true, summary: answer.summary } : this.#failed(answer);
	}

	/** What was read, some at a time; the worker makes the next ones ready only when they are asked for. */
	async *items(): AsyncGenerator<PortableItem[], void> {
		for (;;) {
			const answer = await this.#ask({ kind: 'next' });
			if (answer.kind !== 'items' || answer.items.length === 0) return;
			yield answer.items;
		}
	}

	/** Ends the worker. What is being waited for ends as cancelled. */
	end(): void {
		this.#stop(CANCELLED);
		this.#worker.terminate();
	}

	#ask(message: ToImport, onStage: (stage: ImportStage) => void = () => {}): Promise<FromImport> {
		if (this.#over) return Promise.resolve({ kind: 'failed', failure: this.#over });
		return new Promise((resolve) => {
			this.#waiting = (answer) => {
				if (answer.kind === 'stage') return onStage(answer.stage);
				this.#waiting = undefined;
				resolve(answer);
			};
			this.#worker.postMessage(message);
		});
	}

	#stop(failure: ImportFailure): void {
		this.#over ??= failure;
		this.#waiting?.({ kind: 'failed', failure: this.#over });
	}

	#failed(answer: FromImport): { ok: false; failure: ImportFailure } {
		return { ok: false, failure: answer.kind === 'failed' ? answer.failure : BROKEN };
	}
}
