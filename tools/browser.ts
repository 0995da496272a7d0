// Finds a Chromium for the browser tests; where there is none, installs Debian's or says what to install.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installDebian, mayInstall } from './programs.ts';
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
	if (mayInstall()) {
		console.log("No browser found; installing Debian's chromium …");
		installDebian('chromium');
	}
	return findBrowser();
}

/** Chromium's sandbox refuses to run as root, which is what CI containers are. */
export const sandboxArguments = (): string[] => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);

/** "Chromium 156.0.8078.79 ..." for the record of a run. */
export const browserVersion = (path: string): string =>
	execFileSync(path, ['--version', ...sandboxArguments()], { encoding: 'utf8' }).trim();
