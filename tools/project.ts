// Where things are. Every tool takes its paths and the list of apps from here.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The finished suite: what the server serves. */
export const distFolder = join(root, 'dist');

/** Stamps, half-finished builds, caches of the checks. Safe to delete at any time. */
export const cacheFolder = join(root, '.cache');

/** All apps the suite will have, in the order in which the home page shows them. */
export const apps = ['notes', 'health', 'finance', 'passwords'] as const;
export type App = (typeof apps)[number];

/** The apps that have screens today. One without `src/routes` is a placeholder and is not built. */
export const appsWithScreens = (): App[] => apps.filter((app) => existsSync(join(root, 'apps', app, 'src/routes')));

/** A sentence for the person at the terminal; printed without a stack. */
export class Refusal extends Error {}

/** Reads `--name value` and `--name` from a command line. */
export function readOptions(args: string[]): { flags: Set<string>; values: Map<string, string>; rest: string[] } {
	const flags = new Set<string>();
	const values = new Map<string, string>();
	const rest: string[] = [];
	for (let at = 0; at < args.length; at++) {
		const word = args[at]!;
		const next = args[at + 1];
		if (!word.startsWith('--')) rest.push(word);
		else if (word.includes('=')) values.set(word.slice(2, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
		else if (next === undefined || next.startsWith('--')) flags.add(word.slice(2));
		else {
			values.set(word.slice(2), next);
			at++;
		}
	}
	return { flags, values, rest };
}
