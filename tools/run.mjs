#!/usr/bin/env node
// The task runner: works on any Node >= 18 that has npm. Where the machine's own Node is older than 22.17 it
// brings Node 24 and pnpm from the npm registry into tools/toolchain/node_modules (no install scripts), installs
// the workspace from the frozen lockfile and runs the task under that Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const toolchain = join(root, 'tools/toolchain');
const windows = process.platform === 'win32';
const env = { ...process.env };
// npm passes its own settings on to children; another npm or pnpm would read them as its own.
for (const key of Object.keys(env)) if (/^npm_(config|package|lifecycle)_/i.test(key)) delete env[key];

function run(command, args, options = {}) {
	const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell: windows, ...options });
	if (result.error) console.error(`${command}: ${result.error.message}`);
	if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Runs `task` only when the content of `files` differs from the last run that succeeded. */
function once(stamp, files, task) {
	const hash = createHash('sha256');
	for (const file of files) hash.update(readFileSync(join(root, file)));
	const key = hash.digest('hex');
	const path = join(root, stamp);
	if (existsSync(path) && readFileSync(path, 'utf8') === key) return;
	task();
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(path, key);
}

const [major, minor] = process.versions.node.split('.').map(Number);
const ownNodeServes = major > 22 || (major === 22 && minor >= 17);
const bundled = new Set(['linux-x64', 'linux-arm64', 'win32-x64']);
if (!ownNodeServes && !bundled.has(`${process.platform}-${process.arch}`)) {
	console.error(
		`This machine has Node ${process.versions.node}; slf needs Node >= 22.17, and the npm registry carries no Node 24 for ${process.platform} on ${process.arch}.\n` +
			(process.platform === 'darwin'
				? 'On macOS install Node >= 22.17 (nodejs.org, or `brew install node`)'
				: 'Install Node >= 22.17') +
			' and run the command again.'
	);
	process.exit(1);
}

const { config } = JSON.parse(readFileSync(join(toolchain, 'package.json'), 'utf8'));
const nodeName = `node-${windows ? 'win' : process.platform}-${process.arch}`;
once(
	`tools/toolchain/node_modules/.stamp-${ownNodeServes ? 'own' : 'brought'}`,
	['tools/toolchain/package.json'],
	() => {
		console.log(`Bringing pnpm${ownNodeServes ? '' : ' and Node 24'} from the npm registry …`);
		// Node is named here and not a dependency: pnpm's own program is an optional one, so those cannot be left out.
		run(
			'npm',
			[
				'install',
				'--no-save',
				'--no-package-lock',
				'--ignore-scripts',
				'--no-audit',
				'--no-fund',
				'--loglevel=error',
				...(ownNodeServes ? [] : [`${nodeName}@${config.node}`])
			],
			{ cwd: toolchain }
		);
	}
);
// Before 22.18 (and 23.6) Node runs TypeScript only when told to, in every process that a task starts.
if (ownNodeServes && ((major === 22 && minor < 18) || (major === 23 && minor < 6)))
	env.NODE_OPTIONS = `${env.NODE_OPTIONS ?? ''} --experimental-strip-types`.trim();
env.PATH = [
	...(ownNodeServes ? [] : [join(toolchain, 'node_modules', nodeName, 'bin')]),
	join(toolchain, 'node_modules/.bin'),
	join(root, 'node_modules/.bin'),
	env.PATH
].join(delimiter);

const [task = 'start', ...rest] = process.argv.slice(2);
if (task === 'pnpm') run('pnpm', rest);
else if (task === 'exec') run(rest[0], rest.slice(1));
else {
	once('node_modules/.stamp', ['pnpm-lock.yaml', 'package.json', 'pnpm-workspace.yaml'], () => {
		console.log('Installing packages from the lockfile …');
		run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline']);
	});
	const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
	const child = spawn('node', [...flags, 'tools/tasks.ts', task, ...rest], {
		cwd: root,
		stdio: 'inherit',
		env,
		shell: windows
	});
	// Whoever ends this process means the task: a server must not live on without the command that started it.
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
	// npm itself passes no signal on: when it is gone, so is what it was asked to run.
	const parent = process.ppid;
	if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || child.kill(), 1000).unref();
	child.on('error', (error) => {
		console.error(`node: ${error.message}`);
		process.exit(1);
	});
	child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
