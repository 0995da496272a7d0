/**
 * What the page and the import worker say to each other.
 *
 *     page: inspect(file)                    worker: inspected(inspection) | failed(failure)
 *     page: read(options)                    worker: stage(stage) ..., read(summary) | failed(failure)
 *     page: next                             worker: items(some of them) ..., the last one empty
 *
 * Items are handed over a few at a time, when the page asks for more: a page that got 10,000 at once would stand still.
 * The worker keeps the file; ending the worker is how an import is cancelled, and how everything it held is forgotten.
 */

import { countPortable, type PortableCounts, type PortableItem } from '../domain/portable.ts';
import { ImportError, type ImportFailure, type ImportFormat } from './import-error.ts';
import type { Gathered, Lost } from './gathering.ts';
import type { ImportFile, ImportOptions, ImportStage } from './import-file.ts';
import { inspectFile, readFile, type Inspection } from './read-file.ts';

export type ToImport =
	{ kind: 'inspect'; file: ImportFile } | { kind: 'read'; options: ImportOptions } | { kind: 'next' };

export interface ReadSummary {
	format: ImportFormat;
	counts: PortableCounts;
	/** Former versions of items in the file. */
	versions: number;
	lost: readonly Lost[];
}

export type FromImport =
	| { kind: 'inspected'; inspection: Inspection }
	| { kind: 'stage'; stage: ImportStage }
	| { kind: 'read'; summary: ReadSummary }
	| { kind: 'items'; items: PortableItem[] }
	| { kind: 'failed'; failure: ImportFailure };

export interface ImportPort {
	onMessage(listener: (message: unknown) => void): void;
	post(message: FromImport, transfer: Transferable[]): void;
}

/** How many items a message carries: about 10 ms of copying for the page. */
const ITEMS = 500;

/** The worker's half. */
export function answerImports(port: ImportPort): void {
	let file: ImportFile | undefined;
	let gathered: Gathered | undefined;
	let given = 0;

	const answer = async (message: ToImport): Promise<void> => {
		switch (message.kind) {
			case 'inspect':
				file = message.file;
				return port.post({ kind: 'inspected', inspection: inspectFile(file) }, []);
			case 'read': {
				if (!file) throw new TypeError('nothing to read yet');
				gathered = await readFile(file, message.options, (stage) => port.post({ kind: 'stage', stage }, []));
				given = 0;
				const { format, items, versions, lost } = gathered;
				return port.post({ kind: 'read', summary: { format, counts: countPortable(items), versions, lost } }, []);
			}
			case 'next': {
				const items = gathered?.items.slice(given, given + ITEMS) ?? [];
				given += items.length;
				const buffers = items.flatMap(({ attachments }) => attachments.map(({ bytes }) => bytes.buffer as ArrayBuffer));
				return port.post({ kind: 'items', items }, [...new Set(buffers)]);
			}
		}
	};
	port.onMessage((message) => {
		answer(message as ToImport).catch((error: unknown) => {
			const failure = error instanceof ImportError ? error.failure : new ImportError('unknown', 'damaged').failure;
			port.post({ kind: 'failed', failure }, []);
		});
	});
}
