// Finds a Chromium for the browser tests; where there is none, installs Debian's or says what to install.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Refusal } from './project.ts';

const usual = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/usr/bin/google-chrome-stable',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
];

function lookUp(): string | undefined {
	const given = process.env.CHROMIUM_PATH;
	if (given !== undefined && given !== '') {
		if (!existsSync(given)) throw new Refusal(`CHROMIUM_PATH names ${given}, which does not exist.`);
		return given;
	}
	return usual.find((path) => existsSync(path));
}

/** @throws Refusal when this machine has no browser we can drive */
export function findBrowser(): string {
	const found = lookUp();
	if (found === undefined)
		throw new Refusal(
			'No Chromium or Chrome found. Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.'
		);
	return found;
}

/** Like findBrowser, but root on Debian gets Debian's chromium installed. */
export function ensureBrowser(): string {
	const found = lookUp();
	if (found !== undefined) return found;
	const isRoot = process.getuid?.() === 0;
	const isDebian =
		existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
	if (isRoot && isDebian) {
		console.log("No browser found; installing Debian's chromium …");
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		for (const args of [
			['update', '-qq'],
			['install', '-y', '-qq', '--no-install-recommends', 'chromium']
		]) {
			const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
			if (status !== 0) throw new Refusal(`apt-get ${args[0]} failed; install chromium by hand or set CHROMIUM_PATH.`);
		}
	}
	return findBrowser();
}

/** Chromium's sandbox refuses to run as root, which is what CI containers are. */
export const sandboxArguments = (): string[] => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);

/** "Chromium 156.0.8078.79 ..." for the record of a run. */
export const browserVersion = (path: string): string =>
	execFileSync(path, ['--version', ...sandboxArguments()], { encoding: 'utf8' }).trim();
