/**
 * One export as the page sees it.
 *
 *     const exporting = new Exporting(startWorker(url));
 *     const exported = await exporting.write('kdbx', items, password, now);
 *     exporting.end();     // also in the middle: cancels, and forgets what it was given
 */

import type { PortableItem } from '../domain/portable.ts';
import type { Exported, ExportFormat, FromExport, ToExport } from './export-protocol.ts';

export type { Exported, ExportFormat } from './export-protocol.ts';

/** The part of a Worker that is used here. */
export interface ExportWorker {
	postMessage(message: ToExport): void;
	addEventListener(type: 'message', listener: (event: MessageEvent<FromExport>) => void): void;
	addEventListener(type: 'error', listener: () => void): void;
	terminate(): void;
}

export class Exporting {
	readonly #worker: ExportWorker;
	#fail: (error: Error) => void = () => {};

	constructor(worker: ExportWorker) {
		this.#worker = worker;
	}

	/** @throws Error when it was ended before, or the file could not be made */
	write(format: ExportFormat, items: readonly PortableItem[], password: string | null, now: number): Promise<Exported> {
		return new Promise((resolve, reject) => {
			this.#fail = reject;
			this.#worker.addEventListener('message', ({ data }) => {
				if (data.kind === 'exported') resolve(data.exported);
				else reject(new Error('the file could not be written'));
			});
			this.#worker.addEventListener('error', () => reject(new Error('the file could not be written')));
			this.#worker.postMessage({ format, items, password, now });
		});
	}

	end(): void {
		this.#fail(new Error('the export was cancelled'));
		this.#worker.terminate();
	}
}
