/**
 * Files that other programs exported, with the values they recorded (`../shared/fixtures/PRODUCT`). They lie beside the
 * project and are no part of it, for their licences are their own: where they are absent, the tests that read them say
 * so in one line and check nothing.
 */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Fixture {
	/** Path below the product's folder, with slashes. */
	readonly name: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Fixtures {
	/** All files below `folder` whose names end so, in order of their names. */
	list(folder: string, ending: RegExp): Fixture[];
	/** Text that another program recorded, by its path below the product's folder; undefined if there is none. */
	recorded(path: string): string | undefined;
}

export function fixturesOf(product: string): Fixtures {
	const root = resolve(import.meta.dirname, '../../../../../shared/fixtures', product);
	const isHere = existsSync(root);
	if (!isHere) process.stderr.write(`Fixtures are absent (${root}): nothing was checked against them.\n`);
	return {
		list: (folder, ending) =>
			(isHere ? readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' }) : [])
				.map((path) => (folder === '.' ? '' : `${folder}/`) + path.replaceAll('\\', '/'))
				.filter((name) => ending.test(name))
				.sort()
				.map((name) => ({ name, bytes: new Uint8Array(readFileSync(resolve(root, name))) })),
		recorded(path) {
			const file = resolve(root, path);
			return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
		}
	};
}
