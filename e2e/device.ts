// One device of a story, a bench or a crash round: a real Chromium with a profile folder of its own, which is also a
// witness of everything that must not happen (devices.ts), and what looks for texts in raw bytes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { findBrowser, sandboxArguments } from '../tools/browser.ts';
import type { Suite } from './suite.ts';

/** Flags under which Chromium has nothing to say to anybody but the page's own server. */
const quiet = [
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-default-apps',
	'--disable-domain-reliability',
	'--disable-quic',
	'--disable-sync',
	'--no-first-run',
	'--no-pings',
	// Whatever still tries finds no name but ours.
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE passwords.localhost'
];

/** What browsers say when the server is away: expected in a story that stopped it, a finding in any other. */
const serverAway =
	/net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|INTERNET_DISCONNECTED)|WebSocket connection to .* failed/;

export interface DeviceOptions extends Pick<
	BrowserContextOptions,
	'colorScheme' | 'viewport' | 'hasTouch' | 'isMobile' | 'deviceScaleFactor'
> {
	/** Continue with an existing profile folder instead of a new one. */
	profile?: string;
	args?: string[];
	/** Windows open on a click alone, as in people's browsers. Default false: Playwright opens what a script asks for. */
	blocksPopups?: boolean;
}

/** One browser with its profile. */
export class Device {
	readonly name: string;
	readonly profile: string;
	/** What was seen that must not be; asserted empty when the story ends. */
	readonly problems: string[] = [];
	readonly #suite: Suite;
	readonly #options: DeviceOptions;
	readonly #tolerated: RegExp[] = [];
	#context: BrowserContext | undefined;

	constructor(name: string, suite: Suite, options: DeviceOptions) {
		this.name = name;
		this.#suite = suite;
		this.#options = options;
		this.profile = options.profile ?? mkdtempSync(join(tmpdir(), `slf-${name.replace(/\W/g, '-')}-`));
	}

