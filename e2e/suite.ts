// The real server of a story: the same program as `npm start`, in a process of its own that can be stopped, killed and
// started again on the same port with the same data. Between it and the browsers may stand a recorder of all bytes.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readBuild } from '../tools/build.ts';
import { onPort, readOrigins } from '../tools/origins.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface SuiteOptions {
	/** 0 (the default) takes a free port. */
	port?: number;
	/** Whether a home node (relay and mailbox) runs at /p2p. Default true. */
	home?: boolean;
	/** A finished build; default dist/, or what STORY_DIST names. */
	dist?: string;
	/** Keep every byte between browsers and server, for `traffic()`. Default false. */
	record?: boolean;
}

/** A running suite. */
export class Suite {
	/** The home node's files. */
	readonly dataDir: string;
	/** Whether the server was down at any time: then browsers may complain of lost connections. */
	wasDown = false;

	readonly #folder = mkdtempSync(join(tmpdir(), 'slf-suite-'));
	readonly #home: boolean;
	#port: number;
	#process: ChildProcess | undefined;
	#recorder: Recorder | undefined;
	#output = '';

	private constructor({ port = 0, home = true, dist = process.env.STORY_DIST ?? join(root, 'dist') }: SuiteOptions) {
		this.#port = port;
		this.#home = home;
		this.dataDir = join(this.#folder, 'home-data');
		symlinkSync(dist, join(this.#folder, 'dist'));
	}

	static async start(options: SuiteOptions = {}): Promise<Suite> {
		const suite = new Suite(options);
		await suite.start();
		if (options.record === true) suite.#recorder = await Recorder.start(suite.#port);
		return suite;
	}

	/** What a browser opens; `http://localhost:<port>`. */
	get origin(): string {
		return this.#originOf('suite');
	}

	/** The vault's: `http://passwords.localhost:<port>`. Node cannot resolve it: ask 127.0.0.1 with this as the Host. */
	get vault(): string {
		return this.#originOf('vault');
	}

	#originOf(name: 'suite' | 'vault'): string {
		return new URL(onPort(readOrigins()[name], this.#recorder?.port ?? this.#port)).origin;
	}

	/** Starts the server (again). Resolves when it answers. */
	async start(): Promise<void> {
		const args = ['--port', String(this.#port), '--dist', join(this.#folder, 'dist'), '--data', this.dataDir];
		const child = spawn(
			process.execPath,
			[
				'--disable-warning=ExperimentalWarning',
				join(root, 'tools/tasks.ts'),
				'start',
				...args,
				...(this.#home ? [] : ['--no-home'])
			],
			{ cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }
		);
		this.#process = child;
		await new Promise<void>((resolve, reject) => {
			const hear = (text: Buffer) => {
				this.#output += text;
				const ready = /^Ready: http:\/\/localhost:([0-9]+)\//m.exec(this.#output);
				if (ready === null) return;
				this.#port = Number(ready[1]);
				resolve();
			};
			child.stdout.on('data', hear);
			child.stderr.on('data', (text: Buffer) => (this.#output += text));
			child.once('exit', (code) =>
				reject(new Error(`The suite ended (${code}) before it was ready:\n${this.#output}`))
			);
		});
	}

	/** Ends the server the way Ctrl-C does. */
	stop = (): Promise<void> => this.#end('SIGTERM');

	/** Ends the server without a chance to tidy up. */
	kill = (): Promise<void> => this.#end('SIGKILL');

	async #end(signal: NodeJS.Signals): Promise<void> {
		this.wasDown = true;
		const child = this.#process;
		if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
		await new Promise<void>((resolve) => {
			child.once('exit', () => resolve());
			child.kill(signal);
		});
		this.#output = '';
	}

	/** Serves another finished build from now on, as a deploy does: in one step, under running tabs. */
	deploy(dist: string): void {
		const next = join(this.#folder, 'dist-next');
		symlinkSync(dist, next);
		renameSync(next, join(this.#folder, 'dist'));
	}

	/** What the server printed since it was last started. */
	get output(): string {
		return this.#output;
	}

	/** All bytes that went between browsers and server so far, both ways. */
	traffic(): Buffer {
		if (this.#recorder === undefined) throw new Error('Start the suite with { record: true }.');
		return Buffer.concat(this.#recorder.bytes);
	}

	/** A copy of the home node's files as they are now. */
	copyData(to: string): void {
		cpSync(this.dataDir, to, { recursive: true });
	}

	async close(): Promise<void> {
		await this.stop();
		this.#recorder?.close();
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/**
 * A finished build of the same sources that counts as newer than dist/ by `steps`, for `deploy`. Made once and kept
 * until the sources change.
 *
 * @returns its folder
 */
export async function newerBuild(steps = 1): Promise<string> {
	const current = readBuild(join(root, 'dist'));
	if (current === undefined) throw new Error('dist/ holds no finished build.');
	const build = String(Number(current.build) + steps);
	const out = join(root, '.cache/builds', `newer-by-${steps}`);
	const kept = readBuild(out);
	if (kept?.build === build && kept.sources === current.sources) return out;
	const args = ['--disable-warning=ExperimentalWarning', join(root, 'tools/tasks.ts'), 'build', '--out', out];
	await promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, BUILD_ID: build } });
	return out;
}

/** Passes bytes on between browsers and the server, and keeps a copy. */
class Recorder {
	readonly bytes: Buffer[] = [];
	readonly port: number;
	readonly #server: net.Server;

	private constructor(server: net.Server, target: number) {
		this.#server = server;
		this.port = (server.address() as net.AddressInfo).port;
		server.on('connection', (near) => {
			const far = net.connect(target, '127.0.0.1');
			for (const [from, to] of [
				[near, far],
				[far, near]
			] as const) {
				from.on('data', (chunk: Buffer) => {
					this.bytes.push(chunk);
					to.write(chunk);
				});
				from.on('close', () => to.destroy());
				from.on('error', () => to.destroy());
			}
		});
	}

	static async start(target: number): Promise<Recorder> {
		const server = net.createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return new Recorder(server, target);
	}

	close(): void {
		this.#server.close();
	}
}
