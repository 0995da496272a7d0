/** The worker's half of reading a file (reading.ts is the page's): one file, read once for each set of answers. */

import { ImportError, type Fault } from './failure.ts';
import { readFile, type Answers, type Reading } from './read.ts';
import type { Format } from './statement.ts';

export interface ReadRequest {
	/** The file; with the first request only. */
	readonly bytes?: Uint8Array<ArrayBuffer>;
	readonly answers: Answers;
	readonly currency?: string;
}

export type ReadAnswer =
	| { readonly kind: 'progress'; readonly share: number }
	| { readonly kind: 'read'; readonly reading: Reading }
	| { readonly kind: 'failed'; readonly format: Format | undefined; readonly fault: Fault };

/** The part of a worker's global scope, or of a port, that is used here. */
export interface ReadPort {
	postMessage(answer: ReadAnswer): void;
	addEventListener(type: 'message', listener: (event: { data: ReadRequest }) => void): void;
}

/** What is no ImportError is a mistake of ours: it ends the worker, and the page hears of it. */
export function serve(port: ReadPort): void {
	let bytes = new Uint8Array();
	port.addEventListener('message', ({ data }) => {
		if (data.bytes) bytes = data.bytes;
		try {
			const reading = readFile(bytes, data.answers, {
				...(data.currency === undefined ? {} : { currency: data.currency }),
				progress: (share) => port.postMessage({ kind: 'progress', share })
			});
			port.postMessage({ kind: 'read', reading });
		} catch (error) {
			if (!(error instanceof ImportError)) throw error;
			const { format, where, reason, found } = error;
			const fault: Fault = { where, reason, ...(found === undefined ? {} : { found }) };
			port.postMessage({ kind: 'failed', format, fault });
		}
	});
}
