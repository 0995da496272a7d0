/** The files that other programs exported, beside the project (../shared/fixtures/passwords). For tests only. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ImportFile } from '../import-file.ts';

const ROOT = resolve(import.meta.dirname, '../../../../../../../shared/fixtures/passwords');

/** The one line for machines that do not have the folder: there the cases that need it cannot run. */
export const NO_FIXTURES = `the exported files of other programs are not here (${ROOT}): what reads them was not checked`;

export const hasFixtures: boolean = existsSync(ROOT);

export function fixture(path: string): ImportFile {
	return { name: path, bytes: new Uint8Array(readFileSync(resolve(ROOT, path))) };
}
