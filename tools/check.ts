// `npm test`: the whole check, the same here and in CI. Parts run in order; one that fails does not stop the next, so
// that one run tells everything. A test that is skipped counts as failed: a check never passes by not looking.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { browserVersion, ensureBrowser } from './browser.ts';
import { measureBudgets } from './budgets.ts';
import { buildIfChanged } from './build.ts';
import { ensureTestPrograms } from './programs.ts';
import { sitesWithScreens } from './origins.ts';
import { apps, cacheFolder, readOptions, Refusal, root } from './project.ts';

const reports = join(cacheFolder, 'check');
const require = createRequire(import.meta.url);

/** How a part ended. */
interface Outcome {
	passed: number;
	failed: number;
	/** Shown under a part that failed. */
	output: string;
}

interface Part {
	name: string;
	says: string;
	run(): Promise<Outcome>;
}

/** The program `name` of an installed package, as Node runs it. */
function programOf(packageName: string, name = packageName): string {
	const manifest = join(root, 'node_modules', packageName, 'package.json');
	const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | Record<string, string> };
	return join(manifest, '..', typeof bin === 'string' ? bin : bin[name]!);
}

/** Runs one of the project's programs under this Node and gathers what it prints; `live` also shows it at once. */
function runNode(args: string[], { cwd = root, live = false, env = {} as Record<string, string> } = {}) {
	return new Promise<{ code: number; output: string }>((resolve, reject) => {
		const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
			cwd,
			env: { ...process.env, ...env }
		});
		let output = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream.on('data', (text: Buffer) => {
				output += text;
				if (live) process.stdout.write(text);
			});
		}
		child.on('error', reject);
		child.on('close', (code) => resolve({ code: code ?? 1, output: live ? '' : output }));
	});
}

/** A part that is one or more programs, all of which must end well. */
const programs =
	(...runs: (() => [args: string[], options?: { cwd?: string }])[]) =>
	async (): Promise<Outcome> => {
		let output = '';
		for (const run of runs) {
			const [args, options] = run();
			const result = await runNode(args, options);
			if (result.code !== 0) output += result.output;
		}
		return { passed: output === '' ? 1 : 0, failed: output === '' ? 0 : 1, output };
	};

/** A part that is one of vitest's projects; its tests are counted one by one. */
const tests = (project: 'unit' | 'browser', env: () => Record<string, string>) => async (): Promise<Outcome> => {
	const report = join(reports, `${project}.json`);
	rmSync(report, { force: true });
	const { code, output } = await runNode(
		[
			programOf('vitest'),
			'run',
			'--project',
			project,
			'--reporter=default',
			'--reporter=json',
			`--outputFile.json=${report}`
		],
		{ live: true, env: env() }
	);
	if (!existsSync(report)) return { passed: 0, failed: 1, output: output || 'vitest ended without a report.' };
	const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
	const skipped = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
	const failed = (result.numFailedTests ?? 0) + skipped;
	return {
		passed: result.numPassedTests ?? 0,
		// A file that cannot be loaded has no tests to count, but vitest's exit code tells.
		failed: failed === 0 && code !== 0 ? 1 : failed,
		output: skipped > 0 ? `${skipped} tests were skipped; a check never passes by not looking.` : output
	};
};

const typesOf = (folder: string) => () =>
	[
		[
			programOf('typescript', 'tsc'),
			'-p',
			folder,
			'--incremental',
			'--tsBuildInfoFile',
			join(reports, `${folder.replace('/', '-')}.tsbuildinfo`)
		]
	] as [string[]];

const svelteCheck = (folder: string) => () =>
	[
		[programOf('svelte-check'), '--fail-on-warnings', '--tsconfig', './tsconfig.json', '--output', 'human'],
		{ cwd: join(root, folder) }
	] as [string[], { cwd: string }];

/** SvelteKit writes the types of the routes; without them svelte-check knows no `./$types`. */
const kitTypes = (site: string) => () =>
	[
		[join(require.resolve('@sveltejs/kit/package.json'), '../svelte-kit.js'), 'sync'],
		{ cwd: join(root, 'apps', site) }
	] as [string[], { cwd: string }];

let browser: string | undefined;
const browserPath = (): string => (browser ??= ensureBrowser());

