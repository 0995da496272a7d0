/**
 * Files that other programs exported, with the values they recorded. They lie beside the project and are not part of it
 * (their licences are their own): where they are absent, the tests that read them say so in one line and check nothing.
 */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../../../../../../shared/fixtures/health');
let told = false;

export interface Fixture {
	/** Path below the folder of fixtures, with slashes. */
	readonly name: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
}

/** All fixtures below `folder` whose names end so, in order of their names. */
export function fixtures(folder: string, ending: RegExp): Fixture[] {
	if (!existsSync(ROOT)) {
		if (!told) process.stderr.write(`Fixtures of Health are absent (${ROOT}): nothing was checked against them.\n`);
		told = true;
		return [];
	}
	return readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
		.filter((name) => ending.test(name))
		.sort()
		.map((name) => ({ name, bytes: new Uint8Array(readFileSync(resolve(ROOT, name))) }));
}

/** The text that another program recorded, by its path below the folder of fixtures. */
export function recorded(path: string): string {
	return readFileSync(resolve(ROOT, path), 'utf8');
}
