/** What an importer is given. */

import type { CsvMapping } from './csv-mapping.ts';

export interface ImportFile {
	/** As the person's device calls it. */
	name: string;
	bytes: Uint8Array<ArrayBuffer>;
}

export interface ImportKeys {
	/** Null: without a password, which is not the same as an empty one. */
	password: string | null;
	keyFile?: Uint8Array<ArrayBuffer>;
}

export interface ImportOptions extends Partial<ImportKeys> {
	/** For a CSV whose columns are not known: what they hold. */
	mapping?: CsvMapping;
}

export type ImportStage = 'unlocking' | 'reading';
