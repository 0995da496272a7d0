// Finds the programs of others that tests check ours against; what is missing is installed where we may, else named.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Refusal } from './project.ts';

/** What `npm test` needs beside Node and a browser: the program, and the Debian package that has it. */
const testPrograms = [
	['keepassxc-cli', 'keepassxc'],
	['hledger', 'hledger']
] as const;

/** Where `program` stands on this machine's PATH. */
function lookUp(program: string): string | undefined {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		const path = join(folder, program);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Not in this folder.
		}
	}
	return undefined;
}

/** True where apt-get may be asked without anybody's password. */
export const mayInstall = (): boolean =>
	process.getuid?.() === 0 &&
	existsSync('/etc/os-release') &&
	/^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));

/** @throws Refusal when apt-get does not manage it */
export function installDebian(debianPackage: string): void {
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	for (const args of [
		['update', '-qq'],
		['install', '-y', '-qq', '--no-install-recommends', debianPackage]
	]) {
		const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
		if (status !== 0) throw new Refusal(`apt-get ${args[0]} failed; install ${debianPackage} by hand.`);
	}
}

/**
 * The path of a program. Root on Debian gets it installed.
 *
 * @throws Refusal that says what to install
 */
export function ensureProgram(program: string, debianPackage: string): string {
	if (lookUp(program) === undefined && mayInstall()) {
		console.log(`${program} is not here; installing Debian's ${debianPackage} …`);
		installDebian(debianPackage);
	}
	const found = lookUp(program);
	if (found === undefined)
		throw new Refusal(`No ${program} found. Install it (Debian: apt-get install ${debianPackage}) and try again.`);
	return found;
}

/** All programs the tests need. What cannot be had is said; the tests that need it then fail by themselves. */
export function ensureTestPrograms(): void {
	for (const [program, debianPackage] of testPrograms) {
		try {
			ensureProgram(program, debianPackage);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			console.log(error.message);
		}
	}
}
