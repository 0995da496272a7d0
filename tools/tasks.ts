// What `npm start`, `npm test` and the other scripts do. tools/run.mjs calls this file under the right Node.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readOptions, Refusal, root } from './project.ts';

/** Runs a program of the project under the same Node, hands its output through and takes over its exit code. */
function runProgram(file: string, args: string[]): Promise<void> {
	const path = join(root, file);
	if (!existsSync(path)) throw new Refusal(`${file} is not there.`);
	const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
		cwd: root,
		stdio: 'inherit'
	});
	const pass = (signal: NodeJS.Signals) => child.kill(signal);
	process.on('SIGINT', pass);
	process.on('SIGTERM', pass);
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code, signal) => {
			process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
			resolve();
		});
	});
}

function runBench([name, ...args]: string[]): Promise<void> {
	const folder = join(root, 'shared/platform/bench');
	const known = existsSync(folder) ? readdirSync(folder).filter((file) => /^[a-z-]+\.ts$/.test(file)) : [];
	const names = known.map((file) => file.slice(0, -3)).sort();
	if (name === undefined || !names.includes(name)) {
		throw new Refusal(`npm run bench -- NAME, where NAME is one of: ${names.join(', ') || '(none yet)'}`);
	}
	return runProgram(`shared/platform/bench/${name}.ts`, args);
}

const tasks: Record<string, (args: string[]) => Promise<unknown>> = {
	start: async (args) => (await import('./start.ts')).start(args),
	build: async (args) => {
		const { values } = readOptions(args);
		const out = values.get('out');
		return (await import('./build.ts')).buildSuite(out === undefined ? {} : { out: resolve(out) });
	},
	test: async (args) => (await import('./check.ts')).check(args),
	format: async () => (await import('./check.ts')).format(),
	bench: runBench,
	sim: (args) => runProgram('shared/platform/src/testing/sim-main.ts', args),
	crash: (args) => runProgram('e2e/crash.ts', args),
	home: (args) => runProgram('servers/home/src/main.ts', args),
	relay: (args) => runProgram('servers/relay/src/main.ts', args),
	mailbox: (args) => runProgram('servers/mailbox/src/main.ts', args)
};

const [name = '', ...args] = process.argv.slice(2);
try {
	const task = tasks[name];
	if (task === undefined) throw new Refusal(`No task "${name}". There are: ${Object.keys(tasks).join(', ')}.`);
	await task(args);
} catch (error) {
	if (!(error instanceof Refusal)) throw error;
	console.error(error.message);
	process.exitCode = 1;
}