	get context(): BrowserContext {
		if (this.#context === undefined) throw new Error(`${this.name} is switched off.`);
		return this.#context;
	}

	/** Switches the device on (again), with what its profile holds. */
	async switchOn(): Promise<void> {
		const { profile: _, args = [], blocksPopups = false, ...look } = this.#options;
		const context = await chromium.launchPersistentContext(this.profile, {
			...look,
			executablePath: findBrowser(),
			args: [...sandboxArguments(), ...quiet, `--log-net-log=${this.#netLog}`, ...args],
			// Playwright switches these off; people's browsers have them on, and they are where tabs get lost.
			ignoreDefaultArgs: ['--disable-back-forward-cache', ...(blocksPopups ? ['--disable-popup-blocking'] : [])],
			serviceWorkers: 'allow'
		});
		this.#context = context;
		context.on('weberror', (error) => this.#see(`page error: ${error.error().stack ?? error.error().message}`));
		context.on('console', (message) => {
			if (message.type() === 'error' || message.type() === 'warning')
				this.#see(`console ${message.type()}: ${message.text()} (${message.location().url})`);
		});
		context.on('request', (request) => {
			const url = new URL(request.url());
			if (/^(https?|wss?):$/.test(url.protocol) && !this.#ownHosts.includes(url.host))
				this.#see(`request to another origin: ${url.origin} (T78)`);
		});
		await context.addInitScript(() => {
			document.addEventListener('securitypolicyviolation', (event) =>
				console.error(
					`policy violation (T74): ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`
				)
			);
		});
	}

	/** The browser's own record of every network request, from every page and worker. Written out when it closes. */
	get #netLog(): string {
		return join(this.profile, '..', `${this.profile.split('/').at(-1)}.netlog.json`);
	}

	#see(problem: string): void {
		if (this.#suite.wasDown && serverAway.test(problem)) return;
		if (this.#tolerated.some((pattern) => pattern.test(problem))) return;
		this.problems.push(problem);
	}

	/** Says that this story provokes a complaint on purpose. */
	tolerate(pattern: RegExp): void {
		this.#tolerated.push(pattern);
		for (let at = this.problems.length - 1; at >= 0; at--)
			if (pattern.test(this.problems[at]!)) this.problems.splice(at, 1);
	}

	/** Opens a new tab on a path of the suite. */
	open = (path = '/notes/'): Promise<Page> => this.#openTab(this.#suite.origin + path);

	/** Opens a new tab on a path of the vault's origin. */
	openVault = (path = '/'): Promise<Page> => this.#openTab(this.#suite.vault + path);

	async #openTab(address: string): Promise<Page> {
		const page = await this.context.newPage();
		await page.goto(address);
		return page;
	}

	/** Of the two origins of the suite. What each may ask of the other is the browser's to forbid; stories look at it. */
	get #ownHosts(): string[] {
		return [this.#suite.origin, this.#suite.vault].map((origin) => new URL(origin).host);
	}

	/** Closes the browser in an orderly way; the profile stays. */
	async switchOff(): Promise<void> {
		const context = this.#context;
		this.#context = undefined;
		if (context === undefined) return;
		await context.close();
		for (const origin of this.#foreignOrigins()) this.#see(`network log: request to another origin: ${origin} (T78)`);
	}

	/** SIGKILL for the browser and all its processes: a flat battery. The profile stays as it is at that moment. */
	async pullThePlug(): Promise<void> {
		const pid = browserProcess(this.profile);
		if (pid === undefined) throw new Error(`${this.name}: no browser process found for ${this.profile}.`);
		this.#context = undefined;
		process.kill(-processGroup(pid), 'SIGKILL');
		while (browserProcess(this.profile) !== undefined) await wait(10);
		for (const name of ['SingletonLock', 'SingletonSocket', 'SingletonCookie'])
			rmSync(join(this.profile, name), { force: true });
	}

	/**
	 * Origins other than the suite's two that one of its pages or workers asked for, by the browser's own log. What Chromium
	 * asks for itself has no initiator, is not ours, and finds no name anyway. A log cut off by a kill is read as far as
	 * it goes.
	 */
	#foreignOrigins(): string[] {
		if (!existsSync(this.#netLog)) return [];
		const found = new Set<string>();
		// One event to a line.
		for (const line of readFileSync(this.#netLog, 'utf8').split('\n')) {
			if (!line.includes('"initiator"')) continue;
			try {
				const { params } = JSON.parse(line.replace(/,$/, '')) as { params: { initiator?: string; url?: string } };
				if (params.initiator === undefined || params.initiator === 'not an origin') continue;
				const { host, protocol } = new URL(params.url ?? '');
				if (/^(https?|wss?):$/.test(protocol) && !this.#ownHosts.includes(host)) found.add(`${protocol}//${host}`);
			} catch {
				continue; // the last line of a log that was cut off
			}
		}
		return [...found];
	}

	/** Switches off and forgets the profile. */
	async discard(): Promise<void> {
		await this.switchOff();
		rmSync(this.#netLog, { force: true });
		rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}
}

/** The main process of the Chromium that has `profile` open. */
function browserProcess(profile: string): number | undefined {
	const flag = `--user-data-dir=${profile}`;
	const isMain = (words: string[]) => words.includes(flag) && !words.some((word) => word.startsWith('--type='));
	if (existsSync('/proc/self/cmdline')) {
		for (const name of readdirSync('/proc')) {
			if (!/^[0-9]+$/.test(name)) continue;
			try {
				const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
				// Crashpad's handler carries the flag too, but is another program.
				if (isMain(words) && !readlinkSync(`/proc/${name}/exe`).includes('crashpad')) return Number(name);
			} catch {
				continue; // ended between our two looks
			}
		}
		return undefined;
	}
	const lines = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
	const line = lines.find((each) => each.includes(flag) && !each.includes('--type='));
	return line === undefined ? undefined : Number.parseInt(line, 10);
}

/** Playwright starts each browser as the leader of a process group; its children stay in it. */
function processGroup(pid: number): number {
	if (!existsSync(`/proc/${pid}/stat`)) return pid;
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

/** Where a text was found in raw bytes. */
export interface Finding {
	file: string;
	needle: string;
	encoding: 'utf8' | 'utf16le';
}

/** Every encoding in which `needles` stand in `bytes`. */
export function findInBytes(bytes: Buffer, needles: string[], file = ''): Finding[] {
	const encodings = ['utf8', 'utf16le'] as const;
	return needles.flatMap((needle) =>
		encodings
			.filter((encoding) => bytes.includes(Buffer.from(needle, encoding)))
			.map((encoding) => ({ file, needle, encoding }))
	);
}

/**
 * Looks for texts in the raw bytes of every file under `folder`, as UTF-8 and UTF-16LE. Copies in compressed form may
 * be missed: show first that the same scan finds the texts where they are known to be.
 */
export function scanForBytes(folder: string, needles: string[]): Finding[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.flatMap((entry) => {
			const path = join(entry.parentPath, entry.name);
			return findInBytes(readFileSync(path), needles, relative(folder, path));
		});
}