const parts: Part[] = [
	{
		name: 'format',
		says: 'prettier',
		run: programs(() => [
			[
				programOf('prettier'),
				'--check',
				'--log-level',
				'warn',
				'--cache',
				'--cache-location',
				join(reports, 'prettier'),
				'.'
			]
		])
	},
	{
		name: 'types',
		says: 'tsc and svelte-check, warnings are errors',
		run: async () =>
			programs(
				...['shared/platform', 'servers', 'tools', 'e2e'].map(typesOf),
				...['shared/ui', 'shared/suite'].map(svelteCheck),
				// An app that has its data and no screens yet is plain TypeScript.
				...apps.filter((app) => !sitesWithScreens().includes(app)).map((app) => typesOf(`apps/${app}`)),
				...sitesWithScreens().flatMap((site) => [kitTypes(site), svelteCheck(`apps/${site}`)])
			)()
	},
	{
		name: 'lint',
		says: 'eslint',
		run: programs(...sitesWithScreens().map(kitTypes), () => [
			[
				programOf('eslint'),
				'--max-warnings=0',
				'--cache',
				'--cache-strategy=content',
				'--cache-location',
				join(reports, 'eslint'),
				'.'
			]
		])
	},
	{
		name: 'boundaries',
		says: 'dependency-cruiser: who may import whom',
		run: programs(() => [
			[
				programOf('dependency-cruiser', 'depcruise'),
				'--config',
				'.dependency-cruiser.js',
				'--output-type',
				'err-long',
				'apps',
				'shared',
				'servers',
				'e2e',
				'tools'
			]
		])
	},
	{
		name: 'deadcode',
		says: 'knip',
		// Alone in a fresh clone too, where no part before it has written what the apps' configuration extends.
		run: programs(...sitesWithScreens().map(kitTypes), () => [[programOf('knip'), '--no-progress']])
	},
	{
		name: 'unit',
		says: 'vitest, under Node',
		run: () => {
			ensureTestPrograms();
			return tests('unit', () => ({}))();
		}
	},
	{
		name: 'sim',
		says: 'the simulator, 200 seeds',
		run: programs(() => [['shared/platform/src/testing/sim-main.ts', '--seeds', '200']])
	},
	{
		name: 'build',
		says: 'the suite, as npm start serves it',
		run: async () => {
			await buildIfChanged();
			return { passed: 1, failed: 0, output: '' };
		}
	},
	{
		name: 'budgets',
		says: 'what a first visit transfers',
		run: async () => {
			await buildIfChanged();
			return measureBudgets(browserPath());
		}
	},
	{
		name: 'browser',
		says: 'stories in real browsers',
		run: async () => {
			await buildIfChanged();
			console.log(browserVersion(browserPath()));
			return tests('browser', () => ({ CHROMIUM_PATH: browserPath() }))();
		}
	}
];

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs all parts, or those named by `--only a,b`. The last line is `N passed, N failed`.
 *
 * @throws Refusal for a part that does not exist
 */
export async function check(args: string[]): Promise<void> {
	const { values } = readOptions(args);
	const only = values.get('only')?.split(',');
	const known = parts.map((part) => part.name);
	const unknown = only?.find((name) => !known.includes(name));
	if (unknown !== undefined) throw new Refusal(`No part "${unknown}". There are: ${known.join(', ')}.`);
	if (args.length > 0 && only === undefined)
		throw new Refusal(`npm test [-- --only NAME], where NAME is one of: ${known.join(', ')}`);

	mkdirSync(reports, { recursive: true });
	const lines: string[] = [];
	let passed = 0;
	let failed = 0;
	const start = performance.now();
	for (const part of parts.filter((each) => only === undefined || only.includes(each.name))) {
		console.log(`\n== ${part.name}: ${part.says}`);
		const since = performance.now();
		const outcome = await part.run().catch((error: unknown): Outcome => {
			const text =
				error instanceof Refusal
					? error.message
					: error instanceof Error
						? (error.stack ?? error.message)
						: String(error);
			return { passed: 0, failed: 1, output: text };
		});
		if (outcome.failed > 0 && outcome.output !== '') console.log(outcome.output.trimEnd());
		const line = `${outcome.failed === 0 ? 'ok    ' : 'FAILED'} ${part.name.padEnd(11)} ${seconds(since).padStart(8)}   ${outcome.passed} passed, ${outcome.failed} failed`;
		console.log(line);
		lines.push(line);
		passed += outcome.passed;
		failed += outcome.failed;
	}
	console.log(`\n${lines.join('\n')}\n${seconds(start)} in all`);
	console.log(`${passed} passed, ${failed} failed`);
	if (failed > 0) process.exitCode = 1;
}

/** `npm run format`: writes every file the way `format` wants it. */
export async function format(): Promise<void> {
	const { code } = await runNode([programOf('prettier'), '--write', '--log-level', 'warn', '.'], { live: true });
	process.exitCode = code;
}
